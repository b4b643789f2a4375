"""Values that are made of a schema fit it, and look like what they stand for."""

from __future__ import annotations

from typing import Any

import pytest

from openapi2tools.mock.patterns import pattern_text
from openapi2tools.tools.samples.sample import NoSample, Sampler

NODE = {
    "type": "object",
    "required": ["next"],
    "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}},
}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 5, "maximum": 7},
        {"type": "integer", "exclusiveMinimum": 5, "exclusiveMaximum": 7},
        {"type": "integer", "maximum": -3},
        {"type": "integer", "minimum": 11, "maximum": 19, "multipleOf": 6},
        {"type": "number", "minimum": 0, "maximum": 1},
        {"type": "number", "exclusiveMinimum": 0.25, "maximum": 0.5},
        {"type": "string", "minLength": 40},
        {"type": "string", "maxLength": 2},
        {"type": "string", "pattern": "^[A-Z]{2}\\d{3}$"},
        {"type": "string", "pattern": "^arn:.*$", "minLength": 40},
        {"type": "string", "pattern": "^\\w+@\\w+$", "maxLength": 12},
        {"type": "string", "pattern": "^[\\u0020-\\uD7FF]*$", "maxLength": 30},
        {"type": "array", "items": {"type": "integer"}, "minItems": 3, "uniqueItems": True},
        {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "minItems": 2},
        {"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}},
        {"type": "object", "required": ["a"], "properties": {}},
        {"allOf": [{"type": "object", "properties": {"a": {"const": 1}}}, {"required": ["a"]}]},
        {"oneOf": [{"type": "integer"}, {"type": "string"}]},
        {
            "type": "object",
            "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
            "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        {"type": ["null", "string"], "enum": [None, "a"]},
        {"$ref": "#/$defs/Node", "$defs": {"Node": NODE}},
        {"anyOf": [False, {"type": "boolean"}]},
        {"type": "string", "examples": ["much too long"], "maxLength": 3},
        {},
    ],
)
def test_a_value_fits(schema: dict[str, Any]) -> None:
    sampler = Sampler(schema, pattern_text)
    for seed in "abc":
        assert sampler.accepts(sampler.sample(seed)), sampler.sample(seed)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 5, "maximum": 4},
        {"type": "array", "items": False, "minItems": 1},
        {
            "$ref": "#/$defs/A",
            "$defs": {"A": {**NODE, "properties": {"next": {"$ref": "#/$defs/A"}}}},
        },
    ],
)
def test_where_nothing_fits_it_is_told(schema: dict[str, Any]) -> None:
    with pytest.raises(NoSample):
        Sampler(schema).sample("a")


def test_what_the_document_shows_comes_first() -> None:
    schema = {"type": "object", "properties": {"a": {"examples": ["x"]}, "b": {"default": 3}}}
    assert Sampler(schema).sample("a") == {"a": "x", "b": 3}


def test_a_seed_makes_one_value() -> None:
    schema = {"type": "object", "properties": {"id": {"type": "string", "format": "uuid"}}}
    first, again = (Sampler(schema).sample("a") for _ in range(2))
    assert first == again != Sampler(schema).sample("b")


def test_lists_have_the_length_that_is_asked_for() -> None:
    schema = {"type": "array", "items": {"type": "string"}, "maxItems": 3}
    assert [len(Sampler(schema).sample("a", length=n)) for n in (1, 2, 9)] == [1, 2, 3]


@pytest.mark.parametrize("seed", "abcd")
@pytest.mark.parametrize(
    ("written", "value"),
    [
        ({"examples": ["sold"]}, "sold"),
        ({"default": "pending"}, "pending"),
        ({"examples": ["lost"], "default": "sold"}, "sold"),
    ],
)
def test_one_of_several_values_is_the_one_that_the_document_writes(
    written: dict[str, Any], value: str, seed: str
) -> None:
    schema = {"type": "string", "enum": ["available", "pending", "sold"], **written}
    assert Sampler(schema).sample(seed) == value
