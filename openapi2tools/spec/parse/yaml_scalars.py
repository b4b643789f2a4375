"""What plain YAML scalars mean in the core schema (YAML 1.2.2, section 10.3.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openapi2tools.spec.parse.compact import fits_64_bits

if TYPE_CHECKING:
    from openapi2tools.model import Json

_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS: Final = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_DECIMAL: Final = re.compile(r"[-+]?[0-9]+\Z")
_MAX_DECIMAL_CHARS: Final = 20  # a sign and the digits of a number of 64 bits
_OCTAL_OR_HEXADECIMAL: Final = re.compile(r"[-+]?0(?:o[0-7]+|x[0-9a-fA-F]+)\Z")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")


def read_scalar(text: str) -> Json:
    """Return what a plain scalar means; what JSON cannot hold stays text."""
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if _DECIMAL.match(text) and len(text) <= _MAX_DECIMAL_CHARS:
        number = int(text)
        if fits_64_bits(number):
            return number
    if _OCTAL_OR_HEXADECIMAL.match(text):
        number = _octal_or_hexadecimal(text)
        return number if fits_64_bits(number) else text
    if _FLOAT.match(text):
        value = float(text)
        return value if abs(value) != float("inf") else text
    return text


def _octal_or_hexadecimal(text: str) -> int:
    unsigned = text.lstrip("+-")
    base = 8 if unsigned.startswith("0o") else 16
    magnitude = int(unsigned[2:], base)
    return -magnitude if text[0] == "-" else magnitude
