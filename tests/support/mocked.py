"""Hold a mock to its document: every read answers as it says, and what is made is kept."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from openapi2tools._core import pointer
from openapi2tools.mock.app import Mock
from openapi2tools.mock.patterns import pattern_text
from openapi2tools.model import Effect
from openapi2tools.testing import connect_app
from openapi2tools.tools.resources.find import Resources
from openapi2tools.tools.resources.values import find_item, find_items, identifier_name
from openapi2tools.tools.samples.sample import NoSample, Sampler

if TYPE_CHECKING:
    from openapi2tools.call.client import Client
    from openapi2tools.model import Api, Result, Tool
    from openapi2tools.tools.resources.find import Resource

WRONG = "The answer is not what the document says"
UNCHECKED = "The answer was not checked"


class Held:
    """What came of one document: counts, and a line for each thing that does not hold."""

    def __init__(self, api: Api) -> None:
        self.counts: Counter[str] = Counter()
        self.faults: list[str] = []
        with connect_app(
            Mock(api, auth=False), validate=True, limit_tokens=10**9, backoff=0
        ) as client:
            self._tools = {tool.operation.key: tool for tool in client.tools.values()}
            for tool in client.tools.values():
                if tool.effect is Effect.READ:
                    self._read(client, tool)
            for resource in Resources(api.operations):
                if {"create", "read"} <= resource.operations.keys():
                    self._live(client, resource)

    def _read(self, client: Client, tool: Tool) -> None:
        if tool.operation.method == "HEAD" or not any(
            each.status[:1] in "2d" for each in tool.operation.responses
        ):
            self.counts["reads without a success"] += 1
            return
        self.counts["reads"] += 1
        try:
            arguments = arguments_of(tool)
        except NoSample:
            self.counts["reads without arguments"] += 1
            return
        result = client.call(tool.name, arguments)
        notes = [note for note in result.notes if note.startswith(WRONG)]
        if not result.ok or notes:
            self.faults.append(f"{tool.operation.key}: {notes or brief(result)}")
            return
        self.counts["reads that are right"] += 1
        self.counts["reads not checked"] += any(n.startswith(UNCHECKED) for n in result.notes)

    def _live(self, client: Client, resource: Resource) -> None:
        """Create an item, get it, see it in the list, delete it, and get it no more."""
        roles = {role: self._tools.get(each.key) for role, each in resource.operations.items()}
        create, read = roles.get("create"), roles.get("read")
        if create is None or read is None or create.effect is Effect.READ:
            return
        try:
            arguments = arguments_of(create)
        except NoSample:
            return
        made = client.call(create.name, arguments)
        identifier = self._identifier(made, resource)
        if not made.ok or identifier is None:
            self.counts["creates without an identifier"] += made.ok
            if not made.ok:
                self.faults.append(f"{create.operation.key}: {brief(made)}")
            return
        self.counts["created"] += 1
        parents = {b.name: b.argument[0] for b in create.bindings if b.location == "path"}
        path_values = [arguments[argument] for argument in parents.values()]
        item = [*path_values, identifier]
        steps: list[tuple[str, list[Any], int]] = [("read", item, 200)]
        if roles.get("list"):
            steps.append(("list", path_values, 200))
        if roles.get("delete"):
            steps += [("delete", item, 200), ("read", item, 404)]
            if roles.get("list"):
                steps.append(("list", path_values, 0))
        for role, values, status in steps:
            tool = roles[role]  # type: ignore[index]
            assert tool is not None
            result = client.call(tool.name, self._with_path(tool, values))
            fault = self._fault(role, result, resource, identifier, status)
            if fault:
                self.faults.append(f"{tool.operation.key} after {create.operation.key}: {fault}")
                return
        self.counts["lives that hold"] += 1

    def _fault(
        self,
        role: str,
        result: Result,
        resource: Resource,
        identifier: Any,
        status: int,
    ) -> str:
        """Say what is wrong with an answer; of a list without an item, the status is 0."""
        if status == 404:
            return "" if result.status == 404 else f"it is still there: {brief(result)}"
        if not result.ok:
            return brief(result)
        if role != "list":
            return ""
        at = find_items(result.data, resource)
        items = pointer.lookup(result.data, at) if at is not None else []
        names = [identifier_name(each, resource) for each in items]
        if status and (not items or None in names):
            self.counts["lists without identifiers"] += 1
            return ""
        found = [str(e[n]) for e, n in zip(items, names, strict=True) if n is not None]
        is_there = str(identifier) in found
        return "" if is_there is (status != 0) else f"{identifier!r} among {found}"

    @staticmethod
    def _with_path(tool: Tool, values: list[Any]) -> dict[str, Any]:
        arguments = arguments_of(tool)
        names = [
            b.argument[0]
            for p in tool.operation.path.split("/")
            for b in tool.bindings
            if b.location == "path" and "{" + b.name + "}" in p
        ]
        return {**arguments, **dict(zip(names, values, strict=False))}

    @staticmethod
    def _identifier(made: Result, resource: Resource) -> Any:
        location = made.headers.get("location", "")
        if location:
            return unquote(location.rpartition("/")[2].removesuffix(".json"))
        at = find_item(made.data, resource)
        item = pointer.lookup(made.data, at) if at is not None else None
        name = identifier_name(item, resource)
        if isinstance(item, dict) and name is not None:
            return item[name]
        return None


def arguments_of(tool: Tool) -> dict[str, Any]:
    """Give arguments for a tool: what it requires, made from its schema."""
    schema = {
        **tool.schema,
        "properties": {
            name: inner
            for name, inner in tool.schema["properties"].items()
            if name in tool.schema.get("required", ())
        },
    }
    made = Sampler(schema, pattern_text).sample("arguments")
    if not isinstance(made, dict) or not schema["properties"]:
        return {}
    return {name: _with_plain_files(value) for name, value in made.items()}


def _with_plain_files(value: Any) -> Any:
    """Give the content of files, whose paths nobody has."""
    if isinstance(value, list):
        return [_with_plain_files(each) for each in value]
    if not isinstance(value, dict):
        return value
    if value and value.keys() <= {"path", "text", "base64", "filename", "content_type"}:
        return {"text": "x"}
    return {name: _with_plain_files(each) for name, each in value.items()}


def brief(result: Result) -> str:
    return f"{result.status} {result.text[:300]!r}"
