"""The text of one document, JSON or YAML 1.2, to plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openapi2tools.errors import ParseError
from openapi2tools.spec.limits import Limits, raise_limit
from openapi2tools.spec.parse.encoding import decode, repair_utf8
from openapi2tools.spec.parse.json_text import COMMENTS_IN_JSON, read_json, without_comments
from openapi2tools.spec.parse.yaml import read_yaml

if TYPE_CHECKING:
    from openapi2tools.model import Json, Problem

_DIVIDERS: Final = (b",", b"[", b"{", b"\n", b"- ")


@dataclass(frozen=True, slots=True)
class Parsed:
    """A document's values and text.

    Attributes:
        value: Plain JSON values: objects have string keys, numbers are finite.
        text: The document as it came, in UTF-8.
        compact: The value as compact JSON.
        problems: What was repaired on the way (duplicate keys, odd bytes).
    """

    value: Json
    text: bytes
    compact: bytes
    problems: tuple[Problem, ...] = ()


def parse(data: bytes | str, *, address: str | None = None, limits: Limits | None = None) -> Parsed:
    """Read one document. Raises ParseError with line and column."""
    limits = limits or Limits()
    text = decode(data)
    try:
        try:
            return _read(text, limits)
        except UnicodeDecodeError as error:
            repaired, problem = repair_utf8(text, error)
            return _read(repaired, limits, problem)
    except ParseError as error:
        error.address = error.address or address
        raise


def _read(text: bytes, limits: Limits, *earlier_problems: Problem) -> Parsed:
    _check_size(text, limits)
    head = text[:200].lstrip()
    if not head and not text.strip():
        raise ParseError("the text is empty.")
    if head.startswith(b"<"):
        raise ParseError(
            "this is HTML or XML, neither JSON nor YAML. "
            "Give the address of the description itself.",
            line=1,
            column=1,
        )
    is_json = head.startswith((b"{", b"[", b"//", b"/*"))
    try:
        value, compact, problems = (read_json if is_json else read_yaml)(text, limits)
    except ParseError:
        bare = without_comments(text) if is_json else text
        if bare == text:
            raise
        return _read(bare, limits, *earlier_problems, COMMENTS_IN_JSON)
    return Parsed(value, text, compact, (*earlier_problems, *problems))


def _check_size(text: bytes, limits: Limits) -> None:
    """Refuse a text with too many bytes or values, before it is read."""
    if len(text) > limits.max_bytes:
        raise ParseError(
            f"the text is larger than {limits.max_bytes:,} bytes. "
            f"{raise_limit('max_bytes')} if it is meant to be."
        )
    # a value takes two characters at least, so that a short text need not be counted
    may_be_too_many = len(text) > 2 * limits.max_values
    if may_be_too_many and sum(map(text.count, _DIVIDERS)) > limits.max_values:
        raise ParseError(
            f"it holds more than {limits.max_values:,} values. "
            f"{raise_limit('max_values')} if it is meant to."
        )
