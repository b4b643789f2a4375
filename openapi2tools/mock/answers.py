"""Make the successful answer of an operation, by its examples or else by its schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core import pointer
from openapi2tools._core.identity import cached_by_identity
from openapi2tools._core.json import exact_json
from openapi2tools.call.serialization.bodies import BodyWriter
from openapi2tools.call.serialization.media import fits_range, is_json
from openapi2tools.call.serialization.streams import BodyStream
from openapi2tools.call.serialization.styles import Unwritable, scalar_text
from openapi2tools.errors import CallError
from openapi2tools.mock.patterns import pattern_text
from openapi2tools.model import ABSENT, essence
from openapi2tools.tools.arguments.media import is_binary
from openapi2tools.tools.samples.sample import NoSample, Sampler
from openapi2tools.tools.text.describe import success_response

if TYPE_CHECKING:
    from openapi2tools.model import Api, Json, MediaType, Operation, Response
    from openapi2tools.tools.schema.convert import Schemas

_BINARY: Final = b"mock"
_NO_BODY: Final = (204, 205, 304)


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as it goes out."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class _Form(NamedTuple):
    """What the successful answer of an operation looks like; `media` is None where it is empty."""

    status: int
    media: MediaType | None
    sampler: Sampler | None
    headers: dict[str, str]


class Answers:
    """Makes the successful answers of an API.

    Args:
        api: The API.
        schemas: Its schemas, converted for answers.
        seed: Another seed makes other values.
    """

    def __init__(self, api: Api, schemas: Schemas, seed: int) -> None:
        self._api = api
        self._schemas = schemas
        self._seed = seed
        self._form_of = cached_by_identity(self._make_form)
        self._writer = BodyWriter()

    def sample(self, operation: Operation, key: str, *, length: int = 1) -> Json:
        """Return the value of an answer, the same for the same key; `ABSENT` without content."""
        form = self._form_of(operation)
        if form.media is None:
            return ABSENT
        if form.sampler is None:
            return next(filter(None, form.media.examples), "text")
        for example in form.media.examples:
            if example is not None and form.sampler.accepts(example):
                return example
        try:
            return form.sampler.sample(f"{self._seed}/{key}", length=length)
        except NoSample:
            return None

    def accepts(self, operation: Operation, value: Json) -> bool:
        """Return whether the document allows an answer."""
        sampler = self._form_of(operation).sampler
        return sampler is None or sampler.accepts(value)

    def write(self, operation: Operation, value: Json) -> Answer:
        """Return the answer that says a value."""
        form = self._form_of(operation)
        if form.media is None or value is ABSENT or form.status in _NO_BODY:
            return Answer(form.status, dict(form.headers))
        content_type, body = self._body(form.media, value)
        return Answer(form.status, {**form.headers, "content-type": content_type}, body)

    def _body(self, media: MediaType, value: Json) -> tuple[str, bytes]:
        if is_json(media.name) or fits_range("application/json", media.name):
            name = "application/json" if "*" in media.name else media.name
            text = exact_json.dumps(value, ensure_ascii=False)
            return name, text.encode("utf-8", "replace")
        if is_binary(media.name) or "*" in media.name:
            return media.name.replace("*", "octet-stream"), _BINARY
        if essence(media.name).startswith("text/") and not isinstance(value, dict | list):
            return media.name, scalar_text(value).encode()
        try:
            written = self._writer.write(media, value, self._api.document)
        except (Unwritable, CallError, ValueError, TypeError):
            return media.name, _BINARY
        return written.content_type, b"".join(BodyStream(written.pieces))

    def _make_form(self, operation: Operation) -> _Form:
        response = success_response(operation.responses)
        if response is None:
            return _Form(_status_without_success(operation), None, None, {})
        status = int(response.status) if response.status.isdigit() else 200
        headers = self._headers(response)
        media = _preferred(response)
        if media is None:
            return _Form(status, None, None, headers)
        schema = media.item_schema if media.schema is None else media.schema
        if schema is None:
            return _Form(status, media, None, headers)
        return _Form(status, media, self._sampler(schema, media.pointer), headers)

    def _sampler(self, schema: Json, at: str) -> Sampler:
        converted, uses = self._schemas.convert(schema, at)
        return Sampler({**converted, "$defs": self._schemas.defs(uses)}, pattern_text)

    def _headers(self, response: Response) -> dict[str, str]:
        """Return a value for each header that an answer has to have."""
        document = self._api.document
        raw = pointer.resolve(document, pointer.lookup(document, response.pointer))
        declared = raw.get("headers")
        headers: dict[str, str] = {}
        for name, written in (declared if isinstance(declared, dict) else {}).items():
            header = pointer.resolve(document, written)
            if header.get("required") is not True or name.lower() in ("content-type", "location"):
                continue
            value: Json = "text"
            if isinstance(header.get("schema"), dict):
                at = pointer.join(pointer.join(response.pointer, "headers"), name)
                try:
                    value = self._sampler(header["schema"], at).sample(str(self._seed), name=name)
                except NoSample:
                    continue
            headers[name.lower()] = (
                scalar_text(value)
                if not isinstance(value, list)
                else ",".join(map(scalar_text, value))
            )
        return headers


def _preferred(response: Response) -> MediaType | None:
    """Return the JSON of a response, else its first representation."""
    json = (media for media in response.content if is_json(media.name))
    anything = (media for media in response.content if fits_range("application/json", media.name))
    return next(json, None) or next(anything, None) or next(iter(response.content), None)


def _status_without_success(operation: Operation) -> int:
    """Return the status of an operation that declares no success: a redirect, or plain 200."""
    declared = [each.status for each in operation.responses]
    others = sorted(status for status in declared if status[:1] in ("1", "3") and status.isdigit())
    return int(others[0]) if others and "default" not in declared else 200
