"""Move the fields of a body into the argument `body` or out of it, as the tool takes them.

The fields of some bodies are arguments of their own, those of others are inside the argument
`body`. A model that has seen the one writes the other alike, so both are accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from openapi2tools._core import pointer
from openapi2tools._core.slips import find_slips
from openapi2tools.tools.schema.keywords import types_of
from openapi2tools.tools.walk import COMPOSITION_KEYWORDS, definition_name, iter_applied

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from openapi2tools.model import Binding, Json, JsonObject, Tool

BODY_NAMES: Final = ("body", "request_body", "requestBody")
"""The names under which models write a whole body."""


class Moved(NamedTuple):
    """Arguments where the tool takes them, and a note for each that was moved."""

    arguments: JsonObject
    notes: tuple[str, ...] = ()


def move_body_fields(tool: Tool, given: JsonObject, *, undeclared: bool = False) -> Moved:
    """Return the arguments with the fields of the body where the tool takes them.

    With `undeclared`, arguments that the tool does not know go into `body`, whatever its schema.
    """
    body_bindings = [binding for binding in tool.bindings if binding.location == "body"]
    whole_bodies = [binding.argument[0] for binding in body_bindings if _is_whole_body(binding)]
    if whole_bodies:
        return _move_inside(tool, given, whole_bodies[0], undeclared=undeclared)
    if body_bindings or tool.body_open:
        argument_by_field = {
            pointer.split(binding.name)[-1]: binding.argument[0] for binding in body_bindings
        }
        return _move_out(tool, given, argument_by_field)
    return Moved(given)


def hidden_fields(tool: Tool, given: JsonObject) -> list[str]:
    """Return the fields inside the argument `body` that a hint excludes."""
    whole_bodies = [binding.argument[0] for binding in tool.bindings if _is_whole_body(binding)]
    bodies = [given[name] for name in whole_bodies if isinstance(given.get(name), dict)]
    return [name for body in bodies for name in body if name in tool.hidden_fields]


def _is_whole_body(binding: Binding) -> bool:
    return binding.location == "body" and not binding.name


def undeclared_fields(tool: Tool, given: JsonObject) -> list[str]:
    """Return the arguments that are fields of an open body, though no document declares them.

    A name that resembles an argument without a value is a slip, and no such field.
    """
    if not tool.body_open:
        return []
    known = tool.schema.get("properties", {}).keys() | {*BODY_NAMES}
    placed = known | tool.hidden_fields
    names = [name for name in given if name not in placed]
    slips = find_slips(names, known - given.keys())
    return [name for name in names if name not in slips]


def _move_out(tool: Tool, given: JsonObject, argument_by_field: dict[str, str]) -> Moved:
    """Make the fields of a body arguments of their own: `{"body": {"name": 1}}`."""
    known = tool.schema.get("properties", {})
    name = next((each for each in BODY_NAMES if each in given and each not in known), None)
    if name is None:
        return Moved(given)
    body = _as_object(given[name])
    if body is None:
        return Moved(given)
    beside = {key: value for key, value in given.items() if key != name}
    fields: JsonObject = {}
    for field, value in body.items():
        argument = argument_by_field.get(field, field)
        belongs_elsewhere = field in known and field not in argument_by_field.values()
        if argument in beside or (argument == field and belongs_elsewhere):
            return Moved(given)  # one of two values would be lost
        fields[argument] = value
    note = f"{name}: there is no such argument; its fields are arguments of their own."
    return Moved({**beside, **fields}, (note,))


def _move_inside(tool: Tool, given: JsonObject, body_argument: str, *, undeclared: bool) -> Moved:
    """Put fields of the body inside its argument: `{"name": 1}`."""
    known = tool.schema.get("properties", {})
    body = _as_object(given.get(body_argument, {}))
    if body is None or given.keys() <= known.keys():
        return Moved(given)
    placed = known.keys() | body.keys() | tool.hidden_fields
    fields = [name for name in given if name not in placed]
    if not undeclared:
        parts = [*_parts(known.get(body_argument, {}), tool.schema.get("$defs", {}))]
        fields = _accepted_fields(parts, fields, known.keys() - given.keys())
    if not fields:
        return Moved(given)
    moved = {*fields}
    inside = {**body, **{name: given[name] for name in fields}}
    kept = {name: value for name, value in given.items() if name not in moved}
    notes = tuple(f"{name}: taken as a field of {body_argument}." for name in fields)
    return Moved({**kept, body_argument: inside}, notes)


def _accepted_fields(
    parts: Sequence[JsonObject], names: Sequence[str], unused: Collection[str]
) -> list[str]:
    """Return those of the names that a body with these schemas accepts as fields.

    A name that resembles an unused argument is a slip, and accepted only where it is declared.
    """
    types = {json_type for part in parts for json_type in types_of(part)}
    if types and "object" not in types:
        return []
    declared = {name for part in parts for name in part.get("properties", ())}
    is_open = not any(part.get("additionalProperties") is False for part in parts)
    others = [name for name in names if name not in declared]
    rejected = find_slips(others, unused) if is_open else {*others}
    return [name for name in names if name not in rejected]


def _parts(schema: Json, definitions: JsonObject) -> Iterator[JsonObject]:
    """Yield a schema and all that apply to the same value."""

    def resolve(reference: Json) -> Json:
        return definitions.get(definition_name(reference))

    return iter_applied(schema, resolve, COMPOSITION_KEYWORDS)


def _as_object(value: Json) -> JsonObject | None:
    """Return an object, also one that is written as JSON text; None for any other value."""
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            return None
    return value if isinstance(value, dict) else None
