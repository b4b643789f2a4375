"""Arguments are checked before anything is sent.

Valid ones stay, harmless mismatches are repaired, everything else is told at once.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi2tools.model import Binding
from openapi2tools.tools.arguments.check import check_arguments
from tests.support.instances import instances
from tests.support.tools import make_tool

PET = {
    "type": "object",
    "properties": {"age": {"type": "integer"}, "kind": {"enum": ["cat", "dog"]}},
    "required": ["kind"],
    "additionalProperties": False,
}
SCHEMA = {
    "type": "object",
    "properties": {
        "per_page": {"type": "integer", "maximum": 100},
        "all": {"type": "boolean"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "status": {"enum": ["open", "closed"]},
        "version": {"const": "2020"},
        "pet": {"$ref": "#/$defs/Pet"},
        "either": {"anyOf": [{"$ref": "#/$defs/Pet"}, {"type": "integer"}, {"type": "null"}]},
        "note": {"type": ["string", "null"]},
        "since": {"type": "string", "minLength": 4},
    },
    "$defs": {"Pet": PET},
}
TOOL = make_tool(schema=SCHEMA, bindings=(Binding(("per_page",), "query", "per-page"),))
STRICTER = make_tool(schema={**SCHEMA, "required": ["version", "tags"]})


@settings(max_examples=60, deadline=None)
@given(
    instances(SCHEMA).filter(
        lambda value: (
            not check_arguments(TOOL, value).faults and not check_arguments(TOOL, value).notes
        )
    )
)
def test_valid_arguments_are_never_changed(arguments: dict[str, Any]) -> None:
    assert check_arguments(TOOL, arguments).arguments == arguments


@pytest.mark.parametrize(
    ("given_", "meant"),
    [
        ({"per_page": "3"}, {"per_page": 3}),
        ({"all": "True"}, {"all": True}),
        ({"since": 2020}, {"since": "2020"}),
        ({"tags": "a"}, {"tags": ["a"]}),
        ({"tags": [1, True]}, {"tags": ["1", "true"]}),
        ({"tags": '["a", "b"]'}, {"tags": ["a", "b"]}),
        ({"pet": '{"kind": "cat", "age": "4"}'}, {"pet": {"kind": "cat", "age": 4}}),
        ({"status": "OPEN"}, {"status": "open"}),
        ({"per_page": None, "since": "", "note": None}, {"note": None}),
        ({"pet": {"kind": "cat", "age": None}}, {"pet": {"kind": "cat"}}),
        ({"per-page": 3}, {"per_page": 3}),
        ({"perPage": 3}, {"per_page": 3}),
        ({"either": "5"}, {"either": 5}),
        ({"either": {"kind": "DOG"}}, {"either": {"kind": "dog"}}),
    ],
)
def test_what_models_get_wrong_harmlessly_is_repaired_and_noted(
    given_: dict[str, Any], meant: dict[str, Any]
) -> None:
    checked = check_arguments(TOOL, given_)
    assert checked.arguments == meant
    assert checked.notes
    assert not checked.faults


@pytest.mark.parametrize("word", ["null", "None", "undefined", "", None, "NULL"])
def test_a_word_for_none_means_left_out_where_it_can_be_no_such_text(word: str | None) -> None:
    optional: dict[str, Any] = {
        "limit": {"type": "integer"},
        "status": {"enum": ["open", "closed"]},
        "since": {"type": "string", "format": "date-time"},
        "owner": {"type": "string", "format": "uuid"},
        "code": {"type": "string", "pattern": "^[0-9]{4}$"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "pet": {"type": "object", "properties": {"age": {"type": "integer"}}},
        "either": {"anyOf": [{"type": "integer"}, {"type": "boolean"}]},
    }
    subject = make_tool(schema={"type": "object", "properties": optional})
    for name in optional:
        checked = check_arguments(subject, {name: word})
        assert (checked.arguments, checked.faults) == ({}, ())
        assert checked.notes[0].startswith(f"{name}: left out")
    assert check_arguments(subject, {"pet": {"age": word}}).arguments == {"pet": {}}


def test_a_value_of_an_enum_that_is_a_word_for_none_is_meant() -> None:
    subject = make_tool(
        schema={"type": "object", "properties": {"mode": {"enum": ["none", "all"]}}}
    )
    assert check_arguments(subject, {"mode": "None"}).arguments == {"mode": "none"}


def test_a_word_for_none_stays_where_it_may_be_meant_or_something_is_needed() -> None:
    properties = {
        "name": {"type": "string"},
        "mode": {"enum": ["none", "null", "all"]},
        "note": {"type": ["string", "null"]},
        "any": {},
        "id": {"type": "integer"},
    }
    subject = make_tool(schema={"type": "object", "properties": properties, "required": ["id"]})
    arguments = {"name": "None", "mode": "none", "note": "null", "any": "undefined", "id": 1}
    assert check_arguments(subject, arguments).arguments == arguments
    assert check_arguments(subject, arguments | {"id": "null"}).faults


JSON_TEXTS = [
    {"type": "string", "description": "A JSON-encoded object of filters."},
    {"type": "string", "description": "The filters, as a JSON string."},
    {"type": ["string", "null"], "contentMediaType": "application/json"},
    {"type": "string", "format": "json"},
]


@pytest.mark.parametrize("schema", JSON_TEXTS)
def test_an_object_for_a_text_that_is_json_is_encoded(schema: dict[str, Any]) -> None:
    subject = make_tool(schema={"type": "object", "properties": {"filters": schema}})
    checked = check_arguments(subject, {"filters": {"a": ["é", 1]}})
    assert (checked.arguments, checked.faults) == ({"filters": '{"a": ["é", 1]}'}, ())
    assert checked.notes
    plain = make_tool(schema={"type": "object", "properties": {"filters": {"type": "string"}}})
    assert check_arguments(plain, {"filters": {"a": 1}}).faults


def test_a_required_argument_that_can_have_one_value_has_it() -> None:
    checked = check_arguments(STRICTER, {"tags": []})
    assert checked.arguments == {"tags": [], "version": "2020"}
    assert checked.notes == ('version: filled in with "2020".',)


def test_every_fault_is_told_at_once_with_its_path_and_the_nearest_valid_word() -> None:
    faults = check_arguments(
        STRICTER,
        {
            "per_pag": 1,
            "status": "opened",
            "pet": {"age": "old", "knd": "cat"},
            "per_page": 101,
            "since": "x",
        },
    ).faults
    assert set(faults) == {
        "per_pag: there is no such argument. There are tags (required), all, either, note.",
        'status: expected one of "open", "closed", got "opened". Did you mean open?',
        'pet.age: expected an integer, got "old".',
        "pet.knd: there is no such property. Did you mean kind?",
        'pet.kind: is missing, one of "cat", "dog".',
        "per_page: the value is greater than the maximum of 100, got 101.",
        'since: the value is shorter than 4 characters, got "x".',
        "tags: is missing, an array.",
    }


def test_an_unknown_argument_is_told_with_the_nearest_name() -> None:
    assert check_arguments(TOOL, {"statu": "open"}).faults == (
        "statu: there is no such argument. Did you mean status?",
    )


@pytest.mark.parametrize(
    "body",
    [
        {"type": "object", "properties": {"title": {"type": "string"}}},
        {"$ref": "#/$defs/Ticket"},
        {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Ticket"}]},
    ],
)
def test_a_field_outside_of_its_object_is_told_where_it_belongs(body: dict[str, Any]) -> None:
    definitions = {"Ticket": {"type": "object", "properties": {"title": {"type": "string"}}}}
    schema = {"type": "object", "properties": {"body": body, "q": {}}, "$defs": definitions}
    tool = make_tool(schema=schema)
    assert check_arguments(tool, {"title": "Help"}).faults == (
        "title: there is no such argument: that field is inside body.",
    )


def test_alternatives_are_told_by_the_nearest_one() -> None:
    assert check_arguments(TOOL, {"either": {"kind": "cow"}}).faults == (
        'either.kind: expected one of "cat", "dog", got "cow".',
    )
    assert check_arguments(TOOL, {"either": []}).faults == (
        "either: expected an object or an integer or null, got [].",
    )


SHAPES = {
    "$defs": {
        "Cat": {
            "type": "object",
            "properties": {"t": {"enum": ["cat"]}, "n": {"type": "integer"}},
            "required": ["t", "n"],
        },
        "Dog": {
            "allOf": [{"type": "object", "properties": {"t": {"const": "dog"}}}],
            "properties": {"colour": {"enum": ["red", "blue"]}},
            "required": ["t"],
        },
    },
    "oneOf": [{"$ref": "#/$defs/Cat"}, {"$ref": "#/$defs/Dog"}],
}


@pytest.mark.parametrize(
    ("value", "faults"),
    [
        ({"t": "dog", "colour": "pink"}, ['colour: expected one of "red", "blue", got "pink".']),
        ({"t": "cat", "n": "x"}, ['n: expected an integer, got "x".']),
        (
            {"t": "dot", "n": 1},
            ['t: expected one of "cat", "dog", got "dot". Did you mean dog?'],
        ),
        ({"colour": "red"}, ['t: is missing, one of "cat", "dog".']),
    ],
)
def test_of_alternatives_the_one_is_meant_whose_tag_fits(value: Any, faults: list[str]) -> None:
    definitions = SHAPES["$defs"]
    schema = {"type": "object", "properties": {"x": {"oneOf": SHAPES["oneOf"]}}}
    subject = make_tool(
        schema={**schema, "$defs": definitions}, bindings=(Binding(("x",), "query", "x"),)
    )
    assert [*check_arguments(subject, {"x": value}).faults] == [f"x.{fault}" for fault in faults]


def test_texts_of_several_alternatives_are_told_together() -> None:
    either = {"anyOf": [{"enum": ["red", "blue"]}, {"const": "auto"}, {"type": "null"}]}
    subject = make_tool(
        schema={"type": "object", "properties": {"x": either}},
        bindings=(Binding(("x",), "query", "x"),),
    )
    assert check_arguments(subject, {"x": "pink"}).faults == (
        'x: expected one of "red", "blue", "auto", got "pink".',
    )


def test_a_fault_under_an_odd_key_is_told_of_that_key() -> None:
    labels = {
        "type": "object",
        "properties": {"": {"type": "integer"}},
        "additionalProperties": {"type": "integer"},
    }
    subject = make_tool(
        schema={"type": "object", "properties": {"labels": labels}},
        bindings=(Binding(("labels",), "query", "labels"),),
    )
    assert set(check_arguments(subject, {"labels": {"": "x", "a.b": "y", "c": "z"}}).faults) == {
        'labels[""]: expected an integer, got "x".',
        'labels["a.b"]: expected an integer, got "y".',
        'labels.c: expected an integer, got "z".',
    }
    assert check_arguments(subject, {"labels": {"": "1", "c": "2"}}).notes == (
        'labels[""]: read "1" as 1.',
        'labels.c: read "2" as 2.',
    )


def test_a_further_property_is_judged_by_the_schema_of_such_properties() -> None:
    whole = {
        "allOf": [{"type": "object", "properties": {"name": {"type": "string"}}}],
        "unevaluatedProperties": {"type": "integer"},
    }
    subject = make_tool(
        schema={"type": "object", "properties": {"x": whole}},
        bindings=(Binding(("x",), "query", "x"),),
    )
    assert check_arguments(subject, {"x": {"name": "a", "more": "b", "n": 1}}).faults == (
        'x.more: expected an integer, got "b".',
    )


def test_of_a_value_of_the_wrong_type_nothing_else_is_told() -> None:
    file = {
        "type": "object",
        "properties": {"path": {"type": "string"}},
        "oneOf": [{"required": ["path"]}, {"required": ["text"]}],
    }
    subject = make_tool(
        schema={"type": "object", "properties": {"f": file}},
        bindings=(Binding(("f",), "query", "f"),),
    )
    assert check_arguments(subject, {"f": "a.txt"}).faults == (
        'f: expected an object with path or text, got "a.txt".',
    )


@pytest.mark.parametrize(
    "arguments", [{"note": "\ud83d"}, {"\ud83d": 1}, {"tags": [{"a": "é\ud83d"}]}]
)
def test_half_a_character_is_a_fault(arguments: dict[str, Any]) -> None:
    assert "half of a surrogate pair" in check_arguments(TOOL, arguments).faults[0]


def test_a_long_value_is_shortened_in_a_message() -> None:
    (fault,) = check_arguments(TOOL, {"status": "secret " * 99}).faults
    assert len(fault) < 160


def test_a_value_that_no_repair_makes_valid_is_left_as_it_came() -> None:
    for arguments in (
        {"per_page": "many"},
        {"all": 1},
        {"pet": "cat"},
        {"tags": {}},
        {"either": "five"},
    ):
        checked = check_arguments(TOOL, arguments)
        assert checked.faults
        if "tags" not in arguments:
            assert checked.arguments == arguments


SCALARS = st.none() | st.integers() | st.text(max_size=5)
VALUES = SCALARS | st.lists(SCALARS, max_size=2)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(SCHEMA["properties"])), VALUES))
def test_a_repaired_object_is_valid_or_has_faults(arguments: dict[str, Any]) -> None:
    checked = check_arguments(TOOL, arguments)
    if not checked.faults:
        assert check_arguments(TOOL, checked.arguments).notes == ()
