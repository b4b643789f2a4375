"""Chat Completions on the wire: a record in, the messages of a request out; what comes back in, whole or in pieces, a `Turn` out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools.agent.openai.wire import Wire, text_of, with_own_ids
from openapi2tools.agent.entries import Entry, Question, Turn, Usage, exchanges
from openapi2tools.errors import AgentError
from openapi2tools.formats import openai_chat
from openapi2tools.formats.reading import only_objects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from openapi2tools.model import Call, Json, JsonObject, Tool

NAME: Final = "openai-chat"
# vendors that send these want them back
_ECHOED: Final = ("reasoning_content", "reasoning_details")
_CUT: Final = {
    "length": "The model was cut off at its token limit: raise max_tokens (an option of the model), or ask for less at once.",
    "content_filter": "The model's vendor filtered the answer: ask in other words.",
}


def request(record: Sequence[Entry], instructions: str, tools: Sequence[JsonObject]) -> JsonObject:
    """Write the part of a request that depends on the record."""
    return {"messages": messages(record, instructions)} | ({"tools": list(tools)} if tools else {})


def plain_request(said: Sequence[JsonObject], schema: JsonObject | None) -> JsonObject:
    """Write a request for a text, or for JSON that fits a schema; `said` are messages of a role and a text."""
    form = {
        "type": "json_schema",
        "json_schema": {"name": "step", "strict": True, "schema": schema},
    }
    return {"messages": list(said)} | ({} if schema is None else {"response_format": form})


def messages(record: Iterable[Entry], instructions: str) -> list[JsonObject]:
    """Write a record as messages; a turn goes back in the vendor's own words when it came from there."""
    written: list[JsonObject] = (
        [{"role": "system", "content": instructions}] if instructions else []
    )
    for exchange in exchanges(record):
        if isinstance(exchange, Question):
            written.append({"role": "user", "content": exchange.text})
            continue
        turn, results = exchange
        written += turn.items if turn.wire == NAME else [_message(turn)]
        written += [openai_chat.write_result(result) for result in results]
    return written


def _message(turn: Turn) -> JsonObject:
    message: JsonObject = {"role": "assistant", "content": turn.text or None}
    if turn.calls:
        message["tool_calls"] = [_tool_call(call) for call in turn.calls]
    return message


def _tool_call(call: Call) -> JsonObject:
    arguments = orjson.dumps(dict(call.arguments)).decode()
    return {
        "id": call.id,
        "type": "function",
        "function": {"name": call.tool, "arguments": arguments},
    }


def read_turn(completion: JsonObject, tools: Mapping[str, Tool], *, strict: bool) -> Turn:
    """Read a whole completion; AgentError when it is cut off, or no completion at all."""
    choices = only_objects(completion.get("choices"))
    if not choices or not isinstance(choices[0].get("message"), dict):
        raise AgentError(
            "The model's server sent no message: is base_url that of an OpenAI-compatible API (it often ends in /v1)?"
        )
    message = _as_input(choices[0]["message"])
    text = text_of(message.get("content")) or text_of(message.get("refusal"))
    reason = choices[0].get("finish_reason")
    if reason in _CUT:
        raise AgentError(_CUT[reason])
    calls = tuple(openai_chat.read_calls(message, tools, strict=strict))
    return Turn(text, calls, (message,), NAME, _usage(completion.get("usage")))


def _as_input(message: JsonObject) -> JsonObject:
    """Keep of an answered message what a request may hold, every call with an id of its own."""
    calls = only_objects(message.get("tool_calls"))
    kept: JsonObject = {
        "role": "assistant",
        "content": message.get("content") or (None if calls else ""),
    }
    kept |= {key: message[key] for key in ("refusal", *_ECHOED) if message.get(key)}
    if calls:
        kept["tool_calls"] = [{**call, "type": "function"} for call in with_own_ids(calls, "id")]
    return kept


def _usage(usage: Json) -> Usage:
    if not isinstance(usage, dict):
        return Usage()
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
    return Usage(usage.get("prompt_tokens") or 0, usage.get("completion_tokens") or 0, cached)


class Pieces:
    """The chunks of a stream, put together to the completion that they are pieces of."""

    def __init__(self) -> None:
        self._message: JsonObject = {}
        self._calls: list[JsonObject] = []
        self._at: dict[int, JsonObject] = {}
        self._finish: str | None = None
        self._usage: Json = None

    def add(self, chunk: JsonObject) -> str:
        """Take a chunk; give the text in it."""
        self._usage = chunk.get("usage") or self._usage
        text = ""
        for choice in only_objects(chunk.get("choices"))[:1]:
            delta = choice.get("delta") or {}
            said = {key: text_of(delta.get(key)) for key in ("content", "refusal")}
            text = said["content"] or said["refusal"]
            for key, more in (*said.items(), *((key, delta.get(key)) for key in _ECHOED)):
                if more:
                    self._message[key] = self._message[key] + more if key in self._message else more
            for call in only_objects(delta.get("tool_calls")):
                self._add_call(call)
            self._finish = choice.get("finish_reason") or self._finish
        return text

    def _add_call(self, delta: JsonObject) -> None:
        index, function = delta.get("index") or 0, delta.get("function") or {}
        call = self._at.get(index)
        if call is None or _begins_another(delta, function, call):
            call = self._at[index] = {"type": "function", "function": {"name": "", "arguments": ""}}
            self._calls.append(call)
        if function.get("name") != call["function"]["name"]:  # some servers say it with every piece
            call["function"]["name"] += function.get("name") or ""
        call["function"]["arguments"] += function.get("arguments") or ""
        call |= {
            key: value
            for key, value in delta.items()
            if key not in ("index", "function", "type") and value
        }

    def whole(self) -> JsonObject:
        """Give what a request without streaming would have given; AgentError when the stream broke off."""
        if self._finish is None and (self._message or self._calls):
            raise AgentError(
                "The model's server ended the stream before the answer was complete: try again."
            )
        message = {"role": "assistant", **self._message}
        if self._calls:
            message["tool_calls"] = self._calls
        choices = [{"message": message, "finish_reason": self._finish}] if self._finish else []
        return {"choices": choices, "usage": self._usage}


def _begins_another(delta: JsonObject, function: JsonObject, call: JsonObject) -> bool:
    """Tell whether a piece belongs to a call of its own, though some servers give every call the index 0, and no ids."""
    if delta.get("id") and call.get("id"):
        return bool(delta["id"] != call["id"])
    return bool(function.get("name")) and _is_json(call["function"]["arguments"])


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


CHAT: Final = Wire(
    NAME,
    {"stream": True, "stream_options": {"include_usage": True}},
    Pieces,
    request,
    plain_request,
    read_turn,
)
