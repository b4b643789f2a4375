"""JSON Schema and a random number generator in, one instance out, in time of its own size: for
schemas of thousands of components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from random import Random

LETTERS: Final = "abcXYZ019äß☃é \"\\/{}[]:,;=&?#%+|'_-.~@!$()*<>^`"
DEEPEST: Final = 4


def instance(
    random: Random, schema: Any, root: dict[str, Any] | None = None, depth: int = 0
) -> Any:
    """Draw an instance of a tool's schema. Patterns, formats and lengths are not kept: no text is
    too odd to be sent."""
    root = schema if root is None else root
    if isinstance(schema, bool) or not schema:
        return _anything(random)
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/").replace("~1", "/").replace("~0", "~")
        return instance(random, root["$defs"][name], root, depth + 1)
    if parts := [part for part in schema.get("allOf", ()) if isinstance(part, dict)]:
        drawn = [
            instance(
                random,
                {**part, "type": part.get("type", "object")} if "$ref" not in part else part,
                root,
                depth,
            )
            for part in parts
        ]
        return {
            key: value for each in drawn if isinstance(each, dict) for key, value in each.items()
        }
    for keyword in ("anyOf", "oneOf"):
        if branches := [branch for branch in schema.get(keyword, ()) if branch is not False]:
            return instance(random, random.choice(branches), root, depth + 1)
    if "const" in schema or "enum" in schema:
        return random.choice(schema.get("enum") or [schema["const"]])
    kinds = schema.get("type", "object" if "properties" in schema else [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    return (
        _of_type(random, random.choice(kinds), schema, root, depth) if kinds else _anything(random)
    )


def _of_type(
    random: Random, kind: str, schema: dict[str, Any], root: dict[str, Any], depth: int
) -> Any:
    match kind:
        case "object":
            return _object(random, schema, root, depth)
        case "array":
            most = 0 if depth > DEEPEST else 3
            return [
                instance(random, schema.get("items", True), root, depth + 1)
                for _ in range(random.randint(0, most))
            ]
        case "string":
            return _text(random)
        case "integer":
            return random.choice([0, 1, -7, 10**12, random.randint(-999, 999)])
        case "number":
            return random.choice([0, 0.5, -1.25, 1e-9, 3, random.random()])
        case "boolean":
            return random.random() < 0.5
    return None


def _object(
    random: Random, schema: dict[str, Any], root: dict[str, Any], depth: int
) -> dict[str, Any]:
    properties = schema.get("properties", {})
    required = schema.get("required", ())
    optional = [
        name for name in properties if name not in required and properties[name] is not False
    ]
    chosen = (
        [] if depth > DEEPEST else random.sample(optional, min(len(optional), random.randint(0, 6)))
    )
    found = {
        name: instance(random, properties.get(name, True), root, depth + 1)
        for name in (*required, *chosen)
    }
    further = schema.get("additionalProperties")
    if isinstance(further, dict) and depth <= DEEPEST:
        found |= {
            _text(random) or "k": instance(random, further, root, depth + 1)
            for _ in range(random.randint(0, 2))
        }
    return found


def _text(random: Random) -> str:
    return "".join(random.choices(LETTERS, k=random.randint(0, 8)))


def _anything(random: Random) -> Any:
    return random.choice(
        [None, True, 3, 0.5, _text(random), [1, _text(random)], {"a": _text(random)}]
    )
