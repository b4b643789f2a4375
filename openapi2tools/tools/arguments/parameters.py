"""An operation's parameters in; the arguments they make out. What many operations ask for alike is made once, and shared."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core.identity import cached_by_identity, content_key
from openapi2tools._core.naming import MAX_NAME_LENGTH, strip_accents
from openapi2tools.model import FRAMING_HEADERS, IGNORED_HEADERS, Constant, Problem
from openapi2tools.tools.schema.keywords import DROPPED
from openapi2tools.tools.schema.normalize import pick_example, without_null
from openapi2tools.tools.text.describe import clean, joined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import (
        Api,
        Json,
        JsonObject,
        Location,
        MediaType,
        Operation,
        Parameter,
        Schema,
    )
    from openapi2tools.tools.schema.convert import Schemas

_NO_ARGUMENTS: Final = IGNORED_HEADERS | FRAMING_HEADERS
_TEMPLATE: Final = re.compile(r"\{([^{}]+)\}")
_NO_VALUE: Final = ("and has no one value to fill in", "Give it a default, or do not exclude it.")
_NO_PLACE: Final = (
    "but stands in an optional or repeated part, where nothing is filled in",
    "Do not exclude it, or exclude that part.",
)


class Argument(NamedTuple):
    """One argument before it has its final name. `wire` is the `Binding.name`; `wanted` is the name that would be nicest."""

    wanted: str
    location: Location
    wire: str
    schema: JsonObject
    uses: int
    required: bool


class Parameters:
    """The parameters of one Api; those that say the same, which most documents repeat at every operation, share one argument."""

    def __init__(self, api: Api, schemas: Schemas) -> None:
        self._schemas = schemas
        keys = {key: scheme for key, scheme in api.schemes.items() if scheme.type == "apiKey"}
        self._keys = {key: _key(scheme.location, scheme.name) for key, scheme in keys.items()}
        self._known: dict[object, Argument] = {}
        self._argument = cached_by_identity(self._shared)  # operations refer to many

    def arguments(self, operation: Operation) -> Iterator[Argument]:
        """Give the arguments of an operation outside its body, those of undeclared variables of its path last."""
        filled = (
            {self._keys[key] for need in operation.security for key in need if key in self._keys}
            if self._keys
            else ()
        )
        for parameter in operation.parameters:
            if _offered(parameter) and not (
                filled and _key(parameter.location, parameter.name) in filled
            ):
                yield self._argument(parameter)
        named = {
            parameter.name for parameter in operation.parameters if parameter.location == "path"
        }
        for name in dict.fromkeys(_TEMPLATE.findall(operation.path)):
            if name not in named:
                yield Argument(legal(name), "path", name, {"type": "string"}, 0, required=True)

    def _shared(self, parameter: Parameter) -> Argument:
        p = parameter
        key = content_key(
            (
                p.name,
                p.location,
                p.required,
                p.deprecated,
                p.media_type,
                p.description,
                p.schema,
                p.examples,
                p.hints,
            )
        )
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._made(parameter)
        return known

    def _made(self, parameter: Parameter) -> Argument:
        name = parameter.hints.get("name")
        name = name if isinstance(name, str) else parameter.name
        schema, uses = self._schemas.convert(parameter.schema, parameter.pointer, parameter.name)
        if parameter.media_type is None and parameter.location != "querystring":
            schema, uses = self.without_null(schema, uses)
        return Argument(
            wanted=legal(name),
            location=parameter.location,
            wire="" if parameter.location == "querystring" else parameter.name,
            schema=_annotated(parameter, schema),
            uses=uses,
            required=parameter.required or parameter.location == "path",
        )

    def without_null(self, schema: JsonObject, uses: int) -> tuple[JsonObject, int]:
        """Allow null no longer; a component that does is written in place for that."""
        number = self._schemas.component_number(schema)
        component = {} if number is None else self._schemas.component(number)
        without = without_null(component)
        if without is component:
            return without_null(schema), uses
        whole = {
            **without,
            **{keyword: value for keyword, value in schema.items() if keyword != "$ref"},
        }
        return whole, self._schemas.uses_in(whole)

    def withheld(self, operation: Operation) -> tuple[tuple[Constant, ...], tuple[Problem, ...]]:
        """Fill in the required parameters that a hint excludes: with the only value they take, or their default."""
        constants: list[Constant] = []
        problems: list[Problem] = []
        for parameter in operation.parameters:
            if not (
                parameter.hints and parameter.hints.get("exclude") is True and parameter.required
            ):
                continue
            values = self._values(parameter.schema, parameter.pointer, parameter.name)
            if len(values) == 1 and parameter.location != "querystring":
                constants.append(Constant(parameter.location, parameter.name, values[0]))
            else:
                problems.append(_unfilled(parameter.name, parameter.pointer, _NO_VALUE))
        return tuple(constants), tuple(problems)

    def withheld_in_body(
        self, media: MediaType
    ) -> tuple[tuple[Constant, ...], tuple[Problem, ...]]:
        """Fill in the required properties that a hint excludes, likewise; those of optional and repeated parts have no one place."""
        constants: list[Constant] = []
        problems: list[Problem] = []
        for place, raw, always in self._schemas.property_filter.excluded_required(media.schema):
            values = self._values(raw, media.pointer, place)
            if len(values) == 1 and always:
                constants.append(Constant("body", place, values[0]))
            else:
                problems.append(
                    _unfilled(
                        f"{place} of the body", media.pointer, _NO_VALUE if always else _NO_PLACE
                    )
                )
        return tuple(constants), tuple(problems)

    def _values(self, raw: Schema, place: str, name: str) -> list[Json]:
        """Give the values that a schema leaves to fill in."""
        schema = self._schemas.convert(raw, place, name).schema
        number = self._schemas.component_number(schema)
        schema = schema if number is None else {**self._schemas.component(number), **schema}
        values: list[Json] = (
            [schema["const"]]
            if "const" in schema
            else [schema["default"]]
            if "default" in schema
            else schema.get("enum", [])
        )
        return values


def _unfilled(what: str, place: str, why: tuple[str, str]) -> Problem:
    reason, advice = why
    return Problem(
        "excluded-required", f"{what} is required and excluded, {reason}.", place, advice=advice
    )


def _key(location: str, name: str) -> tuple[str, str]:
    """Tell names as HTTP does: headers in any case (RFC 9110, section 5.1), all others to the letter."""
    return location, name.lower() if location == "header" else name


def _offered(parameter: Parameter) -> bool:
    if parameter.location == "header" and parameter.name.lower() in _NO_ARGUMENTS:
        return False
    return not parameter.hints or parameter.hints.get("exclude") is not True


def _annotated(parameter: Parameter, schema: JsonObject) -> JsonObject:
    """Put what the parameter says about itself onto its schema."""
    extra: JsonObject = {}
    hint = parameter.hints.get("description")
    said = schema.get("description", "")
    text = (
        clean(hint)
        if isinstance(hint, str)
        else joined(clean(parameter.description), said)
        if parameter.description
        else said
    )
    if text != said:
        extra["description"] = text
    if parameter.deprecated:
        extra["deprecated"] = True
    if (
        "examples" not in schema
        and (shown := pick_example(schema, parameter.examples)) is not DROPPED
    ):
        extra["examples"] = [shown]
    return {**schema, **extra} if extra else schema


def legal(name: str) -> str:
    """Make a name that every vendor takes for an argument: `[A-Za-z_][A-Za-z0-9_]*`, at most 64 characters."""
    if name.isidentifier() and name.isascii() and len(name) <= MAX_NAME_LENGTH:
        return name
    kept = re.sub(r"[^A-Za-z0-9]+", "_", strip_accents(name)).strip("_")
    if not kept:
        return "arg_" + sha256(name.encode()).hexdigest()[:6]
    kept = "_" + kept if kept[0].isdigit() else kept
    return (
        kept
        if len(kept) <= MAX_NAME_LENGTH
        else f"{kept[: MAX_NAME_LENGTH - 7]}_{sha256(name.encode()).hexdigest()[:6]}"
    )
