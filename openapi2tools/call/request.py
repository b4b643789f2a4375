"""A tool and the values of one call in, one exact HTTP request out, without any secret.

What is built here is what reaches the wire: every URL is made of unreserved characters, delimiters and percent-encoded triplets only, which
httpx passes on as they are.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

import httpx

from openapi2tools.call import bodies, styles
from openapi2tools.errors import CallError, InvalidArguments
from openapi2tools.model import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openapi2tools.model import HttpArguments, Json, Operation, Parameter, Tool

_EXPRESSION: Final = re.compile(r"\{([^{}/]+)\}")
_TOKEN: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_LITERAL: Final = "/:@!$&'()*+,;=~%"
_IGNORED_HEADERS: Final = frozenset({"accept", "content-type", "authorization"})  # OpenAPI 3.1, section 4.8.12.2


def build_request(tool: Tool, values: HttpArguments, server_url: str, *, codecs: bodies.Codecs = bodies.STANDARD) -> httpx.Request:
    """Write one request. Raises InvalidArguments for a value that cannot be written, CallError where the document leaves a hole."""
    operation = tool.operation
    path, template_query = _path(operation, values)
    query = _query(operation, values, template_query)
    headers = [("Accept", _accept(operation)), *_headers(operation, values)]
    if cookie := _cookie(operation, values):
        headers.append(("Cookie", cookie))
    body = None
    if values.body is not ABSENT:
        body = _written(bodies.encode, "the body", tool.media_type, values.body, tool.api.document, codecs)
        headers += body.headers
    url = quote(server_url, safe=_LITERAL + "?#[]") + path + (f"?{query}" if query else "")
    try:
        return httpx.Request(
            operation.method,
            url,
            headers=[(name.encode("latin-1"), text.encode("latin-1")) for name, text in headers],
            content=body.content if body else None,
        )
    except httpx.InvalidURL as error:
        raise InvalidArguments(f"{tool.name}: the address cannot be written: {error}.") from None


def _path(operation: Operation, values: HttpArguments) -> tuple[str, str]:
    """Fill in the template: the path, and the query that some documents write into the template; a fragment is never sent."""
    template, _, query = operation.path.partition("#")[0].partition("?")
    declared = _declared(operation, "path")
    segments = [_segment(segment, declared, values, operation) for segment in template.split("/")]
    path = "/".join(segments)
    return path if path.startswith("/") else "/" + path, query


def _segment(template: str, declared: dict[str, Parameter], values: HttpArguments, operation: Operation) -> str:
    def expand(match: re.Match[str]) -> str:
        parameter = declared.get(match[1])
        if parameter is None:
            raise CallError(f"The path {operation.path} has a place {match[0]} that the document declares no parameter for.")
        if parameter.name not in values.path:
            raise InvalidArguments(f"{parameter.name}: the path {operation.path} needs a value.")
        return _written(styles.path, parameter.name, parameter, values.path[parameter.name])

    pieces = _EXPRESSION.split(template)
    if len(pieces) == 1:
        return quote(template, safe=_LITERAL)
    text = _EXPRESSION.sub(expand, "".join(quote(p, safe=_LITERAL) if i % 2 == 0 else "{" + p + "}" for i, p in enumerate(pieces)))
    steps = re.split(r"[/\\]", unquote(text))
    if text == "" or not {".", ".."}.isdisjoint(steps):
        names = ", ".join(pieces[1::2])
        raise InvalidArguments(
            f"{names}: {'an empty value' if text == '' else 'the segments . and ..'} would change the path {operation.path}."
        )
    return text


def _query(operation: Operation, values: HttpArguments, template: str) -> str:
    declared = _declared(operation, "query")
    pairs = [pair for name in declared if name in values.query for pair in _written(styles.query, name, declared[name], values.query[name])]
    taken = {name for name, _ in pairs}
    fixed = [part for part in template.split("&") if part and styles.percent(unquote(part.partition("=")[0])) not in taken]
    parts = [quote(part, safe=_LITERAL + "?") for part in fixed] + [f"{name}={text}" for name, text in pairs]
    if values.querystring is not ABSENT:
        for parameter in _declared(operation, "querystring").values():
            parts.append(_written(styles.querystring, parameter.name, parameter, values.querystring))
    return "&".join(filter(None, parts))


def _headers(operation: Operation, values: HttpArguments) -> Iterator[tuple[str, str]]:
    for name, parameter in _declared(operation, "header").items():
        if name in values.header and name.lower() not in _IGNORED_HEADERS:
            if not _TOKEN.fullmatch(name):
                raise CallError(f"{operation.key} has a header parameter {name!r}, which is no header's name.")
            text = _written(styles.header, name, parameter, values.header[name])
            if text is not None:
                yield name, text


def _cookie(operation: Operation, values: HttpArguments) -> str:
    declared = _declared(operation, "cookie")
    pairs = [
        pair for name in declared if name in values.cookie for pair in _written(styles.cookie, name, declared[name], values.cookie[name])
    ]
    return "; ".join(f"{name}={text}" for name, text in pairs)


def _accept(operation: Operation) -> str:
    """Ask for what the document says an operation answers, JSON first, and take anything else, too."""
    names = {media.name.partition(";")[0].strip().lower(): None for response in operation.responses for media in response.content}
    first = sorted(
        (name for name in names if _TOKEN.fullmatch(name.replace("/", "")) and name != "*/*"), key=lambda name: "json" not in name
    )
    return ", ".join([*first[:4], "*/*;q=0.5"]) if first else "application/json, */*;q=0.5"


def _declared(operation: Operation, location: str) -> dict[str, Parameter]:
    return {parameter.name: parameter for parameter in operation.parameters if parameter.location == location}


def _written(write: Callable[..., Json], name: str, *arguments: Json) -> Json:
    try:
        return write(*arguments)
    except ValueError as error:
        raise InvalidArguments(f"{name}: {error}.") from None
