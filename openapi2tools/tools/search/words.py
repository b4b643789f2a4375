"""Split texts and identifiers into the words that searching compares.

`listPullRequests` gives list, pull, request; `/repos/{owner}` gives repo, owner. Writing without
spaces (Chinese, Japanese, Thai …) gives pairs of neighbouring characters.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from unicodedata import combining, normalize

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TEXT_CHARS: Final = 4_000
"""What lies beyond in a description hardly says what an operation is for."""
_MAX_WORD_CHARS: Final = 40
_CAMEL_CASE: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_WORD: Final = re.compile(r"[^\W_]+")
_UNSPACED: Final = re.compile(
    "([\u0e00-\u0e7f\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)"
)
# Words that stand in nearly every description or question.
_STOP_WORDS: Final = frozenset(
    """a an the this that these those of to in on at by for from with into as and or is are was were
    be been it its i me my we our you your he she his her they their them do does did can could
    will would should shall may might must have has had not no if then than there here what which
    who whom whose when where how all any some each please want need""".split()  # noqa: SIM905
)
_IRREGULAR: Final = {"people": "person", "children": "child", "indices": "index", "me": "me"}


def words(text: str) -> list[str]:
    """Return the words of a text in their order, in the form in which they are compared."""
    return list(_words(text[:MAX_TEXT_CHARS]))


def _words(text: str) -> Iterator[str]:
    if not text.isascii():
        text = normalize("NFKC", text)
    for run in _WORD.findall(_CAMEL_CASE.sub(" ", text)):
        if run.isascii():
            yield from _stemmed(run.lower())
            continue
        for index, part in enumerate(_UNSPACED.split(run)):
            if index % 2:
                yield from _pairs(part)
            elif part:
                yield from _stemmed(_without_accents(part.casefold()))


def _stemmed(word: str) -> tuple[str, ...]:
    if word in _STOP_WORDS or len(word) > _MAX_WORD_CHARS:
        return ()
    return (stem(word),)


def _pairs(text: str) -> Iterator[str]:
    """Yield each two neighbouring characters; a single one stands alone."""
    if len(text) == 1:
        yield text
    for first, second in pairwise(text):
        yield first + second


def _without_accents(text: str) -> str:
    return "".join(char for char in normalize("NFKD", text) if not combining(char))


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return a lower-case English word without the endings of plurals, -ing and -ed.

    Light on purpose: what it joins wrongly is worse for searching than what it keeps apart.
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 3 or not word.isalpha():
        return word
    word = _singular(word)
    for ending in ("ing", "ed"):
        base = word.removesuffix(ending)
        if base != word and len(base) > 2 and re.search("[aeiouy]", base):
            return _bare_verb(base)
    return word.removesuffix("e") if len(word) > 4 else word


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _bare_verb(base: str) -> str:
    """Undo a doubled consonant (`stopp`), and the e that was lost (`creat`, as `create` gives)."""
    if len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz":
        return base[:-1]
    return base.removesuffix("e")
