"""Servers that speak like OpenAI, each in its own way: what it refuses, and how it answers.

What they say is what the real ones say, as their users report it; see docs/models.md.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any

from tests.support.openai_server import OpenAIServer, Scripted, chat_chunks, chat_completion, sse
from tests.support.server import Answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Body = dict[str, Any]
SSE = {"Content-Type": "text/event-stream"}


@dataclass(frozen=True)
class Manner:
    """How one kind of server differs: `refusal` says what it does not take of a request, `answer`
    how it says a line of the script, and `loses` whether the line has to be said again."""

    name: str
    refusal: Callable[[Body], Answer | None] = lambda body: None
    answer: Callable[[Body, Scripted, int], Answer] | None = None
    loses: Callable[[Body, Scripted], bool] = lambda body, line: False


class OtherServer(OpenAIServer):
    """A scripted server with the manner of another vendor's; `refusals` counts what it refused."""

    def __init__(self, manner: Manner, *script: Any) -> None:
        super().__init__(*script, lenient=True)
        self._manner = manner
        self.refusals = 0

    def refusal(self, body: Body) -> Answer | None:
        refusal = self._manner.refusal(body)
        self.refusals += refusal is not None
        return refusal

    def say(self, line: Scripted, body: Body, *, chat: bool) -> Answer:
        if self._manner.loses(body, line):
            self._script = chain([line], self._script)
        if self._manner.answer is None:
            return super().say(line, body, chat=chat)
        return self._manner.answer(body, line, self.count)


def says_no(status: int, body: Any) -> Answer:
    return Answer(status, body)


def messages_of(body: Body, role: str) -> list[Body]:
    return [message for message in body["messages"] if message["role"] == role]


def whole_or_pieces(
    body: Body, whole: Body, pieces: Callable[[Body], Iterator[bytes]] = chat_chunks
) -> Answer:
    if not body.get("stream"):
        return Answer(200, whole)
    return Answer(200, headers=SSE, chunks=pieces(whole))


def whole_calls_with_index_zero(whole: Body) -> Iterator[bytes]:
    """Give a stream whose calls come whole, one a chunk, all of them with the index 0."""
    choice = whole["choices"][0]
    head = {"id": whole["id"], "object": "chat.completion.chunk", "created": 1, "model": "m"}

    def chunk(delta: Body, finish: str | None = None) -> bytes:
        return sse({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    yield chunk({"role": "assistant", "content": choice["message"]["content"] or ""})
    for call in choice["message"].get("tool_calls", []):
        yield chunk({"tool_calls": [{"index": 0, **call}]})
    yield chunk({}, choice["finish_reason"])
    yield sse({**head, "choices": [], "usage": whole["usage"]})
    yield b"data: [DONE]\n\n"


# --- Ollama ---


def _ollama_error(message: str) -> Body:
    return {"error": {"message": message, "type": "api_error", "param": None, "code": None}}


def _refused_by_ollama(body: Body) -> Answer | None:
    if any(message.get("content") is None for message in body["messages"]):
        return says_no(400, _ollama_error("invalid message content type: <nil>"))
    return None


def _ollama(body: Body, line: Scripted, count: int) -> Answer:
    return whole_or_pieces(body, chat_completion(line, count), whole_calls_with_index_zero)


OLLAMA = Manner("Ollama", _refused_by_ollama, _ollama)
OLLAMA_WITHOUT_TOOLS = Manner(
    "Ollama, a model without tools",
    lambda body: (
        says_no(400, _ollama_error("registry.ollama.ai/library/gemma3:4b does not support tools"))
        if body.get("tools")
        else None
    ),
)

# --- llama.cpp ---


def _llama_error(message: str, status: int = 500) -> Answer:
    return says_no(status, {"error": {"code": status, "message": message, "type": "server_error"}})


def _refused_by_old_llama(body: Body) -> Answer | None:
    if body.get("tools") and body.get("stream"):
        return _llama_error("Cannot use tools with stream")
    return None


def _refused_by_llama_template(body: Body) -> Answer | None:
    if any(len(message.get("tool_calls") or []) > 1 for message in body["messages"]):
        said = "Jinja Exception: This model only supports single tool-calls at once!"
        return _llama_error(f"Error: {said}")
    return None


LLAMA_CPP_BEFORE_STREAMS = Manner("llama.cpp before May 2025", _refused_by_old_llama)
LLAMA_CPP_LLAMA_3 = Manner("llama.cpp with Llama 3.1", _refused_by_llama_template)
LLAMA_CPP_WITHOUT_JINJA = Manner(
    "llama.cpp without --jinja",
    lambda body: _llama_error("tools param requires --jinja flag") if body.get("tools") else None,
)

# --- vLLM ---


def _vllm_error(message: str) -> Answer:
    return says_no(
        400,
        {
            "object": "error",
            "message": message,
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
    )


def _refused_by_gemma(body: Body) -> Answer | None:
    return _vllm_error("System role not supported") if messages_of(body, "system") else None


def _hermes_in_text(body: Body, line: Scripted, count: int) -> Answer:
    """Write the calls into the text, as a model does whose server has no parser for them."""
    written = "\n".join(
        f'<tool_call>\n{{"name": {json.dumps(name)}, "arguments": {arguments}}}\n</tool_call>'
        for name, arguments in line.arguments()
    )
    text = f"{line.text}\n{written}".strip()
    return whole_or_pieces(body, chat_completion(replace(line, text=text, calls=()), count))


VLLM_GEMMA = Manner("vLLM with Gemma", _refused_by_gemma)
VLLM_HERMES = Manner("vLLM with the wrong --tool-call-parser", answer=_hermes_in_text)
VLLM_WITHOUT_PARSER = Manner(
    "vLLM without --enable-auto-tool-choice",
    lambda body: (
        _vllm_error(
            '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
        )
        if body.get("tools")
        else None
    ),
)

# --- LM Studio ---


def _tool_request_in_text(body: Body, line: Scripted, count: int) -> Answer:
    """Leave the calls of a model without a format of its own in the text."""
    written = "".join(
        f'[TOOL_REQUEST]{{"name": {json.dumps(name)}, "arguments": {arguments}}}[END_TOOL_REQUEST]'
        for name, arguments in line.arguments()
    )
    text = line.text + written
    return whole_or_pieces(body, chat_completion(replace(line, text=text, calls=()), count))


_LM_STUDIO_WANTS = "'content' field must be a string or an array of objects"
LM_STUDIO = Manner(
    "LM Studio, a model without tools of its own",
    lambda body: (
        says_no(400, {"error": f"Invalid 'content': {_LM_STUDIO_WANTS}."})
        if any(message.get("content") is None for message in body["messages"])
        else None
    ),
    _tool_request_in_text,
)

# --- Anthropic ---


def _refused_by_anthropic(body: Body) -> Answer | None:
    if any(message.get("content") == "" for message in body["messages"]):
        return says_no(
            400,
            {
                "error": {
                    "code": "invalid_request_error",
                    "message": "messages: text content blocks must be non-empty",
                    "type": "invalid_request_error",
                    "param": None,
                }
            },
        )
    return None


ANTHROPIC = Manner("Anthropic's endpoint", _refused_by_anthropic)

# --- Google ---


def _google_error(*messages: str) -> Answer:
    error = {"code": 400, "message": "\n".join(messages), "status": "INVALID_ARGUMENT"}
    return says_no(400, [{"error": error}])


def _refused_by_google(body: Body) -> Answer | None:
    unknown = [
        f"Invalid JSON payload received. Unknown name \"strict\" at 'tools[{number}].function': "
        "Cannot find field."
        for number, tool in enumerate(body.get("tools", []))
        if "strict" in tool["function"]
    ]
    if unknown:
        return _google_error(*unknown)
    for message in messages_of(body, "assistant"):
        for call in message.get("tool_calls", []):
            if "thought_signature" not in call.get("extra_content", {}).get("google", {}):
                return _google_error("Function call is missing a thought_signature.")
    return None


def _google(body: Body, line: Scripted, count: int) -> Answer:
    whole = chat_completion(line, count)
    for call in whole["choices"][0]["message"].get("tool_calls", []):
        call["extra_content"] = {"google": {"thought_signature": f"signed {call['id']}"}}
        call["id"] = ""
    return whole_or_pieces(body, whole, whole_calls_with_index_zero)


GOOGLE = Manner("Google's endpoint", _refused_by_google, _google)

# --- Mistral ---


def _refused_by_mistral(body: Body) -> Answer | None:
    places: list[list[Any]] = [["body", name] for name in ("stream_options",) if name in body]
    if not places:
        return None
    detail = [
        {
            "type": "extra_forbidden",
            "loc": place,
            "msg": "Extra inputs are not permitted",
            "input": body[place[-1]],
        }
        for place in places
    ]
    return says_no(422, {"detail": detail})


def _mistral(body: Body, line: Scripted, count: int) -> Answer:
    """Answer with contents that are lists of parts, as the models that reason do."""
    whole = chat_completion(line, count)
    message = whole["choices"][0]["message"]
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}
    said = [{"type": "text", "text": message["content"]}] if message["content"] else []
    message["content"] = [thought, *said]
    return whole_or_pieces(body, whole, whole_calls_with_index_zero)


MISTRAL = Manner("Mistral's endpoint", _refused_by_mistral, _mistral)

# --- OpenAI's own, and gateways before it ---


def _refused_by_reasoning_model(body: Body) -> Answer | None:
    if "max_tokens" not in body:
        return None
    message = (
        "Unsupported parameter: 'max_tokens' is not supported with this model. "
        "Use 'max_completion_tokens' instead."
    )
    error = {
        "message": message,
        "type": "invalid_request_error",
        "param": "max_tokens",
        "code": "unsupported_parameter",
    }
    return says_no(400, {"error": error})


def _always_whole(body: Body, line: Scripted, count: int) -> Answer:
    return Answer(200, chat_completion(line, count))


def _calls_only_when_whole(body: Body, line: Scripted, count: int) -> Answer:
    """Lose the calls of a stream, and say that there were some."""
    whole = chat_completion(line, count)
    if body.get("stream"):
        whole["choices"][0]["message"].pop("tool_calls", None)
    return whole_or_pieces(body, whole)


OPENAI_REASONING = Manner("OpenAI's chat, a reasoning model", _refused_by_reasoning_model)
WHOLE_GATEWAY = Manner(
    "a gateway that streams nothing",
    answer=_always_whole,
    loses=lambda body, line: bool(body.get("stream")),
)
LOSSY_GATEWAY = Manner(
    "a gateway that streams no calls",
    answer=_calls_only_when_whole,
    loses=lambda body, line: bool(body.get("stream") and line.calls),
)
