"""Read parameters of any dialect; a shared component is read only once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from openapi2tools._core import hints
from openapi2tools._core import pointer as json_pointer
from openapi2tools._core.hints import HINTS_KEY
from openapi2tools.model import Json, JsonObject, Parameter
from openapi2tools.spec.read import dialect
from openapi2tools.spec.read.bodies.swagger_bodies import BodyField
from openapi2tools.spec.read.media_types import NO_ENCODING, MediaTypeReader
from openapi2tools.spec.read.source import NO_HINTS, has_siblings
from openapi2tools.spec.read.values import describe_type, is_true, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Encoding, Schema, Style
    from openapi2tools.spec.read.source import Source

_LOCATIONS: Final = frozenset(("path", "query", "header", "cookie", "body", "formData"))
_BODY_LOCATIONS: Final = ("body", "formData")  # 2.0

_DEFAULTS: Final[Mapping[str, tuple[Style, bool]]] = {
    location: (style, dialect.default_explode(style))
    for location, style in dialect.DEFAULT_STYLES.items()
}
"""Style and explode of a parameter that names neither, by its location."""

_COMMON_KEYS: Final = frozenset(("name", "in", "description", "required", "schema"))


class _ValueType(NamedTuple):
    """What a parameter says about its value."""

    schema: Schema
    media_type: str | None = None
    encoding: Mapping[str, Encoding] = NO_ENCODING


class ParameterReader:
    """Reads the parameters of one document, and its headers, which are written alike."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._locations = _LOCATIONS
        if source.dialect == "3.2":
            self._locations |= {"querystring"}
        self._by_reference: dict[str, Parameter | BodyField | None] = {}
        self.media_types = MediaTypeReader(source, self._read_header)

    def read(self, raw: Json, pointer: str) -> Parameter | BodyField | None:
        """Read a parameter; a 2.0 parameter that goes into the body is returned as written.

        Returns None, after a report, where it cannot be used.
        """
        if not isinstance(raw, dict):
            message = f"a parameter should be an object, but this is {describe_type(raw)}."
            self._reject(message, pointer)
            return None
        reference = raw.get("$ref")
        if not isinstance(reference, str):
            return self._read_object(raw, pointer)
        if reference not in self._by_reference:
            self._by_reference[reference] = self._read_target(raw, pointer)
        parameter = self._by_reference[reference]
        if parameter is None or not has_siblings(raw):
            return parameter
        if isinstance(parameter, BodyField):
            return self._field_with_siblings(parameter, raw, pointer)
        return self._source.with_siblings(parameter, raw, pointer, hints.VALUE_HINTS)

    def _read_target(self, raw: JsonObject, pointer: str) -> Parameter | BodyField | None:
        """Read the parameter that a reference leads to."""
        target = self._source.resolve(raw, pointer)
        if target.value is json_pointer.MISSING:
            return None
        if not isinstance(target.value, dict):
            message = f"{raw['$ref']!r} is {describe_type(target.value)}, no parameter."
            self._reject(message, pointer)
            return None
        return self._read_object(target.value, target.pointer)

    def _field_with_siblings(self, field: BodyField, raw: JsonObject, pointer: str) -> BodyField:
        """Return a body field with the description and hints that stand beside its reference."""
        allowed = hints.BODY_HINTS if field.raw.get("in") == "body" else hints.VALUE_HINTS
        merged = dict(field.raw)
        if isinstance(raw.get("description"), str):
            merged["description"] = raw["description"]
        merged[HINTS_KEY] = {
            **self._source.hints(field.raw, field.pointer, allowed),
            **self._source.hints(raw, pointer, allowed),
        }
        return BodyField(merged, field.pointer)

    def _reject(self, message: str, pointer: str) -> None:
        self._source.report("bad-parameter", message, pointer, "It is left out.", severity="error")

    def _read_object(self, raw: JsonObject, pointer: str) -> Parameter | BodyField | None:
        name = _name_of(raw)
        location = raw.get("in")
        if name is None:
            self._reject("this parameter has no name.", pointer)
            return None
        if not isinstance(location, str) or location not in self._locations:
            message = f"the parameter {name!r} is in {location!r}, which is no place in a request."
            self._reject(message, pointer)
            return None
        if location in _BODY_LOCATIONS:
            return BodyField(raw, pointer)
        if self._is_swagger_style(raw):
            return self._read_swagger(raw, name, location, pointer)
        return self._read_openapi3(raw, name, location, pointer)

    def _is_swagger_style(self, raw: JsonObject) -> bool:
        """Return whether a parameter describes its value itself, instead of under `schema`."""
        if "schema" in raw or "content" in raw:
            return False
        return self._source.is_swagger or isinstance(raw.get("type"), (str, list))

    # --- 2.0 ---

    def _read_swagger(self, raw: JsonObject, name: str, location: Any, pointer: str) -> Parameter:
        """Read a parameter as 2.0 has it; some 3.x documents write it so, too, by mistake."""
        style, _ = _DEFAULTS[location]
        explode = False
        if "collectionFormat" in raw:
            style, explode = dialect.collection_style(location, raw["collectionFormat"])
        if not self._source.is_swagger:
            style = dialect.legal_style(location, raw.get("style")) or style
            explode = _explode(raw, dialect.default_explode(style))
            message = f"the parameter {name!r} says its type without `schema`."
            self._source.report("no-schema", message, pointer, "Put it under `schema`.")
        return Parameter(
            name=name,
            location=location,
            schema=dialect.swagger_schema(raw),
            required=_is_required(raw, location),
            style=style,
            explode=explode,
            allow_empty=raw.get("allowEmptyValue") is True,
            description=text(raw.get("description")),
            deprecated=raw.get("deprecated") is True or raw.get("x-deprecated") is True,
            examples=(raw["x-example"],) if "x-example" in raw else (),
            hints=self._source.hints(raw, pointer, hints.VALUE_HINTS),
            pointer=pointer,
            encoding=NO_ENCODING,
        )

    # --- 3.x ---

    def _read_header(self, raw: JsonObject, name: str, pointer: str) -> Parameter:
        return self._read_openapi3(raw, name, "header", pointer)

    def _read_openapi3(self, raw: JsonObject, name: str, location: Any, pointer: str) -> Parameter:
        schema = raw.get("schema")
        style, explode = _DEFAULTS[location]
        if raw.keys() <= _COMMON_KEYS and isinstance(schema, dict) and HINTS_KEY not in schema:
            # most parameters have nothing else
            return Parameter(
                name=name,
                location=location,
                schema=schema,
                required=_is_required(raw, location),
                style=style,
                explode=explode,
                description=text(raw.get("description")),
                hints=NO_HINTS,
                pointer=pointer,
                encoding=NO_ENCODING,
            )
        value_type = self._value_type(raw, name, pointer)
        if "style" in raw:
            style = self._style(raw["style"], location, style, pointer)
            explode = dialect.default_explode(style)
        parameter_hints = self._parameter_hints(raw, value_type.schema, pointer)
        keeps_reserved = dialect.allows_reserved(self._source.dialect, location, style)
        return Parameter(
            name=name,
            location=location,
            schema=value_type.schema,
            required=_is_required(raw, location),
            style=style,
            explode=_explode(raw, explode),
            allow_reserved=raw.get("allowReserved") is True and keeps_reserved,
            allow_empty=raw.get("allowEmptyValue") is True,
            media_type=value_type.media_type,
            description=text(raw.get("description")),
            deprecated=raw.get("deprecated") is True,
            examples=self.media_types.read_examples(raw, pointer),
            hints=parameter_hints,
            pointer=pointer,
            encoding=value_type.encoding,
        )

    def _value_type(self, raw: JsonObject, name: str, pointer: str) -> _ValueType:
        """Return what is under `schema` or `content`; without either, any value is taken."""
        schema = raw.get("schema")
        if isinstance(schema, dict):
            return _ValueType(_with_enum_notes(schema, raw))
        if isinstance(schema, bool):
            return _ValueType(schema)
        content = raw.get("content")
        if schema is None and isinstance(content, dict) and content:
            return self._content_type(content, pointer)
        message = f"the parameter {name!r} says nothing about its type: any value is taken."
        self._source.report("no-schema", message, pointer, "Add `schema`.")
        return _ValueType(schema=True)

    def _content_type(self, content: JsonObject, pointer: str) -> _ValueType:
        """Return the media type of a parameter's `content`: JSON where there are several."""
        first = next(iter(content))
        name = next((name for name in content if "json" in name), first)
        here = json_pointer.join(pointer, "content", name)
        media_type = self.media_types.read(name, content[name], here)
        schema = True if media_type.schema is None else media_type.schema
        return _ValueType(schema, name, media_type.encoding)

    def _style(self, written: Json, location: str, default: Style, pointer: str) -> Style:
        style = dialect.legal_style(location, written)
        if style is not None:
            return style
        message = f"the style {written!r} may not stand in {location}: {default!r} is taken."
        self._source.report("bad-style", message, pointer)
        return default

    def _parameter_hints(self, raw: JsonObject, schema: Schema, pointer: str) -> Mapping[str, Json]:
        """Return a parameter's hints; those on its schema are meant for it, too.

        What is wrong with the latter is reported when the schema is converted.
        """
        own = self._source.hints(raw, pointer, hints.VALUE_HINTS)
        if not isinstance(schema, dict) or HINTS_KEY not in schema:
            return own
        of_schema, _ = hints.read_hints(schema[HINTS_KEY], hints.VALUE_HINTS)
        return {**of_schema, **own}


def _name_of(raw: JsonObject) -> str | None:
    """Return a parameter's name, None where it has none; a 2.0 body needs none."""
    name = raw.get("name")
    if isinstance(name, str):
        return name
    if name is None or isinstance(name, (dict, list, bool)):
        return "body" if raw.get("in") == "body" else None
    return str(name)


def _is_required(raw: JsonObject, location: str) -> bool:
    return location == "path" or is_true(raw.get("required"))


def _explode(raw: JsonObject, default: bool) -> bool:  # noqa: FBT001 -- the default of a flag is a flag
    explode = raw.get("explode")
    return explode if isinstance(explode, bool) else default


def _with_enum_notes(schema: JsonObject, raw: JsonObject) -> JsonObject:
    """Return a schema with the notes on its enum that stand on the parameter."""
    if dialect.ENUM_NOTES.isdisjoint(raw):
        return schema
    notes = {key: value for key, value in raw.items() if key in dialect.ENUM_NOTES}
    return {**notes, **schema}
