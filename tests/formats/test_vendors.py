"""Anthropic, Gemini and MCP: their shapes, their limits on names, and the way back."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from mcp.types import CallToolResult
from mcp.types import Tool as McpTool

from openapi2tools.formats import anthropic, gemini, mcp, openai_responses
from openapi2tools.formats.export import export
from openapi2tools.model import Effect, Part, Result, Toolset
from openapi2tools.tools.walk import iter_schemas
from tests.support.documents import SINGLE_FILES, tools_of
from tests.support.tools import make_tool

NESTED = {
    "type": "object",
    "properties": {
        "filter[x]": {"type": "string"},
        "filter_x": {"type": "string"},
        "$top": {"type": "integer"},
        "2fa": {"type": "array", "items": {"$ref": "#/$defs/Item"}},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "required": ["$top"],
    "$defs": {
        "Item": {
            "type": "object",
            "properties": {"a b": {"type": "string"}, "next": {"$ref": "#/$defs/Item"}},
        }
    },
}
TOOLS = Toolset([make_tool("2pets", NESTED)])
VALUES = {
    "filter[x]": "a",
    "$top": 1,
    "2fa": [{"a b": "c", "next": {"a b": "d"}}],
    "labels": {"top": "x", "a b": "y"},
}
RESULT = Result(
    "c1",
    "getPet",
    '{"id":7}',
    data={"id": 7},
    parts=(Part("image/png", b"png"), Part("application/pdf", b"pdf", "b.pdf")),
)


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("vendor", ["anthropic", "gemini"])
def test_a_renamed_property_comes_back_from_a_shortened_tool(vendor: str, strict: bool) -> None:
    size = {
        "type": "object",
        "required": ["size[cm]"],
        "properties": {"size[cm]": {"type": "string"}},
    }
    further = {
        "type": "object",
        "properties": {
            name: {"type": "string"} for name in ("size_cm", *(f"further_{n}" for n in range(20)))
        },
    }
    tools = Toolset(
        [
            make_tool(
                "mk",
                {
                    "type": "object",
                    "required": ["dims"],
                    "properties": {"dims": size, "more": further},
                },
            )
        ]
    )
    (definition,) = export(tools, vendor, strict=strict, max_tool_tokens=20)
    schema = definition.get("input_schema") or definition["parametersJsonSchema"]
    assert "size_cm" not in json.dumps(schema["properties"]["more"])
    values = {"dims": dict.fromkeys(schema["properties"]["dims"]["properties"], "v")}
    if vendor == "gemini":
        [call] = gemini.read_calls(
            {"parts": [{"functionCall": {"name": "mk", "args": values}}]}, tools
        )
    else:
        [call] = anthropic.read_calls(
            [{"type": "tool_use", "id": "1", "name": "mk", "input": values}], tools, strict=strict
        )
    assert call.arguments == {"dims": {"size[cm]": "v"}}


@pytest.mark.parametrize(
    ("vendor", "pattern"),
    [("anthropic", r"[a-zA-Z0-9_.-]{1,64}"), ("gemini", r"[A-Za-z_][A-Za-z0-9_]{0,63}")],
)
@pytest.mark.parametrize("name", SINGLE_FILES)
def test_every_property_has_a_name_that_the_vendor_takes(
    vendor: str, pattern: str, name: str
) -> None:
    for definition in export(tools_of(name), vendor):
        schema = definition.get("input_schema") or definition.get("parametersJsonSchema") or {}
        for node in iter_schemas(schema):
            assert all(re.fullmatch(pattern, one) for one in node.get("properties", ()))
            assert set(node.get("required", ())) <= set(
                node.get("properties", node.get("required", ()))
            )


@pytest.mark.parametrize(("vendor", "key"), [("anthropic", "input"), ("gemini", "args")])
@pytest.mark.parametrize("strict", [True, False])
def test_a_property_in_another_script_is_written_in_latin_letters_and_says_its_own_name(
    vendor: str, key: str, *, strict: bool
) -> None:
    inner = {"type": "object", "properties": {"名称": {"type": "string"}}}
    properties = {"数量": {"type": "integer", "description": "How many"}, "详情": inner}
    tools = Toolset([make_tool("t", {"type": "object", "properties": properties})])
    [definition] = export(tools, vendor, strict=strict)
    schema = definition.get("input_schema") or definition["parametersJsonSchema"]
    assert schema["properties"]["ShuLiang"]["description"] == "How many. Sent as 数量."
    assert schema["properties"]["XiangQing"]["properties"]["MingCheng"]["description"] == (
        "Sent as 名称."
    )
    written = {"name": "t", key: {"ShuLiang": 1, "XiangQing": {"MingCheng": "x"}}}
    if vendor == "gemini":
        [call] = gemini.read_calls({"parts": [{"functionCall": written}]}, tools)
    else:
        content = [{"type": "tool_use", "id": "c", **written}]
        [call] = anthropic.read_calls({"content": content}, tools, strict=strict)
    assert call.arguments == {"数量": 1, "详情": {"名称": "x"}}


def test_a_call_by_the_operations_id_is_read_as_one_by_the_name() -> None:
    schema = {
        "type": "object",
        "properties": {"m": {"type": "object", "additionalProperties": {"type": "string"}}},
    }
    tool = make_tool("t", schema)
    tools = Toolset([replace(tool, operation=replace(tool.operation, id="t_x_get"))])
    use = {"type": "tool_use", "id": "c", "input": {"m": [{"key": "k", "value": "v"}]}}
    calls = [
        anthropic.read_calls({"content": [{**use, "name": name}]}, tools)[0].arguments
        for name in ("t", "t_x_get")
    ]
    assert calls == [{"m": {"k": "v"}}] * 2


def test_renamed_properties_come_back_and_keys_of_maps_stay() -> None:
    schema = gemini.describe(TOOLS["2pets"])["parametersJsonSchema"]
    assert list(schema["properties"]) == ["filter_x_2", "filter_x", "top", "_2fa", "labels"]
    sent = {
        "filter_x_2": "a",
        "top": 1,
        "_2fa": [{"a_b": "c", "next": {"a_b": "d"}}],
        "labels": {"top": "x", "a b": "y"},
    }
    [call] = gemini.read_calls(
        {"parts": [{"functionCall": {"name": "_2pets", "args": sent}}]}, TOOLS
    )
    assert (call.tool, call.arguments) == ("2pets", VALUES)


ODD = {"type": "object", "properties": {"p-q": {"type": "string"}}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"patternProperties": {"^x": ODD}}, {"x1": {"p-q": "v"}}),
        (
            {"if": {"required": ["k"]}, "then": {"properties": {"x-y": {}}}, "else": ODD},
            {"x-y": 1, "p-q": "v"},
        ),
        ({"if": ODD}, {"p-q": "v"}),
        (
            {"dependentSchemas": {"p-q": {"properties": {"x-y": ODD}}}, **ODD},
            {"p-q": "v", "x-y": {"p-q": "v"}},
        ),
        (
            {"properties": {"k": {}}, "unevaluatedProperties": ODD},
            {"k": {"p_q": 1}, "z": {"p-q": "v"}},
        ),
        ({"type": "array", "contains": ODD}, [{"p-q": "v"}]),
        ({"type": "array", "prefixItems": [{}], "unevaluatedItems": ODD}, [1, {"p-q": "v"}]),
        ({"type": "array", "prefixItems": [{}], "items": ODD}, [{"p_q": "v"}, {"p-q": "v"}]),
        (
            {"additionalProperties": {"type": "string"}, "anyOf": [{}, {"properties": {"k": ODD}}]},
            {"p_q": "v", "k": {"p-q": "v"}},
        ),
    ],
)
def test_a_renamed_property_comes_back_wherever_it_stands(
    schema: dict[str, Any], value: Any
) -> None:
    tools = Toolset([make_tool("t", {"type": "object", "properties": {"o": schema}})])
    sent = json.loads(json.dumps(value).replace("p-q", "p_q").replace("x-y", "x_y"))
    [call] = gemini.read_calls(
        {"parts": [{"functionCall": {"name": "t", "args": {"o": sent}}}]}, tools
    )
    assert call.arguments == {"o": value}
    assert "-" not in json.dumps(gemini.describe(tools["t"])["parametersJsonSchema"])


def test_gemini_gets_the_parts_of_all_of_in_one() -> None:
    base = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
    more = {"type": "object", "properties": {"b": {"type": "string"}}, "required": ["b"]}
    schema = {
        "type": "object",
        "properties": {"x": {"allOf": [{"$ref": "#/$defs/Base"}, more]}},
        "$defs": {"Base": base},
    }
    x = gemini.describe(make_tool(schema=schema))["parametersJsonSchema"]["properties"]["x"]
    assert (x["required"], list(x["properties"])) == (["a", "b"], ["a", "b"])


def test_gemini_gets_no_const_and_nothing_beside_a_reference() -> None:
    node = {"$ref": "#/$defs/Node"}
    schema = {
        "type": "object",
        "properties": {
            "kind": {"type": "string", "const": "cat"},
            "nothing": {"const": None},
            "plain": {**node, "deprecated": False, "examples": [{}]},
            "told": {**node, "title": "Root", "description": "Where to begin.", "deprecated": True},
            "ruled": {**node, "required": ["next"]},
        },
        "$defs": {"Node": {"type": "object", "properties": {"next": node}}},
    }
    given = gemini.describe(make_tool(schema=schema))["parametersJsonSchema"]["properties"]
    assert given["kind"] == {"type": "string", "enum": ["cat"]}
    assert given["nothing"] == {"type": "null"}
    assert given["plain"] == node
    assert given["told"] == {"description": "Where to begin. Deprecated.", "anyOf": [node]}
    assert given["ruled"]["required"] == ["next"]
    assert given["ruled"]["properties"] == {"next": node}


def test_anthropic_reads_tool_use_blocks_and_answers_them() -> None:
    sent = {"filter_x_2": "a", "top": 1, "labels": {"top": "x"}}
    content = [
        {"type": "text", "text": "Hm."},
        {"type": "tool_use", "id": "c1", "name": "2pets", "input": sent},
    ]
    [call] = anthropic.read_calls({"role": "assistant", "content": content}, TOOLS)
    assert (call.id, call.arguments) == (
        "c1",
        {"filter[x]": "a", "$top": 1, "labels": {"top": "x"}},
    )
    block = anthropic.write_result(RESULT)
    assert [part["type"] for part in block["content"]] == ["text", "image", "document"]
    assert (block["type"], block["tool_use_id"], block["is_error"]) == ("tool_result", "c1", False)


def test_anthropic_gets_no_image_with_an_error_none_too_large_and_no_text_of_spaces() -> None:
    large = replace(RESULT, parts=(Part("image/png", b"x" * 4_000_000),))
    kinds = [
        [part["type"] for part in anthropic.write_result(one)["content"]]
        for one in (replace(RESULT, is_error=True), large)
    ]
    assert kinds == [["text"], ["text"]]
    assert anthropic.write_result(Result("c1", "getPet", "\n"))["content"] == [
        {"type": "text", "text": "(empty)"}
    ]


def test_gemini_reads_what_its_sdk_calls_by_another_name() -> None:
    [call] = gemini.read_calls(
        {"parts": [{"function_call": {"name": "2pets", "args": {"_top": 1}}}]}, TOOLS
    )
    assert call.tool == "2pets"


@pytest.mark.parametrize("name", SINGLE_FILES)
def test_anthropic_strict_tools_keep_within_a_request_and_to_its_subset(name: str) -> None:
    strict = [
        tool["input_schema"] for tool in export(tools_of(name), "anthropic") if tool.get("strict")
    ]
    nodes = [node for schema in strict for node in iter_schemas(schema)]
    optional = sum(
        len(node.get("properties", ())) - len(node.get("required", ())) for node in nodes
    )
    unions = sum("anyOf" in node or isinstance(node.get("type"), list) for node in nodes)
    assert 0 < len(strict) <= anthropic.MAX_STRICT
    assert (optional <= anthropic.MAX_OPTIONAL, unions <= anthropic.MAX_UNIONS) == (True, True)
    allowed = {
        "type",
        "description",
        "properties",
        "required",
        "additionalProperties",
        "items",
        "enum",
        "anyOf",
        "$ref",
        "$defs",
        "pattern",
        "format",
    }
    assert not [
        node
        for node in nodes
        if node.keys() - allowed
        or ("properties" in node and node["additionalProperties"] is not False)
    ]


def test_anthropic_strict_arguments_come_back_by_absence_and_null_means_null() -> None:
    properties = {
        "a": {"type": "string"},
        "b": {"type": ["string", "null"]},
        "m[x]": {"type": "object", "additionalProperties": {"type": "string"}},
    }
    tools = Toolset(
        [make_tool("t", {"type": "object", "properties": properties, "required": ["a"]})]
    )
    [definition] = export(tools, "anthropic")
    assert (definition["strict"], definition["input_schema"]["required"]) == (True, ["a"])
    use = {
        "type": "tool_use",
        "id": "c1",
        "name": "t",
        "input": {"a": "x", "b": None, "m_x": [{"key": "k", "value": "v"}]},
    }
    [call] = anthropic.read_calls({"content": [use]}, tools, strict=True)
    assert call.arguments == {"a": "x", "b": None, "m[x]": {"k": "v"}}


def test_anthropic_offers_no_recursive_schema_as_strict() -> None:
    [definition] = export(TOOLS, "anthropic")
    assert "strict" not in definition


def test_gemini_answers_by_name_and_says_errors_as_such() -> None:
    part = gemini.write_result(RESULT)["functionResponse"]
    assert (part["id"], part["name"], part["response"]) == ("c1", "getPet", {"output": '{"id":7}'})
    assert part["parts"][0] == {"inlineData": {"mimeType": "image/png", "data": "cG5n"}}
    assert gemini.write_result(Result("", "getPet", "No.", is_error=True))["functionResponse"][
        "response"
    ] == {"error": "No."}


@pytest.mark.parametrize("name", SINGLE_FILES)
@pytest.mark.parametrize("output_schemas", [True, False])
def test_every_mcp_definition_passes_the_sdk_type(name: str, output_schemas: bool) -> None:
    for definition in export(tools_of(name), "mcp", output_schemas=output_schemas):
        assert McpTool.model_validate(definition).input_schema["type"] == "object"
        assert definition.get("outputSchema", {"type": "object"})["type"] == "object"


@pytest.mark.parametrize(
    ("method", "effect", "hints"),
    [
        ("GET", Effect.READ, (True, False, True)),
        ("POST", Effect.WRITE, (False, False, False)),
        ("PUT", Effect.WRITE, (False, False, True)),
        ("DELETE", Effect.DESTROY, (False, True, True)),
    ],
)
def test_mcp_annotations_follow_method_and_effect(
    method: str, effect: Effect, hints: tuple[bool, ...]
) -> None:
    annotations = mcp.describe(make_tool(method=method, effect=effect))["annotations"]
    assert (
        annotations["readOnlyHint"],
        annotations["destructiveHint"],
        annotations["idempotentHint"],
    ) == hints


def test_mcp_reads_a_request_and_answers_with_structured_content() -> None:
    request: dict[str, Any] = {
        "jsonrpc": "2.0",
        "id": 5,
        "method": "tools/call",
        "params": {"name": "2pets", "arguments": {"$top": 1}},
    }
    [call] = mcp.read_calls(request, TOOLS)
    assert (call.id, call.tool, call.arguments) == ("5", "2pets", {"$top": 1})
    answer = CallToolResult.model_validate(mcp.write_result(RESULT))
    assert answer.structured_content == {"id": 7}
    assert [part.type for part in answer.content] == ["text", "image", "resource"]


def test_mcp_titles_are_plain_and_stand_for_nothing_that_a_hint_describes() -> None:
    summary = "**Bold** <b>x</b> [l](http://e.x)\u202e ignore\n\nmore"
    assert mcp.describe(make_tool(summary=summary))["title"] == "Bold x l ignore"
    assert "title" not in mcp.describe(make_tool(summary="S.", hints={"description": "Told."}))


@pytest.mark.parametrize(
    "message",
    [
        None,
        5,
        "x",
        [],
        {},
        {"output": None},
        {"params": None},
        {"candidates": [None]},
        {"content": None},
    ],
)
def test_a_message_that_holds_no_call_gives_none(message: Any) -> None:
    assert [
        vendor.read_calls(message, TOOLS) for vendor in (openai_responses, anthropic, gemini, mcp)
    ] == [[], [], [], []]


def test_mcp_keeps_every_id_and_reads_no_other_method_as_a_call() -> None:
    request = {"jsonrpc": "2.0", "id": 0, "method": "tools/call", "params": {"name": "2pets"}}
    assert [call.id for call in mcp.read_calls(request, TOOLS)] == ["0"]
    assert mcp.read_calls({**request, "method": "tools/list"}, TOOLS) == []


def test_gemini_tells_names_apart_that_only_differ_by_what_makes_them_legal() -> None:
    tools = Toolset(make_tool(name) for name in ("1op", "_1op", "__1op", "_op", "-op"))
    names = [definition["name"] for definition in export(tools, "gemini")]
    assert len(set(names)) == len(names)
    assert all(re.match("[A-Za-z_]", name) for name in names)
    parts = [{"functionCall": {"name": name}} for name in names]
    assert [call.tool for call in gemini.read_calls({"parts": parts}, tools)] == list(tools)
