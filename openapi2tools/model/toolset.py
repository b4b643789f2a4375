"""Tools by name: choosing, renaming and joining them gives new sets."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from typing import Final, TypeVar, overload

from openapi2tools._core.naming import MAX_NAME_LENGTH, fit_name, name_from_path, shorten_with_hash
from openapi2tools._core.slips import did_you_mean
from openapi2tools.errors import BuildError, UnknownTool
from openapi2tools.model.json import ABSENT, Json
from openapi2tools.model.openapi import Problem
from openapi2tools.model.tool import Effect, Tool

T = TypeVar("T")


class Toolset(Mapping[str, Tool]):
    """Tools by name, in a fixed order, of one Api or of several.

    A tool is also found by its operation's id, where no other tool has that id or that name. A
    toolset never changes: every method returns a new one.

    Args:
        tools: The tools, in their order.
        problems: What is wrong with them, or a function that finds it when somebody asks.
    """

    __slots__ = ("_by_other_name", "_find_problems", "_tools")

    def __init__(
        self,
        tools: Iterable[Tool] = (),
        problems: Iterable[Problem] | Callable[[], Iterable[Problem]] = (),
    ) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            if self._tools.setdefault(tool.name, tool) is not tool:
                raise BuildError(
                    f"Two tools are named {tool.name}: "
                    "give those of one API a prefix with .prefixed('name_')."
                )
        if not callable(problems):
            problems = tuple(problems)
        self._find_problems = problems
        self._by_other_name: dict[str, list[Tool]] | None = None  # made when it is first needed

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be offered as the document has it. All tools are looked at for it."""
        found = self._find_problems
        if callable(found):
            found = tuple(found())
            self._find_problems = found
        return tuple(found)

    def __reduce__(self) -> tuple[type[Toolset], tuple[tuple[Tool, ...], tuple[Problem, ...]]]:
        return Toolset, (tuple(self.values()), self.problems)

    def __getitem__(self, name: str) -> Tool:
        found = self._named(name)
        if len(found) == 1:
            return found[0]
        raise UnknownTool(f"There is no tool named {name!r}.{self._hint(name)}")

    def _hint(self, name: str) -> str:
        """Return a sentence on the tools that may be meant: by address, or by a similar name."""
        at_address = [tool.name for tool in self.values() if _is_address_of(tool, name)]
        if at_address:
            return f" That is {' or '.join(at_address)}."
        same_id = [tool.name for tool in self._named(name)]
        if same_id:
            return f" Did you mean {', '.join(same_id)}?"
        return did_you_mean(name, self._tools, most=3, min_similarity=0.5)

    @overload
    def get(self, name: str, /) -> Tool | None: ...

    @overload
    def get(self, name: str, /, default: T) -> Tool | T: ...

    def get(self, name: str, /, default: T | None = None) -> Tool | T | None:
        """Return the tool of that name, or `default`."""
        found = self._named(name)
        return found[0] if len(found) == 1 else default

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and len(self._named(name)) == 1

    def __eq__(self, other: object) -> bool:
        """Return whether the tools are equal; a document is compared once, not for every tool."""
        if not isinstance(other, Toolset):
            return super().__eq__(other)
        if self._tools.keys() != other._tools.keys():
            return False
        pairs = [(tool, other._tools[name]) for name, tool in self._tools.items()]  # noqa: SLF001 -- another Toolset
        apis = {(id(mine.api), id(yours.api)): (mine.api, yours.api) for mine, yours in pairs}
        if not all(mine is yours or mine == yours for mine, yours in apis.values()):
            return False
        return all(mine is yours or mine == replace(yours, api=mine.api) for mine, yours in pairs)

    __hash__ = Mapping.__hash__

    def __repr__(self) -> str:
        names = ", ".join(list(self)[:5])
        return f"Toolset({len(self)} tools: {names}{', ...' if len(self) > 5 else ''})"

    def __or__(self, other: Toolset) -> Toolset:
        """Return the tools of both. Two different tools of one name are a `BuildError`."""
        return Toolset(
            (*self.values(), *other.values()),
            lambda: dict.fromkeys((*self.problems, *other.problems)),
        )

    def only(
        self,
        *names: str,
        tags: str | Iterable[str] = (),
        operations: str | Iterable[str] = (),
        paths: str | Iterable[str] = (),
        methods: str | Iterable[str] = (),
        read_only: bool = False,
        deprecated: bool = True,
    ) -> Toolset:
        """Return the tools that fit every given condition; within one condition any value will do.

        `names`, `operations` (operationIds and names) and `paths` are globs that fit as a whole
        (`pets_*`, `/pets/*`), `tags` are exact, `methods` are of any case.
        """
        tag_set, methods_set = (
            set(_as_tuple(tags)),
            {method.upper() for method in _as_tuple(methods)},
        )
        operation_globs, path_globs = _as_tuple(operations), _as_tuple(paths)

        def keep(tool: Tool) -> bool:
            operation = tool.operation
            return (
                (not names or _fits_any(tool.names, names))
                and (not tag_set or not tag_set.isdisjoint(operation.tags))
                and (not operation_globs or _fits_any(_operation_names(tool), operation_globs))
                and (not path_globs or _matches(operation.path, path_globs))
                and (not methods_set or operation.method in methods_set)
                and (not read_only or tool.effect is Effect.READ)
                and (deprecated or not operation.deprecated)
            )

        return self._with_tools(filter(keep, self.values()))

    def without(self, *names: str, tags: str | Iterable[str] = ()) -> Toolset:
        """Return the tools without those whose name fits a glob or that have one of the tags."""
        gone = set(_as_tuple(tags))
        return self._with_tools(
            t
            for t in self.values()
            if not _fits_any(t.names, names) and gone.isdisjoint(t.operation.tags)
        )

    def prefixed(self, prefix: str) -> Toolset:
        """Return the tools with a prefix before every name, unique and within 64 characters."""
        room = max(MAX_NAME_LENGTH - len(prefix), MAX_NAME_LENGTH // 2)
        short = {name: fit_name(name, room) for name in self}
        taken = Counter(short.values())
        return self.renamed(
            {
                name: prefix + (one if taken[one] == 1 else shorten_with_hash(name, room))
                for name, one in short.items()
            }
        )

    def renamed(self, names: Mapping[str, str]) -> Toolset:
        """Return the tools under other names: old name to new name."""
        new_names = self._by_own_name(names)
        tools = [_renamed(tool, new_names.get(tool.name, tool.name)) for tool in self.values()]
        if illegal := [tool.name for tool in tools if not _LEGAL_NAME.fullmatch(tool.name)]:
            raise BuildError(
                f"{illegal[0]!r} is no name for a tool: "
                "it has 1 to 64 letters (a to z), digits, _ and -."
            )
        if len({tool.name for tool in tools}) < len(tools):
            raise BuildError(
                "Two tools would have one name: " + ", ".join(sorted(names.values())[:5])
            )
        return self._with_tools(tools)

    def described(self, descriptions: Mapping[str, str]) -> Toolset:
        """Return the tools with other descriptions: name to description."""
        new_descriptions = self._by_own_name(descriptions)
        return self.replaced(
            self[name].changed_later(partial(replace, description=text))
            for name, text in new_descriptions.items()
        )

    def where(self, predicate: Callable[[Tool], bool]) -> Toolset:
        """Return the tools for which the predicate is true.

        Args:
            predicate: Is asked about each tool.

        Example:
            tools.where(lambda tool: tool.effect is Effect.READ)
        """
        return self._with_tools(filter(predicate, self.values()))

    def fixed(
        self, tool: str, arguments: Mapping[str, Json] | None = None, /, **more: Json
    ) -> Toolset:
        """Return the tools with a value for some arguments, which no model is asked for.

        Args:
            tool: The name of the tool, or a glob: then all its tools that have the argument.
            arguments: Values by the name of the argument, for names that are no keywords.
            more: Values by the name of the argument.

        Raises:
            UnknownTool: No tool has that name.
            BuildError: None of these tools has such an argument.

        Example:
            tools.fixed("list_orders", limit=5).fixed("*", {"X-Tenant": "acme"})
        """
        return self._with_fixed(tool, {**(arguments or {}), **more})

    def hidden(self, tool: str, *arguments: str) -> Toolset:
        """Return the tools without some optional arguments: they are never sent.

        Args:
            tool: The name of the tool, or a glob: then all its tools that have the argument.
            arguments: The names of the arguments.

        Raises:
            UnknownTool: No tool has that name.
            BuildError: None of these tools has such an argument, or one of them requires it.

        Example:
            tools.hidden("list_orders", "fields", "expand")
        """
        for one in self._fitting(tool):
            required = set(map(one.argument_named, arguments)) & {*one.schema.get("required", ())}
            if required:
                name = min(filter(None, required))
                raise BuildError(
                    f"{one.name} requires {name}, which cannot be left out: "
                    f"give it a value with .fixed({one.name!r}, {{{name!r}: …}})."
                )
        return self._with_fixed(tool, dict.fromkeys(arguments, ABSENT))

    def _with_fixed(self, glob: str, arguments: Mapping[str, Json]) -> Toolset:
        named = {tool.name: tool for tool in self._fitting(glob)}
        for name in arguments:
            if all(tool.argument_named(name) is None for tool in named.values()):
                raise BuildError(_no_argument(glob, name, named.values()))
        return self._with_tools(
            tool.fix_arguments(arguments) if tool.name in named else tool for tool in self.values()
        )

    def _fitting(self, glob: str) -> list[Tool]:
        """Return the tools of a name or a glob; an UnknownTool when there are none."""
        return [tool for tool in self.values() if tool.is_called(glob)] or [self[glob]]

    def replaced(self, tools: Iterable[Tool]) -> Toolset:
        """Return the tools with these in place of those of the same names."""
        new = {tool.name: tool for tool in tools}
        return self._with_tools(new.get(tool.name, tool) for tool in self.values())

    def _by_own_name(self, given: Mapping[str, str]) -> dict[str, str]:
        """Return the values by the names of the tools. Raises UnknownTool."""
        return {self[name].name: value for name, value in given.items()}

    def _named(self, name: str) -> Sequence[Tool]:
        """Return the tool of that name, or else those whose operation has that id."""
        if name in self._tools:
            return (self._tools[name],)
        if self._by_other_name is None:
            self._by_other_name = {}
            for tool in self._tools.values():
                for other_name in tool.names[1:]:
                    self._by_other_name.setdefault(other_name, []).append(tool)
        return self._by_other_name.get(name, ())

    def _with_tools(self, tools: Iterable[Tool]) -> Toolset:
        return Toolset(tools, lambda: self.problems)


def _renamed(tool: Tool, name: str) -> Tool:
    return tool.changed_later(partial(replace, name=name), name=name)


def _is_address_of(tool: Tool, text: str) -> bool:
    """Return whether a text is the path of a tool's operation, with or without its method."""
    method, _, path = text.strip().rpartition(" ")
    operation = tool.operation
    return path.rstrip("/") == operation.path.rstrip("/") and method.upper() in (
        "",
        operation.method,
    )


def _no_argument(glob: str, name: str, tools: Iterable[Tool]) -> str:
    """Return the message that tools have no such argument, with those that may be meant."""
    known = {binding.argument[0] for tool in tools for binding in tool.bindings}
    hint = did_you_mean(name, known, most=3, min_similarity=0.5)
    return f"{glob}: there is no argument named {name!r}.{hint}"


def _as_tuple(given: str | Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _operation_names(tool: Tool) -> tuple[str, ...]:
    """Return the names that a glob for operations is held against."""
    operation = tool.operation
    if operation.id:
        return tool.names
    return tool.name, name_from_path(operation.method, operation.path)


def _fits_any(names: Iterable[str], globs: Iterable[str]) -> bool:
    return any(_matches(name, globs) for name in names)


def _matches(name: str, globs: Iterable[str]) -> bool:
    return any(name == glob or fnmatchcase(name, glob) for glob in globs)  # `/a[1]` is a path, too


_LEGAL_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what every vendor takes
