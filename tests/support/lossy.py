"""A mock of a document whose writes get no answer: what they do, and what is found out of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import httpx

from openapi2tools.agent.loop import Agent
from openapi2tools.agent.record.entries import Settled
from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from openapi2tools.call.settle.look import find_look
from openapi2tools.errors import OpenAPI2ToolsError
from openapi2tools.mock.app import Mock
from openapi2tools.mock.patterns import pattern_text
from openapi2tools.model import Effect
from openapi2tools.testing import ScriptedModel
from openapi2tools.tools.build import build_tools
from openapi2tools.tools.samples.sample import NoSample, Sampler
from openapi2tools.transport.http.asgi import BASE_URL

if TYPE_CHECKING:
    from openapi2tools.call.client import Client
    from openapi2tools.model import Api, Tool, Toolset

Lost = Literal["request", "answer"]


class LossyTransport(httpx.AsyncBaseTransport):
    """Loses the first write: on its way there, or its answer on the way back."""

    def __init__(self, app: Any, lost: Lost) -> None:
        self._app = httpx.ASGITransport(app)
        self._lost = lost
        self.statuses: list[int] = []
        """Those of the writes; 0 for the one that did not arrive."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.method in ("GET", "HEAD"):
            return await self._app.handle_async_request(request)
        is_first = not self.statuses
        if is_first and self._lost == "request":
            self.statuses.append(0)
            raise httpx.ReadError("lost", request=request)
        response = await self._app.handle_async_request(request)
        self.statuses.append(response.status_code)
        if is_first:
            raise httpx.ReadError("lost", request=request)
        return response


@dataclass
class Writes:
    """What was found out of the writes of one document."""

    snapshot: bool
    counts: Counter[str] = field(default_factory=Counter)
    false: list[str] = field(default_factory=list)

    def measure(self, api: Api, most: int) -> None:
        """Make up to so many writes of a document that a read can show, each lost in both ways."""
        tools = build_tools(api)
        client = self._client(tools, LossyTransport(None, "request"))
        found = [
            tool
            for tool in tools.values()
            if tool.effect is not Effect.READ and self._has_look(client, tool)
        ]
        for tool in found[:most]:
            for lost in ("request", "answer"):
                self._lose(api, tools, tool, lost)  # type: ignore[arg-type]

    def _has_look(self, client: Client, tool: Tool) -> bool:
        try:
            prepared = client.prepare(tool.name, arguments_of(tool))
        except (NoSample, OpenAPI2ToolsError):
            return False
        return find_look(client.tools, prepared) is not None

    def _client(self, tools: Toolset, transport: LossyTransport) -> Client:
        policy = Policy(snapshot=self.snapshot, settle_seconds=0)
        return connect(
            tools,
            transport=transport,
            server=BASE_URL,
            policy=policy,
            retries=0,
            credentials=lambda *_: "a:b",
        )

    def _lose(self, api: Api, tools: Toolset, tool: Tool, lost: Lost) -> None:
        transport = LossyTransport(Mock(api, auth=False), lost)
        client = self._client(tools, transport)
        call = (tool.name, arguments_of(tool))
        agent = Agent(client, ScriptedModel(call, call, "Done"), offer="all")
        try:
            session = agent.run("Do it").session
        except OpenAPI2ToolsError:  # such as two schemes for one header
            self.counts["not sent"] += 1
            return
        settled = [entry for entry in session if isinstance(entry, Settled)]
        if not settled:
            self.counts["not sent"] += 1
            return
        took_effect = 200 <= transport.statuses[0] < 300
        outcome = settled[0].outcome
        self.counts["writes"] += 1
        self.counts[outcome] += 1
        if outcome != "unclear" and (outcome == "took_effect") is not took_effect:
            self.false.append(f"{tool.operation.key}, {lost} lost: {settled[0].how}")


def arguments_of(tool: Tool) -> Any:
    return Sampler(tool.schema, pattern_text).sample("a write", length=1)
