"""JSON texts to values: strictly where that works, else as patiently as it can be done."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools._core import pointer as json_pointer
from openapi2tools.errors import ParseError
from openapi2tools.model import Json, JsonObject, Problem
from openapi2tools.spec.parse.compact import TOO_DEEP, to_compact_json
from openapi2tools.spec.parse.duplicate_keys import Tokens, ValueJoiner, duplicate_key, is_map
from openapi2tools.spec.parse.yaml_events import read_events

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openapi2tools.spec.limits import Limits

# a text, or a comment as JavaScript has it; what has no end goes to the end of all
_TEXT_OR_COMMENT: Final = re.compile(
    rb'"(?:[^"\\]|\\.)*(?:"|\Z)|//[^\r\n]*|/\*.*?(?:\*/|\Z)', re.DOTALL
)
_NO_SPACE: Final = re.compile(rb"\S")

COMMENTS_IN_JSON: Final = Problem("odd-json", "no strict JSON: it has comments.", line=1, column=1)


def without_comments(text: bytes) -> bytes:
    """Return a JSON text with spaces for its comments, so that all else stays where it is."""

    def blank(match: re.Match[bytes]) -> bytes:
        found = match[0]
        return found if found.startswith(b'"') else _NO_SPACE.sub(b" ", found)

    return _TEXT_OR_COMMENT.sub(blank, text)


def read_json(text: bytes, limits: Limits) -> tuple[Json, bytes, list[Problem]]:
    """Return a JSON text's value, the same as compact JSON, and the problems.

    Raises ParseError with line and column.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        value, problems = _read_odd_json(text, limits, error)
        return value, to_compact_json(value), problems
    written = to_compact_json(value)
    # a pair that was lost to a duplicate key took its quotes along
    if written == text or written.count(b'"') == text.count(b'"'):
        return value, written, []
    joined, problems = _read_with_duplicates(text)
    return (joined, to_compact_json(joined), problems) if problems else (value, written, [])


def _read_odd_json(
    text: bytes, limits: Limits, error: orjson.JSONDecodeError
) -> tuple[Json, list[Problem]]:
    """Read what is no strict JSON.

    Python's reader accepts control characters, half surrogates and NaN as a word. YAML accepts
    commas before a bracket.
    """
    text.decode()  # raises UnicodeDecodeError
    if "depth" in error.msg:
        raise ParseError(TOO_DEEP, line=error.lineno, column=error.colno)
    problem = Problem(
        "odd-json", f"no strict JSON: {error.msg}.", line=error.lineno, column=error.colno
    )
    try:
        value, problems = _read_with_duplicates(text)
    except (ValueError, RecursionError):
        try:
            value, problems = read_events(text, limits)
        except ParseError:
            raise ParseError(
                f"no JSON: {error.msg}.", line=error.lineno, column=error.colno
            ) from None
    return value, [problem, *problems]


def _read_with_duplicates(text: bytes) -> tuple[Json, list[Problem]]:
    """Read JSON the slow way, and report the keys that stand twice."""
    objects = _ObjectsWithDuplicates()
    value = json.loads(
        text,
        object_pairs_hook=objects.make,
        parse_constant=str,
        parse_float=_finite_or_text,
        strict=False,
    )
    problems = objects.join(value)
    try:
        to_compact_json(value)
    except ParseError:
        return _without_half_surrogates(value), []
    return value, problems


class _ObjectsWithDuplicates:
    """Makes the objects of a JSON text, and remembers which of their keys stand twice."""

    def __init__(self) -> None:
        # by the object's id: the object, which keeps the id its own, and all values of each
        # duplicate key
        self._duplicates: dict[int, tuple[JsonObject, dict[str, list[Json]]]] = {}
        self._joiner = ValueJoiner()

    def make(self, pairs: list[tuple[str, Json]]) -> JsonObject:
        value = dict(pairs)
        if len(value) < len(pairs):
            values: dict[str, list[Json]] = {}
            for key, each in pairs:
                values.setdefault(key, []).append(each)
            duplicates = {key: several for key, several in values.items() if len(several) > 1}
            self._duplicates[id(value)] = (value, duplicates)
        return value

    def join(self, document: Json) -> list[Problem]:
        """Join the values of duplicate keys where both can be kept.

        The document is edited. Returns a problem for each key that stands twice.
        """
        problems: list[Problem] = []
        self._join_maps(document, (), problems)
        for pointer, node in _objects(document):
            _node, values = self._duplicates.get(id(node), ({}, {}))
            pointers = [json_pointer.join(pointer, key) for key in values]
            problems += [duplicate_key(each, is_kept=False) for each in pointers]
        return problems

    def _join_maps(self, value: Json, tokens: Tokens, problems: list[Problem]) -> None:
        """Join the values of duplicate keys in the root and the maps of a description."""
        if not isinstance(value, dict) or (tokens and not is_map(tokens)):
            return
        _node, duplicates = self._duplicates.pop(id(value), ({}, {}))
        for key in value:
            key_tokens = (*tokens, key)
            halves = duplicates.get(key, [value[key]])
            for half in halves:
                self._join_maps(half, key_tokens, problems)
            value[key] = halves[0]
            for half in halves[1:]:
                value[key], found = self._joiner.join(key_tokens, value[key], half)
                problems += found


def _finite_or_text(text: str) -> Json:
    number = float(text)
    return number if abs(number) != float("inf") else text


def _without_half_surrogates(value: Json) -> Json:
    text = json.dumps(value, ensure_ascii=False)
    return orjson.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _objects(value: Json) -> Iterator[tuple[str, JsonObject]]:
    """Yield all objects of a value, each with its pointer."""
    stack = [("", value)]
    while stack:
        pointer, node = stack.pop()
        if isinstance(node, dict):
            yield pointer, node
            tokens: Iterable[tuple[str | int, Json]] = node.items()
        elif isinstance(node, list):
            tokens = enumerate(node)
        else:
            continue
        stack.extend(
            (json_pointer.join(pointer, token), child)
            for token, child in tokens
            if isinstance(child, dict | list)
        )
