"""What servers that speak like OpenAI refuse, and how a request looks without it.

Each server knows most of a request, and refuses the rest in words of its own. A fallback is found
by those words; it is kept for the rest of the run, and the person who follows it is told once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from openapi2tools.agent.openai.wire import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from openapi2tools.model import Json, JsonObject

Rewrite: TypeAlias = "Callable[[JsonObject], JsonObject]"
_UNKNOWN: Final = (
    r"unknown|unrecognized|unexpected|unsupported|not supported|not support|not permitted"
    r"|not allowed|extra_forbidden|cannot find field|no such"
)
_UNSEEN: Final = "(You cannot look at it or hear it.)"
_WANTS_TEXT: Final = (
    r"valid string|must be a string|expected (?:a )?string|string_type|field required|null"
)


@dataclass(frozen=True, slots=True)
class Fallback:
    """One way to ask a server for less.

    - `refusal`: what servers say that need it.
    - `rewrite`: returns a request as such a server takes it.
    - `note`: the end of a sentence that begins with the server's address.
    """

    refusal: re.Pattern[str]
    rewrite: Rewrite
    note: str


def find_fallback(
    message: str, request: JsonObject, in_effect: Collection[Fallback]
) -> Fallback | None:
    """Return what may help where a server refused a request; each helps only once.

    Args:
        message: What the server said.
        request: What it was sent.
        in_effect: What the request was rewritten with already.
    """
    for fallback in FALLBACKS:
        is_new = fallback not in in_effect
        if is_new and fallback.refusal.search(message) and fallback.rewrite(request) != request:
            return fallback
    return None


def rewritten(request: JsonObject, fallbacks: Iterable[Fallback]) -> JsonObject:
    """Return a request as the server takes it."""
    for fallback in fallbacks:
        request = fallback.rewrite(request)
    return request


# --- refusals ------------------------------------------------------------------------------------


def _pattern(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE | re.DOTALL)


def _refused(field: str) -> str:
    """Return the pattern of a message that a field is unknown, whichever stands first."""
    return rf"\b{field}\b.{{0,60}}?(?:{_UNKNOWN})|(?:{_UNKNOWN}).{{0,60}}?\b{field}\b"


# --- rewrites ------------------------------------------------------------------------------------


def _without(*names: str) -> Rewrite:
    def rewrite(request: JsonObject) -> JsonObject:
        return {name: value for name, value in request.items() if name not in names}

    return rewrite


def _renamed(old: str, new: str) -> Rewrite:
    def rewrite(request: JsonObject) -> JsonObject:
        return {new if name == old else name: value for name, value in request.items()}

    return rewrite


def _without_strict(request: JsonObject) -> JsonObject:
    """Leave `strict` out of the tools; whoever wrote them describes them plainly, too."""
    if "tools" not in request:
        return request
    return {**request, "tools": [_plain_tool(tool) for tool in request["tools"]]}


def _plain_tool(tool: JsonObject) -> JsonObject:
    plain = {name: value for name, value in tool.items() if name != "strict"}
    if "function" in plain:
        plain["function"] = _plain_tool(plain["function"])
    return plain


def _with_messages(
    request: JsonObject, change: Callable[[list[JsonObject]], list[JsonObject]]
) -> JsonObject:
    """Return a request of Chat Completions with other messages; any other stays as it is."""
    if "messages" not in request:
        return request
    return {**request, "messages": change(request["messages"])}


def _one_call_a_message(request: JsonObject) -> JsonObject:
    return _with_messages(request, _each_call_with_its_result)


def _each_call_with_its_result(messages: list[JsonObject]) -> list[JsonObject]:
    """Return messages in which each call stands alone, its result right behind it."""
    result_by_id = {
        message["tool_call_id"]: message for message in messages if message["role"] == "tool"
    }
    others = [message for message in messages if message["role"] != "tool"]
    return [
        separate for message in others for separate in _separate_messages(message, result_by_id)
    ]


def _separate_messages(
    message: JsonObject, result_by_id: Mapping[str, JsonObject]
) -> Iterator[JsonObject]:
    """Yield a message for each of its calls, with the result of the call; else the message."""
    calls = message.get("tool_calls") or []
    if not calls:
        yield message
    for number, call in enumerate(calls):
        content = message.get("content") if number == 0 else None
        yield {**message, "content": content, "tool_calls": [call]}
        if call["id"] in result_by_id:
            yield result_by_id[call["id"]]


def _without_system_message(request: JsonObject) -> JsonObject:
    return _with_messages(request, _instructions_in_the_question)


def _instructions_in_the_question(messages: list[JsonObject]) -> list[JsonObject]:
    """Return messages in which the first question begins with what the system message says."""
    instructions = [message["content"] for message in messages if message["role"] == "system"]
    others = [message for message in messages if message["role"] != "system"]
    is_question = [message["role"] == "user" for message in others]
    if not instructions or True not in is_question:
        return messages
    first = is_question.index(True)
    question = others[first]
    content = question["content"]
    if isinstance(content, str):
        new_content: Json = "\n\n".join([*instructions, content])
    else:
        new_content = [{"type": "text", "text": text} for text in instructions] + content
    return [*others[:first], {**question, "content": new_content}, *others[first + 1 :]]


def _as_plain_text(request: JsonObject) -> JsonObject:
    """Return a request whose contents are texts: no null, and no list of parts."""
    rewritten_request = dict(request)
    if "messages" in request:
        rewritten_request["messages"] = [
            {**message, "content": text_of(message.get("content"))}
            for message in request["messages"]
        ]
    if isinstance(request.get("input"), list):
        rewritten_request["input"] = [_with_text_output(item) for item in request["input"]]
    return rewritten_request


def _with_text_output(item: JsonObject) -> JsonObject:
    if item.get("type") != "function_call_output":
        return item
    return {**item, "output": text_of(item["output"])}


def _in_words(request: JsonObject) -> JsonObject:
    """Return a request that shows no pictures, sound or files, and says so in their place."""
    if "messages" in request:
        messages = [_with_words(message, "content", "text") for message in request["messages"]]
        return {**request, "messages": messages}
    if isinstance(request.get("input"), list):
        items = [
            _with_words(_with_words(item, "content", "input_text"), "output", "input_text")
            for item in request["input"]
        ]
        return {**request, "input": items}
    return request


def _with_words(message: JsonObject, key: str, text_type: str) -> JsonObject:
    """Return a message without the parts that are no text; any other is the very same."""
    content = message.get(key)
    if not isinstance(content, list) or all(map(_is_text, content)):
        return message
    unseen = {"type": text_type, "text": _UNSEEN}
    return {**message, key: [part if _is_text(part) else unseen for part in content]}


def _is_text(part: JsonObject) -> bool:
    return "text" in part or "refusal" in part


# --- the table -----------------------------------------------------------------------------------

_SHOWN_PARTS: Final = (
    r"image(?:_url|s)?|input_image|vision|audio|input_audio|input_file|pdfs?|multi-?modal"
)
WITHOUT_STRICT: Final = Fallback(
    _pattern(
        _refused("strict"),
        r"invalid schema for function",
        r"invalid_function_parameters",
    ),
    _without_strict,
    "takes no strict tools: they are described without it",
)
WITHOUT_STREAM: Final = Fallback(
    _pattern(
        r"cannot use tools with stream",
        r"\bstream(?:ing)?\b.{0,60}?(?:not supported|unsupported|not available|not implemented)",
        r"(?:not support|unsupported|not available).{0,60}?\bstream(?:ing)?\b",
    ),
    _without("stream", "stream_options"),
    "does not stream its answers: they are read whole",
)
FALLBACKS: Final = (
    WITHOUT_STRICT,
    WITHOUT_STREAM,
    Fallback(
        _pattern(_refused("stream_options"), _refused("include_usage")),
        _without("stream_options"),
        "takes no stream_options: it may not say how many tokens a turn took",
    ),
    Fallback(
        _pattern(_refused("max_tokens")),
        _renamed("max_tokens", "max_completion_tokens"),
        "calls the limit of tokens max_completion_tokens: it goes by that name",
    ),
    Fallback(
        _pattern(_refused("max_completion_tokens")),
        _renamed("max_completion_tokens", "max_tokens"),
        "calls the limit of tokens max_tokens: it goes by that name",
    ),
    Fallback(
        _pattern(_refused("tool_choice")),
        _without("tool_choice"),
        "takes no tool_choice: it is left out",
    ),
    Fallback(
        _pattern(_refused("parallel_tool_calls")),
        _without("parallel_tool_calls"),
        "takes no parallel_tool_calls: it is left out",
    ),
    Fallback(
        _pattern(
            r"single tool[- ]calls? at once",
            r"only (?:supports? )?(?:one|a single) tool[- ]call",
            r"(?:parallel|multiple) tool[- ]calls? (?:is|are) not supported",
        ),
        _one_call_a_message,
        "takes one call a message: those of one turn are told one by one",
    ),
    Fallback(
        _pattern(
            r"system (?:role|message|prompt|instruction)s?\b.{0,40}?not supported",
            r"not support.{0,20}? system",
            r"developer instruction is not enabled",
            r"roles must alternate",
        ),
        _without_system_message,
        "takes no system message: the instructions stand before the first question",
    ),
    Fallback(
        _pattern(
            rf"\b(?:{_SHOWN_PARTS})\b.{{0,80}}?(?:{_UNKNOWN}|not enabled|unavailable)",
            rf"(?:{_UNKNOWN}|no endpoints found|not a (?:vision|multimodal) model)"
            rf".{{0,80}}?\b(?:{_SHOWN_PARTS})\b",
            r"mmproj",
        ),
        _in_words,
        "does not take what it was shown: pictures, sound and files are told in words",
    ),
    Fallback(
        _pattern(
            r"invalid message content type",
            rf"\b(?:content|output)\b.{{0,80}}?(?:{_WANTS_TEXT})",
            r"cannot unmarshal (?:array|null) into",
        ),
        _as_plain_text,
        "takes contents that are texts alone: they are sent so",
    ),
    Fallback(
        _pattern(_refused("store")),
        _without("store"),
        "takes no `store`: whether it keeps the conversation is up to it",
    ),
)
