"""Turn the parameters of an operation into arguments.

Equal parameters of several operations share one argument.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple
from unicodedata import normalize

from openapi2tools._core.identity import cached_by_identity, content_key
from openapi2tools._core.naming import MAX_NAME_LENGTH
from openapi2tools._core.path_template import path_variables
from openapi2tools.model import FRAMING_HEADERS, IGNORED_HEADERS, Constant, Problem
from openapi2tools.tools.schema.keywords import DROPPED
from openapi2tools.tools.schema.normalize import pick_example, without_null
from openapi2tools.tools.text.describe import join_texts
from openapi2tools.tools.text.invisible import remove_invisible
from openapi2tools.tools.text.markdown_to_text import clean_text
from openapi2tools.tools.text.sentences import add_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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

_HEADERS_NOT_OFFERED: Final = IGNORED_HEADERS | FRAMING_HEADERS
_HASH_CHARS: Final = 6
_BRACKETS: Final = frozenset("[](){}<>")
_CHOOSES_FIELDS: Final = re.compile(r"_?fields|\$select|fields\[.+\]")
"""The names of query parameters that choose the fields of an answer: `fields`, OData's `$select`,
WordPress' `_fields`, JSON:API's `fields[books]`."""


class Argument(NamedTuple):
    """One argument before it has its final name.

    `wire_name` is the `Binding.name`. `uses` is the set of the components that the schema refers
    to, as bits.
    """

    preferred_name: str
    location: Location
    wire_name: str
    schema: JsonObject
    uses: int
    required: bool


class FilledIn(NamedTuple):
    """What becomes of required values that no model gives, since a hint excludes them."""

    constants: tuple[Constant, ...]
    problems: tuple[Problem, ...]


class _WhyNotFilled(NamedTuple):
    """Why nothing is filled in for a required and excluded parameter, and what to do about it."""

    reason: str
    advice: str


_NO_SINGLE_VALUE: Final = _WhyNotFilled(
    "and has no one value to fill in", "Give it a default, or do not exclude it."
)
_NOT_ALWAYS_PRESENT: Final = _WhyNotFilled(
    "but stands in an optional or repeated part, where nothing is filled in",
    "Do not exclude it, or exclude that part.",
)


class ParameterReader:
    """Reads the parameters of one API's operations."""

    def __init__(self, api: Api, schemas: Schemas) -> None:
        self._schemas = schemas
        # API keys look like parameters, but the client sends them; by the key of their scheme
        self._identity_of_api_key = {
            key: _parameter_identity(scheme.location, scheme.name)
            for key, scheme in api.schemes.items()
            if scheme.type == "apiKey"
        }
        self._argument_by_content: dict[object, Argument] = {}
        # many operations refer to the same parameter
        self._shared_argument_of = cached_by_identity(self._shared_argument)

    def arguments(self, operation: Operation) -> Iterator[Argument]:
        """Yield the arguments of an operation outside its body.

        Variables of the path that no parameter declares come last.
        """
        api_keys = self._required_api_keys(operation) if self._identity_of_api_key else frozenset()
        declared = set()
        for parameter in operation.parameters:
            if parameter.location == "path":
                declared.add(parameter.name)
            is_api_key = (
                api_keys and _parameter_identity(parameter.location, parameter.name) in api_keys
            )
            if not is_api_key and _is_offered(parameter):
                yield self._shared_argument_of(parameter)
        for name, _ in dict.fromkeys(path_variables(operation.path, declared)):
            if name not in declared:
                legal = legal_name(name)
                schema = with_wire_name({"type": "string"}, legal, name)
                yield Argument(legal, "path", name, schema, uses=0, required=True)

    def without_null(self, schema: JsonObject, uses: int) -> tuple[JsonObject, int]:
        """Return a schema that no longer allows null, and the components that it uses.

        A component that allows null is inlined for that.
        """
        number = self._schemas.component_number(schema)
        component = {} if number is None else self._schemas.component(number)
        component_without_null = without_null(component)
        if component_without_null is component:
            return without_null(schema), uses
        beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        inlined = {**component_without_null, **beside}
        return inlined, self._schemas.uses_in(inlined)

    def fill_excluded(self, operation: Operation, media: MediaType | None) -> FilledIn:
        """Fill in what is required and excluded by a hint, among parameters and in the body.

        A constant is the only value that is valid, or the default. Where there is neither, or no
        one place for it, that is a problem.
        """
        outcomes = [*self._fill_parameters(operation)]
        if media and self._schemas.property_filter.has_hints:
            outcomes += self._fill_body(media)
        return FilledIn(
            tuple(outcome for outcome in outcomes if isinstance(outcome, Constant)),
            tuple(outcome for outcome in outcomes if isinstance(outcome, Problem)),
        )

    def _fill_parameters(self, operation: Operation) -> Iterator[Constant | Problem]:
        for parameter in operation.parameters:
            if not (_is_excluded(parameter) and parameter.required):
                continue
            values = self._fill_in_values(parameter.schema, parameter.pointer, parameter.name)
            if len(values) == 1 and parameter.location != "querystring":
                yield Constant(parameter.location, parameter.name, values[0])
            else:
                yield _excluded_problem(parameter.name, parameter.pointer, _NO_SINGLE_VALUE)

    def _fill_body(self, media: MediaType) -> Iterator[Constant | Problem]:
        excluded = self._schemas.property_filter.excluded_required(media.schema)
        for property_pointer, schema, always in excluded:
            values = self._fill_in_values(schema, media.pointer, property_pointer)
            if len(values) == 1 and always:
                yield Constant("body", property_pointer, values[0])
            else:
                why = _NO_SINGLE_VALUE if always else _NOT_ALWAYS_PRESENT
                yield _excluded_problem(f"{property_pointer} of the body", media.pointer, why)

    def _required_api_keys(self, operation: Operation) -> frozenset[tuple[str, str]]:
        return frozenset(
            self._identity_of_api_key[key]
            for requirement in operation.security
            for key in requirement
            if key in self._identity_of_api_key
        )

    def _shared_argument(self, parameter: Parameter) -> Argument:
        """Return the argument that all parameters with this content share."""
        key = content_key(
            (
                parameter.name,
                parameter.location,
                parameter.required,
                parameter.deprecated,
                parameter.media_type,
                parameter.description,
                parameter.schema,
                parameter.examples,
                parameter.hints,
            )
        )
        known = self._argument_by_content.get(key)
        if known is None:
            known = self._argument_by_content[key] = self._make_argument(parameter)
        return known

    def _make_argument(self, parameter: Parameter) -> Argument:
        hint = parameter.hints.get("name")
        is_whole_query = parameter.location == "querystring"
        schema, uses = self._schemas.convert(parameter.schema, parameter.pointer, parameter.name)
        if parameter.examples:
            schema = self._schemas.without_contradictions(
                schema, parameter.examples, parameter.pointer, parameter.name
            )
        if parameter.media_type is None and not is_whole_query:
            schema, uses = self.without_null(schema, uses)
        schema = _with_parameter_annotations(parameter, schema)
        if parameter.location == "query" and _CHOOSES_FIELDS.fullmatch(parameter.name):
            schema = dict(schema)
            add_sentence(schema, "Prefer to name only what you need: the answer is shorter.")
        name = legal_name(hint or parameter.name)
        return Argument(
            preferred_name=name,
            location=parameter.location,
            wire_name="" if is_whole_query else parameter.name,
            schema=schema if hint else with_wire_name(schema, name, parameter.name),
            uses=uses,
            required=parameter.required or parameter.location == "path",
        )

    def _fill_in_values(self, raw: Schema, pointer: str, name: str) -> list[Json]:
        """Return the values that may be filled in: the constant, the default, or the enum's."""
        schema = self._schemas.convert(raw, pointer, name).schema
        number = self._schemas.component_number(schema)
        if number is not None:
            schema = {**self._schemas.component(number), **schema}
        if "const" in schema:
            return [schema["const"]]
        if "default" in schema:
            return [schema["default"]]
        values: list[Json] = schema.get("enum", [])
        return values


def legal_name(name: str) -> str:
    """Return a name for an argument: words joined by `_`, at most 64 characters.

    In ASCII that is what every vendor accepts. Letters of any script stay: a format whose vendor
    refuses them writes them in Latin letters.
    """
    if name.isidentifier() and len(name) <= MAX_NAME_LENGTH and remove_invisible(name) == name:
        return name
    legal = "_".join(_words(name))
    if not legal:
        return f"arg_{_hash(name)}"
    if not legal.isidentifier():  # it begins with a digit
        legal = "_" + legal
    if len(legal) > MAX_NAME_LENGTH:
        legal = f"{legal[: MAX_NAME_LENGTH - _HASH_CHARS - 1]}_{_hash(name)}"
    return legal


def with_annotations(
    schema: JsonObject, description: str, examples: Sequence[Json], *, is_deprecated: bool = False
) -> JsonObject:
    """Return a schema with this description and, where it has no examples itself, one of these."""
    annotations: JsonObject = {}
    if description != schema.get("description", ""):
        annotations["description"] = description
    if is_deprecated:
        annotations["deprecated"] = True
    if "examples" not in schema:
        example = pick_example(schema, examples)
        if example is not DROPPED:
            annotations["examples"] = [example]
    return {**schema, **annotations} if annotations else schema


def with_wire_name(schema: JsonObject, name: str, wire_name: str) -> JsonObject:
    """Return an argument's schema, with the API's name for it where a reader would not guess that.

    `X_Request_Id` can only be `X-Request-Id`; that `image` is `image[]` nobody would guess.
    """
    if name == wire_name:
        return schema
    if _BRACKETS.isdisjoint(wire_name) and _words(wire_name) == _words(name):
        return schema
    described = dict(schema)
    add_sentence(described, f"Sent as {remove_invisible(wire_name)}.")
    return described


def _words(name: str) -> list[str]:
    """Return the runs of letters and digits of a name, of any script, with their marks."""
    visible = name if name.isascii() else normalize("NFC", remove_invisible(name))
    spaced = [character if _is_in_word(character) else " " for character in visible]
    return "".join(spaced).split()


def _is_in_word(character: str) -> bool:
    """Return whether a character is a letter, a digit or a mark of some script."""
    return character != "_" and f"_{character}".isidentifier()


def _hash(name: str) -> str:
    return sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_HASH_CHARS]


def _parameter_identity(location: str, name: str) -> tuple[str, str]:
    """Return what tells a parameter from the others of an operation.

    HTTP takes the names of headers in any case (RFC 9110, section 5.1), all others to the letter.
    """
    return location, name.lower() if location == "header" else name


def _is_excluded(parameter: Parameter) -> bool:
    return bool(parameter.hints) and parameter.hints.get("exclude") is True


def _is_offered(parameter: Parameter) -> bool:
    """Return whether a parameter becomes an argument: no hint excludes it, nor does HTTP set it."""
    if parameter.location == "header" and parameter.name.lower() in _HEADERS_NOT_OFFERED:
        return False
    return not _is_excluded(parameter)


def _excluded_problem(name: str, pointer: str, why: _WhyNotFilled) -> Problem:
    return Problem(
        "excluded-required",
        f"{name} is required and excluded, {why.reason}.",
        pointer,
        advice=why.advice,
    )


def _with_parameter_annotations(parameter: Parameter, schema: JsonObject) -> JsonObject:
    """Return a parameter's schema with what the parameter says about itself."""
    description = _parameter_description(parameter, schema.get("description", ""))
    return with_annotations(
        schema, description, parameter.examples, is_deprecated=parameter.deprecated
    )


def _parameter_description(parameter: Parameter, schema_description: str) -> str:
    hint = parameter.hints.get("description")
    if isinstance(hint, str):
        return clean_text(hint)
    if not parameter.description:
        return schema_description
    return join_texts(clean_text(parameter.description), schema_description)
