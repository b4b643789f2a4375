"""The laws of `diff`: a call that was right and is wrong now is never missed, and nothing is told
of what is the same."""

from __future__ import annotations

import copy
from random import Random
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from openapi2tools.tools.changes.schemas import SchemaComparison

if TYPE_CHECKING:
    from collections.abc import Callable

# a field that an open object had no name for before counts as a new one
TOLD = {"narrowed", "removed", "required", "added"}
SCALARS = [True, False, None, -2, 0, 1, 3, "", "a", "ab", "abc"]
TYPES = ["string", "integer", "number", "null", "array", "object", ["string", "null"]]


class Schemas:
    """Schemas and values by chance."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def value(self, depth: int = 0) -> Any:
        chance = self.random.random()
        if depth > 2 or chance < 0.5:
            return self.random.choice(SCALARS)
        if chance < 0.7:
            return [self.value(depth + 1) for _ in range(self.random.randint(0, 3))]
        return {name: self.value(depth + 1) for name in self._names()}

    def schema(self, depth: int = 0) -> dict[str, Any]:
        choose, number = self.random.choice, self.random.randint
        makers: dict[str, tuple[float, Callable[[], Any]]] = {
            "type": (0.35, lambda: choose(TYPES)),
            "enum": (0.12, lambda: [choose(SCALARS) for _ in range(number(1, 3))]),
            "const": (0.05, lambda: choose(SCALARS)),
            "minimum": (0.12, lambda: number(-2, 2)),
            "maximum": (0.12, lambda: number(-2, 2)),
            "minLength": (0.12, lambda: number(0, 2)),
            "maxLength": (0.12, lambda: number(0, 3)),
            "maxItems": (0.12, lambda: number(0, 2)),
            "pattern": (0.12, lambda: choose(["^a", "b$"])),
        }
        if depth < 2:
            inner = lambda: self.schema(depth + 1)  # noqa: E731 -- one word for what follows
            makers |= {
                "items": (0.25, inner),
                "additionalProperties": (0.2, lambda: choose([True, False, inner()])),
                "properties": (0.35, lambda: {name: inner() for name in self._names()}),
                "required": (0.2, self._names),
                "anyOf": (0.15, lambda: [inner() for _ in range(number(1, 2))]),
            }
        return {key: make() for key, (p, make) in makers.items() if self.random.random() < p}

    def changed(self, schema: dict[str, Any]) -> dict[str, Any]:
        later, other = copy.deepcopy(schema), self.schema()
        for key in sorted({*later, *other}):
            if self.random.random() < 0.3:
                later.pop(key, None)
                later |= {key: other[key]} if key in other else {}
        return later

    def _names(self) -> list[str]:
        return [name for name in "pq" if self.random.random() < 0.6]


def directions(old: Any, new: Any) -> set[str]:
    roots = ({"type": "object", "properties": {"a": schema}} for schema in (old, new))
    return {each.direction for each in SchemaComparison(*roots).arguments()}


@pytest.mark.parametrize("seed", range(5))
def test_a_value_that_is_taken_no_longer_is_told(seed: int) -> None:
    chance = Schemas(seed)
    tried = 0
    for _ in range(4000):
        old = chance.schema()
        new = chance.changed(old)
        before, now = map(jsonschema_rs.validator_for, (old, new))
        for value in [chance.value() for _ in range(4)]:
            if before.is_valid(value) and not now.is_valid(value):
                tried += 1
                assert directions(old, new) & TOLD, (old, new, value)
    assert tried > 500


def test_a_schema_does_not_differ_from_itself() -> None:
    chance = Schemas(0)
    for schema in [chance.schema() for _ in range(1000)]:
        assert directions(schema, copy.deepcopy(schema)) == set()
        assert directions(schema, {**schema, "description": "Other words."}) == {"described"}
