"""Tool calls from a model that makes none of its own: the server holds its words to a JSON schema; a record in, a turn out."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, Protocol

import orjson

from openapi2tools.agent.constrained.known_identifiers import is_text
from openapi2tools.agent.constrained.next_step import Choice, finish, found_nothing, offered
from openapi2tools.agent.constrained.tool_signature import sketch
from openapi2tools.agent.entries import Question, Turn, Usage, exchanges
from openapi2tools.errors import AgentError
from openapi2tools.formats.writing import full_text, truncate_with_note
from openapi2tools.model import Call, Json, Result

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from openapi2tools.agent.entries import Entry
    from openapi2tools.model import JsonObject, Toolset

NAME: Final = "constrained"
_MAX_RESULT: Final = 3000  # characters: small models have short memories
_HOW: Final = (
    'Answer each time with one JSON object: {"name": tool, "arguments": {…}} to call a tool, or {"name": "FINISH"} when all that was '
    "asked is done. Give only arguments that are asked for or that a result gave you. Tools (? marks what may be left out):"
)


class Complete(Protocol):
    """A connected model that only writes."""

    def __call__(
        self, said: Sequence[JsonObject], schema: JsonObject | None, /
    ) -> AsyncGenerator[str | Turn, None]:
        """Ask for a text, or for JSON that fits a schema; `said` are messages of a role and a text."""
        ...


class Constrained:
    """Asks for one step at a time, and for the answer in a request of its own when the model says that it is done."""

    def __init__(self, tools: Toolset, instructions: str, complete: Complete) -> None:
        listed = "\n".join(f"- {sketch(tool)}" for tool in tools.values())
        self._finish = finish(tools)
        self._system = f"{instructions}\n\n{_HOW.replace('FINISH', self._finish)}\n{listed}"
        self._tools = tools
        self._complete = complete

    async def ask(self, record: Sequence[Entry], /) -> AsyncGenerator[str | Turn, None]:
        """Ask once: a turn with one call, or with the answer."""
        said = [{"role": "system", "content": self._system}, *_said(record, self._tools)]
        choice = Choice(self._tools, record)
        name, arguments, usage = await self._step(said, choice.schema())
        if name != self._finish and not choice.made(name, arguments):
            call = Call(
                name, arguments, id=f"call_{len(record)}", fault=choice.fault(name, arguments)
            )
            yield Turn(calls=(call,), wire=NAME, usage=usage)
            return
        said += [
            {"role": "assistant", "content": _json({"name": self._finish})},
            {"role": "user", "content": _now_answer(choice)},
        ]
        async with aclosing(self._complete(said, None)) as pieces:
            async for piece in pieces:
                yield (
                    Turn(piece.text, wire=NAME, usage=usage + piece.usage)
                    if isinstance(piece, Turn)
                    else piece
                )

    async def _step(
        self, said: Sequence[JsonObject], schema: JsonObject
    ) -> tuple[str, JsonObject, Usage]:
        async with aclosing(self._complete(said, schema)) as pieces:
            turn = [piece async for piece in pieces if isinstance(piece, Turn)][-1]
        chosen = _object(turn.text)
        name, arguments = chosen.get("name"), chosen.get("arguments") or {}
        if isinstance(arguments, str):  # an object as text
            arguments = _object(arguments)
        if not isinstance(name, str) or not isinstance(arguments, dict):
            raise AgentError(
                f"The model's server does not hold it to a JSON schema (it wrote {turn.text[:60]!r}): use native tool calls, or a server "
                "that knows response_format json_schema."
            )
        return name, arguments, turn.usage


def _now_answer(choice: Choice) -> str:
    """Ask for the answer, with the one fact that a small model gets wrong."""
    changed = choice.changed()
    fact = f"Successful changes: {', '.join(changed) or 'none'}."
    return f"{fact} Now answer the question in one or two sentences, only from the results above."


def _said(record: Sequence[Entry], tools: Toolset) -> list[JsonObject]:
    said: list[JsonObject] = []
    for exchange in exchanges(record):
        if isinstance(exchange, Question):
            said.append({"role": "user", "content": exchange.text})
            continue
        turn, results = exchange
        if not turn.calls:
            said.append({"role": "assistant", "content": turn.text})
        for call, result in zip(turn.calls, results, strict=False):
            said.append(
                {
                    "role": "assistant",
                    "content": _json({"name": call.tool, "arguments": dict(call.arguments)}),
                }
            )
            said.append({"role": "user", "content": _heard(call, result, tools)})
    return said


def _heard(call: Call, result: Result, tools: Toolset) -> str:
    heard = f"Result of {result.tool}: {truncate_with_note(full_text(result), _MAX_RESULT)}"
    if not found_nothing(result) or call.tool not in tools:
        return heard
    properties = offered(tools[call.tool])["properties"]
    others = [
        name
        for name, schema in properties.items()
        if name not in call.arguments and is_text(schema)
    ]
    others += ["fewer arguments"] if len(call.arguments) > 1 else []
    advice = f" Try again with {' or '.join(others)}." if others else ""
    return f"{heard} (Nothing was found.{advice})"


def _object(text: str) -> JsonObject:
    """Read a JSON object; an empty one stands for everything else."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)  # with the white space that models write
