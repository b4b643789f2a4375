"""YAML 1.2 to the values that a JSON document could hold: fast where the fast reader is right, else event by event.

rapidyaml reads fast and to the letter of the JSON schema; `~`, `True`, `0x1F`, `.inf`, tags,
aliases and merge keys it would give as text (and an alias that contains itself ends the process).
So its answer is only taken when nothing in it looks like one of those.
"""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import orjson

from openapi2tools._core import pointer
from openapi2tools.errors import ParseError
from openapi2tools.model import Json, JsonObject, Problem
from openapi2tools.spec.parse.compact import compact, held

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openapi2tools.spec.limits import Limits

MAX_DEPTH: Final = 250

# Strings of the fast answer that are something else in YAML 1.2, should they stand without quotes
# in the text.
_TRAPS: Final = re.compile(
    rb'"(?=[~TFN.+0<*-])'  # what none of them begins with is passed over faster
    rb'(~|True|TRUE|False|FALSE|Null|NULL|-?\.inf|-?\.nan|[-+]?0[0-9]+|[-+]?0x[0-9A-Fa-f]+|[-+]?0o[0-7]+|<<|\*[^"*/ ][^" ]*)"'
)
_INFINITE: Final = [
    sign + word
    for sign in (b"", b"-")
    for word in (b"inf", b"nan", b"infinity", b".Inf", b".INF", b".NaN", b".NAN")
]
# what the fast reader makes of all of these
_DOTTED: Final = (b".inf", b"-.inf", b".nan", b"-.nan")
# the fast reader takes it into a word (YAML 1.2.2, 6.2)
_TAB: Final = re.compile(rb"\t(?:(?<=[:?-]\t)|(?=[ \t]{0,9}[:,\]}]))")
_TAG: Final = re.compile(rb"(?:[:\-,?\[{][ \t]+|^)!(?:[!<\w]|[ \n])", re.MULTILINE)
_MARK: Final = "\uf8ff".encode()  # for private use: no description has it
_MARKED: Final = re.compile(rb'"' + _MARK + rb'([^"\\]+)"(?!:)')


def read(text: bytes, limits: Limits) -> tuple[Json, bytes, list[Problem]]:
    """Read one YAML document: its value, the same as compact JSON, and the problems. Raises ParseError with line and column."""
    fast = None if _tagged(text) or _tabbed(text) or _MARK in text else _read_fast(text)
    if fast is not None:
        return *fast, []
    value, problems = read_slowly(text, limits)
    return value, compact(value), problems


def _tagged(text: bytes) -> bool:
    return (
        b"!" in text
        and (b" !" in text or b"\n!" in text or text.startswith(b"!"))
        and _TAG.search(text) is not None
    )


def _tabbed(text: bytes) -> bool:
    return b"\t" in text and _TAB.search(text) is not None


def _read_fast(text: bytes) -> tuple[Json, bytes] | None:
    """Read with rapidyaml; None where it refuses, or where its answer may be another than YAML 1.2's."""
    marked = text
    for _ in range(2):
        answer = _read_once(marked)
        if answer is None:
            return None
        value, written = answer
        found = set(_TRAPS.findall(written))
        if not found.isdisjoint(_DOTTED):
            found.update(_INFINITE)
        traps = {word for word in found if _bare(word).search(marked)}
        if not traps:
            return _unmark(written) if _MARK in written else (value, written)
        if any(trap == b"<<" or trap.startswith(b"*") for trap in traps):
            return None
        marked = _mark(marked, traps)
    return None


def _read_once(text: bytes) -> tuple[Json, bytes] | None:
    """Give the only document in a text, and the same as compact JSON; None where rapidyaml refuses or a key stands twice."""
    import ryml  # type: ignore[import-untyped]  # noqa: PLC0415 -- JSON documents need no YAML reader

    with _quiet():
        try:
            tree = ryml.parse_in_arena(text)
            emitted = _emitted(tree, 2 * len(text) + 1000)
        except ryml.ExceptionBasic:
            return None
    try:
        value = orjson.loads(emitted)
        written = orjson.dumps(value)
    except (orjson.JSONDecodeError, TypeError):
        return None
    if written.count(b'"') != emitted.count(b'"'):
        return None
    if type(value) is list and tree.is_stream(tree.root_id()):
        return (value[0], orjson.dumps(value[0])) if len(value) == 1 else None
    return value, written


def _emitted(tree: Any, size: int) -> bytes:
    """Write a tree as JSON; a size that is enough saves the pass that counts the bytes."""
    import ryml  # noqa: PLC0415 -- as above

    try:
        return bytes(ryml.emit_json_in_place(tree, bytearray(size)))
    except IndexError:
        return bytes(ryml.emit_json_in_place(tree, bytearray(ryml.compute_json_length(tree))))


def _bare(word: bytes) -> re.Pattern[bytes]:
    """Match a word that may be a plain scalar; the word comes first, so that the search is fast."""
    word = re.escape(word)
    return re.compile(word + rb"(?<![^\s,\[{]" + word + rb")(?=[\s,\]}:]|\Z)")


def _mark(text: bytes, words: Iterable[bytes]) -> bytes:
    """Put a mark before each bare word. A scalar that is a mark and a word was plain; any other mark is taken away again."""
    for word in words:
        text = _bare(word).sub(_MARK + word, text)
    return text


def _unmark(written: bytes) -> tuple[Json, bytes]:
    plain = _MARKED.sub(lambda found: orjson.dumps(scalar(found[1].decode())), written).replace(
        _MARK, b""
    )
    return orjson.loads(plain), plain


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep rapidyaml from writing its complaints to standard error; it does so from C++, before it raises."""
    try:
        sys.stderr.flush()
        kept, silence = os.dup(2), _silence()
    except (OSError, ValueError, AttributeError):  # there is no standard error
        yield
        return
    try:
        os.dup2(silence, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@cache
def _silence() -> int:
    return os.open(os.devnull, os.O_WRONLY)


# --- the slow reader ---

_NULL: Final = frozenset(("", "~", "null", "Null", "NULL"))
_BOOL: Final = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INT: Final = re.compile(r"[-+]?[0-9]+\Z")
_CORE_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null")
)
_BASED: Final = re.compile(r"[-+]?0(?:o([0-7]+)|x([0-9a-fA-F]+))\Z")
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_CONTROL: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def scalar(text: str) -> Json:
    """Give what a plain scalar means in the core schema (YAML 1.2.2, section 10.3.2); what JSON cannot hold stays text."""
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if _INT.match(text) and len(text) <= 20 and held(number := int(text)):
        return number
    if based := _BASED.match(text):
        number = int(based[1], 8) if based[1] else int(based[2], 16)
        number = -number if text[0] == "-" else number
        return number if held(number) else text
    if _FLOAT.match(text):
        value = float(text)
        return value if abs(value) != float("inf") else text
    return text


def read_slowly(text: bytes, limits: Limits) -> tuple[Json, list[Problem]]:
    """Read with libyaml's events, by rules of ours. Raises ParseError with line and column."""
    import yaml  # noqa: PLC0415 -- most documents never need it

    source, problems = text.decode(), []
    if odd := _CONTROL.search(source):
        line, column = (
            source.count("\n", 0, odd.start()) + 1,
            odd.start() - source.rfind("\n", 0, odd.start()),
        )
        problems.append(
            Problem(
                "control-character",
                f"the character U+{ord(odd[0]):04X} may not stand here.",
                line=line,
                column=column,
            )
        )
        source = _CONTROL.sub("\ufffd", source)
    builder = _Builder(limits.max_expanded)
    try:
        builder.take(yaml.parse(source, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = "no YAML: " + ", ".join(filter(None, (error.context, error.problem))) + "."
        raise ParseError(
            message, line=mark.line + 1 if mark else None, column=mark.column + 1 if mark else None
        ) from None
    except yaml.YAMLError as error:
        raise ParseError(f"no YAML: {error}") from None
    return builder.document(), problems + builder.problems


class _Frame:
    """A list or an object that is still open."""

    __slots__ = ("anchor", "key", "keyed", "merged", "seen", "start", "value")

    def __init__(self, value: Json, anchor: str | None, start: int) -> None:
        self.value = value
        self.anchor = anchor
        self.start = start  # the size of all before it
        self.key = ""
        self.keyed = False  # an object's key was read, its value is due
        self.merged: list[Json] = []
        self.seen: set[str] = set()


class _Builder:
    """Events to values, without recursion. An alias shares the value of its anchor, but counts with its full size."""

    def __init__(self, max_expanded: int) -> None:
        self.problems: list[Problem] = []
        self._documents: list[tuple[Json, int]] = []
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Json, int]] = {}
        self._size = 0
        self._line = 1  # where the document begins
        self._aliased = 0
        self._max_expanded = max_expanded

    def document(self) -> Json:
        full = [(value, line) for value, line in self._documents if value is not None]
        if len(full) > 1:
            raise ParseError(
                f"there are {len(full)} YAML documents in this text, and only one can be read.",
                line=full[1][1],
            )
        return full[0][0] if full else None

    def take(self, events: Iterable[Any]) -> None:
        for event in events:
            kind = type(event).__name__
            if kind == "ScalarEvent":
                self._scalar(event)
            elif kind in ("MappingStartEvent", "SequenceStartEvent"):
                self._open(event, {} if kind == "MappingStartEvent" else [])
            elif kind in ("MappingEndEvent", "SequenceEndEvent"):
                self._close(event)
            elif kind == "AliasEvent":
                self._alias(event)
            elif kind == "DocumentStartEvent":
                self._anchors = {}
                self._line = event.start_mark.line + 1

    def _scalar(self, event: Any) -> None:
        plain = event.implicit[0] or event.tag in _CORE_TAGS
        value = scalar(event.value) if plain else event.value
        size = len(event.value) + 1
        self._size += size
        if event.anchor:
            self._anchors[event.anchor] = (value, size)
        self._put(value, event, text=event.value, merges=plain and event.value == "<<")

    def _open(self, event: Any, value: Json) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise _fault(f"nested deeper than {MAX_DEPTH} levels.", event)
        if event.anchor:
            self._anchors.pop(event.anchor, None)
        self._stack.append(_Frame(value, event.anchor, self._size))
        self._size += 1

    def _close(self, event: Any) -> None:
        frame = self._stack.pop()
        value = _merge(frame.merged, frame.value) if frame.merged else frame.value
        if frame.anchor:
            self._anchors[frame.anchor] = (value, self._size - frame.start)
        self._put(value, event)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            inside = any(frame.anchor == event.anchor for frame in self._stack)
            raise _fault(
                f"the alias *{event.anchor} {'stands inside its own anchor' if inside else 'has no anchor before it'}.",
                event,
            )
        value, size = self._anchors[event.anchor]
        self._size += size
        self._aliased += size
        if self._aliased > self._max_expanded:
            message = f"its aliases stand for more than {self._max_expanded:,} characters. Raise Limits.max_expanded if they are meant to."
            raise _fault(message, event)
        self._put(value, event)

    def _put(
        self, value: Json, event: Any, *, text: str | None = None, merges: bool = False
    ) -> None:
        if not self._stack:
            self._documents.append((value, self._line))
            return
        frame = self._stack[-1]
        if isinstance(frame.value, list):
            frame.value.append(value)
        elif not frame.keyed:
            frame.key, frame.keyed = _key(value, text), True
            frame.merged = [*frame.merged, None] if merges else frame.merged
            if frame.key in frame.value and not merges:
                self._report(
                    "duplicate-key",
                    "this key stands twice in one object; the last one counts.",
                    event,
                )
        else:
            frame.keyed = False
            if frame.merged and frame.merged[-1] is None and frame.key == "<<":
                frame.merged[-1] = value
            else:
                frame.value[frame.key] = value

    def _report(self, kind: str, message: str, event: Any) -> None:
        place = "".join(
            "/" + pointer.escape(f.key if isinstance(f.value, dict) else str(len(f.value)))
            for f in self._stack
        )
        mark = event.start_mark
        self.problems.append(
            Problem(
                kind,
                message,
                place,
                advice="Remove or rename one.",
                line=mark.line + 1,
                column=mark.column + 1,
            )
        )


def _key(value: Json, text: str | None) -> str:
    """Name a key by its text, as JSON would have to: `200:` is "200"; a list or an object as a key by its JSON."""
    if text is not None:
        return text
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _merge(merged: list[Json], explicit: JsonObject) -> JsonObject:
    """Write out merge keys (YAML 1.1's `<<`): an object's own keys win, then the earlier of the merged."""
    result: JsonObject = {}
    for source in merged:
        for values in source if isinstance(source, list) else [source]:
            if isinstance(values, dict):
                result = {**values, **result}
    return {**result, **explicit}


def _fault(message: str, event: Any) -> ParseError:
    return ParseError(message, line=event.start_mark.line + 1, column=event.start_mark.column + 1)
