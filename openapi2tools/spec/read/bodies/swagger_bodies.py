"""Make a request body of 2.0's body and formData parameters (Swagger 2.0, Parameter Object)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core import hints
from openapi2tools._core.hints import HINTS_KEY
from openapi2tools.model import Encoding, Json, JsonObject, MediaType, RequestBody, essence
from openapi2tools.spec.read import dialect
from openapi2tools.spec.read.values import is_true, text

if TYPE_CHECKING:
    from openapi2tools.spec.read.source import Source

_MULTIPART: Final = "multipart/form-data"
_URLENCODED: Final = "application/x-www-form-urlencoded"
_FORMS: Final = (_MULTIPART, _URLENCODED)


class BodyField(NamedTuple):
    """A 2.0 parameter that goes into the body: as written, and its pointer."""

    raw: JsonObject
    pointer: str


class SwaggerBodyReader:
    """Makes request bodies of 2.0's body and formData parameters."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def read(self, fields: list[BodyField], consumes: tuple[str, ...], pointer: str) -> RequestBody:
        """Make one request body of an operation's body fields, of which there is at least one.

        `consumes` are the media types that the operation takes, in 2.0's word.
        """
        bodies = [field for field in fields if field.raw.get("in") == "body"]
        if not bodies:
            return self._read_form(fields, consumes, pointer)
        if len(fields) > 1:
            message = "a body beside other body parameters: the last body counts."
            self._source.report("two-bodies", message, pointer)
        return self._read_body(bodies[-1], consumes)

    def join(self, body: RequestBody, fields_body: RequestBody, pointer: str) -> RequestBody:
        """Join a 3.x request body with 2.0's form fields beside it, which some generators write.

        What is no form cannot be joined: the request body counts alone then.
        """
        form = next((media for media in body.content if essence(media.name) in _FORMS), None)
        fields = fields_body.content[0]
        if form is None or fields.name not in _FORMS:
            message = "body parameters beside a request body: the request body counts."
            self._source.report("two-bodies", message, pointer, "Remove one.")
            return body
        message = "form fields beside a request body: both are sent as one form."
        self._source.report("two-bodies", message, pointer, "Put them into one.")
        form_schema = form.schema if isinstance(form.schema, dict) else {}
        joined = replace(
            form,
            name=fields.name if fields.name == _MULTIPART else form.name,
            schema={"allOf": [form_schema, fields.schema]},
            encoding={**form.encoding, **fields.encoding},
        )
        return replace(body, content=(joined,), required=body.required or fields_body.required)

    def _read_body(self, field: BodyField, consumes: tuple[str, ...]) -> RequestBody:
        """Read the one parameter that is the whole body."""
        raw, pointer = field
        if "schema" in raw:
            schema = self._source.as_schema(raw["schema"], f"{pointer}/schema")
        else:
            schema = dialect.swagger_schema(raw) or None
        examples = (raw["x-example"],) if "x-example" in raw else ()
        content = tuple(
            MediaType(name, schema, examples=examples, pointer=pointer)
            for name in consumes or ("application/json",)
        )
        return RequestBody(
            content=content,
            required=is_true(raw.get("required")),
            description=text(raw.get("description")),
            hints=self._source.hints(raw, pointer, hints.BODY_HINTS),
            pointer=pointer,
        )

    def _read_form(
        self, fields: list[BodyField], consumes: tuple[str, ...], pointer: str
    ) -> RequestBody:
        """Make a form of all the fields, one property each."""
        properties: JsonObject = {}
        encoding: dict[str, Encoding] = {}
        required: list[str] = []
        for field in fields:
            name = str(field.raw.get("name"))
            properties[name] = self._form_property(field)
            if is_true(field.raw.get("required")):
                required.append(name)
            if field.raw.get("type") == "array":
                collection_format = field.raw.get("collectionFormat")
                style, explode = dialect.collection_style("formData", collection_format)
                encoding[name] = Encoding(style=style, explode=explode)
        schema: JsonObject = {"type": "object", "properties": properties}
        if required:
            schema["required"] = required
        has_file = any(self._holds_file(value) for value in properties.values())
        content = [
            MediaType(name, schema, encoding=encoding, pointer=pointer)
            for name in _form_media_types(consumes, has_file=has_file)
        ]
        return RequestBody(tuple(content), required=bool(required), pointer=pointer)

    def _form_property(self, field: BodyField) -> JsonObject:
        """Return the schema of a form field, with the field's own description and hints."""
        raw = field.raw
        schema = (
            raw["schema"] if isinstance(raw.get("schema"), dict) else dialect.swagger_schema(raw)
        )
        form_property = dict(schema)
        if text(raw.get("description")):
            form_property["description"] = raw["description"]
        field_hints = self._source.hints(raw, field.pointer, hints.VALUE_HINTS)
        if field_hints:
            form_property[HINTS_KEY] = field_hints
        return form_property

    def _holds_file(self, schema: Json) -> bool:
        if not isinstance(schema, dict):
            return False
        if schema.get("type") == "file":
            return True
        if self._source.is_swagger:
            return False
        return schema.get("format") == "binary" or self._holds_file(schema.get("items"))


def _form_media_types(consumes: tuple[str, ...], *, has_file: bool) -> list[str]:
    """Return the media types in which a form can be sent; a file needs multipart."""
    possible = (_MULTIPART,) if has_file else _FORMS
    default = _MULTIPART if has_file else _URLENCODED
    return [name for name in consumes if essence(name) in possible] or [default]
