"""A discriminator tells a model which value picks which schema, and never leaves a schema that nothing can fit."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools


def body(schemas: dict[str, Any], **discriminator: Any) -> dict[str, Any]:
    names = [name for name in schemas if name not in {"Kind", "Base"}]
    union = {
        "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in names],
        "discriminator": {"propertyName": "kind", **discriminator},
    }
    operation = {"operationId": "add", "requestBody": {"content": {"application/json": {"schema": union}}}, "responses": {}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/x": {"post": operation}},
        "components": {"schemas": schemas},
    }
    return build_tools(load(document))["add"].schema


def variant(kind: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"kind": kind}, "required": ["kind"]}


BASE = {"Kind": {"type": "string", "enum": ["cat", "dog"]}, "Base": variant({"$ref": "#/components/schemas/Kind"})}


CHILD = {"allOf": [{"$ref": "#/components/schemas/Base"}]}


@pytest.mark.parametrize(
    "schemas",
    [
        {"TheCat": variant({"const": "cat"}), "TheDog": variant({"const": "dog"})},
        {"TheCat": variant({"type": "string", "enum": ["cat"]}), "TheDog": variant({"enum": ["dog"]})},
        {
            **BASE,
            "TheCat": {"allOf": [{"$ref": "#/components/schemas/Base"}]},
            "TheDog": {"allOf": [{"$ref": "#/components/schemas/Base"}]},
        },
    ],
)
def test_what_a_schema_says_itself_wins_over_its_name(schemas: dict[str, Any]) -> None:
    assert jsonschema_rs.is_valid(body(schemas), {"body": {"kind": "cat"}})


def test_a_value_that_its_schema_forbids_is_not_asked_for() -> None:
    schemas = {"Cat": variant({"enum": ["cat", "dog"]}), "Fox": variant({"enum": ["cat", "dog"]})}
    mapping = {"cat": "#/components/schemas/Cat", "fox": "#/components/schemas/Fox"}
    assert not jsonschema_rs.is_valid(body(schemas, mapping=mapping), {"body": {"kind": "fox"}})
    assert "'const': 'fox'" not in str(body(schemas, mapping=mapping))


def test_a_name_picks_where_the_schema_says_nothing() -> None:
    schema = body({"Cat": variant({"type": "string"}), "Dog": variant({"type": "string"})})
    assert jsonschema_rs.is_valid(schema, {"body": {"kind": "Cat"}})
    assert not jsonschema_rs.is_valid(schema, {"body": {"kind": "cow"}})
