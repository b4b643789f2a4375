"""The parts of an operation, read: parameters, request bodies, responses and media types; a shared component only once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import orjson

from openapi2tools._core import hints, pointer
from openapi2tools._core.hints import HINTS_KEY
from openapi2tools._core.quick import quick
from openapi2tools.model import (
    Encoding,
    Json,
    JsonObject,
    MediaType,
    Parameter,
    RequestBody,
    Response,
    Schema,
    Style,
    essence,
)
from openapi2tools.spec.read import dialect
from openapi2tools.spec.read.dialect import text
from openapi2tools.spec.read.source import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.spec.read.source import Source

_Parameter, _MediaType, _RequestBody, _Response = (
    quick(Parameter),
    quick(MediaType),
    quick(RequestBody),
    quick(Response),
)

_PLAIN: Final = frozenset(("name", "in", "description", "required", "schema"))
_PLAIN_SWAGGER: Final = dialect.SCHEMA_WORDS | {
    "name",
    "in",
    "description",
    "required",
    "collectionFormat",
}
_DEFAULTS: Final[Mapping[str, tuple[Style, bool]]] = {
    place: (s, dialect.explodes(s)) for place, s in dialect.DEFAULT_STYLE.items()
}
_NO_HINTS: Final[Mapping[str, Json]] = {}
_NO_ENCODING: Final[Mapping[str, Encoding]] = {}
_FORMS: Final = ("multipart/form-data", "application/x-www-form-urlencoded")
_PLACES: Final = frozenset(("path", "query", "header", "cookie", "body", "formData"))
_BESIDE: Final = frozenset(("description", HINTS_KEY))  # what counts beside a reference
_Described = TypeVar("_Described", Parameter, RequestBody)

UNREADABLE: Final = RequestBody(())
"""There is a body, but what it should be nobody can know."""

Field: TypeAlias = tuple[JsonObject, str]
"""A 2.0 parameter that goes into the body: as written, and its pointer."""


class Parts:
    """Reads the parts of one document's operations."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._swagger = source.swagger
        self._places = _PLACES | {"querystring"} if source.dialect == "3.2" else _PLACES
        self._parameters: dict[str, Parameter | Field | None] = {}
        self._bodies: dict[str, RequestBody | None] = {}
        self._responses: dict[tuple[bytes, str, tuple[str, ...]], Response | None] = {}

    # --- parameters ---

    def parameter(self, raw: Json, place: str) -> Parameter | Field | None:
        """Read a parameter, or give a 2.0 body field as it stands; None, after a report, where it cannot be used."""
        if not isinstance(raw, dict):
            return self._no_parameter(
                f"a parameter should be an object, but this is {name_of(raw)}.", place
            )
        reference = raw.get("$ref")
        if not isinstance(reference, str):
            return self._parameter(raw, place)
        if reference not in self._parameters:
            target, there = self._source.resolve(raw, place)
            if target is pointer.MISSING:
                self._parameters[reference] = None
            elif isinstance(target, dict):
                self._parameters[reference] = self._parameter(target, there)
            else:
                self._parameters[reference] = self._no_parameter(
                    f"{reference!r} is {name_of(target)}, no parameter.", place
                )
        found = self._parameters[reference]
        if found is None or _BESIDE.isdisjoint(raw):
            return found
        return (
            self._overlaid(found, raw, place, hints.VALUE_HINTS)
            if isinstance(found, Parameter)
            else self._overlaid_field(*found, raw, place)
        )

    def _overlaid(
        self, found: _Described, raw: JsonObject, place: str, known: tuple[str, ...]
    ) -> _Described:
        """Put the description and the hints that stand beside a reference over those of what it leads to."""
        says = raw.get("description")
        told = {**found.hints, **self.hints(raw, place, known)}
        return replace(
            found, description=says if isinstance(says, str) else found.description, hints=told
        )

    def _overlaid_field(self, field: JsonObject, there: str, raw: JsonObject, place: str) -> Field:
        """Do likewise for a 2.0 body field."""
        known = hints.BODY_HINTS if field.get("in") == "body" else hints.VALUE_HINTS
        says = (
            {"description": raw["description"]} if isinstance(raw.get("description"), str) else {}
        )
        return {
            **field,
            **says,
            HINTS_KEY: {**self.hints(field, there, known), **self.hints(raw, place, known)},
        }, there

    def _no_parameter(self, message: str, place: str) -> Parameter | None:
        self._source.report("bad-parameter", message, place, "It is left out.", severity="error")
        return None

    def _parameter(self, raw: JsonObject, place: str) -> Parameter | Field | None:
        name, location = raw.get("name"), raw.get("in")
        if not isinstance(name, str):
            if name is None or isinstance(name, (dict, list, bool)):
                if location != "body":
                    return self._no_parameter("this parameter has no name.", place)
                name = "body"
            name = str(name)
        if not isinstance(location, str) or location not in self._places:
            return self._no_parameter(
                f"the parameter {name!r} is in {location!r}, which is no place in a request.", place
            )
        if location in ("body", "formData"):
            return raw, place
        if (
            "schema" in raw
            or "content" in raw
            or not (self._swagger or isinstance(raw.get("type"), (str, list)))
        ):
            return self._new_parameter(raw, name, location, place)
        return self._swagger_parameter(raw, name, location, place)

    def _swagger_parameter(
        self, raw: JsonObject, name: str, location: Any, place: str
    ) -> Parameter:
        """Read a parameter that says its type itself, as 2.0 has it, and some 3.x documents by mistake."""
        style, explode = _DEFAULTS[location][0], False
        if "collectionFormat" in raw:
            style, explode = dialect.collection_style(location, raw["collectionFormat"])
        if not self._swagger:
            style = dialect.legal_style(location, raw.get("style")) or style
            explode = _flag(raw, "explode", dialect.explodes(style))
            self._source.report(
                "no-schema",
                f"the parameter {name!r} says its type without `schema`.",
                place,
                "Put it under `schema`.",
            )
        schema = swagger_schema(raw)
        required = location == "path" or raw.get("required") in _TRUE
        if raw.keys() <= _PLAIN_SWAGGER:  # by far the most say nothing else
            return _Parameter(
                name,
                location,
                schema,
                required,
                style,
                explode,
                description=text(raw.get("description")),
                hints=_NO_HINTS,
                pointer=place,
            )
        return _Parameter(
            name=name,
            location=location,
            schema=schema,
            required=required,
            style=style,
            explode=explode,
            allow_empty=raw.get("allowEmptyValue") is True,
            description=text(raw.get("description")),
            deprecated=raw.get("deprecated") is True or raw.get("x-deprecated") is True,
            examples=(raw["x-example"],) if "x-example" in raw else (),
            hints=self.hints(raw, place, hints.VALUE_HINTS),
            pointer=place,
        )

    def _new_parameter(self, raw: JsonObject, name: str, location: Any, place: str) -> Parameter:
        schema, media_type, encoding = raw.get("schema"), None, _NO_ENCODING
        style, explode = _DEFAULTS[location]
        # by far the most say nothing else
        if raw.keys() <= _PLAIN and type(schema) is dict and HINTS_KEY not in schema:
            required = location == "path" or raw.get("required") in _TRUE
            return _Parameter(
                name,
                location,
                schema,
                required,
                style,
                explode,
                description=text(raw.get("description")),
                hints=_NO_HINTS,
                pointer=place,
            )
        if type(schema) is not dict:
            schema, media_type, encoding = self._odd_schema(raw, schema, name, place)
        elif not dialect.MEANINGS.isdisjoint(
            raw
        ):  # beside the schema, where they belong to its enum
            schema = {
                **{key: said for key, said in raw.items() if key in dialect.MEANINGS},
                **schema,
            }
        if "style" in raw:
            style = dialect.legal_style(location, raw["style"]) or self._bad_style(
                raw["style"], location, style, place
            )
            explode = dialect.explodes(style)
        told = self.hints(raw, place, hints.VALUE_HINTS)
        # meant for the parameter; what is wrong with them is told with the schema
        if isinstance(schema, dict) and HINTS_KEY in schema:
            told = {**hints.read_hints(schema[HINTS_KEY], hints.VALUE_HINTS)[0], **told}
        return _Parameter(
            name=name,
            location=location,
            schema=schema,
            required=location == "path" or raw.get("required") in _TRUE,
            style=style,
            explode=_flag(raw, "explode", explode),
            allow_reserved=raw.get("allowReserved") is True
            and dialect.may_keep_reserved(self._source.dialect, location, style),
            allow_empty=raw.get("allowEmptyValue") is True,
            media_type=media_type,
            description=text(raw.get("description")),
            deprecated=raw.get("deprecated") is True,
            examples=self.examples(raw, place) if "example" in raw or "examples" in raw else (),
            hints=told,
            pointer=place,
            encoding=encoding,
        )

    def _bad_style(self, style: Json, location: str, default: Any, place: str) -> Any:
        self._source.report(
            "bad-style",
            f"the style {style!r} may not stand in {location}: {default!r} is taken.",
            place,
        )
        return default

    def _odd_schema(
        self, raw: JsonObject, schema: Json, name: str, place: str
    ) -> tuple[Schema, str | None, Mapping[str, Encoding]]:
        """Give the schema of a parameter that has none, a boolean one, or one under `content` with its media type and encoding."""
        if isinstance(schema, bool):
            return schema, None, _NO_ENCODING
        content = raw.get("content")
        if schema is None and isinstance(content, dict) and content:
            media_type = next((m for m in content if "json" in m), next(iter(content)))
            inner = self._media_type(
                media_type, content[media_type], pointer.join(place, "content", media_type)
            )
            return (True if inner.schema is None else inner.schema), media_type, inner.encoding
        self._source.report(
            "no-schema",
            f"the parameter {name!r} says nothing about its type: any value is taken.",
            place,
            "Add `schema`.",
        )
        return True, None, _NO_ENCODING

    # --- bodies ---

    def request_body(self, raw: Json, place: str) -> RequestBody | None:
        """Read a 3.x request body; None where there is nothing to send, `UNREADABLE`, after a report, where nobody can know."""
        reference = raw.get("$ref") if isinstance(raw, dict) else None
        if not isinstance(reference, str):
            return self._request_body(raw, place)
        if reference not in self._bodies:
            target, there = self._source.resolve(raw, place)
            self._bodies[reference] = (
                UNREADABLE if target is pointer.MISSING else self._request_body(target, there)
            )
        found = self._bodies[reference]
        if found is None or found is UNREADABLE or _BESIDE.isdisjoint(raw):
            return found
        return self._overlaid(found, raw, place, hints.BODY_HINTS)

    def _request_body(self, raw: Json, place: str) -> RequestBody | None:
        if not isinstance(raw, dict):
            self._source.object(raw, place, "a request body")
            return UNREADABLE
        content = self.content(raw.get("content"), place)
        if not content and "schema" in raw:
            self._source.report(
                "no-content",
                "this body has a schema but no media type: JSON is taken.",
                place,
                "Put it under `content`.",
            )
            content = (self._media_type("application/json", raw, place),)
        if not content:
            self._source.report(
                "no-content",
                "this body names no media type that could be sent.",
                place,
                "Add `content`.",
            )
            return None
        return _RequestBody(
            content,
            raw.get("required") in _TRUE,
            text(raw.get("description")),
            self.hints(raw, place, hints.BODY_HINTS),
            place,
        )

    def content(self, raw: Json, place: str) -> tuple[MediaType, ...]:
        """Read a map of media types, in the document's order."""
        if raw is None:
            return ()
        media_types, here = self._source.table(raw, f"{place}/content", "`content`")
        found = []
        for name, value in media_types.items():
            if name[:2] == "x-":
                continue
            there = f"{here}/{pointer.escape(name)}"
            # by far the most
            if (
                type(value) is dict
                and len(value) == 1
                and type(schema := value.get("schema")) is dict
            ):
                found.append(_MediaType(name, schema, None, _NO_ENCODING, (), there))
            else:
                found.append(self._media_type(name, value, there))
        return tuple(found)

    def _media_type(self, name: str, raw: Json, place: str) -> MediaType:
        if type(raw) is not dict:
            raw = self._source.object(raw, place, "a media type")
        if "$ref" in raw:
            target, place = self._source.resolve(raw, place)
            raw = target if isinstance(target, dict) else {}
        schema = raw.get("schema")
        if type(schema) is not dict and schema is not None:
            schema = self._schema(schema, f"{place}/schema")
        item = raw.get("itemSchema")
        return _MediaType(
            name,
            schema,
            self._schema(item, f"{place}/itemSchema") if item is not None else None,
            self._encoding(raw["encoding"], f"{place}/encoding")
            if "encoding" in raw
            else _NO_ENCODING,
            self.examples(raw, place) if "example" in raw or "examples" in raw else (),
            place,
        )

    def _schema(self, raw: Json, place: str) -> Schema | None:
        if isinstance(raw, (dict, bool)):
            return raw
        self._source.object(raw, place, "a schema")
        return None

    def _encoding(self, raw: Json, place: str) -> Mapping[str, Encoding]:
        entries = self._source.object(raw, place, "`encoding`").items()
        return {
            name: self._one_encoding(value, pointer.join(place, name))
            for name, value in entries
            if isinstance(value, dict)
        }

    def _one_encoding(self, raw: JsonObject, place: str) -> Encoding:
        style = raw.get("style")
        content_type = raw.get("contentType")
        explode, reserved = raw.get("explode"), raw.get("allowReserved")
        return Encoding(
            content_type=content_type if isinstance(content_type, str) else None,
            headers=self._headers(raw.get("headers"), f"{place}/headers"),
            style=dialect.legal_style("query", style),
            explode=explode if isinstance(explode, bool) else None,
            allow_reserved=reserved if isinstance(reserved, bool) else None,
        )

    def _headers(self, raw: Json, place: str) -> tuple[Parameter, ...]:
        """Read a part's headers; Content-Type is the encoding's own word (OpenAPI 3.1, section 4.8.15.1)."""
        headers = []
        for name, value in self._source.object(raw, place, "`headers`").items():
            target, there = self._source.resolve(value, pointer.join(place, name))
            if isinstance(target, dict) and name.lower() != "content-type":
                headers.append(self._new_parameter(target, name, "header", there))
        return tuple(headers)

    def examples(self, raw: JsonObject, place: str) -> tuple[Json, ...]:
        """Give the examples that stand beside a schema, `example` first; those kept elsewhere (`externalValue`) are left out."""
        found = [raw["example"]] if "example" in raw else []
        examples = raw.get("examples")
        if isinstance(examples, dict):
            for name, value in examples.items():
                target, _ = (
                    self._source.resolve(value, pointer.join(place, "examples", name))
                    if _is_reference(value)
                    else (value, "")
                )
                if isinstance(target, dict):
                    found.extend(target[key] for key in ("value", "dataValue") if key in target)
        elif isinstance(examples, list):  # JSON Schema's habit
            found.extend(examples)
        return tuple(found)

    def swagger_body(
        self, fields: list[Field], consumes: tuple[str, ...], place: str
    ) -> RequestBody | None:
        """Make a request body of 2.0's body or formData parameters (Swagger 2.0, Parameter Object)."""
        bodies = [field for field in fields if field[0].get("in") == "body"]
        if bodies:
            if len(fields) > 1:
                self._source.report(
                    "two-bodies",
                    "a body beside other body parameters: the last body counts.",
                    place,
                )
            return self._whole_body(*bodies[-1], consumes)
        return self._form_body(fields, consumes, place) if fields else None

    def both(self, body: RequestBody, of_old: RequestBody, place: str) -> RequestBody:
        """Join a 3.x request body and 2.0's form fields beside it, which generators write by mistake; what is no form stays alone."""
        form = next((media for media in body.content if essence(media.name) in _FORMS), None)
        fields = of_old.content[0]
        if form is None or fields.name not in _FORMS:
            self._source.report(
                "two-bodies",
                "body parameters beside a request body: the request body counts.",
                place,
                "Remove one.",
            )
            return body
        self._source.report(
            "two-bodies",
            "form fields beside a request body: both are sent as one form.",
            place,
            "Put them into one.",
        )
        schema: JsonObject = {
            "allOf": [form.schema if isinstance(form.schema, dict) else {}, fields.schema]
        }
        name = fields.name if fields.name == _FORMS[0] else form.name
        joined = replace(
            form, name=name, schema=schema, encoding={**form.encoding, **fields.encoding}
        )
        return replace(body, content=(joined,), required=body.required or of_old.required)

    def _whole_body(self, raw: JsonObject, place: str, consumes: tuple[str, ...]) -> RequestBody:
        schema = (
            self._schema(raw["schema"], f"{place}/schema")
            if "schema" in raw
            else swagger_schema(raw) or None
        )
        examples = (raw["x-example"],) if "x-example" in raw else ()
        content = tuple(
            _MediaType(name, schema, examples=examples, pointer=place)
            for name in consumes or ("application/json",)
        )
        told = self.hints(raw, place, hints.BODY_HINTS)
        return _RequestBody(
            content, raw.get("required") in _TRUE, text(raw.get("description")), told, place
        )

    def _form_body(self, fields: list[Field], consumes: tuple[str, ...], place: str) -> RequestBody:
        properties: JsonObject = {}
        encoding: dict[str, Encoding] = {}
        required: list[str] = []
        for raw, there in fields:
            name = str(raw.get("name"))
            schema = raw["schema"] if isinstance(raw.get("schema"), dict) else swagger_schema(raw)
            told = self.hints(raw, there, hints.VALUE_HINTS)
            said = {
                "description": raw.get("description") if text(raw.get("description")) else None,
                HINTS_KEY: told or None,
            }
            properties[name] = {
                **schema,
                **{key: value for key, value in said.items() if value is not None},
            }
            if raw.get("required") in _TRUE:
                required.append(name)
            if raw.get("type") == "array":
                style, explode = dialect.collection_style("formData", raw.get("collectionFormat"))
                encoding[name] = Encoding(style=style, explode=explode)
        schema = {
            "type": "object",
            "properties": properties,
            **({"required": required} if required else {}),
        }
        has_file = any(self._holds_file(value) for value in properties.values())
        names = [name for name in consumes if essence(name) in _FORMS[: 1 if has_file else 2]]
        content = [
            _MediaType(name, schema, encoding=encoding, pointer=place)
            for name in names or _FORMS[0 if has_file else 1 :][:1]
        ]
        return RequestBody(tuple(content), bool(required), pointer=place)

    def _holds_file(self, schema: Json) -> bool:
        if not isinstance(schema, dict):
            return False
        by_format = not self._swagger and (
            schema.get("format") == "binary" or self._holds_file(schema.get("items"))
        )
        return schema.get("type") == "file" or by_format

    # --- hints ---

    def hints(self, raw: JsonObject, place: str, known: tuple[str, ...]) -> Mapping[str, Json]:
        """Give what the document says to this program; what it cannot mean is reported."""
        if HINTS_KEY not in raw:
            return _NO_HINTS
        right, faults = hints.read_hints(raw[HINTS_KEY], known)
        for fault in faults:
            self._source.report("bad-hint", fault, f"{place}/{HINTS_KEY}", "It is left out.")
        return right

    def misplaced(self, place: str) -> None:
        """Report hints that stand on what can be told nothing."""
        self._source.report(
            "bad-hint", hints.MISPLACED_HINT, f"{place}/{HINTS_KEY}", "Move it there."
        )

    # --- responses ---

    def response(
        self, status: str, raw: Json, place: str, produces: tuple[str, ...]
    ) -> Response | None:
        """Read a response; None, after a report, where it cannot be used. Equal ones, of which documents are full, are read once."""
        key = (orjson.dumps(raw), status, produces)
        if key not in self._responses:
            told = len(self._source.problems)
            found = self._new_response(status, raw, place, produces)
            # each place is told
            if len(self._source.problems) > told and not (_is_reference(raw) and len(raw) == 1):
                return found
            self._responses[key] = found
        return self._responses[key]

    def _new_response(
        self, status: str, raw: Json, place: str, produces: tuple[str, ...]
    ) -> Response | None:
        if _is_reference(raw):
            if HINTS_KEY in raw:
                self.misplaced(place)
            target, there = self._source.resolve(raw, place)
            if isinstance(target, dict):
                return self._response(status, target, there, produces)
            if target is not pointer.MISSING:
                self._source.object(target, place, "a response")
            return None
        return self._response(
            status, self._source.object(raw, place, "a response"), place, produces
        )

    def _response(
        self, status: str, raw: JsonObject, place: str, produces: tuple[str, ...]
    ) -> Response:
        content: tuple[MediaType, ...] = ()
        if HINTS_KEY in raw:
            self.misplaced(place)
        if "content" in raw:
            content = self.content(raw["content"], place)
        elif "schema" in raw:
            schema = raw["schema"]
            if type(schema) is not dict:
                schema = self._schema(schema, f"{place}/schema")
            examples = raw.get("examples")
            if isinstance(examples, dict):
                shown = {name: (examples[name],) for name in produces if name in examples}
                content = tuple(
                    [
                        _MediaType(name, schema, None, _NO_ENCODING, shown.get(name, ()), place)
                        for name in produces
                    ]
                )
            else:
                content = tuple(
                    [_MediaType(name, schema, None, _NO_ENCODING, (), place) for name in produces]
                )
        return _Response(status, text(raw.get("description")), content, place)


_TRUE: Final = (True, "true")


def _flag(raw: JsonObject, key: str, default: bool) -> bool:  # noqa: FBT001 -- the default of a flag is a flag
    value = raw.get(key)
    return value if isinstance(value, bool) else default


def _is_reference(value: Json) -> bool:
    return isinstance(value, dict) and isinstance(value.get("$ref"), str)


def swagger_schema(raw: JsonObject) -> JsonObject:
    """Take what a 2.0 parameter says about its value as a schema of its own."""
    return {key: value for key, value in raw.items() if key in dialect.SCHEMA_WORDS}
