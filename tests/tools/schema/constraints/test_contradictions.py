"""Constraints that their own document contradicts leave the schema, and are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.spec.load import load
from openapi2tools.tools.arguments.check import check_arguments
from openapi2tools.tools.build import build_tools
from openapi2tools.tools.schema.constraints.contradictions import empty_range
from openapi2tools.tools.strict.converter import to_strict
from tests.support.apis import document, json_body, tool_of, translated

if TYPE_CHECKING:
    from openapi2tools.model import Problem


def problems_of(schema: Any) -> list[Problem]:
    """Give the problems with constraints of the body `{value: schema}`."""
    body = json_body({"type": "object", "properties": {"value": schema}})
    tools = build_tools(load(document({"/x": {"post": {"responses": {}, **body}}})))
    return [problem for problem in tools.problems if problem.kind == "faulty-constraint"]


@pytest.mark.parametrize(
    ("raw", "left", "message"),
    [
        (
            {"type": "integer", "maximum": 2147483647, "example": 3000000000},
            {"type": "integer", "examples": [3000000000]},
            "value: The maximum, 2147483647, refuses the document's own 3000000000: left out.",
        ),
        (
            {"type": "string", "pattern": "^[a-z]$", "enum": ["a", "DE"]},
            {"type": "string", "enum": ["a", "DE"], "description": 'Pattern: "^[a-z]$"'},
            'value: The pattern, "^[a-z]$", refuses the document\'s own "DE": left out.',
        ),
        (
            {"type": "integer", "minimum": 1, "default": 0},
            {"type": "integer", "default": 0},
            "value: The minimum, 1, refuses the document's own 0: left out.",
        ),
        (
            {"type": "number", "multipleOf": 0.01, "example": 0.005},
            {"type": "number", "examples": [0.005]},
            "value: The multipleOf, 0.01, refuses the document's own 0.005: left out.",
        ),
        (
            {"type": "array", "items": {"type": "string", "maxLength": 2}, "example": ["long"]},
            {"type": "array", "items": {"type": "string"}, "examples": [["long"]]},
            'value: The maxLength, 2, refuses the document\'s own "long": left out.',
        ),
        (
            {"type": "integer", "minimum": 9, "maximum": 3},
            {"type": "integer"},
            "value: No value meets maximum 3 and minimum 9: left out.",
        ),
        (
            {"type": "string", "minLength": 5, "maxLength": 2},
            {"type": "string"},
            "value: No value meets maxLength 2 and minLength 5: left out.",
        ),
        (
            {"type": "string", "pattern": "dd/MM/yyyy"},
            {"type": "string", "description": 'Pattern: "dd/MM/yyyy"'},
            'value: The pattern "dd/MM/yyyy" stands in the description alone.',
        ),
        (
            {"type": "string", "pattern": "/^[a-z]{2}$/i"},
            {"type": "string", "pattern": "^[a-zA-Z]{2}$"},
            'value: The pattern "/^[a-z]{2}$/i" is read as "^[a-zA-Z]{2}$".',
        ),
    ],
)
def test_a_constraint_that_cannot_be_meant_is_left_out_and_told(
    raw: Any, left: Any, message: str
) -> None:
    assert translated(raw) == left
    [problem] = problems_of(raw)
    assert (problem.message, problem.severity) == (message, "warning")
    assert problem.advice


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "integer", "minimum": 1, "maximum": 1},
        {"type": "number", "exclusiveMinimum": 0, "maximum": 1, "example": 1},
        {"type": "number", "multipleOf": 0.01, "example": 19.99},
        {"type": "string", "minLength": 3, "examples": ["", "string", "abc", "x"]},
        {"type": "string", "maxLength": 3, "default": None},
        {"type": "string", "pattern": r"^\d{4}$", "example": 2024},
    ],
)
def test_a_constraint_that_its_document_keeps_once_stays(raw: Any) -> None:
    converted = translated(raw)
    kept = raw.keys() - {"example", "examples", "default"}
    assert {key: converted.get(key) for key in kept} == {key: raw[key] for key in kept}
    assert problems_of(raw) == []


def test_a_pattern_between_slashes_is_read_as_the_examples_want_it() -> None:
    assert translated({"type": "string", "pattern": "/[a-z]+/", "example": "abc"}) == {
        "type": "string",
        "pattern": "[a-z]+",
        "examples": ["abc"],
    }
    route = {"type": "string", "pattern": "/[a-z]+/", "example": "/abc/"}
    assert translated(route)["pattern"] == "/[a-z]+/"


def test_the_example_of_an_object_judges_its_properties() -> None:
    code = {"type": "string", "pattern": "^[0-9]+$"}
    raw = {"type": "object", "properties": {"code": code, "no": code}, "example": {"code": "A1"}}
    properties = translated(raw)["properties"]
    assert "pattern" not in properties["code"]
    assert properties["no"] == code
    assert code["pattern"] == "^[0-9]+$"


CODE = {"type": "object", "properties": {"code": {"type": "string", "maxLength": 2}}}


@pytest.mark.parametrize("schema", [CODE, {"$ref": "#/components/schemas/Code"}])
def test_examples_of_a_parameter_and_of_a_media_type_judge_too(schema: Any) -> None:
    parameter = {
        "name": "big",
        "in": "query",
        "example": 9,
        "schema": {"type": "integer", "maximum": 5},
    }
    body = json_body(schema)
    body["requestBody"]["content"]["application/json"]["example"] = {"code": "long"}
    tool = tool_of({"parameters": [parameter], **body}, {"Code": CODE})
    assert check_arguments(tool, {"big": 9, "code": "long"}).faults == ()


@pytest.mark.parametrize(
    ("schema", "empty"),
    [
        ({"minItems": 2, "maxItems": 1}, {"minItems", "maxItems"}),
        ({"exclusiveMinimum": 1, "exclusiveMaximum": 1}, {"exclusiveMinimum", "exclusiveMaximum"}),
        ({"type": "integer", "minimum": 1.2, "maximum": 1.8}, {"minimum", "maximum"}),
        ({"type": "number", "minimum": 1.2, "maximum": 1.8}, set()),
        ({"required": ["a", "b"], "maxProperties": 1}, {"maxProperties"}),
        ({"maxLength": 0}, set()),
    ],
)
def test_an_empty_range_is_one_that_no_value_is_in(schema: Any, empty: set[str]) -> None:
    assert empty_range(schema) == empty


@pytest.mark.parametrize(
    "rule",
    [
        {"type": "integer", "minimum": 9, "maximum": 3},
        {"allOf": [{"type": "integer", "minimum": 9}, {"type": "integer", "maximum": 3}]},
        {"allOf": [{"type": "array", "minItems": 2}, {"type": "array", "maxItems": 1}]},
    ],
)
def test_a_strict_schema_carries_no_range_that_nothing_can_meet(rule: Any) -> None:
    result = to_strict({"type": "object", "properties": {"a": rule}, "required": ["a"]})
    assert result.schema is None
    assert "a range that no value is in" in result.reasons[0]


def test_a_strict_schema_carries_no_pattern_that_nothing_can_meet() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "a^"}}}
    strict = to_strict({**schema, "required": ["a"]}).schema
    assert strict is not None
    assert strict["properties"]["a"] == {"type": "string", "description": "Pattern a^"}


@pytest.mark.parametrize("number", [float("inf"), float("nan"), 10**400, 10**30, 1e300])
@pytest.mark.parametrize("keyword", ["minimum", "exclusiveMaximum", "multipleOf", "maxProperties"])
def test_a_number_beyond_measure_is_no_fault_of_ours(keyword: str, number: float) -> None:
    for json_type in ("integer", "number"):
        assert translated({"type": json_type, keyword: number, "example": 5})["type"] == json_type
        assert translated({"type": json_type, "multipleOf": 0.5, keyword: 2, "example": number})
