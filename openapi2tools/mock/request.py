"""Read a request by the document: its parameters and body as values, and what is wrong with it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, unquote

from openapi2tools._core import pointer
from openapi2tools.call.serialization.media import fits_range, is_json
from openapi2tools.call.serialization.styles import DELIMITERS
from openapi2tools.mock.bodies import FORM, Fault, parse_body, split_form
from openapi2tools.model import ABSENT, IGNORED_HEADERS, essence
from openapi2tools.tools.arguments.effort import MAX_CHECKED, is_within
from openapi2tools.tools.arguments.faults.faults import describe_errors
from openapi2tools.tools.arguments.validator import argument_validator
from openapi2tools.tools.schema.keywords import types_of
from openapi2tools.tools.strict.merge import Unmergeable, merge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.model import Json, JsonObject, MediaType, Operation, Parameter, Schema
    from openapi2tools.tools.schema.convert import Schemas

_MAX_ALTERNATIVES: Final = 4  # levels of unions that are looked through for types
_CLIENTS_OWN_HEADERS: Final = IGNORED_HEADERS | {"accept-encoding", "user-agent", "host"}
"""Headers that every client sends by itself, whatever the document says of them."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came; `variables` are the texts of the path's variables, still encoded."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    variables: Mapping[str, str] = field(default_factory=dict)

    def pairs(self) -> list[tuple[str, str]]:
        """Return the names and values of the query, decoded."""
        return parse_qsl(self.query, keep_blank_values=True)

    def cookies(self) -> list[tuple[str, str]]:
        """Return the names and values of the cookies."""
        pairs = (each.partition("=") for each in self.headers.get("cookie", "").split(";"))
        return [(name.strip(), value.strip()) for name, _, value in pairs if name.strip()]


class RequestReader:
    """Reads the requests of one operation."""

    def __init__(self, operation: Operation, schemas: Schemas) -> None:
        self._operation = operation
        self._content = operation.request_body.content if operation.request_body else ()
        self._parameters = [
            each
            for each in operation.parameters
            if each.location != "querystring"
            and not (each.location == "header" and each.name.lower() in _CLIENTS_OWN_HEADERS)
        ]
        uses = 0
        self._schema_of: dict[tuple[str, str], JsonObject] = {}
        by_location: dict[str, JsonObject] = {}
        for parameter in self._parameters:
            converted, used = schemas.convert(parameter.schema, parameter.pointer, parameter.name)
            uses |= used
            name = _name_of(parameter)
            self._schema_of[parameter.location, name] = converted
            place = by_location.setdefault(parameter.location, {"properties": {}, "required": []})
            place["properties"][name] = converted
            if parameter.required or parameter.location == "path":
                place["required"].append(name)
        self._bodies: dict[str, JsonObject] = {}
        for media in self._content:
            if media.schema is not None:
                converted, used = schemas.convert(media.schema, media.pointer)
                uses |= used
                self._bodies[media.name] = converted
        self._definitions = schemas.defs(uses)
        self._by_location = by_location

    def read(self, request: Request) -> Json:
        """Return the body of a request as a value; `ABSENT` where there is none.

        Raises:
            Fault: The request is not what the document says.
        """
        body, media_name = self._read_body(request)
        whole: JsonObject = {location: {} for location in self._by_location}
        for parameter in self._parameters:
            value = self._parameter(parameter, request)
            if value is not ABSENT:
                whole[parameter.location][_name_of(parameter)] = value
        properties: JsonObject = dict(self._by_location)
        if body is not ABSENT and media_name in self._bodies:
            properties["body"] = self._bodies[media_name]
            whole["body"] = body
        schema = {"type": "object", "properties": properties, "$defs": self._definitions}
        faults = self._faults(schema, whole)
        if faults:
            raise Fault(400, " ".join(faults))
        return body

    def _faults(self, schema: JsonObject, value: JsonObject) -> list[str]:
        if not is_within(MAX_CHECKED, schema, value, self._definitions):
            return []
        validator = argument_validator(schema)
        return [] if validator.is_valid(value) else describe_errors(validator, value, schema)

    # --- parameters ---

    def _parameter(self, parameter: Parameter, request: Request) -> Json:
        """Return the value of a parameter: the reading that its schema takes, else the first."""
        readings = list(self._readings(parameter, request))
        if not readings:
            return ABSENT
        schema = self._schema_of[parameter.location, _name_of(parameter)]
        validator = argument_validator({**schema, "$defs": self._definitions})
        fitting = [value for value in readings if validator.is_valid(value)]
        if not fitting and parameter.allow_empty and readings[0] == "":
            return ABSENT
        return fitting[0] if fitting else readings[-1]

    def _readings(self, parameter: Parameter, request: Request) -> Iterator[Json]:
        """Yield what a request may mean by a parameter: texts first, then numbers and the like."""
        pairs = _pairs_of(parameter, request)
        own = [text for name, text in pairs if name == _name_of(parameter)]
        if parameter.media_type is not None:
            yield from map(_from_json, own[:1])
            return
        kinds = self._kinds(self._schema_of[parameter.location, _name_of(parameter)], 0)
        if "object" in kinds:
            members = self._members(parameter, pairs, own)
            if members:
                yield from (members, _scalars(members))
        if "array" in kinds and own:
            texts = own if _is_repeated(parameter, own) else _split(parameter, own[0])
            yield from (texts, list(map(_from_json, texts)), _scalars(texts))
        if own and kinds and kinds <= {"object", "array"}:
            whole = _from_json(own[-1])
            yield from (whole,) if isinstance(whole, dict | list) else ()
        elif own:
            yield from (own[-1], _scalar(own[-1]))

    def _members(
        self, parameter: Parameter, pairs: list[tuple[str, str]], own: list[str]
    ) -> JsonObject:
        """Return the members of an object parameter."""
        if parameter.style == "deepObject":
            return _deep(parameter.name, pairs)
        if parameter.explode and parameter.style == "form":
            return self._exploded_members(parameter, pairs)
        if not own:
            return {}
        parts = _split(parameter, own[0])
        if parameter.explode:
            halves = [part.partition("=") for part in parts]
            return {name: text for name, _, text in halves}
        return dict(zip(parts[::2], parts[1::2], strict=False))

    def _exploded_members(self, parameter: Parameter, pairs: list[tuple[str, str]]) -> JsonObject:
        """Return the members that are written as parameters of their own."""
        schema = self._merged(self._schema_of[parameter.location, _name_of(parameter)])
        known = schema.get("properties", {})
        if known:
            return {name: text for name, text in pairs if name in known}
        others = {each.name for each in self._parameters}
        return {name: text for name, text in pairs if name not in others}

    def _kinds(self, schema: Schema, depth: int) -> set[str]:
        """Return the types that a schema takes; none when it takes any."""
        merged = self._merged(schema)
        kinds = set(types_of(merged)) - {"null"}
        if not kinds and depth < _MAX_ALTERNATIVES:
            for branch in (*merged.get("anyOf", ()), *merged.get("oneOf", ())):
                kinds |= self._kinds(branch, depth + 1)
        return kinds

    def _merged(self, schema: Schema) -> JsonObject:
        root = {"$defs": self._definitions}
        try:
            return merge(
                schema if isinstance(schema, dict) else {},
                lambda reference: pointer.target_of(root, reference),
            )
        except (Unmergeable, RecursionError):
            return {}

    # --- body ---

    def _read_body(self, request: Request) -> tuple[Json, str]:
        """Return the body, and the name of the media type whose schema it is held to."""
        declared = self._operation.request_body
        content_type = request.headers.get("content-type", "")
        if not request.body:
            if declared is not None and declared.required:
                raise Fault(400, "The body is missing: this operation requires one.")
            return ABSENT, ""
        value = parse_body(content_type, request.body)
        if not self._content:
            return value, ""
        media = self._media_of(content_type)
        if content_type.startswith("multipart/"):  # how its parts are written is not checked
            return self._form(media, value), ""
        if essence(content_type) == FORM:
            return self._form(media, value), media.name
        return value, media.name if is_json(content_type) else ""

    def _media_of(self, content_type: str) -> MediaType:
        """Return the representation in the document that a body is of. Raises Fault."""
        for media in self._content:
            if fits_range(content_type, media.name):
                return media
        known = ", ".join(dict.fromkeys(essence(media.name) for media in self._content))
        sent = essence(content_type) or "nothing"
        raise Fault(415, f"Content-Type says {sent}; this operation takes {known}.")

    def _form(self, media: MediaType, members: Json) -> Json:
        """Return the members of a form as the values that its schema takes."""
        schema = self._merged(self._bodies.get(media.name, {}))
        properties = schema.get("properties", {})
        value: JsonObject = {}
        for name, texts in members.items():
            inner = properties.get(name, True)
            if "array" in self._kinds(inner, 0):
                items = split_form(texts, media.encoding.get(name))
                candidates: list[Json] = [items, _scalars(items)]
            else:
                candidates = [texts[-1], _scalar(texts[-1])]
            root = {"allOf": [inner], "$defs": self._definitions}
            validator = argument_validator(root)
            value[name] = next((each for each in candidates if validator.is_valid(each)), texts[-1])
        return value


def _name_of(parameter: Parameter) -> str:
    return parameter.name.lower() if parameter.location == "header" else parameter.name


def _pairs_of(parameter: Parameter, request: Request) -> list[tuple[str, str]]:
    """Return the names and texts of a place of a request, decoded but for a path's delimiters."""
    match parameter.location:
        case "query":
            return request.pairs()
        case "header":
            return list(request.headers.items())
        case "cookie":
            return request.cookies()
    return [(name, _bare(parameter, text)) for name, text in request.variables.items()]


def _bare(parameter: Parameter, text: str) -> str:
    """Return the text of a path's variable without what its style writes around it."""
    if parameter.style == "label":
        text = text.removeprefix(".").replace(".", ",") if parameter.explode else text[1:]
    elif parameter.style == "matrix" and text.startswith(";"):
        parts = [part for part in text.split(";") if part]
        is_own = all(part.partition("=")[0] == parameter.name for part in parts)
        text = ",".join(part.partition("=")[2] if is_own else part for part in parts)
    return unquote(text)


def _is_repeated(parameter: Parameter, own: list[str]) -> bool:
    if parameter.location in ("query", "cookie"):
        return parameter.explode or len(own) > 1
    return False


def _split(parameter: Parameter, text: str) -> list[str]:
    separator = unquote(DELIMITERS.get(parameter.style, ","))
    return [part.strip() for part in text.split(separator)]


def _deep(name: str, pairs: list[tuple[str, str]]) -> JsonObject:
    """Return the object that `filter[a][b]=1` stands for."""
    found: JsonObject = {}
    for key, text in pairs:
        if not key.startswith(f"{name}["):
            continue
        steps = key[len(name) + 1 :].removesuffix("]").split("][")
        inner = found
        for step in steps[:-1]:
            next_ = inner.setdefault(step, {})
            inner = next_ if isinstance(next_, dict) else inner
        inner[steps[-1]] = text
    return found


def _scalar(text: Json) -> Json:
    """Return the number, the truth value or the null that a text writes; else the text."""
    value = _from_json(text) if isinstance(text, str) else text
    return text if isinstance(value, dict | list) else value


def _scalars(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _scalars(each) for name, each in value.items()}
    return list(map(_scalar, value)) if isinstance(value, list) else _scalar(value)


def _from_json(text: str) -> Json:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
