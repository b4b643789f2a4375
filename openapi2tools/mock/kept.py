"""What a mock keeps: which items there are, what is known of each, and which are gone.

Everything stands under the path of a request, variables filled in: `/pets/7` is an item of `/pets`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from openapi2tools._core import pointer
from openapi2tools._core.path_template import VARIABLE
from openapi2tools.mock.bodies import Fault
from openapi2tools.mock.identifiers import Identifiers, item_in, with_value
from openapi2tools.mock.paging import without_more_pages
from openapi2tools.model import ABSENT
from openapi2tools.tools.resources.values import find_items, identifier_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools.mock.answers import Answers
    from openapi2tools.mock.request import Request
    from openapi2tools.model import Json, JsonObject, Operation
    from openapi2tools.tools.resources.find import Place, Resource
    from openapi2tools.tools.schema.convert import Schemas

_ITEMS_AT_FIRST: Final = 2


class Kept:
    """The items of one mock.

    Args:
        answers: Makes the values of what nobody has sent.
        inputs: The schemas of the API, converted for requests.
    """

    def __init__(self, answers: Answers, inputs: Schemas) -> None:
        self._answers = answers
        self._identifiers_of = Identifiers(answers, inputs)
        self._facts: dict[str, JsonObject] = {}  # what is known of an item, by its path
        self._identifiers: dict[str, Json] = {}  # of items that were made, by their path
        self._members: dict[str, list[str]] = {}  # the paths of a collection's items, newest first
        self._gone: set[str] = set()

    def answer(
        self, place: Place | None, operation: Operation, request: Request, body: Json
    ) -> tuple[Json, str]:
        """Do what a request asks, and return the value of its answer, and where what it made is.

        Raises:
            Fault: What it is about was removed.
        """
        self._check_not_gone(request.path, place)
        if place is None:
            return self._answers.sample(operation, f"{request.method} {request.path}"), ""
        resource = place.resource
        match place.role:
            case "list":
                return self._list(resource, request), ""
            case "create":
                return self._create(resource, operation, request, body)
            case "delete":
                value = self._answers.sample(operation, request.path)
                self._facts.pop(request.path, None)
                self._gone.add(request.path)
                for members in self._members.values():
                    if request.path in members:
                        members.remove(request.path)
                return value, ""
        return self._item(place, operation, request, body), ""

    def _check_not_gone(self, path: str, place: Place | None) -> None:
        is_made_anew = place is not None and place.role == "replace"
        for gone in self._gone:
            if path.startswith(f"{gone}/") or (path == gone and not is_made_anew):
                raise Fault(404, f"{gone} was deleted.")

    # --- items ---

    def _item(self, place: Place, operation: Operation, request: Request, body: Json) -> Json:
        """Read, replace or change one item."""
        resource, path = place.resource, request.path
        facts = self._facts_of(resource, request)
        sent = item_in(body, resource).item if isinstance(body, dict) else None
        if place.role == "replace" and sent is not None:
            name = self._identifiers_of.name(resource)
            facts = {each: value for each, value in facts.items() if each == name}
            self._gone.discard(path)
        if place.role != "read" and sent is not None:
            facts = {**facts, **sent}
            self._facts[path] = facts
            self._join(resource, path, request)
        value = self._answers.sample(operation, path)
        return self._with_facts(value, resource, facts, operation)

    def _named(self, shown: JsonObject, resource: Resource, path: str) -> JsonObject:
        """Return what is known of an item, its identifier under the name that is shown there."""
        facts = self._facts[path]
        name = identifier_name(shown, resource)
        if path not in self._identifiers or name is None:
            return facts
        identifier = self._identifiers[path]
        is_text = isinstance(shown[name], str)
        return {**facts, name: str(identifier) if is_text else identifier}

    def _facts_of(self, resource: Resource, request: Request) -> JsonObject:
        """Return what is known of an item: at least its identifier, from the path."""
        path = request.path
        if path not in self._facts and "list" in resource.operations:
            parents = list(request.variables.values())[:-1]
            self._begin(resource, _filled(resource.operations["list"].path, parents), parents)
        if path in self._facts:
            return self._facts[path]
        name = self._identifiers_of.name(resource)
        if name is None or not resource.identifier or not request.variables:
            return {}
        text = unquote(list(request.variables.values())[-1])
        return {name: int(text) if text.isdecimal() else text}

    # --- collections ---

    def _list(self, resource: Resource, request: Request) -> Json:
        operation = resource.operations["list"]
        envelope = self._begin(resource, request.path, list(request.variables.values()))
        at = find_items(envelope, resource)
        shown = pointer.lookup(envelope, at) if at is not None else None
        if at is None or not (isinstance(shown, list) and all(isinstance(e, dict) for e in shown)):
            return envelope
        template = shown[0] if shown else {}

        def fits(item: Json) -> bool:
            return self._answers.accepts(operation, with_value(envelope, at, [item]))

        items = [
            _with_fields(template, self._named(template, resource, path), fits)
            for path in self._members.get(request.path, ())
        ]
        while items and not self._answers.accepts(operation, with_value(envelope, at, items)):
            if len(items) == 1:
                break
            items.pop()
        listed = with_value(envelope, at, items)
        if not items and not self._answers.accepts(operation, listed):
            return envelope  # a list that may not be empty
        return without_more_pages(
            listed, len(items), lambda value: self._answers.accepts(operation, value)
        )

    def _begin(self, resource: Resource, path: str, parents: list[str]) -> Json:
        """Return what a collection answers by the document, whose items it begins with."""
        operation = resource.operations["list"]
        envelope = self._answers.sample(operation, path, length=_ITEMS_AT_FIRST)
        if path in self._members:
            return envelope
        self._members[path] = []
        at = find_items(envelope, resource)
        shown = pointer.lookup(envelope, at) if at is not None else []
        for number, item in enumerate(shown if isinstance(shown, list) else []):
            name = identifier_name(item, resource)
            identifier = item[name] if name is not None else f"#{number}"
            item_path = _item_path(resource, path, parents, identifier)
            is_known = item_path in self._gone or item_path in self._members[path]
            if isinstance(item, dict) and not is_known:
                self._facts.setdefault(item_path, dict(item))
                self._members[path].append(item_path)
        return envelope

    def _join(self, resource: Resource, path: str, request: Request) -> None:
        """Make an item a member of its collection, if it is not."""
        if not (resource.identifier and "list" in resource.operations):
            return
        parents = list(request.variables.values())[:-1]
        collection = _filled(resource.operations["list"].path, parents)
        self._begin(resource, collection, parents)
        members = self._members[collection]
        if path not in members:
            members.insert(0, path)

    def _create(
        self, resource: Resource, operation: Operation, request: Request, body: Json
    ) -> tuple[Json, str]:
        sent = item_in(body, resource).item
        if body is not ABSENT and not isinstance(body, dict):  # many at once, or a file
            return self._answers.sample(operation, request.path), ""
        parents = list(request.variables.values())
        collection = request.path
        if "list" in resource.operations:
            collection = _filled(resource.operations["list"].path, parents)
            self._begin(resource, collection, parents)
        members = self._members.setdefault(collection, [])
        number = 1 + sum(map(len, self._members.values()))
        key = f"{request.path} {number}"
        name = self._identifiers_of.name(resource)
        identifier = self._identifier(resource, sent, members, key)
        facts = {**sent, **({} if name is None else {name: identifier})}
        value = self._answers.sample(operation, key)
        value = self._with_facts(value, resource, facts, operation)
        item = item_in(value, resource).item
        shown = item.get(identifier_name(item, resource) or "")
        if shown is not None and self._identifiers_of.fits(resource, shown):
            identifier = shown  # what whoever made it goes by
        path = _item_path(resource, collection, parents, identifier)
        self._facts[path] = {**item, **facts}
        self._identifiers[path] = identifier
        self._gone.discard(path)
        members[:] = [path, *(each for each in members if each != path)]
        return value, path if resource.identifier else ""

    def _identifier(
        self, resource: Resource, sent: JsonObject, members: list[str], key: str
    ) -> Json:
        """Return the identifier of a new item: the one that was sent, else one that is free."""
        sent_identifier = sent.get(self._identifiers_of.name(resource) or "")
        is_usable = isinstance(sent_identifier, str | int)
        if is_usable and self._identifiers_of.fits(resource, sent_identifier):
            return sent_identifier
        taken = {self._identifiers.get(each) for each in members}
        taken |= {each.rpartition("/")[2] for each in (*members, *self._gone)}
        return self._identifiers_of.new(resource, key, taken)

    def _with_facts(
        self, value: Json, resource: Resource, facts: JsonObject, operation: Operation
    ) -> Json:
        """Return an answer about an item with what is known of it, where the document allows."""
        at, item = item_in(value, resource)
        if not isinstance(value, dict):
            return value

        def fits(changed: Json) -> bool:
            return self._answers.accepts(operation, with_value(value, at, changed))

        return with_value(value, at, _with_fields(item, facts, fits))


def _with_fields(item: JsonObject, fields: JsonObject, fits: Callable[[Json], bool]) -> JsonObject:
    """Return an item with these fields, as far as it has them and is still what it has to be."""
    is_free = all(re.fullmatch(r"key\d+", name) for name in item)
    known = {name: value for name, value in fields.items() if name in item or is_free}
    whole = {**({} if is_free else item), **known}
    if fits(whole):
        return whole
    for name, value in known.items():
        changed = {**item, name: value}
        if fits(changed):
            item = changed
    return item


def _item_path(resource: Resource, collection: str, parents: list[str], identifier: Json) -> str:
    template = resource.item if resource.identifier else ""
    if not template:
        return f"{collection}/{identifier}"
    return _filled(template, [*parents, quote(str(identifier), safe="")])


def _filled(template: str, values: list[str]) -> str:
    """Return a path with values, still encoded, in the places of its variables, in their order."""
    remaining = iter(values)
    path = VARIABLE.sub(
        lambda _: unquote(next(remaining, "x")), re.split("[?#]", template, maxsplit=1)[0]
    )
    return path.rstrip("/")
