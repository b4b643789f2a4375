"""The text of one document, JSON or YAML 1.2, to plain values; where it breaks, an error with line and column."""

from __future__ import annotations

import codecs
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools._core import pointer
from openapi2tools.errors import ParseError
from openapi2tools.model import Json, JsonObject, Problem
from openapi2tools.spec.limits import Limits
from openapi2tools.spec.parse import yaml as yaml12
from openapi2tools.spec.parse.compact import TOO_DEEP, compact

if TYPE_CHECKING:
    from collections.abc import Iterator

_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DIVIDERS: Final = (b",", b"[", b"{", b"\n", b"- ")
_FIRST: Final = frozenset(mark[:1] for mark, _ in _BOMS)


@dataclass(frozen=True, slots=True)
class Parsed:
    """Plain JSON values (objects have string keys, numbers are finite), and what was wrong on the way.

    `text` is the document as it came, in UTF-8; `compact` is what `compact.compact` makes of it.
    """

    value: Json
    text: bytes
    compact: bytes
    problems: tuple[Problem, ...] = ()


def parse(data: bytes | str, *, address: str | None = None, limits: Limits | None = None) -> Parsed:
    """Read one document. Raises ParseError with line and column; the problems are about repairs (duplicate keys, odd bytes)."""
    limits = limits or Limits()
    text, problems = decode(data), list[Problem]()
    try:
        try:
            value, written, more = _read(text, limits)
        except UnicodeDecodeError as error:
            text, problems = _repaired(text, error)
            value, written, more = _read(text, limits)
    except ParseError as error:
        error.address = error.address or address
        raise
    return Parsed(value, text, written, (*problems, *more))


def decode(data: bytes | str) -> bytes:
    """Give the text in UTF-8 without a byte order mark, from UTF-8, UTF-16 or UTF-32 (YAML 1.2.2, section 5.2)."""
    if isinstance(data, str):
        return data.encode("utf-8", "replace").removeprefix(codecs.BOM_UTF8)
    encoding = (
        next((name for mark, name in _BOMS if data.startswith(mark)), None)
        if data[:1] in _FIRST
        else None
    )
    encoding = encoding or (_encoding(data[:4]) if 0 in data[:4] else "utf-8")
    if encoding == "utf-8":
        return data.removeprefix(codecs.BOM_UTF8)
    return data.decode(encoding, "replace").removeprefix("\ufeff").encode("utf-8", "replace")


def _repaired(text: bytes, error: UnicodeDecodeError) -> tuple[bytes, list[Problem]]:
    line, column = (
        text.count(b"\n", 0, error.start) + 1,
        error.start - text.rfind(b"\n", 0, error.start),
    )
    message = f"the byte 0x{text[error.start]:02X} is no UTF-8."
    problem = Problem(
        "bad-encoding", message, advice="Save the document as UTF-8.", line=line, column=column
    )
    return text.decode("utf-8", "replace").encode(), [problem]


def _encoding(head: bytes) -> str:
    """Tell the encoding of a text without a mark by where its first characters have zeros: they are ASCII in any description."""
    zeros = "".join("0" if byte == 0 else "x" for byte in head)
    return {"x000": "utf-32-le", "000x": "utf-32-be", "x0x0": "utf-16-le", "0x0x": "utf-16-be"}.get(
        zeros, "utf-8"
    )


def _read(text: bytes, limits: Limits) -> tuple[Json, bytes, list[Problem]]:
    if len(text) > limits.max_bytes:
        raise ParseError(
            f"the text is larger than {limits.max_bytes:,} bytes. Raise Limits.max_bytes if it is meant to be."
        )
    if len(text) > 2 * limits.max_values and sum(map(text.count, _DIVIDERS)) > limits.max_values:
        raise ParseError(
            f"it holds more than {limits.max_values:,} values. Raise Limits.max_values if it is meant to."
        )
    head = text[:200].lstrip()
    if not head and not text.strip():
        raise ParseError("the text is empty.")
    if head.startswith(b"<"):
        raise ParseError(
            "this is HTML or XML, neither JSON nor YAML. Give the address of the description itself.",
            line=1,
            column=1,
        )
    if head.startswith((b"{", b"[")):
        return _read_json(text, limits)
    return yaml12.read(text, limits)


def _read_json(text: bytes, limits: Limits) -> tuple[Json, bytes, list[Problem]]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        value, problems = _read_odd_json(text, limits, error)
        return value, compact(value), problems
    written = compact(value)
    # a pair that was lost took its quotes along
    if written == text or written.count(b'"') == text.count(b'"'):
        return value, written, []
    return value, written, _json_with_duplicates(text)[1]


def _read_odd_json(
    text: bytes, limits: Limits, fault: orjson.JSONDecodeError
) -> tuple[Json, list[Problem]]:
    """Read what Python's reader accepts (control characters, half surrogates, NaN as a word), or YAML (commas before a bracket)."""
    text.decode()  # raises UnicodeDecodeError
    if "depth" in fault.msg:
        raise ParseError(TOO_DEEP, line=fault.lineno, column=fault.colno)
    problem = Problem(
        "odd-json", f"no strict JSON: {fault.msg}.", line=fault.lineno, column=fault.colno
    )
    try:
        value, problems = _json_with_duplicates(text)
    except (ValueError, RecursionError):
        try:
            value, problems = yaml12.read_slowly(text, limits)
        except ParseError:
            raise ParseError(
                f"no JSON: {fault.msg}.", line=fault.lineno, column=fault.colno
            ) from None
    return value, [problem, *problems]


def _json_with_duplicates(text: bytes) -> tuple[Json, list[Problem]]:
    """Read JSON the slow way, where each object tells which of its keys came twice; the last one counts."""
    twice: dict[int, tuple[JsonObject, list[str]]] = {}

    def make(pairs: list[tuple[str, Json]]) -> JsonObject:
        value = dict(pairs)
        if len(value) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            twice[id(value)] = (value, [key for key in value if counts[key] > 1])
        return value

    value = json.loads(
        text, object_pairs_hook=make, parse_constant=str, parse_float=_finite, strict=False
    )
    try:
        compact(value)
    except ParseError:
        return _without_half_surrogates(value), []
    problems = [
        _duplicate(pointer.join(place, key))
        for place, node in _objects(value)
        if id(node) in twice
        for key in twice[id(node)][1]
    ]
    return value, problems


def _finite(text: str) -> Json:
    number = float(text)
    return number if abs(number) != float("inf") else text


def _without_half_surrogates(value: Json) -> Json:
    text = json.dumps(value, ensure_ascii=False)
    return orjson.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _duplicate(place: str) -> Problem:
    return Problem(
        "duplicate-key",
        "this key stands twice in one object; the last one counts.",
        place,
        advice="Remove or rename one.",
    )


def _objects(value: Json) -> Iterator[tuple[str, JsonObject]]:
    """Walk all objects of a value, each with its pointer."""
    stack = [("", value)]
    while stack:
        place, node = stack.pop()
        if isinstance(node, dict):
            yield place, node
            stack.extend(
                (pointer.join(place, key), child)
                for key, child in node.items()
                if isinstance(child, (dict, list))
            )
        elif isinstance(node, list):
            stack.extend(
                (f"{place}/{index}", child)
                for index, child in enumerate(node)
                if isinstance(child, (dict, list))
            )
