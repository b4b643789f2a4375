"""An operation in; the one object of its arguments, as a schema, and the bindings that say where each argument goes, out.

A body lies flat beside the parameters when nothing is lost: it is required, and its schema is an object of known properties. (An optional
body could be absent or `{}`, which flat arguments could not tell apart; an optional form without required properties lies flat, too, for an
empty form is an absent one.) Every other body is the argument `body`. The way back is `Tool.spread`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256
from operator import or_
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools import pointer
from openapi2tools.model import Binding, Constant, Problem
from openapi2tools.tools.describe import clean, joined
from openapi2tools.tools.flat import Flat, flat_object
from openapi2tools.tools.keywords import DROPPED
from openapi2tools.tools.media import choose, is_binary, is_form, is_multipart
from openapi2tools.tools.mend import ANNOTATIONS, example_of, without_null
from openapi2tools.tools.names import LONGEST, unique
from openapi2tools.tools.schema import Normal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from openapi2tools.model import Api, JsonObject, Location, MediaType, Operation, Parameter, RequestBody
    from openapi2tools.tools.schema import Schemas

_IGNORED_HEADERS: Final = frozenset({"accept", "content-type", "authorization"})  # OpenAPI 3.1, section 4.8.12.1
_BODY_NAMES: Final = ("body", "request_body", "json_body")
_TEMPLATE: Final = re.compile(r"\{([^{}]+)\}")


class _Argument(NamedTuple):
    """One argument before it has its final name. `wire` is the `Binding.name`; `wanted` is the name that would be nicest."""

    wanted: str
    location: Location
    wire: str
    schema: JsonObject
    uses: int
    required: bool


@dataclass(frozen=True, slots=True)
class Gathered:
    """What `gather` gives: the parts of a `Tool` that the arguments decide."""

    schema: JsonObject
    bindings: tuple[Binding, ...]
    constants: tuple[Constant, ...] = ()
    media_type: MediaType | None = None
    body_always: bool = False
    about_body: str = ""
    problems: tuple[Problem, ...] = ()


def gather(operation: Operation, api: Api, schemas: Schemas, forms: Schemas) -> Gathered:
    """Gather the parameters of all locations and the body into one argument object.

    `forms` translates what stands in multipart and binary bodies, where binary strings are files; `schemas` all the rest.
    """
    media = choose(operation.request_body) if operation.request_body else None
    schemas = forms if media and (is_binary(media.name) or is_multipart(media.name)) else schemas
    arguments = [*_parameters(operation, api, schemas)]
    flat = _flat(operation.request_body, media, schemas) if media and operation.request_body else None
    if flat:
        arguments += _laid_flat(flat, schemas)
    elif media and operation.request_body:
        arguments.append(_whole(operation.request_body, media, schemas))
    names = _names(arguments)
    constants, problems = _withheld(operation, schemas)
    return Gathered(
        schema=_object(arguments, names, schemas),
        bindings=tuple(Binding((name,), a.location, a.wire) for name, a in zip(names, arguments, strict=True)),
        constants=constants,
        problems=problems,
        media_type=media,
        body_always=flat is not None and operation.request_body is not None and operation.request_body.required,
        about_body=joined(clean(operation.request_body.description), flat.description) if flat and operation.request_body else "",
    )


# --- parameters ---------------------------------------------------------------------------------------------------


def _parameters(operation: Operation, api: Api, schemas: Schemas) -> Iterator[_Argument]:
    filled = _filled(operation, api)
    for parameter in operation.parameters:
        if _offered(parameter, filled):
            yield _parameter(parameter, schemas)
    named = {parameter.name for parameter in operation.parameters if parameter.location == "path"}
    for name in dict.fromkeys(_TEMPLATE.findall(operation.path)):
        if name not in named:
            yield _Argument(legal(name), "path", name, {"type": "string"}, 0, True)


def _filled(operation: Operation, api: Api) -> set[tuple[str, str]]:
    """Name the parameters that authentication fills: the keys of the operation's apiKey schemes."""
    schemes = (api.schemes.get(key) for need in operation.security for key in need)
    return {(s.location, s.name.lower()) for s in schemes if s and s.type == "apiKey"}


def _offered(parameter: Parameter, filled: set[tuple[str, str]]) -> bool:
    name = parameter.name.lower()
    if parameter.location == "header" and name in _IGNORED_HEADERS:
        return False
    return (parameter.location, name) not in filled and parameter.hints.get("exclude") is not True


def _parameter(parameter: Parameter, schemas: Schemas) -> _Argument:
    name = parameter.hints.get("name")
    name = name if isinstance(name, str) else parameter.name
    schema, uses = schemas.normal(parameter.schema, parameter.pointer, parameter.name)
    if parameter.media_type is None and parameter.location != "querystring":
        schema = without_null(schema)
    return _Argument(
        wanted=legal(name),
        location=parameter.location,
        wire="" if parameter.location == "querystring" else parameter.name,
        schema=_annotated(parameter, schema),
        uses=uses,
        required=parameter.required or parameter.location == "path",
    )


def _withheld(operation: Operation, schemas: Schemas) -> tuple[tuple[Constant, ...], tuple[Problem, ...]]:
    """Fill in the required parameters that a hint excludes: with the only value they take, or their default."""
    constants: list[Constant] = []
    problems: list[Problem] = []
    for parameter in operation.parameters:
        if not (parameter.hints and parameter.hints.get("exclude") is True and parameter.required):
            continue
        schema = schemas.normal(parameter.schema, parameter.pointer, parameter.name).schema
        values = [schema["const"]] if "const" in schema else [schema["default"]] if "default" in schema else schema.get("enum", [])
        if len(values) == 1 and parameter.location != "querystring":
            constants.append(Constant(parameter.location, parameter.name, values[0]))
        else:
            text = f"{parameter.name} is required and excluded, and has no one value to fill in."
            problems.append(Problem("excluded-required", text, parameter.pointer, advice="Give it a default, or do not exclude it."))
    return tuple(constants), tuple(problems)


def _annotated(parameter: Parameter, schema: JsonObject) -> JsonObject:
    """Put what the parameter says about itself onto its schema."""
    extra: JsonObject = {}
    hint = parameter.hints.get("description")
    said = schema.get("description", "")
    text = clean(hint) if isinstance(hint, str) else joined(clean(parameter.description), said) if parameter.description else said
    if text != said:
        extra["description"] = text
    if parameter.deprecated:
        extra["deprecated"] = True
    if "examples" not in schema and (shown := example_of(schema, parameter.examples)) is not DROPPED:
        extra["examples"] = [shown]
    return {**schema, **extra} if extra else schema


# --- the body -----------------------------------------------------------------------------------------------------


def _flat(body: RequestBody, media: MediaType, schemas: Schemas) -> Flat | None:
    """Give the properties of a body that may lie flat; None for every other one."""
    if _is_file(media, schemas):
        return None
    flat = flat_object(_content(media, schemas), schemas)
    if flat and media.encoding:
        flat = _with_files(flat, media, schemas)
    return flat if flat and (body.required or (is_form(media.name) and not flat.required)) else None


def _with_files(flat: Flat, media: MediaType, schemas: Schemas) -> Flat:
    """Make files of the parts that only their encoding says to be: of `contentType: image/png`."""
    kinds = {name: encoding.content_type.split(",") for name, encoding in media.encoding.items() if encoding.content_type}
    files = [name for name, several in kinds.items() if all(is_binary(kind) for kind in several) and _is_text(flat.properties.get(name))]
    if not files or not is_multipart(media.name):
        return flat
    reference, uses = schemas.file()
    said = {name: {key: flat.properties[name][key] for key in ANNOTATIONS if key in flat.properties[name]} for name in files}
    parts = {name: {**reference, **annotations} for name, annotations in said.items()}
    return flat._replace(properties={**flat.properties, **parts}, uses=flat.uses | uses)


def _is_text(schema: JsonObject | None) -> bool:
    return schema is not None and (schema.get("type") == "string" or not schema.keys() - set(ANNOTATIONS))


def _laid_flat(flat: Flat, schemas: Schemas) -> Iterator[_Argument]:
    for name, schema in flat.properties.items():
        uses = schemas.uses_in(schema) if flat.uses else 0
        yield _Argument(legal(name), "body", pointer.join("", name), schema, uses, name in flat.required)


def _whole(body: RequestBody, media: MediaType, schemas: Schemas) -> _Argument:
    schema, uses = schemas.file() if _is_file(media, schemas) else _content(media, schemas)
    return _Argument("body", "body", "", _told(body, media, schema), uses, body.required)


def _is_file(media: MediaType, schemas: Schemas) -> bool:
    return is_binary(media.name) and not schemas.components.structured(media.schema)


def _told(body: RequestBody, media: MediaType, schema: JsonObject) -> JsonObject:
    """Put what the request body says about itself onto its schema."""
    extra: JsonObject = {}
    said = schema.get("description", "")
    if body.description and (text := joined(clean(body.description), said)) != said:
        extra["description"] = text
    if "examples" not in schema and (shown := example_of(schema, media.examples)) is not DROPPED:
        extra["examples"] = [shown]
    return {**schema, **extra} if extra else schema


def _content(media: MediaType, schemas: Schemas) -> Normal:
    if media.schema is None and media.item_schema is not None:
        schema, uses = schemas.normal(media.item_schema, media.pointer)
        return Normal({"type": "array", "items": schema}, uses)
    return schemas.normal(media.schema if media.schema is not None else True, media.pointer, "body")


# --- names --------------------------------------------------------------------------------------------------------


def legal(name: str) -> str:
    """Make a name that every vendor takes for an argument: `[A-Za-z_][A-Za-z0-9_]*`, at most 64 characters."""
    if name.isidentifier() and name.isascii() and len(name) <= LONGEST:
        return name
    kept = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")
    if not kept:
        return "arg_" + sha256(name.encode()).hexdigest()[:6]
    kept = "_" + kept if kept[0].isdigit() else kept
    return kept if len(kept) <= LONGEST else f"{kept[: LONGEST - 7]}_{sha256(name.encode()).hexdigest()[:6]}"


_RANK: Final = ("path", "query", "querystring", "header", "cookie", "body")


def _names(arguments: Sequence[_Argument]) -> list[str]:
    """Tell equal names apart by location: the path's keeps its name, then `id_query`, `id_header`, `id_cookie`, `body_id`."""
    places: dict[str, set[str]] = {}
    for argument in arguments:
        places.setdefault(argument.wanted, set()).add(argument.location)
    wanted = []
    for argument in arguments:
        first = min(places[argument.wanted], key=_RANK.index)
        wanted.append((argument.wanted if argument.location == first else _qualified(argument), argument.wire.removeprefix("/")))
    return unique(wanted)


def _qualified(argument: _Argument) -> str:
    if argument.location == "body":
        return _BODY_NAMES[1] if argument.wire == "" else legal("body_" + argument.wanted)
    return legal(f"{argument.wanted}_{argument.location}")


# --- the object ---------------------------------------------------------------------------------------------------


def _object(arguments: Sequence[_Argument], names: Sequence[str], schemas: Schemas) -> JsonObject:
    placed = [_in_place(argument, arguments, schemas) if argument.uses else argument for argument in arguments]
    schema: JsonObject = {"type": "object", "properties": {n: a.schema for n, a in zip(names, placed, strict=True)}}
    if required := [name for name, argument in zip(names, arguments, strict=True) if argument.required]:
        schema["required"] = required
    if defs := schemas.defs(_union(argument.uses for argument in placed)):
        schema["$defs"] = defs
    return schema


def _in_place(argument: _Argument, arguments: Sequence[_Argument], schemas: Schemas) -> _Argument:
    """Write a component that only this argument refers to, and once, in the argument's place: that is shorter than `$defs`."""
    number = schemas.number_of(argument.schema)
    if number is None or argument.uses != 1 << number:
        return argument
    component = schemas.component(number)
    uses = schemas.uses_in(component)
    others = _union(other.uses for other in arguments if other is not argument)
    if (schemas.closure(others) | schemas.closure(uses)) >> number & 1 or "$ref" in component:
        return argument
    beside = {keyword: value for keyword, value in argument.schema.items() if keyword != "$ref"}
    if beside.keys() - set(ANNOTATIONS):
        return argument
    return argument._replace(schema={**component, **beside} if beside else component, uses=uses)


def _union(masks: Iterable[int]) -> int:
    return reduce(or_, masks, 0)
