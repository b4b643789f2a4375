"""Responses on the wire: a record in, the input of a request out; a response in, whole or as events, a `Turn` out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools.agent.openai.wire import Wire, text_of, with_own_ids
from openapi2tools.agent.entries import Entry, Question, Turn, Usage, exchanges
from openapi2tools.errors import AgentError
from openapi2tools.formats import openai_responses
from openapi2tools.formats.reading import only_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from openapi2tools.model import Json, JsonObject, Tool

NAME: Final = "openai-responses"


def request(record: Sequence[Entry], instructions: str, tools: Sequence[JsonObject]) -> JsonObject:
    """Write the part of a request that depends on the record; nothing is stored at the vendor unless an option says so."""
    written = {"input": items(record), "store": False}
    return (
        written
        | ({"instructions": instructions} if instructions else {})
        | ({"tools": list(tools)} if tools else {})
    )


def plain_request(said: Sequence[JsonObject], schema: JsonObject | None) -> JsonObject:
    """Write a request for a text, or for JSON that fits a schema; `said` are messages of a role and a text."""
    form = {"format": {"type": "json_schema", "name": "step", "strict": True, "schema": schema}}
    return {"input": list(said), "store": False} | ({} if schema is None else {"text": form})


def items(record: Iterable[Entry]) -> list[JsonObject]:
    """Write a record as input items; a turn goes back as it came, reasoning items included."""
    written: list[JsonObject] = []
    for exchange in exchanges(record):
        if isinstance(exchange, Question):
            written.append({"role": "user", "content": exchange.text})
            continue
        turn, results = exchange
        written += turn.items if turn.wire == NAME else _items(turn)
        written += [openai_responses.write_result(result) for result in results]
    return written


def _items(turn: Turn) -> list[JsonObject]:
    said: list[JsonObject] = [{"role": "assistant", "content": turn.text}] if turn.text else []
    return said + [
        {
            "type": "function_call",
            "call_id": call.id,
            "name": call.tool,
            "arguments": orjson.dumps(dict(call.arguments)).decode(),
        }
        for call in turn.calls
    ]


def read_turn(response: JsonObject, tools: Mapping[str, Tool], *, strict: bool) -> Turn:
    """Read a whole response; AgentError when it failed, is cut off, or is no response at all."""
    if not isinstance(response.get("output"), list):
        raise AgentError(
            "The model's server sent no response: does it speak the Responses API? If not, choose api='chat'."
        )
    _check(response)
    output = _as_input(only_objects(response["output"]))
    calls = tuple(openai_responses.read_calls(output, tools, strict=strict))
    text = "".join(text_of(item.get("content")) for item in output if item.get("type") == "message")
    return Turn(text, calls, tuple(output), NAME, _usage(response.get("usage")))


def _check(response: JsonObject) -> None:
    status = response.get("status")
    if status == "failed":
        error = response.get("error") or {}
        raise AgentError(
            f"The model failed ({error.get('code') or 'no code'}): {error.get('message') or 'no reason given'}"
        )
    if status == "incomplete":
        reason = (response.get("incomplete_details") or {}).get("reason") or "no reason given"
        advice = (
            " Raise max_output_tokens (an option of the model), or ask for less at once."
            if "token" in reason
            else ""
        )
        raise AgentError(f"The model did not finish its answer: {reason}.{advice}")
    if status not in (None, "completed"):
        raise AgentError(
            f"The model did not finish its answer: the response is {status}. Try again."
        )


def _as_input(output: list[JsonObject]) -> list[JsonObject]:
    """Keep of answered items what a request may hold (null is not for every field of one), every call with an id of its own."""
    items = [{key: value for key, value in item.items() if value is not None} for item in output]
    calls = iter(
        with_own_ids([item for item in items if item.get("type") == "function_call"], "call_id")
    )
    return [next(calls) if item.get("type") == "function_call" else item for item in items]


def _usage(usage: Json) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    cached = (usage.get("input_tokens_details") or {}).get("cached_tokens") or 0
    return Usage(usage.get("input_tokens") or 0, usage.get("output_tokens") or 0, cached)


class Pieces:
    """The events of a stream, put together to the response that they tell of.

    Items come from `response.output_item.done`: earlier events may hold an encrypted reasoning that
    is not complete yet.
    """

    def __init__(self) -> None:
        self._items: dict[int, JsonObject] = {}
        self._response: JsonObject = {}

    def add(self, event: JsonObject) -> str:
        """Take an event; give the text in it. AgentError for an error event."""
        kind = event.get("type")
        if kind in ("response.output_text.delta", "response.refusal.delta"):
            return str(event.get("delta") or "")
        if kind == "response.output_item.done":
            self._items[event.get("output_index") or 0] = event["item"]
        elif kind in ("response.completed", "response.failed", "response.incomplete"):
            self._response = event["response"]
        elif kind == "error":
            raise AgentError(
                f"The model failed ({event.get('code') or 'no code'}): {event.get('message') or 'no reason given'}"
            )
        return ""

    def whole(self) -> JsonObject:
        """Give what a request without streaming would have given; AgentError when the stream broke off."""
        if not self._response:
            raise AgentError(
                "The model's server ended the stream before the response was complete: try again."
            )
        done = [self._items[index] for index in sorted(self._items)]
        return {**self._response, "output": done or self._response.get("output")}


RESPONSES: Final = Wire(NAME, {"stream": True}, Pieces, request, plain_request, read_turn)
