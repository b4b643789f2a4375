"""YAML 1.2 to the values that a JSON document could hold.

The fast reader is taken where it is right, else the text is read event by event.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.spec.parse.compact import to_compact_json
from openapi2tools.spec.parse.yaml_events import read_events
from openapi2tools.spec.parse.yaml_fast import read_fast

if TYPE_CHECKING:
    from openapi2tools.model import Json, Problem
    from openapi2tools.spec.limits import Limits


def read_yaml(text: bytes, limits: Limits) -> tuple[Json, bytes, list[Problem]]:
    """Return a YAML document's value, the same as compact JSON, and the problems.

    Raises ParseError with line and column.
    """
    fast = read_fast(text)
    if fast is not None:
        return *fast, []
    value, problems = read_events(text, limits)
    return value, to_compact_json(value), problems
