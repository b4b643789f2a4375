"""The Chat Completions API: a record becomes messages, and a completion becomes a turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

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
from openapi2tools.formats import openai_chat
from openapi2tools.formats.reading import only_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from openapi2tools.model import Call, Json, JsonObject, Tool

NAME: Final = "openai-chat"
# Vendors that send these want them back with the next request.
_ECHOED_KEYS: Final = ("reasoning_content", "reasoning_details")
# --- requests ------------------------------------------------------------------------------------


def _write_request(
    record: Sequence[Entry], instructions: str, tools: Sequence[JsonObject]
) -> JsonObject:
    """Return the part of a request that depends on the record."""
    request: JsonObject = {"messages": _write_messages(record, instructions)}
    if tools:
        request["tools"] = list(tools)
    return request


def _write_plain_request(messages: Sequence[JsonObject], schema: JsonObject | None) -> JsonObject:
    """Return a request for a text, or for JSON that fits a schema."""
    request: JsonObject = {"messages": list(messages)}
    if schema is not None:
        request["response_format"] = {
            "type": "json_schema",
            "json_schema": {"name": "step", "strict": True, "schema": schema},
        }
    return request


def _write_messages(record: Iterable[Entry], instructions: str) -> list[JsonObject]:
    """Return a record as messages.

    A turn that came from this API goes back in the vendor's own words.
    """
    messages: list[JsonObject] = []
    if instructions:
        messages.append({"role": "system", "content": instructions})
    for exchange in exchanges(record):
        if isinstance(exchange, Question):
            messages.append(openai_chat.write_question(exchange.text, exchange.parts))
            continue
        turn, results = exchange
        messages += turn.items if turn.wire == NAME else [_write_turn(turn)]
        messages += [openai_chat.write_result(result) for result in results]
        messages += openai_chat.write_files(results)
    return messages


def _write_turn(turn: Turn) -> JsonObject:
    message: JsonObject = {"role": "assistant", "content": turn.text or None}
    if turn.calls:
        message["tool_calls"] = [_write_call(call) for call in turn.calls]
    return message


def _write_call(call: Call) -> JsonObject:
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": legal_name(call.tool), "arguments": arguments_text(call)},
    }


# --- answers -------------------------------------------------------------------------------------


def _read_turn(completion: JsonObject, tools: Mapping[str, Tool], *, strict: bool) -> Turn:
    """Read a whole completion; AgentError when the model failed, or it is no completion at all."""
    error = completion.get("error")
    if isinstance(error, dict):
        raise model_failed(str(error.get("code") or ""), str(error.get("message") or ""))
    choices = only_objects(completion.get("choices"))
    if not choices or not isinstance(choices[0].get("message"), dict):
        raise AgentError(
            "The model's server sent no message: is base_url that of an OpenAI-compatible API (it "
            "often ends in /v1)?"
        )
    message = _as_input(choices[0]["message"])
    text = text_of(message.get("content")) or text_of(message.get("refusal"))
    finish_reason = choices[0].get("finish_reason")
    if finish_reason == "content_filter":
        raise AgentError("The model's vendor filtered the answer: ask in other words.")
    is_cut = finish_reason == "length"
    calls = tuple(openai_chat.read_calls(message, tools, strict=strict))
    if is_cut and calls:
        calls = with_cut_call(calls, message["tool_calls"][-1]["function"].get("arguments"))
    items = (_with_legal_calls(message, calls),)
    return Turn(text, calls, items, NAME, _read_usage(completion.get("usage")), is_cut)


def _as_input(message: JsonObject) -> JsonObject:
    """Return what a request may hold of an answered message, every call with a unique id."""
    calls = only_objects(message.get("tool_calls"))
    no_content = None if calls else ""
    kept: JsonObject = {"role": "assistant", "content": message.get("content") or no_content}
    for key in ("refusal", *_ECHOED_KEYS):
        if message.get(key):
            kept[key] = message[key]
    if calls:
        kept["tool_calls"] = [{**call, "type": "function"} for call in with_unique_ids(calls, "id")]
    return kept


def _with_legal_calls(message: JsonObject, calls: Iterable[Call]) -> JsonObject:
    """Return a message whose calls a request may hold."""
    call_by_id = {call.id: call for call in calls}
    legal_calls = [
        {**item, "function": as_legal(item["function"], call_by_id[item["id"]])}
        for item in message.get("tool_calls", ())
        if item["id"] in call_by_id
    ]
    others = {key: value for key, value in message.items() if key != "tool_calls"}
    if legal_calls:
        return {**others, "tool_calls": legal_calls}
    return {**others, "content": message["content"] or ""}


def _read_usage(usage: Json) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    details = usage.get("prompt_tokens_details") or {}
    return Usage(
        read=usage.get("prompt_tokens") or 0,
        written=usage.get("completion_tokens") or 0,
        cached=details.get("cached_tokens") or 0,
    )


# --- streams -------------------------------------------------------------------------------------


class ChatAssembler:
    """Puts the chunks of a stream together to a completion."""

    def __init__(self) -> None:
        self._message: JsonObject = {}
        self._calls: list[JsonObject] = []
        self._call_at_index: dict[int, JsonObject] = {}
        self._finish_reason: str | None = None
        self._usage: Json = None
        self._is_empty = True

    def add(self, chunk: JsonObject) -> list[str | ArgumentsDelta]:
        """Take a chunk; return the text in it, and the pieces of arguments."""
        self._is_empty = False
        self._usage = chunk.get("usage") or self._usage
        choices = only_objects(chunk.get("choices"))
        return self._add_choice(choices[0]) if choices else []

    def assemble(self) -> JsonObject:
        """Return the completion; ModelUnavailable when the stream broke off, or held nothing."""
        calls_are_lost = self._finish_reason == "tool_calls" and not self._calls
        if self._is_empty or calls_are_lost:
            raise NotStreamed("The model's server sent no answer in its stream.")
        if self._finish_reason is None and (self._message or self._calls):
            raise ModelUnavailable(
                "The model's server ended the stream before the answer was complete: try again."
            )
        message = {"role": "assistant", **self._message}
        if self._calls:
            message["tool_calls"] = self._calls
        choices = []
        if self._finish_reason:
            choices.append({"message": message, "finish_reason": self._finish_reason})
        return {"choices": choices, "usage": self._usage}

    def _add_choice(self, choice: JsonObject) -> list[str | ArgumentsDelta]:
        delta = choice.get("delta") or {}
        content = text_of(delta.get("content"))
        refusal = text_of(delta.get("refusal"))
        self._append("content", content)
        self._append("refusal", refusal)
        for key in _ECHOED_KEYS:
            self._append(key, delta.get(key))
        text = content or refusal
        shown: list[str | ArgumentsDelta] = [text] if text else []
        shown += [self._add_call(call) for call in only_objects(delta.get("tool_calls"))]
        self._finish_reason = choice.get("finish_reason") or self._finish_reason
        return shown

    def _append(self, key: str, piece: Json) -> None:
        """Append to a member of the message: a text, or a list (`reasoning_details`)."""
        if not piece:
            return
        if key in self._message:
            self._message[key] = self._message[key] + piece
        else:
            self._message[key] = piece

    def _add_call(self, delta: JsonObject) -> ArgumentsDelta:
        index = delta.get("index") or 0
        function = delta.get("function") or {}
        call = self._call_at_index.get(index)
        if call is None or _begins_another_call(delta, function, call):
            call = {"type": "function", "function": {"name": "", "arguments": ""}}
            self._call_at_index[index] = call
            self._calls.append(call)
        # Some servers repeat the name with every piece.
        if function.get("name") != call["function"]["name"]:
            call["function"]["name"] += function.get("name") or ""
        piece = _piece_of_arguments(function.get("arguments"))
        call["function"]["arguments"] += piece
        for key, value in delta.items():
            if key not in ("index", "function", "type") and value:
                call[key] = value
        return ArgumentsDelta(
            next(number for number, each in enumerate(self._calls) if each is call),
            call["function"]["name"],
            piece,
        )


def _begins_another_call(delta: JsonObject, function: JsonObject, call: JsonObject) -> bool:
    """Return whether a piece belongs to a call after `call`, which has the same index.

    Some servers give every call the index 0, and no ids: then a name after complete arguments
    begins another call.
    """
    if delta.get("id") and call.get("id"):
        return bool(delta["id"] != call["id"])
    return bool(function.get("name")) and _is_json(call["function"]["arguments"])


def _piece_of_arguments(value: Json) -> str:
    """Return a piece of JSON text, also where a server sends the object itself."""
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    return str(value or "")


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


CHAT: Final = Wire(
    name=NAME,
    stream_options={"stream": True, "stream_options": {"include_usage": True}},
    make_assembler=ChatAssembler,
    write_request=_write_request,
    write_plain_request=_write_plain_request,
    read_turn=_read_turn,
)
