"""JMESPath expressions: read one, apply it, and tell which fields it names. The door of jmespath.

An expression may come from a model, and an answer may be large: what could make a value many times
as large as the answer is refused before it is applied.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Json

MAX_EXPRESSION_CHARS: Final = 2_000
_MAX_GROWTH: Final = 1_000
"""How often an expression may repeat a part of the answer."""
_GROWING_FUNCTIONS: Final = ("join", "to_string")
_REPEATING_NODES: Final = ("multi_select_list", "multi_select_dict", "function_expression")
_UNKNOWN_CONTEXT_NODES: Final = ("value_projection", "expref")
_VALUE_MAKING_NODES: Final = (
    *_REPEATING_NODES,
    *_UNKNOWN_CONTEXT_NODES,
    "literal",
    "comparator",
    "or_expression",
    "and_expression",
    "not_expression",
    "key_val_pair",
)
"""What makes a value whose fields have no path in the answer."""
_Node: TypeAlias = "dict[str, Any]"


class UnusableExpression(ValueError):
    """An expression that cannot be read, or not be applied; the text says why."""


class Expression:
    """A JMESPath expression.

    Raises:
        UnusableExpression: It cannot be read, or could make a value that is far too large.
    """

    def __init__(self, text: str) -> None:
        import jmespath  # type: ignore[import-untyped]  # noqa: PLC0415 -- only for those who choose fields
        from jmespath.exceptions import (  # type: ignore[import-untyped]  # noqa: PLC0415 -- likewise
            JMESPathError,
        )

        if len(text) > MAX_EXPRESSION_CHARS:
            raise UnusableExpression(f"it is longer than {MAX_EXPRESSION_CHARS:,} characters.")
        try:
            self._compiled = jmespath.compile(text)
            growth = _growth(self._compiled.parsed)
        except JMESPathError as error:
            raise UnusableExpression(_reason(error)) from None
        except RecursionError:
            raise UnusableExpression("it is nested too deeply.") from None
        if growth > _MAX_GROWTH:
            raise UnusableExpression("it repeats the answer too often.")

    def apply(self, value: Json) -> Json:
        """Return what the expression makes of a value; None where it finds nothing.

        Raises:
            UnusableExpression: It does not go with this value.
        """
        from jmespath.exceptions import JMESPathError  # noqa: PLC0415 -- as above

        try:
            found: Json = self._compiled.search(value)
        except JMESPathError as error:
            raise UnusableExpression(_reason(error)) from None
        except (RecursionError, TypeError, ValueError, OverflowError) as error:
            raise UnusableExpression(f"it cannot be applied to this answer ({error}).") from None
        return found

    def named_fields(self) -> Iterator[str]:
        """Yield the fields that it names, as dotted paths from the whole value."""
        names: list[str] = []
        _collect(self._compiled.parsed, "", names)
        yield from dict.fromkeys(names)


def _reason(error: Exception) -> str:
    """Return the first line of what jmespath says, as the end of a sentence."""
    first_line = str(error).partition("\n")[0]
    return f"{first_line.strip().rstrip(':.')}."


def _children(node: _Node) -> list[_Node]:
    return [child for child in node["children"] if isinstance(child, dict)]


def _growth(node: _Node) -> int:
    """Return how often a part of the value may stand in what an expression makes of it."""
    if node["type"] == "function_expression" and node["value"] in _GROWING_FUNCTIONS:
        raise UnusableExpression(f"the function {node['value']} is not taken here.")
    growths = [_growth(child) for child in _children(node)]
    return max(sum(growths) if node["type"] in _REPEATING_NODES else prod(growths), 1)


def _collect(node: _Node, at: str | None, names: list[str]) -> str | None:
    """Collect the fields that a node names below a path; return the path of what it gives.

    None stands for a value whose fields have no path in the answer.
    """
    kind = node["type"]
    if kind == "field" and at is not None:
        path = f"{at}.{node['value']}" if at else str(node["value"])
        names.append(path)
        return path
    if kind in _VALUE_MAKING_NODES:
        inner = None if kind in _UNKNOWN_CONTEXT_NODES else at
        for child in _children(node):
            _collect(child, inner, names)
        return None
    if kind == "filter_projection":
        left, right, condition = node["children"]
        inner = _collect(left, at, names)
        _collect(condition, inner, names)
        return _collect(right, inner, names)
    for child in _children(node):
        at = _collect(child, at, names)
    return None if kind == "field" else at
