"""A tool is shortened in the documented order, and loses no argument of its own."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from openapi2tools.model import Binding
from openapi2tools.tools.budget import STEPS, fit
from openapi2tools.tools.tokens import count_json
from openapi2tools.tools.walk import schemas
from tests.support.documents import SINGLE_FILES, tools_of
from tests.support.tools import make_tool

LONG = "The first sentence says it all, really. " + "The others add very little to it. " * 12
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": LONG, "examples": ["a", "b"]},
        "place": {
            "type": "object",
            "description": "Where.",
            "properties": {"city": {"type": "string", "description": "A city."}, "geo": {"$ref": "#/$defs/Geo"}},
            "required": ["city"],
        },
    },
    "required": ["id"],
    "$defs": {
        "Geo": {
            "type": "object",
            "properties": {"lat": {"type": "number"}, "box": {"type": "object", "properties": {"n": {"type": "number"}}}},
        }
    },
}


def cost(tool: Any) -> int:
    return count_json({"description": tool.description, "schema": tool.schema})


def after(step: str, tool: Any = None) -> dict[str, Any]:
    """The schema after all steps up to one."""
    tool = tool or make_tool(schema=SCHEMA, description=LONG * 3)
    for name, apply in STEPS:
        tool = apply(tool)
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
    assert after("long descriptions")["properties"]["id"]["description"] == "The first sentence says it all, really."


def test_then_the_descriptions_of_optional_nested_fields() -> None:
    place = after("descriptions of optional nested fields")["properties"]["place"]
    assert place["description"] == "Where."
    assert place["properties"]["city"]["description"] == "A city."


def test_then_optional_branches_the_deepest_first() -> None:
    geo = after("optional branches of shared schemas")["$defs"]["Geo"]["properties"]
    assert geo["box"] == {"type": "object", "description": "Its fields are left out here."}
    place = after("nested optional branches")["properties"]["place"]["properties"]
    assert place["geo"] == {"description": "Its fields are left out here."}
    last = after("optional branches")
    assert last["properties"]["place"] == {"type": "object", "description": "Where. Its fields are left out here."}
    assert "$defs" not in last


def test_it_stops_as_soon_as_the_tool_fits_and_says_what_went() -> None:
    tool = make_tool(schema=SCHEMA, description=LONG * 3)
    shorter, gone = fit(tool, cost(tool) - 10, cost)
    assert gone == ("examples", "long descriptions")
    assert "place" in shorter.schema["properties"]


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
        assert {node["$ref"] for node in schemas(small.schema) if "$ref" in node} == {
            f"#/$defs/{one}" for one in small.schema.get("$defs", ())
        }
