"""A small API for what other people's agents call: pets, a picture, a write, and a secret."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openapi2tools import Client, Policy, build_tools, connect, load
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Iterator

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(40))


def _operation(name: str, *parameters: Any, **more: Any) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": f"{name}.",
        "parameters": list(parameters),
        "responses": {"200": {"description": "Good."}},
        **more,
    }


def _query(name: str, type_: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": {"type": type_}}


# names that the frameworks use for arguments of their own
ODD_NAMES = ("self", "ctx", "config", "callbacks", "run_manager", "arguments", "runtime")
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "paths": {
        "/pets": {
            "get": _operation(
                "find_pets",
                _query("limit", "integer"),
                *(_query(name, "string") for name in ODD_NAMES),
            ),
            "post": _operation(
                "add_pet",
                requestBody={
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {
                                    "name": {"type": "string"},
                                    "age": {"type": "integer"},
                                },
                                "required": ["name"],
                            }
                        }
                    },
                },
            ),
        },
        "/picture": {"get": _operation("get_picture")},
        "/secret": {"get": _operation("get_secret", security=[{"key": []}])},
    },
    "components": {"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
}


@dataclass(frozen=True)
class Pets:
    """A client of the API, and what came to it."""

    client: Client
    server: LoopbackServer

    @property
    def sent(self) -> list[str]:
        return [f"{request.method} {request.target}" for request in self.server.received]


@contextmanager
def pets(**options: Any) -> Iterator[Pets]:
    def answer(request: Any) -> Answer:
        if request.path == "/picture":
            return Answer(200, PNG, {"Content-Type": "image/png"})
        body = {"added": request.json()} if request.method == "POST" else {"found": request.query}
        return Answer(200, body, {"Content-Type": "application/json"})

    with LoopbackServer(answer) as server:
        tools = build_tools(load({**DOCUMENT, "servers": [{"url": server.url}]}))
        yield Pets(connect(tools, **{"policy": Policy(confirm="writes"), **options}), server)
