"""JSON Schema in, a hypothesis strategy for instances of it out: of the keywords that tools'
schemas are made of, no more."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

TEXT = st.text("abcäß☃ \"\\/{}[]:,0_'", max_size=6)
DEEPEST = 6


def anything() -> st.SearchStrategy[Any]:
    """Give any JSON value, a small one."""
    leaves = st.none() | st.booleans() | st.integers(-99, 99) | TEXT
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
        max_leaves=3,
    )


def instances(
    schema: Any, root: dict[str, Any] | None = None, depth: int = 0
) -> st.SearchStrategy[Any]:
    """Give a strategy for instances of a schema; deep down, optional properties and items are left
    out."""
    root = schema if root is None else root
    if isinstance(schema, bool) or not schema:
        return st.nothing() if schema is False else anything()
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
        return st.deferred(lambda: instances(root["$defs"][name], root, depth + 1))
    for keyword in ("anyOf", "oneOf"):
        if keyword in schema:
            branches = [branch for branch in schema[keyword] if branch is not False]
            if depth > DEEPEST and any(branch == {"type": "null"} for branch in branches):
                return st.none()
            return st.one_of([instances(branch, root, depth + 1) for branch in branches])
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    kinds = schema.get("type", [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if depth > DEEPEST and "null" in kinds:
        return st.none()
    return (
        st.one_of([_of_type(kind, schema, root, depth) for kind in kinds]) if kinds else anything()
    )


def _of_type(
    kind: str, schema: dict[str, Any], root: dict[str, Any], depth: int
) -> st.SearchStrategy[Any]:
    if kind == "object":
        return _objects(schema, root, depth)
    if kind == "array":
        return _lists(schema, root, depth)
    if kind in ("integer", "number"):
        return _numbers(schema)
    return {"string": _texts(schema), "boolean": st.booleans(), "null": st.none()}[kind]


def _texts(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    """Give text; JSON where a strict schema asks for it, which only its words can."""
    note = schema.get("description", "")
    if "JSON text: an object." in note:
        return st.dictionaries(TEXT, anything(), max_size=2).map(json.dumps)
    return anything().map(json.dumps) if "JSON text: any value." in note else TEXT


def _numbers(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    low = schema.get(
        "minimum",
        schema.get("exclusiveMinimum", -1000) + 1 if "exclusiveMinimum" in schema else None,
    )
    high = schema.get(
        "maximum",
        schema.get("exclusiveMaximum", 1000) - 1 if "exclusiveMaximum" in schema else None,
    )
    low = low if low is not None else min(0, (high if high is not None else 0)) - 5
    high = high if high is not None else max(0, low) + 1005
    step = schema.get("multipleOf", 1)
    first, last = -(-low // step), high // step
    if first > last:
        return st.just(low)
    return st.integers(int(first), int(last)).map(lambda times: times * step)


def _lists(schema: dict[str, Any], root: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    least = schema.get("minItems", 0)
    if "prefixItems" in schema:
        places = schema["prefixItems"]
        return st.integers(min(least, len(places)), len(places)).flatmap(
            lambda n: st.tuples(*[instances(place, root, depth + 1) for place in places[:n]]).map(
                list
            )
        )
    most = max(least, min(2 if depth <= DEEPEST else 0, schema.get("maxItems", 2)))
    return st.lists(
        instances(schema.get("items", True), root, depth + 1), min_size=least, max_size=most
    )


def _objects(schema: dict[str, Any], root: dict[str, Any], depth: int) -> st.SearchStrategy[Any]:
    properties = schema.get("properties", {})
    required = set(schema.get("required", ()))
    must = {name: instances(properties.get(name, True), root, depth + 1) for name in required}
    may = {
        name: instances(inner, root, depth + 1)
        for name, inner in properties.items()
        if name not in required and inner is not False
    }
    named = st.fixed_dictionaries(must, optional=may if depth <= DEEPEST else {})
    further = schema.get("additionalProperties")
    if not isinstance(further, dict) or depth > DEEPEST:
        return named
    others = st.dictionaries(
        TEXT.filter(lambda key: key not in properties),
        instances(further, root, depth + 1),
        max_size=2,
    )
    return st.tuples(others, named).map(lambda both: {**both[0], **both[1]})
