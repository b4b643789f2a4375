"""What a server says that refuses a request, and the request that it takes instead."""

from __future__ import annotations

from typing import Any

import pytest

from openapi2tools.agent.openai.fallbacks import find_fallback, rewritten

CHAT: dict[str, Any] = {
    "model": "m",
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Who?"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "a"}, {"id": "b"}]},
        {"role": "tool", "tool_call_id": "a", "content": "Rex"},
        {"role": "tool", "tool_call_id": "b", "content": "Tom"},
    ],
    "tools": [{"type": "function", "function": {"name": "get_pet", "strict": True}}],
    "stream": True,
    "stream_options": {"include_usage": True},
    "max_completion_tokens": 9,
    "parallel_tool_calls": False,
    "tool_choice": "none",
}
RESPONSES: dict[str, Any] = {
    "model": "m",
    "input": [
        {"role": "user", "content": "Who?"},
        {"type": "function_call", "call_id": "a", "name": "get_pet", "arguments": "{}"},
        {
            "type": "function_call_output",
            "call_id": "a",
            "output": [{"type": "input_text", "text": "Rex"}, {"type": "input_image"}],
        },
    ],
    "tools": [{"type": "function", "name": "get_pet", "strict": True}],
    "store": False,
    "stream": True,
}


def after(message: str, request: dict[str, Any]) -> dict[str, Any]:
    """The request after one refusal; the very same where nothing helps."""
    fallback = find_fallback(message, request, [])
    return request if fallback is None else rewritten(request, [fallback])


@pytest.mark.parametrize(
    ("message", "request_", "gone"),
    [
        ("Unknown parameter: 'store'.", RESPONSES, "store"),
        ("streaming is not supported for this model", RESPONSES, "stream"),
        (
            '[{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]',
            CHAT,
            "stream_options",
        ),
        (
            "Unsupported parameter: 'parallel_tool_calls' is not supported",
            CHAT,
            "parallel_tool_calls",
        ),
        ("Unrecognized request argument supplied: tool_choice", CHAT, "tool_choice"),
    ],
)
def test_a_field_that_is_refused_is_left_out(
    message: str, request_: dict[str, Any], gone: str
) -> None:
    left = after(message, request_)
    assert gone in request_
    assert gone not in left
    assert all(left[key] == request_[key] for key in left)


@pytest.mark.parametrize(
    "message",
    [
        "Unknown name \"strict\" at 'tools[0].function': Cannot find field.",
        '[{"loc": ["body", "tools", 0, "strict"], "msg": "Extra inputs are not permitted"}]',
        "Invalid schema for function 'get_pet': 'format' is not permitted.",
    ],
)
@pytest.mark.parametrize("request_", [CHAT, RESPONSES])
def test_tools_are_described_without_strict(message: str, request_: dict[str, Any]) -> None:
    [tool] = after(message, request_)["tools"]
    assert tool.get("function", tool)["name"] == "get_pet"
    assert "strict" not in str(tool)


def test_the_limit_of_tokens_gets_its_other_name_and_keeps_its_place() -> None:
    left = after("Extra fields not permitted: max_completion_tokens", CHAT)
    assert left["max_tokens"] == 9
    assert "max_completion_tokens" not in left


def test_contents_become_texts() -> None:
    chat = after("messages[2].content: Input should be a valid string", CHAT)
    assert [message["content"] for message in chat["messages"]] == [
        "Be brief.",
        "Who?",
        "",
        "Rex",
        "Tom",
    ]
    responses = after("input[2].output: expected string, received array", RESPONSES)
    assert responses["input"][2]["output"] == "Rex"


def test_the_instructions_move_into_the_question() -> None:
    messages = after("Conversation roles must alternate user/assistant", CHAT)["messages"]
    assert messages[0] == {"role": "user", "content": "Be brief.\n\nWho?"}
    assert messages[1:] == CHAT["messages"][2:]


def test_calls_are_told_one_by_one() -> None:
    messages = after("This model only supports single tool-calls at once!", CHAT)["messages"]
    told = [
        message.get("tool_call_id") or message["tool_calls"][0]["id"] for message in messages[2:]
    ]
    assert told == ["a", "a", "b", "b"]


@pytest.mark.parametrize(
    "message",
    [
        "The model `m` does not exist",
        "Unsupported value: 'temperature' does not support 0 with this model.",
        "max_completion_tokens is too large: 9",
        "This model's maximum context length is 8 tokens.",
        "Rate limit reached",
        "The server had an error while processing your request",
        "",
    ],
)
@pytest.mark.parametrize("request_", [CHAT, RESPONSES])
def test_nothing_is_done_about_anything_else(message: str, request_: dict[str, Any]) -> None:
    assert find_fallback(message, request_, []) is None


def test_what_a_request_does_not_hold_cannot_be_left_out_nor_twice() -> None:
    message = "Unknown parameter: 'store'."
    assert find_fallback(message, CHAT, []) is None
    fallback = find_fallback(message, RESPONSES, [])
    assert fallback is not None
    assert find_fallback(message, RESPONSES, [fallback]) is None
