"""Calls that stand in a model's text: read where they are calls, left where they are words."""

from __future__ import annotations

from typing import Any

import pytest

from openapi2tools.formats.written_calls import end_before_calls, read_written_calls
from openapi2tools.model import Toolset
from tests.support.tools import make_tool

PET = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
TOOLS = Toolset([make_tool("get_pet", PET), make_tool("find_pets", {"type": "object"})])
CALL = '{"name": "get_pet", "arguments": {"id": 7}}'
OTHER = '{"name": "find_pets", "arguments": {}}'

WRITTEN = [
    f"<tool_call>\n{CALL}\n</tool_call>",
    f"<tool_call>{CALL}",  # the end is a token that the server took away
    "<tool_call>\n<function=get_pet>\n<parameter=id>\n7\n</parameter>\n</function>\n</tool_call>",
    "<function=get_pet><parameter=id>7</parameter></function>",
    '<function=get_pet>{"id": 7}</function>',
    '<|python_tag|>{"type": "function", "name": "get_pet", "parameters": {"id": 7}}',
    f"[TOOL_CALLS][{CALL}]",
    '[TOOL_CALLS]get_pet[ARGS]{"id": 7}',
    '[TOOL_CALLS] get_pet {"id": 7}',
    f"[TOOL_REQUEST]{CALL}[END_TOOL_REQUEST]",
    '<|channel|>commentary to=functions.get_pet <|constrain|>json<|message|>{"id": 7}<|call|>',
    f"```json\n{CALL}\n```",
    f"```\n[{CALL}]\n```",
    f"```tool_call\n{CALL}\n```",
    CALL,
    f"[{CALL}]",
    '{"tool": "get_pet", "args": {"id": 7}}',
    '{"function": "get_pet", "parameters": {"id": 7}}',
    '{"type": "function", "function": {"name": "functions.get_pet", "arguments": "{\\"id\\": 7}"}}',
]


def read(text: str, *, strict: bool = False) -> Any:
    return read_written_calls(text, TOOLS, strict=strict, id_prefix="call_3")


@pytest.mark.parametrize("text", WRITTEN)
def test_a_call_is_read_in_whatever_way_a_model_writes_it(text: str) -> None:
    calls, rest = read(text)
    [call] = calls
    assert (call.tool, call.id, call.fault, rest) == ("get_pet", "call_3_0", "", "")
    assert call.arguments in ({"id": 7}, {"id": "7"})


@pytest.mark.parametrize(
    "text",
    [
        f"<tool_call>{CALL}</tool_call>\n<tool_call>{OTHER}</tool_call>",
        f"<tool_call>{CALL}\n{OTHER}</tool_call>",
        f"[TOOL_CALLS][{CALL}, {OTHER}]",
        f"```json\n{CALL}\n```\n```json\n{OTHER}\n```",
        f"{CALL}\n{OTHER}",
        f"{CALL}; {OTHER}",
    ],
)
def test_several_calls_stand_in_their_order(text: str) -> None:
    calls, rest = read(text)
    assert [(call.tool, call.id) for call in calls] == [
        ("get_pet", "call_3_0"),
        ("find_pets", "call_3_1"),
    ]
    assert not rest


@pytest.mark.parametrize("text", [text for text in WRITTEN if text[0] in "<`" and text[-1] in ">`"])
def test_the_words_around_a_call_stay(text: str) -> None:
    calls, rest = read(f"Let me look.\n{text}\n")
    assert (len(calls), rest) == (1, "Let me look.")


@pytest.mark.parametrize(
    "text",
    [
        "It is Rex.",
        "",
        "{}",
        "[]",
        '{"name": "Rex", "arguments": {}}',
        '{"name": "get_pet"}',
        '{"name": "get_pet", "age": 7}',
        f"Call it like this: {CALL}",
        f"{CALL} is what I would call.",
        f'```json\n{CALL}\n{{"name": "Rex"}}\n```',
        '```json\n{"name": "Rex", "input": 1}\n```',
        "```python\nget_pet(7)\n```",
        "a < b and [TOOLS] are <b>bold</b>",
        '[1, "get_pet"]',
    ],
)
def test_what_is_no_call_stays_as_it_is(text: str) -> None:
    assert read(text) == ((), text)


@pytest.mark.parametrize(
    "text",
    [
        '<tool_call>{"name": "get_pet", "arguments": {"id": }}</tool_call>',
        '<tool_call>{"name": "get_pet", "arguments": {"id"',
        '<function=get_pet>{"id": </function>',
    ],
)
def test_a_call_that_is_broken_is_a_fault_with_a_sentence(text: str) -> None:
    [call] = read(text).calls
    assert call.tool == "get_pet"
    assert "no JSON" in call.fault


def test_between_marks_a_tool_that_nobody_has_is_called_all_the_same() -> None:
    [call] = read('<tool_call>{"name": "feed", "arguments": {"x": 1}}</tool_call>').calls
    assert (call.tool, call.arguments) == ("feed", {"x": 1})


def test_arguments_are_read_as_the_tools_were_described() -> None:
    schema = {"type": "object", "properties": {"note": {"type": "string"}}}
    tools = Toolset([make_tool("add", schema)])
    text = '{"name": "add", "arguments": {"note": null}}'
    assert read_written_calls(text, tools, strict=True, id_prefix="c").calls[0].arguments == {}


@pytest.mark.parametrize("text", [*WRITTEN, f"<tool_call>{CALL}</tool_call> and more"])
def test_no_piece_of_a_call_is_shown_while_it_is_written(text: str) -> None:
    said = "Let me look. " if text[0] in "<`" else ""
    whole = said + text
    shown = 0
    for length in range(len(whole) + 1):
        shown = end_before_calls(whole[:length], shown)
        assert said.startswith(whole[:shown])


def test_plain_words_are_shown_at_once() -> None:
    assert end_before_calls("a < b, and {x} is [1]") == 21
    assert end_before_calls("a <b") == 2
    assert end_before_calls("a <b> c") == 7
    assert end_before_calls("So:\n```python\nx = 1\n``` and") == 27
