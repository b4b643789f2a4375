"""YAML read event by event with libyaml, by rules of ours: slow, and to the letter of YAML 1.2."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from openapi2tools.errors import ParseError
from openapi2tools.model import Json, JsonObject, Problem
from openapi2tools.spec.limits import raise_limit
from openapi2tools.spec.parse.duplicate_keys import ValueJoiner
from openapi2tools.spec.parse.position import position_at
from openapi2tools.spec.parse.yaml_scalars import read_scalar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openapi2tools.spec.limits import Limits

MAX_NESTING: Final = 250

# what YAML does not allow in a text (YAML 1.2.2, section 5.1); compiled when YAML is first read
_CONTROL: Final = "[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_CORE_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null")
)


def parse_events(text: bytes | str) -> Iterator[Any]:
    """Return libyaml's events; the iterator raises yaml.YAMLError."""
    import yaml  # noqa: PLC0415 -- most documents never need it

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.parse(text, Loader=loader)


def read_events(text: bytes, limits: Limits) -> tuple[Json, list[Problem]]:
    """Return a document's value and the problems. Raises ParseError with line and column."""
    import yaml  # noqa: PLC0415 -- most documents never need it

    source, problems = _without_control_characters(text.decode())
    builder = _Builder(limits.max_expanded)
    try:
        builder.take(parse_events(source))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ", ".join(filter(None, (error.context, error.problem)))
        raise ParseError(
            f"no YAML: {reason}.",
            line=mark.line + 1 if mark else None,
            column=mark.column + 1 if mark else None,
        ) from None
    except yaml.YAMLError as error:
        raise ParseError(f"no YAML: {error}") from None
    return builder.document(), problems + builder.problems


def _without_control_characters(source: str) -> tuple[str, list[Problem]]:
    """Return a text with U+FFFD for characters that YAML does not allow, and the first of them."""
    first = re.search(_CONTROL, source)
    if first is None:
        return source, []
    position = position_at(source, first.start())
    problem = Problem(
        "control-character",
        f"the character U+{ord(first[0]):04X} may not stand here.",
        line=position.line,
        column=position.column,
    )
    return re.sub(_CONTROL, "\ufffd", source), [problem]


@dataclass(slots=True)
class _OpenCollection:
    """A list or an object that has not ended yet."""

    value: Json
    anchor: str | None
    start: int  # the size of all before it
    key: str | None = None  # of an object: the key whose value is due
    key_merges: bool = False  # that key is a merge key, `<<`
    key_mark: Any = None  # where that key stands
    merged: list[Json] = field(default_factory=list)  # what merge keys stand for

    @property
    def next_token(self) -> str:
        """The reference token of the value that is due."""
        return str(len(self.value)) if isinstance(self.value, list) else self.key or ""


class _Builder:
    """Makes values of events, without recursion.

    An alias shares the value of its anchor, but counts with its full size.
    """

    def __init__(self, max_expanded: int) -> None:
        self.problems: list[Problem] = []
        self._documents: list[tuple[Json, int]] = []  # each with the line where it begins
        self._stack: list[_OpenCollection] = []
        self._anchors: dict[str, tuple[Json, int]] = {}  # values and their sizes
        self._size = 0  # characters and values so far, aliases written out
        self._aliased_size = 0
        self._max_expanded = max_expanded
        self._document_line = 1
        self._joiner = ValueJoiner()

    def document(self) -> Json:
        """Return the only document that was read; empty ones do not count."""
        full = [(value, line) for value, line in self._documents if value is not None]
        if len(full) > 1:
            _second_value, second_line = full[1]
            raise ParseError(
                f"there are {len(full)} YAML documents in this text, and only one can be read.",
                line=second_line,
            )
        return full[0][0] if full else None

    def take(self, events: Iterable[Any]) -> None:
        """Build what the events describe."""
        for event in events:
            match type(event).__name__:
                case "ScalarEvent":
                    self._add_scalar(event)
                case "MappingStartEvent":
                    self._open(event, {})
                case "SequenceStartEvent":
                    self._open(event, [])
                case "MappingEndEvent" | "SequenceEndEvent":
                    self._close(event)
                case "AliasEvent":
                    self._add_alias(event)
                case "DocumentStartEvent":
                    self._anchors = {}
                    self._document_line = event.start_mark.line + 1

    def _add_scalar(self, event: Any) -> None:
        is_plain = event.implicit[0] or event.tag in _CORE_TAGS
        value = read_scalar(event.value) if is_plain else event.value
        size = len(event.value) + 1
        self._size += size
        if event.anchor:
            self._anchors[event.anchor] = (value, size)
        self._put(value, event, text=event.value, merges=is_plain and event.value == "<<")

    def _open(self, event: Any, value: Json) -> None:
        if len(self._stack) >= MAX_NESTING:
            raise _error_at(event, f"nested deeper than {MAX_NESTING} levels.")
        if event.anchor:
            self._anchors.pop(event.anchor, None)
        self._stack.append(_OpenCollection(value, event.anchor, self._size))
        self._size += 1

    def _close(self, event: Any) -> None:
        closed = self._stack.pop()
        value = _merge(closed.merged, closed.value) if closed.merged else closed.value
        if closed.anchor:
            self._anchors[closed.anchor] = (value, self._size - closed.start)
        self._put(value, event)

    def _add_alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            is_inside = any(collection.anchor == event.anchor for collection in self._stack)
            reason = "stands inside its own anchor" if is_inside else "has no anchor before it"
            raise _error_at(event, f"the alias *{event.anchor} {reason}.")
        value, size = self._anchors[event.anchor]
        self._size += size
        self._aliased_size += size
        if self._aliased_size > self._max_expanded:
            raise _error_at(
                event,
                f"its aliases stand for more than {self._max_expanded:,} characters. "
                f"{raise_limit('max_expanded')} if they are meant to.",
            )
        self._put(value, event)

    def _put(
        self, value: Json, event: Any, *, text: str | None = None, merges: bool = False
    ) -> None:
        """Put a value where it belongs: as a document, an item, a key, or the value of a key."""
        if not self._stack:
            self._documents.append((value, self._document_line))
            return
        parent = self._stack[-1]
        if isinstance(parent.value, list):
            parent.value.append(value)
        elif parent.key is None:
            parent.key = _key(value, text)
            parent.key_merges = merges
            parent.key_mark = event.start_mark
        else:
            if parent.key_merges:
                parent.merged.append(value)
            elif parent.key in parent.value:
                parent.value[parent.key] = self._join_with_earlier(parent, value)
            else:
                parent.value[parent.key] = value
            parent.key = None

    def _join_with_earlier(self, parent: _OpenCollection, value: Json) -> Json:
        """Return what counts of a key that stands twice, and report it where it stands again."""
        tokens = tuple(collection.next_token for collection in self._stack)
        joined, (first, *others) = self._joiner.join(tokens, parent.value[parent.key], value)
        mark = parent.key_mark
        self.problems += [replace(first, line=mark.line + 1, column=mark.column + 1), *others]
        return joined


def _key(value: Json, text: str | None) -> str:
    """Return the name of a key.

    It is its text, as JSON would have to write it (`200:` is "200"), and of a list or an object
    its JSON.
    """
    if text is not None:
        return text
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def _merge(merged: list[Json], own: JsonObject) -> JsonObject:
    """Write out merge keys (YAML 1.1's `<<`): own keys win, then those of the earlier source."""
    result: JsonObject = {}
    for sources in merged:
        for source in sources if isinstance(sources, list) else [sources]:
            if isinstance(source, dict):
                result = {**source, **result}
    return {**result, **own}


def _error_at(event: Any, message: str) -> ParseError:
    mark = event.start_mark
    return ParseError(message, line=mark.line + 1, column=mark.column + 1)
