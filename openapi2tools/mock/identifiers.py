"""Choose an identifier for what is made: one that the document allows, and that nobody has."""

from __future__ import annotations

import copy
from random import Random
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from openapi2tools._core import pointer
from openapi2tools._core.identity import cached_by_identity
from openapi2tools.model import ABSENT
from openapi2tools.tools.arguments.validator import argument_validator
from openapi2tools.tools.resources.values import find_item, find_items, identifier_name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from openapi2tools.mock.answers import Answers
    from openapi2tools.model import Json, JsonObject
    from openapi2tools.tools.resources.find import Resource
    from openapi2tools.tools.schema.convert import Schemas

_ATTEMPTS: Final = 20


class Identifiers:
    """The identifiers of an API's resources.

    Args:
        answers: Shows what items look like.
        inputs: The schemas of the API, converted for requests.
    """

    def __init__(self, answers: Answers, inputs: Schemas) -> None:
        self._answers = answers
        self._inputs = inputs
        self.name = cached_by_identity(self._find_name)
        """Return the field that identifies the items of a resource; None where none is shown."""

    def fits(self, resource: Resource, identifier: Json) -> bool:
        """Return whether the path of an item takes an identifier."""
        operation = next(
            (resource.operations[role] for role in _ITEM_ROLES if role in resource.operations), None
        )
        for parameter in operation.parameters if operation is not None else ():
            if parameter.location == "path" and parameter.name == resource.identifier:
                schema, uses = self._inputs.convert(
                    parameter.schema, parameter.pointer, parameter.name
                )
                validator = argument_validator({**schema, "$defs": self._inputs.defs(uses)})
                text = str(identifier)
                readings = [text, *([int(text)] if text.isdecimal() else [])]
                return any(map(validator.is_valid, readings))
        return True

    def new(self, resource: Resource, key: str, taken: Collection[Json]) -> Json:
        """Return an identifier that is not taken, by what the document shows of an item."""
        name = self.name(resource)
        operation = resource.operations.get("read") or resource.operations["create"]
        number = len(taken) + 1
        shown: Json = None
        for attempt in range(_ATTEMPTS):
            value = self._answers.sample(operation, f"{key} {attempt}")
            at, item = item_in(value, resource)
            shown = item.get(name) if name is not None else None

            def fits(identifier: Json) -> bool:
                """Return whether the answer may show an identifier; one without it shows none."""
                changed = with_value(value, at, {**item, name: identifier})  # noqa: B023 -- asked at once
                return shown is None or self._answers.accepts(operation, changed)  # noqa: B023 -- likewise

            for identifier in _variants(shown, f"{key} {attempt}", number + attempt):
                is_free = {identifier, str(identifier)}.isdisjoint(taken)
                if is_free and self.fits(resource, identifier) and fits(identifier):
                    return identifier
        return number if shown is None else shown

    def _find_name(self, resource: Resource) -> str | None:
        for role in ("read", "create", "replace", "update", "list"):
            operation = resource.operations.get(role)
            if operation is None:
                continue
            value = self._answers.sample(operation, "shape")
            item: Json = item_in(value, resource).item
            if role == "list":
                at = find_items(value, resource)
                item = next(iter(pointer.lookup(value, at)), None) if at is not None else None
            name = identifier_name(item, resource)
            if name is not None:
                return name
        return None


_ITEM_ROLES: Final = ("read", "delete", "update", "replace")


class ItemIn(NamedTuple):
    """The item in what an operation answers, and the pointer to it; an empty one where none is."""

    at: str
    item: JsonObject


def item_in(value: Json, resource: Resource) -> ItemIn:
    """Return the item that an answer, or the body of a request, is about."""
    at = find_item(value, resource) if value is not ABSENT else None
    item = pointer.lookup(value, at) if at is not None else None
    return ItemIn(at or "", item) if isinstance(item, dict) else ItemIn("", {})


def with_value(whole: Json, at: str, value: Json) -> Json:
    """Return a copy of a value with another one at a pointer."""
    if not at:
        return value
    changed = copy.copy(whole)
    inner = changed
    *steps, last = pointer.split(at)
    for step in steps:
        inner[step] = copy.copy(inner[step])
        inner = inner[step]
    inner[last] = value
    return changed


def _variants(found: Json, key: str, number: int) -> Iterator[Json]:
    """Yield identifiers of the kind that was found."""
    if not isinstance(found, str):
        yield number
        yield str(number)
        return
    try:
        UUID(found)
    except ValueError:
        yield str(number) if found.isdecimal() else found
        digits = str(number)
        yield found[: -len(digits)] + digits
        yield f"{found}-{number}"
    else:
        yield str(UUID(int=Random(key).getrandbits(128), version=4))  # noqa: S311 -- no secret
