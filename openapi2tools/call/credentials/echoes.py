"""Find secrets in a text, in whatever form it repeats them.

A secret is found as it is, in base64 and in hexadecimal, and each of these also where it is
escaped: percent-encoded, as in JSON or JavaScript, or as in HTML, in part, mixed, and several
times over (`%252F`).
"""

from __future__ import annotations

import re
from base64 import b64encode
from bisect import bisect_right
from functools import lru_cache
from html.entities import html5
from string import ascii_letters, digits
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_WORD_CHARACTER: Final = re.compile(r"\w")
_MIN_UNMISTAKABLE_CHARS: Final = 16
"""A shorter secret is found only where it stands as a whole word."""
_ESCAPE_SIGNS: Final = ("%", "\\", "&")
_ALWAYS_SOUGHT: Final = frozenset(f"{ascii_letters}{digits}+/-_%\\&#;")
"""The characters of base64 and hexadecimal, and those of which escapes are made."""
_MAX_LAYERS: Final = 4
"""How often one text may be escaped over and over."""
_ENCODED_BYTES: Final = 3
"""Base64 writes three bytes in four characters, so that a secret within a longer text has three
forms, by where it begins."""


class _Form(NamedTuple):
    """A form of a secret; `is_word` where it counts as a whole word only."""

    text: str
    is_word: bool


class Echoes:
    """The forms of some secrets, ready to be searched."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        self._forms = tuple(forms)
        # A secret may itself hold what looks like an escape.
        self._escape = _escape_pattern(_ALWAYS_SOUGHT.union(*(form.text for form in forms)))
        unescaped = {form._replace(text=_Unescaped(form.text, self._escape).text) for form in forms}
        self._unescaped_forms = tuple(forms | unescaped)

    def replace(self, text: str, mask: str) -> str:
        """Return a text with a mask for each secret in it."""
        pieces = []
        end = 0
        for start, stop in sorted(self._spans(text)):
            if start >= end:
                pieces += [text[end:start], mask]
            end = max(end, stop)
        return "".join([*pieces, text[end:]])

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where secrets stand; the places may overlap."""
        yield from _find(text, self._forms)
        layers: list[_Unescaped] = []
        while len(layers) < _MAX_LAYERS and any(sign in text for sign in _ESCAPE_SIGNS):
            layers.append(_Unescaped(text, self._escape))
            if layers[-1].text == text:
                return
            text = layers[-1].text
            for start, stop in _find(text, self._unescaped_forms):
                span = (start, stop)
                for layer in reversed(layers):
                    span = layer.span(*span)
                yield span


class _Unescaped:
    """A text with one character for each escape, and the way back to its places."""

    def __init__(self, text: str, escape: re.Pattern[str]) -> None:
        pieces = []
        end = 0
        length = 0
        self._escapes: list[tuple[int, int]] = []
        self._places: list[int] = []
        for found in escape.finditer(text):
            character = _character(found)
            pieces += [text[end : found.start()], character]
            length += found.start() - end
            self._places.append(length)
            self._escapes.append(found.span())
            length += 1
            end = found.end()
        self.text = "".join([*pieces, text[end:]])

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Return where a part of it stands in the text that was unescaped."""
        return self._origin(start)[0], self._origin(stop - 1)[1]

    def _origin(self, place: int) -> tuple[int, int]:
        index = bisect_right(self._places, place) - 1
        if index < 0:
            return place, place + 1
        if self._places[index] == place:
            return self._escapes[index]
        behind = place - self._places[index] - 1
        origin = self._escapes[index][1] + behind
        return origin, origin + 1


@lru_cache(maxsize=64)
def _escape_pattern(characters: frozenset[str]) -> re.Pattern[str]:
    """Return what finds an escape of one of these characters, and of no other.

    Texts are full of others (quotes, spaces, line breaks), which need not be looked at.
    """
    numbers = sorted(map(ord, characters))
    bytes_ = "|".join(f"{number:02x}" for number in numbers if number < 0x100)
    units = "|".join(f"{number:04x}" for number in numbers if number < 0x10000)
    signs = "".join(re.escape(each) for each in sorted(characters) if not each.isalnum())
    names = "|".join(sorted((each for each in html5 if html5[each] in characters), reverse=True))
    decimals = "|".join(map(str, numbers))
    hexadecimals = "|".join(f"{number:x}" for number in numbers)
    return re.compile(
        rf"""
        % ({_any_case(bytes_)})
      | \\+ (?: u({_any_case(units)}) | x({_any_case(bytes_)}) | ([{signs}]) )
      | & (?: \#0*({decimals}) | \#[xX]0*({_any_case(hexadecimals)}) ) ;
      | & ({names})
        """,
        re.VERBOSE,
    )


def _any_case(pattern: str) -> str:
    """Return a pattern of hexadecimal digits for both cases."""
    return re.sub("[a-f]", lambda digit: f"[{digit[0]}{digit[0].upper()}]", pattern)


def _character(found: re.Match[str]) -> str:
    """Return the character that an escape stands for."""
    percent, unit, byte, sign, decimal, hexadecimal, name = found.groups()
    written = percent or unit or byte or hexadecimal
    if written:
        return chr(int(written, 16))
    if decimal:
        return chr(int(decimal))
    return sign or html5[name]


def _find(text: str, forms: Iterable[_Form]) -> Iterator[tuple[int, int]]:
    for form in forms:
        start = text.find(form.text) if form.text else -1  # a short secret has an empty form
        while start >= 0:
            stop = start + len(form.text)
            if not form.is_word or _is_whole_word(text, start, stop):
                yield start, stop
            start = text.find(form.text, stop)


def _is_whole_word(text: str, start: int, stop: int) -> bool:
    around = text[max(start - 1, 0) : start] + text[stop : stop + 1]
    return _WORD_CHARACTER.search(around) is None


def _forms(secret: str) -> Iterator[_Form]:
    """Yield the forms of a secret that are texts of their own, without escapes."""
    data = secret.encode("utf-8", "surrogatepass")
    is_word = len(secret) < _MIN_UNMISTAKABLE_CHARS
    yield _Form(secret, is_word)
    yield _Form(secret.replace(" ", "+"), is_word)
    yield _Form(data.decode("latin-1"), is_word)  # what percent-encoding writes, byte by byte
    yield _Form(data.hex(), is_word=False)
    yield _Form(data.hex().upper(), is_word=False)
    for offset in range(_ENCODED_BYTES):
        yield from _base64_forms(data, offset)


def _base64_forms(data: bytes, offset: int) -> Iterator[_Form]:
    """Yield what base64 writes for bytes that begin at a place of its groups.

    The characters at both ends that tell of the neighbours, too, are left out.
    """
    encoded = b64encode(bytes(offset) + data).decode()
    first = -(-offset * 8 // 6)
    last = (offset + len(data)) * 8 // 6
    form = encoded[first:last]
    yield _Form(form, is_word=False)
    yield _Form(form.replace("+", "-").replace("/", "_"), is_word=False)
