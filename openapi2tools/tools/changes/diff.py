"""Say what changed between two sets of tools, for a model that knew the first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.model import Effect
from openapi2tools.tools.changes.change import Change, ChangeKind, change_of
from openapi2tools.tools.changes.schemas import SchemaComparison

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.model import Tool
    from openapi2tools.tools.changes.schemas import Difference, Direction

_GRAVITY: Final = {Effect.READ: 0, Effect.WRITE: 1, Effect.DESTROY: 2}
_VERBS: Final = {
    Effect.READ: "only reads",
    Effect.WRITE: "changes something",
    Effect.DESTROY: "destroys something",
}
_KIND_OF: Final[dict[Direction, ChangeKind]] = {
    "added": "argument-added",
    "removed": "argument-removed",
    "required": "argument-required",
    "narrowed": "argument-narrowed",
    "widened": "argument-widened",
    "described": "description-changed",
}


def diff(old: Mapping[str, Tool], new: Mapping[str, Tool]) -> tuple[Change, ...]:
    """Return what changed between two sets of tools, for a model that knew the first.

    Tools are the same that have the same name; of the others, those of the same method and path, or
    of the same operationId, were renamed. What no model sees (answers, servers, security) is not
    compared.

    Args:
        old: The tools as they were, such as `load_tools("shop.tools.json")`.
        new: The tools as they are.

    Example:
        changes = diff(load_tools("shop.tools.json"), build_tools(load("shop.yaml")))
        assert not [change for change in changes if change.is_breaking]
    """
    return tuple(_changes(old, new))


def _changes(old: Mapping[str, Tool], new: Mapping[str, Tool]) -> Iterator[Change]:
    successors = _renamed(old, new)
    names = set(new)  # a Toolset itself knows operationIds, too
    for name in old:
        if name in names:
            yield from _tool_changes(name, old[name], new[name])
        elif name in successors:
            later = successors[name]
            message = f"is called {later.name} now"
            yield change_of("tool-renamed", name, message)
            yield from _tool_changes(later.name, old[name], later)
        else:
            yield change_of("tool-removed", name, f"is gone ({old[name].operation.key})")
    known = {*old, *(tool.name for tool in successors.values())}
    for name in new:
        if name not in known:
            yield change_of("tool-added", name, f"is new ({new[name].operation.key})")


def _renamed(old: Mapping[str, Tool], new: Mapping[str, Tool]) -> dict[str, Tool]:
    """Return the tool that took the place of one that is gone, by the old name."""
    old_names, new_names = set(old), set(new)
    gone = [tool for name, tool in old.items() if name not in new_names]
    come = [tool for name, tool in new.items() if name not in old_names]
    by_key = {tool.operation.key: tool for tool in come}
    by_id = {tool.operation.id: tool for tool in come if tool.operation.id}
    found: dict[str, Tool] = {}
    for tool in gone:
        later = by_key.get(tool.operation.key) or by_id.get(tool.operation.id or "")
        if later is not None and later not in found.values():
            found[tool.name] = later
    return found


def _tool_changes(name: str, old: Tool, new: Tool) -> Iterator[Change]:
    if old.effect is not new.effect:
        message = f"{_VERBS[new.effect]} now (it was: {_VERBS[old.effect]})"
        is_graver = _GRAVITY[new.effect] > _GRAVITY[old.effect]
        yield Change("effect-changed", name, message, is_breaking=is_graver)
    if old.description != new.description:
        yield change_of("description-changed", name, "is described in other words")
    for difference in SchemaComparison(old.schema, new.schema).arguments():
        yield _argument_change(name, difference)


def _argument_change(tool: str, difference: Difference) -> Change:
    argument = ".".join(difference.path).replace(".[]", "[]")
    return change_of(_KIND_OF[difference.direction], tool, difference.text, argument)
