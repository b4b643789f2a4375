"""A result as a small model reads it: cut, and with what such a model does not see by itself.

It does not know what to try when nothing was found, nor which number of a list is the lowest.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from openapi2tools.agent.constrained.argument_schemas import (
    accepts_any_text,
    without_optional_nulls,
)
from openapi2tools.formats.writing import full_text, truncate_with_note
from openapi2tools.tools.resources.names import identified_resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openapi2tools.model import Call, Json, JsonObject, Result, Tool

_MAX_RESULT_CHARS: Final = 3000  # small models have short memories
_MAX_COMPARED_MEMBERS: Final = 2
_MAX_ITEM_CHARS: Final = 200


def result_text(call: Call, result: Result, tools: Mapping[str, Tool]) -> str:
    """Return a result as the model reads it.

    An empty one has advice; a list says which items have the lowest and the highest numbers.
    """
    text = f"Result of {result.tool}: {truncate_with_note(full_text(result), _MAX_RESULT_CHARS)}"
    if result.is_error or call.tool not in tools:
        return text
    if found_nothing(result):
        return f"{text} (Nothing was found.{_advice(call, tools[call.tool])})"
    extremes = _extremes(_only_list(result.data if result.selected is None else result.selected))
    return f"{text}\n({extremes})" if extremes else text


def found_nothing(result: Result) -> bool:
    """Return whether a result is an empty list, or an object around empty lists."""
    if result.is_error:
        return False
    data = result.data
    if not isinstance(data, dict):
        return bool(data == [])
    lists = [value for value in data.values() if isinstance(value, list)]
    return bool(lists) and all(value == [] for value in lists)


def spaced_json(value: Json) -> str:
    """Return a value as JSON with the white space that models write."""
    return json.dumps(value, ensure_ascii=False)


def _advice(call: Call, tool: Tool) -> str:
    """Return what may be tried after an empty result."""
    properties = without_optional_nulls(tool)["properties"]
    alternatives = [
        name
        for name, schema in properties.items()
        if name not in call.arguments and accepts_any_text(schema)
    ]
    if len(call.arguments) > 1:
        alternatives.append("fewer arguments")
    return f" Try again with {' or '.join(alternatives)}." if alternatives else ""


def _only_list(data: Json) -> Sequence[Json]:
    """Return a list, or the only list in an object; an empty one where there is none."""
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list)]
        data = lists[0] if len(lists) == 1 else []
    return data if isinstance(data, list) else []


def _extremes(items: Sequence[Json]) -> str:
    """Return which items have the lowest and the highest value of each number that all have."""
    objects = [item for item in items if isinstance(item, dict)]
    if len(objects) < len(items) or not objects:
        return ""
    compared = [name for name in objects[0] if _is_compared(name, objects)]
    return " ".join(
        f"{which} {name}: {truncate_with_note(spaced_json(item), _MAX_ITEM_CHARS)}."
        for name in compared[:_MAX_COMPARED_MEMBERS]
        for which, item in (
            ("Lowest", min(objects, key=lambda each: each[name])),
            ("Highest", max(objects, key=lambda each: each[name])),
        )
    )


def _is_compared(name: str, objects: Sequence[JsonObject]) -> bool:
    """Return whether all objects have a number of this name, not the same one, that is no id."""
    if identified_resource(name) is not None:
        return False
    values = [each.get(name) for each in objects]
    are_numbers = all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in values
    )
    return are_numbers and len(set(values)) > 1
