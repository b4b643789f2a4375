"""From pointers back to lines: problems get the line and column of what they are about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from openapi2tools.spec.parse.json_positions import find_in_json
from openapi2tools.spec.parse.yaml_positions import find_in_yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.model import Json, Problem
    from openapi2tools.spec.parse.position import Position

_MAX_LOCATED: Final = 100  # nobody reads on, and each costs a search
_MAX_YAML_BYTES: Final = 16 * 1024 * 1024  # libyaml takes about 0.15 s for each million
_RANK: Final = {"error": 0, "warning": 1, "hint": 2}


def locate(problems: Sequence[Problem], value: Json, text: bytes) -> tuple[Problem, ...]:
    """Return the problems with their lines; of very many, only the worst get one.

    `value` is what was read from the text.
    """
    indexes = [
        index
        for index, problem in enumerate(problems)
        if problem.line is None and problem.address is None
    ]
    worst_first = sorted(indexes, key=lambda index: _RANK[problems[index].severity])
    indexes = worst_first[:_MAX_LOCATED]
    positions = find_positions({problems[index].pointer for index in indexes}, value, text)
    located = list(problems)
    for index in indexes:
        position = positions.get(problems[index].pointer)
        if position is not None:
            located[index] = replace(problems[index], line=position.line, column=position.column)
    return tuple(located)


def find_positions(pointers: set[str], value: Json, text: bytes) -> dict[str, Position]:
    """Return where each pointer's key or item begins.

    Where it has no place of its own, the position is that of the nearest one above it. `value` is
    what was read from the text.
    """
    if not pointers:
        return {}
    if text[:200].lstrip().startswith((b"{", b"[")):
        return find_in_json(pointers, value, text.decode())
    return find_in_yaml(pointers, text) if len(text) <= _MAX_YAML_BYTES else {}
