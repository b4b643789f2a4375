"""Tools and a record in, what a small model may choose next out: rules that keep it from inventing, and from giving up.

- Where an identifier is wanted stands a known one, or null for "not known yet".
- A call with such a null is not made: the model is told where to look, that tool is no choice until the identifiers are known, and nothing
  is written until somebody looked for them.
- A filter of a reading tool, or a property to change, is offered when the question gives cause for it: a small model fills in all it may.
- After an error or an empty result, and as long as it has to look, the model is not done: it reads, or corrects what failed.
- The very call that it made before is no choice; a model that makes it again is done.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from openapi2tools.agent.constrained.grammar import Grammar
from openapi2tools.agent.constrained.known_identifiers import Known, is_text
from openapi2tools.agent.entries import Question, Turn
from openapi2tools.model import Effect, Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openapi2tools.agent.entries import Entry
    from openapi2tools.model import JsonObject, Schema, Tool
_LOOKS: Final = 2


def finish(tools: Mapping[str, Tool]) -> str:
    """Give the name of the choice to be done; no tool has it."""
    return next(name for name in ("finish", "finish_now", "all_is_done_now") if name not in tools)


class Choice:
    """The next step of a run."""

    def __init__(self, tools: Mapping[str, Tool], record: Sequence[Entry]) -> None:
        self._tools = tools
        self._known = Known(record, tools)
        now = list(takewhile(lambda entry: not isinstance(entry, Question), reversed(record)))[::-1]
        self._results = [entry for entry in now if isinstance(entry, Result)]
        self._calls = [call for entry in now if isinstance(entry, Turn) for call in entry.calls]

    def schema(self) -> JsonObject:
        """Give the schema that the next step has to fit."""
        branches = []
        definitions: JsonObject = {}
        for number, tool in enumerate(self._tools.values()):
            if (narrow := self._narrowed(tool)) is not None:
                grammar = Grammar(narrow, f"t{number}_")
                branches.append(_branch(tool.name, grammar.write(narrow)))
                definitions |= grammar.definitions()
        if self._may_finish() or not branches:
            branches.append(_branch(finish(self._tools)))
        return {"anyOf": branches} | ({"$defs": definitions} if definitions else {})

    def fault(self, name: str, arguments: JsonObject) -> str:
        """Say where to find the identifiers that a call lacks; the empty string when it has all."""
        if (tool := self._tools.get(name)) is None:
            return ""  # the client says which there are
        required = tool.schema.get("required", ())
        lacking = [
            key
            for key in required
            if arguments.get(key, "") is None and self._known.kind(tool, key) is not None
        ]
        if not lacking:
            return ""
        sources = dict.fromkeys(source for key in lacking for source in self._sources(tool, key))
        return f"Not done yet: look up {' and '.join(lacking)} first" + (
            f", with {' and '.join(sources)}." if sources else "."
        )

    def changed(self) -> list[str]:
        """Name the tools that changed something since the last question."""
        went = [
            result.tool
            for result in self._results
            if not result.is_error and result.tool in self._tools
        ]
        return [name for name in went if self._tools[name].effect is not Effect.READ]

    def made(self, name: str, arguments: JsonObject) -> bool:
        """Tell whether this very call was made since the last question."""
        return any(call.tool == name and call.arguments == arguments for call in self._calls)

    def _narrowed(self, tool: Tool) -> JsonObject | None:
        """Let only known identifiers stand for identifiers; None when the tool is no choice."""
        if self._closed(tool):
            return None
        schema = offered(tool)
        properties: JsonObject = {}
        for name, inner in schema["properties"].items():
            values = self._known.values(tool, name)
            if values is None:
                if name in tool.schema.get("required", ()):
                    properties[name] = inner
                elif self._called_for(tool, name, inner):
                    properties[name] = self._known.mentioned(inner)
            elif name in tool.schema.get("required", ()):
                if not values and self._told(tool):
                    return None
                properties[name] = {"enum": values if self._told(tool) else [*values, None]}
            elif values:
                properties[name] = {"enum": values}
        return {**schema, "properties": properties}

    def _closed(self, tool: Tool) -> bool:
        """Tell whether a tool is no choice: nothing is changed by a model that only has no other way out."""
        if tool.effect is Effect.READ or self._may_finish():
            return False
        return self._must_look() or tool.name != self._results[-1].tool

    def _called_for(self, tool: Tool, name: str, schema: Schema) -> bool:
        """Tell whether there is cause for an optional argument. What is made new may have them all."""
        if tool.effect is Effect.READ:
            return is_text(schema) or self._known.mentions(name, schema)
        return tool.operation.method != "PATCH" or self._known.mentions(name, schema)

    def _told(self, tool: Tool) -> bool:
        return any(call.fault and call.tool == tool.name for call in self._calls)

    def _must_look(self) -> bool:
        """Tell whether something that a tool lacks was not looked for, in two ways when the first found nothing."""
        asked = [call.tool for call in self._calls if not call.fault]
        return any(
            value is None
            and not self._known.values(self._tools[call.tool], key)
            and _untried(self._sources(self._tools[call.tool], key), asked)
            for call in self._calls
            if call.fault
            for key, value in call.arguments.items()
        )

    def _sources(self, tool: Tool, argument: str) -> list[str]:
        kind = self._known.kind(tool, argument)
        return self._known.sources(kind) if kind else []

    def _may_finish(self) -> bool:
        if self._must_look():
            return False
        failed = [result.is_error or found_nothing(result) for result in self._results[-2:]]
        return failed[-1:] != [True] or failed == [True, True]


def found_nothing(result: Result) -> bool:
    """Tell whether a result is an empty list, or an object around one."""
    data = result.data
    lists = (
        [value for value in data.values() if isinstance(value, list)]
        if isinstance(data, dict)
        else [data]
    )
    return not result.is_error and bool(lists) and all(value == [] for value in lists)


def _untried(sources: Sequence[str], asked: Sequence[str]) -> bool:
    return bool(sources) and sum(tool in sources for tool in asked) < _LOOKS


def _branch(name: str, arguments: Schema | None = None) -> JsonObject:
    properties: JsonObject = {"name": {"const": name}} | (
        {} if arguments is None else {"arguments": arguments}
    )
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def offered(tool: Tool) -> JsonObject:
    """Give a tool's schema without the nulls that mean no more than leaving an argument out: a small model writes them everywhere."""
    bodies = {
        binding.argument[0]
        for binding in tool.bindings
        if binding.location == "body" and binding.argument
    }
    clears = bodies if tool.operation.method in ("PATCH", "PUT") else set()
    properties = {
        name: schema if name in clears else _not_null(schema)
        for name, schema in tool.schema.get("properties", {}).items()
    }
    return {**tool.schema, "properties": properties}


def _not_null(schema: Schema) -> Schema:
    if not isinstance(schema, dict):
        return schema
    if (
        isinstance(schema.get("type"), list)
        and "null" in schema["type"]
        and len(schema["type"]) > 1
    ):
        return {**schema, "type": [kind for kind in schema["type"] if kind != "null"]}
    if "anyOf" in schema and {"type": "null"} in schema["anyOf"] and len(schema["anyOf"]) > 1:
        return {
            **schema,
            "anyOf": [branch for branch in schema["anyOf"] if branch != {"type": "null"}],
        }
    return schema
