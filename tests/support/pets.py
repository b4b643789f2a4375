"""A small API on loopback, its tools and a client for them; what came in is in `shop.received`."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from openapi2tools.call.connect import connect
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.call.client import Client
    from openapi2tools.call.policy import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator


PET = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "kind": {"type": "string", "enum": ["cat", "dog"]}},
}
ID = {"name": "pet_id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 1}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    "paths": {
        "/pets": {
            "get": {
                "operationId": "find_pets",
                "summary": "Find pets by name",
                "parameters": [{"name": "name", "in": "query", "schema": {"type": "string"}}],
                "responses": {"200": {"description": "The pets"}},
            },
            "post": {
                "operationId": "add_pet",
                "summary": "Add a pet",
                "requestBody": {"required": True, "content": {"application/json": {"schema": PET}}},
                "responses": {"201": {"description": "The pet"}},
            },
        },
        "/pets/{pet_id}": {
            "get": {
                "operationId": "get_pet",
                "summary": "Get a pet",
                "parameters": [ID],
                "responses": {"200": {"description": "The pet"}},
            },
            "delete": {
                "operationId": "delete_pet",
                "summary": "Delete a pet",
                "parameters": [ID],
                "security": [{"token": []}],
                "responses": {"204": {"description": "Gone"}},
            },
        },
    },
}


@dataclass
class Pets:
    """The pets and those who asked for them. With `together` every request for a pet waits until so
    many are there."""

    names: dict[int, str] = field(default_factory=lambda: {1: "Rex", 2: "Tom"})
    together: threading.Barrier | None = None
    hold: threading.Event | None = None
    arrived: threading.Event = field(default_factory=threading.Event)
    received: list[Received] = field(default_factory=list)

    def answer(self, request: Received) -> Answer:
        self.received.append(request)
        self.arrived.set()
        if self.together is not None:
            self.together.wait(timeout=120)
        if self.hold is not None:
            self.hold.wait(timeout=120)
        if request.path == "/pets" and request.method == "POST":
            self.names[len(self.names) + 1] = request.json()["name"]
            return Answer(201, {"id": len(self.names), **request.json()})
        if request.path == "/pets":
            return Answer(
                200,
                [
                    {"id": key, "name": name}
                    for key, name in self.names.items()
                    if name in request.query or not request.query
                ],
            )
        key = int(request.path.rpartition("/")[2])
        if key not in self.names:
            return Answer(404, {"detail": f"no pet {key}"})
        return Answer(200, {"id": key, "name": self.names[key]})


@contextmanager
def open_pets(
    pets: Pets | None = None, policy: Policy | None = None, **options: Any
) -> Iterator[tuple[Pets, Client]]:
    """Serve the pets and give a client for them."""
    pets = pets or Pets()
    with LoopbackServer(pets.answer) as server:
        document = {**DOCUMENT, "servers": [{"url": server.url}]}
        yield pets, connect(build_tools(load(document)), policy=policy, **options)
