"""Tool calls from a model that makes none of its own: a JSON Schema holds it to one step at a time.

A step is `{"name": tool, "arguments": {…}}`, or the choice to finish. After that choice the answer
is asked for in a request of its own, without a schema.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

import orjson

from openapi2tools.agent.constrained.next_step import NextStep, finish_name
from openapi2tools.agent.constrained.result_text import result_text, spaced_json
from openapi2tools.agent.constrained.tool_signature import signature_of
from openapi2tools.agent.events import ModelNote
from openapi2tools.agent.record.entries import Question, Turn, Usage, exchanges, limit_reached
from openapi2tools.errors import AgentError
from openapi2tools.formats.writing import truncate_with_note
from openapi2tools.model import Call

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from openapi2tools.agent.model import Piece
    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.model import JsonObject, Toolset

NAME: Final = "constrained"
_MAX_QUESTION_CHARS: Final = 600
_MAX_QUOTED_CHARS: Final = 60
_HOW_TO_STEP: Final = (
    'Answer each time with one JSON object: {"name": tool, "arguments": {…}} to call a tool, or '
    '{"name": "FINISH"} when all that was '
    "asked is done. Give only arguments that are asked for or that a result gave you. Tools (? "
    "marks what may be left out):"
)


class Complete(Protocol):
    """A model that writes texts and makes no tool calls, over an open connection."""

    def __call__(
        self, messages: Sequence[JsonObject], schema: JsonObject | None, /
    ) -> AsyncGenerator[Piece, None]:
        """Yield the pieces of a text, or of JSON that fits the schema, and then the whole turn.

        Each message has a role and a text.
        """
        ...


class _Step(NamedTuple):
    """What the model chose; `name` is a tool's name or the choice to finish."""

    name: str
    arguments: JsonObject
    usage: Usage


class ConstrainedModel:
    """Asks for one step at a time, and for the answer when the model chooses to finish."""

    def __init__(self, tools: Toolset, instructions: str, complete: Complete) -> None:
        self._finish_name = finish_name(tools)
        how_to_step = _HOW_TO_STEP.replace("FINISH", self._finish_name)
        signatures = "\n".join(f"- {signature_of(tool)}" for tool in tools.values())
        self._system_message = f"{instructions}\n\n{how_to_step}\n{signatures}"
        self._tools = tools
        self._complete = complete

    async def ask(self, record: Sequence[Entry], /) -> AsyncGenerator[Piece, None]:
        """Ask once: yield a turn with one call, or the answer and its turn."""
        messages = [
            {"role": "system", "content": self._system_message},
            *_write_messages(record, self._tools),
        ]
        next_step = NextStep(self._tools, record)
        step = _Step(self._finish_name, {}, Usage())
        if not limit_reached(record):
            async with aclosing(self._steps(messages, next_step)) as chosen:
                async for piece in chosen:
                    if isinstance(piece, _Step):
                        step = piece
                        continue
                    yield piece
                    if isinstance(piece, Turn):
                        return
        if not next_step.is_done(step.name, step.arguments):
            call = Call(
                step.name,
                step.arguments,
                id=f"call_{len(record)}",
                fault=next_step.fault(step.name, step.arguments),
            )
            yield Turn(calls=(call,), wire=NAME, usage=step.usage)
            return
        messages += [
            {"role": "assistant", "content": spaced_json({"name": self._finish_name})},
            {"role": "user", "content": _request_for_answer(next_step, record)},
        ]
        async with aclosing(self._answer(messages, step.usage)) as pieces:
            async for piece in pieces:
                yield piece

    async def _steps(
        self, messages: Sequence[JsonObject], next_step: NextStep
    ) -> AsyncGenerator[Piece | _Step, None]:
        """Yield the step that the model chooses, and what it chooses instead of a repeated call.

        Where its words are cut off, a turn that says so comes instead.
        """
        usage = Usage()
        for schema in (next_step.schema(), next_step.correction_schema()):
            if schema is None:
                return
            turn = Turn()
            async with aclosing(self._complete(messages, schema)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Turn):
                        turn = piece
                    elif isinstance(piece, ModelNote):
                        yield piece
            usage += turn.usage
            if turn.cut and not _read_object(turn.text):
                yield Turn(wire=NAME, usage=usage, cut=True)
                return
            step = _read_step(turn, usage)
            yield step
            if not next_step.already_called(step.name, step.arguments):
                return

    async def _answer(
        self, messages: Sequence[JsonObject], usage: Usage
    ) -> AsyncGenerator[Piece, None]:
        """Ask for the answer; its turn has the tokens of the choice to finish, too."""
        async with aclosing(self._complete(messages, None)) as pieces:
            async for piece in pieces:
                if isinstance(piece, Turn):
                    yield Turn(piece.text, wire=NAME, usage=usage + piece.usage, cut=piece.cut)
                else:
                    yield piece


def _read_step(turn: Turn, usage: Usage) -> _Step:
    """Return what the model chose, with the tokens that it took."""
    step = _read_object(turn.text)
    name = step.get("name")
    arguments = step.get("arguments") or {}
    if isinstance(arguments, str):  # some models write the object as text
        arguments = _read_object(arguments)
    if not isinstance(name, str) or not isinstance(arguments, dict):
        raise AgentError(
            "The model's server does not hold it to a JSON schema (it wrote "
            f"{turn.text[:_MAX_QUOTED_CHARS]!r}): use native tool calls, or a server "
            "that knows response_format json_schema."
        )
    return _Step(name, arguments, usage)


def _request_for_answer(next_step: NextStep, record: Sequence[Entry]) -> str:
    """Return the request for the answer, with what a small model forgets.

    That is what was changed, what got no answer (which is not that there is nothing), and the
    question: each part of it, and its language.
    """
    changes = ", ".join(next_step.successful_changes()) or "none"
    unanswered = ", ".join(next_step.unanswered())
    lost = f"\nBegin with: {unanswered} did not answer." if unanswered else ""
    questions = [entry.text for entry in record if isinstance(entry, Question)]
    return (
        f"Successful changes: {changes}. Now answer each part of the question in a few words, in "
        "the language of the question, only from the results above. The question again: "
        f"{truncate_with_note(questions[-1], _MAX_QUESTION_CHARS) if questions else ''}{lost}"
    )


def _write_messages(record: Sequence[Entry], tools: Toolset) -> list[JsonObject]:
    """Return a record as messages of a role and a text."""
    messages: list[JsonObject] = []
    for exchange in exchanges(record):
        if isinstance(exchange, Question):
            messages.append({"role": "user", "content": exchange.text})
            continue
        turn, results = exchange
        if not turn.calls:
            messages.append({"role": "assistant", "content": turn.text})
        for call, result in zip(turn.calls, results, strict=False):
            step = {"name": call.tool, "arguments": dict(call.arguments)}
            messages.append({"role": "assistant", "content": spaced_json(step)})
            messages.append({"role": "user", "content": result_text(call, result, tools)})
    return messages


def _read_object(text: str) -> JsonObject:
    """Return the JSON object in a text, or an empty one when there is none."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
