"""Rate how ready a document is for tools with one number, from its problems."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from openapi2tools.model import Api, Json, JsonObject, Operation, Problem, Severity, Toolset

_OPERATION_COST: Final[Mapping[Severity, float]] = {"error": 0.5, "warning": 0.2, "hint": 0.05}
"""What a finding takes from each operation whose tool it spoils, of 1."""
_DOCUMENT_ERROR_COST: Final = 2  # points that an error outside the operations takes from the whole
_MAX_DOCUMENT_COST: Final = 20  # points
# of what an operation refers to, only this reaches its arguments
_ARGUMENT_KEYS: Final = ("parameters", "requestBody")


def score(api: Api, tools: Toolset, problems: Iterable[Problem]) -> int:
    """Return the score, from 0 to 100.

    It is the mean over all operations of what their problems leave of 100, less some points for
    each error elsewhere.
    """
    costs = {tool.operation.pointer: 0.0 for tool in tools.values()}
    owners = _owners(api.document, [tool.operation for tool in tools.values()])
    errors_elsewhere = 0
    lost_operations = 0
    for problem in problems:
        spoiled = {
            owner for above in _with_parents(problem.pointer) for owner in owners.get(above, ())
        }
        for owner in spoiled:
            costs[owner] = min(1.0, costs[owner] + _OPERATION_COST[problem.severity])
        if problem.lost:
            lost_operations += 1
        elif not spoiled and problem.severity == "error":
            errors_elsewhere += 1
    operations = len(costs) + lost_operations
    if not operations:
        return 0
    mean = 100 * sum(1 - cost for cost in costs.values()) / operations
    document_cost = min(_MAX_DOCUMENT_COST, _DOCUMENT_ERROR_COST * errors_elsewhere)
    return max(0, round(mean - document_cost))


def _with_parents(json_pointer: str) -> Iterator[str]:
    """Yield the pointers above this one, from the root's own members down, and it itself."""
    end = json_pointer.find("/", 1)
    while end >= 0:
        yield json_pointer[:end]
        end = json_pointer.find("/", end + 1)
    yield json_pointer


def _owners(document: JsonObject, operations: Iterable[Operation]) -> Mapping[str, list[str]]:
    """Return, by pointer, which operations are made of what stands there.

    That is the operation itself, the parameters of its path, and what these refer to.
    """
    owners: dict[str, list[str]] = defaultdict(list)
    references = _ReferenceIndex(document)
    for operation in operations:
        path_parameters = operation.pointer.rpartition("/")[0] + "/parameters"
        own_arguments = [f"{operation.pointer}/{key}" for key in _ARGUMENT_KEYS]
        reached = references.reached_from([path_parameters, *own_arguments])
        for part in (operation.pointer, path_parameters, *reached):
            owners[part].append(operation.pointer)
    return owners


class _ReferenceIndex:
    """What the parts of one document refer to, by pointer; each part is searched once."""

    def __init__(self, document: JsonObject) -> None:
        self._document = document
        self._known: dict[str, tuple[str, ...]] = {}

    def reached_from(self, roots: Iterable[str]) -> set[str]:
        """Return the pointers that these parts refer to, directly or not."""
        found: set[str] = set()
        pending = [*roots]
        while pending:
            new = set(self._references_of(pending.pop())) - found
            found |= new
            pending += new
        return found

    def _references_of(self, json_pointer: str) -> tuple[str, ...]:
        if json_pointer not in self._known:
            part = pointer.lookup(self._document, json_pointer)
            self._known[json_pointer] = tuple(_references_in(part))
        return self._known[json_pointer]


def _references_in(value: Json) -> set[str]:
    found: set[str] = set()
    pending: list[Json] = [value]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and reference.startswith("#/"):
                found.add(pointer.from_fragment(reference))
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return found
