"""The Responses API: a record becomes input items, and a response becomes a turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeAlias

from openapi2tools.agent.events import ArgumentsDelta
from openapi2tools.agent.openai.failures import model_failed
from openapi2tools.agent.openai.wire import (
    NotStreamed,
    Wire,
    arguments_text,
    as_legal,
    legal_name,
    text_of,
    with_cut_call,
    with_unique_ids,
)
from openapi2tools.agent.record.entries import Entry, Question, Turn, Usage, exchanges
from openapi2tools.errors import AgentError, ModelUnavailable
from openapi2tools.formats import openai_responses
from openapi2tools.formats.reading import only_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from openapi2tools.model import Call, Json, JsonObject, Result, Tool

NAME: Final = "openai-responses"
WriteResult: TypeAlias = Callable[["Result"], "JsonObject"]


# --- requests ------------------------------------------------------------------------------------


def write_request(
    record: Sequence[Entry],
    instructions: str,
    tools: Sequence[JsonObject],
    write_result: WriteResult = openai_responses.write_result,
) -> JsonObject:
    """Return the part of a request that depends on the record.

    Nothing is stored at the vendor unless an option of the model says so. `write_result` writes
    the item that answers a call.
    """
    request: JsonObject = {"input": _write_items(record, write_result), "store": False}
    if instructions:
        request["instructions"] = instructions
    if tools:
        request["tools"] = list(tools)
    return request


def _write_plain_request(messages: Sequence[JsonObject], schema: JsonObject | None) -> JsonObject:
    """Return a request for a text, or for JSON that fits a schema."""
    request: JsonObject = {"input": list(messages), "store": False}
    if schema is not None:
        request["text"] = {
            "format": {"type": "json_schema", "name": "step", "strict": True, "schema": schema}
        }
    return request


def _write_items(record: Iterable[Entry], write_result: WriteResult) -> list[JsonObject]:
    """Return a record as input items.

    A turn that came from this API goes back as it came, reasoning items included.
    """
    items: list[JsonObject] = []
    for exchange in exchanges(record):
        if isinstance(exchange, Question):
            items.append(openai_responses.write_question(exchange.text, exchange.parts))
            continue
        turn, results = exchange
        items += turn.items if turn.wire == NAME else _write_turn(turn)
        items += [write_result(result) for result in results]
    return items


def _write_turn(turn: Turn) -> list[JsonObject]:
    items: list[JsonObject] = []
    if turn.text:
        items.append({"role": "assistant", "content": turn.text})
    items += [_write_call(call) for call in turn.calls]
    return items


def _write_call(call: Call) -> JsonObject:
    return {
        "type": "function_call",
        "call_id": call.id,
        "name": legal_name(call.tool),
        "arguments": arguments_text(call),
    }


# --- answers -------------------------------------------------------------------------------------


def read_turn(response: JsonObject, tools: Mapping[str, Tool], *, strict: bool) -> Turn:
    """Read a whole response; AgentError when it failed, or is no response at all."""
    if not isinstance(response.get("output"), list):
        raise AgentError(
            "The model's server sent no response: does it speak the Responses API? If not, choose "
            "api='chat'."
        )
    is_cut = _is_cut(response)
    items = _as_input(only_objects(response["output"]))
    calls = tuple(openai_responses.read_calls(items, tools, strict=strict))
    if is_cut and items and _is_call(items[-1]):
        calls = with_cut_call(calls, items[-1].get("arguments"))
    call_by_id = {call.id: call for call in calls}
    legal_items = tuple(
        as_legal(item, call_by_id[item["call_id"]]) if _is_call(item) else item for item in items
    )
    text = "".join(text_of(item.get("content")) for item in items if item.get("type") == "message")
    return Turn(text, calls, legal_items, NAME, _read_usage(response.get("usage")), is_cut)


def _is_cut(response: JsonObject) -> bool:
    """Return whether a response was cut off at a token limit; AgentError where it failed."""
    match response.get("status"):
        case None | "completed":
            return False
        case "failed":
            raise _model_failed(response.get("error") or {})
        case "incomplete":
            details = response.get("incomplete_details") or {}
            reason = details.get("reason") or "no reason given"
            if "token" in reason:
                return True
            raise AgentError(f"The model did not finish its answer: {reason}.")
        case status:
            raise ModelUnavailable(
                f"The model did not finish its answer: the response is {status}. Try again."
            )


def _model_failed(error: JsonObject) -> AgentError:
    return model_failed(str(error.get("code") or ""), str(error.get("message") or ""))


def _as_input(output: list[JsonObject]) -> list[JsonObject]:
    """Return what a request may hold of answered items, every call with a unique id.

    Members that are null are left out, because not every field of an input item may be null.
    """
    items = [{key: value for key, value in item.items() if value is not None} for item in output]
    calls = [item for item in items if _is_call(item)]
    identified_calls = iter(with_unique_ids(calls, "call_id"))
    return [next(identified_calls) if _is_call(item) else item for item in items]


def _is_call(item: JsonObject) -> bool:
    return bool(item.get("type") == "function_call")


def _read_usage(usage: Json) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    details = usage.get("input_tokens_details") or {}
    return Usage(
        read=usage.get("input_tokens") or 0,
        written=usage.get("output_tokens") or 0,
        cached=details.get("cached_tokens") or 0,
    )


# --- streams -------------------------------------------------------------------------------------


class ResponseAssembler:
    """Puts the events of a stream together to a response.

    Items are taken from `response.output_item.done`: earlier events may hold an encrypted reasoning
    that is not complete yet.
    """

    def __init__(self) -> None:
        self._item_at_index: dict[int, JsonObject] = {}
        self._name_at_index: dict[int, str] = {}  # of the calls, in their order
        self._response: JsonObject = {}
        self._is_empty = True

    def add(self, event: JsonObject) -> list[str | ArgumentsDelta]:
        """Take an event; return the text or the arguments in it. AgentError for an error event."""
        self._is_empty = False
        delta = str(event.get("delta") or "")
        match event.get("type"):
            case "response.output_text.delta" | "response.refusal.delta" if delta:
                return [delta]
            case "response.output_item.added" if _is_call(event.get("item") or {}):
                self._name_at_index[event.get("output_index") or 0] = event["item"].get("name", "")
            case "response.function_call_arguments.delta":
                return self._arguments_delta(event.get("output_index") or 0, delta)
            case "response.output_item.done":
                self._item_at_index[event.get("output_index") or 0] = event["item"]
            case "response.completed" | "response.failed" | "response.incomplete":
                self._response = event["response"]
            case "error":
                raise _model_failed(event)
        return []

    def _arguments_delta(self, output_index: int, text: str) -> list[str | ArgumentsDelta]:
        if output_index not in self._name_at_index:
            return []
        number = list(self._name_at_index).index(output_index)
        return [ArgumentsDelta(number, self._name_at_index[output_index], text)]

    def assemble(self) -> JsonObject:
        """Return the response; ModelUnavailable when the stream broke off, or held nothing."""
        if self._is_empty:
            raise NotStreamed("The model's server sent no answer in its stream.")
        if not self._response:
            raise ModelUnavailable(
                "The model's server ended the stream before the response was complete: try again."
            )
        items = [self._item_at_index[index] for index in sorted(self._item_at_index)]
        return {**self._response, "output": items or self._response.get("output")}


RESPONSES: Final = Wire(
    name=NAME,
    stream_options={"stream": True},
    make_assembler=ResponseAssembler,
    write_request=write_request,
    write_plain_request=_write_plain_request,
    read_turn=read_turn,
)
