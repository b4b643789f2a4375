"""Write where in the arguments a value stands."""

from __future__ import annotations

import re
from functools import reduce
from typing import TYPE_CHECKING, Any, Final

from openapi2tools.tools.text.sentences import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openapi2tools.model import Json

MAX_VALUE_CHARS: Final = 60
"""Of a value in a sentence: arguments may be long, and private."""
_PLAIN_KEY: Final = re.compile(r"[^\s.\[\]\"]+")


def path_text(steps: Sequence[str | int]) -> str:
    """Write a path as people do: `filter.items[0].name`, `labels["a.b"]`."""
    return reduce(inner_path, steps, "") or "the arguments"


def inner_path(path: str, step: str | int) -> str:
    """Return the path of what an object or a list at a path holds under a key or an index."""
    if isinstance(step, int):
        return f"{path}[{step}]"
    if _PLAIN_KEY.fullmatch(step):
        return f"{path}.{step}" if path else step
    return f"{path}[{quoted(step, MAX_VALUE_CHARS)}]"


def with_empty_keys(steps: Sequence[str | int], value: Any, instance: Json) -> Iterator[str | int]:
    """Yield a path into a value to an instance, with the keys `""`, which the validator omits."""
    for step in steps:
        while isinstance(value, dict) and step not in value and "" in value:
            yield ""
            value = value[""]
        yield step
        value = value[step]
    below = []
    while isinstance(value, dict) and "" in value and value != instance:
        below.append("")
        value = value[""]
    if value == instance:
        yield from below
