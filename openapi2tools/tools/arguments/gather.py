"""An operation in; the one object of its arguments, as a schema, and the bindings that say where each argument goes, out.

A body lies flat beside the parameters when nothing is lost: it is required, and its schema is an
object of known properties. (An optional body could be absent or `{}`, which flat arguments could
not tell apart; an optional form without required properties lies flat, too, for an empty form is an
absent one.) Every other body is the argument `body`. The way back is `Tool.spread`.
"""

from __future__ import annotations

from functools import lru_cache, partial, reduce
from operator import or_
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core import pointer
from openapi2tools._core.identity import cached_by_identity
from openapi2tools.model import Binding
from openapi2tools.tools.arguments.flat import Flat, flat_object
from openapi2tools.tools.arguments.media import is_binary, is_form, is_multipart
from openapi2tools.tools.arguments.parameters import Argument, Parameters, legal
from openapi2tools.tools.names import unique
from openapi2tools.tools.schema.context import ConvertedSchema
from openapi2tools.tools.schema.convert import Schemas
from openapi2tools.tools.schema.keywords import DROPPED, is_file
from openapi2tools.tools.schema.normalize import ANNOTATIONS, pick_example
from openapi2tools.tools.text.describe import clean, joined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openapi2tools.model import (
        Api,
        Constant,
        JsonObject,
        Location,
        MediaType,
        Operation,
        Problem,
        RequestBody,
    )

_MAY_STAND_BESIDE: Final = frozenset({"$ref", *ANNOTATIONS})  # a reference that is written out
_BODY_NAMES: Final = ("body", "request_body", "json_body")


class Gathered(NamedTuple):
    """What `gather` gives: the parts of a `Tool` that the arguments decide."""

    schema: JsonObject
    bindings: tuple[Binding, ...]
    constants: tuple[Constant, ...] = ()
    media_type: MediaType | None = None
    body_always: bool = False
    about_body: str = ""
    problems: tuple[Problem, ...] = ()


class Gatherer:
    """Gathers the arguments of one Api's operations; what several operations share is made once."""

    def __init__(self, api: Api) -> None:
        self.schemas = Schemas(api)
        self._untyped_files = api.dialect >= "3.1"
        self._parameters = Parameters(api, self.schemas)
        self._laid: dict[tuple[int, bool], tuple[Flat, list[Argument]]] = {}
        self._flat_object = cached_by_identity(partial(flat_object, schemas=self.schemas))
        self._written_out = cached_by_identity(self._write_out)

    def gather(self, operation: Operation, media: MediaType | None) -> Gathered:
        """Gather the parameters of all locations and the body, as this media type, into one argument object."""
        arguments = [*self._parameters.arguments(operation)]
        body = operation.request_body if media else None
        flat = self._flat(body, media) if body and media else None
        if flat and media:
            arguments += self._laid_flat(flat, media)
        elif body and media:
            arguments.append(self._whole(body, media))
        names = _names(arguments)
        constants, problems = self._parameters.withheld(operation)
        if media and self.schemas.property_filter.has_hints:
            more, further = self._parameters.withheld_in_body(media)
            constants, problems = constants + more, problems + further
        return Gathered(
            schema=self._object(arguments, names),
            bindings=tuple(
                [
                    _binding(name, a.location, a.wire)
                    for name, a in zip(names, arguments, strict=True)
                ]
            ),
            constants=constants,
            problems=problems,
            media_type=media,
            body_always=flat is not None and body is not None and body.required,
            about_body=joined(_said(body), flat.description) if flat and body else "",
        )

    # --- the body ---

    def _flat(self, body: RequestBody, media: MediaType) -> Flat | None:
        """Give the properties of a body that may lie flat; None for every other one."""
        if self._is_file(media):
            return None
        flat = self._flat_object(self._content(media).schema)
        if flat and is_multipart(media.name):
            flat = self._with_files(flat, media)
        return (
            flat
            if flat and (body.required or (is_form(media.name) and not flat.required))
            else None
        )

    def _with_files(self, flat: Flat, media: MediaType) -> Flat:
        """Make files of the parts that only their encoding says to be, of `contentType: image/png`, and of those of no type and encoding.

        OpenAPI 3.1, section 4.8.14.4: a part without a type is `application/octet-stream`, and each
        item of an array is a part.
        """
        files = {
            name: schema
            for name, schema in flat.properties.items()
            if self._is_file_part(name, _item(schema), media)
        }
        if not files:
            return flat
        reference, uses = self.schemas.file_reference()
        parts: dict[str, JsonObject] = {}
        for name, schema in files.items():
            item = _item(schema)
            said: JsonObject = {key: item[key] for key in ANNOTATIONS if key in item}
            file = {**reference, **said}
            parts[name] = file if item is schema else {**schema, "items": file}
        return flat._replace(properties={**flat.properties, **parts}, uses=flat.uses | uses)

    def _is_file_part(self, name: str, schema: JsonObject, media: MediaType) -> bool:
        encoding = media.encoding.get(name)
        kinds = encoding.content_type.split(",") if encoding and encoding.content_type else []
        untyped = not schema.keys() - set(ANNOTATIONS)
        if not kinds:
            return untyped and self._untyped_files
        return all(is_binary(kind) for kind in kinds) and (
            untyped or schema.get("type") == "string"
        )

    def _laid_flat(self, flat: Flat, media: MediaType) -> list[Argument]:
        form = is_form(media.name)
        known = self._laid.get((id(flat), form))
        if known is None:
            wanted = (
                self.schemas.property_filter.renames(media.schema)
                if self.schemas.property_filter.has_hints
                else {}
            )
            laid = []
            for name, schema in flat.properties.items():
                uses = self.schemas.uses_in(schema) if flat.uses else 0
                # a form has no word for null
                said = self._parameters.without_null(schema, uses) if form else (schema, uses)
                place = f"/{pointer.escape(name)}"
                laid.append(
                    Argument(
                        legal(wanted.get(name, name)), "body", place, *said, name in flat.required
                    )
                )
            known = self._laid[id(flat), form] = (flat, laid)
        return known[1]

    def _whole(self, body: RequestBody, media: MediaType) -> Argument:
        schema, uses = (
            self.schemas.file_reference() if self._is_file(media) else self._content(media)
        )
        return Argument(
            legal(body.hints.get("name", "body")),
            "body",
            "",
            _told(body, media, schema),
            uses,
            body.required,
        )

    def _is_file(self, media: MediaType) -> bool:
        if is_binary(media.name):
            return not self.schemas.resolver.is_structured(media.schema)
        return "*" in media.name and is_file(self.schemas.resolver.resolve(media.schema))

    def _content(self, media: MediaType) -> ConvertedSchema:
        if media.schema is None and media.item_schema is not None:
            schema, uses = self.schemas.convert(media.item_schema, media.pointer)
            return ConvertedSchema({"type": "array", "items": schema}, uses)
        raw = media.schema if media.schema is not None else True
        return self.schemas.convert(raw, media.pointer, "body", in_form=is_multipart(media.name))

    # --- the object ---

    def _object(self, arguments: Sequence[Argument], names: Sequence[str]) -> JsonObject:
        referring = [argument for argument in arguments if argument.uses]
        several = self._reached_twice(referring) if len(referring) > 1 else 0
        placed = (
            [
                self._in_place(argument, several) if argument.uses else argument
                for argument in arguments
            ]
            if referring
            else arguments
        )
        schema: JsonObject = {
            "type": "object",
            "properties": {n: a.schema for n, a in zip(names, placed, strict=True)},
        }
        if required := [
            name for name, argument in zip(names, arguments, strict=True) if argument.required
        ]:
            schema["required"] = required
        if referring and (
            defs := self.schemas.defs(_union([argument.uses for argument in placed]))
        ):
            schema["$defs"] = defs
        return schema

    def _reached_twice(self, arguments: Sequence[Argument]) -> int:
        """Give the set of the components that more than one argument reaches."""
        cached_by_identity = several = 0
        for argument in arguments:
            reached = self.schemas.reached_from(argument.uses)
            several |= cached_by_identity & reached
            cached_by_identity |= reached
        return several

    def _in_place(self, argument: Argument, several: int) -> Argument:
        """Write a component that only this argument refers to, and once, in the argument's place: that is shorter than `$defs`."""
        placed = self._written_out(argument)
        return argument if placed is None or several & argument.uses else placed

    def _write_out(self, argument: Argument) -> Argument | None:
        """Give the argument with the component that it refers to in its place; None when that is recursive, or not all it says."""
        number = self.schemas.component_number(argument.schema)
        if number is None or argument.uses != 1 << number:
            return None
        component = self.schemas.component(number)
        uses = self.schemas.uses_in(component)
        if (
            "$ref" in component
            or not argument.schema.keys() <= _MAY_STAND_BESIDE
            or (uses and self.schemas.reached_from(uses) & argument.uses)
        ):
            return None
        beside = {keyword: value for keyword, value in argument.schema.items() if keyword != "$ref"}
        schema = {**component, **beside} if beside else component
        return Argument(
            argument.wanted, argument.location, argument.wire, schema, uses, argument.required
        )


@lru_cache(maxsize=4096)  # documents have the same few parameters everywhere
def _binding(name: str, location: Location, wire: str) -> Binding:
    return Binding((name,), location, wire)


def _item(schema: JsonObject) -> JsonObject:
    """Give the schema of one part: of an array's items, and of every other property itself."""
    items = schema.get("items")
    return items if schema.get("type") == "array" and isinstance(items, dict) else schema


def _said(body: RequestBody) -> str:
    """Give what a request body says about itself, or what a hint says instead."""
    return clean(body.hints.get("description", body.description))


def _told(body: RequestBody, media: MediaType, schema: JsonObject) -> JsonObject:
    """Put what the request body says about itself onto its schema."""
    extra: JsonObject = {}
    said = schema.get("description", "")
    if (body.description or body.hints) and (text := joined(_said(body), said)) != said:
        extra["description"] = text
    if "examples" not in schema and (shown := pick_example(schema, media.examples)) is not DROPPED:
        extra["examples"] = [shown]
    return {**schema, **extra} if extra else schema


# --- names ---


_RANK: Final = ("path", "query", "querystring", "header", "cookie", "body")


def _names(arguments: Sequence[Argument]) -> list[str]:
    """Tell equal names apart by location: the path's keeps its name, then `id_query`, `id_header`, `id_cookie`, `body_id`."""
    wanted = [argument.wanted for argument in arguments]
    if len(set(wanted)) == len(wanted):
        return wanted
    places: dict[str, set[str]] = {}
    for argument in arguments:
        places.setdefault(argument.wanted, set()).add(argument.location)
    first = {name: min(locations, key=_RANK.index) for name, locations in places.items()}
    told_apart = [a.wanted if a.location == first[a.wanted] else _qualified(a) for a in arguments]
    wires = [argument.wire.removeprefix("/") for argument in arguments]
    # of `id` and `@id` the one that has the name by right comes first
    keys = [
        name if wire == a.wanted else wire
        for name, wire, a in zip(told_apart, wires, arguments, strict=True)
    ]
    return unique(zip(told_apart, keys, strict=True))


def _qualified(argument: Argument) -> str:
    if argument.location == "body":
        return _BODY_NAMES[1] if argument.wire == "" else legal("body_" + argument.wanted)
    return legal(f"{argument.wanted}_{argument.location}")


def _union(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)
