"""YAML read with rapidyaml, wherever its answer is that of YAML 1.2.

rapidyaml reads fast and to the letter of the JSON schema. Of the core schema's other scalars
(`~`, `True`, `0x1F`, `.inf`), of tags, aliases and merge keys it makes texts, and an alias that
contains itself ends the process. So its answer is only taken when nothing in it looks like one of
those. Scalars are read in a second pass, where each suspicious word of the text carries a mark.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import orjson

from openapi2tools.spec.parse.yaml_scalars import read_scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openapi2tools.model import Json

    ValueAndCompact: TypeAlias = tuple[Json, bytes]

# strings of the fast answer that are something else in YAML 1.2, should they stand without quotes
# in the text
_SUSPICIOUS: Final = re.compile(
    rb'"(?=[~TFN.+0<*-])'  # what none of them begins with is passed over faster
    rb"(~|True|TRUE|False|FALSE|Null|NULL|-?\.inf|-?\.nan"
    rb"|[-+]?0[0-9]+|[-+]?0x[0-9A-Fa-f]+|[-+]?0o[0-7]+"
    rb'|<<|\*[^"*/ ][^" ]*)"'
)
# what the fast reader makes of all words for numbers that are not finite, and those words
_INFINITE_AS_READ: Final = (b".inf", b"-.inf", b".nan", b"-.nan")
_INFINITE_AS_WRITTEN: Final = [
    sign + word
    for sign in (b"", b"-")
    for word in (b"inf", b"nan", b"infinity", b".Inf", b".INF", b".NaN", b".NAN")
]
# the fast reader takes a tab into a word that it separates (YAML 1.2.2, section 6.2)
_SEPARATING_TAB: Final = re.compile(rb"\t(?:(?<=[:?-]\t)|(?=[ \t]{0,9}[:,\]}]))")
_TAG: Final = re.compile(rb"(?:[:\-,?\[{][ \t]+|^)!(?:[!<\w]|[ \n])", re.MULTILINE)
_MARK: Final = "\uf8ff".encode()  # for private use: no description has it
_MARKED_SCALAR: Final = re.compile(rb'"' + _MARK + rb'([^"\\]+)"(?!:)')


def read_fast(text: bytes) -> ValueAndCompact | None:
    """Return a document's value, and the same as compact JSON.

    Returns None where rapidyaml refuses, or where its answer may be another than YAML 1.2's.
    """
    if _has_tag(text) or _has_separating_tab(text) or _MARK in text:
        return None
    answer = _read_once(text)
    if answer is None:
        return None
    _value, compact = answer
    words = _misread_words(compact, text)
    if not words:
        return answer
    if any(word == b"<<" or word.startswith(b"*") for word in words):
        return None  # a merge key or an alias
    marked = _mark(text, words)
    answer = _read_once(marked)
    if answer is None:
        return None
    _value, compact = answer
    return None if _misread_words(compact, marked) else _read_marked_scalars(compact)


def _has_tag(text: bytes) -> bool:
    # three quick looks, before the slow one
    if b"!" not in text:
        return False
    may_be_tag = b" !" in text or b"\n!" in text or text.startswith(b"!")
    return may_be_tag and _TAG.search(text) is not None


def _has_separating_tab(text: bytes) -> bool:
    return b"\t" in text and _SEPARATING_TAB.search(text) is not None


def _read_once(text: bytes) -> ValueAndCompact | None:
    """Return the only document in a text; None where rapidyaml refuses or a key stands twice."""
    # JSON documents need no YAML reader
    import ryml  # type: ignore[import-untyped]  # noqa: PLC0415

    with _without_standard_error():
        try:
            tree = ryml.parse_in_arena(text)
            emitted = _emit_json(tree, 2 * len(text) + 1000)
        except ryml.ExceptionBasic:
            return None
    try:
        value = orjson.loads(emitted)
        compact = orjson.dumps(value)
    except (orjson.JSONDecodeError, TypeError):
        return None
    if compact.count(b'"') != emitted.count(b'"'):
        return None  # a pair was lost to a duplicate key
    if type(value) is list and tree.is_stream(tree.root_id()):
        return (value[0], orjson.dumps(value[0])) if len(value) == 1 else None
    return value, compact


def _emit_json(tree: Any, size: int) -> bytes:
    """Write a tree as JSON; a size that is enough saves the pass that counts the bytes."""
    import ryml  # noqa: PLC0415

    try:
        return bytes(ryml.emit_json_in_place(tree, bytearray(size)))
    except IndexError:
        return bytes(ryml.emit_json_in_place(tree, bytearray(ryml.compute_json_length(tree))))


def _misread_words(compact: bytes, text: bytes) -> set[bytes]:
    """Return the words of an answer that YAML 1.2 reads as something else than a text."""
    suspicious = set(_SUSPICIOUS.findall(compact))
    if not suspicious.isdisjoint(_INFINITE_AS_READ):
        suspicious.update(_INFINITE_AS_WRITTEN)
    return {word for word in suspicious if _unquoted(word).search(text)}


def _unquoted(word: bytes) -> re.Pattern[bytes]:
    """Return what matches a word where it may be a plain scalar."""
    word = re.escape(word)
    # the word comes first, and what must stand before it after: so the search is fast
    return re.compile(word + rb"(?<![^\s,\[{]" + word + rb")(?=[\s,\]}:]|\Z)")


def _mark(text: bytes, words: Iterable[bytes]) -> bytes:
    """Put a mark before each unquoted word.

    A scalar that is a mark and a word was plain; any other mark is taken away again.
    """
    for word in words:
        text = _unquoted(word).sub(_MARK + word, text)
    return text


def _read_marked_scalars(compact: bytes) -> ValueAndCompact:
    """Return an answer with its marked scalars read, and all other marks taken away."""

    def as_json(match: re.Match[bytes]) -> bytes:
        return orjson.dumps(read_scalar(match[1].decode()))

    compact = _MARKED_SCALAR.sub(as_json, compact).replace(_MARK, b"")
    return orjson.loads(compact), compact


@contextmanager
def _without_standard_error() -> Iterator[None]:
    """Silence rapidyaml, which writes its complaints to standard error from C++."""
    try:
        sys.stderr.flush()
        kept, null_device = os.dup(2), _open_null_device()
    except (OSError, ValueError, AttributeError):  # there is no standard error
        yield
        return
    try:
        os.dup2(null_device, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@cache
def _open_null_device() -> int:
    return os.open(os.devnull, os.O_WRONLY)
