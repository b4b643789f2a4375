"""The identifiers that a record names, by resource, so that a small model cannot invent one."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from openapi2tools.agent.constrained.argument_schemas import identifier_type, required_arguments
from openapi2tools.agent.constrained.question_words import QuestionWords
from openapi2tools.agent.record.entries import Question
from openapi2tools.model import Effect, Result
from openapi2tools.tools.resources.names import (
    identified_resource,
    resource_name,
    resource_of_bare_id,
    resource_of_tool,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.model import Json, Tool

Identifier: TypeAlias = int | str
_MAX_VALUES: Final = 200  # the latest are kept


class _Found(NamedTuple):
    """An identifier in a result, and what it identifies."""

    resource: str
    value: Identifier


class KnownIdentifiers:
    """The identifiers of a record: those in its results, and those in its questions."""

    def __init__(self, record: Iterable[Entry], tools: Mapping[str, Tool]) -> None:
        entries = list(record)
        self._tools = tools
        self._resources = {resource_of_tool(tool) for tool in tools.values()}
        self.question_words = QuestionWords(
            [entry.text for entry in entries if isinstance(entry, Question)]
        )
        self._values_of: dict[str, list[Identifier]] = defaultdict(list)
        for entry in entries:
            if isinstance(entry, Result) and not entry.is_error and entry.tool in tools:
                resource = resource_of_tool(tools[entry.tool])
                for found in _find_identifiers(entry.data, resource, self._resources):
                    self._values_of[found.resource].append(found.value)

    def values(self, tool: Tool, argument: str) -> list[Identifier] | None:
        """Return what may stand for an argument; None when it is no identifier."""
        resource = self.resource_of(tool, argument)
        wanted_type = identifier_type(tool.schema["properties"][argument])
        if resource is None or wanted_type is None:
            return None
        in_questions = self._values_in_questions(resource, wanted_type)
        in_results = [
            value for value in self._values_in_results(resource) if isinstance(value, wanted_type)
        ]
        distinct = list(dict.fromkeys([*in_questions, *in_results]))
        return distinct[-_MAX_VALUES:]

    def _values_in_questions(
        self, resource: str, wanted_type: type[Identifier]
    ) -> Sequence[Identifier]:
        """Return the numbers that may identify a resource, or all words where texts do."""
        if wanted_type is int:
            return self.question_words.numbers_of(resource)
        return self.question_words.words()

    def _values_in_results(self, resource: str) -> list[Identifier]:
        """Return a resource's identifiers; those of all resources when no tool is about it."""
        if resource in self._resources:
            return self._values_of[resource]
        return [value for values in self._values_of.values() for value in values]

    def resource_of(self, tool: Tool, argument: str) -> str | None:
        """Return the resource that an argument identifies; None when it is no identifier."""
        resource = identified_resource(argument)
        if resource != "":
            return resource
        binding = next((each for each in tool.bindings if each.argument == (argument,)), None)
        if binding is None:
            return ""
        if binding.location == "body":
            return None  # what is created may get a new `id`
        return resource_of_bare_id(tool, binding)

    def tools_that_find(self, resource: str) -> list[str]:
        """Return the names of the tools that find a resource without knowing any identifier."""
        return [
            tool.name
            for tool in self._tools.values()
            if tool.effect is Effect.READ
            and resource_of_tool(tool) == resource
            and not self._needs_an_identifier(tool)
        ]

    def _needs_an_identifier(self, tool: Tool) -> bool:
        return any(self.resource_of(tool, name) is not None for name in required_arguments(tool))


def _find_identifiers(
    value: Json, enclosing_resource: str, resources: set[str]
) -> Iterator[_Found]:
    """Yield the identifiers in a result; a bare `id` is one of the enclosing resource."""
    if isinstance(value, list):
        for item in value:
            yield from _find_identifiers(item, enclosing_resource, resources)
    elif isinstance(value, dict):
        for key, inner in value.items():
            items = inner if isinstance(inner, list) else [inner]
            for item in items:
                yield from _find_in_member(key, item, enclosing_resource, resources)


def _find_in_member(
    key: str, item: Json, enclosing_resource: str, resources: set[str]
) -> Iterator[_Found]:
    """Yield the identifiers in a member of an object; an item of a list counts as a member."""
    resource = identified_resource(key)
    is_scalar = isinstance(item, int | str) and not isinstance(item, bool)
    if resource is not None and is_scalar:
        yield _Found(resource or enclosing_resource, item)
    elif isinstance(item, dict):
        inner_resource = resource_name(key)
        if inner_resource not in resources:
            inner_resource = enclosing_resource
        yield from _find_identifiers(item, inner_resource, resources)
