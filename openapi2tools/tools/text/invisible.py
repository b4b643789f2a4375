"""Text of a document in; the characters in it that nobody sees, which a model would read, out."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import category
from unicodedata import name as character_name

_CONTROL: Final = "".join(map(chr, (*range(9), 11, 12, *range(14, 32), *range(127, 160))))
HIDDEN: Final = re.compile(
    f"[{_CONTROL}\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0"
    "\ufe00-\ufe0e\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ufe0f](?<!\ufe0f(?!\ufe0f))"
)
"""One U+FE0F makes an emoji of a sign; every other variation selector, and a row of them, only carries what nobody sees."""
_ASCII: Final = bytes((9, 10, 13, *range(32, 127)))


def without_hidden(text: str) -> str:
    """Take out of a text what nobody sees."""
    return HIDDEN.sub("", text) if _may_hide(text) else text


def hidden_characters(text: str) -> tuple[str, ...]:
    """Name the characters that a reader cannot see, or that turn the order of what he sees: `U+202E RIGHT-TO-LEFT OVERRIDE`."""
    found = dict.fromkeys(HIDDEN.findall(text)) if _may_hide(text) else ()
    return tuple(f"U+{ord(c):04X} {character_name(c, category(c))}" for c in found)


def _may_hide(text: str) -> bool:
    """Tell whether any is among the characters that are no plain ASCII: to look at those few alone takes a tenth of the time."""
    if text.isascii() and text.isprintable():
        return False
    strange = text.encode("utf-8", "surrogatepass").translate(None, _ASCII)
    return bool(strange) and HIDDEN.search(strange.decode("utf-8", "surrogatepass")) is not None
