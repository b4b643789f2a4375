"""One schema in its document's dialect in; the same schema in JSON Schema 2020-12 out, with `#/$defs/…` for what it refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from openapi2tools._core.hints import HINTS_KEY, VALUE_HINTS, read_hints
from openapi2tools._core.identity import content_key
from openapi2tools.model import Problem
from openapi2tools.tools.presence import only_requires_properties
from openapi2tools.tools.schema import normalize as mend
from openapi2tools.tools.schema.components import OWN
from openapi2tools.tools.schema.discriminator import Discriminators
from openapi2tools.tools.schema.keywords import (
    DROPPED,
    PLAIN,
    distinct,
    meant_type,
    regex,
    some,
    types_of,
)
from openapi2tools.tools.text.describe import same
from openapi2tools.tools.text.invisible import hidden_characters
from openapi2tools.tools.text.plain import clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openapi2tools.model import Json, JsonObject
    from openapi2tools.tools.schema.components import Components
    from openapi2tools.tools.schema.readonly import Hidden

DEEPEST: Final = 64  # levels of schema within schema, references aside
# components written in place within one schema: parts of parts of parts double with each level
_MOST_IN_PLACE: Final = 1000
# bytes: a component without subschemas that is no longer than this stands in place, instead of in
# `$defs`
SMALL: Final = 160
FILE: Final = ""  # the pointer that stands for the schema of a file
# annotations that 3.0 ignores beside `$ref`, and writers mean
_BESIDE: Final = ("description", "default", "deprecated", HINTS_KEY)
# schemas that apply to one value together
_TOGETHER: Final = frozenset({"allOf", "anyOf", "oneOf"})
_JOINING: Final = _TOGETHER | {"$ref"}
# may ask for a property, too
_CONDITIONS: Final = frozenset(
    {"then", "else", "dependentSchemas", "dependentRequired", "minProperties"}
)
_HIDING: Final = _TOGETHER | _CONDITIONS  # what one of them hides is hidden in all
_NONE: Final[frozenset[str]] = frozenset()
_ALONE: Final = frozenset(
    {"type", "description", "format", "minLength", "maxLength", "minimum", "maximum"}
)
_NULLABLE: Final = frozenset({"nullable", "x-nullable"})
# what a base class does not hand down
_OF_FAMILY: Final = frozenset({"discriminator", "title", "description", HINTS_KEY, *_NULLABLE})
_OF_OBJECTS: Final = frozenset({"properties", "additionalProperties", "patternProperties"})
_SUBSCHEMAS: Final = frozenset(
    [
        *(
            "properties",
            "items",
            "allOf",
            "anyOf",
            "oneOf",
            "not",
            "additionalProperties",
            "patternProperties",
            "$ref",
            "if",
            "then",
        ),
        *(
            "else",
            "prefixItems",
            "contains",
            "propertyNames",
            "dependentSchemas",
            "unevaluatedItems",
            "unevaluatedProperties",
        ),
        *("additionalItems", "contentSchema", "discriminator"),
    ]
)


class Normal(NamedTuple):
    """A translated schema, and the set of the components that it refers to itself (bits are their numbers)."""

    schema: JsonObject
    uses: int


class _At(NamedTuple):
    """Where a keyword stands: its schema as written, the level of that, the properties that an `allOf` around it hides.

    `top` tells whether that schema applies to the very value that the component at work applies to.
    `joined` are the components that the outermost `allOf` around it holds in place: again they
    would add nothing.
    """

    raw: JsonObject
    depth: int
    hide: frozenset[str]
    top: bool
    joined: set[str] | None


class Translator:
    """Translates the schemas of one document in one direction.

    `refer` is told of each component that is referred to, and gives the reference.
    """

    def __init__(
        self, components: Components, hidden: Hidden, dialect: str, refer: Callable[[str], Normal]
    ) -> None:
        self.problems: list[Problem] = []
        self._components = components
        self._hidden = hidden
        self._discriminators = Discriminators(components, hidden)
        self._combines = dialect >= "3.1"  # keywords beside `$ref` count
        self._refer = refer
        self._small: dict[str, bool] = {}
        self._known: dict[tuple[object, str], Normal] = {}
        self._place = ""  # the pointer of the schema at work
        self._used = 0  # what it refers to
        self._above: tuple[str, ...] = ()  # the components that are being written in place
        self._in_place_yet = 0  # how many were, in the schema at work
        # whether the schema at work is a form or one of its parts, where binary strings are files
        self._files = False

    def schema(self, raw: Json, place: str, named: str = "", *, files: bool = False) -> Normal:
        """Translate the schema at a pointer, the value of the property `named`; with `files` it is a form, whose parts may be files."""
        self._place, self._used, self._files, self._in_place_yet = place, 0, files, 0
        return Normal(self._schema(raw, named=named, top=True), self._used)

    def component(self, place: str, name: str) -> Normal:
        """Translate a component; a base class as the alternatives of what its values may be."""
        raw = self._components.raw(place.removesuffix(OWN))
        if place.endswith(OWN):
            return self.schema(
                {k: v for k, v in raw.items() if k not in _OF_FAMILY},
                place.removesuffix(OWN),
                name.removesuffix("Base"),
            )
        if self._discriminators.kinds(place):
            said, _ = self.schema(
                {k: v for k, v in raw.items() if k in _OF_FAMILY and k != "discriminator"},
                place,
                name,
            )
            schema = {**said, "anyOf": self._discriminators.alternatives(place, self._use)}
            return Normal(
                mend.or_null(schema)
                if any(mend.is_true(raw.get(word)) for word in _NULLABLE)
                else schema,
                self._used,
            )
        schema, used = self.schema(raw, place, name)
        return Normal(self._discriminators.mark_child(schema, place), used)

    # --- one schema ---

    def _schema(
        self,
        raw: Json,
        depth: int = 0,
        named: str = "",
        hide: frozenset[str] = _NONE,
        *,
        top: bool = False,
        joined: set[str] | None = None,
    ) -> JsonObject:
        if not isinstance(raw, dict):
            return self._no_schema(raw)
        if depth > DEEPEST:
            self._report(
                "too-deep", f"A schema of more than {DEEPEST} levels ends here: anything goes."
            )
            return {}
        if "$ref" in raw and isinstance(raw["$ref"], str):
            return self._reference(raw, depth, named, top=top)
        if self._files:
            return self._of_form(raw, depth, named, hide, top=top, joined=joined)
        if hide or self._above or (top and not _SUBSCHEMAS.isdisjoint(raw)):
            return self._whole(raw, depth, named, hide, top=top, joined=joined)
        return self._shared(raw, depth, named)

    def _of_form(
        self,
        raw: JsonObject,
        depth: int,
        named: str,
        hide: frozenset[str],
        *,
        top: bool,
        joined: set[str] | None,
    ) -> JsonObject:
        """Translate a form, or a part of it: an object as a part is JSON, and holds no files."""
        if is_file(raw):
            return self._file(raw, named)
        self._files = top or _OF_OBJECTS.isdisjoint(raw)
        schema = self._whole(raw, depth, named, hide, top=top, joined=joined)
        self._files = True
        return schema

    def _shared(self, raw: JsonObject, depth: int, named: str) -> JsonObject:
        """Translate a schema that means the same wherever it stands; equal ones, which documents are full of, share one translation."""
        content = content_key(raw)
        key = (content, named if "title" in raw else "")
        known = self._known.get(key)
        if known is None:
            told, used, self._used = len(self.problems), self._used, 0
            known = Normal(self._whole(raw, depth, named, _NONE, top=False), self._used)
            self._used = used
            if (
                len(self.problems) == told
                and isinstance(content, bytes)
                and b'"allOf"' not in content
            ):
                # a problem is told at each place, and a base class may be written in place
                self._known[key] = known
        self._used |= known.uses
        return known.schema

    def _whole(
        self,
        raw: JsonObject,
        depth: int,
        named: str,
        hide: frozenset[str],
        *,
        top: bool,
        joined: set[str] | None = None,
    ) -> JsonObject:
        at: _At | None = None
        schema: JsonObject = {}
        for keyword, value in raw.items():
            if keyword in PLAIN:
                kept = PLAIN[keyword](value)
            elif keyword in _KEYWORDS:
                at = at or _At(
                    raw,
                    depth,
                    hide if _HIDING.isdisjoint(raw) else hide | self._hidden.names(raw),
                    top,
                    joined,
                )
                kept = _KEYWORDS[keyword](self, value, at)
            else:
                continue
            if kept is not DROPPED:
                schema[keyword] = kept
        return self._mended(raw, schema, named, self._place if top else "")

    def _no_schema(self, raw: Json) -> JsonObject:
        if isinstance(raw, bool):
            return {} if raw else {"not": {}}  # as objects, which every vendor reads
        self._report(
            "not-a-schema", f"Here stands {mend.quoted(raw)} instead of a schema: anything goes."
        )
        return {}

    def _file(self, raw: JsonObject, named: str) -> JsonObject:
        said = raw.get("description")
        schema = (
            {**self._use(FILE), "description": clean(said)}
            if isinstance(said, str) and said
            else self._use(FILE)
        )
        if HINTS_KEY in raw:
            schema = {**schema}
            self._hinted(raw, schema, named)
        return schema

    def _mended(self, raw: JsonObject, schema: JsonObject, named: str, place: str) -> JsonObject:
        """Put right what only shows when all keywords are there."""
        if (
            len(schema) == len(raw)
            and schema.keys() <= _ALONE
            and schema.get("type") != "array"
            and raw.get("description", "").isascii()
        ):
            # by far the most: nothing left out, and no keyword that another one bears on
            return schema
        if "type" in raw and "type" not in schema:
            schema = self._of_meant_type(raw["type"], schema)
        if "type" in schema and ("oneOf" in schema or "anyOf" in schema):
            self._without_contradicted_type(raw, schema)
        if "pattern" in raw and "pattern" not in schema and raw["pattern"]:
            mend.say(schema, f"Pattern: {mend.quoted(raw['pattern'])}")
        if "title" in schema and ("description" in schema or same(schema["title"], named)):
            del schema["title"]
        self._report_hidden(raw, schema)
        if HINTS_KEY in raw:
            self._hinted(raw, schema, named)
        picked = "discriminator" in raw and self._discriminators.mark_alternatives(raw, schema)
        if "discriminator" in raw and not picked:
            self._discriminators.mark_base(raw, schema, place)
        if (
            "oneOf" in schema
            and "anyOf" not in schema
            and not (picked or self._exclude_each_other(raw, schema))
        ):
            schema["anyOf"] = schema.pop("oneOf")
        schema = mend.mended(raw, schema)
        return (
            self._without_hidden(raw, schema)
            if "default" in schema or "examples" in schema
            else schema
        )

    def _without_hidden(self, raw: JsonObject, schema: JsonObject) -> JsonObject:
        """Drop a default, or examples, that hold a property which is hidden in this direction."""
        shown = {
            "default": schema.get("default"),
            "examples": next(iter(schema.get("examples", ())), None),
        }
        held = {
            keyword
            for keyword, value in shown.items()
            if isinstance(value, (dict, list)) and self._hidden.held(value, raw)
        }
        return (
            {keyword: value for keyword, value in schema.items() if keyword not in held}
            if held
            else schema
        )

    def _report_hidden(self, raw: JsonObject, schema: JsonObject) -> None:
        said = raw.get("description")
        if isinstance(said, str) and not said.isascii() and (seen := hidden_characters(said)):
            self._report(
                "hidden-characters",
                f"A description holds characters that nobody sees: {', '.join(seen[:5])}.",
            )
        if ("enum" in schema or "const" in schema or "pattern" in schema) and (
            seen := hidden_characters(mend.verbatim(schema))
        ):
            self._report(
                "hidden-characters",
                f"Values that a schema allows hold characters that nobody sees: {', '.join(seen[:5])}.",
            )

    def _hinted(self, raw: JsonObject, schema: JsonObject, named: str) -> None:
        right, faults = read_hints(raw[HINTS_KEY], VALUE_HINTS)
        for fault in faults:
            self._report("bad-hint", f"On {named!r}: {fault}" if named else fault)
        if "description" in right:
            schema["description"] = clean(right["description"])

    def _exclude_each_other(self, raw: JsonObject, schema: JsonObject) -> bool:
        """Tell whether `oneOf` says more than `anyOf` would, or the same: what may overlap would refuse calls that were meant."""
        return only_requires_properties(schema["oneOf"]) or self._components.disjoint(raw["oneOf"])

    def _without_contradicted_type(self, raw: JsonObject, schema: JsonObject) -> None:
        """Drop a type that none of the alternatives beside it is of, for nothing would fit: `object` beside alternatives of texts."""
        alternatives = [raw[keyword] for keyword in ("oneOf", "anyOf") if keyword in schema]
        if any(self._components.contradicts(types_of(schema), members) for members in alternatives):
            del schema["type"]

    def _of_meant_type(self, content_key: Json, schema: JsonObject) -> JsonObject:
        """Read the types that no dialect knows; what is anybody's guess is left open, and reported."""
        several = isinstance(content_key, list)
        kinds: dict[str, str] = {}
        for kind in content_key if several else [content_key]:
            meant = meant_type(kind, among=several)
            if meant is None:
                if kind not in (None, "", "any", "mixed", "anything"):
                    self._report(
                        "unknown-type",
                        f"No JSON type is called {mend.quoted(kind)}: any value goes.",
                    )
                return schema
            kinds[meant[0]] = meant[1]
        formats = [form for form in kinds.values() if form]
        form = {"format": formats[0]} if formats and "format" not in schema else {}
        return (
            {"type": next(iter(kinds)) if len(kinds) == 1 else list(kinds), **form, **schema}
            if kinds
            else schema
        )

    # --- references ---

    def _reference(
        self, raw: JsonObject, depth: int, named: str, *, top: bool, own: bool = False
    ) -> JsonObject:
        """Refer to a component, with what stands beside: 3.1 combines all of it, 3.0 ignores it, but for what writers mean.

        With `own` to what a base class says itself.
        """
        place = self._components.find(raw["$ref"])
        if place is None or (
            top and depth == 0 and self._place in {place, *self._components.in_place(place)}
        ):
            return self._schema(
                {keyword: value for keyword, value in raw.items() if keyword != "$ref"},
                depth + 1,
                named,
                top=top,
            )
        target = self._use(place + OWN) if own else self._target(place, depth, top=top)
        if len(raw) == 1:
            return target
        kept = (
            raw
            if self._combines
            else {keyword: raw[keyword] for keyword in _BESIDE if keyword in raw}
        )
        if self._combines and self._shuts_out(raw, raw):
            kept = {
                keyword: value
                for keyword, value in kept.items()
                if keyword != "additionalProperties"
            }
        hide = self._hidden.names(raw) if "required" in kept else _NONE
        beside = self._schema(
            {k: v for k, v in kept.items() if k != "$ref" and k not in _NULLABLE},
            depth + 1,
            named,
            hide,
        )
        beside = self._without_hidden(raw, beside) if "default" in beside else beside
        if beside.keys() - set(mend.ANNOTATIONS) and "$ref" not in target:
            target = {"allOf": [target], **beside}
        elif beside:
            target = {**target, **beside}
        return (
            mend.or_null(target)
            if any(mend.is_true(raw.get(keyword)) for keyword in _NULLABLE)
            else target
        )

    def _target(self, place: str, depth: int, *, top: bool) -> JsonObject:
        raw = self._components.raw(place)
        if not isinstance(raw, dict):
            return self._no_schema(raw)
        if self._files and is_file(raw):
            return self._use(FILE)
        # elsewhere it may be no form, and no part of one
        if self._files and self._may_write(place) and (top or "properties" not in raw):
            return self._written(raw, place, depth, _NONE, top=top)
        if place not in self._small:
            self._small[place] = _is_small(raw)
        return self._schema(raw, depth + 1) if self._small[place] else self._use(place)

    def _use(self, place: str) -> JsonObject:
        reference, number = self._refer(place)
        self._used |= number
        return reference

    # --- objects ---

    def _properties(self, value: Json, at: _At) -> Json:
        if not isinstance(value, dict):
            if value is not None:
                self._report("not-properties", "Properties are a map of names to schemas.")
            return DROPPED
        shown = {
            name: raw
            for name, raw in value.items()
            if name not in at.hide and not self._hidden.hides(raw)
        }
        if not (names := "".join(shown)).isascii() and (seen := hidden_characters(names)):
            self._report(
                "hidden-characters",
                f"Names of properties hold characters that nobody sees: {', '.join(seen[:5])}.",
            )
        return (
            {name: self._schema(raw, at.depth + 1, name) for name, raw in shown.items()}
            if shown or not value
            else DROPPED
        )

    def _required(self, value: Json, at: _At) -> Json:
        names = value if isinstance(value, list) else [value]
        ways = [at.raw[keyword] for keyword in ("anyOf", "oneOf") if keyword in at.raw]
        kept = self._shown(
            names, at, at.hide.union(*map(self._hidden.among, ways)) if ways else at.hide
        )
        return distinct(kept) if kept and kept not in (["true"], ["false"]) else DROPPED

    def _shown(self, names: Iterable[Json], at: _At, hide: frozenset[str]) -> list[str]:
        """Keep the names of properties that are not hidden."""
        properties = at.raw.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        return [
            n
            for n in names
            if isinstance(n, str) and n not in hide and not self._hidden.hides(properties.get(n))
        ]

    def _dependencies(self, value: Json, at: _At) -> Json:
        """Keep a map of names to lists of names (`dependentRequired`)."""
        lists = (
            {name: names for name, names in value.items() if isinstance(names, list)}
            if isinstance(value, dict)
            else {}
        )
        kept = {
            name: distinct(self._shown(lists[name], at, at.hide))
            for name in self._shown(lists, at, at.hide)
        }
        return {name: names for name, names in kept.items() if names or not lists[name]} or DROPPED

    def _least(self, value: Json, at: _At) -> Json:
        """Read `minProperties`; a number that only hidden properties could make full is lowered to what is left."""
        least = some(value)
        known = self._components.properties(at.raw) if at.hide else set()
        closed = (
            at.raw.get("additionalProperties", False) in (False, "false")
            and "patternProperties" not in at.raw
        )
        return (
            least
            if least is DROPPED or not closed or known.isdisjoint(at.hide)
            else some(min(least, len(known - at.hide)))
        )

    # --- subschemas ---

    def _one(self, value: Json, at: _At) -> Json:
        return DROPPED if value is None else self._schema(value, at.depth + 1)

    def _rest(self, value: Json, at: _At) -> Json:
        """Translate what may be `false`, `additionalProperties` and its like; `true` is only said where properties are."""
        if value is False or value == "false":
            return False
        if value in (True, "true", {}):
            return True if at.raw.get("properties") else DROPPED
        return self._one(value, at)

    def _further(self, value: Json, at: _At) -> Json:
        """Translate `additionalProperties`; `false` leaves where it would forbid what the schemas beside it name: nothing would fit."""
        kept = self._rest(value, at)
        return DROPPED if kept is False and self._shuts_out(at.raw, at.raw) else kept

    def _shuts_out(self, raw: JsonObject, whole: JsonObject) -> bool:
        """Tell whether a closed object does not name itself all the properties of the schemas that apply together with it."""
        if raw.get("additionalProperties") not in (False, "false") or _JOINING.isdisjoint(whole):
            return False
        own = raw.get("properties")
        return bool(
            self._components.properties(whole).difference(own if isinstance(own, dict) else ())
        )

    def _items(self, value: Json, at: _At) -> Json:
        if isinstance(value, list):
            # a tuple of old: `mend` renames it
            return [self._schema(item, at.depth + 1) for item in value]
        return value if value is False else self._one(value, at)

    def _items_of_old(self, value: Json, at: _At) -> Json:
        return self._rest(value, at) if isinstance(at.raw.get("items"), list) else DROPPED

    def _many(self, value: Json, at: _At) -> Json:
        members = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
        return [
            self._schema(member, at.depth + 1) for member in members if member is not None
        ] or DROPPED

    def _map(self, value: Json, at: _At) -> Json:
        return (
            {name: self._schema(raw, at.depth + 1) for name, raw in value.items()}
            if isinstance(value, dict) and value
            else DROPPED
        )

    def _conditional(self, value: Json, at: _At) -> Json:
        """Translate `then` and `else`; `if` and `not` may go on asking for what is hidden, which is never there."""
        return (
            DROPPED
            if value is None
            else self._alternative(value, at._replace(top=False)) or DROPPED
        )

    def _dependents(self, value: Json, at: _At) -> Json:
        """Translate `dependentSchemas`."""
        names = self._shown(value, at, at.hide) if isinstance(value, dict) else []
        kept = {name: self._alternative(value[name], at._replace(top=False)) for name in names}
        return {name: schema for name, schema in kept.items() if schema} or DROPPED

    def _patterns(self, value: Json, at: _At) -> Json:
        legal = (
            {regex(pattern): raw for pattern, raw in value.items()}
            if isinstance(value, dict)
            else {}
        )
        return self._map(
            {pattern: raw for pattern, raw in legal.items() if pattern is not None}, at
        )

    # --- schemas that apply to one value together ---

    def _alternatives(self, value: Json, at: _At) -> Json:
        """Translate `oneOf` and `anyOf`; an alternative that leads back here by itself says nothing, and leaves."""
        members = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
        kept = [
            member
            for member in members
            if member is not None and not (at.top and self._turns(member, bases=True))
        ]
        possible = [member for member in kept if member is not False] or kept
        return [self._alternative(member, at) for member in possible] or DROPPED

    def _alternative(self, member: Json, at: _At) -> JsonObject:
        """Translate an alternative. One that shows, or requires, what is hidden beside it is written in place."""
        if (
            at.hide
            and isinstance(member, dict)
            and "$ref" in member
            and self._hidden.mentions(member, at.hide)
        ):
            place = self._components.find(member["$ref"])
            if place is not None and self._may_write(place) and place != self._place:
                return self._in_place(place, at._replace(joined=None), ())
        return self._schema(member, at.depth + 1, hide=at.hide, top=at.top)

    def _all_of(self, value: Json, at: _At) -> Json:
        members = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
        at = at if at.joined is not None else at._replace(joined=set())
        kept = [self._member(member, at) for member in members if member is not None]
        return [member for member in kept if member] or DROPPED

    def _member(self, member: Json, at: _At) -> JsonObject:
        """Translate a member of `allOf`. A base class that leads back here, or shows what is hidden here, is written in place."""
        if not isinstance(member, dict) or not isinstance(member.get("$ref"), str):
            if isinstance(member, dict) and self._shuts_out(member, at.raw):
                member = {
                    keyword: value
                    for keyword, value in member.items()
                    if keyword != "additionalProperties"
                }
            return self._schema(member, at.depth + 1, hide=at.hide, top=at.top, joined=at.joined)
        place = self._components.find(member["$ref"])
        target = self._components.raw(place) if place is not None else None
        if place is None or not isinstance(target, dict):
            return self._schema(member, at.depth + 1)
        may_write = self._may_write(place)
        if may_write and place != self._place and self._shuts_out(target, at.raw):
            return self._in_place(place, at, ("additionalProperties",))
        if self._files and at.top and may_write:
            return self._in_place(place, at, ())
        turns = at.top and self._turns(member)
        if turns and (not may_write or place == self._place):
            return {}
        if not turns and not (may_write and self._hidden.mentions(member, at.hide)):
            if self._is_base(place, at) and self._discriminators.kinds(place):
                return self._reference(member, at.depth + 1, "", top=False, own=True)
            return self._schema(member, at.depth + 1)
        return self._in_place(place, at, ("oneOf", "anyOf", "discriminator") if turns else ())

    def _is_base(self, place: str, at: _At) -> bool:
        """Tell whether a member of `allOf` is a base class, and not a value that stands there alone to be described."""
        return (
            "properties" in at.raw
            or len(at.raw["allOf"]) > 1
            or (at.top and place in self._components.bases(self._place))
        )

    def _may_write(self, place: str) -> bool:
        """Tell whether a component may be written in place: not within itself, and not without end."""
        return place not in self._above and self._in_place_yet < _MOST_IN_PLACE

    def _in_place(self, place: str, at: _At, without: tuple[str, ...]) -> JsonObject:
        if at.joined is not None:
            if place in at.joined:
                return {}
            at.joined.add(place)
        raw = {
            keyword: value
            for keyword, value in self._components.raw(place).items()
            if keyword not in without
        }
        return self._written(
            raw, place, at.depth, at.hide | self._hidden.names(raw), top=at.top, joined=at.joined
        )

    def _written(
        self,
        raw: JsonObject,
        place: str,
        depth: int,
        hide: frozenset[str],
        *,
        top: bool,
        joined: set[str] | None = None,
    ) -> JsonObject:
        self._in_place_yet += 1
        above, self._above = self._above, (*self._above, place)
        schema = self._schema(raw, depth + 1, hide=hide, top=top, joined=joined)
        self._above = above
        return schema

    def _turns(self, member: Json, *, bases: bool = False) -> bool:
        """Tell whether a schema leads back to the one at work with no step into its value, so that checking it would never end.

        With `bases` a way back that begins with that schema's base classes does not count: it is
        cut there.
        """
        place = (
            self._components.find(member["$ref"])
            if isinstance(member, dict) and "$ref" in member
            else None
        )
        if place is None:
            return False
        if place == self._place:
            return True
        back = self._place in self._components.in_place(place)
        return back and not (bases and self._place in self._components.bases(place))

    def _report(self, kind: str, message: str) -> None:
        self.problems.append(Problem(kind, message, pointer=self._place))

    KEYWORDS: Final[dict[str, Callable[[Translator, Json, _At], Json]]] = {
        "properties": _properties,
        "required": _required,
        "items": _items,
        "additionalItems": _items_of_old,
        "prefixItems": _many,
        "allOf": _all_of,
        "anyOf": _alternatives,
        "oneOf": _alternatives,
        "patternProperties": _patterns,
        "dependentSchemas": _dependents,
        "dependentRequired": _dependencies,
        "minProperties": _least,
        "additionalProperties": _further,
        "unevaluatedProperties": _rest,
        "unevaluatedItems": _rest,
        "not": _one,
        "if": _one,
        "then": _conditional,
        "else": _conditional,
        "contains": _one,
        "propertyNames": _one,
        "contentSchema": _one,
    }


_KEYWORDS: Final = Translator.KEYWORDS


def is_file(raw: Json) -> bool:
    """Tell whether a part of a form is a file: 2.0's `type: file`, 3.0's `format: binary`, 3.1's `contentMediaType` without an encoding."""
    if not isinstance(raw, dict):
        return False
    if raw.get("type") == "file":
        return True
    if raw.get("type", "string") not in ("string", ["string", "null"]):
        return False
    content = raw.get("contentMediaType")
    return raw.get("format") == "binary" or (
        isinstance(content, str) and "contentEncoding" not in raw and "json" not in content
    )


def _is_small(raw: JsonObject) -> bool:
    return len(raw) <= 8 and not _SUBSCHEMAS & raw.keys() and len(orjson.dumps(raw)) <= SMALL
