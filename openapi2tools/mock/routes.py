"""Find the operation that a request is for, and the texts of its path's variables."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from openapi2tools._core.path_template import VARIABLE, read_variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openapi2tools.model import Operation, Server

_PLAIN_CHARACTERS: Final = frozenset(ascii_letters + digits + "/-._~")


class Match(NamedTuple):
    """An operation that a request fits; `variables` are still encoded.

    `path` is without `prefix`, the path of a server that may come before it.
    """

    operation: Operation
    path: str
    variables: dict[str, str]
    prefix: str = ""


class _Route:
    """One operation, and the paths that it has."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        path, _, fragment = operation.path.partition("#")
        template, _, self.fixed_query = path.partition("?")
        # `/#Action=ListUsers`: never sent, but it says which of several operations this one is.
        self._told = dict(parse_qsl(fragment))
        self.template = "/" + template.strip("/")
        declared = {each.name for each in operation.parameters if each.location == "path"}
        self.names: list[str] = []
        text, end = "", 0
        for variable in VARIABLE.finditer(self.template):
            name, many_segments = read_variable(variable[1], declared)
            self.names.append(name)
            text += _literal(self.template[end : variable.start()])
            text += "(.+?)" if many_segments else "([^/]+?)"
            end = variable.end()
        self._pattern_text = f"{text}{_literal(self.template[end:])}/?"

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self._pattern_text)

    @property
    def rank(self) -> tuple[int, int, int]:
        """What comes first of two that fit: fixed queries, then the fewest variables."""
        return (-len(self.fixed_query), len(self.names), -len(self.template))

    def match(self, path: str, query: str) -> Match | None:
        found = self._pattern.fullmatch(path)
        if found is None:
            return None
        wanted = parse_qsl(VARIABLE.sub("", self.fixed_query), keep_blank_values=True)
        sent = parse_qsl(query, keep_blank_values=True)
        if any(pair not in sent for pair in wanted if pair[1]):
            return None
        if any(self._told.get(name, text) != text for name, text in sent):
            return None
        return Match(
            self.operation,
            unquote(path).rstrip("/"),
            dict(zip(self.names, found.groups(), strict=True)),
        )


class Routes:
    """The operations of an API by their paths, with and without those of its servers."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._by_first: dict[str, list[_Route]] = defaultdict(list)
        self.prefixes: set[str] = {""}
        for operation in operations:
            route = _Route(operation)
            self._by_first[_first_segment(route.template)].append(route)
            self.prefixes |= {server_path(server) for server in operation.servers}
        for routes in self._by_first.values():
            routes.sort(key=lambda route: route.rank)

    def find(self, method: str, path: str, query: str) -> list[Match]:
        """Return the operations that a request fits, the likeliest first."""
        wanted = {"GET", "HEAD"} if method == "HEAD" else {method}
        found = [match for match in self._at(path, query) if match.operation.method in wanted]
        return sorted(found, key=lambda match: match.operation.method != method)

    def methods(self, path: str, query: str) -> list[str]:
        """Return the methods that a path has; none where it is no path of the API."""
        return sorted({match.operation.method for match in self._at(path, query)})

    def _at(self, path: str, query: str) -> Iterator[Match]:
        """Yield what fits a path: literally, else without a server's path before it."""
        for prefix in sorted(self.prefixes, key=len):
            if not path.startswith(prefix):
                continue
            rest = "/" + path[len(prefix) :].lstrip("/")
            for route in self._candidates(rest):
                match = route.match(rest, query)
                if match is not None:
                    yield match._replace(prefix=prefix)

    def _candidates(self, path: str) -> Iterator[_Route]:
        first = _first_segment(path)
        yield from self._by_first.get(first, ())
        if first != "{":
            yield from self._by_first.get("{", ())


def server_path(server: Server) -> str:
    """Return the path of a server's URL, its variables filled in; empty for the root."""
    url = VARIABLE.sub(
        lambda match: server.variables[match[1]].default if match[1] in server.variables else "x",
        server.url,
    )
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


def _literal(text: str) -> str:
    """Return a pattern for a fixed part of a template, as it stands there or encoded."""
    return "".join(
        re.escape(each)
        if each in _PLAIN_CHARACTERS
        else f"(?:{re.escape(each)}|{quote(each, safe='')})"
        for each in text
    )


def _first_segment(path: str) -> str:
    """Return what routes are looked up by: the first segment, `{` for one with a variable."""
    segment = path.lstrip("/").partition("/")[0]
    return "{" if "{" in segment else unquote(segment)
