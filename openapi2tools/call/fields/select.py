"""Choose the fields of an answer that a model reads: pure, and checked against the document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from openapi2tools._core.slips import did_you_mean
from openapi2tools.call.fields.expression import Expression, UnusableExpression
from openapi2tools.call.fields.known import below, fields_of_answer, fields_of_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openapi2tools.model import Json, Tool

Fields: TypeAlias = "str | Sequence[str]"
"""Which fields are wanted: dotted names (`"id,author.name"`, or a list), or JMESPath."""

_NAMES: Final = re.compile(
    r"""
    (?! @ \s* (?: [.,] | $ ) )              # JMESPath's word for the whole answer
    [^\s,.\[\](){}|&?*!<>=`'"]+             # a name,
    (?: \s* [.,] \s*                        # and others behind a dot or a comma
        [^\s,.\[\](){}|&?*!<>=`'"]+ )*
    """,
    re.VERBOSE,
)
_MAX_NAMED: Final = 5


class Selected(NamedTuple):
    """What was chosen of an answer; all of it where nothing could be chosen, and notes say why."""

    value: Json
    is_chosen: bool
    notes: tuple[str, ...] = ()


class Selection:
    """Which fields of an answer are wanted.

    A list, or a text of names with dots and commas, keeps these fields where they stand, in the
    items of lists, too. Any other text is a JMESPath expression, which makes a value of its own.

    Args:
        fields: The names, or the expression.

    Raises:
        UnusableExpression: It cannot be read.

    Example:
        Selection("id,author.name").select({"id": 1, "author": {"name": "Ann", "age": 9}})
    """

    def __init__(self, fields: Fields) -> None:
        self._names: tuple[str, ...] = ()
        self._expression: Expression | None = None
        if isinstance(fields, str) and not _NAMES.fullmatch(fields.strip()):
            self.text = fields.strip()
            if not self.text:
                raise UnusableExpression("it is empty.")
            self._expression = Expression(self.text)
            return
        names = fields.split(",") if isinstance(fields, str) else list(fields)
        self._names = tuple(name.strip() for name in names if name.strip())
        if not self._names:
            raise UnusableExpression("it names no field.")
        self.text = ",".join(self._names)

    def __repr__(self) -> str:
        return f"Selection({self.text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Selection) and other.text == self.text

    def __hash__(self) -> int:
        return hash(self.text)

    def select(self, value: Json, tool: Tool | None = None) -> Selected:
        """Return the fields of a value; the whole value where they cannot be found in it.

        Args:
            value: The answer.
            tool: The tool that it is of. A field that its document knows may be missing here.
        """
        if not isinstance(value, dict | list) or not value:
            return Selected(value, is_chosen=False)
        try:
            found = self._expression.apply(value) if self._expression else self._kept(value)
            missing = tuple(_missing_fields(self.named_fields(), value, tool))
            is_empty = _is_empty(found)
        except RecursionError:
            return Selected(value, False, ("The answer is nested too deeply to choose of it.",))
        except UnusableExpression as error:
            note = f"The fields {self.text!r} were not chosen, and this is the whole answer: "
            return Selected(value, False, (f"{note}{error}",))
        if found in (None, {}) or (is_empty and missing):
            note = f"The answer has none of the fields {self.text!r}: this is the whole of it."
            return Selected(value, False, (note, *missing))
        return Selected(found, True, missing)

    def named_fields(self) -> list[str]:
        """Return the dotted paths of the fields that are named."""
        if self._expression is not None:
            return list(self._expression.named_fields())
        return list(self._names)

    def unknown_fields(self, tool: Tool) -> list[str]:
        """Return a sentence on each named field that the document of a tool does not know."""
        known = fields_of_answer(tool)
        missing = ((path, known.missing(path)) for path in self.named_fields())
        return [
            _unknown(f"{tool.name}: the document knows no field", path, found[0], found[1])
            for path, found in missing
            if found is not None
        ][:_MAX_NAMED]

    def _kept(self, value: Json) -> Json:
        return _kept_fields(value, self._names)


def _kept_fields(value: Json, paths: Sequence[str]) -> Json:
    """Return the fields of an object, or of each object of a list, in their order."""
    if isinstance(value, list):
        return [_kept_fields(item, paths) for item in value]
    if not isinstance(value, dict):
        return value
    kept: dict[str, Json] = {}
    for name, inner in value.items():
        rests = [rest for path in paths if (rest := below(path, name)) is not None]
        if "" in rests:
            kept[name] = inner
        elif rests and (inner is None or isinstance(inner, dict | list)):
            kept[name] = _kept_fields(inner, rests)
    return kept


def _missing_fields(paths: Sequence[str], value: Json, tool: Tool | None) -> Iterator[str]:
    """Yield a sentence on each field that neither the answer nor its document has."""
    here = fields_of_value(value)
    known = None if tool is None else fields_of_answer(tool)
    count = 0
    for path in paths:
        missing = here.missing(path)
        if missing is None:
            continue
        declared = known.missing(path) if known else None
        may_be_left_out = known is not None and not known.is_silent and declared is None
        if may_be_left_out or count == _MAX_NAMED:
            continue
        count += 1
        names = [*missing[1], *(declared[1] if declared else [])]
        yield _unknown("The answer has no field", path, missing[0], names)


def _unknown(what: str, path: str, part: str, known: list[str]) -> str:
    """Return a sentence on a path of which a part is no field, with what may have been meant."""
    first = part.partition(".")[0]
    hint = did_you_mean(first, known)
    where = f" {path!r}" if part == path else f" {first!r} (of {path!r})"
    listed = f" There are: {', '.join(known[:_MAX_NAMED])}." if known and not hint else ""
    return f"{what}{where}.{hint}{listed}"


def _is_empty(value: Json) -> bool:
    """Return whether a value holds nothing but empty objects and nulls."""
    if isinstance(value, list):
        return all(_is_empty(item) for item in value)
    if isinstance(value, dict):
        return all(_is_empty(item) for item in value.values())
    return value is None
