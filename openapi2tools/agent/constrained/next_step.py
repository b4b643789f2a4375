"""What a small model may do next: rules that keep it from inventing, and from giving up.

- Where an identifier is wanted stands a known one, or null for "not known yet".
- A call with such a null is not made: the model is told where to look. That tool is no choice until
  the identifiers are known, and nothing is written until somebody looked for them.
- A filter of a reading tool, or a property to change, is offered when the question gives cause for
  it: a small model fills in all it may.
- After an error or an empty result, and as long as it has to look, the model is not done: it reads,
  or corrects what failed.
- The very call that it made before is no choice; a model that makes it again is done.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from openapi2tools.agent.constrained.argument_schemas import (
    accepts_any_text,
    without_optional_nulls,
)
from openapi2tools.agent.constrained.grammar import Grammar
from openapi2tools.agent.constrained.known_identifiers import KnownIdentifiers
from openapi2tools.agent.entries import Question, Turn
from openapi2tools.model import Effect, Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openapi2tools.agent.constrained.known_identifiers import Identifier
    from openapi2tools.agent.entries import Entry
    from openapi2tools.model import JsonObject, Schema, Tool

# How often something is looked for before the model may go on without it.
_MAX_LOOKUPS: Final = 2


def finish_name(tools: Mapping[str, Tool]) -> str:
    """Return the name of the choice to be done, which no tool has."""
    return next(name for name in ("finish", "finish_now", "all_is_done_now") if name not in tools)


class NextStep:
    """What a model may choose now, given what happened since the last question."""

    def __init__(self, tools: Mapping[str, Tool], record: Sequence[Entry]) -> None:
        self._tools = tools
        self._known = KnownIdentifiers(record, tools)
        recent = _since_last_question(record)
        self._results = [entry for entry in recent if isinstance(entry, Result)]
        self._calls = [call for entry in recent if isinstance(entry, Turn) for call in entry.calls]

    # --- what the model may choose ---------------------------------------------------------------

    def schema(self) -> JsonObject:
        """Return the schema that the next step has to fit: one branch for every choice."""
        branches = []
        definitions: JsonObject = {}
        for number, tool in enumerate(self._tools.values()):
            arguments = self._arguments_schema(tool)
            if arguments is None:
                continue
            grammar = Grammar(arguments, f"t{number}_")
            branches.append(_branch(tool.name, grammar.write(arguments)))
            definitions |= grammar.definitions()
        if self._may_finish() or not branches:
            branches.append(_branch(finish_name(self._tools)))
        schema: JsonObject = {"anyOf": branches}
        if definitions:
            schema["$defs"] = definitions
        return schema

    def _arguments_schema(self, tool: Tool) -> JsonObject | None:
        """Return the schema of a tool's arguments as they may be now; None for no choice."""
        if self._is_blocked(tool):
            return None
        schema = without_optional_nulls(tool)
        required = tool.schema.get("required", ())
        properties: JsonObject = {}
        for name, inner in schema["properties"].items():
            identifiers = self._known.values(tool, name)
            if identifiers is None:
                if name in required:
                    properties[name] = inner
                elif self._is_called_for(tool, name, inner):
                    properties[name] = self._known.question_words.only_mentioned_values(inner)
            elif name in required:
                allowed = self._required_identifiers(tool, identifiers)
                if not allowed:
                    return None
                properties[name] = {"enum": allowed}
            elif identifiers:
                properties[name] = {"enum": identifiers}
        return {**schema, "properties": properties}

    def _required_identifiers(
        self, tool: Tool, identifiers: Sequence[Identifier]
    ) -> list[Identifier | None]:
        """Return the values of a required identifier.

        Null, for "not known yet", is one of them until the model was told to look.
        """
        if self._was_told_to_look_up(tool):
            return [*identifiers]
        return [*identifiers, None]

    def _is_blocked(self, tool: Tool) -> bool:
        """Return whether a writing tool is no choice because the model is not done reading.

        Otherwise a model that only has no other way out would change something.
        """
        if tool.effect is Effect.READ or self._may_finish():
            return False
        return self._must_look() or tool.name != self._results[-1].tool

    def _is_called_for(self, tool: Tool, name: str, schema: Schema) -> bool:
        """Return whether there is cause for an optional argument; a new thing may have them all."""
        if tool.effect is Effect.READ and accepts_any_text(schema):
            return True
        if tool.effect is not Effect.READ and tool.operation.method != "PATCH":
            return True
        return self._known.question_words.mention(name, schema)

    def _may_finish(self) -> bool:
        """Return whether the model may be done: what it last did went well, or failed twice."""
        if self._must_look():
            return False
        failures = [result.is_error or found_nothing(result) for result in self._results[-2:]]
        last_failed = failures[-1:] == [True]
        return not last_failed or failures == [True, True]

    def _must_look(self) -> bool:
        """Return whether an identifier that a call lacked is still to be looked for."""
        for call in self._calls:
            if not call.fault:
                continue
            for name, value in call.arguments.items():
                if value is None and self._is_worth_a_lookup(self._tools[call.tool], name):
                    return True
        return False

    def _is_worth_a_lookup(self, tool: Tool, argument: str) -> bool:
        """Return whether an identifier is unknown, and some way to find it was not tried."""
        if self._known.values(tool, argument):
            return False
        sources = self._sources(tool, argument)
        lookups = sum(call.tool in sources for call in self._calls if not call.fault)
        return bool(sources) and lookups < _MAX_LOOKUPS

    def _was_told_to_look_up(self, tool: Tool) -> bool:
        return any(call.fault and call.tool == tool.name for call in self._calls)

    def _sources(self, tool: Tool, argument: str) -> list[str]:
        """Return the names of the tools that find an argument's identifiers."""
        resource = self._known.resource_of(tool, argument)
        return self._known.tools_that_find(resource) if resource else []

    # --- what it chose ---------------------------------------------------------------------------

    def fault(self, name: str, arguments: JsonObject) -> str:
        """Return where to find the identifiers that a call lacks; empty when it has all."""
        tool = self._tools.get(name)
        if tool is None:
            return ""  # the client says which tools there are
        lacking = [
            argument
            for argument in tool.schema.get("required", ())
            if arguments.get(argument, "") is None
            and self._known.resource_of(tool, argument) is not None
        ]
        if not lacking:
            return ""
        sources: dict[str, None] = {}
        for argument in lacking:
            sources |= dict.fromkeys(self._sources(tool, argument))
        where = f", with {' and '.join(sources)}" if sources else ""
        return f"Not done yet: look up {' and '.join(lacking)} first{where}."

    def already_called(self, name: str, arguments: JsonObject) -> bool:
        """Return whether this very call was made since the last question."""
        return any(call.tool == name and call.arguments == arguments for call in self._calls)

    def successful_changes(self) -> list[str]:
        """Return the names of the tools that changed something since the last question."""
        return [
            result.tool
            for result in self._results
            if not result.is_error
            and result.tool in self._tools
            and self._tools[result.tool].effect is not Effect.READ
        ]


def found_nothing(result: Result) -> bool:
    """Return whether a result is an empty list, or an object around empty lists."""
    if result.is_error:
        return False
    data = result.data
    if not isinstance(data, dict):
        return bool(data == [])
    lists = [value for value in data.values() if isinstance(value, list)]
    return bool(lists) and all(value == [] for value in lists)


def _since_last_question(record: Sequence[Entry]) -> list[Entry]:
    newest_first = takewhile(lambda entry: not isinstance(entry, Question), reversed(record))
    return list(newest_first)[::-1]


def _branch(name: str, arguments: Schema | None = None) -> JsonObject:
    """Return the schema of one choice; `arguments` is None for the choice to be done."""
    properties: JsonObject = {"name": {"const": name}}
    if arguments is not None:
        properties["arguments"] = arguments
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
