"""Find parameters and fields of bodies whose meaning a model could only guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools.linting.descriptions import (
    EMPTY_VALUE_WORDS,
    adds_nothing,
    hinted_description,
    is_explained,
    written_text,
)
from openapi2tools.linting.finding import (
    DESCRIBE_FIELD,
    Finding,
    as_sentence,
    make_finding,
    todo_description,
)
from openapi2tools.tools.schema.components.resolver import ComponentResolver
from openapi2tools.tools.schema.readonly import PropertyFilter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Json, JsonObject, MediaType, Parameter, Tool

_VAGUE_NAME_LIST: Final = (
    "id ids key name type value values data body params options filter filters q query "
    "code status flag mode input object payload item items info config settings content "
    "field fields text x y n s"
)
_VAGUE_NAMES: Final = frozenset(_VAGUE_NAME_LIST.split())
_MAX_NESTING: Final = 5  # references and `allOf` inside each other


def offered_parameters(tool: Tool) -> list[Parameter]:
    """Return the parameters that a model is asked for.

    Not among them: those that are excluded or that authentication fills, and those of a path that
    are declared nowhere. Loading reports these; there is no place to describe them.
    """
    bound = {(binding.location, binding.name) for binding in tool.bindings}
    return [
        parameter
        for parameter in tool.operation.parameters
        if parameter.pointer != tool.operation.pointer and _binding_key(parameter) in bound
    ]


def _binding_key(parameter: Parameter) -> tuple[str, str]:
    name = "" if parameter.location == "querystring" else parameter.name
    return parameter.location, name


def check_parameter(parameter: Parameter, document: JsonObject) -> Iterator[Finding]:
    """Yield what is wrong with the description of one parameter."""
    if hinted_description(parameter.hints):
        return
    if is_explained(document, parameter.schema, parameter.name):
        return
    subject = f"The {parameter.location} parameter {parameter.name!r}"
    in_path = parameter.location == "path"  # a path explains what stands in it
    text = written_text(parameter.description)
    if text:
        if not in_path and adds_nothing(text, parameter.name, EMPTY_VALUE_WORDS):
            yield make_finding(
                "vague-description",
                f"{subject} is described as {text!r}, which tells no more than its name.",
                parameter.pointer,
                "hint",
                advice=as_sentence(DESCRIBE_FIELD),
                fix=todo_description(DESCRIBE_FIELD, text),
            )
    elif parameter.name.lower() in _VAGUE_NAMES and not in_path:
        yield make_finding(
            "ambiguous-parameter",
            f"{subject} could mean anything.",
            parameter.pointer,
            "warning",
            advice=as_sentence(DESCRIBE_FIELD),
            fix=todo_description(DESCRIBE_FIELD),
        )
    else:
        yield make_finding(
            "undescribed-parameter",
            f"{subject} has no description.",
            parameter.pointer,
            "hint",
            advice=as_sentence(DESCRIBE_FIELD),
            fix=todo_description(DESCRIBE_FIELD),
        )


class BodyChecker:
    """Checks the first level of the bodies of one document."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self._read_only = PropertyFilter(ComponentResolver(document), "readOnly")

    def check(self, tool: Tool) -> Iterator[Finding]:
        """Yield the fields of a tool's body that have no description."""
        media = tool.media_type
        if media is None:
            return
        read_only = self._read_only.excluded_names(media.schema)
        for field_pointer, name, schema in self._fields(media.schema, media.pointer + "/schema"):
            if name in read_only or is_explained(self._document, schema, name):
                continue
            yield make_finding(
                "undescribed-field",
                f"The body field {name!r} has no description.",
                self._declaration(field_pointer, name, media),
                "hint",
                advice=as_sentence(DESCRIBE_FIELD),
                fix=todo_description(DESCRIBE_FIELD),
            )

    def _fields(
        self, schema: Json, schema_pointer: str, nesting: int = 0
    ) -> Iterator[tuple[str, str, Json]]:
        """Yield the pointer, name and schema of each property, through `$ref` and `allOf`."""
        if not isinstance(schema, dict) or nesting > _MAX_NESTING:
            return
        if isinstance(schema.get("$ref"), str):
            target = pointer.from_fragment(schema["$ref"])
            referenced = pointer.lookup(self._document, target)
            yield from self._fields(referenced, target, nesting + 1)
        properties = schema.get("properties")
        if isinstance(properties, dict):
            for name, inner in properties.items():
                yield pointer.join(schema_pointer, "properties", name), name, inner
        parts = schema.get("allOf")
        if isinstance(parts, list):
            for index, part in enumerate(parts):
                part_pointer = pointer.join(schema_pointer, "allOf", index)
                yield from self._fields(part, part_pointer, nesting + 1)

    def _declaration(self, field_pointer: str, name: str, media: MediaType) -> str:
        """Return where the document declares a field: a field of a 2.0 form is a parameter."""
        if pointer.lookup(self._document, field_pointer) is not pointer.MISSING:
            return field_pointer
        parameters_pointer = media.pointer + "/parameters"
        parameters = pointer.lookup(self._document, parameters_pointer)
        if isinstance(parameters, list):
            for index, raw in enumerate(parameters):
                if _is_form_field(raw, name):
                    return f"{parameters_pointer}/{index}"
        return field_pointer


def _is_form_field(raw: Json, name: str) -> bool:
    return isinstance(raw, dict) and raw.get("name") == name and raw.get("in") == "formData"
