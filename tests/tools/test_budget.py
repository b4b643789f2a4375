"""A tool is shortened in the documented order, and loses no argument of its own."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openapi2tools._core.json.json_types import is_same_json
from openapi2tools.model import Binding
from openapi2tools.tools.budget import STEPS, fit, fit_all
from openapi2tools.tools.strict.converter import value_from_strict, value_to_strict
from openapi2tools.tools.strict.shapes import Inexpressible
from openapi2tools.tools.text.tokens import count_json_tokens
from openapi2tools.tools.walk import iter_schemas
from tests.support.documents import SINGLE_FILES, tools_of
from tests.support.instances import instances
from tests.support.tools import make_tool
from tests.tools.strict.test_strict import roots

LONG = "The first sentence says it all, really. " + "The others add very little to it. " * 12
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": LONG, "examples": ["a", "b"]},
        "place": {
            "type": "object",
            "description": "Where.",
            "properties": {
                "city": {"type": "string", "description": "A city."},
                "geo": {"$ref": "#/$defs/Geo"},
            },
            "required": ["city"],
        },
    },
    "required": ["id"],
    "$defs": {
        "Geo": {
            "type": "object",
            "properties": {
                "lat": {"type": "number"},
                "box": {"type": "object", "properties": {"n": {"type": "number"}}},
            },
        }
    },
}


def cost(tool: Any) -> int:
    return count_json_tokens({"description": tool.description, "schema": tool.schema})


def after(step: str, tool: Any = None) -> dict[str, Any]:
    """The schema after all steps up to one."""
    tool = tool or make_tool(schema=SCHEMA, description=LONG * 3)
    for name, apply in STEPS:
        tool = apply(tool, {})
        if name == step:
            return tool.schema
    raise AssertionError(step)


def test_a_tool_that_fits_stays_itself() -> None:
    tool = make_tool()
    assert fit(tool, 10_000, cost) == (tool, ())
    assert fit(tool, 10_000, cost)[0] is tool


def test_examples_go_first_then_long_descriptions() -> None:
    assert "examples" not in after("examples")["properties"]["id"]
    assert after("examples")["properties"]["id"]["description"] == LONG
    assert (
        after("long descriptions")["properties"]["id"]["description"]
        == "The first sentence says it all, really."
    )


def test_then_the_descriptions_of_optional_nested_fields() -> None:
    place = after("descriptions of optional nested fields")["properties"]["place"]
    assert place["description"] == "Where."
    assert place["properties"]["city"]["description"] == "A city."


def test_then_optional_branches_the_deepest_first() -> None:
    geo = after("optional branches of shared schemas")["$defs"]["Geo"]["properties"]
    assert geo["box"] == {"type": "object", "description": "Its fields are left out here."}
    place = after("nested optional branches")["properties"]["place"]["properties"]
    assert place["geo"] == {"type": "object", "description": "Its fields are left out here."}
    last = after("optional branches")
    assert last["properties"]["place"] == {
        "type": "object",
        "description": "Where. Its fields are left out here.",
    }
    assert "$defs" not in last


def test_it_stops_as_soon_as_the_tool_fits_and_says_what_went() -> None:
    tool = make_tool(schema=SCHEMA, description=LONG * 3)
    shorter, gone = fit(tool, cost(tool) - 10, cost)
    assert gone == ("examples", "long descriptions")
    assert "place" in shorter.schema["properties"]


def opened(schema: dict[str, Any]) -> Any:
    """What the last step makes of an optional argument."""
    node = {"type": "object", "properties": {"r": {"type": "string"}}}
    tool = make_tool(
        schema={
            "type": "object",
            "properties": {"x": schema},
            "$defs": {"In": node, "Text": {"type": "string"}},
        }
    )
    return after("optional branches", tool)["properties"]["x"]


IN: dict[str, Any] = {"$ref": "#/$defs/In"}


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"anyOf": [IN, {"type": "null"}]}, {"type": ["object", "null"]}),
        ({"oneOf": [IN, {"type": "object", "properties": {"s": {}}}]}, {"type": "object"}),
        ({"allOf": [IN, {"properties": {"s": {}}}]}, {"type": "object"}),
        ({"type": "array", "items": IN}, {"type": "array", "items": {"type": "object"}}),
        (
            {"type": ["array", "null"], "items": IN},
            {"type": ["array", "null"], "items": {"type": "object"}},
        ),
    ],
)
def test_what_is_opened_keeps_its_type(schema: dict[str, Any], kind: dict[str, Any]) -> None:
    assert opened(schema) == {**kind, "description": "Its fields are left out here."}


@pytest.mark.parametrize(
    "text", [{"type": "string"}, {"$ref": "#/$defs/Text"}, {"enum": ["a"]}, {}]
)
def test_what_may_be_text_as_well_stays(text: dict[str, Any]) -> None:
    for schema in ({"oneOf": [IN, text]}, {"type": "array", "items": {"anyOf": [IN, text]}}):
        assert opened(schema) == schema


def test_a_step_that_makes_a_tool_no_smaller_is_not_taken() -> None:
    tool = make_tool(
        schema={"type": "object", "properties": {"x": {"type": "object", "properties": {"n": {}}}}}
    )
    assert fit(tool, 0, cost) == (tool, ())
    assert fit(tool, 0, cost)[0] is tool


def test_a_tool_without_shared_schemas_has_lost_none() -> None:
    assert all(step(tool := make_tool(schema={"type": "object"}), {}) is tool for _, step in STEPS)


def test_tools_that_share_schemas_share_the_shorter_ones() -> None:
    one, two = make_tool(schema=SCHEMA), make_tool(schema={**SCHEMA, "required": []})
    (small, _), (other, _) = fit_all([one, two], cost(one) + cost(two) - 200, cost)
    assert (
        small.schema["properties"]["id"]
        is other.schema["properties"]["id"]
        is not SCHEMA["properties"]["id"]
    )


def test_a_branch_that_a_binding_leads_into_stays() -> None:
    tool = make_tool(schema=SCHEMA, bindings=(Binding(("place", "city"), "query", "city"),))
    assert "city" in after("optional branches", tool)["properties"]["place"]["properties"]


@pytest.mark.parametrize("name", SINGLE_FILES)
def test_no_argument_and_nothing_required_is_ever_lost(name: str) -> None:
    for tool in tools_of(name).values():
        small, _ = fit(tool, 0, cost)
        assert small.schema.get("required") == tool.schema.get("required")
        assert small.schema.get("properties", {}).keys() == tool.schema.get("properties", {}).keys()
        assert cost(small) <= cost(tool)
        jsonschema_rs.meta.validate(small.schema)
        assert {node["$ref"] for node in iter_schemas(small.schema) if "$ref" in node} == {
            f"#/$defs/{one}" for one in small.schema.get("$defs", ())
        }


# --- calls of shortened tools, read by the whole ones ---


def all_steps(tool: Any) -> Any:
    for _, step in STEPS:
        tool = step(tool, {})
    return tool


def arrives(schema: dict[str, Any], written: dict[str, Any]) -> Any:
    return value_from_strict(
        {"type": "object", "properties": schema, "$defs": {"In": NODE}}, written
    )


NODE = {
    "type": "object",
    "properties": {"r": {"type": "string"}, "n": {"type": ["string", "null"]}, "any": {}},
}


@pytest.mark.parametrize(
    "schema",
    [
        IN,
        {"anyOf": [IN, {"type": "null"}]},
        {"oneOf": [IN, {"type": "object", "properties": {"s": {}}, "required": ["s"]}]},
        {"type": "object", "additionalProperties": IN},
    ],
)
def test_json_text_for_a_branch_left_out_is_read_as_its_object(schema: dict[str, Any]) -> None:
    inner = schema.get("additionalProperties") is IN
    for value in ({"r": "x"}, {"n": "__null__"}, {"n": None}, {"any": "5"}):
        plain = {"n": None} if "n" in value else value
        text = json.dumps({"k": value} if inner else value)
        assert arrives({"x": schema}, {"x": text}) == {"x": {"k": plain} if inner else plain}


def test_a_text_beside_an_object_arrives_as_it_is() -> None:
    union = {"oneOf": [IN, {"type": "string"}]}
    assert arrives({"x": union}, {"x": '{"r":"x"}'}) == {"x": '{"r":"x"}'}


@pytest.mark.parametrize("inside", [{}, {"k": {"r": "x"}}, {"k": {"n": None}, "l": {}}])
@pytest.mark.parametrize("others", [["string"], ["integer"], ["array"], ["string", "array"]])
def test_a_map_with_json_text_inside_is_told_from_a_list(
    others: list[str], inside: dict[str, Any]
) -> None:
    lists = [{"type": "array", "items": {"type": one}} for one in others]
    union = {"anyOf": [{"type": "object", "additionalProperties": IN}, *lists]}
    pairs = [{"key": key, "value": json.dumps(value)} for key, value in inside.items()]
    # an empty list says nothing of what it would hold
    assert arrives({"x": union}, {"x": pairs}) == {"x": inside or []}


def test_objects_of_the_same_names_are_told_apart_by_what_they_hold_beside_json_text() -> None:
    properties = [{"v": {"type": "array", "items": IN}}, {"v": IN}, {"v": {"type": "integer"}}]
    union = {
        "anyOf": [
            {
                "type": "object",
                "required": [*each],
                "properties": each,
                "additionalProperties": False,
            }
            for each in properties
        ]
    }
    assert arrives({"x": union}, {"x": {"v": ['{"r":"x"}']}}) == {"x": {"v": [{"r": "x"}]}}
    assert arrives({"x": union}, {"x": {"v": 5}}) == {"x": {"v": 5}}


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_law_what_is_written_for_a_shortened_tool_arrives_as_the_plain_value(
    data: st.DataObject,
) -> None:
    whole = make_tool(schema=data.draw(roots))
    short = all_steps(whole)
    value = data.draw(instances(whole.schema))
    try:
        value_to_strict(whole.schema, value)
        written = value_to_strict(short.schema, value)
    except Inexpressible:
        return
    assert is_same_json(value_from_strict(whole.schema, written), value)


@pytest.mark.parametrize("name", SINGLE_FILES)
def test_law_calls_of_real_shortened_tools_arrive_as_the_plain_values(name: str) -> None:
    tools = list(tools_of(name).values())
    short = [all_steps(tool) for tool in tools]

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.data())
    def law(data: st.DataObject) -> None:
        n = data.draw(st.sampled_from(range(len(tools))))
        value = data.draw(instances(tools[n].schema))
        try:
            value_to_strict(tools[n].schema, value)
            written = value_to_strict(short[n].schema, value)
        except Inexpressible:
            return
        assert is_same_json(value_from_strict(tools[n].schema, written), value)

    law()
