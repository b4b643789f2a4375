"""Find out which operations give the ids that others take: `GET /pets` those of `/pets/{id}`.

An id in a path is of the items that stand before it; one elsewhere is of the resource that its name
says. Where no collection gives an id, an entry point may (`tools.search.entry_points`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools.tools.resources.find import Resource, Resources, path_shape
from openapi2tools.tools.resources.names import identified_resource, resource_name
from openapi2tools.tools.search.entry_points import EntryPoints

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openapi2tools.model import Binding, Operation, Tool

_MAX_LISTS: Final = 3


@dataclass(frozen=True, slots=True)
class IdFlow:
    """An id, the tools that give it, and those that take it.

    Attributes:
        name: What most of the tools call it: `book_id`.
        givers: The names of tools whose answers have it; empty where nothing gives it.
        takers: The names of tools that need it.
    """

    name: str
    givers: tuple[str, ...] = ()
    takers: tuple[str, ...] = ()


class _Taken(NamedTuple):
    """An argument that is an id: of which thing, under which name."""

    key: str  # the shape of the item's path, or the resource's name where no path is its
    name: str
    kind: str
    resource: Resource | None


@dataclass(slots=True)
class _Id:
    """What is known of one id while the tools are gone through."""

    names: Counter[str] = field(default_factory=Counter)
    kinds: dict[str, None] = field(default_factory=dict)
    givers: dict[str, None] = field(default_factory=dict)
    takers: dict[str, None] = field(default_factory=dict)


def id_flows(tools: Iterable[Tool]) -> list[IdFlow]:
    """Return the ids that the tools need, those that most of them need first.

    Example:
        for flow in id_flows(tools.values()):
            print(flow.givers, "give", flow.name, "to", flow.takers)
    """
    by_api: dict[int, list[Tool]] = defaultdict(list)
    for tool in tools:
        by_api[id(tool.api)].append(tool)
    flows = [flow for group in by_api.values() for flow in _flows_of_api(group)]
    return sorted(flows, key=lambda flow: -len(flow.takers))


def _flows_of_api(tools: list[Tool]) -> Iterator[IdFlow]:
    names = {tool.operation.key: tool.name for tool in tools}
    resources = _ResourceIndex(tool.operation for tool in tools)
    entry_points = EntryPoints.of((tool.operation, tool.api) for tool in tools)

    def others_that_give(kinds: Iterable[str]) -> dict[str, None]:
        """Return who gives the ids of such things where no collection of theirs does."""
        lists = dict.fromkeys(names[giver.key] for giver in resources.lists_of(kinds))
        numbers = (entry_points.givers.get(kind) for kind in kinds)
        return lists or {tools[number].name: None for number in numbers if number is not None}

    for found in _ids_taken(tools, resources, names):
        givers = found.givers or others_that_give(found.kinds)
        yield IdFlow(found.names.most_common(1)[0][0], tuple(givers), tuple(found.takers))


def _ids_taken(
    tools: list[Tool], resources: _ResourceIndex, names: dict[str, str]
) -> Iterable[_Id]:
    """Return the ids that tools need, with the names of those whose collection gives them."""
    ids: dict[str, _Id] = defaultdict(_Id)
    for tool in tools:
        for taken in resources.taken_by(tool):
            found = ids[taken.key]
            found.names[taken.name] += 1
            found.kinds[taken.kind] = None
            found.takers[tool.name] = None
            found.givers |= {names[giver.key]: None for giver in _givers(taken.resource)}
    return ids.values()


def _is_choice(tool: Tool, argument: str) -> bool:
    """Return whether the document lists what an argument may be: nothing has to give that."""
    schema = tool.schema["properties"].get(argument)
    return isinstance(schema, dict) and ("enum" in schema or "const" in schema)


def _givers(resource: Resource | None) -> list[Operation]:
    """Return the operations whose answers have a resource's id."""
    roles = {} if resource is None else resource.operations
    return [roles[role] for role in ("list", "create") if role in roles]


class _ResourceIndex:
    """The resources of an API by the path of their items, and by their names."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        self._by_item: dict[str, Resource] = {}
        self._by_name: dict[str, list[tuple[str, Resource]]] = defaultdict(list)
        self._lists: dict[str, list[Operation]] = defaultdict(list)
        operations = list(operations)
        for operation in operations:
            last = path_shape(operation.path).rpartition("/")[2]
            if operation.method == "GET" and "{" not in last:
                self._lists[resource_name(last)].append(operation)
        for resource in Resources(operations):
            if resource.item and resource.identifier:
                shape = path_shape(resource.item)
                self._by_item.setdefault(shape, resource)
                self._by_name[resource.name].append((shape, resource))

    def lists_of(self, kinds: Iterable[str]) -> list[Operation]:
        """Return some GETs whose path ends in the name of such things, the shortest way first."""
        found = [operation for kind in kinds for operation in self._lists.get(kind, ())]
        return sorted(found, key=lambda operation: operation.path.count("{"))[:_MAX_LISTS]

    def taken_by(self, tool: Tool) -> Iterator[_Taken]:
        """Yield the ids among the arguments of a tool that it cannot do without."""
        required = set(tool.schema.get("required", ()))
        for binding in tool.bindings:
            name = binding.argument[0]
            if name not in required or len(binding.argument) > 1 or _is_choice(tool, name):
                continue
            taken = self._taken(tool, binding)
            if taken is not None:
                yield taken

    def _taken(self, tool: Tool, binding: Binding) -> _Taken | None:
        name = binding.argument[0]
        identified = identified_resource(name)
        if binding.location == "path":
            before, variable, _ = tool.operation.path.partition(f"{{{binding.name}}}")
            shape = path_shape(before + variable)
            kind = identified or resource_name(name)
            resource = self._by_item.get(shape)
            if resource is None and kind in self._by_name:
                shape, resource = self._by_name[kind][0]
            return _Taken(shape if resource else kind, name, kind, resource)
        if not identified:
            return None
        shape, resource = next(iter(self._by_name.get(identified, ())), (identified, None))
        return _Taken(shape, name, identified, resource)
