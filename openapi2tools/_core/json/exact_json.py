"""JSON whose numbers keep their digits, where a Python float cannot hold them.

`12345678901234567890.25` is read as an `ExactNumber`: a float for whoever calculates with it, and
all its digits for whoever shows it or writes it again.
"""

from __future__ import annotations

import json
import re
import secrets
from decimal import Decimal
from typing import Any, Final, Self

_MAY_LOSE_DIGITS: Final = re.compile(r"[0-9](?:[0-9.]{15}|[eE][+-]?[0-9]{2})")
"""A shorter number is a float without loss."""


class ExactNumber(float):
    """A number that a float cannot hold; `str` returns its digits."""

    __slots__ = ("digits",)

    digits: str

    def __new__(cls, digits: str) -> Self:
        """Make the nearest float, which remembers the digits."""
        number = super().__new__(cls, digits)
        number.digits = digits
        return number

    def __repr__(self) -> str:
        """Return the digits, as they were read."""
        return self.digits

    def __reduce__(self) -> tuple[type[ExactNumber], tuple[str]]:
        return ExactNumber, (self.digits,)


def loads(data: str | bytes) -> Any:
    """Parse JSON; of bytes the encoding is found, as `json.loads` does.

    Raises:
        ValueError, RecursionError: As `json.loads` does.
    """
    text = data if isinstance(data, str) else data.decode(json.detect_encoding(data))
    if not _MAY_LOSE_DIGITS.search(text):
        return json.loads(text)
    return json.loads(text, parse_float=_number)


def dumps(value: Any, **options: Any) -> str:
    """Write JSON as `json.dumps` does, with all digits of exact numbers."""
    if not _holds_exact_number(value):
        return json.dumps(value, **options)
    numbers: list[str] = []
    name = secrets.token_hex(16)  # no text of the value can be the same
    text = json.dumps(_name_numbers(value, name, numbers), **options)
    return re.sub(f'"{name}:([0-9]+)"', lambda found: numbers[int(found[1])], text)


def as_floats(value: Any) -> Any:
    """Return a value with plain floats for its exact numbers, for who knows no other numbers."""
    if isinstance(value, ExactNumber):
        return float(value)
    if isinstance(value, dict):
        return {key: as_floats(each) for key, each in value.items()}
    return [as_floats(each) for each in value] if isinstance(value, list) else value


def _number(digits: str) -> float:
    number = float(digits)
    is_exact = abs(number) != float("inf") and Decimal(repr(number)) == Decimal(digits)
    return number if is_exact else ExactNumber(digits)


def _holds_exact_number(value: Any) -> bool:
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            waiting.extend(each.values())
        elif isinstance(each, list):
            waiting.extend(each)
        elif isinstance(each, ExactNumber):
            return True
    return False


def _name_numbers(value: Any, name: str, numbers: list[str]) -> Any:
    """Return a value with a text for each exact number, whose digits are added to `numbers`."""
    if isinstance(value, ExactNumber):
        numbers.append(value.digits)
        return f"{name}:{len(numbers) - 1}"
    if isinstance(value, dict):
        return {key: _name_numbers(each, name, numbers) for key, each in value.items()}
    if isinstance(value, list):
        return [_name_numbers(each, name, numbers) for each in value]
    return value
