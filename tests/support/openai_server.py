"""A real HTTP server that speaks OpenAI's Chat Completions and Responses, streamed or not, and
answers from a script.

`with OpenAIServer(calls(("get_pet", {"pet_id": 1})), says("Rex")) as server:`. Every request must
fit the SDK's own types, no key more, and keep OpenAI's rules of order (`ordering`).
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Self

from tests.support.ordering import disorder
from tests.support.server import Answer, LoopbackServer, Received

JSON = {"Content-Type": "application/json"}
Line = Any  # a Turn of the script, or an Answer as it is


@dataclass(frozen=True)
class Scripted:
    """What the model says: a text, calls (name, arguments as an object or as text), items of
    reasoning before them."""

    text: str = ""
    calls: tuple[tuple[str, Any], ...] = ()
    reasoning: str = ""
    finish: str = ""
    searches: tuple[Any, ...] = ()  # arguments of tool_search_calls (Responses)

    def arguments(self) -> list[tuple[str, str]]:
        return [
            (name, given if isinstance(given, str) else json.dumps(given))
            for name, given in self.calls
        ]


def says(text: str, **more: Any) -> Scripted:
    return Scripted(text, **more)


def calls(*made: tuple[str, Any], **more: Any) -> Scripted:
    return Scripted(calls=made, **more)


def searches(*arguments: Any) -> Scripted:
    """What a model of the Responses API says that searches for tools."""
    return Scripted(searches=arguments)


def fails(status: int, message: str, code: str | None = None) -> Answer:
    return Answer(
        status,
        {
            "error": {
                "message": message,
                "type": "invalid_request_error",
                "param": None,
                "code": code,
            }
        },
        {"x-should-retry": "false"},
    )


@dataclass(frozen=True)
class Broken:
    """A line of which only the first half comes; `how` says what comes then: nothing (`ends`), an
    `error`, or what is no JSON (`garbage`)."""

    line: Scripted
    how: str
    code: str = "server_error"


def breaks(line: Scripted, how: str, code: str = "server_error") -> Broken:
    return Broken(line, how, code)


class OpenAIServer:
    """Answers with one line of the script after the other; `requests` holds the bodies that came,
    `keys` their Authorization headers."""

    def __init__(self, *script: Line, lenient: bool = False) -> None:
        self._script: Iterator[Line] = iter(script)
        self._lenient = lenient  # for what other vendors add
        self.count = 0
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.faults: list[str] = []
        self._server = LoopbackServer(self._answer)

    @property
    def url(self) -> str:
        return f"{self._server.url}/v1"

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._server.__exit__()
        assert kind or not self.faults, self.faults

    def _answer(self, request: Received) -> Answer:
        try:
            return self._next_answer(request)
        except Exception as error:  # which would look like a connection that broke off
            self.faults.append(repr(error))
            raise

    def _next_answer(self, request: Received) -> Answer:
        body = request.json()
        self.requests.append(body)
        self.keys.append(request.headers.get("authorization", ""))
        chat = request.path.endswith("/chat/completions")
        if not self._lenient and (fault := misfit(body, chat=chat) or disorder(body)):
            self.faults.append(fault)
            return fails(400, fault)
        if (refusal := self.refusal(body)) is not None:
            return refusal
        line = next(self._script, None)
        if line is None:
            self.faults.append("the script is over")
            return fails(400, "the script is over")
        if callable(line):  # what depends on the request
            line = line(body)
        if isinstance(line, Answer):
            return line
        self.count += 1
        return self.say(line, body, chat=chat)

    def refusal(self, body: dict[str, Any]) -> Answer | None:
        """What this server does not take; OpenAI's takes all that fits the SDK's types."""
        return None

    def say(self, line: Scripted | Broken, body: dict[str, Any], *, chat: bool) -> Answer:
        broken = line if isinstance(line, Broken) else None
        said = line.line if isinstance(line, Broken) else line
        whole = chat_completion(said, self.count) if chat else response(said, self.count)
        if not body.get("stream"):
            return broken_whole(whole, broken, chat=chat) if broken else Answer(200, whole)
        events = chat_chunks(whole) if chat else response_events(whole)
        if broken:
            events = broken_events([*events], broken, chat=chat)
        return Answer(200, headers={"Content-Type": "text/event-stream"}, chunks=[*events])


# --- answers that break ---


def broken_whole(whole: dict[str, Any], broken: Broken, *, chat: bool) -> Answer:
    """Give what comes of a whole answer that breaks."""
    error = {"code": broken.code, "message": "Something went wrong"}
    if broken.how == "ends":
        return Answer(200, json.dumps(whole)[:40], {"Content-Length": "9999", **JSON})
    if broken.how == "garbage":
        return Answer(502, "<html>Bad gateway</html>", {"Content-Type": "text/html"})
    if chat:
        return Answer(200, {"error": error})
    return Answer(200, {**whole, "status": "failed", "error": error, "output": []})


def broken_events(events: list[bytes], broken: Broken, *, chat: bool) -> Iterator[bytes]:
    """Give the first half of a stream, and how it breaks."""
    yield from events[: len(events) // 2]
    error = {"code": broken.code, "message": "Something went wrong", "param": None}
    if broken.how == "garbage":
        yield b"data: <html>\n\n"
    if broken.how == "error":
        chat_error = sse({"error": {"type": broken.code, **error}})
        yield chat_error if chat else sse({"type": "error", "sequence_number": 9, **error}, "error")


# --- Chat Completions ---


def chat_completion(line: Scripted, count: int) -> dict[str, Any]:
    message: dict[str, Any] = {
        "role": "assistant",
        "content": line.text or None,
        "refusal": None,
        "annotations": [],
    }
    if line.calls:
        message["tool_calls"] = [
            {
                "id": f"call_{count}_{index}",
                "type": "function",
                "function": {"name": name, "arguments": arguments},
            }
            for index, (name, arguments) in enumerate(line.arguments())
        ]
    finish = line.finish or ("tool_calls" if line.calls else "stop")
    choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
    usage = {
        "prompt_tokens": 100,
        "completion_tokens": 10,
        "total_tokens": 110,
        "prompt_tokens_details": {"cached_tokens": 50},
    }
    return {
        "id": f"chatcmpl-{count}",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [choice],
        "usage": usage,
    }


def chat_chunks(whole: dict[str, Any]) -> Iterator[bytes]:
    choice = whole["choices"][0]
    message = choice["message"]
    head = {"id": whole["id"], "object": "chat.completion.chunk", "created": 1, "model": "scripted"}

    def chunk(delta: Mapping[str, Any], finish: str | None = None) -> bytes:
        return sse(
            {
                **head,
                "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
                "usage": None,
            }
        )

    yield chunk({"role": "assistant", "content": None})
    for piece in halves(message["content"] or ""):
        yield chunk({"content": piece})
    for index, call in enumerate(message.get("tool_calls", [])):
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        yield chunk(
            {"tool_calls": [{"index": index, **call, "function": {"name": name, "arguments": ""}}]}
        )
        for piece in halves(arguments):
            yield chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
    yield chunk({}, choice["finish_reason"])
    yield sse({**head, "choices": [], "usage": whole["usage"]})
    yield b"data: [DONE]\n\n"


# --- Responses ---


def response(line: Scripted, count: int) -> dict[str, Any]:
    output: list[dict[str, Any]] = []
    if line.reasoning:
        output.append(
            {
                "type": "reasoning",
                "id": f"rs_{count}",
                "summary": [],
                "encrypted_content": line.reasoning,
                "status": None,
            }
        )
    if line.text:
        part = {"type": "output_text", "text": line.text, "annotations": [], "logprobs": []}
        output.append(
            {
                "type": "message",
                "id": f"msg_{count}",
                "role": "assistant",
                "status": "completed",
                "content": [part],
            }
        )
    output += [
        {
            "type": "tool_search_call",
            "id": f"tsc_{count}_{index}",
            "call_id": f"search_{count}_{index}",
            "arguments": arguments,
            "execution": "client",
            "status": "completed",
            "created_by": None,
        }
        for index, arguments in enumerate(line.searches)
    ]
    output += [
        {
            "type": "function_call",
            "id": f"fc_{count}_{index}",
            "call_id": f"call_{count}_{index}",
            "name": name,
            "arguments": arguments,
        }
        for index, (name, arguments) in enumerate(line.arguments())
    ]
    usage = {"input_tokens": 100, "output_tokens": 10, "total_tokens": 110}
    usage |= {
        "input_tokens_details": {"cached_tokens": 50},
        "output_tokens_details": {"reasoning_tokens": 0},
    }
    return {
        "id": f"resp_{count}",
        "object": "response",
        "created_at": 1,
        "model": "scripted",
        "status": "incomplete" if line.finish else "completed",
        "incomplete_details": {"reason": line.finish} if line.finish else None,
        "error": None,
        "output": output,
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": usage,
    }


def response_events(whole: dict[str, Any]) -> Iterator[bytes]:
    """Give the events of a response; `output_item.added` holds half of an encrypted reasoning, as
    the real one may."""
    events: list[dict[str, Any]] = [
        {
            "type": "response.created",
            "response": {**whole, "status": "in_progress", "output": [], "usage": None},
        }
    ]
    for index, item in enumerate(whole["output"]):
        half = (
            {**item, "encrypted_content": item["encrypted_content"][:2]}
            if item["type"] == "reasoning"
            else item
        )
        events.append({"type": "response.output_item.added", "output_index": index, "item": half})
        for piece in halves(item["content"][0]["text"] if item["type"] == "message" else ""):
            place = {
                "item_id": item["id"],
                "output_index": index,
                "content_index": 0,
                "logprobs": [],
            }
            events.append({"type": "response.output_text.delta", "delta": piece, **place})
        events.append({"type": "response.output_item.done", "output_index": index, "item": item})
    last = "response.incomplete" if whole["status"] == "incomplete" else "response.completed"
    events.append({"type": last, "response": whole})
    for number, event in enumerate(events):
        yield sse({"sequence_number": number, **event}, event["type"])


class HeldBack:
    """An answer of a model whose end comes when the test says so."""

    def __init__(self, text: str) -> None:
        self.released = threading.Event()
        chunks = self._chunks(list(chat_chunks(chat_completion(says(text), 1))))
        self.answer = Answer(200, headers={"Content-Type": "text/event-stream"}, chunks=chunks)

    def _chunks(self, chunks: list[bytes]) -> Iterator[bytes]:
        yield from chunks[:2]
        self.released.wait(60)
        yield from chunks[2:]


# --- both ---


def halves(text: str) -> list[str]:
    middle = len(text) // 2
    return [piece for piece in (text[:middle], text[middle:]) if piece]


def sse(value: Any, name: str = "") -> bytes:
    return (
        (f"event: {name}\n" if name else "").encode()
        + b"data: "
        + json.dumps(value).encode()
        + b"\n\n"
    )


def misfit(body: dict[str, Any], *, chat: bool) -> str:
    """Say how a request differs from the SDK's own type of it; the empty string when it fits, with
    no key too many."""
    from pydantic import ValidationError

    adapter = _adapters()[(chat, bool(body.get("stream")))]
    try:
        fitted = _plain(adapter.validate_python(body))
    except ValidationError as error:
        return f"no such request: {error}"
    return "" if fitted == body else f"keys that the SDK does not know: {body} is read as {fitted}"


@cache
def _adapters() -> dict[tuple[bool, bool], Any]:
    from openai.types.chat import completion_create_params as chat
    from openai.types.responses import response_create_params as responses
    from pydantic import TypeAdapter

    return {
        (True, False): TypeAdapter(chat.CompletionCreateParamsNonStreaming),
        (True, True): TypeAdapter(chat.CompletionCreateParamsStreaming),
        (False, False): TypeAdapter(responses.ResponseCreateParamsNonStreaming),
        (False, True): TypeAdapter(responses.ResponseCreateParamsStreaming),
    }


def _plain(value: Any) -> Any:
    """Read what pydantic checks only when it is read."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, str | bytes | int | float) or value is None:
        return value
    return [_plain(inner) for inner in value]
