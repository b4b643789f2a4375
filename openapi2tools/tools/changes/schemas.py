"""Compare the schemas of an argument: which values it takes no longer, and which it takes now.

Two schemas are compared keyword by keyword. Where that cannot tell (`allOf`, `not`, another
`pattern`), the argument counts as narrowed: a call that was right may be wrong now.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from openapi2tools._core import pointer
from openapi2tools.tools.text.sentences import listed, shortened
from openapi2tools.tools.walk import UNION_KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Json, JsonObject

Direction: TypeAlias = Literal["narrowed", "widened", "removed", "added", "required", "described"]


@dataclass(frozen=True, slots=True)
class Difference:
    """What is different at one place within an argument; `path` are the fields that lead there."""

    direction: Direction
    path: tuple[str, ...]
    text: str


_LOWER_BOUNDS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_UPPER_BOUNDS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
_EXACT: Final = (
    "pattern", "format", "multipleOf", "uniqueItems", "contentEncoding", "contentMediaType",
    "patternProperties", "propertyNames", "contains", "not", "allOf", "if", "then", "else",
    "dependentRequired", "dependentSchemas", "unevaluatedProperties", "prefixItems",
)  # fmt: skip
_DESCRIBED: Final = ("description", "title", "default", "examples", "deprecated")
_MEMBERS: Final = (("array", "items", "[]"), ("object", "additionalProperties", "*"))
_ANY_TYPE: Final = frozenset({"array", "boolean", "null", "number", "object", "string"})
_MAX_SHOWN: Final = 5
_MAX_SHOWN_CHARS: Final = 60


@dataclass(slots=True)
class SchemaComparison:
    """Compares the schemas of one tool before and now; each has the definitions of its own."""

    old_root: JsonObject
    new_root: JsonObject
    _seen: set[tuple[str, str]] = field(default_factory=set)

    def arguments(self) -> Iterator[Difference]:
        """Yield the differences of all arguments, and which are new, gone or required now."""
        yield from self._properties(self.old_root, self.new_root, ())

    def _compare(self, old: Json, new: Json, path: tuple[str, ...]) -> Iterator[Difference]:
        if old == new and self.old_root.get("$defs") == self.new_root.get("$defs"):
            return
        names = (_reference(old), _reference(new))
        if all(names):
            if names in self._seen:
                return
            self._seen.add(names)
        old, new = _resolved(old, self.old_root), _resolved(new, self.new_root)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from _values(old, new, path)
            yield from self._branches(old, new, path)
            yield from self._properties(old, new, path)
            yield from self._members(old, new, path)
            if any(old.get(key) != new.get(key) for key in _DESCRIBED):
                yield Difference("described", path, "is described in other words")
        else:
            yield from _open_or_closed(old, new, path)

    def _members(
        self, old: JsonObject, new: JsonObject, path: tuple[str, ...]
    ) -> Iterator[Difference]:
        """Compare the items of a list, and the fields of an object that it does not name."""
        both_take = _type_names(old) & _type_names(new)
        for type_name, keyword, place in _MEMBERS:
            if type_name in both_take and (keyword in old or keyword in new):
                before, now = old.get(keyword, True), new.get(keyword, True)
                yield from self._compare(before, now, (*path, place))

    def _properties(
        self, old: JsonObject, new: JsonObject, path: tuple[str, ...]
    ) -> Iterator[Difference]:
        before, now = old.get("properties", {}), new.get("properties", {})
        was_required, is_required = set(old.get("required", ())), set(new.get("required", ()))
        for name in before:
            if name not in now:
                yield Difference("removed", (*path, name), "is gone")
        for name in sorted(is_required - was_required - now.keys()):  # nobody declares it
            yield Difference("required", (*path, name), "must be given now")
        for name in now:
            inner = (*path, name)
            if name not in before:
                word = " and must be given" if name in is_required else ""
                yield Difference("required" if word else "added", inner, f"is new{word}")
                continue
            if name in is_required - was_required:
                yield Difference("required", inner, "must be given now")
            elif name in was_required - is_required:
                yield Difference("widened", inner, "may be left out now")
            yield from self._compare(before[name], now[name], inner)

    def _branches(
        self, old: JsonObject, new: JsonObject, path: tuple[str, ...]
    ) -> Iterator[Difference]:
        for keyword in UNION_KEYWORDS:
            before, now = old.get(keyword), new.get(keyword)
            if isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
                for earlier, later in zip(before, now, strict=True):
                    yield from self._compare(earlier, later, path)
            elif before != now:
                yield _branch_difference(before, now, path)


def _open_or_closed(old: Json, new: Json, path: tuple[str, ...]) -> Iterator[Difference]:
    """Compare schemas of which one takes anything (`true`) or nothing (`false`)."""
    what = "further fields" if path[-1:] == ("*",) else "values"
    if new is False and old is not False:
        yield Difference("narrowed", path, f"takes no {what} any more")
    elif old is False and new is not False:
        yield Difference("widened", path, f"takes {what} now")
    elif old is True and new not in (True, {}):
        yield Difference("narrowed", path, "no longer takes any value")
    elif new is True and old not in (True, {}):
        yield Difference("widened", path, "takes any value now")


def _branch_difference(before: Json, now: Json, path: tuple[str, ...]) -> Difference:
    if isinstance(before, list) and (now is None or all(each in (now or []) for each in before)):
        return Difference("widened", path, "may have more forms")
    return Difference("narrowed", path, "may no longer have each form that it had")


def _values(old: JsonObject, new: JsonObject, path: tuple[str, ...]) -> Iterator[Difference]:
    """Yield how the values differ that two schemas take by themselves."""
    yield from _types(old, new, path)
    yield from _choices(old, new, path)
    for keyword in _LOWER_BOUNDS:
        yield from _bound(keyword, old.get(keyword), new.get(keyword), path, sign=1)
    for keyword in _UPPER_BOUNDS:
        yield from _bound(keyword, old.get(keyword), new.get(keyword), path, sign=-1)
    for keyword in _EXACT:
        if old.get(keyword) == new.get(keyword):
            continue
        if new.get(keyword) in (None, False):
            yield Difference("widened", path, f"has no {keyword} any more")
        else:
            yield Difference("narrowed", path, f"has another {keyword}: {_brief(new[keyword])}")


def _types(old: JsonObject, new: JsonObject, path: tuple[str, ...]) -> Iterator[Difference]:
    before, now = _type_names(old), _type_names(new)
    gone, come = before - now, now - before
    if "integer" in gone and "number" in now:
        gone = gone - {"integer"}
    if "number" in gone and "integer" in now:
        yield Difference("narrowed", path, "takes whole numbers only")
        gone, come = gone - {"number"}, come - {"integer"}
    if gone:
        yield Difference("narrowed", path, f"no longer takes {_listed(gone)}, but {_listed(now)}")
    elif come:
        yield Difference("widened", path, f"takes {_listed(come)}, too")


def _type_names(schema: JsonObject) -> frozenset[str]:
    given = schema.get("type")
    if isinstance(given, str):
        return frozenset({given})
    return frozenset(given) if isinstance(given, list) else _ANY_TYPE


def _choices(old: JsonObject, new: JsonObject, path: tuple[str, ...]) -> Iterator[Difference]:
    before, now = _choice_list(old), _choice_list(new)
    if before == now:
        return
    if now is None:
        yield Difference("widened", path, "takes other values than those listed, too")
    elif before is None:
        yield Difference("narrowed", path, f"takes only {_shown(now)}")
    else:
        gone = [value for value in before if not _is_among(value, now)]
        come = [value for value in now if not _is_among(value, before)]
        if gone:
            yield Difference("narrowed", path, f"no longer takes {_shown(gone)}")
        if come:
            yield Difference("widened", path, f"takes {_shown(come)}, too")


def _is_among(value: Json, values: list[Json]) -> bool:
    """Return whether JSON has this value among others: `true` is no 1."""
    is_boolean = isinstance(value, bool)
    return any(each == value and isinstance(each, bool) is is_boolean for each in values)


def _choice_list(schema: JsonObject) -> list[Json] | None:
    choices = schema.get("enum")
    if "const" not in schema:
        return choices if isinstance(choices, list) else None
    only = schema["const"]
    return [only] if not isinstance(choices, list) or _is_among(only, choices) else []


def _bound(
    keyword: str, old: Any, new: Any, path: tuple[str, ...], *, sign: int
) -> Iterator[Difference]:
    """Yield a bound that is another; a lower one has the sign 1, an upper one -1."""
    if old == new:
        return
    if new is None:
        yield Difference("widened", path, f"has no {keyword} any more")
    elif old is None or sign * new > sign * old:
        was = "" if old is None else f" (it was {old})"
        yield Difference("narrowed", path, f"has the {keyword} {new}{was}")
    else:
        yield Difference("widened", path, f"has the {keyword} {new} (it was {old})")


def _reference(schema: Json) -> str:
    found = schema.get("$ref") if isinstance(schema, Mapping) else None
    return found if isinstance(found, str) else ""


def _resolved(schema: Json, root: JsonObject) -> Json:
    """Return a schema with what its reference names, where it has one."""
    seen: set[str] = set()
    while (reference := _reference(schema)) and reference not in seen:
        seen.add(reference)
        target = pointer.target_of(root, reference)
        if not isinstance(target, dict):
            return True
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        schema = {**target, **beside}
    return schema


def _listed(names: frozenset[str]) -> str:
    return " or ".join(sorted(names))


def _shown(values: list[Json]) -> str:
    return listed(values, _MAX_SHOWN, _brief)


def _brief(value: Json) -> str:
    return shortened(repr(value), _MAX_SHOWN_CHARS)
