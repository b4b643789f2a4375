"""OpenAPI Overlay 1.0, 1.1 and 1.2: changes to a description, written as a document of their own.

What does not change is shared with the description that came in, and what does is copied first:
nobody's values are edited.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from openapi2tools._core import pointer as json_pointer
from openapi2tools.errors import SpecError
from openapi2tools.model import Json, JsonObject, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jsonpath import JSONPathEnvironment, JSONPathMatch
    from jsonschema_rs import Validator

Path: TypeAlias = tuple[str | int, ...]
"""The keys and indexes from the root to a node."""

_ACTIONS: Final = "/actions"
_REUSABLE_ACTIONS: Final = "#/components/actions/"
_MAX_VERSION_CHARS: Final = 20
_MAX_VISITS: Final = 10_000_000
"""Nodes that all queries of one Overlay look at: they take about half a minute."""
_MAX_SELECTED: Final = 300_000
"""Nodes that all actions of one Overlay change."""
_TOO_MANY_VISITED: Final = (
    f"the queries of this Overlay look at more than {_MAX_VISITS:,} nodes: "
    "name the way to them, with fewer `..`."
)
_TOO_MANY_SELECTED: Final = (
    f"with {{!r}} this Overlay selects more than {_MAX_SELECTED:,} nodes: "
    "select fewer, and each once."
)


def is_overlay(value: Json) -> bool:
    """Return whether a value calls itself an Overlay."""
    return isinstance(value, dict) and "overlay" in value


def apply(
    document: JsonObject, overlay: Json, *, address: str | None = None
) -> tuple[JsonObject, list[Problem]]:
    """Apply an Overlay's actions in order, each to what the one before it left.

    That is section 4.4 of Overlay 1.2. An action that matches nothing is a Problem.

    Raises:
        SpecError: An action cannot be carried out (no JSONPath of RFC 9535, values that do not fit
            each other). It names the action in the Overlay at `address`. Nothing is applied then:
            half an overlay could leave in what it was meant to take out.
    """
    problems: list[Problem] = []
    selector = _Selector()
    for index, raw_action in enumerate(_list_of_actions(overlay, address)):
        pointer = json_pointer.join(_ACTIONS, index)
        try:
            action = _resolve_action(raw_action, overlay)
            edit = _Edit(document)
            has_matched = _carry_out(action, edit, selector)
        except _ImpossibleAction as error:
            raise SpecError(str(error), address=address, pointer=pointer) from None
        document = edit.document
        if not has_matched:
            problem = Problem(
                "overlay-no-match",
                f"the overlay's action on {action['target']!r} matches nothing.",
                pointer,
                "warning",
                "Check its target.",
                address=address,
            )
            problems.append(problem)
    return document, problems


class _ImpossibleAction(Exception):
    """An action that cannot be carried out."""


def _list_of_actions(overlay: Json, address: str | None) -> list[Json]:
    actions = overlay.get("actions") if isinstance(overlay, dict) else None
    if not is_overlay(overlay) or not isinstance(actions, list):
        raise SpecError(
            "this is no Overlay: it has no `overlay` (the version) and no list of `actions`.",
            address=address,
        )
    version = str(overlay["overlay"])
    if not version.startswith("1."):
        raise SpecError(
            f"this is Overlay {version[:_MAX_VERSION_CHARS]}; 1.0, 1.1 and 1.2 can be applied.",
            address=address,
            pointer="/overlay",
        )
    return actions


def _resolve_action(raw_action: Json, overlay: JsonObject) -> JsonObject:
    """Return an action's fields; its own win over those of the reusable action it refers to.

    That is the Reusable Action Reference Object of Overlay 1.2.
    """
    if not isinstance(raw_action, dict):
        raise _ImpossibleAction("an action should be an object.")
    action: JsonObject = raw_action
    reference = raw_action.get("$ref")
    if isinstance(reference, str):
        action = {**_reusable_fields(reference, overlay), **raw_action}
    if not isinstance(action.get("target"), str):
        raise _ImpossibleAction("an action needs a `target`, a JSONPath.")
    return action


def _reusable_fields(reference: str, overlay: JsonObject) -> JsonObject:
    reusable = json_pointer.MISSING
    if reference.startswith(_REUSABLE_ACTIONS):
        reusable = json_pointer.target_of(overlay, reference)
    if not isinstance(reusable, dict):
        raise _ImpossibleAction(f"the reference {reference!r} leads to no reusable action.")
    fields = reusable.get("fields", {})
    if not isinstance(fields, dict):
        raise _ImpossibleAction(f"the `fields` of {reference!r} should be an object.")
    return fields


def _carry_out(action: JsonObject, edit: _Edit, selector: _Selector) -> bool:
    """Carry out one action; return whether its target matched."""
    nodes = selector.select(action["target"], edit.document)
    if action.get("remove") is True:
        edit.remove([node.path for node in nodes])
    elif "update" in action:
        _update_all(edit, nodes, action["update"])
    elif "copy" in action:
        _update_all(edit, nodes, _value_to_copy(action["copy"], edit.document, selector))
    else:
        raise _ImpossibleAction("an action needs one of `update`, `copy` and `remove: true`.")
    return bool(nodes)


def _value_to_copy(query: Json, document: JsonObject, selector: _Selector) -> Json:
    nodes = selector.select(query, document) if isinstance(query, str) else []
    if len(nodes) != 1:
        raise _ImpossibleAction(f"`copy` must select one node, but {query!r} selects {len(nodes)}.")
    return nodes[0].value


# --- JSONPath (RFC 9535) ---


class _Node(NamedTuple):
    """What a JSONPath selects."""

    path: Path
    value: Json


class _Selector:
    """Selects nodes by JSONPath, for one Overlay: all its queries together end within a bound."""

    def __init__(self) -> None:
        self._visits_left = _MAX_VISITS
        self._selections_left = _MAX_SELECTED
        self._environment: JSONPathEnvironment | None = None  # made for the first query

    def select(self, query: str, document: JsonObject) -> list[_Node]:
        """Return the nodes that a query selects."""
        from jsonpath import JSONPathError  # noqa: PLC0415 -- only who has overlays pays for it

        if self._environment is None:
            self._environment = _make_environment(self._count_visit)
        try:
            matches = _counted_matches(self._environment, query, document)
            nodes = [
                _Node(match.parts, match.obj) for match in islice(matches, self._selections_left)
            ]
        except RecursionError:
            reason = "it is too long"
        except JSONPathError as error:
            reason = error.args[0] if error.args else type(error).__name__
        else:
            self._selections_left -= len(nodes)
            if self._selections_left <= 0:
                raise _ImpossibleAction(_TOO_MANY_SELECTED.format(query))
            return nodes
        raise _ImpossibleAction(f"{query!r} cannot be evaluated as JSONPath (RFC 9535): {reason}.")

    def _count_visit(self) -> None:
        self._visits_left -= 1
        if self._visits_left < 0:
            raise _ImpossibleAction(_TOO_MANY_VISITED)


def _counted_matches(
    environment: JSONPathEnvironment, query: str, document: JsonObject
) -> Iterable[JSONPathMatch]:
    """Evaluate a query with an environment's own kind of match, which its `finditer` does not."""
    root = environment.match_class(
        filter_context={}, obj=document, parent=None, path="$", parts=(), root=document
    )
    matches: Iterable[JSONPathMatch] = [root]
    compiled: Any = environment.compile(query)  # no query of RFC 9535 is compound
    for segment in compiled.segments:
        matches = segment.resolve(matches)
    return matches


def _make_environment(count_visit: Callable[[], None]) -> JSONPathEnvironment:
    """Return what evaluates JSONPaths, calls a function at each node, and never searches long."""
    from jsonpath import JSONPathEnvironment, JSONPathMatch  # noqa: PLC0415 -- as above
    from jsonpath.function_extensions import Match, Search  # noqa: PLC0415 -- as above

    class CountedMatch(JSONPathMatch):
        def __init__(self, **fields: Any) -> None:
            count_visit()
            super().__init__(**fields)

    class LinearMatch(Match):
        def __call__(self, value: object, pattern: object) -> bool:
            return _is_found(f"^(?:{pattern})$", value) if isinstance(pattern, str) else False

    class LinearSearch(Search):
        def __call__(self, value: object, pattern: object) -> bool:
            return _is_found(pattern, value) if isinstance(pattern, str) else False

    environment = JSONPathEnvironment(strict=True)
    environment.match_class = CountedMatch
    environment.function_extensions |= {"match": LinearMatch(), "search": LinearSearch()}
    return environment


def _is_found(pattern: str, value: object) -> bool:
    compiled = _compiled(pattern) if isinstance(value, str) else None
    return compiled is not None and compiled.is_valid(value)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Validator | None:
    """Return a regular expression (RFC 9485) in an engine that does not go back."""
    import jsonschema_rs  # noqa: PLC0415 -- only who has overlays that search pays for it

    try:
        return jsonschema_rs.validator_for(
            {"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions()
        )
    except jsonschema_rs.ValidationError:
        return None


# --- merging ---


def _update_all(edit: _Edit, nodes: list[_Node], new: Json) -> None:
    kinds = {_kind(node.value) for node in nodes}
    if len(kinds) > 1:
        raise _ImpossibleAction(
            "the target selects nodes of several kinds: "
            "they must be all objects, all arrays, or all primitives."
        )
    for node in nodes:
        edit.change(node.path, lambda value: _updated(value, new))


def _updated(value: Json, new: Json) -> Json:
    """Return a selected value after an update.

    An array takes anything in; other values take what is of their own kind.
    """
    if isinstance(value, list) and not isinstance(new, list):
        return [*value, new]
    return _merged(value, new)


def _merged(old: Json, new: Json, pointer: str = "") -> Json:
    """Merge a part of an update, which stands at `pointer` in it, into what is there."""
    # `components:` with nothing behind it, as in the specification's own example
    if new is None and isinstance(old, dict | list):
        return old
    if _kind(old) != _kind(new):
        where = f" ({pointer} of the update)" if pointer else ""
        raise _ImpossibleAction(f"{_kind(new)} cannot be merged into {_kind(old)}{where}.")
    if isinstance(new, list):
        return [*old, *new]
    if not isinstance(new, dict):
        return new
    merged = dict(old)
    for key, value in new.items():
        is_new = key not in old
        merged[key] = value if is_new else _merged(old[key], value, json_pointer.join(pointer, key))
    return merged


def _kind(value: Json) -> str:
    match value:
        case dict():
            return "an object"
        case list():
            return "an array"
        case _:
            return "a primitive value"


# --- editing a copy ---


class _Edit:
    """A document while an action changes it.

    Every object and array on the way to a change is copied, once.
    """

    def __init__(self, document: JsonObject) -> None:
        self.document = document
        self._copies: dict[int, Any] = {}  # by id; keeps the copies alive, so that ids stay theirs

    def change(self, path: Path, make: Callable[[Json], Json]) -> None:
        """Replace a node by what `make` returns for it."""
        if not path:
            self.document = self._remember(make(self.document))
            return
        *parent_path, key = path
        parent = self._editable(tuple(parent_path))
        parent[key] = self._remember(make(parent[key]))

    def remove(self, paths: list[Path]) -> None:
        """Remove nodes from what holds them: the deepest first, and of an array the last."""
        if () in paths:
            raise _ImpossibleAction("the root cannot be removed.")
        deepest_first = sorted(set(paths), key=_depth_and_parent, reverse=True)
        for parent_path, siblings in groupby(deepest_first, key=lambda path: path[:-1]):
            parent = self._editable(parent_path)
            keys = [path[-1] for path in siblings]
            for key in sorted(keys, key=_index_or_none, reverse=True):
                del parent[key]

    def _editable(self, path: Path) -> Any:
        """Return the node at a path, itself and all above it copied."""
        node: Any = self._copy_once(self.document)
        self.document = node
        for key in path:
            node[key] = self._copy_once(node[key])
            node = node[key]
        return node

    def _copy_once(self, value: Any) -> Any:
        return value if id(value) in self._copies else self._remember(value.copy())

    def _remember(self, value: Any) -> Any:
        if isinstance(value, dict | list):
            self._copies[id(value)] = value
        return value


def _depth_and_parent(path: Path) -> tuple[int, list[str]]:
    """Sort by depth, and what has the same parent together."""
    return len(path), [str(key) for key in path[:-1]]


def _index_or_none(key: str | int) -> int:
    """Sort the items of an array by their index; the order of an object's keys does not matter."""
    return key if isinstance(key, int) else -1
