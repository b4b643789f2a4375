"""Dataclasses as JSON and back, by their annotations, and the JSON Schema of them.

Reading is strict: a text is no yes, and a number no text. What is missing takes its default, so
that what an earlier version wrote can still be read.
"""

from __future__ import annotations

import base64
import binascii
import types
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    TypeAlias,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from openapi2tools._core.json.as_json import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Json: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Any]

__all__ = ["NotOfThisType", "annotations_of", "from_json", "record_schema", "schema_of", "to_json"]

_SCALAR_TYPES: Final = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    types.NoneType: "null",
}


class NotOfThisType(ValueError):
    """A value is not what the annotation says; the message says where and what is wanted."""


# --- reading -------------------------------------------------------------------------------------


def from_json(wanted: Any, value: Json, location: str = "") -> Any:
    """Return a JSON value as what an annotation says.

    Raises:
        NotOfThisType: It is something else.
    """
    if wanted is Any:
        return value
    if wanted in _SCALAR_TYPES:
        return _scalar(wanted, value, location)
    if wanted is bytes:
        return _bytes(value, location)
    if is_dataclass(wanted):
        return _record(wanted, value, location)
    if isinstance(wanted, type) and issubclass(wanted, Enum):
        return wanted(_choice([each.value for each in wanted], value, location))
    return _generic(get_origin(wanted), get_args(wanted), value, location)


def _generic(origin: Any, arguments: tuple[Any, ...], value: Json, location: str) -> Any:
    if origin in (Union, types.UnionType):
        return _union(arguments, value, location)
    if origin is Literal:
        return _choice(arguments, value, location)
    if origin in (tuple, frozenset):
        return origin(_items(arguments[0], value, location))
    return _members(arguments[1], value, location)


def _scalar(wanted: type, value: Json, location: str) -> Json:
    # A bool is an int to Python, and an int is a number to everybody.
    allowed = (int, float) if wanted is float else (wanted,)
    if type(value) not in allowed:
        raise _fault(location, _SCALAR_TYPES[wanted])
    return value


def _bytes(value: Json, location: str) -> bytes:
    if not isinstance(value, str):
        raise _fault(location, "string of base64")
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error:
        raise _fault(location, "string of base64") from None


def _record(wanted: Any, value: Json, location: str) -> Any:
    if not isinstance(value, dict):
        raise _fault(location, "object")
    hints = annotations_of(wanted)
    unknown = value.keys() - hints.keys()
    if unknown:
        raise NotOfThisType(f"{location}/{min(unknown)}: there is no such member")
    for each in fields(wanted):
        if _is_required(each) and each.name not in value:
            raise NotOfThisType(f"{location}/{each.name}: it is missing")
    given = {
        name: from_json(hints[name], member, f"{location}/{name}") for name, member in value.items()
    }
    return wanted(**given)


def _union(options: Sequence[Any], value: Json, location: str) -> Any:
    """Read the first alternative that fits; where none does, the last one says what is wrong."""
    *others, last = sorted(options, key=lambda option: option is not types.NoneType)
    for option in others:
        try:
            return from_json(option, value, location)
        except NotOfThisType:
            continue
    return from_json(last, value, location)


def _choice(choices: Sequence[Any], value: Json, location: str) -> Json:
    if value not in choices:
        names = ", ".join(map(repr, choices))
        raise NotOfThisType(f"{location or 'the value'} is not one of {names}")
    return value


def _items(wanted: Any, value: Json, location: str) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise _fault(location, "array")
    return tuple(from_json(wanted, item, f"{location}/{index}") for index, item in enumerate(value))


def _members(wanted: Any, value: Json, location: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _fault(location, "object")
    return {name: from_json(wanted, member, f"{location}/{name}") for name, member in value.items()}


def _fault(location: str, wanted: str) -> NotOfThisType:
    article = "an" if wanted[0] in "aio" else "a"
    return NotOfThisType(f"{location or 'the value'} is not {article} {wanted}")


# --- schemas -------------------------------------------------------------------------------------


def schema_of(
    wanted: Any, definitions: dict[str, JsonObject], stand_ins: Mapping[Any, Any]
) -> JsonObject:
    """Return the JSON Schema (2020-12) of what `to_json` makes of an annotated value.

    Args:
        wanted: The annotation.
        definitions: The schemas of dataclasses are added here, by their names.
        stand_ins: Dataclasses that are written as other dataclasses.
    """
    wanted = stand_ins.get(wanted, wanted)
    if wanted is Any:
        return {}
    if wanted in _SCALAR_TYPES:
        return {"type": _SCALAR_TYPES[wanted]}
    if wanted is bytes:
        return {"type": "string", "contentEncoding": "base64"}
    if is_dataclass(wanted):
        return _reference(wanted, definitions, stand_ins)
    origin = get_origin(wanted)
    if origin in (Union, types.UnionType):
        options = [schema_of(each, definitions, stand_ins) for each in get_args(wanted)]
        return {"anyOf": options}
    if origin is Literal:
        return {"enum": list(get_args(wanted))}
    if origin is tuple:
        return {"type": "array", "items": schema_of(get_args(wanted)[0], definitions, stand_ins)}
    inner = schema_of(get_args(wanted)[1], definitions, stand_ins)
    return {"type": "object", "additionalProperties": inner}


def record_schema(
    wanted: Any,
    definitions: dict[str, JsonObject],
    stand_ins: Mapping[Any, Any],
    *,
    constants: Mapping[str, Json] | None = None,
) -> JsonObject:
    """Return the schema of a dataclass as an object; `constants` are members of it besides."""
    hints = annotations_of(wanted)
    fixed = {name: {"const": value} for name, value in (constants or {}).items()}
    members = {
        each.name: schema_of(hints[each.name], definitions, stand_ins) for each in fields(wanted)
    }
    return {
        "type": "object",
        "description": _first_sentence(wanted),
        "properties": {**fixed, **members},
        "required": [*fixed, *members],
    }


def _reference(
    wanted: Any, definitions: dict[str, JsonObject], stand_ins: Mapping[Any, Any]
) -> JsonObject:
    name = wanted.__name__
    if name not in definitions:
        definitions[name] = {}  # it may refer to itself
        definitions[name] = record_schema(wanted, definitions, stand_ins)
    return {"$ref": f"#/$defs/{name}"}


def _first_sentence(wanted: Any) -> str:
    return (wanted.__doc__ or "").partition("\n\n")[0].replace("\n    ", " ")


@cache
def annotations_of(wanted: Any) -> dict[str, Any]:
    """Return the annotations of a dataclass's fields, resolved."""
    return get_type_hints(wanted)


def _is_required(each: Field[Any]) -> bool:
    return each.default is MISSING and each.default_factory is MISSING
