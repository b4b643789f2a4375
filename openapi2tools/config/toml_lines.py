"""The lines of a TOML file: which of them say what, for messages and for changes.

`tomllib` says what a file means, but not where. What a statement is, it is asked as well: the
fewest lines that it can read.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

KeyPath: TypeAlias = tuple[str, ...]
_HEADER: Final = re.compile(r"\s*\[\[?(?P<key>.*?)\]\]?\s*(#.*)?$")
_NOTHING: Final = re.compile(r"\s*(#.*)?$")


@dataclass(frozen=True, slots=True)
class Statement:
    """A header of a table or a key with its value: lines `first` to `last`, from 1.

    `path` is its full key, and `inner` the keys within an inline table, with that before them.
    """

    path: KeyPath
    first: int
    last: int
    is_header: bool
    inner: frozenset[KeyPath] = frozenset()


def statements(text: str) -> Iterator[Statement]:
    """Yield the statements of a text that `tomllib` can read, in order."""
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    table: KeyPath = ()
    index = 0
    while index < len(lines):
        first = index
        index += 1
        if _NOTHING.match(lines[first]):
            continue
        header = _HEADER.match(lines[first])
        if header and (key := _read(f"{header['key']} = 0")) is not None:
            table = _first_path(key)
            yield Statement(table, first + 1, first + 1, is_header=True)
            continue
        while (value := _read("\n".join(lines[first:index]))) is None and index < len(lines):
            index += 1
        paths = frozenset(table + path for path in _paths(value or {}))
        own = table + _first_path(value or {}, depth=_key_depth(lines[first]))
        yield Statement(own, first + 1, index, is_header=False, inner=paths)


def line_of(text: str, path: KeyPath) -> int | None:
    """Return the line, from 1, on which a key stands, or else the nearest table around it."""
    found = list(statements(text))
    for length in range(len(path), 0, -1):
        wanted = path[:length]
        for statement in found:
            if wanted in statement.inner or statement.path[:length] == wanted:
                return statement.first
    return None


def without(text: str, path: KeyPath) -> str:
    """Return the text without the statements below a key."""
    gone = {
        number
        for statement in statements(text)
        if statement.path[: len(path)] == path
        for number in range(statement.first, statement.last + 1)
    }
    kept = (line for number, line in enumerate(text.split("\n"), 1) if number not in gone)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).lstrip("\n")


def _read(text: str) -> dict[str, Any] | None:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None


def _key_depth(line: str) -> int:
    """Return of how many parts the key is that a line begins with."""
    for end in (match.start() for match in re.finditer("=", line)):
        key = _read(f"{line[:end]} = 0")
        if key is not None:
            return len(_first_path(key))
    return 1


def _first_path(value: dict[str, Any], depth: int | None = None) -> KeyPath:
    path: list[str] = []
    inner: Any = value
    while isinstance(inner, dict) and inner and (depth is None or len(path) < depth):
        name = next(iter(inner))
        path.append(name)
        inner = inner[name]
    return tuple(path)


def _paths(value: Any, before: KeyPath = ()) -> Iterator[KeyPath]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield (*before, name)
            yield from _paths(inner, (*before, name))
