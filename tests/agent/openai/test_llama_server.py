"""llama.cpp's own server takes what the history of a run holds, however odd the calls were.

Once a malformed call is in the history, that server answers 500 for ever. Opt-in: `make test-model`
(needs the extra `local`).
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from openapi2tools.agent.local.model import LocalModel
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.openai.model import OpenAIModel
from tests.support import other_servers as servers
from tests.support.odd_calls import ODD_CALLS
from tests.support.openai_server import OpenAIServer, calls, says
from tests.support.other_servers import OtherServer
from tests.support.pets import open_pets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Complete = Any


@pytest.fixture(scope="module")
def complete() -> Iterator[Callable[[dict[str, Any]], httpx.Response]]:
    """Ask llama.cpp for one token after a request."""
    with LocalModel(threads=1) as model:
        server = asyncio.run(model._running_server())
        headers = {"Authorization": f"Bearer {server.key}"}
        with httpx.Client(base_url=server.address, headers=headers, timeout=600) as client:

            def ask(request: dict[str, Any]) -> httpx.Response:
                whole = {key: request[key] for key in ("model", "messages", "tools")}
                return client.post("/v1/chat/completions", json={**whole, "max_tokens": 1})

            yield ask


def last_request(server: OpenAIServer) -> dict[str, Any]:
    """Play a conversation; return the request that holds all of it."""
    with open_pets(credentials={"token": "t"}) as (_, client):
        model = OpenAIModel("m", api="chat", base_url=server.url, api_key="k")
        Agent(client, model).run("Who is Tom?")
    return server.requests[-1]


@pytest.mark.model
@pytest.mark.parametrize(("name", "arguments", "target"), ODD_CALLS)
def test_the_history_of_an_odd_call_is_taken(
    name: str, arguments: str, target: str, complete: Complete
) -> None:
    script = calls((name, arguments), ("find_pets", {})), says("Done")
    with OpenAIServer(*script) as server:
        request = last_request(server)
    answer = complete(request)
    assert answer.status_code == 200, (target, answer.text)


@pytest.mark.model
@pytest.mark.parametrize("manner", [servers.VLLM_HERMES, servers.LM_STUDIO, servers.GOOGLE])
def test_the_history_of_another_server_is_taken(manner: servers.Manner, complete: Complete) -> None:
    script = calls(("get_pet", {"pet_id": 1}), ("find_pets", {}), text="Looking"), says("Done")
    with OtherServer(manner, *script) as server:
        request = last_request(server)
    answer = complete(request)
    assert answer.status_code == 200, answer.text


@pytest.mark.model
def test_as_it_came_the_history_would_be_refused(complete: Complete) -> None:
    with OpenAIServer(calls(("get_pet", {"pet_id": 1})), says("Done")) as server:
        request = json.loads(json.dumps(last_request(server)))
    [call] = [call for each in request["messages"] for call in each.get("tool_calls", [])]
    call["function"]["arguments"] = '{"pet_id": 1'
    assert complete(request).status_code == 500
