"""Problems and the tools of a document in, one number out: how ready the document is."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from openapi2tools.model import Api, Json, JsonObject, Operation, Problem, Severity, Toolset

_COST: Final[Mapping[Severity, float]] = {"error": 0.5, "warning": 0.2, "hint": 0.05}
"""What a finding takes from each operation whose tool it spoils, of 1."""
_DOCUMENT_COST: Final = 2  # points that an error outside the operations takes from the whole
_MOST_FROM_DOCUMENT: Final = 20
# of what an operation refers to, only this reaches its arguments
_ASKED: Final = ("parameters", "requestBody")


def score(api: Api, tools: Toolset, problems: Iterable[Problem]) -> int:
    """Give the mean over all operations of what their problems leave of 100, less some for each error elsewhere."""
    costs = {tool.operation.pointer: 0.0 for tool in tools.values()}
    owners = _owners(api.document, [tool.operation for tool in tools.values()])
    elsewhere = lost = 0
    for problem in problems:
        spoilt = {owner for way in _ways(problem.pointer) for owner in owners.get(way, ())}
        for owner in spoilt:
            costs[owner] = min(1.0, costs[owner] + _COST[problem.severity])
        if problem.lost:
            lost += 1
        elif not spoilt and problem.severity == "error":
            elsewhere += 1
    operations = len(costs) + lost
    if not operations:
        return 0
    mean = 100 * sum(1 - cost for cost in costs.values()) / operations
    return max(0, round(mean - min(_MOST_FROM_DOCUMENT, _DOCUMENT_COST * elsewhere)))


def _ways(place: str) -> Iterator[str]:
    """Give a pointer and those above it, down from the root's own members."""
    end = place.find("/", 1)
    while end >= 0:
        yield place[:end]
        end = place.find("/", end + 1)
    yield place


def _owners(document: JsonObject, operations: Iterable[Operation]) -> Mapping[str, list[str]]:
    """Give, for each place that operations are made of, their pointers: they themselves, what their path shares, and what they refer to."""
    owners: dict[str, list[str]] = defaultdict(list)
    links = _Links(document)
    for operation in operations:
        shared = operation.pointer.rpartition("/")[0] + "/parameters"
        roots = [shared, *(f"{operation.pointer}/{key}" for key in _ASKED)]
        for place in (operation.pointer, shared, *links.reached(roots)):
            owners[place].append(operation.pointer)
    return owners


class _Links:
    """What the places of one document refer to."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self._known: dict[str, tuple[str, ...]] = {}

    def reached(self, roots: Iterable[str]) -> set[str]:
        """Give every place that these places refer to, directly or not."""
        found: set[str] = set()
        waiting = [*roots]
        while waiting:
            new = set(self._of(waiting.pop())) - found
            found |= new
            waiting += new
        return found

    def _of(self, place: str) -> tuple[str, ...]:
        if place not in self._known:
            self._known[place] = tuple(_references(pointer.lookup(self._document, place)))
        return self._known[place]


def _references(value: Json) -> set[str]:
    found: set[str] = set()
    waiting: list[Json] = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/"):
                found.add(pointer.from_fragment(reference))
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return found
