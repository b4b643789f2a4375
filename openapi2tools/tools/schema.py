"""One schema of an Api, in its document's dialect, in; self-contained JSON Schema 2020-12 with `$defs` out.

Each component is translated once, and the very same dict stands in the `$defs` of every tool that reaches it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import orjson

from openapi2tools.model import Problem
from openapi2tools.tools import mend
from openapi2tools.tools.closure import Closure, bits
from openapi2tools.tools.components import Components
from openapi2tools.tools.describe import clean, same, success
from openapi2tools.tools.keywords import DROPPED, PLAIN, TYPES, data, distinct, meant_type, regex
from openapi2tools.tools.mend import ANNOTATIONS
from openapi2tools.tools.same import Same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openapi2tools.model import Api, Json, JsonObject, Schema, Tool

Direction = Literal["input", "output"]
DEEPEST: Final = 64  # levels of schema within schema, references aside
SMALL: Final = 160  # bytes: a component without subschemas that is no longer than this stands in place, instead of in `$defs`
_NOTHING: Final[frozenset[str]] = frozenset()
_SUBSCHEMAS: Final = frozenset(
    "properties items allOf anyOf oneOf not additionalProperties patternProperties $ref if then else prefixItems contains propertyNames"
    " dependentSchemas unevaluatedItems unevaluatedProperties additionalItems contentSchema discriminator".split()
)
FILE: Final[JsonObject] = {
    "type": "object",
    "description": "A file: give exactly one of path, text and base64.",
    "properties": {
        "path": {"type": "string", "description": "Path of a local file."},
        "text": {"type": "string", "description": "The content, as text."},
        "base64": {"type": "string", "description": "The content, in base64."},
        "filename": {"type": "string"},
        "content_type": {"type": "string"},
    },
}


class Normal(NamedTuple):
    """A translated schema, and the set of the components that it refers to itself (bits are their numbers)."""

    schema: JsonObject
    uses: int


class Schemas:
    """The schemas of one Api in one direction.

    `input` leaves readOnly properties out, `output` writeOnly ones. With `files` (multipart bodies) binary strings are files.
    `problems` grows while schemas are translated.
    """

    def __init__(self, api: Api, direction: Direction = "input", *, files: bool = False) -> None:
        self.api = api
        self.problems: list[Problem] = []
        self.components = _components_of(Same(api.document))
        self._hides = "readOnly" if direction == "input" else "writeOnly"
        self._files = files
        self._numbers: dict[str, int] = {}  # a component's pointer, and its number
        self._names: list[str] = []
        self._uses: list[int] = []
        self._schemas: list[JsonObject] = []
        self._pending: list[str] = []
        self._references: dict[str, JsonObject] = {}
        self._by_reference: dict[str, int] = {}
        self._leaving: dict[str, bool] = {}
        self._normal: dict[int, tuple[Normal, Schema]] = {}
        self._defs: dict[int, dict[str, JsonObject]] = {}
        self._closure = Closure(self._uses)
        self._used = 0  # what the schema at work refers to
        self._place = ""  # the pointer of the schema at work
        self._above: tuple[str, ...] = ()  # the components being written in place

    # --- from outside ---

    def normal(self, raw: Schema, place: str = "", named: str = "") -> Normal:
        """Translate a schema that stands at the pointer `place` under the name `named`; equal objects give equal objects."""
        known = self._normal.get(id(raw))
        if known is None:
            self._place, self._used = place, 0
            schema = self._schema(raw, named=named)
            known = self._normal[id(raw)] = (Normal(schema, self._used), raw)  # raw is kept, for its id to stay its own
            self._finish_components()
        return known[0]

    def closure(self, uses: int) -> int:
        """Give everything that a set of components reaches."""
        return self._closure.of(uses)

    def defs(self, uses: int) -> dict[str, JsonObject]:
        """Give the `$defs` that these components need: one shared dict for each distinct set, sorted by name."""
        reached = self._closure.of(uses)
        if reached not in self._defs:
            self._defs[reached] = dict(sorted((self._names[n], self._schemas[n]) for n in bits(reached)))
        return self._defs[reached]

    def number_of(self, schema: JsonObject) -> int | None:
        """Give the number of the component that a translated schema refers to, None for every other schema."""
        reference = schema.get("$ref")
        return self._by_reference[reference] if isinstance(reference, str) else None

    def component(self, number: int) -> JsonObject:
        """Give a component by its number."""
        return self._schemas[number]

    def uses_in(self, value: Json) -> int:
        """Give the set of the components that a translated schema refers to itself."""
        uses = 0
        rest = [value]
        while rest:
            value = rest.pop()
            if isinstance(value, dict):
                if isinstance(reference := value.get("$ref"), str) and reference in self._by_reference:
                    uses |= 1 << self._by_reference[reference]
                rest += value.values()
            elif isinstance(value, list):
                rest += value
        return uses

    def file(self) -> Normal:
        """Give a reference to the schema of a file."""
        number = self._number("", "File")
        self._finish_components()
        return Normal(self._references[""], 1 << number)

    # --- components ---

    def _finish_components(self) -> None:
        while self._pending:
            place = self._pending.pop()
            n = self._numbers[place]
            self._place, self._used = place, 0
            self._schemas[n] = self._component(place)
            self._uses[n] = self._used

    def _component(self, place: str) -> JsonObject:
        if not place:
            return FILE
        schema = self._schema(self.components.raw(place), named=self._names[self._numbers[place]])
        return self._as_child(place, schema)

    def _number(self, place: str, name: str) -> int:
        if place not in self._numbers:
            self._numbers[place] = len(self._names)
            self._names.append(name)
            self._uses.append(0)
            self._schemas.append({})
            self._pending.append(place)
            self._references[place] = {"$ref": "#/$defs/" + name}
            self._by_reference["#/$defs/" + name] = self._numbers[place]
        return self._numbers[place]

    def _reference(self, raw: JsonObject, depth: int, named: str) -> JsonObject:
        """Refer to a component. 3.0 ignores what stands beside `$ref`, but writers mean these annotations; 3.1 combines everything."""
        place = self.components.find(raw["$ref"])
        if place is None or (depth == 0 and self._place in {place, *self.components.in_place(place)}):
            return self._schema({k: v for k, v in raw.items() if k != "$ref"}, depth + 1, named)
        beside = len(raw) > 1 and self._beside(raw, depth, named)
        target = self._target(place, depth)
        if not beside:
            return target
        if set(beside) - set(ANNOTATIONS) and "$ref" not in target:
            return {"allOf": [target], **beside}
        schema = {**target, **beside}
        return mend.or_null(schema) if mend.is_true(raw.get("nullable", raw.get("x-nullable"))) else schema

    def _beside(self, raw: JsonObject, depth: int, named: str) -> JsonObject:
        kept = raw if self.api.dialect >= "3.1" else {k: raw[k] for k in ("description", "default", "deprecated") if k in raw}
        return self._schema({k: v for k, v in kept.items() if k not in {"$ref", "nullable", "x-nullable"}}, depth + 1, named)

    def _target(self, place: str, depth: int) -> JsonObject:
        raw = self.components.raw(place)
        if not isinstance(raw, dict):
            return mend.boolean(raw)
        if self._files and _is_file(raw):
            return self._use("", "File")
        if _is_small(raw):
            return self._schema(raw, depth + 1)
        return self._use(place, self.components.name(place))

    def _use(self, place: str, name: str) -> JsonObject:
        self._used |= 1 << self._number(place, name)
        return self._references[place]

    # --- one schema ---

    def _schema(self, raw: Json, depth: int = 0, named: str = "", hide: frozenset[str] = _NOTHING) -> JsonObject:
        if not isinstance(raw, dict):
            return self._no_schema(raw)
        if depth > DEEPEST:
            return self._report("too-deep", f"A schema of more than {DEEPEST} levels ends here: anything goes.", {})
        if isinstance(raw.get("$ref"), str):
            return self._reference(raw, depth, named)
        if self._files and _is_file(raw):
            return {
                **self._use("", "File"),
                **({"description": clean(raw["description"])} if isinstance(raw.get("description"), str) else {}),
            }
        if "allOf" in raw and not hide:
            hide = self._hidden_names(raw)
        schema: JsonObject = {}
        for keyword, value in raw.items():
            if keyword in PLAIN:
                kept = PLAIN[keyword](value)
            elif keyword in _TRANSLATE:
                kept = _TRANSLATE[keyword](self, raw, value, depth, hide)
            else:
                continue
            if kept is not DROPPED:
                schema[keyword] = kept
        return self._finished(raw, schema, named)

    def _no_schema(self, raw: Json) -> JsonObject:
        if not isinstance(raw, bool):
            return self._report("not-a-schema", f"Here stands {mend.quoted(raw)} instead of a schema: anything goes.", {})
        return mend.boolean(raw)

    def _finished(self, raw: JsonObject, schema: JsonObject, named: str) -> JsonObject:
        """Mend what only shows when all keywords are there."""
        if "type" in raw and "type" not in schema:
            self._type(raw, schema)
        if "exclusiveMinimum" in raw or "exclusiveMaximum" in raw:
            mend.bounds(raw, schema)
        if "properties" in schema:
            self._required_of_old(raw, schema)
        if raw.get("items").__class__ is list:
            mend.tuple_items(schema)
        if "enum" in schema or "const" in schema:
            mend.values(schema)
        kind = schema.get("type")
        if (kind == "array" or (kind.__class__ is list and "array" in kind)) and "items" not in schema:
            schema["items"] = {}  # OpenAI refuses an array that does not say it
        if "title" in schema and (same(schema["title"], named) or same(schema["title"], schema.get("description", ""))):
            del schema["title"]
        if "default" in schema:
            mend.default(schema)
        if "discriminator" in raw:
            self._discriminated(raw, schema)
        elif "oneOf" in schema and "anyOf" not in schema and not self.components.disjoint(raw["oneOf"]):
            schema["anyOf"] = schema.pop("oneOf")
        if "pattern" in raw and "pattern" not in schema:
            mend.say(schema, f"Pattern: {mend.quoted(raw['pattern'])}")
        if "example" in raw or "examples" in raw or "x-example" in raw:
            mend.example(raw, schema)
        if len(schema.get("allOf", ())) == 1:
            schema = mend.unwrapped(schema)
        if "nullable" in raw or "x-nullable" in raw:
            schema = mend.or_null(schema) if mend.is_true(raw.get("nullable", raw.get("x-nullable"))) else schema
        return schema

    def _type(self, raw: JsonObject, schema: JsonObject) -> None:
        """Read the types that no dialect knows; what is anybody's guess is left open, and reported."""
        written = raw["type"] if isinstance(raw["type"], list) else [raw["type"]]
        kinds: list[str] = []
        for kind in written:
            meant = meant_type(kind) if isinstance(kind, str) else ("null", "") if kind is None and len(written) > 1 else None
            if meant is None:
                if kind not in (None, "", "any", "mixed", "anything"):
                    self._report("unknown-type", f"No JSON type is called {mend.quoted(kind)}: any value goes.", None)
                return
            if meant[0] not in kinds:
                kinds.append(meant[0])
            if meant[1]:
                schema.setdefault("format", meant[1])
        if kinds:
            schema["type"] = kinds[0] if len(kinds) == 1 else kinds
            order = ["type", *(k for k in schema if k != "type")]
            items = {k: schema[k] for k in order}
            schema.clear()
            schema.update(items)

    # --- objects ---

    def _properties(self, raw: JsonObject, value: Json, depth: int, hide: frozenset[str]) -> Json:
        if not isinstance(value, dict):
            return DROPPED if value is None else self._report("not-properties", "Properties are a map of names to schemas.", DROPPED)
        kept = {}
        for name, schema in value.items():
            if name not in hide and not self._leaves(schema):
                kept[name] = self._schema(schema, depth + 1, named=name)
        return kept if kept or not value else DROPPED

    def _required(self, raw: JsonObject, value: Json, depth: int, hide: frozenset[str]) -> Json:
        names = [value] if isinstance(value, str) and value not in {"true", "false"} else value if isinstance(value, list) else []
        properties = raw.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        kept = [n for n in names if isinstance(n, str) and n not in hide and not (n in properties and self._leaves(properties[n]))]
        return distinct(kept) or DROPPED

    def _required_of_old(self, raw: JsonObject, schema: JsonObject) -> None:
        """Read `required: true` inside a property, which was draft 3's way to say it."""
        names = [
            n for n, p in raw["properties"].items() if isinstance(p, dict) and mend.is_true(p.get("required")) and n in schema["properties"]
        ]
        if names:
            schema["required"] = distinct([*schema.get("required", []), *names])

    def _leaves(self, raw: Json) -> bool:
        """Tell whether a property leaves this direction, by its own word or by that of the component it refers to."""
        if not isinstance(raw, dict):
            return False
        if self._hides in raw and mend.is_true(raw[self._hides]):
            return True
        if "$ref" in raw:
            place = self.components.find(raw["$ref"])
            return place is not None and self._leaves_at(place)
        members = raw.get("allOf")
        return isinstance(members, list) and any(self._leaves(member) for member in members)

    def _leaves_at(self, place: str) -> bool:
        if place not in self._leaving:
            self._leaving[place] = False  # a cycle says nothing
            self._leaving[place] = self._leaves(self.components.raw(place))
        return self._leaving[place]

    def _hidden_names(self, raw: Json, above: tuple[str, ...] = ()) -> frozenset[str]:
        """Name the properties that leave this direction in any member of an `allOf`: they leave all of it."""
        return frozenset(name for name, schema in self._all_properties(raw, above) if self._leaves(schema))

    def _all_properties(self, raw: Json, above: tuple[str, ...] = ()) -> Iterator[tuple[str, Json]]:
        if not isinstance(raw, dict) or len(above) > DEEPEST:
            return
        if isinstance(raw.get("$ref"), str):
            place = self.components.find(raw["$ref"])
            if place is not None and place not in above:
                yield from self._all_properties(self.components.raw(place), (*above, place))
        if isinstance(raw.get("properties"), dict):
            yield from raw["properties"].items()
        if isinstance(raw.get("required"), list):
            yield from ((name, True) for name in raw["required"] if isinstance(name, str))
        if isinstance(raw.get("allOf"), list):
            for member in raw["allOf"]:
                yield from self._all_properties(member, (*above, ""))

    # --- subschemas ---

    def _one(self, raw: JsonObject, value: Json, depth: int, hide: frozenset[str]) -> Json:
        return DROPPED if value is None else self._schema(value, depth + 1)

    def _closed(self, raw: JsonObject, value: Json, depth: int, hide: frozenset[str]) -> Json:
        """Translate what may be `false`: `additionalProperties` and its like. `true` is said where properties are, and void elsewhere."""
        if value is False or value == "false":
            return False
        if value is None or value is True or value == {} or value == "true":
            return True if value is not None and raw.get("properties") else DROPPED
        return self._schema(value, depth + 1)

    def _items(self, raw: JsonObject, value: Json, depth: int, hide: frozenset[str]) -> Json:
        if isinstance(value, list):
            return [self._schema(item, depth + 1) for item in value]  # of old, a tuple: `tuple_items` renames it
        return (
            self._closed({"properties": True}, value, depth, hide)
            if isinstance(value, bool) and not value
            else self._one(raw, value, depth, hide)
        )

    def _additional_items(self, raw: JsonObject, value: Json, depth: int, hide: frozenset[str]) -> Json:
        return self._closed({}, value, depth, hide) if isinstance(raw.get("items"), list) else DROPPED

    def _many(self, raw: JsonObject, value: Json, depth: int, hide: frozenset[str]) -> Json:
        if isinstance(value, dict):
            value = [value]
        if not isinstance(value, list):
            return DROPPED
        return [self._schema(item, depth + 1) for item in value if item is not None] or DROPPED

    def _alternatives(self, raw: JsonObject, value: Json, depth: int, hide: frozenset[str]) -> Json:
        """Translate `oneOf` and `anyOf`; an alternative that leads back here by itself says nothing, and leaves."""
        if not isinstance(value, list):
            return self._many(raw, value, depth, hide)
        return self._many(raw, [item for item in value if not self._turns(item, "anyOf")], depth, hide)

    def _all_of(self, raw: JsonObject, value: Json, depth: int, hide: frozenset[str]) -> Json:
        members = [value] if isinstance(value, dict) else value if isinstance(value, list) else []
        kept = [self._member(member, depth + 1, hide) for member in members if member is not None]
        return [member for member in kept if member] or DROPPED

    def _member(self, member: Json, depth: int, hide: frozenset[str]) -> JsonObject:
        """Translate a member of `allOf`. A base class that leads back here, or shows what is hidden here, is written out in place."""
        if not isinstance(member, dict) or not isinstance(member.get("$ref"), str):
            return self._schema(member, depth, hide=hide)
        place = self.components.find(member["$ref"])
        if place is None or not isinstance(self.components.raw(place), dict):
            return self._schema(member, depth)
        turns = self._turns(member, "allOf")
        alien = hide - self._hidden_names(member) if hide else hide
        shows = bool(alien) and any(name in alien for name, _ in self._all_properties(member))
        if not turns and not shows:
            return self._schema(member, depth)
        if place in self._above or place == self._place:
            return {}
        return self._in_place(place, depth, hide, polymorph=not turns)

    def _in_place(self, place: str, depth: int, hide: frozenset[str], *, polymorph: bool) -> JsonObject:
        raw = self.components.raw(place)
        if not polymorph:
            raw = {k: v for k, v in raw.items() if k not in {"oneOf", "anyOf", "discriminator"}}
        above, self._above = self._above, (*self._above, place)
        schema = self._schema(raw, depth, hide=hide | self._hidden_names(raw))
        self._above = above
        return schema

    def _turns(self, member: Json, keyword: str) -> bool:
        """Tell whether a schema leads back to the component at work without a step into its value: checking it would never end."""
        if not isinstance(member, dict) or not isinstance(member.get("$ref"), str):
            return False
        place = self.components.find(member["$ref"])
        if place is None:
            return False
        if place == self._place:
            return True
        if keyword == "allOf":
            return self._place in self.components.in_place(place)
        return self._place in self.components.in_place(place) and self._place not in self.components.bases(place)

    def _map(self, raw: JsonObject, value: Json, depth: int, hide: frozenset[str]) -> Json:
        if not isinstance(value, dict):
            return DROPPED
        return {name: self._schema(schema, depth + 1) for name, schema in value.items()} or DROPPED

    def _patterns(self, raw: JsonObject, value: Json, depth: int, hide: frozenset[str]) -> Json:
        if not isinstance(value, dict):
            return DROPPED
        legal = {regex(pattern): schema for pattern, schema in value.items()}
        return self._map(raw, {pattern: schema for pattern, schema in legal.items() if pattern is not None}, depth, hide)

    def _pattern(self, raw: JsonObject, value: Json, depth: int, hide: frozenset[str]) -> Json:
        return (regex(value) or DROPPED) if isinstance(value, str) else DROPPED

    def _enum(self, raw: JsonObject, value: Json, depth: int, hide: frozenset[str]) -> Json:
        if isinstance(value, list):
            return data(value) or DROPPED
        return [value] if isinstance(value, (str, int)) else DROPPED

    # --- discriminators ---

    def _discriminated(self, raw: JsonObject, schema: JsonObject) -> None:
        """Say with `const` and `enum` which value of the discriminator picks which alternative (OpenAPI 3.1, section 4.8.25)."""
        written = raw["discriminator"]
        name = written.get("propertyName") if isinstance(written, dict) else written
        if not isinstance(name, str) or not name:
            return
        mapping = self._mapping(written)
        for keyword in ("oneOf", "anyOf"):
            members = raw.get(keyword)
            if keyword in schema and isinstance(members, list) and len(members) == len(schema[keyword]):
                schema[keyword] = [self._branch(m, s, name, mapping) for m, s in zip(members, schema[keyword], strict=True)]
        if not {"oneOf", "anyOf"} & schema.keys():
            self._base(schema, name, mapping)

    def _mapping(self, written: Json) -> dict[str, list[str]]:
        """Give the values that pick each component: a mapping names it by reference or by bare name."""
        mapping = written.get("mapping") if isinstance(written, dict) else None
        found: dict[str, list[str]] = {}
        for value, reference in mapping.items() if isinstance(mapping, dict) else ():
            if (place := self.components.find(reference)) is not None:
                found.setdefault(place, []).append(value)
        return found

    def _branch(self, member: Json, schema: JsonObject, name: str, mapping: dict[str, list[str]]) -> JsonObject:
        place = self.components.find(member.get("$ref")) if isinstance(member, dict) else None
        if place is None or "$ref" not in schema:
            return schema
        target = self.components.raw(place)
        if not isinstance(target, dict) or "oneOf" in target or "anyOf" in target:
            return schema
        values = mapping.get(place) or [self.components.value_of(place)]
        said = target.get("properties", {}).get(name) if isinstance(target.get("properties"), dict) else None
        if isinstance(said, dict) and (said.get("enum") == values or ("const" in said and [said["const"]] == values)):
            return schema
        return {**schema, "properties": {name: mend.one_of(values)}, "required": [name]}

    def _base(self, schema: JsonObject, name: str, mapping: dict[str, list[str]]) -> None:
        """Name the values that a base class knows: those of its mapping and of all that is built on it."""
        said = schema.get("properties", {}).get(name)
        if not isinstance(said, dict) or said.get("type", "string") != "string" or {"enum", "const", "$ref"} & said.keys():
            return
        values = [value for place in mapping for value in mapping[place]]
        for place in self.components.descendants(self._place):
            if place not in mapping:
                values.append(self.components.value_of(place))
        if values and not mapping:
            values.append(self.components.value_of(self._place))
        if values:
            schema["properties"][name] = {"type": "string", **said, "enum": distinct(sorted(values))}

    def _as_child(self, place: str, schema: JsonObject) -> JsonObject:
        """Fix the discriminator of a component that is built on a base class, and that nothing else is built on."""
        found = self.components.discriminator_of(place)
        if found is None or place in self.components.children:
            return schema
        name, base, written = found
        mapping = self._mapping(written)
        values = mapping.get(place) or [self.components.value_of(place)]
        properties = schema.get("properties", {})
        base_property = self.components.raw(base).get("properties", {}).get(name)
        if name in properties or not isinstance(base_property, dict) or self._leaves(base_property) or "$ref" in base_property:
            return schema
        return {**schema, "properties": {**properties, name: mend.one_of(values)}}

    def _report(self, kind: str, message: str, instead: Any) -> Any:
        self.problems.append(Problem(kind, message, pointer=self._place))
        return instead


_TRANSLATE: Final[dict[str, Callable[[Schemas, JsonObject, Json, int, frozenset[str]], Json]]] = {
    "type": lambda _, raw, value, depth, hide: value if value.__class__ is str and value in TYPES else DROPPED,
    "enum": Schemas._enum,
    "properties": Schemas._properties,
    "required": Schemas._required,
    "items": Schemas._items,
    "additionalItems": Schemas._additional_items,
    "prefixItems": Schemas._many,
    "allOf": Schemas._all_of,
    "anyOf": Schemas._alternatives,
    "oneOf": Schemas._alternatives,
    "pattern": Schemas._pattern,
    "patternProperties": Schemas._patterns,
    "dependentSchemas": Schemas._map,
    "additionalProperties": Schemas._closed,
    "unevaluatedProperties": Schemas._closed,
    "unevaluatedItems": Schemas._closed,
    "not": Schemas._one,
    "if": Schemas._one,
    "then": Schemas._one,
    "else": Schemas._one,
    "contains": Schemas._one,
    "propertyNames": Schemas._one,
    "contentSchema": Schemas._one,
}


# --- what a schema is, before it is translated --------------------------------------------------------------------


def _is_file(raw: JsonObject) -> bool:
    """Tell whether a part of a form is a file: 2.0's `type: file`, 3.0's `format: binary`, 3.1's `contentMediaType` without an encoding."""
    if raw.get("type") == "file":
        return True
    if raw.get("type", "string") not in ("string", ["string", "null"]):
        return False
    content = raw.get("contentMediaType")
    return raw.get("format") == "binary" or (isinstance(content, str) and "contentEncoding" not in raw and "json" not in content)


def _is_small(raw: JsonObject) -> bool:
    return len(raw) <= 8 and not _SUBSCHEMAS & raw.keys() and len(orjson.dumps(raw)) <= SMALL


@lru_cache(maxsize=4)
def _components_of(document: Same) -> Components:
    return Components(document.value)


@lru_cache(maxsize=4)
def _outputs_of(api: Same) -> Schemas:
    return Schemas(api.value, "output")


def output_schema(tool: Tool) -> JsonObject | None:
    """Give the schema of what a call gives when it goes well: of the JSON body of its success response. None when it has none."""
    response = success(tool.operation.responses)
    media = next((m for m in response.content if "json" in m.name), None) if response else None
    if media is None or media.schema is None:
        return None
    schemas = _outputs_of(Same(tool.api))
    schema, uses = schemas.normal(media.schema, media.pointer)
    defs = schemas.defs(uses)
    return {**schema, "$defs": defs} if defs else schema
