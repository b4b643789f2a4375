r"""Calls that a model writes into its text, because its server makes no calls of them.

| written like this | by |
|---|---|
| `<tool_call>{"name": …, "arguments": {…}}</tool_call>` | Qwen, Hermes, Granite |
| `<function=name><parameter=key>value</parameter></function>` | Qwen-Coder |
| `<function=name>{…}</function>`, `<|python_tag|>{"name": …, "parameters": {…}}` | Llama |
| `[TOOL_CALLS][{"name": …, "arguments": {…}}]`, `[TOOL_CALLS]name[ARGS]{…}` | Mistral |
| `[TOOL_REQUEST]{…}[END_TOOL_REQUEST]` | LM Studio, for models without a format of their own |
| `<|channel|>commentary to=functions.name …<|message|>{…}` | gpt-oss |
| JSON in a fence, or as the whole text, that names a tool and its arguments | all others |
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools.formats.reading import name_as_meant, only_objects, read_call
from openapi2tools.tools.strict.converter import StrictConverter

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from openapi2tools.model import Call, Json, JsonObject, Tool

_MARKED: Final = re.compile(
    r"""
      <tool_call> \s* (?P<tagged> .*? ) \s* (?: </tool_call> | \Z )
    | \[TOOL_REQUEST\] \s* (?P<requested> .*? ) \s* (?: \[END_TOOL_REQUEST\] | \Z )
    | (?P<function> <function= .*? ) (?: </function> | \Z )
    | \[TOOL_CALLS\] \s* (?P<named> [\w.-]+ ) \s* (?: \[ARGS\] )? \s* (?P<its_arguments> \{ .* )
    | \[TOOL_CALLS\] \s* (?P<listed> .* )
    | <\|python_tag\|> \s* (?P<python> \{ .* )
    | (?: <\|start\|>assistant )? <\|channel\|>commentary \s* to= (?P<recipient> [\w.-]+ )
      [^{}]* <\|message\|> (?P<message> .*? ) (?: <\|call\|> | \Z )
    """,
    re.VERBOSE | re.DOTALL,
)
_FENCED: Final = re.compile(
    r"```[ \t]*(?:json|tool_call|tool|tool_code)?[ \t]*\n(.*?)\n[ \t]*```", re.DOTALL
)
_FUNCTION: Final = re.compile(r"<function=([^>\s]+)\s*>\s*(.*?)\s*(?:</function>|\Z)", re.DOTALL)
_PARAMETER: Final = re.compile(
    r"<parameter=([^>\s]+)\s*>\n?(.*?)\n?(?:</parameter>|(?=<parameter=)|\Z)", re.DOTALL
)
_NAME_IN_BROKEN_JSON: Final = re.compile(r'"(?:name|tool)"\s*:\s*"([^"]+)"')
_ARGUMENT_KEYS: Final = ("arguments", "parameters", "args", "input")
# Where a call may begin in a text that is not complete yet; its last characters may become one.
_MAY_BEGIN: Final = re.compile(
    r"<tool_call|<function=|<\|(?:python|channel|start)|\[TOOL|\A\s*[\[{]"
    r"|```[ \t]*(?:json|tool|\n\s*[\[{])"
    r"|(?:<[|a-z_=]{0,9}|\[[A-Z]{0,4}|`{1,3}[ \t]*(?:j|js|jso|t|to|too|\n\s*)?)\Z"
)


class WrittenCalls(NamedTuple):
    """The calls in a text, and what is left of it without them."""

    calls: tuple[Call, ...]
    text: str


class _Written(NamedTuple):
    name: str
    arguments: Json


def read_written_calls(
    text: str, tools: Mapping[str, Tool], *, strict: bool, id_prefix: str
) -> WrittenCalls:
    """Read the calls that a model wrote into its text.

    Where nothing but their shape tells calls from other JSON, they must name a tool that was
    offered.

    Args:
        text: What the model wrote.
        tools: The tools that were offered.
        strict: How they were described.
        id_prefix: Begins the ids of the calls.
    """
    written, rest = _marked_calls(text)
    if not written:
        written, rest = _fenced_calls(text, tools)
    if not written:
        written, rest = _calls_in_json(text, tools), ""
    if not written:
        return WrittenCalls((), text)
    strict_converter = StrictConverter() if strict else None
    calls = tuple(
        read_call(
            tools, name, arguments, id=f"{id_prefix}_{number}", strict_converter=strict_converter
        )
        for number, (name, arguments) in enumerate(written)
    )
    return WrittenCalls(calls, rest.strip())


def end_before_calls(text: str, start: int = 0) -> int:
    """Return up to where a text that is still being written holds no call for sure.

    Up to `start` that is known.
    """
    match = _MAY_BEGIN.search(text, start)
    return len(text) if match is None else match.start()


def _marked_calls(text: str) -> tuple[list[_Written], str]:
    """Return the calls between marks that stand for nothing else, and the rest of the text."""
    calls: list[_Written] = []
    rest = text
    for match in _MARKED.finditer(text):
        found = list(_calls_of_mark(match))
        calls += found
        if found:
            rest = rest.replace(match[0], "")
    return calls, rest


def _calls_of_mark(match: re.Match[str]) -> Iterator[_Written]:
    parts = match.groupdict()
    if parts["function"]:
        yield from _calls_in_tags(parts["function"])
    elif parts["named"]:
        yield _Written(parts["named"], _first_value(parts["its_arguments"]))
    elif parts["recipient"]:
        yield _Written(parts["recipient"], _first_value(parts["message"]))
    else:
        content = parts["tagged"] or parts["requested"] or parts["listed"] or parts["python"] or ""
        yield from _calls_in_tags(content) if "<function=" in content else _calls_in_mark(content)


def _calls_in_tags(content: str) -> Iterator[_Written]:
    """Yield the calls in `<function=…>`, whose parameters are tags, too, or JSON."""
    for name, inner in _FUNCTION.findall(content):
        if inner.startswith("{"):
            yield _Written(name, _first_value(inner))
        else:
            yield _Written(name, dict(_PARAMETER.findall(inner)))


def _calls_in_mark(content: str) -> Iterator[_Written]:
    """Yield the calls in JSON of which it is known that it stands for calls."""
    calls = [_call_of(value) for value in _json_values(content).values]
    if calls:
        yield from (call for call in calls if call is not None)
    elif (name := _NAME_IN_BROKEN_JSON.search(content)) is not None:
        yield _Written(name[1], content)  # which is answered with what is wrong with it


def _fenced_calls(text: str, tools: Container[str]) -> tuple[list[_Written], str]:
    calls: list[_Written] = []
    rest = text
    for match in _FENCED.finditer(text):
        found = _calls_in_json(match[1], tools)
        calls += found
        if found:
            rest = rest.replace(match[0], "")
    return calls, rest


def _calls_in_json(text: str, tools: Container[str]) -> list[_Written]:
    """Return the calls in a text that is nothing but JSON, and all of it calls of these tools."""
    values, rest = _json_values(text)
    calls = [_call_of(value) for value in values]
    offered = [call for call in calls if call and name_as_meant(call.name, tools) in tools]
    return offered if not rest and len(offered) == len(values) else []


def _call_of(value: JsonObject) -> _Written | None:
    """Return the call that a JSON object stands for."""
    function = value.get("function")
    if isinstance(function, Mapping):  # as in a message of Chat Completions
        return _call_of(dict(function))
    name = value.get("name") or value.get("tool") or function
    given = [value[key] for key in _ARGUMENT_KEYS if key in value]
    if not isinstance(name, str) or not given:
        return None
    return _Written(name, given[0])


class _JsonValues(NamedTuple):
    values: list[JsonObject]
    rest: str


def _json_values(text: str) -> _JsonValues:
    """Return the objects that a text begins with, lists of them opened, and what comes after."""
    decoder = json.JSONDecoder()
    values: list[JsonObject] = []
    rest = text.strip()
    while rest:
        try:
            value, end = decoder.raw_decode(rest)
        except (ValueError, RecursionError):
            break
        inner = value if isinstance(value, list) else [value]
        if len(only_objects(inner)) < len(inner):
            break
        values += inner
        rest = rest[end:].lstrip(" \t\r\n,;")
    return _JsonValues(values, rest)


def _first_value(text: str) -> Json:
    """Return the JSON value that a text begins with; the text itself when it begins with none."""
    try:
        return json.JSONDecoder().raw_decode(text.strip())[0]
    except (ValueError, RecursionError):
        return text
