"""What a small model may do next: rules that keep it from inventing, and from giving up.

- An identifier can only be a known one, or null for "not known yet".
- A call with such a null is not made: the model is told which tools find the identifier. Until it
  is known, that tool is not offered, and no tool that writes until it was looked up.
- A filter of a reading tool, or a property to change, is offered only when the question mentions
  it, because a small model fills in whatever it may.
- After an error or an empty result, and while something is to be looked up, the model may not
  finish: it reads, or corrects what failed.
- A reading tool that failed by its arguments is called again with others before the model finishes
  or changes anything, whatever else it reads in between.
- A model that repeats a call is taken to be done, unless such a tool is left. Then, and after a
  second refusal that leads on, it has no other choice, and a text that the API refused may only be
  one of the words with which the API did so.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from openapi2tools.agent.constrained.argument_schemas import (
    accepts_any_text,
    without_optional_nulls,
)
from openapi2tools.agent.constrained.known_identifiers import KnownIdentifiers
from openapi2tools.agent.constrained.open_failures import refused_texts, unsettled_failures
from openapi2tools.agent.constrained.output_schema import OutputSchemaWriter
from openapi2tools.agent.constrained.result_text import found_nothing
from openapi2tools.agent.record.entries import Question, Turn
from openapi2tools.model import Effect, Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openapi2tools.agent.constrained.known_identifiers import Identifier
    from openapi2tools.agent.constrained.open_failures import Failure
    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.model import Call, Json, JsonObject, Schema, Tool

_MADE_BEFORE: Final = "This call was made before, and is not made again: do what is left to do."
# How often a tool may fail by its arguments before the model may go on without it, if the API does
# not say what it takes.
_MAX_FAILURES: Final = 2
# How often an identifier is looked up before the model may go on without it.
_MAX_LOOKUPS: Final = 2


def finish_name(tools: Mapping[str, Tool]) -> str:
    """Return the name of the choice to finish, which no tool has."""
    return next(name for name in ("finish", "finish_now", "all_is_done_now") if name not in tools)


class NextStep:
    """What a model may choose now, given what happened since the last question."""

    def __init__(self, tools: Mapping[str, Tool], record: Sequence[Entry]) -> None:
        self._tools = tools
        self._known = KnownIdentifiers(record, tools)
        recent = _since_last_question(record)
        self._results = [entry for entry in recent if isinstance(entry, Result)]
        self._calls = [call for entry in recent if isinstance(entry, Turn) for call in entry.calls]
        unsettled = unsettled_failures(recent, tools, self._lookup_tools_of_call)
        self._open_failures = {
            name: failures for name, failures in unsettled.items() if self._is_open(failures)
        }
        self._given_up = unsettled.keys() - self._open_failures.keys()

    # --- what the model may choose ---

    def schema(self) -> JsonObject:
        """Return the schema that the next step has to fit, with one branch for each choice."""
        failed_twice = {
            name: failures for name, failures in self._open_failures.items() if len(failures) > 1
        }
        offered = {tool.name: self._arguments_schema(tool) for tool in self._tools.values()}
        return self._schema_of_corrections(failed_twice) or self._schema_of(
            offered, with_finish=self._may_finish()
        )

    def correction_schema(self) -> JsonObject | None:
        """Return the schema of a step that corrects what failed; None when nothing is left to."""
        return self._schema_of_corrections(self._open_failures)

    def _schema_of_corrections(
        self, failures_of: Mapping[str, Sequence[Failure]]
    ) -> JsonObject | None:
        """Return the schema of a call that corrects one of these; None when there is no such."""
        offered = {
            name: self._corrected(self._arguments_schema(self._tools[name]), failures)
            for name, failures in failures_of.items()
        }
        return self._schema_of(offered) if any(offered.values()) else None

    def _corrected(
        self, arguments: JsonObject | None, failures: Sequence[Failure]
    ) -> JsonObject | None:
        """Return the schema of a tool's arguments with the words that may replace what failed."""
        if arguments is None:
            return None
        replaced = refused_texts(failures[-1], arguments)
        return {**arguments, "properties": {**arguments["properties"], **replaced}}

    def _schema_of(
        self, offered: Mapping[str, JsonObject | None], *, with_finish: bool = False
    ) -> JsonObject:
        """Return the schema of a choice between tools, by the schemas of their arguments."""
        branches = []
        definitions: JsonObject = {}
        for number, (name, arguments) in enumerate(offered.items()):
            if arguments is None:
                continue
            writer = OutputSchemaWriter(arguments, f"t{number}_")
            branches.append(_branch(name, writer.write(arguments)))
            definitions |= writer.definitions()
        if with_finish or not branches:
            branches.append(_branch(finish_name(self._tools)))
        schema: JsonObject = {"anyOf": branches}
        if definitions:
            schema["$defs"] = definitions
        return schema

    def _arguments_schema(self, tool: Tool) -> JsonObject | None:
        """Return the schema of the arguments that a tool takes now; None when it is not offered."""
        if self._is_blocked(tool):
            return None
        schema = without_optional_nulls(tool)
        properties: JsonObject = {}
        for name, inner in schema["properties"].items():
            argument_schema = self._argument_schema(tool, name, inner)
            if argument_schema is not None:
                properties[name] = argument_schema
            elif name in tool.schema.get("required", ()):
                return None
        return {**schema, "properties": properties}

    def _argument_schema(self, tool: Tool, name: str, schema: Schema) -> Schema | None:
        """Return the schema of an argument as it may be now; None when it is not offered."""
        is_required = name in tool.schema.get("required", ())
        identifiers = self._known.values(tool, name)
        if identifiers is not None:
            values: list[Identifier | None] = [*identifiers]
            if is_required and not self._was_told_to_look_up(tool):
                values.append(None)  # for "not known yet"
            return {"enum": values} if values else None
        if is_required:
            return schema
        if self._is_called_for(tool, name, schema):
            return self._known.question_words.only_mentioned_values(schema)
        return None

    def _is_blocked(self, tool: Tool) -> bool:
        """Return whether a tool that writes is not offered because the model has to read first.

        Otherwise a model that has no other choice would change something.
        """
        if tool.effect is Effect.READ or self._may_finish():
            return False
        return self._must_look_up() or tool.name != self._results[-1].tool

    def _is_called_for(self, tool: Tool, name: str, schema: Schema) -> bool:
        """Return whether an optional argument is offered: always, or because it is mentioned."""
        if tool.effect is Effect.READ and accepts_any_text(schema):
            return True
        if tool.effect is not Effect.READ and tool.operation.method != "PATCH":
            return True  # what is created or replaced may have any of its properties
        return self._known.question_words.mentions(name, schema)

    def _may_finish(self) -> bool:
        """Return whether the model may finish: its last call went well, or its last two failed."""
        if self._must_look_up() or self._open_failures:
            return False
        if self._results and self._results[-1].tool in self._given_up:
            return True
        failures = [result.is_error or found_nothing(result) for result in self._results[-2:]]
        last_failed = failures[-1:] == [True]
        return not last_failed or failures == [True, True]

    def _must_look_up(self) -> bool:
        """Return whether an identifier that a call lacked is still to be looked up."""
        for call in self._calls:
            if not call.fault:
                continue
            for name, value in call.arguments.items():
                if value is None and self._is_worth_a_lookup(self._tools[call.tool], name):
                    return True
        return False

    def _is_worth_a_lookup(self, tool: Tool, argument: str) -> bool:
        """Return whether an identifier is unknown, and was not looked up often enough yet."""
        if self._known.values(tool, argument):
            return False
        lookup_tools = self._lookup_tools(tool, argument)
        lookups = sum(call.tool in lookup_tools for call in self._calls if not call.fault)
        return bool(lookup_tools) and lookups < _MAX_LOOKUPS

    def _was_told_to_look_up(self, tool: Tool) -> bool:
        return any(call.fault and call.tool == tool.name for call in self._calls)

    def _lookup_tools(self, tool: Tool, argument: str) -> list[str]:
        """Return the names of the tools that find an argument's identifiers."""
        resource = self._known.resource_of(tool, argument)
        return self._known.tools_that_find(resource) if resource else []

    def _is_open(self, failures: Sequence[Failure]) -> bool:
        """Return whether a tool that failed is to be called again.

        It is after its first failure, and after the second when the API's words lead on.
        """
        if len(failures) < _MAX_FAILURES:
            return True
        last = failures[-1]
        arguments = self._arguments_schema(self._tools[last.call.tool])
        has_words = arguments is not None and bool(refused_texts(last, arguments))
        return len(failures) == _MAX_FAILURES and has_words

    def _lookup_tools_of_call(self, call: Call) -> list[str]:
        """Return the names of the tools that find the identifiers of a call."""
        tool = self._tools[call.tool]
        arguments = [name for name in call.arguments if name in tool.schema["properties"]]
        return [found for name in arguments for found in self._lookup_tools(tool, name)]

    # --- what the model chose ---

    def is_done(self, name: str, arguments: JsonObject) -> bool:
        """Return whether a choice ends the run: to finish, or to repeat a call.

        Who repeats one that is to be corrected is told so, and goes on without it.
        """
        if name == finish_name(self._tools):
            return True
        return self.already_called(name, arguments) and name not in self._open_failures

    def fault(self, name: str, arguments: JsonObject) -> str:
        """Return why a call is not made: it lacks identifiers, or was made before; else `""`."""
        if self.already_called(name, arguments):
            return _MADE_BEFORE
        tool = self._tools.get(name)
        if tool is None:
            return ""  # the client says which tools there are
        unknown = [
            argument
            for argument in tool.schema.get("required", ())
            if arguments.get(argument, "") is None
            and self._known.resource_of(tool, argument) is not None
        ]
        if not unknown:
            return ""
        lookup_tools: dict[str, None] = {}  # a dict keeps the order and leaves out repetitions
        for argument in unknown:
            lookup_tools |= dict.fromkeys(self._lookup_tools(tool, argument))
        how = f", with {' and '.join(lookup_tools)}" if lookup_tools else ""
        return f"Not done yet: look up {' and '.join(unknown)} first{how}."

    def already_called(self, name: str, arguments: JsonObject) -> bool:
        """Return whether this very call was made since the last question.

        The space around a text makes no other call of it.
        """
        trimmed = _trimmed(arguments)
        return any(
            call.tool == name and _trimmed(call.arguments) == trimmed for call in self._calls
        )

    def successful_changes(self) -> list[str]:
        """Return the names of the tools that changed something since the last question."""
        return [
            result.tool
            for result in self._results
            if not result.is_error
            and result.tool in self._tools
            and self._tools[result.tool].effect is not Effect.READ
        ]

    def unanswered(self) -> list[str]:
        """Return the names of the tools whose last call since the last question got no answer."""
        last = {result.tool: result for result in self._results}
        return [name for name, result in last.items() if result.error in ("timeout", "network")]


def _trimmed(arguments: Mapping[str, Json]) -> JsonObject:
    return {
        name: value.strip() if isinstance(value, str) else value
        for name, value in arguments.items()
    }


def _since_last_question(record: Sequence[Entry]) -> list[Entry]:
    newest_first = takewhile(lambda entry: not isinstance(entry, Question), reversed(record))
    return list(newest_first)[::-1]


def _branch(name: str, arguments: Schema | None = None) -> JsonObject:
    """Return the schema of one choice; `arguments` is None for the choice to finish."""
    properties: JsonObject = {"name": {"const": name}}
    if arguments is not None:
        properties["arguments"] = arguments
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
