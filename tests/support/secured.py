"""A tool of one operation with the security under test, and how to send it to a loopback server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx

from openapi2tools._core import portal
from openapi2tools.call.auth import plan
from openapi2tools.model import Api, Call, Effect, Operation, SecurityScheme, Server, Tool

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CALL = Call("t")


def secured(
    *schemes: SecurityScheme,
    security: Sequence[Mapping[str, Sequence[str]]] | None = None,
    servers: Sequence[str | Server] = (),
    address: str | None = None,
) -> Tool:
    """Make a tool that needs all of `schemes`, unless `security` says otherwise."""
    wanted = [{scheme.key: () for scheme in schemes}] if security is None else security
    operation = Operation(
        "GET",
        "/pets",
        id="t",
        security=tuple(
            {key: tuple(scopes) for key, scopes in requirement.items()} for requirement in wanted
        ),
        servers=tuple(Server(server) if isinstance(server, str) else server for server in servers),
    )
    api = Api(
        "Pets",
        "3.1",
        (operation,),
        {},
        schemes={scheme.key: scheme for scheme in schemes},
        address=address,
    )
    return Tool("t", "", {"type": "object"}, (), Effect.READ, operation, api)


def send(
    tool: Tool,
    credentials: Any,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    **options: Any,
) -> httpx.Response:
    """Send one GET with the tool's authentication; `options` go to `plan`."""

    async def go() -> httpx.Response:
        auth = await plan(tool, credentials, **options).auth(CALL)
        async with httpx.AsyncClient(verify=False) as client:
            return await client.send(
                client.build_request("GET", url, headers=headers, extensions={"client": client}),
                auth=auth,
            )

    return portal.run(go)
