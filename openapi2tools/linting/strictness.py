"""A tool that cannot be strict in; each reason, the place that a reason by size means, and what to do about it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from openapi2tools.tools.strict.limits import MAX_DEPTH
from openapi2tools.tools.walk import LIST_KEYWORDS, SINGLE_KEYWORDS, definition_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import JsonObject, Tool
    from openapi2tools.tools.strict.converter import StrictConverter

_LOOSE: Final = "until then the model's arguments are not held to the schema."
_TOO_LARGE: Final = f"Keep optional parts from models with x-openapi2tools: {{exclude: true}} on their properties; {_LOOSE}"
_TOO_ODD: Final = f"Simplify that place; {_LOOSE}"
_FURTHEST: Final = 100  # schemas within schemas that are followed
_DEEP: Final = f"inside each other ({MAX_DEPTH} allowed)"


def not_strict(tool: Tool, tightener: StrictConverter) -> Iterator[tuple[str, str]]:
    """Give each reason and its remedy."""
    for reason in tightener.to_strict(tool.schema).reasons:
        if reason.endswith(_DEEP):
            yield f"{reason}, the innermost at {'.'.join(deepest(tool.schema))}", _TOO_LARGE
        else:
            yield reason, _TOO_LARGE if reason.endswith(" allowed)") else _TOO_ODD


def deepest(schema: JsonObject) -> tuple[str, ...]:
    """Give the names on the way to the innermost property; what holds itself is entered once."""
    return _Chains(schema.get("$defs", {})).of(schema)


class _Chains:
    """The longest ways into the schemas of one tool."""

    def __init__(self, definitions: JsonObject) -> None:
        self._definitions = definitions
        self._known: dict[str, tuple[str, ...]] = {}
        self._level = 0

    def of(self, node: Any) -> tuple[str, ...]:
        if not isinstance(node, dict) or self._level > _FURTHEST:
            return ()
        self._level += 1
        ways = [(name, *self.of(inner)) for name, inner in node.get("properties", {}).items()]
        ways += [self.of(inner) for key in LIST_KEYWORDS for inner in node.get(key, ())]
        ways += [self.of(node[key]) for key in SINGLE_KEYWORDS if key in node]
        if "$ref" in node:
            ways.append(self._named(definition_name(node["$ref"])))
        self._level -= 1
        return max(ways, key=len, default=())

    def _named(self, name: str) -> tuple[str, ...]:
        if name not in self._known:
            self._known[name] = ()  # while it is being followed: a cycle ends here
            self._known[name] = self.of(self._definitions.get(name))
        return self._known[name]
