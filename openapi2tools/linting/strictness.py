"""Say why a tool cannot be strict, where its schema is too deep, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from openapi2tools.tools.strict.limits import MAX_DEPTH
from openapi2tools.tools.walk import LIST_KEYWORDS, SINGLE_KEYWORDS, definition_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import JsonObject, Tool
    from openapi2tools.tools.strict.converter import StrictConverter

_CONSEQUENCE: Final = "until then the model's arguments are not held to the schema."
_TOO_LARGE_ADVICE: Final = (
    "Keep optional parts from models with x-openapi2tools: {exclude: true} on their properties; "
    + _CONSEQUENCE
)
_INEXPRESSIBLE_ADVICE: Final = f"Simplify that place; {_CONSEQUENCE}"
_MAX_NESTING: Final = 100  # schemas within schemas that are followed
_TOO_DEEP_ENDING: Final = f"inside each other ({MAX_DEPTH} allowed)"
_TOO_LARGE_ENDING: Final = " allowed)"


def strictness_faults(tool: Tool, converter: StrictConverter) -> Iterator[tuple[str, str]]:
    """Yield each reason why a tool cannot be strict, with advice."""
    for reason in converter.to_strict(tool.schema).reasons:
        if reason.endswith(_TOO_DEEP_ENDING):
            innermost = ".".join(innermost_property(tool.schema))
            yield f"{reason}, the innermost at {innermost}", _TOO_LARGE_ADVICE
        elif reason.endswith(_TOO_LARGE_ENDING):
            yield reason, _TOO_LARGE_ADVICE
        else:
            yield reason, _INEXPRESSIBLE_ADVICE


def innermost_property(schema: JsonObject) -> tuple[str, ...]:
    """Return the names on the way to the innermost property; what holds itself is entered once."""
    return _LongestPaths(schema.get("$defs", {})).path_in(schema)


class _LongestPaths:
    """The longest paths of property names in the schemas of one tool."""

    def __init__(self, definitions: JsonObject) -> None:
        self._definitions = definitions
        self._known: dict[str, tuple[str, ...]] = {}
        self._nesting = 0

    def path_in(self, node: Any) -> tuple[str, ...]:
        if not isinstance(node, dict) or self._nesting > _MAX_NESTING:
            return ()
        self._nesting += 1
        paths = [(name, *self.path_in(inner)) for name, inner in node.get("properties", {}).items()]
        paths += [self.path_in(inner) for key in LIST_KEYWORDS for inner in node.get(key, ())]
        paths += [self.path_in(node[key]) for key in SINGLE_KEYWORDS if key in node]
        if "$ref" in node:
            paths.append(self._path_in_definition(definition_name(node["$ref"])))
        self._nesting -= 1
        return max(paths, key=len, default=())

    def _path_in_definition(self, name: str) -> tuple[str, ...]:
        if name not in self._known:
            self._known[name] = ()  # while it is being followed: a cycle ends here
            self._known[name] = self.path_in(self._definitions.get(name))
        return self._known[name]
