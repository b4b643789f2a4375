"""Find the resources of an API by its paths: which one lists, makes, shows, changes, removes.

An item's path ends in a variable, and its collection is what stands before that: `/pets/{id}` and
`/pets`. A thing that there is one of, such as `/settings`, has a path of its own.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from openapi2tools._core.path_template import VARIABLE
from openapi2tools.tools.resources.names import resource_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from openapi2tools.model import Operation

Role: TypeAlias = Literal["list", "create", "read", "replace", "update", "delete"]
"""What an operation does with a resource; `list` and `create` are done with its collection."""

_ITEM: Final = re.compile(
    r"""
    (?P<collection> .*? )
    (?: / \{\} | \( '? \{\} '? \) )    # /pets/{id}, and OData's /pets('{id}')
    """,
    re.VERBOSE,
)
_SUFFIX: Final = re.compile(r"\.(json|xml|jsonp)$")
_ITEM_ROLES: Final[Mapping[str, Role]] = {
    "GET": "read",
    "PUT": "replace",
    "PATCH": "update",
    "DELETE": "delete",
}
_COLLECTION_ROLES: Final[Mapping[str, Role]] = {"GET": "list", "POST": "create"}
_WRITES_OF_ONE_THING: Final = frozenset({"PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True)
class Resource:
    """Things of one kind, and the operations that are about them.

    `collection` is empty for a thing that there is one of, and where no operation is about all of
    them; `item` where none is about one. `identifier` is the variable that ends the item's path.
    """

    name: str
    collection: str = ""
    item: str = ""
    identifier: str = ""
    operations: Mapping[Role, Operation] = field(default_factory=dict, repr=False)


class Place(NamedTuple):
    """What an operation is about, and what it does with it."""

    resource: Resource
    role: Role


class Resources:
    """The resources of an API, and the place of each operation among them.

    Example:
        places = Resources(api.operations)
        place = places.of(operation)
        if place is not None and place.role == "create":
            look = places.shows(operation)  # GET /pets, after POST /pets
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._paths: dict[str, dict[str, Operation]] = defaultdict(dict)
        for operation in operations:
            methods = self._paths[path_shape(operation.path)]
            methods.setdefault(operation.method, operation)
        self._places: dict[str, Place] = {}  # by the key of an operation
        self._collections: set[str] = set()  # shapes of paths that an item has
        self._found = [*self._find_items(), *self._find_others()]

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._found)

    def of(self, operation: Operation) -> Place | None:
        """Return what an operation is about; None for one that is about no resource."""
        return self._places.get(operation.key)

    def shows(self, write: Operation) -> Operation | None:
        """Return the GET that shows whether a write took effect; None where there is none.

        After a create that is the list of the collection, otherwise the item.
        """
        place = self.of(write)
        if place is None or place.role in ("list", "read"):
            return None
        return place.resource.operations.get("list" if place.role == "create" else "read")

    # --- how they are found ---

    def _find_items(self) -> Iterator[Resource]:
        """Yield the resources whose items have an identifier in the path."""
        by_name = {_named_shape(shape): shape for shape in self._paths}
        for shape in list(self._paths):
            found = _ITEM.fullmatch(shape)
            if found is None:
                continue
            collection = found["collection"]
            if collection not in self._paths:  # `/pet` may be that of `/pets/{id}`
                collection = by_name.get(_named_shape(collection), "")
            roles = self._item_roles(shape)
            if collection and collection != shape and not collection.endswith("{}"):
                self._collections.add(collection)
                roles = {**self._collection_roles(collection), **roles}
            yield self._resource(found["collection"], roles)

    def _find_others(self) -> Iterator[Resource]:
        """Yield collections without items, and things that there is one of."""
        for shape, methods in list(self._paths.items()):
            if shape in self._collections or _ITEM.fullmatch(shape):
                continue
            if "GET" in methods and not _WRITES_OF_ONE_THING.isdisjoint(methods):
                yield self._resource(shape, self._item_roles(shape))
            elif {"GET", "POST"} <= methods.keys():
                yield self._resource(shape, self._collection_roles(shape))

    def _collection_roles(self, shape: str) -> dict[Role, Operation]:
        methods = self._paths[shape]
        roles = _COLLECTION_ROLES.items()
        return {role: methods[method] for method, role in roles if method in methods}

    def _item_roles(self, shape: str) -> dict[Role, Operation]:
        methods = self._paths[shape]
        roles = {role: methods[method] for method, role in _ITEM_ROLES.items() if method in methods}
        if "POST" in methods and "replace" not in roles and "update" not in roles:
            roles["update"] = methods["POST"]  # as in the APIs that change things by POST
        return roles

    def _resource(self, shape: str, roles: dict[Role, Operation]) -> Resource:
        by_place = {"collection": "", "item": ""}
        for role, operation in roles.items():
            kind = "collection" if role in ("list", "create") else "item"
            by_place[kind] = by_place[kind] or operation.path
        last = shape.rpartition("/")[2] if "{" not in shape.rpartition("/")[2] else ""
        variables = VARIABLE.findall(by_place["item"])
        has_identifier = bool(_ITEM.fullmatch(path_shape(by_place["item"])))
        resource = Resource(
            resource_name(last),
            by_place["collection"],
            by_place["item"],
            variables[-1] if has_identifier else "",
            roles,
        )
        for role, operation in roles.items():
            self._places.setdefault(operation.key, Place(resource, role))
        return resource


def path_shape(path: str) -> str:
    """Return a path template without what does not tell paths apart: names, a slash at its end."""
    plain = re.split(r"[?#]", path, maxsplit=1)[0]
    return _SUFFIX.sub("", VARIABLE.sub("{}", plain).rstrip("/"))


def _named_shape(shape: str) -> str:
    """Return a shape whose last segment is in one spelling, singular."""
    before, _, last = shape.rpartition("/")
    return shape if "{" in last else f"{before}/{resource_name(last)}"
