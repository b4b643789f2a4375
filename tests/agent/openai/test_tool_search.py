"""An API of many operations: the model gets the few that it finds, in the way that it can."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools import (
    Agent,
    AgentError,
    Client,
    InvalidOption,
    OpenAIModel,
    Toolset,
    build_tools,
    load,
)
from openapi2tools.agent.openai.tool_search import knows_tool_search
from openapi2tools.agent.record.session import Session
from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from tests.support.openai_server import OpenAIServer, calls, says, searches
from tests.support.pets import open_pets

if TYPE_CHECKING:
    from collections.abc import Iterator

REAL = Path(__file__).parents[3] / "specs" / "real"
FIND_A_PET = {"query": "get a pet by its id"}


@contextmanager
def open_many(policy: Policy | None = None) -> Iterator[Client]:
    """A client whose four tools stand among others of another API."""
    others = build_tools(load(REAL / "petstore-3.0.json")).prefixed("store_")
    with open_pets(policy=policy) as (_, client):
        before, behind = list(others.values())[:10], list(others.values())[10:]
        many = connect(Toolset([*before, *client.tools.values(), *behind]), policy=policy)
        assert len(many.tools) > 20
        yield many


def model(server: OpenAIServer, api: Any = "chat", **options: Any) -> OpenAIModel:
    return OpenAIModel("scripted", api=api, base_url=server.url, api_key="sk-secret", **options)


def names(tools: list[dict[str, Any]]) -> list[str]:
    return [tool.get("function", tool)["name"] for tool in tools]


@pytest.mark.parametrize("api", ["chat", "responses"])
@pytest.mark.parametrize("strict", [True, False])
def test_a_model_finds_a_tool_and_calls_it(api: str, strict: bool) -> None:
    arguments: Any = {"pet_id": 1}
    call = {"name": "get_pet", "arguments": json.dumps(arguments) if strict else arguments}
    script = (
        calls(("find_tools", FIND_A_PET | ({"count": None} if strict else {}))),
        calls(("call_tool", call)),
        says("Rex"),
    )
    session = Session()
    with open_many() as client, OpenAIServer(*script) as server:
        answer = Agent(client, model(server, api, strict=strict)).run("Who is 1?", session=session)
    assert answer.text == "Rex"
    offered = [names(request["tools"]) for request in server.requests]
    assert offered == [["find_tools", "describe_tool", "call_tool"]] * 3
    assert "- pet (8)" in json.dumps(server.requests[0])
    found, called = (entry for entry in session if type(entry).__name__ == "Result")
    assert "get_pet" in found.data["tools"]
    assert (called.tool, called.status, called.data["name"]) == ("get_pet", 200, "Rex")


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_a_tool_that_is_named_directly_is_called(api: str) -> None:
    with open_many() as client, OpenAIServer(calls(("get_pet", {"pet_id": 1})), says("Rex")) as one:
        assert Agent(client, model(one, api)).run("Who is 1?").text == "Rex"


def test_a_found_write_asks_like_any_other() -> None:
    script = calls(("call_tool", {"name": "add_pet", "arguments": {"name": "Ida"}})), says("Done")
    session = Session()
    with open_many(Policy(confirm="writes")) as client, OpenAIServer(*script) as server:
        agent = Agent(client, model(server, strict=False))
        (pending,) = agent.run("Add Ida", session=session).pending
        assert (pending.tool, dict(pending.arguments)) == ("add_pet", {"name": "Ida"})
        session.approve(pending)
        assert agent.run(session=session).text == "Done"


def test_openais_own_tool_search_is_answered_with_full_definitions() -> None:
    script = (
        searches(FIND_A_PET | {"count": 2}),
        calls(("get_pet", {"pet_id": 1})),
        says("Rex"),
    )
    session = Session()
    with open_many() as client, OpenAIServer(*script) as server:
        search = model(server, "responses", tool_search=True)
        assert Agent(client, search).run("Who is 1?", session=session).text == "Rex"
    first, second, third = (request["input"] for request in server.requests)
    assert [request["tools"] for request in server.requests] == [server.requests[0]["tools"]] * 3
    assert server.requests[0]["tools"][0] | {"description": "", "parameters": {}} == {
        "type": "tool_search",
        "execution": "client",
        "description": "",
        "parameters": {},
    }
    assert second[: len(first)] == first
    assert third[: len(second)] == second
    search_call, output = second[len(first) :]
    assert (search_call["type"], search_call["call_id"]) == ("tool_search_call", "search_1_0")
    assert output | {"tools": []} == {
        "type": "tool_search_output",
        "call_id": "search_1_0",
        "execution": "client",
        "status": "completed",
        "tools": [],
    }
    assert "get_pet" in names(output["tools"])
    assert all(tool["strict"] for tool in output["tools"])


def test_a_resumed_session_offers_the_same_tools() -> None:
    session = Session()
    with open_many() as client:
        with OpenAIServer(searches(FIND_A_PET), says("Found.")) as server:
            Agent(client, model(server, "responses", tool_search=True)).run("?", session=session)
        with OpenAIServer(calls(("get_pet", {"pet_id": 1})), says("Rex")) as later:
            again = Session(list(session))
            agent = Agent(client, model(later, "responses", tool_search=True))
            assert agent.run("Who is 1?", session=again).text == "Rex"
    before, after = server.requests[-1]["input"], later.requests[0]["input"]
    assert after[: len(before)] == before


def test_a_hosted_search_defers_every_tool_in_namespaces_of_at_most_ten() -> None:
    script = calls(("get_pet", {"pet_id": 1})), says("Rex")
    with open_many() as client, OpenAIServer(*script) as server:
        agent = Agent(client, model(server, "responses"), offer="hosted")
        assert agent.run("Who is 1?").text == "Rex"
        many = len(client.tools)
    *namespaces, search = server.requests[0]["tools"]
    assert search == {"type": "tool_search"}
    assert max(len(namespace["tools"]) for namespace in namespaces) <= 10
    assert sum(len(namespace["tools"]) for namespace in namespaces) == many
    assert all(tool["defer_loading"] for namespace in namespaces for tool in namespace["tools"])


def test_a_constrained_model_gets_only_the_tools_that_fit_the_question() -> None:
    script = (
        says(json.dumps({"name": "get_pet", "arguments": {"pet_id": 1}})),
        says(json.dumps({"name": "finish"})),
        says("Rex"),
    )
    with open_many() as client, OpenAIServer(*script) as server:
        agent = Agent(client, model(server, tool_calls="constrained"))
        assert agent.run("Get the pet with id 1").text == "Rex"
        many = len(client.tools)
    system = server.requests[0]["messages"][0]["content"]
    assert "get_pet" in system
    assert system.count("\n- ") < many


def test_few_tools_are_all_offered_and_search_can_be_asked_for() -> None:
    with open_pets() as (_, client), OpenAIServer(says("Hi"), says("Hi")) as server:
        Agent(client, model(server)).run("?")
        Agent(client, model(server), offer="search").run("?")
    assert [len(request["tools"]) for request in server.requests] == [4, 3]


def test_what_cannot_be_had_is_refused() -> None:
    with open_many() as client, OpenAIServer() as server:
        with pytest.raises(AgentError, match="Responses"):
            Agent(client, model(server, "chat"), offer="hosted").run("?")
        with pytest.raises(InvalidOption, match="hosted"):
            Agent(client, model(server), offer="some")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("gpt-5.4", True),
        ("gpt-5.5-mini", True),
        ("gpt-6", True),
        ("gpt-5", False),
        ("gpt-5.3", False),
        ("gpt-4.1", False),
        ("qwen3", False),
    ],
)
def test_which_models_search_is_known_by_their_names(name: str, known: bool) -> None:
    assert knows_tool_search(name) is known
