"""A store of things on loopback: its first write gets no answer, whether or not it was made."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openapi2tools.call.client import Client
    from tests.support.server import Received

TEA = {"name": "tea", "price": 3}
NEW = ("add_item", TEA)
OTHER = ("add_item", {"name": "jam"})
PRICED = ("set_price", {"item_id": 1, "price": 9})
REPLACED = ("replace_item", {"item_id": 1, "name": "ink", "price": 4})
REMOVED = ("remove_item", {"item_id": 1})


def operation(name: str, *, sends: bool = False) -> dict[str, Any]:
    fields = {"name": {"type": "string"}, "price": {"type": "number"}}
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": fields}}}}
    described = {"operationId": name, "responses": {"200": {"description": "Fine"}}}
    return {**described, "requestBody": body} if sends else described


ITEM = {"name": "item_id", "in": "path", "required": True, "schema": {"type": "integer"}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Store", "version": "1"},
    "paths": {
        "/items": {"get": operation("list_items"), "post": operation("add_item", sends=True)},
        "/items/{item_id}": {
            "parameters": [ITEM],
            "get": operation("get_item"),
            "put": operation("replace_item", sends=True),
            "patch": operation("set_price", sends=True),
            "delete": operation("remove_item"),
        },
    },
}


@dataclass
class Store:
    """Things by their ids. The first write is lost on its way there, or its answer on the way back.

    With `times` it says when each thing was made; `on_write` is what else happens meanwhile.
    """

    lost: str = "answer"
    times: bool = False
    on_write: Callable[[Store], None] | None = None
    items: dict[int, dict[str, Any]] = field(
        default_factory=lambda: {1: {"id": 1, "name": "pen", "price": 2}}
    )
    writes: list[str] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)

    def answer(self, request: Received) -> Answer:
        if request.method == "GET":
            self.reads.append(request.path)
            return self.carry_out(request)
        self.writes.append(f"{request.method} {request.path}")
        is_first = len(self.writes) == 1
        if is_first and self.on_write is not None:
            self.on_write(self)
        if is_first and self.lost == "request":
            raise ConnectionResetError
        answer = self.carry_out(request)
        if is_first and self.lost == "answer":
            raise ConnectionResetError
        return answer

    def carry_out(self, request: Received) -> Answer:
        date = {"Date": format_datetime(datetime.now(UTC), usegmt=True)}
        if request.path == "/items":
            if request.method == "POST":
                return Answer(201, self.add(request.json()))
            return Answer(200, {"items": list(self.items.values())}, date)
        number = int(request.path.rpartition("/")[2])
        if number not in self.items:
            return Answer(404, {})
        if request.method == "DELETE":
            del self.items[number]
            return Answer(204)
        if request.method != "GET":
            kept = self.items[number] if request.method == "PATCH" else {"id": number}
            self.items[number] = {**kept, **request.json()}
        return Answer(200, self.items[number])

    def add(self, item: dict[str, Any]) -> dict[str, Any]:
        number = max(self.items, default=0) + 1
        made = {"created_at": datetime.now(UTC).isoformat()} if self.times else {}
        self.items[number] = {"id": number, **item, **made}
        return self.items[number]


@contextmanager
def open_store(store: Store, **policy: Any) -> Iterator[Client]:
    with LoopbackServer(store.answer) as server:
        tools = build_tools(load({**DOCUMENT, "servers": [{"url": server.url}]}))
        policy = {"settle_seconds": 0, **policy}
        yield connect(tools, retries=0, policy=Policy(**policy))
