"""Documents as sloppy authors write them: tools are made all the same, and right calls go
through."""

from __future__ import annotations

from typing import Any

import pytest

from openapi2tools import build_tools, connect, export, lint, load
from openapi2tools.errors import CallError
from openapi2tools.formats import anthropic
from openapi2tools.formats.export import report

STRING = {"type": "string"}
SCHEMAS = {
    "U": {"type": "object", "required": ["id"], "properties": {"id": STRING}},
    "V": {"type": "object", "properties": {"id": STRING, "n": STRING}},
}


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def api(
    schema: Any,
    schemas: dict[str, Any] | None = None,
    *,
    media_type: str = "application/json",
    server: Any = "http://x",
) -> Any:
    servers = [server if isinstance(server, dict) else {"url": server}]
    operation = {
        "operationId": "a",
        "responses": {},
        "requestBody": {"required": True, "content": {media_type: {"schema": schema}}},
    }
    paths = {"/a": {"post": operation}}
    info = {"title": "Sloppy", "version": "1"}
    return load(
        {
            "openapi": "3.1.0",
            "info": info,
            "servers": servers,
            "components": {"schemas": schemas or {}},
            "paths": paths,
        }
    )


def prepared(schema: Any, value: Any, schemas: dict[str, Any] | None = None) -> tuple[str, ...]:
    """Give the notes of a call with this value for a property of the body."""
    tools = build_tools(api({"type": "object", "properties": {"b": schema}}, schemas))
    return connect(tools).prepare("a", {"b": value}).notes


@pytest.mark.parametrize(
    ("value", "alternatives"),
    [
        ("a", [{"type": "datetime"}, STRING]),
        ("a", [{"type": "String"}, STRING]),
        ("a", [{"type": "any"}, STRING]),
        ("a", [{"type": "string", "enum": ["a"]}, {"type": "datetime"}]),
        ("a", [STRING, {"properties": {"a": {}}}]),
        (1, [{"type": "int"}, {"type": "integer"}]),
        (1, [{"type": "float"}, {"type": "integer"}]),
        (1, [{"type": ["string", "integer"]}, {"type": "int"}]),
    ],
)
def test_alternatives_that_overlap_once_they_are_read_refuse_nothing(
    value: Any, alternatives: list[Any]
) -> None:
    assert prepared({"oneOf": alternatives}, value) == ()


@pytest.mark.parametrize("discriminator", [{"mapping": {"u": "#/components/schemas/U"}}, {}, []])
def test_a_discriminator_that_picks_nothing_refuses_nothing(discriminator: Any) -> None:
    assert (
        prepared(
            {"oneOf": [ref("U"), ref("V")], "discriminator": discriminator}, {"id": "1"}, SCHEMAS
        )
        == ()
    )


def test_a_closed_schema_beside_a_reference_takes_what_the_reference_names() -> None:
    assert prepared({**ref("U"), "additionalProperties": False}, {"id": "1"}, SCHEMAS) == ()


@pytest.mark.parametrize("kind", [["string", "null"], {}, 1, None])
def test_a_file_of_an_odd_type_is_a_file(kind: Any) -> None:
    tools = build_tools(api({"type": kind}, media_type="application/octet-stream"))
    assert "path" in str(tools["a"].schema)


def test_names_that_stand_twice_are_written_once() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {}, "b": {}},
        "dependentRequired": {"a": ["b", "b"]},
    }
    with pytest.raises(CallError, match=r"b\.b: is missing"):
        prepared(schema, {"a": "1"})


@pytest.mark.parametrize("beside", [{}, {"allOf": [ref("C0"), {"properties": {"p": STRING}}]}])
def test_long_chains_of_references_end_nowhere(beside: dict[str, Any]) -> None:
    schemas = {
        f"C{i}": {"type": "object", "properties": {"a": ref(f"C{i + 1}")}} for i in range(230)
    }
    if beside:
        schemas = {
            f"C{i}": {"allOf": [ref(f"C{i + 1}"), {"properties": {"p": STRING}}]}
            for i in range(230)
        }
    assert len(export(build_tools(api(ref("C0"), schemas)))) == 1


def test_a_component_whose_fields_refine_it_is_not_joined_without_end() -> None:
    fields = {
        f"f{i}": {"allOf": [ref("N"), {"type": "object", "properties": {f"x{i}": STRING}}]}
        for i in range(12)
    }
    tools = build_tools(
        api(ref("N"), {"N": {"type": "object", "properties": {"id": STRING, **fields}}})
    )
    assert "schemas without end" in str(report(tools)[0].reasons)


def test_lint_follows_tangled_schemas_no_further_than_it_may() -> None:
    schemas = {
        f"C{i}": {
            "allOf": [
                ref(f"C{(i + 1) % 50}"),
                {"properties": {f"p{i}": ref(f"C{(5 * i + 2) % 50}")}},
            ]
        }
        for i in range(50)
    }
    assert lint(api(ref("C0"), schemas), standard=False).operations == 1


@pytest.mark.parametrize(
    "server", ["https://", "http:///x", "https://:80", "http://?x", "https://#f", "http://xn--zz-"]
)
def test_a_server_without_a_host_is_told(server: str) -> None:
    with pytest.raises(CallError, match=r"names no host.*server="):
        connect(build_tools(api({"type": "object"}, server=server))).prepare("a", {"body": {}})


def test_a_host_that_is_a_variable_without_a_value_is_asked_for() -> None:
    tools = build_tools(
        api({"type": "object"}, server={"url": "https://{h}", "variables": {"h": {"default": ""}}})
    )
    with pytest.raises(CallError, match="needs a value for h"):
        connect(tools).prepare("a", {"body": {}})


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": ""},
        {"type": "object", "allOf": True},
        {"type": "object", "allOf": 1.5},
    ],
)
def test_a_body_of_an_odd_schema_is_sent(schema: Any) -> None:
    assert (
        connect(build_tools(api(schema))).prepare("a", {"body": {"x": 1}}).request.content
        == b'{"x":1}'
    )


def test_a_property_without_a_name_comes_back() -> None:
    tools = build_tools(
        api(
            {
                "type": "object",
                "properties": {
                    "b": {"type": "object", "properties": {"": STRING}, "required": [""]}
                },
            }
        )
    )
    message = {
        "content": [{"type": "tool_use", "id": "1", "name": "a", "input": {"b": {"field": "x"}}}]
    }
    assert anthropic.read_calls(message, tools)[0].arguments == {"b": {"": "x"}}


def test_an_object_among_all_types_keeps_its_fields_in_strict_mode() -> None:
    schema = {
        "type": ["string", "number", "boolean", "object", "array"],
        "properties": {"x": STRING},
        "required": ["x"],
    }
    [tool] = export(build_tools(api({"type": "object", "properties": {"b": schema}})))
    branches = tool["function"]["parameters"]["properties"]["b"]["anyOf"]
    assert [branch["properties"] for branch in branches if branch["type"] == "object"] == [
        {"x": STRING}
    ]


def test_a_mistake_in_a_recursive_argument_is_told_at_once() -> None:
    tree = {
        "anyOf": [
            {"type": "object", "additionalProperties": ref("E")},
            {"type": "array", "items": ref("E")},
            {"type": "number"},
        ]
    }
    deep: Any = "x"
    for _ in range(20):
        deep = {"a": deep}
    with pytest.raises(CallError, match="expected"):
        prepared(ref("E"), deep, {"E": tree})
    assert prepared(ref("E"), {"a": {"b": "3"}}, {"E": tree}) == ('b.a.b: read "3" as 3.',)
    lists = {
        "anyOf": [
            {"type": "array", "items": ref("E")},
            {"type": "array", "items": ref("E"), "minItems": 2},
        ]
    }
    with pytest.raises(CallError, match="expected an array"):
        prepared(ref("E"), "x", {"E": lists})
