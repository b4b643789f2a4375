"""A schema of any dialect becomes JSON Schema 2020-12 that says the same."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi2tools.model import Api
from openapi2tools.spec.load import load
from openapi2tools.tools.schema.convert import Schemas, output_schema
from tests.support.apis import document, json_body, reference, tool_of, translated

PET = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string"},
        "secret": {"type": "string", "writeOnly": True},
    },
}
STRING = {"type": "string"}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ({"type": "string", "nullable": False}, STRING),
        (
            {"type": "string", "nullable": True, "enum": ["a"]},
            {"type": ["string", "null"], "enum": ["a", None]},
        ),
        (
            {"nullable": True, "anyOf": [STRING, {"type": "object"}]},
            {"anyOf": [STRING, {"type": "object"}, {"type": "null"}]},
        ),
        (
            {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
            {"type": "integer", "exclusiveMinimum": 1},
        ),
        (
            {"type": "integer", "maximum": 9, "exclusiveMaximum": False},
            {"type": "integer", "maximum": 9},
        ),
        ({"type": "integer", "example": 7}, {"type": "integer", "examples": [7]}),
        ({"type": "string", "xml": {"name": "n"}, "externalDocs": {"url": "u"}, "x-y": 1}, STRING),
        ({"type": "file"}, STRING),
        ({"type": "array"}, {"type": "array", "items": {}}),
        ({"type": "object", "additionalProperties": True}, {"type": "object"}),
        (
            {"type": "object", "additionalProperties": STRING},
            {"type": "object", "additionalProperties": STRING},
        ),
        (
            {"type": "string", "deprecated": True, "format": "date"},
            {"type": "string", "deprecated": True, "format": "date"},
        ),
        ({}, {}),
    ],
)
def test_openapi_3_0_becomes_2020_12(raw: Any, expected: Any) -> None:
    assert translated(raw, dialect="3.0") == expected


@pytest.mark.parametrize(
    "raw",
    [
        {"type": ["string", "null"], "minLength": 2},
        {"const": "cat"},
        {"type": "integer", "exclusiveMinimum": 1},
        {"type": "array", "prefixItems": [STRING, {"type": "integer"}], "items": False},
        {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
        {
            "type": "object",
            "patternProperties": {"^a": STRING},
            "propertyNames": {"maxLength": 3},
            "additionalProperties": False,
        },
        {"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}},
        {
            "type": "object",
            "dependentRequired": {"a": ["b"]},
            "dependentSchemas": {"a": {"minProperties": 2}},
        },
        {"not": {"type": "null"}, "default": {"a": [1]}},
    ],
)
def test_openapi_3_1_stays_as_it_is(raw: Any) -> None:
    assert translated(raw) == raw


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"type": "int"}, {"type": "integer"}),
        ({"type": "datetime"}, {"type": "string", "format": "date-time"}),
        ({"type": "String"}, STRING),
        ({"type": None, "description": "d"}, {"description": "d"}),
        ({"type": "string", "enum": None}, STRING),
        (
            {"type": "string", "enum": [1, True, "x"]},
            {"type": "string", "enum": ["1", "true", "x"]},
        ),
        ({"type": "integer", "enum": ["1", "2"]}, {"type": "integer", "enum": [1, 2]}),
        (
            {"type": "array", "items": STRING, "enum": ["a"]},
            {"type": "array", "items": {"type": "string", "enum": ["a"]}},
        ),
        ({"type": "integer", "minimum": "3", "maximum": "many"}, {"type": "integer", "minimum": 3}),
        ({"type": "string", "minLength": 0, "maxLength": -1}, STRING),
        ({"type": "object", "properties": None}, {"type": "object"}),
        ({"type": "object", "required": "a"}, {"type": "object", "required": ["a"]}),
        (
            {"type": "object", "properties": {"a": {"required": True}}},
            {"type": "object", "properties": {"a": {}}, "required": ["a"]},
        ),
        (
            {"type": "array", "items": [STRING], "additionalItems": False},
            {"type": "array", "prefixItems": [STRING], "items": False},
        ),
        ({"type": "integer", "default": "10"}, {"type": "integer", "default": 10}),
        ({"type": "integer", "default": "ten"}, {"type": "integer"}),
        ({"type": "number", "maximum": 10**40}, {"type": "number", "maximum": 1e40}),
        ({"type": "string", "enum": ["a", "a", "b"]}, {"type": "string", "enum": ["a", "b"]}),
    ],
)
def test_what_documents_get_wrong_is_read_as_it_was_meant(raw: Any, expected: Any) -> None:
    assert translated(raw, dialect="3.0") == expected


def test_an_unknown_type_leaves_the_schema_open_and_is_reported() -> None:
    schemas = Schemas(load(document()))
    assert schemas.convert({"type": "gizmo"}, "/here").schema == {}
    assert [(p.kind, p.pointer) for p in schemas.problems] == [("unknown-type", "/here")]


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        (r"\A[a-z]+\Z", "^[a-z]+$"),
        ("/^a$/", "^a$"),
        ("(?P<year>x)", "(?<year>x)"),
        (r"^[\w-.]+$", r"^[\w\-.]+$"),
    ],
)
def test_patterns_of_other_languages_are_translated(written: str, pattern: str) -> None:
    assert translated({"type": "string", "pattern": written}) == {
        "type": "string",
        "pattern": pattern,
    }


def test_a_pattern_that_no_validator_compiles_becomes_words() -> None:
    assert translated({"type": "string", "pattern": "[a-"}) == {
        "type": "string",
        "description": 'Pattern: "[a-"',
    }


def test_properties_may_be_called_like_keywords() -> None:
    properties = dict.fromkeys(
        ("$ref", "example", "nullable", "readOnly", "x-y", "discriminator", "type"), STRING
    )
    assert (
        translated({"type": "object", "properties": properties}, dialect="3.0")["properties"]
        == properties
    )


def test_read_only_properties_leave_inputs_and_write_only_ones_outputs() -> None:
    assert translated(PET)["required"] == ["name"]
    assert list(translated(PET)["properties"]) == ["name", "secret"]
    assert list(translated(PET, direction="output")["properties"]) == ["id", "name"]


def test_a_component_that_is_read_only_hides_the_property_that_refers_to_it() -> None:
    schemas = {"Id": {"type": "integer", "readOnly": True}, "Wrapped": {"allOf": [reference("Id")]}}
    raw = {
        "type": "object",
        "required": ["a", "c"],
        "properties": {"a": reference("Id"), "b": reference("Wrapped"), "c": STRING},
    }
    assert translated(raw, schemas) == {
        "type": "object",
        "required": ["c"],
        "properties": {"c": STRING},
    }


def test_what_one_member_of_all_of_hides_is_hidden_in_all_of_them() -> None:
    base = {
        "type": "object",
        "required": ["id"],
        "properties": {
            "id": {"type": "integer"},
            "size": {"type": "integer", "description": "x" * 99},
        },
    }
    raw = {"allOf": [reference("Base"), {"properties": {"id": {"readOnly": True}, "new": STRING}}]}
    schema = translated(raw, {"Base": base})
    assert "required" not in str(schema)
    assert [list(member["properties"]) for member in schema["allOf"]] == [["size"], ["new"]]


def test_alternatives_do_not_require_what_is_hidden() -> None:
    raw = {
        "type": "object",
        "properties": {"id": {"readOnly": True}, "name": STRING},
        "anyOf": [{"required": ["id"]}, {"required": ["name"]}],
    }
    assert translated(raw)["anyOf"] == [{}, {"required": ["name"]}]


READ_ONLY = {"type": "string", "readOnly": True}


def test_what_is_hidden_counts_for_no_other_rule() -> None:
    properties = {"a": STRING, "id": {"readOnly": True}, "at": {"readOnly": True}}
    asked = {"properties": {"a": {"const": "x"}}, "required": ["a"]}
    raw = {
        "properties": properties,
        "minProperties": 3,
        "dependentRequired": {"a": ["id"], "id": ["a"], "b": ["a", "id"], "c": []},
        "dependentSchemas": {
            "a": {"required": ["id"]},
            "id": {"required": ["a"]},
            "b": reference("B"),
        },
        "if": asked,
        "then": {"required": ["id", "a"]},
        "else": {"required": ["id"]},
    }
    assert translated(raw, {"B": {"required": ["id", "b"], "title": "B"}}) == {
        "properties": {"a": STRING},
        "minProperties": 1,
        "dependentRequired": {"b": ["a"], "c": []},
        "dependentSchemas": {"b": {"required": ["b"], "title": "B"}},
        "if": asked,
        "then": {"required": ["a"]},
    }
    assert translated({"properties": properties, "minProperties": 1})["minProperties"] == 1
    assert translated({"properties": properties, "not": {"required": ["id"]}})["not"] == {
        "required": ["id"]
    }


def test_a_default_or_an_example_that_holds_what_is_hidden_is_not_shown() -> None:
    closed = {
        "type": "object",
        "properties": {"id": {"readOnly": True}, "b": STRING},
        "additionalProperties": False,
    }
    many = {"type": "array", "items": reference("A")}
    raw = {
        "a": {**many, "default": [{"id": 5}], "example": [{"id": 5, "b": "x"}]},
        "b": {**many, "default": [{"b": "x"}], "example": [{"b": "y"}]},
        "c": {**reference("A"), "default": {"id": 1}},
    }
    shown = translated({"properties": raw}, {"A": closed}, dialect="3.0")["properties"]
    assert shown["b"].items() >= {"default": [{"b": "x"}], "examples": [[{"b": "y"}]]}.items()
    assert not any({"default", "examples"} & shown[name].keys() for name in "ac")


def doubling(last: Any, levels: int = 40) -> dict[str, Any]:
    """Give components that each apply the next one twice, down to the last."""
    twice = {
        f"A{i}": {"allOf": [reference(f"A{i + 1}"), reference(f"A{i + 1}")]} for i in range(levels)
    }
    return {**twice, f"A{levels}": last}


@pytest.mark.parametrize(
    "beside",
    [{}, {"properties": {"id": {"readOnly": True}}}, {"discriminator": {"propertyName": "name"}}],
)
def test_what_is_applied_again_and_again_is_looked_at_once(beside: Any) -> None:
    schemas = doubling(
        {
            "type": "object",
            "properties": {"id": {"type": "integer"}, "name": {"type": "string", "maxLength": 3}},
        }
    )
    schemas["Top"] = {"allOf": [reference("A0"), {"type": "object", **beside}]}
    shown = tool_of(json_body(reference("Top")), schemas).schema["properties"]
    assert "name" in str(shown)
    assert ("'id'" in str(shown)) == ("properties" not in beside)
    assert (
        "Top"
        in tool_of(json_body({"oneOf": [reference("Top"), reference("A0")]}), schemas).schema[
            "$defs"
        ]
    )


@pytest.mark.parametrize(
    "raw",
    [
        {**reference("B"), "required": ["id", "name"]},
        {
            "required": ["id"],
            "oneOf": [
                {"properties": {"id": READ_ONLY, "a": STRING}},
                {"properties": {"id": READ_ONLY, "b": STRING}},
            ],
        },
        {"properties": {"id": READ_ONLY}, "oneOf": [reference("C"), {"properties": {"x": STRING}}]},
        {"properties": {"c": {**reference("B"), "required": ["id"]}}},
    ],
)
def test_what_is_hidden_is_required_nowhere(raw: Any) -> None:
    schemas = {
        "B": {"type": "object", "properties": {"id": READ_ONLY, "name": STRING}},
        "C": {"type": "object", "required": ["id", "k"], "properties": {"k": STRING}},
    }
    assert "'id'" not in str(translated(raw, schemas))


def test_an_object_of_which_nothing_is_left_is_left_out() -> None:
    hidden = {"type": "object", "properties": {"id": READ_ONLY}}
    properties = {
        "a": hidden,
        "b": reference("Hidden"),
        "c": {**hidden, "additionalProperties": STRING},
        "d": {"type": "object"},
    }
    schema = translated(
        {"type": "object", "properties": properties, "required": ["a", "d"]}, {"Hidden": hidden}
    )
    assert schema["properties"].keys() == {"c", "d"}
    assert schema["required"] == ["d"]


def test_what_can_never_be_is_not_offered() -> None:
    raw = {
        "type": "object",
        "properties": {"a": STRING, "b": False},
        "required": ["a"],
        "anyOf": [False, {"required": ["a"]}],
    }
    assert translated(raw) == {
        "type": "object",
        "properties": {"a": STRING},
        "required": ["a"],
        "anyOf": [{"required": ["a"]}],
    }


def test_a_cycle_stays_a_reference_and_each_component_is_one_shared_object() -> None:
    node = {"type": "object", "properties": {"next": reference("Node"), "pet": reference("Pet")}}
    schemas = Schemas(
        load(
            document(
                schemas={
                    "Node": node,
                    "Pet": PET,
                    "Other": {"type": "object", "properties": {"p": reference("Pet")}},
                }
            )
        )
    )
    one, two = schemas.convert(reference("Node")), schemas.convert(reference("Other"))
    assert schemas.defs(one.uses).keys() == {"Node", "Pet"}
    assert schemas.defs(one.uses)["Pet"] is schemas.defs(two.uses)["Pet"]
    assert schemas.defs(one.uses) is schemas.defs(one.uses)


def test_recursion_survives_every_way_to_write_it() -> None:
    ways = {
        "a": {"anyOf": [reference("Node"), {"type": "null"}]},
        "b": {"allOf": [reference("Node")], "nullable": True},
        "c": {"type": "array", "items": {"oneOf": [reference("Node"), STRING]}},
        "d": {**reference("Node"), "description": "The next one."},
        "e": {"allOf": [reference("Node"), {"properties": {"id": {"readOnly": True}}}]},
        "f": {"type": "object", "additionalProperties": reference("Node")},
    }
    schemas = {"Node": {"type": "object", "properties": {"id": {"type": "integer"}, **ways}}}
    properties = translated(reference("Node"), schemas, "3.0")["$defs"]["Node"]["properties"]
    assert all("#/$defs/Node" in str(properties[name]) for name in ways)


def test_names_in_defs_are_short_legal_and_unique() -> None:
    long = {"type": "object", "description": "long enough to stand alone " * 9}
    schemas = {
        "io.k8s.v1.Pod": long,
        "io.k8s.v1.Job": long,
        "io.k8s.v2.Job": long,
        "List«Pet»": long,
        "A/B~C": long,
        "Cat.v2": long,
    }
    raw = {
        "allOf": [
            {"$ref": "#/components/schemas/" + n.replace("~", "~0").replace("/", "~1")}
            for n in schemas
        ]
    }
    assert set(translated(raw, schemas)["$defs"]) == {
        "Pod",
        "v1.Job",
        "v2.Job",
        "List_Pet",
        "A_B_C",
        "Cat.v2",
    }


def test_in_3_1_what_stands_beside_a_reference_counts_and_in_3_0_only_annotations_do() -> None:
    raw = {**reference("Name"), "description": "Mine.", "maxLength": 3}
    schemas = {
        "Name": {"type": "string", "description": "Theirs, long enough to stand alone. " * 9}
    }
    assert translated(raw, schemas)["maxLength"] == 3
    schema = translated(raw, schemas, "3.0")
    assert {keyword: schema[keyword] for keyword in ("$ref", "description")} == {
        "$ref": "#/$defs/Name",
        "description": "Mine.",
    }
    assert "maxLength" not in schema


@pytest.mark.parametrize(
    ("flags", "is_nullable"),
    [
        ({"nullable": False, "x-nullable": True}, False),
        ({"nullable": True, "x-nullable": False}, True),
        ({"x-nullable": True}, True),
    ],
)
def test_nullable_decides_beside_x_nullable_wherever_it_stands(
    flags: dict[str, bool], is_nullable: bool
) -> None:
    alone = translated({"type": "string", **flags}, {}, "3.0")
    assert (alone == {"type": ["string", "null"]}) is is_nullable
    for raw in ({**reference("Pet", "3.0"), **flags}, {"allOf": [reference("Pet")], **flags}):
        schema = translated(raw, {"Pet": PET}, "3.0")
        assert ({"type": "null"} in schema.get("anyOf", ())) is is_nullable


def test_nullable_beside_a_reference_allows_null() -> None:
    schema = translated({**reference("Pet", "3.0"), "nullable": True}, {"Pet": PET}, "3.0")
    assert schema["anyOf"] == [{"$ref": "#/$defs/Pet"}, {"type": "null"}]
    assert (
        translated({"nullable": True, "allOf": [reference("Pet")]}, {"Pet": PET}, "3.0")["anyOf"]
        == schema["anyOf"]
    )


def test_a_reference_that_leads_nowhere_allows_anything() -> None:
    assert translated({"$ref": "#/components/schemas/Missing"}) == {}
    assert (
        translated({"$ref": "#/components/schemas/A"}, {"A": reference("B"), "B": reference("A")})
        == {}
    )


def test_references_find_anchors_escapes_and_bare_names() -> None:
    schemas = {"a b/c": {**STRING, "maxLength": 1}, "N": {"$anchor": "here", "type": "integer"}}
    assert translated({"$ref": "#/components/schemas/a%20b~1c"}, schemas) == {
        **STRING,
        "maxLength": 1,
    }
    assert translated({"$ref": "#here"}, schemas) == {"type": "integer"}
    assert translated({"$ref": "N"}, schemas) == {"type": "integer"}


CAT = {"type": "object", "properties": {"kind": STRING, "lives": {"type": "integer"}}}
DOG = {"type": "object", "properties": {"kind": STRING, "bark": STRING}}


def test_a_discriminator_fixes_the_property_beside_each_alternative() -> None:
    raw = {
        "oneOf": [reference("Cat"), reference("Dog")],
        "discriminator": {"propertyName": "kind", "mapping": {"cat": "#/components/schemas/Cat"}},
    }
    cat, dog = translated(raw, {"Cat": CAT, "Dog": DOG})["oneOf"]
    assert cat == {
        "$ref": "#/$defs/Cat",
        "properties": {"kind": {"const": "cat"}},
        "required": ["kind"],
    }
    assert dog["properties"] == {"kind": {"const": "Dog"}}


@pytest.mark.parametrize("dialect", ["2.0", "3.0"])
def test_a_base_class_stands_for_its_children_and_itself_and_each_knows_its_name(
    dialect: str,
) -> None:
    discriminator = "kind" if dialect == "2.0" else {"propertyName": "kind"}
    base = {
        "type": "object",
        "discriminator": discriminator,
        "required": ["kind"],
        "properties": {"kind": STRING},
    }
    cat = {
        "allOf": [
            reference("Pet", dialect),
            {"type": "object", "properties": {"lives": {"type": "integer"}}},
        ]
    }
    schema = translated(
        {"items": reference("Pet", dialect), "not": reference("Cat", dialect)},
        {"Pet": base, "Cat": cat},
        dialect,
    )
    pet = {
        "$ref": "#/$defs/PetBase",
        "properties": {"kind": {"const": "Pet"}},
        "required": ["kind"],
    }
    assert schema["$defs"]["Pet"] == {"anyOf": [{"$ref": "#/$defs/Cat"}, pet]}
    assert schema["$defs"]["Cat"]["allOf"][0] == {"$ref": "#/$defs/PetBase"}
    assert schema["$defs"]["Cat"]["properties"]["kind"] == {"const": "Cat"}


def test_a_base_class_that_lists_its_children_as_alternatives_can_be_checked() -> None:
    base = {
        "type": "object",
        "properties": {"kind": STRING},
        "oneOf": [reference("Cat")],
        "discriminator": {"propertyName": "kind"},
    }
    cat = {"allOf": [reference("Pet"), {"type": "object", "required": ["lives"]}]}
    validator = jsonschema_rs.validator_for(translated(reference("Pet"), {"Pet": base, "Cat": cat}))
    assert validator.is_valid({"kind": "Cat", "lives": 9})
    assert not validator.is_valid({"kind": "Cat"})


def test_schemas_that_apply_to_themselves_can_be_checked() -> None:
    schemas = {
        "A": {"oneOf": [reference("B"), STRING]},
        "B": {"anyOf": [reference("A"), {"type": "integer"}]},
        "C": {"allOf": [reference("D"), {"maxLength": 3}]},
        "D": {"allOf": [reference("C"), {"minLength": 1}]},
        "E": {"$ref": "#/components/schemas/F", "description": "e"},
        "F": {"$ref": "#/components/schemas/E", "description": "f"},
    }
    for name in schemas:
        jsonschema_rs.validator_for(translated(reference(name), schemas)).is_valid("ab")


def test_alternatives_that_overlap_are_any_of_and_the_others_stay_one_of() -> None:
    assert "anyOf" in translated({"oneOf": [{"type": "integer"}, {"type": "number"}]})
    assert "oneOf" in translated({"oneOf": [STRING, {"type": "integer"}]})
    assert "oneOf" in translated(
        {"oneOf": [{"type": "string", "enum": ["a"]}, {"type": "string", "enum": ["b"]}]}
    )
    assert "anyOf" in translated({"oneOf": [{"type": "string", "enum": ["a"]}, STRING]})


@pytest.mark.parametrize(
    ("written", "kept"), [(-(2**63) - 1, -(2.0**63)), (2**64, 2.0**64), (2**64 - 1, 2**64 - 1)]
)
def test_a_whole_number_beyond_64_bits_becomes_floating(written: int, kept: float) -> None:
    assert translated({"enum": written}) == translated({"enum": [written]}) == {"enum": [kept]}
    assert translated({"const": written}) == {"const": kept}
    assert translated({"const": 10**400}) == {"const": "1" + "0" * 400}


def test_an_all_of_of_one_member_is_that_member() -> None:
    raw = {"allOf": [reference("Pet")], "description": "Mine."}
    assert translated(raw, {"Pet": PET})["$ref"] == "#/$defs/Pet"
    assert "allOf" not in translated(raw, {"Pet": PET})


def test_a_small_component_stands_in_place() -> None:
    schemas = {"Size": {"type": "string", "enum": ["s", "m"]}}
    assert translated({"type": "array", "items": reference("Size")}, schemas) == {
        "type": "array",
        "items": schemas["Size"],
    }


@pytest.mark.parametrize(
    "meant",
    [
        {"x-enum-descriptions": ["Open to all", "Sold out"]},
        {
            "x-enumDescriptions": {"1": "1 - Open to all.", "2": "Sold out"},
            "x-enum-varnames": ["OPEN", "SOLD"],
        },
        {"x-enumNames": ["Open to all", "Sold out"]},
        {"x-enum-varnames": ["Open to all", "Sold out"]},
        {
            "x-ms-enum": {
                "name": "State",
                "values": [
                    {"value": 1, "name": "A", "description": "Open to all"},
                    {"value": 2, "name": "Sold out"},
                ],
            }
        },
    ],
)
def test_what_the_values_of_an_enum_mean_is_said(meant: Any) -> None:
    raw = {"type": "integer", "enum": [1, 2], "description": "The state.", **meant}
    assert translated(raw, dialect="3.0") == {
        "type": "integer",
        "enum": [1, 2],
        "description": "The state. 1: Open to all; 2: Sold out",
    }


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("The state.", ["Open", "SOLD_OUT"]),
        ("`open` - to all; `sold_out` - too late", ["Anyone may come", "Nobody may come"]),
        ("Whether tickets are left.", ["Tickets are left", "Sold out"]),
        ("The state.", ["only one"]),
        ("The state.", "open to all"),
    ],
)
def test_meanings_that_the_values_or_the_description_tell_are_not_repeated(
    said: str, meant: Any
) -> None:
    raw = {"type": "string", "enum": ["open", "sold_out"], "description": said}
    assert translated({**raw, "x-enum-descriptions": meant}) == translated(raw)


def test_meanings_are_cut_and_too_many_of_them_are_left_out() -> None:
    def described(count: int) -> str:
        values = [f"v{number}" for number in range(count)]
        return str(
            translated(
                {"enum": values, "x-enum-descriptions": [f"Meaning {word * 30}" for word in values]}
            ).get("description", "")
        )

    assert described(2).endswith("…")
    assert len(described(10)) < 500
    assert described(40) == ""


def test_alternatives_of_one_value_each_are_an_enum_with_meanings() -> None:
    raw = {
        "oneOf": [
            {"const": 1, "title": "ONE"},
            {"const": 2, "title": "TWO", "description": "A pair."},
        ],
        "type": "integer",
    }
    assert translated(raw) == {
        "type": "integer",
        "enum": [1, 2],
        "description": "1: ONE; 2: A pair",
    }
    assert "anyOf" in translated({"anyOf": [{"const": 1}, STRING]})


@pytest.mark.parametrize("dialect", ["2.0", "3.0", "3.1"])
def test_the_meanings_beside_a_parameter_are_said(dialect: str) -> None:
    values = {"type": "integer", "enum": [1, 2]}
    said = {"name": "s", "in": "query", "x-enum-descriptions": ["Open to all", "Sold out"]}
    tool = tool_of(
        {"parameters": [{**said, **(values if dialect == "2.0" else {"schema": values})}]},
        dialect=dialect,
    )
    assert tool.schema["properties"]["s"]["description"] == "1: Open to all; 2: Sold out"


@pytest.mark.parametrize(
    ("rules", "wrong", "right"),
    [
        ({"type": "string", "pattern": r"^\d+$"}, "zzz", "12"),
        ({"type": "string", "format": "date"}, "2024-01-02T03:04:05Z", "2024-01-02"),
        ({"type": "string", "format": "date-time"}, "2024-01-02", "2024-01-02T03:04:05Z"),
        ({"type": "string", "format": "uuid"}, "7", "6f1e4c4a-0f0e-4f6c-9d0b-1a2b3c4d5e6f"),
        ({"type": "string", "format": "email"}, "jane", "jane@example.com"),
        ({"type": "string", "format": "ipv4"}, "localhost", "10.0.0.1"),
        ({"type": "string", "maxLength": 2}, "long", "in"),
        ({"type": "integer", "minimum": 5, "exclusiveMaximum": 9}, 9, 5),
        (
            {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}, "maxItems": 2},
            ["c"],
            ["a"],
        ),
    ],
)
def test_an_example_that_breaks_the_rules_beside_one_that_keeps_them_is_not_shown(
    rules: Any, wrong: Any, right: Any
) -> None:
    assert translated({**rules, "examples": [wrong, right]})["examples"] == [right]


@pytest.mark.parametrize(
    ("rules", "wrong"),
    [
        ({"type": "string", "format": "date"}, "2024-01-02T03:04:05Z"),
        ({"type": "string", "format": "email"}, "jane"),
        ({"type": "array", "items": {"type": "string", "enum": ["a", "b"]}}, ["c"]),
    ],
)
def test_an_example_of_another_form_is_not_shown(rules: Any, wrong: Any) -> None:
    assert "examples" not in translated({**rules, "example": wrong})


def test_hidden_characters_leave_examples_defaults_and_formats() -> None:
    raw = {
        "type": "string",
        "format": "b\u200bic",
        "default": "a\u202eb",
        "example": "c\u200bd",
        "contentMediaType": "text/\u200bplain",
    }
    assert translated(raw, dialect="3.0") == {
        "type": "string",
        "format": "bic",
        "default": "ab",
        "contentMediaType": "text/plain",
        "examples": ["cd"],
    }


@pytest.mark.parametrize(
    "raw",
    [
        {"enum": ["a\u200b", 1]},
        {"const": "a\u200b"},
        {"pattern": "a\u200b"},
        {"properties": {"a\u200b": {}}},
    ],
)
def test_hidden_characters_that_must_come_back_stay_and_are_reported(raw: Any) -> None:
    schemas = Schemas(load(document()))
    assert schemas.convert(raw, "/here").schema == raw
    assert [(problem.kind, problem.pointer) for problem in schemas.problems] == [
        ("hidden-characters", "/here")
    ]


def test_a_title_that_only_repeats_the_name_is_noise() -> None:
    raw = {
        "type": "object",
        "properties": {
            "pet_id": {"type": "integer", "title": "Pet Id"},
            "b": {"title": "A fact", "type": "null"},
        },
    }
    assert translated(raw)["properties"] == {
        "pet_id": {"type": "integer"},
        "b": {"title": "A fact", "type": "null"},
    }


@pytest.mark.parametrize(
    ("raw", "fits"),
    [
        (
            {"type": "object", "oneOf": [reference("Open"), {"type": "string", "enum": ["shut"]}]},
            "open",
        ),
        (
            {
                "type": "object",
                "additionalProperties": False,
                "oneOf": [reference("A"), reference("B")],
            },
            {"a": 1},
        ),
        ({"allOf": [reference("A"), reference("B")]}, {"a": 1, "b": 1}),
        (
            {"allOf": [reference("A"), {"properties": {"c": {}}, "additionalProperties": False}]},
            {"a": 1, "c": 1},
        ),
        (
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {"a": {}},
                "required": ["a", "b"],
            },
            {"a": 1, "b": 1},
        ),
    ],
)
def test_a_schema_that_nothing_could_fit_is_read_as_it_is_meant(raw: Any, fits: Any) -> None:
    closed = {
        name.upper(): {"type": "object", "properties": {name: {}}, "additionalProperties": False}
        for name in "ab"
    }
    schema = translated(raw, {**closed, "Open": {"type": "string", "enum": ["open"]}})
    assert jsonschema_rs.is_valid(schema, fits)


def test_a_closed_object_stays_closed_where_its_alternatives_name_nothing_new() -> None:
    raw = {
        "properties": {"a": {}, "b": {}},
        "additionalProperties": False,
        "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
    }
    assert translated(raw)["additionalProperties"] is False


def test_nesting_without_end_ends() -> None:
    raw: dict[str, Any] = {}
    for _ in range(5000):
        raw = {"items": raw}
    schemas = Schemas(load(document()))
    schemas.convert(raw)
    assert [problem.kind for problem in schemas.problems] == ["too-deep"]


def test_an_output_schema_is_what_the_success_response_gives() -> None:
    answers = {
        "200": {"description": "ok", "content": {"application/json": {"schema": reference("Pet")}}},
        "default": {"description": "no"},
    }
    tool = tool_of({"responses": answers}, {"Pet": PET})
    schema = output_schema(tool)
    assert schema is not None
    assert list(schema["$defs"]["Pet"]["properties"]) == ["id", "name"]
    assert output_schema(tool_of(json_body(PET))) is None


KEYWORDS = [
    *(
        "type",
        "format",
        "enum",
        "const",
        "default",
        "example",
        "examples",
        "nullable",
        "required",
        "properties",
        "items",
        "allOf",
        "anyOf",
    ),
    *(
        "oneOf",
        "not",
        "additionalProperties",
        "pattern",
        "patternProperties",
        "minimum",
        "exclusiveMinimum",
        "maxLength",
        "discriminator",
    ),
    *(
        "$ref",
        "readOnly",
        "title",
        "description",
        "prefixItems",
        "additionalItems",
        "dependentRequired",
        "if",
        "x-ms-enum",
    ),
    *("x-openapi2tools", "x-enum-descriptions"),
]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(
        [
            "string",
            "object",
            "array",
            "integer",
            "#/components/schemas/A",
            "#/components/schemas/B",
            "a",
            "(",
            "true",
            "",
        ]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*KEYWORDS, "a"]), inner, max_size=5)
    ),
    max_leaves=12,
)
META = jsonschema_rs.validator_for({"$ref": "https://json-schema.org/draft/2020-12/schema"})


@settings(max_examples=120, deadline=None)
@given(VALUES, VALUES, VALUES, st.sampled_from(["2.0", "3.0", "3.1"]), st.booleans())
def test_whatever_stands_there_becomes_a_valid_schema(
    raw: Any, a: Any, b: Any, dialect: str, files: bool
) -> None:
    schemas = Schemas(Api("T", dialect, (), document(schemas={"A": a, "B": b})))
    schema, uses = schemas.convert(raw, in_form=files)
    whole = {**schema, "$defs": schemas.defs(uses)}
    assert META.is_valid(whole)
    jsonschema_rs.validator_for(whole).is_valid({"a": 1})
    orjson.dumps(whole)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (
            {"properties": {"a": STRING}, "unevaluatedProperties": {"type": "integer"}},
            {"properties": {"a": STRING}, "additionalProperties": {"type": "integer"}},
        ),
        (
            {"allOf": [{"properties": {"a": STRING}}, {"required": ["a"]}]}
            | {"unevaluatedProperties": {}},
            {"allOf": [{"properties": {"a": STRING}}, {"required": ["a"]}]}
            | {"additionalProperties": True},
        ),
        (
            {"properties": {"a": STRING}}
            | {"allOf": [{"type": "object", "additionalProperties": True}, {"required": ["a"]}]},
            {"properties": {"a": STRING}}
            | {"allOf": [{"type": "object", "additionalProperties": True}, {"required": ["a"]}]},
        ),
    ],
)
def test_what_opens_an_object_is_kept_beside_the_properties_of_others(
    raw: Any, expected: Any
) -> None:
    assert translated(raw) == expected


OPEN_ENUM = {"type": "string", "enum": ["on", "off"], "x-ms-enum": {"modelAsString": True}}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (OPEN_ENUM, {"type": "string", "description": "Known values: on, off."}),
        (
            {**OPEN_ENUM, "description": "Is `on` or `off`.", "default": "auto"},
            {"type": "string", "description": "Is on or off.", "default": "auto"},
        ),
        (
            {**OPEN_ENUM, "description": "One of us."},
            {"type": "string", "description": "One of us. Known values: on, off."},
        ),
        (
            {**OPEN_ENUM, "x-ms-enum": {"modelAsString": False}},
            {"type": "string", "enum": ["on", "off"]},
        ),
    ],
)
def test_an_enum_whose_values_are_only_the_known_ones_is_a_hint(raw: Any, expected: Any) -> None:
    assert translated(raw, dialect="3.0") == expected


def test_of_very_many_known_values_some_are_named() -> None:
    raw = {**OPEN_ENUM, "enum": [f"region-{number}" for number in range(90)]}
    description = translated(raw)["description"]
    assert description.startswith("Known values: region-0, region-1,")
    assert description.endswith(" more.")
    assert len(description) < 520
