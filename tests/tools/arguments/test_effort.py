"""A check of arguments ends soon, whatever a document says and a model sends."""

from __future__ import annotations

from typing import Any

import pytest

from openapi2tools._core.slips import find_slips
from openapi2tools.tools.arguments.check import check_arguments
from openapi2tools.tools.arguments.effort import is_plain, is_within
from tests.support.tools import make_tool

INTEGER = {"type": "integer"}


def diamond(levels: int, keyword: str, leaf: Any) -> dict[str, Any]:
    """A schema each level of which names the next one twice."""
    definitions = {
        f"L{level}": {keyword: [{"$ref": f"#/$defs/L{level + 1}"}] * 2} for level in range(levels)
    }
    definitions[f"L{levels}"] = leaf
    return {
        "type": "object",
        "properties": {"x": {"$ref": "#/$defs/L0"}, "y": INTEGER},
        "$defs": definitions,
    }


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_a_value_that_fits_none_of_very_many_alternatives_is_told_their_types(keyword):
    tool = make_tool(schema=diamond(18, keyword, INTEGER))
    checked = check_arguments(tool, {"x": "a", "y": "b"})
    assert set(checked.faults) == {
        'x: expected an integer, got "a".',
        'y: expected an integer, got "b".',
    }


def test_of_very_many_alternatives_the_place_of_a_value_is_named():
    tool = make_tool(schema=diamond(16, "anyOf", {"const": 1}))
    assert check_arguments(tool, {"x": 2}).faults == (
        "x: fits none of the alternatives, which are too many to compare, got 2.",
    )


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf", "allOf"])
def test_values_that_nothing_can_check_in_time_are_sent_with_a_note(keyword):
    tool = make_tool(schema=diamond(200, keyword, INTEGER))
    checked = check_arguments(tool, {"x": "a"})
    assert checked.arguments == {"x": "a"}
    assert checked.faults == ()
    assert checked.notes[0].startswith("The values were not checked against the schema")


def test_names_are_checked_where_values_cannot_be():
    tool = make_tool(schema=diamond(200, "anyOf", INTEGER))
    checked = check_arguments(tool, {"x": 1, "z": 2})
    assert checked.faults == ("z: there is no such argument. There is y.",)


def test_alternatives_that_hold_themselves_in_a_deep_value_are_not_followed():
    recursive = {"$ref": "#/$defs/R"}
    twice = [{"type": "object", "required": ["r"], "properties": {"r": recursive}}] * 2
    schema = {"properties": {"x": recursive}, "$defs": {"R": {"anyOf": [*twice, INTEGER]}}}
    value: Any = "a"
    for _ in range(60):
        value = {"r": value}
    checked = check_arguments(make_tool(schema=schema), {"x": value})
    assert checked.notes[0].startswith("The values were not checked against the schema")


def test_a_pattern_that_looks_ahead_is_not_held_against_a_very_long_text():
    tool = make_tool(schema={"properties": {"x": {"type": "string", "pattern": "(?=.*a)b"}}})
    assert check_arguments(tool, {"x": "a" * 1000}).faults
    assert check_arguments(tool, {"x": "ba"}).notes == ()
    checked = check_arguments(tool, {"x": "a" * 2_000_000})
    assert not checked.faults
    assert "patterns that take too long" in checked.notes[0]


def test_a_pattern_that_goes_back_too_often_is_given_up_with_a_note():
    schema = {"properties": {"x": {"type": "string", "pattern": "(?=.*(?=.*x)y)b"}}}
    checked = check_arguments(make_tool(schema=schema), {"x": "a" * 4000})
    assert not checked.faults
    assert checked.notes[0].startswith("The values were not checked against the schema")


def test_other_patterns_are_held_against_texts_of_any_length():
    tool = make_tool(schema={"properties": {"x": {"type": "string", "pattern": "^(a+)+$"}}})
    assert check_arguments(tool, {"x": "a" * 1_000_000}).notes == ()
    assert check_arguments(tool, {"x": "a" * 1_000_000 + "!"}).faults


def test_of_very_many_unknown_names_the_first_are_told():
    properties = {f"field_{i}": INTEGER for i in range(300)}
    tool = make_tool(schema={"properties": properties})
    checked = check_arguments(tool, {f"nam{i}": i for i in range(30_000)})
    assert len(checked.faults) == 31
    assert checked.faults[-1] == "(And 29970 more.)"


def test_of_very_many_unknown_properties_the_first_are_told():
    closed = {"type": "object", "properties": {"name": INTEGER}, "additionalProperties": False}
    tool = make_tool(schema={"properties": {"x": closed}})
    checked = check_arguments(tool, {"x": {f"nam{i}": i for i in range(30_000)}})
    assert checked.faults[0] == "x.nam0: there is no such property. Did you mean name?"
    assert checked.faults[-1] == "x: 29988 more properties are unknown."


def test_of_very_many_wrong_items_the_first_are_told():
    tool = make_tool(schema={"properties": {"x": {"type": "array", "items": INTEGER}}})
    checked = check_arguments(tool, {"x": ["a"] * 100_000})
    assert checked.faults[0] == 'x[0]: expected an integer, got "a".'
    assert len(checked.faults) == 31


def test_a_tag_that_none_of_very_many_alternatives_has_is_told():
    branches = {
        f"C{i}": {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"const": f"c{i}"}},
        }
        for i in range(3000)
    }
    union = {"oneOf": [{"$ref": f"#/$defs/{name}"} for name in branches]}
    tool = make_tool(schema={"properties": {"x": union}, "$defs": branches})
    (fault,) = check_arguments(tool, {"x": {"kind": "c15x"}}).faults
    assert fault.startswith('x.kind: expected one of "c0", "c1", "c2", ')
    assert "and 2988 more" in fault


def test_alternatives_count_each_time_they_are_followed():
    schema = diamond(10, "anyOf", INTEGER)
    assert not is_within(2**10, schema, {"x": 1}, schema["$defs"])
    assert is_within(2**13, schema, {"x": 1}, schema["$defs"])
    assert not is_plain(schema)
    assert is_plain({"properties": {"x": {"type": "string", "pattern": "^a$"}}})


def test_of_very_many_names_none_is_compared():
    known = [f"field_{i}" for i in range(300)]
    assert find_slips(["feild_1"], known) == {"feild_1"}
    assert find_slips([f"feild_{i}" for i in range(3000)], known) == set()
