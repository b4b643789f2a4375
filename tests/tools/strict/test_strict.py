"""Strict schemas keep OpenAI's rules; what they take comes back as the plain schema wants it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openapi2tools._core.json.json_types import is_same_json
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from openapi2tools.tools.strict.converter import (
    StrictConverter,
    to_strict,
    value_from_strict,
    value_to_strict,
)
from openapi2tools.tools.strict.shapes import Inexpressible
from openapi2tools.tools.walk import map_schemas
from tests.support.apis import json_body, tool_of
from tests.support.documents import SINGLE_FILES, tools_of
from tests.support.instances import instances
from tests.support.strict_rules import broken_rules

CORPUS = Path(
    os.environ.get("OPENAPI2TOOLS_CORPUS", Path(__file__).parents[3] / "../shared/corpus")
)


def root(properties: dict[str, Any], required: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required), **more}


def field(schema: Any, *, required: bool = True, **more: Any) -> Any:
    """The strict schema of one property."""
    tight = to_strict(root({"x": schema}, ("x",) if required else (), **more))
    assert tight.reasons == ()
    assert broken_rules(tight.schema) == []
    return tight.schema["properties"]["x"]


# --- the subset ---


def test_every_object_is_closed_and_every_property_required() -> None:
    assert to_strict(root({"a": {"type": "string"}, "b": {"type": "integer"}}, ("a",))).schema == {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": ["integer", "null"]}},
        "required": ["a", "b"],
        "additionalProperties": False,
    }


def test_a_tool_without_arguments_is_strict() -> None:
    assert broken_rules(to_strict({"type": "object"}).schema) == []
    assert value_from_strict({"type": "object"}, {}) == {}


def test_what_strictness_cannot_say_is_said_in_words() -> None:
    text = {
        "type": "string",
        "description": "A code.",
        "minLength": 2,
        "maxLength": 5,
        "format": "iban",
        "default": "XX",
    }
    assert field(text) == {
        "type": "string",
        "description": 'A code. 2-5 characters. Format iban. Default "XX".',
    }
    assert (
        field({"type": "array", "items": {"type": "string"}, "uniqueItems": True})["description"]
        == "No duplicates."
    )


@pytest.mark.parametrize(
    ("said", "default", "description"),
    [
        ("The default behaviour is odd.", "x", 'The default behaviour is odd. Default "x".'),
        ("Defaults to x.", "x", "Defaults to x."),
        ("By default 100 of them.", 10, "By default 100 of them. Default 10."),
        ("The default is a, then b.", ["a", "b"], "The default is a, then b."),
    ],
)
def test_a_default_is_said_unless_the_description_holds_it(
    said: str, default: Any, description: str
) -> None:
    kind = (
        {"type": "array", "items": {"type": "string"}}
        if isinstance(default, list)
        else {"type": "integer" if default == 10 else "string"}
    )
    assert field({**kind, "description": said, "default": default})["description"] == description


@pytest.mark.parametrize(
    ("schema", "description"),
    [
        ({"type": "array", "items": {"type": "integer"}, "examples": [[3, 5]]}, "E.g. [3,5]"),
        (
            {
                "type": "array",
                "items": {"type": "integer"},
                "examples": [[3, 5]],
                "description": "Such as 3, 5.",
            },
            "Such as 3, 5.",
        ),
        ({"type": "array", "items": {"type": "string", "enum": ["a"]}, "examples": [["a"]]}, None),
        (
            {"type": "array", "items": {"type": "string"}, "examples": [["a"]], "default": ["b"]},
            'Default ["b"].',
        ),
        (
            {
                "type": "array",
                "items": {"type": "object", "properties": {}},
                "examples": [[{"a": 1}]],
            },
            None,
        ),
        ({"type": "number", "examples": [0.2]}, "E.g. 0.2"),
        ({"type": "number", "examples": [0.2], "maximum": 1}, None),
        ({"type": "integer", "examples": [7]}, None),
    ],
)
def test_examples_are_shown_where_nothing_else_tells_the_form(
    schema: Any, description: str | None
) -> None:
    assert field(schema).get("description") == description


def test_what_strictness_can_say_stays() -> None:
    number = {"type": "integer", "minimum": 1, "maximum": 9, "multipleOf": 2}
    assert field(number) == number
    assert field({"type": "string", "format": "date-time", "pattern": "^2"}) == {
        "type": "string",
        "pattern": "^2",
        "format": "date-time",
    }


def test_a_pattern_that_openai_refuses_goes_into_the_description() -> None:
    assert field({"type": "string", "pattern": "^(?!x)"}) == {
        "type": "string",
        "description": "Pattern ^(?!x)",
    }


def test_a_null_beside_an_object_or_a_list_stands_in_any_of() -> None:
    assert field({"type": "array", "items": {"type": "string"}}, required=False) == {
        "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]
    }


def test_enums_without_a_type_get_one_for_each_kind_of_value() -> None:
    assert field({"enum": ["a", "b"]}) == {"type": "string", "enum": ["a", "b"]}
    assert field({"const": True}) == {"type": "boolean", "enum": [True]}
    assert field({"enum": ["a", 1]}) == {
        "anyOf": [{"type": "string", "enum": ["a"]}, {"type": "integer", "enum": [1]}]
    }


def test_all_of_is_merged_through_references() -> None:
    base = {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}
    schema = {
        "allOf": [
            {"$ref": "#/$defs/Base"},
            {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
        ]
    }
    assert field(schema, **{"$defs": {"Base": base}})["required"] == ["id", "n"]


def test_one_of_becomes_any_of_and_keeps_what_stands_beside_it() -> None:
    cat = {"type": "object", "properties": {"lives": {"type": "integer"}}, "required": ["lives"]}
    dog = {"type": "object", "properties": {"tricks": {"type": "string"}}, "required": ["tricks"]}
    tight = field(
        {
            "type": "object",
            "properties": {"name": {"type": "string"}},
            "required": ["name"],
            "oneOf": [cat, dog],
        }
    )
    assert [branch["required"] for branch in tight["anyOf"]] == [
        ["name", "lives"],
        ["name", "tricks"],
    ]


def test_a_union_that_only_asks_for_properties_is_said_in_words() -> None:
    schema = root(
        {"a": {"type": "string"}, "b": {"type": "string"}},
        anyOf=[{"required": ["a"]}, {"required": ["b"]}],
    )
    assert field(schema)["description"] == "Give at least one of: a; b."


def test_a_branch_that_nothing_fits_is_left_out() -> None:
    assert field({"type": "string", "anyOf": [{"enum": ["a"]}, {"type": "null"}]}) == {
        "type": "string",
        "enum": ["a"],
    }


def test_recursion_stays_a_reference_without_siblings() -> None:
    tree = {
        "type": "object",
        "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
    }
    tight = to_strict(
        root(
            {"t": {"$ref": "#/$defs/Tree", "description": "A tree."}},
            ("t",),
            **{"$defs": {"Tree": tree}},
        )
    ).schema
    assert tight["properties"]["t"] == {
        "anyOf": [{"$ref": "#/$defs/Tree"}],
        "description": "A tree.",
    }
    assert broken_rules(tight) == []


def test_a_description_beside_a_recursive_reference_does_not_copy_it() -> None:
    again = {"allOf": [{"$ref": "#/$defs/Filter"}, {"description": "Not this."}]}
    filters = {"type": "object", "properties": {"not": again}}
    tight = to_strict(
        root({"f": {"$ref": "#/$defs/Filter"}}, ("f",), **{"$defs": {"Filter": filters}})
    ).schema
    assert tight["$defs"]["Filter"]["properties"]["not"] == {
        "anyOf": [{"$ref": "#/$defs/Filter"}, {"type": "null"}],
        "description": "Not this.",
    }


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ({"if": {}, "then": {}}, "`if` at /properties/x"),
        ({"type": "array", "items": False}, "a list that must be empty at /properties/x"),
        (
            {"allOf": [{"type": "string"}, {"type": "integer"}]},
            "`allOf`: parts of different types at /properties/x",
        ),
        (
            {"type": "string", "enum": [f"{n}" for n in range(1200)]},
            "1200 enum values (1000 allowed)",
        ),
        (
            {"type": "string", "enum": ["x" * 60 + str(n) for n in range(260)]},
            "characters in one enum",
        ),
        ({"$ref": "#/$defs/Loop"}, "leads to itself at /$defs/Loop"),
    ],
)
def test_what_cannot_be_strict_says_why_and_where(schema: dict[str, Any], reason: str) -> None:
    tight = to_strict(
        root({"x": schema}, ("x",), **{"$defs": {"Loop": {"anyOf": [{"$ref": "#/$defs/Loop"}]}}})
    )
    assert tight.schema is None
    assert any(reason in one for one in tight.reasons), tight.reasons


def test_more_than_ten_objects_inside_each_other_are_too_many() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(9):
        schema = root({"a": schema})
    assert to_strict(root({"a": schema})).reasons == ()
    assert to_strict(root({"a": root({"a": schema})})).reasons == (
        "11 objects inside each other (10 allowed)",
    )


def test_ten_thousand_levels_give_a_reason_and_no_recursion_error() -> None:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(10_000):
        schema = {"type": "array", "items": schema}
    assert "schemas without end" in to_strict(root({"a": schema})).reasons[0]


# --- the way back ---

PATCH = root(
    {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "note": {"type": ["string", "null"]},
        "due": {"type": ["string", "null"], "format": "date"},
        "count": {"type": ["integer", "null"]},
        "state": {"enum": ["open", "done", None]},
        "owner": {"anyOf": [{"$ref": "#/$defs/Owner"}, {"type": "null"}]},
    },
    ("id",),
    **{"$defs": {"Owner": root({"name": {"type": "string"}}, ("name",))}},
)


def test_null_for_an_optional_field_means_left_out() -> None:
    strict = dict.fromkeys(PATCH["properties"])
    assert value_from_strict(PATCH, {**strict, "id": "7"}) == {"id": "7"}


@pytest.mark.parametrize("name", ["note", "due", "count", "state", "owner"])
def test_a_field_that_may_be_null_is_cleared_by_its_mark_and_by_nothing_else(name: str) -> None:
    strict = {**dict.fromkeys(PATCH["properties"]), "id": "7", name: "__null__"}
    assert value_from_strict(PATCH, strict) == {"id": "7", name: None}
    assert value_to_strict(PATCH, {"id": "7", name: None}) == strict
    assert jsonschema_rs.is_valid(to_strict(PATCH).schema, strict)


def test_the_mark_is_no_value_of_a_field_that_cannot_be_null() -> None:
    strict = {**dict.fromkeys(PATCH["properties"]), "id": "7", "title": "__null__"}
    assert value_from_strict(PATCH, strict) == {"id": "7", "title": "__null__"}


def test_null_in_a_required_field_means_null() -> None:
    schema = root({"x": {"type": ["integer", "null"]}}, ("x",))
    assert value_from_strict(schema, {"x": None}) == {"x": None}


def test_a_map_is_a_list_of_pairs_and_comes_back() -> None:
    schema = root(
        {"labels": {"type": "object", "additionalProperties": {"type": "integer"}}}, ("labels",)
    )
    assert value_to_strict(schema, {"labels": {"a": 1}}) == {"labels": [{"key": "a", "value": 1}]}
    assert value_from_strict(schema, {"labels": [{"key": "a", "value": 1}]}) == {"labels": {"a": 1}}


def test_properties_beside_the_named_ones_stand_in_a_field_of_their_own() -> None:
    schema = root({"a": {"type": "string"}}, ("a",), additionalProperties={"type": "integer"})
    strict = {"a": "x", "additional_properties": [{"key": "b", "value": 1}]}
    assert value_to_strict(schema, {"a": "x", "b": 1}) == strict
    assert value_from_strict(schema, strict) == {"a": "x", "b": 1}


@pytest.mark.parametrize("value", [{"a": [1, None]}, "text", "7", 7, None, True, [1], "{not json"])
def test_any_value_travels_as_json_text(value: Any) -> None:
    assert value_from_strict(
        root({"x": {}}, ("x",)), value_to_strict(root({"x": {}}, ("x",)), {"x": value})
    ) == {"x": value}


def test_text_that_is_no_json_is_taken_as_the_text_it_is() -> None:
    assert value_from_strict(root({"x": {}}, ("x",)), {"x": "Rome"}) == {"x": "Rome"}


def test_a_tuple_is_an_object_of_its_places() -> None:
    schema = root(
        {
            "t": {
                "type": "array",
                "prefixItems": [{"type": "number"}, {"type": "string"}],
                "minItems": 1,
            }
        },
        ("t",),
    )
    assert value_from_strict(schema, {"t": {"item1": 1, "item2": None}}) == {"t": [1]}
    assert value_to_strict(schema, {"t": [1, "m"]}) == {"t": {"item1": 1, "item2": "m"}}


def test_a_tuple_whose_further_items_are_like_the_first_is_a_list() -> None:
    number = {"type": "number"}
    position = root(
        {"at": {"type": "array", "prefixItems": [number, number], "items": number, "minItems": 2}},
        ("at",),
    )
    assert value_to_strict(position, {"at": [1, 2, 3]}) == {"at": [1, 2, 3]}


@pytest.mark.parametrize("more", [{"items": {"type": "string"}}, {"minItems": 2}])
def test_a_tuple_with_items_that_it_does_not_name_is_not_strict(more: Any) -> None:
    assert "more items" in str(
        to_strict(
            root({"t": {"type": "array", "prefixItems": [{"type": "number"}], **more}}, ("t",))
        ).reasons
    )


def test_an_empty_list_is_no_map() -> None:
    text = {"type": "string"}
    schema = root(
        {
            "e": {
                "anyOf": [
                    {"type": "object", "additionalProperties": text},
                    {"type": "array", "items": text},
                ]
            }
        },
        ("e",),
    )
    assert value_from_strict(schema, {"e": []}) == {"e": []}
    assert value_from_strict(schema, {"e": [{"key": "A", "value": "1"}]}) == {"e": {"A": "1"}}


@pytest.mark.parametrize(
    ("schema", "required", "written"),
    [
        ({"type": "null"}, True, {"type": "null"}),
        (
            {"type": "null"},
            False,
            {
                "anyOf": [{"type": "string", "enum": ["__null__"]}, {"type": "null"}],
                "description": "MARK",
            },
        ),
        ({"const": None}, True, {"type": "null"}),
    ],
)
def test_null_is_written_once(schema: Any, required: bool, written: Any) -> None:
    expected = (
        {**written, "description": '"__null__" sets null.'} if "description" in written else written
    )
    assert field(schema, required=required) == expected


def test_what_a_text_holds_is_said() -> None:
    inner = {"type": "object", "properties": {"a": {"type": "integer"}}}
    said = field(
        {"type": "string", "contentMediaType": "application/json", "contentSchema": inner}
    )["description"]
    assert said == f"As application/json. Content: {json.dumps(inner, separators=(',', ':'))}."


def test_whole_numbers_of_any_size_are_compared() -> None:
    assert is_same_json({"wei": 10**30}, {"wei": 10**30})
    assert not is_same_json({"wei": 10**30}, {"wei": 10**30 + 1})


def test_the_mark_for_null_means_null_wherever_null_may_stand() -> None:
    schema = root({"a": {"type": ["string", "null"]}, "b": {"type": "string"}}, ("a", "b"))
    assert value_from_strict(schema, {"a": "__null__", "b": "__null__"}) == {
        "a": None,
        "b": "__null__",
    }


# --- recursion that is refined ---


def _refers(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}


def _lists(of: str, *names: str) -> dict[str, Any]:
    return {name: {"type": "array", "items": _refers(of)} for name in names}


def test_a_recursion_that_a_child_class_refines_is_strict() -> None:
    base = root(_lists("A", "and", "or", "not"))
    child = {
        "allOf": [_refers("A"), root({**_lists("B", "and", "or", "not"), "q": {"type": "string"}})]
    }
    tight = to_strict(
        root({"filter": _refers("B")}, ("filter",), **{"$defs": {"A": base, "B": child}})
    )
    assert tight.reasons == ()
    assert tight.schema is not None
    assert broken_rules(tight.schema) == []
    assert tight.schema["$defs"]["B"]["properties"]["and"]["anyOf"][0]["items"] == _refers("B")


def test_a_base_may_be_joined_inside_what_it_is_joined_with() -> None:
    step = {"allOf": [_refers("Base"), root({"n": {"type": "integer"}})]}
    flow = {"allOf": [_refers("Base"), root({"steps": {"type": "array", "items": step}})]}
    assert (
        to_strict(
            root({"f": flow}, ("f",), **{"$defs": {"Base": root({"id": {"type": "string"}})}})
        ).reasons
        == ()
    )


def test_of_many_reasons_the_first_are_told() -> None:
    reasons = to_strict(root({f"p{n}": {"if": {}, "then": {}} for n in range(30)})).reasons
    assert (len(reasons), reasons[-1]) == (21, "10 more")


@pytest.mark.parametrize(
    "definitions",
    [
        {
            "A": {
                "properties": {
                    "c": {
                        "allOf": [
                            _refers("A"),
                            {"properties": {"c": _refers("A"), "x": {"type": "string"}}},
                        ]
                    }
                }
            }
        },
        {"A": {"properties": {"c": {**_refers("A"), "properties": {"c": _refers("A")}}}}},
        {
            "A": {"properties": {"l": _refers("C"), "r": _refers("C")}},
            "B": {"properties": {"l": _refers("D"), "r": _refers("D")}},
            "C": {"allOf": [_refers("A"), _refers("D")]},
            "D": {
                "allOf": [
                    _refers("B"),
                    _refers("C"),
                    {"properties": {"l": _refers("A"), "r": _refers("A")}},
                ]
            },
        },
        {
            "A": {"allOf": [_refers("L"), _refers("R")]},
            **{n: root({"l": _refers(n), "r": _refers(n)}) for n in ("L", "R")},
        },
    ],
)
def test_a_recursion_that_only_joined_schemas_could_say_is_refused_at_once(
    definitions: dict[str, Any],
) -> None:
    assert to_strict(root({"a": _refers("A")}, ("a",), **{"$defs": definitions})).schema is None


def test_schemas_that_meet_again_and_again_take_no_longer() -> None:
    for keyword in ("allOf", "anyOf"):
        definitions = {
            f"{side}{n}": {keyword: [_refers(f"L{n + 1}"), _refers(f"R{n + 1}")]}
            for n in range(30)
            for side in "LR"
        }
        definitions |= {
            "L30": root({"l": {"type": "string"}}),
            "R30": root({"r": {"type": "string"}}),
        }
        tight = to_strict(root({"a": _refers("L0")}, ("a",), **{"$defs": definitions}))
        assert tight.reasons == ()


def test_a_reference_in_a_union_keeps_its_description() -> None:
    place = {"type": "object", "properties": {"n": {"$ref": "#/$defs/P"}}}
    union = {"anyOf": [{"$ref": "#/$defs/P", "description": "In Europe."}, {"$ref": "#/$defs/Q"}]}
    schema = to_strict(
        {
            "type": "object",
            "required": ["u"],
            "properties": {"u": union},
            "$defs": {"P": place, "Q": place},
        }
    ).schema
    assert schema is not None
    assert schema["properties"]["u"]["anyOf"][0] == {
        "anyOf": [{"$ref": "#/$defs/P"}],
        "description": "In Europe.",
    }
    assert broken_rules(schema) == []


def test_a_union_is_loosened_by_the_branch_that_the_value_fits() -> None:
    one = root({"kind": {"const": "one"}, "a": {"type": "string"}}, ("kind",))
    two = root({"kind": {"const": "two"}, "a": {"type": ["string", "null"]}}, ("kind", "a"))
    schema = root({"x": {"oneOf": [one, two]}}, ("x",))
    assert value_from_strict(schema, {"x": {"kind": "one", "a": None}}) == {"x": {"kind": "one"}}
    assert value_from_strict(schema, {"x": {"kind": "two", "a": None}}) == {
        "x": {"kind": "two", "a": None}
    }


def test_values_of_a_tool_that_is_not_strict_stay_as_they_are() -> None:
    schema = root({"x": {"if": {}}, "n": {"type": "string"}})
    assert value_from_strict(schema, {"n": None}) == {"n": None}


def test_a_model_that_ignores_the_strict_form_is_understood_all_the_same() -> None:
    schema = root(
        {
            "m": {"type": "object", "additionalProperties": {"type": "integer"}},
            "o": {"type": "object"},
        }
    )
    assert value_from_strict(schema, {"m": {"a": 1}, "o": {"b": 2}}) == {
        "m": {"a": 1},
        "o": {"b": 2},
    }


# --- the laws ---

IN_WORDS = frozenset(
    [
        "minLength",
        "maxLength",
        "format",
        "pattern",
        "contentEncoding",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "propertyNames",
        "dependentRequired",
        "not",
    ]
)


def without_words(schema: Any) -> Any:
    """The plain schema without the rules that strictness says in words.

    No grammar holds a model to them.
    """

    def soften(node: dict[str, Any]) -> dict[str, Any]:
        if any(isinstance(value, dict | list) for value in node.get("enum", ())):
            return {}  # said as JSON text
        soft = {key: value for key, value in node.items() if key not in IN_WORDS}
        for keyword in ("anyOf", "oneOf"):
            if "properties" in soft and all(
                set(branch) <= {"required", "title", "description"}
                for branch in soft.get(keyword, ())
            ):
                soft.pop(keyword, None)
        return soft

    return map_schemas(schema, soften)


def schemas(depth: int = 2) -> st.SearchStrategy[Any]:
    """Plain schemas of every kind that a tool may have."""
    names = st.sampled_from(["a", "b", "c"])
    leaves = st.sampled_from(
        [
            {"type": "string"},
            {"type": ["string", "null"]},
            {"type": "integer", "minimum": 0},
            {"type": ["number", "null"]},
            {"type": "boolean"},
            {"enum": ["a", 1, None]},
            {"const": "k"},
            {"type": "null"},
            {"type": "object"},
            {},
            {"type": ["string", "integer"]},
            {"$ref": "#/$defs/Node"},
            {"$ref": "#/$defs/Maybe"},
        ]
    )
    if depth == 0:
        return leaves
    inner = schemas(depth - 1)
    objects = st.dictionaries(names, inner, min_size=1, max_size=3).flatmap(
        lambda properties: st.builds(
            lambda required, further: (
                {"type": "object", "properties": properties, "required": sorted(required)} | further
            ),
            st.sets(st.sampled_from(sorted(properties))),
            st.sampled_from([{}, {"additionalProperties": False}])
            | inner.map(lambda value: {"additionalProperties": value}),
        )
    )
    return st.one_of(
        leaves,
        objects,
        inner.map(lambda items: {"type": "array", "items": items, "maxItems": 2}),
        inner.map(lambda value: {"type": "object", "additionalProperties": value}),
        st.lists(inner, min_size=1, max_size=2).map(lambda branches: {"anyOf": branches}),
        st.lists(inner, min_size=1, max_size=2).map(
            lambda places: {"type": "array", "prefixItems": places, "minItems": 1, "items": False}
        ),
    )


DEFINITIONS = {
    "Node": {
        "type": "object",
        "properties": {"v": {"type": "string"}, "next": {"$ref": "#/$defs/Node"}},
        "required": ["v"],
    },
    "Maybe": {"type": ["object", "null"], "properties": {"n": {"type": ["integer", "null"]}}},
}
roots = schemas().map(
    lambda inner: {
        "type": "object",
        "properties": {"x": inner, "y": inner},
        "required": ["x"],
        "$defs": DEFINITIONS,
    }
)
law = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


@law
@given(st.data())
def test_law_what_a_strict_schema_takes_is_valid_when_loosened(data: st.DataObject) -> None:
    plain = data.draw(roots)
    tight = to_strict(plain)
    assert tight.schema is not None, tight.reasons
    assert broken_rules(tight.schema) == []
    loose = value_from_strict(plain, data.draw(instances(tight.schema)))
    assert [error.message for error in jsonschema_rs.validator_for(plain).iter_errors(loose)] == []


@law
@given(st.data())
def test_law_a_plain_value_that_strictness_can_say_survives(data: st.DataObject) -> None:
    plain = data.draw(roots)
    value = data.draw(instances(plain))
    try:
        strict = value_to_strict(plain, value)
    except Inexpressible:
        return
    assert jsonschema_rs.is_valid(to_strict(plain).schema, strict)
    assert is_same_json(value_from_strict(plain, strict), value)


@pytest.mark.parametrize("name", SINGLE_FILES)
def test_law_every_real_tool_keeps_the_rules_and_its_values_come_back_valid(name: str) -> None:
    tools = tools_of(name)
    tightener = StrictConverter()
    tight = {tool.name: tightener.to_strict(tool.schema) for tool in tools.values()}
    strict = [tool for tool in tools.values() if tight[tool.name].schema]
    assert len(strict) >= 0.85 * len(tools)
    assert [
        (tool.name, broken) for tool in strict if (broken := broken_rules(tight[tool.name].schema))
    ] == []

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def law(data: st.DataObject) -> None:
        tool = data.draw(st.sampled_from(strict))
        loose = value_from_strict(tool.schema, data.draw(instances(tight[tool.name].schema)))
        validator = jsonschema_rs.validator_for(without_words(tool.schema), validate_formats=False)
        assert [
            f"{error.instance_path}: {error.message}" for error in validator.iter_errors(loose)
        ] == [], (tool.name, loose)

    law()


def test_making_strict_does_not_change_the_plain_schema_and_gives_the_same_twice() -> None:
    tools = tools_of("docker-engine-2.0.yaml")
    for tool in tools.values():
        before = json.dumps(tool.schema)
        assert to_strict(tool.schema) == to_strict(tool.schema)
        assert json.dumps(tool.schema) == before


def test_open_objects_keep_a_place_for_further_properties() -> None:
    body = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "additionalProperties": True,
    }
    root = {"type": "object", "properties": {"body": body}, "required": ["body"]}
    further = to_strict(root).schema["properties"]["body"]["properties"]["additional_properties"]
    assert further["description"].endswith("JSON text: an object.")
    value = {"body": {"a": "x", "more": [1]}}
    assert value_to_strict(root, value) == {
        "body": {"a": "x", "additional_properties": '{"more":[1]}'}
    }
    assert value_from_strict(root, value_to_strict(root, value)) == value


def test_a_title_is_said_where_there_is_no_description() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "string", "title": "What to restart"}},
        "required": ["a"],
    }
    assert to_strict(schema).schema["properties"]["a"]["description"] == "What to restart"


@pytest.mark.parametrize(
    ("branches", "said"),
    [
        ([{"required": ["a"]}, {"required": ["b"]}], "Give exactly one of: a; b."),
        ([{"required": ["a"]}, {"required": ["b"]}, {"not": {"required": ["a", "b"]}}], None),
    ],
)
def test_alternatives_that_only_say_what_must_be_there_are_said_in_words(
    branches: Any, said: str | None
) -> None:
    one = {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
        "oneOf": branches,
    }
    tool = tool_of(json_body({"type": "object", "properties": {"one": one}}))
    assert tool.schema["properties"]["one"]["oneOf"] == branches
    assert (
        "Give exactly one of" in str(to_strict(tool.schema).schema)
        if said
        else "Give" not in str(to_strict(tool.schema).schema)
    )


@pytest.mark.parametrize("pattern", ["[[A-Z0-9]{1,18}", "[a&&b]", "[+--]", "[a||~~]", r"[\[\[]"])
def test_a_pattern_is_kept_without_a_warning(pattern: str) -> None:
    written = {"type": "string", "pattern": pattern}
    schema: Any = to_strict(root({"x": written}, ("x",))).schema
    assert schema["properties"]["x"] == written


def test_of_two_patterns_the_second_is_said() -> None:
    both = {
        "allOf": [
            {"type": "string", "pattern": "^a", "description": "A code"},
            {"type": "string", "pattern": "z$"},
        ]
    }
    written = to_strict(
        {"type": "object", "properties": {"code": both}, "required": ["code"]}
    ).schema["properties"]["code"]
    assert written == {"type": "string", "pattern": "^a", "description": "A code. Pattern z$"}


def test_a_pattern_of_one_part_alone_is_kept() -> None:
    both = {"allOf": [{"type": "string", "pattern": "^a"}, {"type": "string", "maxLength": 3}]}
    written = to_strict(
        {"type": "object", "properties": {"code": both}, "required": ["code"]}
    ).schema["properties"]["code"]
    assert written == {"type": "string", "pattern": "^a", "description": "At most 3 characters."}


def test_the_keys_of_a_closed_map_are_said() -> None:
    keyed = {
        "type": "object",
        "patternProperties": {"^x-": {"type": "string"}},
        "additionalProperties": False,
    }
    written = to_strict(
        {"type": "object", "properties": {"more": keyed}, "required": ["more"]}
    ).schema["properties"]["more"]
    assert written["description"] == "Keys match ^x-"


@pytest.mark.corpus
def test_every_strict_tool_of_the_corpus_keeps_the_rules() -> None:
    if not CORPUS.is_dir():
        pytest.skip(f"no documents in {CORPUS}: unpack them there, or set OPENAPI2TOOLS_CORPUS")
    index = {entry["id"]: entry for entry in json.loads((CORPUS / "index.json").read_text())}
    asked = strict = 0
    for name in (CORPUS / "real.txt").read_text().split():
        tools = build_tools(load(CORPUS / index[name]["path"], cache=False))
        tightener = StrictConverter()
        tight = [tightener.to_strict(tool.schema).schema for tool in tools.values()]
        asked += len(tight)
        strict += sum(schema is not None for schema in tight)
        assert [broken for schema in tight if schema and (broken := broken_rules(schema))] == [], (
            name
        )
    assert strict >= 0.95 * asked
