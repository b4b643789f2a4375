"""Gather the parameters and the body of an operation into the one argument object of its tool.

The properties of a body become arguments beside the parameters when nothing is lost by that: the
body is required, and its schema is an object of known properties. (An optional body could be absent
or `{}`, which such arguments could not tell apart. An optional form without required properties is
flattened, too, for an empty form is an absent one.) Every other body is the argument `body`.

The bindings say where each argument goes in a request. The inverse is `Tool.spread`.
"""

from __future__ import annotations

from functools import lru_cache, partial, reduce
from operator import or_
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core import pointer
from openapi2tools._core.identity import cached_by_identity
from openapi2tools.model import Binding
from openapi2tools.tools.arguments.flat import FlatObject, flatten_object
from openapi2tools.tools.arguments.media import is_form, is_multipart
from openapi2tools.tools.arguments.merge_patch import (
    MERGE_PATCH_NOTE,
    allow_deleting,
    is_merge_patch,
)
from openapi2tools.tools.arguments.parameters import (
    Argument,
    FilledIn,
    ParameterReader,
    legal_name,
    with_annotations,
    with_wire_name,
)
from openapi2tools.tools.arguments.representation import (
    choose_representation,
    describe_choice,
    is_binary_encoding,
    is_file_body,
    part_schema,
)
from openapi2tools.tools.names import make_unique
from openapi2tools.tools.schema.context import ConvertedSchema
from openapi2tools.tools.schema.convert import Schemas
from openapi2tools.tools.schema.normalize import ANNOTATIONS
from openapi2tools.tools.text.describe import join_texts
from openapi2tools.tools.text.markdown_to_text import clean_text

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

# Keywords beside a reference that may stand beside what it refers to as well.
_ALLOWED_BESIDE_REFERENCE: Final = frozenset({"$ref", *ANNOTATIONS})
_BODY_ARGUMENT: Final = "body"
_BODY_ARGUMENT_IF_TAKEN: Final = "request_body"
_EMPTY_OBJECT: Final = FlatObject({}, frozenset(), 0, "")
# Of several arguments with one name, that of the first location keeps it.
_LOCATION_PRECEDENCE: Final = ("path", "query", "querystring", "header", "cookie", "body")


class GatheredArguments(NamedTuple):
    """What `ArgumentGatherer` finds out of a tool; most fields are those of `Tool`.

    `about_body` is what the document says about a body whose fields are the arguments.
    """

    schema: JsonObject
    bindings: tuple[Binding, ...]
    constants: tuple[Constant, ...] = ()
    media_type: MediaType | None = None
    body_always: bool = False
    body_open: bool = False
    hidden_fields: frozenset[str] = frozenset()
    about_body: str = ""
    problems: tuple[Problem, ...] = ()


class ArgumentGatherer:
    """Gathers the arguments of one API's operations; what several operations share is made once."""

    def __init__(self, api: Api) -> None:
        self.schemas = Schemas(api)
        self._parts_without_type_are_files = api.dialect >= "3.1"
        self._parameters = ParameterReader(api, self.schemas)
        # by the id of a flat body, and whether it is a form; the body is kept to keep its id unique
        self._flat_arguments: dict[tuple[int, bool], tuple[FlatObject, list[Argument]]] = {}
        self._flat_object = cached_by_identity(partial(flatten_object, schemas=self.schemas))
        self._inlined = cached_by_identity(self._inline)

    def gather(self, operation: Operation) -> GatheredArguments:
        """Gather the parameters of all locations and the body into one argument object."""
        arguments = [*self._parameters.arguments(operation)]
        body = operation.request_body
        media = choose_representation(body, self.schemas.resolver)
        if body is None or media is None:
            return self._join(arguments, self._parameters.fill_excluded(operation, None))
        flat = self._flatten_body(body, media)
        if flat is None:
            arguments.append(self._body_argument(body, media))
        else:
            arguments += self._arguments_of_flat_body(flat, media)
        gathered = self._join(arguments, self._parameters.fill_excluded(operation, media))
        if is_merge_patch(media):
            body_arguments = [
                binding.argument[0] for binding in gathered.bindings if binding.location == "body"
            ]
            schema = allow_deleting(gathered.schema, body_arguments, flat=flat is not None)
            gathered = gathered._replace(schema=schema)
        gathered = gathered._replace(
            media_type=media,
            hidden_fields=self.schemas.property_filter.hidden_names(media.schema),
        )
        if flat is None:
            return gathered
        return gathered._replace(
            body_always=body.required,
            body_open=flat.is_open,
            about_body=join_texts(self._body_text(body, media), flat.description),
        )

    def _join(self, arguments: Sequence[Argument], filled_in: FilledIn) -> GatheredArguments:
        """Return arguments under their final names, and what is filled in beside them."""
        names = _argument_names(arguments)
        bindings = [
            _binding(name, argument.location, argument.wire_name)
            for name, argument in zip(names, arguments, strict=True)
        ]
        return GatheredArguments(
            schema=self._argument_object(arguments, names),
            bindings=tuple(bindings),
            constants=filled_in.constants,
            problems=filled_in.problems,
        )

    # --- the body ---

    def _body_text(self, body: RequestBody, media: MediaType) -> str:
        """Return what a request body says about itself, or what a hint says instead."""
        about = clean_text(body.hints.get("description", body.description))
        if is_merge_patch(media):
            about = join_texts(about, MERGE_PATCH_NOTE)
        return join_texts(about, describe_choice(body, media, self.schemas.resolver))

    def _flatten_body(self, body: RequestBody, media: MediaType) -> FlatObject | None:
        """Return the properties of a body if they can be arguments of their own, else None."""
        if self._is_file(media):
            return None
        if body.required and self.schemas.property_filter.leaves_nothing(media.schema):
            return _EMPTY_OBJECT  # the API fills in all of it
        flat = self._flat_object(self._body_schema(media).schema)
        if flat and is_multipart(media.name):
            flat = self._with_file_parts(flat, media)
        if flat is None:
            return None
        flat = self._without_contradictions(flat, media)
        is_optional_form = is_form(media.name) and not flat.required
        return flat if body.required or is_optional_form else None

    def _without_contradictions(self, flat: FlatObject, media: MediaType) -> FlatObject:
        """Return a flat body without the constraints that the examples of its media type break."""
        if not media.examples:
            return flat
        relaxed = self.schemas.without_contradictions(
            {"properties": flat.properties}, media.examples, media.pointer, ""
        )
        properties = relaxed["properties"]
        return flat if properties is flat.properties else flat._replace(properties=properties)

    def _with_file_parts(self, flat: FlatObject, media: MediaType) -> FlatObject:
        """Return a flat body in which the parts that are files have the schema of a file.

        Their own schema does not say so: only their encoding does, as `contentType: image/png`, or
        they have no type and no encoding. OpenAPI 3.1, section 4.8.14.4: a part without a type is
        `application/octet-stream`, and each item of an array is a part.
        """
        file_parts = {
            name: schema
            for name, schema in flat.properties.items()
            if self._is_file_part(name, part_schema(schema), media)
        }
        if not file_parts:
            return flat
        reference, uses = self.schemas.file_reference()
        properties = dict(flat.properties)
        for name, schema in file_parts.items():
            part = part_schema(schema)
            annotations: JsonObject = {key: part[key] for key in ANNOTATIONS if key in part}
            file = {**reference, **annotations}
            properties[name] = file if part is schema else {**schema, "items": file}
        return flat._replace(properties=properties, uses=flat.uses | uses)

    def _is_file_part(self, name: str, schema: JsonObject, media: MediaType) -> bool:
        is_untyped = not schema.keys() - set(ANNOTATIONS)
        encoding = media.encoding.get(name)
        if not encoding or not encoding.content_type:
            return is_untyped and self._parts_without_type_are_files
        if not (is_untyped or schema.get("type") == "string"):
            return False
        return is_binary_encoding(encoding)

    def _arguments_of_flat_body(self, flat: FlatObject, media: MediaType) -> list[Argument]:
        is_in_form = is_form(media.name)
        known = self._flat_arguments.get((id(flat), is_in_form))
        if known is not None:
            return known[1]
        renamed: dict[str, str] = {}
        if self.schemas.property_filter.has_hints:
            renamed = self.schemas.property_filter.renames(media.schema)
        arguments = []
        for name, schema in flat.properties.items():
            uses = self.schemas.uses_in(schema) if flat.uses else 0
            property_schema = schema
            if is_in_form:  # which cannot express null
                property_schema, uses = self._parameters.without_null(schema, uses)
            argument_name = legal_name(renamed.get(name, name))
            if name not in renamed:
                property_schema = with_wire_name(property_schema, argument_name, name)
            argument = Argument(
                preferred_name=argument_name,
                location="body",
                wire_name=f"/{pointer.escape(name)}",
                schema=property_schema,
                uses=uses,
                required=name in flat.required,
            )
            arguments.append(argument)
        self._flat_arguments[id(flat), is_in_form] = (flat, arguments)
        return arguments

    def _body_argument(self, body: RequestBody, media: MediaType) -> Argument:
        """Return the one argument of a body that is not flattened."""
        schema, uses = (
            self.schemas.file_reference() if self._is_file(media) else self._body_schema(media)
        )
        return Argument(
            preferred_name=legal_name(body.hints.get("name", _BODY_ARGUMENT)),
            location="body",
            wire_name="",
            schema=self._with_body_annotations(body, media, schema),
            uses=uses,
            required=body.required,
        )

    def _with_body_annotations(
        self, body: RequestBody, media: MediaType, schema: JsonObject
    ) -> JsonObject:
        """Return a body's schema with what the request body says about itself."""
        description: str = schema.get("description", "")
        about = self._body_text(body, media)
        if about:
            description = join_texts(about, description)
        return with_annotations(schema, description, media.examples)

    def _is_file(self, media: MediaType) -> bool:
        """Return whether a body is a file as a whole."""
        return is_file_body(media, self.schemas.resolver)

    def _body_schema(self, media: MediaType) -> ConvertedSchema:
        if media.schema is None and media.item_schema is not None:
            schema, uses = self.schemas.convert(media.item_schema, media.pointer)
            return ConvertedSchema({"type": "array", "items": schema}, uses)
        raw = media.schema if media.schema is not None else True
        in_form = is_multipart(media.name)
        converted = self.schemas.convert(raw, media.pointer, _BODY_ARGUMENT, in_form=in_form)
        if not media.examples:
            return converted
        schema = self.schemas.without_contradictions(
            converted.schema, media.examples, media.pointer, ""
        )
        return converted._replace(schema=schema)

    # --- the argument object ---

    def _argument_object(self, arguments: Sequence[Argument], names: Sequence[str]) -> JsonObject:
        """Return the schema of all arguments, with the components that they refer to in `$defs`."""
        has_references = any(argument.uses for argument in arguments)
        if has_references:
            arguments = self._inline_where_used_once(arguments)
        schema: JsonObject = {
            "type": "object",
            "properties": {
                name: argument.schema for name, argument in zip(names, arguments, strict=True)
            },
        }
        required = [
            name for name, argument in zip(names, arguments, strict=True) if argument.required
        ]
        if required:
            schema["required"] = required
        if has_references:
            definitions = self.schemas.defs(_union([argument.uses for argument in arguments]))
            if definitions:
                schema["$defs"] = definitions
        return schema

    def _inline_where_used_once(self, arguments: Sequence[Argument]) -> list[Argument]:
        """Inline the components that are used once: a definition would only cost tokens."""
        referring = [argument for argument in arguments if argument.uses]
        shared = self._components_reached_twice(referring) if len(referring) > 1 else 0
        result = []
        for argument in arguments:
            inlined = self._inlined(argument) if argument.uses else None
            if inlined is None or shared & argument.uses:
                result.append(argument)
            else:
                result.append(inlined)
        return result

    def _components_reached_twice(self, arguments: Sequence[Argument]) -> int:
        """Return the set of the components that more than one argument reaches, as bits."""
        reached_once = 0
        reached_twice = 0
        for argument in arguments:
            reached = self.schemas.reached_from(argument.uses)
            reached_twice |= reached_once & reached
            reached_once |= reached
        return reached_twice

    def _inline(self, argument: Argument) -> Argument | None:
        """Return the argument with its component in place of the reference.

        Returns None when the component is recursive, or not all that the argument refers to.
        """
        component_number = self.schemas.component_number(argument.schema)
        if component_number is None or argument.uses != 1 << component_number:
            return None
        component = self.schemas.component(component_number)
        if "$ref" in component or not argument.schema.keys() <= _ALLOWED_BESIDE_REFERENCE:
            return None
        uses = self.schemas.uses_in(component)
        if uses and self.schemas.reached_from(uses) & argument.uses:
            return None
        beside = {key: value for key, value in argument.schema.items() if key != "$ref"}
        schema = {**component, **beside} if beside else component
        return argument._replace(schema=schema, uses=uses)


@lru_cache(maxsize=4096)  # most operations of a document share a few parameters
def _binding(name: str, location: Location, wire_name: str) -> Binding:
    return Binding((name,), location, wire_name)


# --- names ---


def _argument_names(arguments: Sequence[Argument]) -> list[str]:
    """Return a unique name for each argument.

    Equal names get the location: of several `id`, that of the path keeps its name, and the others
    are `id_query`, `id_header`, `id_cookie`, `body_id`.
    """
    preferred = [argument.preferred_name for argument in arguments]
    if len(set(preferred)) == len(preferred):
        return preferred
    locations: dict[str, set[str]] = {}
    for argument in arguments:
        locations.setdefault(argument.preferred_name, set()).add(argument.location)
    first_location = {
        name: min(found, key=_LOCATION_PRECEDENCE.index) for name, found in locations.items()
    }
    pairs = []
    for argument in arguments:
        name = argument.preferred_name
        if argument.location != first_location[name]:
            name = _qualified_name(argument)
        # Of `id` and `@id` the first keeps the name: it is written so on the wire.
        wire_name = argument.wire_name.removeprefix("/")
        key = name if wire_name == argument.preferred_name else wire_name
        pairs.append((name, key))
    return make_unique(pairs)


def _qualified_name(argument: Argument) -> str:
    if argument.location != "body":
        return legal_name(f"{argument.preferred_name}_{argument.location}")
    if argument.wire_name == "":
        return _BODY_ARGUMENT_IF_TAKEN
    return legal_name("body_" + argument.preferred_name)


def _union(sets: Iterable[int]) -> int:
    """Return the union of sets that are bits of a number."""
    return reduce(or_, sets, 0)
