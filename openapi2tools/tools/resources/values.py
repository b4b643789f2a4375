"""Find the items of a resource in what an API answers, and what identifies each.

APIs wrap them: `{"data": [...], "total": 3}`, `{"_embedded": {"pets": [...]}}`, `{"pet": {...}}`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools.tools.resources.names import identified_resource, resource_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import Json, JsonObject
    from openapi2tools.tools.resources.find import Resource

_WRAPPERS: Final = (
    "data",
    "items",
    "results",
    "result",
    "value",
    "values",
    "records",
    "entries",
    "elements",
    "objects",
    "content",
    "list",
    "rows",
    "response",
    "payload",
    "resources",
    "_embedded",
)
"""Names of what holds the items or the item, whatever they are."""
_MAX_NESTING: Final = 3
_OTHER_IDENTIFIERS: Final = ("id", "_id", "uuid", "guid", "sid", "key", "slug", "name", "code")


def find_items(body: Json, resource: Resource) -> str | None:
    """Return the pointer to the list of items in what a collection answers; None without one."""
    return _find_list(body, resource, "", 0)


def find_item(body: Json, resource: Resource) -> str | None:
    """Return the pointer to the item in what is answered about one; None where there is none."""
    if not isinstance(body, dict):
        return None
    if _named_identifier(body, resource) is not None:
        return ""
    inner = [name for name in _in_order(body, resource) if isinstance(body[name], dict)]
    for name in inner:
        is_alone = len(body) == 1 and identifier_name(body[name], resource) is not None
        if is_alone or _holds_items(name, resource):
            return pointer.join("", name)
    return ""


def identifier_name(item: Json, resource: Resource) -> str | None:
    """Return the field of an item that stands for the identifier in its path; None without one."""
    if not isinstance(item, dict):
        return None
    named = _named_identifier(item, resource)
    if named is not None:
        return named
    return next((name for name in _OTHER_IDENTIFIERS if _is_scalar(item.get(name))), None)


def _named_identifier(item: JsonObject, resource: Resource) -> str | None:
    """Return the field that has the name of the path's variable, or means the same."""
    if not resource.identifier:
        return None
    wanted = _letters(resource.identifier)
    scalars = [name for name, value in item.items() if _is_scalar(value)]
    for name in scalars:
        if _letters(name) == wanted:
            return name
    if identified_resource(resource.identifier) is not None:
        own = ("", resource.name, identified_resource(resource.identifier))
        return next((name for name in scalars if identified_resource(name) in own), None)
    # `name` for `{pet_name}`, and `id` for `{pet}`
    short = wanted.removeprefix(_letters(resource.name)) or "id"
    return next((name for name in scalars if _letters(name) == short), None)


def _find_list(body: Json, resource: Resource, at: str, depth: int) -> str | None:
    if isinstance(body, list):
        return at
    if not isinstance(body, dict) or depth > _MAX_NESTING:
        return None
    names = list(_in_order(body, resource))
    name = _name_of_list(body, names, resource)
    if name is not None:
        return pointer.join(at, name)
    wrappers = [name for name in names if isinstance(body[name], dict)]
    for name in wrappers:
        if _holds_items(name, resource):
            return _find_list(body[name], resource, pointer.join(at, name), depth + 1)
    return None


def _name_of_list(body: JsonObject, names: Iterable[str], resource: Resource) -> str | None:
    lists = [name for name in names if isinstance(body[name], list)]
    named = [name for name in lists if _holds_items(name, resource)]
    of_objects = [name for name in lists if any(isinstance(each, dict) for each in body[name])]
    only = lists if len(lists) == 1 else []
    return next(iter([*named, *of_objects, *only]), None)


def _holds_items(name: str, resource: Resource) -> bool:
    """Return whether a field, by its name, holds the item or the items of a resource."""
    return name in _WRAPPERS or resource_name(name) == resource.name


def _in_order(body: JsonObject, resource: Resource) -> Iterable[str]:
    """Return the names of an object: the resource's own first, then wrappers, then the others."""

    def rank(name: str) -> int:
        if resource.name and resource_name(name) == resource.name:
            return 0
        return 1 if name in _WRAPPERS else 2

    return sorted(body, key=rank)


def _is_scalar(value: Json) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
