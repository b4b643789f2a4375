"""XML is named as the schema's `xml` objects say (OpenAPI 3.1.1, section 4.8.26; OpenAPI 3.2,
nodeType)."""

from __future__ import annotations

from typing import Any

import pytest

from openapi2tools.call.serialization import xml
from openapi2tools.call.serialization.body_schema import read_body_schema

STRINGS = {"type": "array", "items": {"type": "string"}}


def written(schema: dict[str, Any], value: Any, document: dict[str, Any] | None = None) -> str:
    text = xml.write(read_body_schema(schema, document or {}), value, document or {})
    return text.removeprefix('<?xml version="1.0" encoding="UTF-8"?>\n')


@pytest.mark.parametrize(
    ("animals", "content"),
    [
        (STRINGS, "<animals>a</animals><animals>b</animals>"),
        (
            {"type": "array", "items": {"type": "string", "xml": {"name": "animal"}}},
            "<animal>a</animal><animal>b</animal>",
        ),
        (
            {
                "type": "array",
                "items": {"type": "string", "xml": {"name": "animal"}},
                "xml": {"name": "aliens"},
            },
            "<animal>a</animal><animal>b</animal>",
        ),
        (
            {**STRINGS, "xml": {"wrapped": True}},
            "<animals><animals>a</animals><animals>b</animals></animals>",
        ),
        (
            {
                "type": "array",
                "items": {"type": "string", "xml": {"name": "animal"}},
                "xml": {"name": "aliens", "wrapped": True},
            },
            "<aliens><animal>a</animal><animal>b</animal></aliens>",
        ),
        (
            {**STRINGS, "xml": {"name": "aliens", "wrapped": True}},
            "<aliens><aliens>a</aliens><aliens>b</aliens></aliens>",
        ),
        (
            {**STRINGS, "xml": {"nodeType": "element"}},
            "<animals><animals>a</animals><animals>b</animals></animals>",
        ),
    ],
)
def test_arrays_are_wrapped_and_named_as_the_standard_shows(
    animals: dict[str, Any], content: str
) -> None:
    schema = {"type": "object", "xml": {"name": "zoo"}, "properties": {"animals": animals}}
    assert written(schema, {"animals": ["a", "b"]}) == f"<zoo>{content}</zoo>"


def test_names_attributes_prefixes_and_namespaces() -> None:
    person = {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "xml": {"attribute": True}},
            "name": {
                "type": "string",
                "xml": {"namespace": "https://example.com/schema/sample", "prefix": "sample"},
            },
            "note": {"type": "string", "xml": {"namespace": "https://example.com/note"}},
        },
    }
    document = {"components": {"schemas": {"Person": person}}}
    text = written(
        {"$ref": "#/components/schemas/Person"}, {"id": 7, "name": "A & B", "note": "<"}, document
    )
    assert text == (
        '<Person id="7">'
        '<sample:name xmlns:sample="https://example.com/schema/sample">A &amp; B</sample:name>'
        '<note xmlns="https://example.com/note">&lt;</note></Person>'
    )


def test_nested_objects_join_their_parts() -> None:
    schema = {
        "xml": {"name": "order"},
        "allOf": [
            {
                "properties": {
                    "item": {"type": "object", "properties": {"sku": {"xml": {"name": "SKU"}}}}
                }
            },
            {"properties": {"paid": {"type": "boolean"}}},
        ],
    }
    assert (
        written(schema, {"item": {"sku": "x"}, "paid": True})
        == "<order><item><SKU>x</SKU></item><paid>true</paid></order>"
    )


def test_node_types_write_text_and_cdata() -> None:
    schema = {
        "type": "object",
        "xml": {"name": "doc"},
        "properties": {
            "lang": {"xml": {"nodeType": "attribute"}},
            "body": {"xml": {"nodeType": "cdata"}},
            "t": {"xml": {"nodeType": "text"}},
        },
    }
    assert written(schema, {"lang": 'e"n', "t": "<", "body": "a]]>b"}) == (
        "<doc lang='e\"n'>&lt;<![CDATA[a]]]]><![CDATA[>b]]></doc>"
    )


def test_a_node_of_no_type_leaves_its_content_to_the_node_around_it() -> None:
    inner = {
        "type": "object",
        "xml": {"nodeType": "none"},
        "properties": {"id": {"xml": {"attribute": True}}},
    }
    schema = {
        "type": "object",
        "xml": {"name": "a"},
        "properties": {"in": inner, "n": {"xml": {"nodeType": "none"}}},
    }
    assert written(schema, {"in": {"id": 1, "b": 2}, "n": None}) == '<a id="1"><b>2</b></a>'
    rows = {"type": "array", "items": inner}
    assert written(
        {"type": "object", "xml": {"name": "a"}, "properties": {"rows": rows}},
        {"rows": [{"b": 1}, {"b": 2}]},
    ) == ("<a><b>1</b><b>2</b></a>")


def test_a_property_may_be_named_with_a_prefix() -> None:
    schema = {
        "type": "object",
        "xml": {"name": "e:a"},
        "properties": {"xmlns:e": {"xml": {"attribute": True}}},
    }
    assert (
        written(schema, {"xmlns:e": "urn:e", "e:b": 1}) == '<e:a xmlns:e="urn:e"><e:b>1</e:b></e:a>'
    )


def test_null_is_nil_and_a_root_array_has_its_items() -> None:
    assert written({"type": "object", "xml": {"name": "a"}}, {"b": None}) == (
        '<a><b xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"/></a>'
    )
    schema = {
        "type": "array",
        "xml": {"name": "pets", "wrapped": True},
        "items": {"type": "string", "xml": {"name": "pet"}},
    }
    assert written(schema, ["a", "b"]) == "<pets><pet>a</pet><pet>b</pet></pets>"


@pytest.mark.parametrize(
    "value",
    [{"a b": 1}, {"a": "\x01"}, {"<x>": 1}, {"1st": 1}, {"a:1": 1}, {":a": 1}, {"cdata": "\x01"}],
)
def test_what_xml_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="XML"):
        written({"type": "object", "properties": {"cdata": {"xml": {"nodeType": "cdata"}}}}, value)
