"""A description and an Overlay document in, the changed description out (OpenAPI Overlay 1.0, 1.1 and 1.2).

What does not change is shared with the description that came in, and what does is copied first:
nobody's values are edited.
"""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from openapi2tools._core import pointer
from openapi2tools.errors import SpecError
from openapi2tools.model import Json, JsonObject, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from jsonpath import JSONPathEnvironment

Path: TypeAlias = tuple[str | int, ...]
"""The keys and indexes from the root to a node."""

_ACTIONS: Final = "/actions"
_REUSABLE: Final = "#/components/actions/"


def is_overlay(value: Json) -> bool:
    """Say whether a value calls itself an Overlay."""
    return isinstance(value, dict) and "overlay" in value


def apply(
    document: JsonObject, overlay: Json, *, address: str | None = None
) -> tuple[JsonObject, list[Problem]]:
    """Apply an Overlay's actions in order, each to what the one before it left (Overlay 1.2, section 4.4).

    An action that matches nothing is a Problem. One that cannot be carried out (no JSONPath of RFC
    9535, values that do not fit each other) raises SpecError with its pointer in the Overlay at
    `address`: half an overlay could leave in what it was meant to take out.
    """
    problems: list[Problem] = []
    for index, raw in enumerate(_actions(overlay, address)):
        place = pointer.join(_ACTIONS, index)
        try:
            action = _action(raw, overlay)
            edited = _Edit(document)
            changed = _run(edited, action)
        except _Fault as fault:
            raise SpecError(str(fault), address=address, pointer=place) from None
        document = edited.document
        if not changed:
            message = f"the overlay's action on {action['target']!r} matches nothing."
            problems.append(
                Problem(
                    "overlay-no-match",
                    message,
                    place,
                    "warning",
                    "Check its target.",
                    address=address,
                )
            )
    return document, problems


class _Fault(Exception):
    """An action that cannot be carried out."""


def _actions(overlay: Json, address: str | None) -> list[Json]:
    actions = overlay.get("actions") if isinstance(overlay, dict) else None
    if not is_overlay(overlay) or not isinstance(actions, list):
        raise SpecError(
            "this is no Overlay: it has no `overlay` (the version) and no list of `actions`.",
            address=address,
        )
    version = str(overlay["overlay"])
    if not version.startswith("1."):
        raise SpecError(
            f"this is Overlay {version[:20]}; 1.0, 1.1 and 1.2 can be applied.",
            address=address,
            pointer="/overlay",
        )
    return actions


def _action(raw: Json, overlay: JsonObject) -> JsonObject:
    """Give an action's fields, those of a reusable one beneath its own (Overlay 1.2, Reusable Action Reference Object)."""
    if not isinstance(raw, dict):
        raise _Fault("an action should be an object.")
    reference = raw.get("$ref")
    if isinstance(reference, str):
        reusable = (
            pointer.lookup(overlay, pointer.from_fragment(reference))
            if reference.startswith(_REUSABLE)
            else pointer.MISSING
        )
        if not isinstance(reusable, dict):
            raise _Fault(f"the reference {reference!r} leads to no reusable action.")
        raw = {**reusable.get("fields", {}), **raw}
    if not isinstance(raw.get("target"), str):
        raise _Fault("an action needs a `target`, a JSONPath.")
    action: JsonObject = raw
    return action


def _run(edit: _Edit, action: JsonObject) -> bool:
    """Carry out one action; say whether its target matched."""
    nodes = _select(action["target"], edit.document)
    if action.get("remove") is True:
        edit.remove([path for path, _ in nodes])
    elif "copy" in action and "update" not in action:
        _merge_all(edit, nodes, _source(action["copy"], edit.document))
    elif "update" in action:
        _merge_all(edit, nodes, action["update"])
    else:
        raise _Fault("an action needs one of `update`, `copy` and `remove: true`.")
    return bool(nodes)


def _source(query: Json, document: JsonObject) -> Json:
    found = _select(query, document) if isinstance(query, str) else []
    if len(found) != 1:
        raise _Fault(f"`copy` must select one node, but {query!r} selects {len(found)}.")
    return found[0][1]


def _select(query: str, document: JsonObject) -> list[tuple[Path, Json]]:
    from jsonpath import JSONPathError  # noqa: PLC0415 -- only those who have overlays pay for it

    try:
        return [(match.parts, match.obj) for match in _jsonpath().finditer(query, document)]
    except (JSONPathError, RecursionError) as error:
        reason = (
            "it is too long"
            if isinstance(error, RecursionError)
            else error.args[0]
            if error.args
            else type(error).__name__
        )
        raise _Fault(f"{query!r} cannot be evaluated as JSONPath (RFC 9535): {reason}.") from None


@cache
def _jsonpath() -> JSONPathEnvironment:
    from jsonpath import JSONPathEnvironment  # noqa: PLC0415 -- as above

    return JSONPathEnvironment(strict=True)


def _merge_all(edit: _Edit, nodes: list[tuple[Path, Json]], new: Json) -> None:
    if len({_kind(node) for _, node in nodes}) > 1:
        raise _Fault(
            "the target selects nodes of several kinds: they must be all objects, all arrays, or all primitives."
        )
    for path, _ in nodes:
        edit.change(path, lambda node: _updated(node, new))


def _updated(node: Json, new: Json) -> Json:
    """Give a selected node after an update: an array takes anything in, other nodes what is of their own kind."""
    if isinstance(node, list):
        return [*node, *new] if isinstance(new, list) else [*node, new]
    return _merged(node, new, "")


def _merged(old: Json, new: Json, place: str) -> Json:
    # `components:` with nothing behind it, as in the specification's own example
    if new is None and isinstance(old, dict | list):
        return old
    if _kind(old) != _kind(new):
        raise _Fault(
            f"{_kind(new)} cannot be merged into {_kind(old)}{f' ({place} of the update)' if place else ''}."
        )
    if isinstance(new, dict):
        return {
            **old,
            **{
                k: _merged(old[k], v, pointer.join(place, k)) if k in old else v
                for k, v in new.items()
            },
        }
    return [*old, *new] if isinstance(new, list) else new


def _kind(value: Json) -> str:
    if isinstance(value, dict):
        return "an object"
    return "an array" if isinstance(value, list) else "a primitive value"


class _Edit:
    """A document while an action changes it: every object and array on the way to a change is copied, once."""

    def __init__(self, document: JsonObject) -> None:
        self.document = document
        self._own: dict[int, Any] = {}  # keeps the copies alive, so that their ids stay theirs

    def change(self, path: Path, make: Callable[[Json], Json]) -> None:
        """Put what `make` gives for a node in its place."""
        if not path:
            self.document = self._keep(make(self.document))
            return
        parent = self._reach(path[:-1])
        parent[path[-1]] = self._keep(make(parent[path[-1]]))

    def remove(self, paths: list[Path]) -> None:
        """Take nodes out of what holds them: the deepest first, and of an array the last."""
        if () in paths:
            raise _Fault("the root cannot be removed.")
        deepest_first = sorted(
            set(paths), key=lambda path: (len(path), [str(key) for key in path[:-1]]), reverse=True
        )
        for holder, group in groupby(deepest_first, key=lambda path: path[:-1]):
            parent = self._reach(holder)
            for key in sorted(
                (path[-1] for path in group),
                key=lambda key: key if isinstance(key, int) else -1,
                reverse=True,
            ):
                del parent[key]

    def _reach(self, path: Path) -> Any:
        node: Any = self._copied(self.document)
        self.document = node
        for key in path:
            node[key] = self._copied(node[key])
            node = node[key]
        return node

    def _copied(self, value: Any) -> Any:
        return value if id(value) in self._own else self._keep(value.copy())

    def _keep(self, value: Any) -> Any:
        if isinstance(value, dict | list):
            self._own[id(value)] = value
        return value
