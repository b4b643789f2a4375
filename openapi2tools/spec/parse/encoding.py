"""The bytes of a document to its text in UTF-8."""

from __future__ import annotations

import codecs
from typing import Final

from openapi2tools.model import Problem
from openapi2tools.spec.parse.position import position_at_byte

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with UTF-16's
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_FIRST_BYTES: Final = frozenset(mark[:1] for mark, _ in _BYTE_ORDER_MARKS)
# the encodings of an ASCII text, by which of its first four bytes are zero
_BY_ZERO_BYTES: Final = {
    "x000": "utf-32-le",
    "000x": "utf-32-be",
    "x0x0": "utf-16-le",
    "0x0x": "utf-16-be",
}


def decode(data: bytes | str) -> bytes:
    """Return a text in UTF-8 without a byte order mark.

    It may come in UTF-8, UTF-16 or UTF-32 (YAML 1.2.2, section 5.2).
    """
    if isinstance(data, str):
        return data.encode("utf-8", "replace").removeprefix(codecs.BOM_UTF8)
    encoding = _encoding_of(data)
    if encoding == "utf-8":
        return data.removeprefix(codecs.BOM_UTF8)
    return data.decode(encoding, "replace").removeprefix("\ufeff").encode("utf-8", "replace")


def _encoding_of(data: bytes) -> str:
    if data[:1] in _FIRST_BYTES:
        for mark, encoding in _BYTE_ORDER_MARKS:
            if data.startswith(mark):
                return encoding
    # without a mark: the first characters are ASCII in any description
    zeros = "".join("0" if byte == 0 else "x" for byte in data[:4])
    return _BY_ZERO_BYTES.get(zeros, "utf-8")


def repair_utf8(text: bytes, error: UnicodeDecodeError) -> tuple[bytes, Problem]:
    """Return a text with U+FFFD for each byte that is no UTF-8, and the problem with the first."""
    position = position_at_byte(text, error.start)
    problem = Problem(
        "bad-encoding",
        f"the byte 0x{text[error.start]:02X} is no UTF-8.",
        advice="Save the document as UTF-8.",
        line=position.line,
        column=position.column,
    )
    return text.decode("utf-8", "replace").encode(), problem
