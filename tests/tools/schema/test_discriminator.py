"""A discriminator tells a model which value picks which schema.

It never leaves a schema that nothing can fit.
"""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from openapi2tools.spec.load import load
from openapi2tools.tools.arguments.check import check_arguments
from openapi2tools.tools.build import build_tools
from openapi2tools.tools.strict.converter import to_strict, value_to_strict
from tests.support.apis import json_body, reference, tool_of


def body(schemas: dict[str, Any], **discriminator: Any) -> dict[str, Any]:
    names = [name for name in schemas if name not in {"Kind", "Base"}]
    union = {
        "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in names],
        "discriminator": {"propertyName": "kind", **discriminator},
    }
    operation = {
        "operationId": "add",
        "requestBody": {"content": {"application/json": {"schema": union}}},
        "responses": {},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/x": {"post": operation}},
        "components": {"schemas": schemas},
    }
    return build_tools(load(document))["add"].schema


def variant(kind: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {"kind": kind}, "required": ["kind"]}


BASE = {
    "Kind": {"type": "string", "enum": ["cat", "dog"]},
    "Base": variant({"$ref": "#/components/schemas/Kind"}),
}


CHILD = {"allOf": [{"$ref": "#/components/schemas/Base"}]}


@pytest.mark.parametrize(
    "schemas",
    [
        {"TheCat": variant({"const": "cat"}), "TheDog": variant({"const": "dog"})},
        {
            "TheCat": variant({"type": "string", "enum": ["cat"]}),
            "TheDog": variant({"enum": ["dog"]}),
        },
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


# --- base classes ---


PET = {
    "type": "object",
    "required": ["kind"],
    "properties": {"kind": {"type": "string"}, "friend": reference("Pet")},
}
CAT = {
    "allOf": [
        reference("Pet"),
        {"type": "object", "required": ["lives"], "properties": {"lives": {"type": "integer"}}},
    ]
}


def reference_to(name: str) -> dict[str, str]:
    return {"$ref": f"#/$defs/{name}"}


def family(discriminator: dict[str, Any] | None = None, **schemas: Any) -> Any:
    """Give the tool of a body that is a pet."""
    pet = {**PET, "discriminator": {"propertyName": "kind", **(discriminator or {})}}
    return tool_of(json_body(reference("Pet")), {"Pet": pet, "Cat": CAT, **schemas})


def test_a_base_class_takes_what_is_built_on_it_wherever_it_stands() -> None:
    tool = family()
    cat = {
        "kind": "Cat",
        "lives": 9,
        "friend": {"kind": "Cat", "lives": 1, "friend": {"kind": "Pet"}},
    }
    assert check_arguments(tool, {"body": cat}).faults == ()
    assert check_arguments(tool, {"body": {"kind": "Cat"}}).faults == (
        "body.lives: is missing, an integer.",
    )
    strict = to_strict(tool.schema).schema
    assert strict is not None
    assert jsonschema_rs.is_valid(strict, value_to_strict(tool.schema, {"body": cat}))


def test_a_mapping_says_which_classes_a_value_may_be_of() -> None:
    middle = {"allOf": [reference("Pet")], "properties": {"tame": {"type": "boolean"}}}
    dog = {"allOf": [reference("Middle"), {"properties": {"barks": {"type": "boolean"}}}]}
    tool = family(
        {"mapping": {"cat": "Cat", "dog": "#/components/schemas/Dog"}}, Middle=middle, Dog=dog
    )
    assert tool.schema["$defs"]["Pet"] == {"anyOf": [reference_to("Cat"), reference_to("Dog")]}
    assert (
        check_arguments(tool, {"body": {"kind": "dog", "tame": True, "barks": True}}).faults == ()
    )


def test_a_class_between_stands_for_itself_and_what_is_built_on_it() -> None:
    kitten = {"allOf": [reference("Cat"), {"properties": {"weeks": {"type": "integer"}}}]}
    owner = {"type": "object", "properties": {"cat": reference("Cat")}}
    pet = {**PET, "discriminator": {"propertyName": "kind"}}
    tool = tool_of(json_body(owner), {"Pet": pet, "Cat": CAT, "Kitten": kitten})
    assert check_arguments(tool, {"cat": {"kind": "Kitten", "lives": 9, "weeks": 3}}).faults == ()
    assert check_arguments(tool, {"cat": {"kind": "Cat", "lives": 9}}).faults == ()
    assert check_arguments(tool, {"cat": {"kind": "Pet"}}).faults


def test_a_lone_all_of_is_a_value_with_words_beside() -> None:
    schema = {
        "type": "object",
        "properties": {"pet": {"allOf": [reference("Pet")], "description": "Whom it is for."}},
    }
    tool = tool_of(
        json_body(schema),
        {"Pet": {**PET, "discriminator": {"propertyName": "kind"}}, "Cat": CAT},
        "3.0",
    )
    assert tool.schema["properties"]["pet"] == {
        **reference_to("Pet"),
        "description": "Whom it is for.",
    }


def test_what_a_child_says_of_its_kind_itself_wins() -> None:
    dog = {"allOf": [reference("Pet"), {"properties": {"kind": {"enum": ["dog"]}}}]}
    fox = {
        "allOf": [reference("Pet")],
        "properties": {"kind": {"type": "string", "description": "Fox, in full."}},
    }
    tool = family(Dog=dog, Fox=fox)
    assert (
        check_arguments(tool, {"body": {"kind": "dog"}}).faults
        == check_arguments(tool, {"body": {"kind": "Fox"}}).faults
        == ()
    )
    assert tool.schema["$defs"]["Fox"]["properties"]["kind"] == {
        "type": "string",
        "description": "Fox, in full.",
        "const": "Fox",
    }


def test_a_base_class_may_declare_its_property_in_a_part() -> None:
    pet = {
        "allOf": [{"type": "object", "properties": {"kind": {"type": "string"}}}],
        "discriminator": {"propertyName": "kind"},
    }
    tool = tool_of(json_body(reference("Pet")), {"Pet": pet, "Cat": CAT})
    assert tool.schema["$defs"]["Cat"]["properties"] == {"kind": {"const": "Cat"}}


# --- alternatives that may overlap ---


OPEN = {"type": "object", "properties": {"kind": {"type": "string"}}}
KINDS = {
    "Cat": {**OPEN, "title": "C"},
    "Dog": {**OPEN, "title": "D"},
    "Any": {"oneOf": [reference("Cat"), reference("Dog")]},
}


@pytest.mark.parametrize(
    "alternatives",
    [
        [
            {**reference("Cat"), "description": "A cat."},
            {**reference("Dog"), "description": "A dog."},
        ],
        [{"allOf": [reference("Cat")]}, {"allOf": [reference("Dog")]}],
        [KINDS["Cat"], KINDS["Dog"]],
        [reference("Cat"), reference("Any")],
    ],
)
def test_what_fits_several_alternatives_is_not_refused(alternatives: list[Any]) -> None:
    schema = {
        "type": "object",
        "properties": {"pet": {"oneOf": alternatives, "discriminator": {"propertyName": "kind"}}},
    }
    assert check_arguments(tool_of(json_body(schema), KINDS), {"pet": {"kind": "Cat"}}).faults == ()


def test_alternatives_that_are_short_or_described_have_their_value_too() -> None:
    schemas = {"Cat": {"type": "object"}, "Dog": OPEN}
    one_of = {
        "oneOf": [reference("Cat"), {**reference("Dog"), "description": "A dog."}],
        "discriminator": {"propertyName": "kind"},
    }
    schema = tool_of(json_body({"type": "object", "properties": {"pet": one_of}}), schemas).schema[
        "properties"
    ]["pet"]
    assert [branch["properties"] for branch in schema["oneOf"]] == [
        {"kind": {"const": "Cat"}},
        {"kind": {"const": "Dog"}},
    ]


def test_a_hidden_kind_stays_hidden() -> None:
    hidden = {
        "type": "object",
        "properties": {"kind": {"type": "string", "readOnly": True}, "name": {"type": "string"}},
    }
    one_of = {
        "oneOf": [reference("Cat"), reference("Dog")],
        "discriminator": {"propertyName": "kind"},
    }
    tool = tool_of(
        json_body({"type": "object", "properties": {"pet": one_of}}), {"Cat": hidden, "Dog": hidden}
    )
    assert "kind" not in str(tool.schema)
    assert check_arguments(tool, {"pet": {"name": "Tom"}}).faults == ()


def test_what_no_mapping_names_picks_the_default() -> None:
    mapping = {"mapping": {"cat": "Cat"}, "defaultMapping": "#/components/schemas/Other"}
    schema = body({"Cat": OPEN, "Other": {**OPEN, "title": "O"}}, **mapping)
    cat, other = schema["properties"]["body"]["anyOf"]
    assert (cat["properties"], cat["required"]) == ({"kind": {"const": "cat"}}, ["kind"])
    assert other == {"$ref": "#/$defs/Other"}
    mapping["mapping"] = {"cat": "Cat", "other": "Other"}
    cat, other = body({"Cat": OPEN, "Other": {**OPEN, "title": "O"}}, **mapping)["properties"][
        "body"
    ]["oneOf"]
    assert other == {"$ref": "#/$defs/Other", "properties": {"kind": {"const": "other"}}}


@pytest.mark.parametrize("default", ["Dog", "Pet"])
def test_a_base_class_with_a_default_takes_every_value(default: str) -> None:
    discriminator = {"propertyName": "kind", "mapping": {"cat": "Cat"}, "defaultMapping": default}
    child = {
        "allOf": [reference("Pet"), {"type": "object", "properties": {"name": {"type": "string"}}}]
    }
    schemas = {"Pet": {**OPEN, "discriminator": discriminator}, "Cat": child, "Dog": child}
    tool = tool_of(
        json_body(
            {"type": "object", "properties": {"pet": reference("Pet"), "cat": reference("Cat")}}
        ),
        schemas,
        dialect="3.2",
    )
    for pet in ({"kind": "cat"}, {"kind": "emu"}, {}):
        assert jsonschema_rs.is_valid(tool.schema, {"pet": pet})
    assert not jsonschema_rs.is_valid(tool.schema, {"cat": {"kind": "emu"}})


@pytest.mark.parametrize(("kind", "values"), [("integer", [1, 2]), ("boolean", [True, False])])
def test_the_values_are_of_the_propertys_type(kind: str, values: list[Any]) -> None:
    schemas = {
        "A": variant({"type": kind}),
        "B": variant(reference("T")),
        "T": {"type": [kind, "null"]},
    }
    one_of = {"oneOf": [reference("A"), reference("B")]}
    mapping = {str(value).lower(): name for value, name in zip(values, "AB", strict=True)}
    tool = tool_of(
        json_body({**one_of, "discriminator": {"propertyName": "kind", "mapping": mapping}}),
        schemas,
    )
    assert [
        branch["properties"]["kind"]["const"]
        for branch in tool.schema["properties"]["body"]["oneOf"]
    ] == values
    named = tool_of(json_body({**one_of, "discriminator": {"propertyName": "kind"}}), schemas)
    # no schema's name is a value
    assert jsonschema_rs.is_valid(named.schema, {"body": {"kind": values[1]}})


def test_an_alternative_that_cannot_hold_the_property_is_not_asked_for_it() -> None:
    closed = {
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "additionalProperties": False,
    }
    schema = body(
        {
            "Cat": {**closed, "title": "C"},
            "Dog": {**closed, "required": ["kind"]},
            "Emu": {**closed, **variant({})},
        }
    )
    cat, *others = schema["properties"]["body"]["anyOf"]
    assert cat == {"$ref": "#/$defs/Cat"}
    assert [branch["properties"]["kind"] for branch in others] == [
        {"const": "Dog"},
        {"const": "Emu"},
    ]
