"""Find and remove the characters of a text that no reader sees, but a model would read."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import category
from unicodedata import name as character_name

_CONTROL: Final = "".join(map(chr, (*range(9), 11, 12, *range(14, 32), *range(127, 160))))
_ZERO_WIDTH_AND_BIDIRECTIONAL: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0"
)
_VARIATION_SELECTORS_AND_TAGS: Final = (
    "\ufe00-\ufe0e\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff\ufe0f"
)
INVISIBLE: Final = re.compile(
    f"[{_CONTROL}{_ZERO_WIDTH_AND_BIDIRECTIONAL}{_VARIATION_SELECTORS_AND_TAGS}]"
    "(?<!\ufe0f(?!\ufe0f))"
)
"""One U+FE0F makes an emoji of a sign and stays.

Every other variation selector, and several of them in a row, only carry what nobody sees.
"""
_PLAIN_ASCII: Final = bytes((9, 10, 13, *range(32, 127)))


def remove_invisible(text: str) -> str:
    """Return a text without its invisible characters."""
    return INVISIBLE.sub("", text) if _has_invisible(text) else text


def invisible_characters(text: str) -> tuple[str, ...]:
    """Name each invisible or bidirectional character of a text: `U+202E RIGHT-TO-LEFT OVERRIDE`."""
    if not _has_invisible(text):
        return ()
    distinct = dict.fromkeys(INVISIBLE.findall(text))
    return tuple(f"U+{ord(c):04X} {character_name(c, category(c))}" for c in distinct)


def _has_invisible(text: str) -> bool:
    """Return whether a text holds any; looking at the non-ASCII alone takes a tenth of the time."""
    if text.isascii() and text.isprintable():
        return False
    others = text.encode("utf-8", "surrogatepass").translate(None, _PLAIN_ASCII)
    if not others:
        return False
    return INVISIBLE.search(others.decode("utf-8", "surrogatepass")) is not None
