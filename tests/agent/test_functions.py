"""Functions of the program beside the tools of an API, hooks, and callers of one's own."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing, nullcontext
from dataclasses import dataclass
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field

from openapi2tools.agent.caller import LocalCaller
from openapi2tools.agent.events import (
    ApprovalAsked,
    ApprovalGiven,
    CallFinished,
    CallStarted,
    RequestSent,
)
from openapi2tools.agent.functions import Functions, FunctionTool
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.agent.record.entries import Sent
from openapi2tools.agent.record.session import Session
from openapi2tools.call.policy import Policy
from openapi2tools.errors import CallError, InvalidOption
from openapi2tools.model import Call, Result
from tests.support.openai_server import OpenAIServer, calls, says
from tests.support.pets import Pets, open_pets

CONFIRM = Policy(confirm="writes")


def model(server: OpenAIServer) -> OpenAIModel:
    return OpenAIModel("scripted", api="chat", base_url=server.url, api_key="sk-secret")


def outputs(request: dict[str, Any]) -> list[str]:
    return [m["content"] for m in request["messages"] if m["role"] == "tool"]


def price(kind: Annotated[str, Field(description="cat or dog")], count: int = 1) -> int:
    """Return what pets cost."""
    return {"cat": 20, "dog": 50}[kind] * count


def test_a_function_is_a_tool_beside_those_of_the_api() -> None:
    script = calls(("price", {"kind": "cat", "count": 2}), ("get_pet", {"pet_id": 2})), says("40")
    with OpenAIServer(*script) as server, open_pets() as (pets, client):
        answer = Agent(client, model(server), tools=[price]).run("What do two cats cost?")
    assert str(answer) == "40"
    assert outputs(server.requests[1])[0] == "40"
    assert [received.path for received in pets.received] == ["/pets/2"]
    offered = {one["function"]["name"]: one["function"] for one in server.requests[0]["tools"]}
    assert offered["price"]["description"].startswith("Return what pets cost.")
    kind = offered["price"]["parameters"]["properties"]["kind"]
    assert "cat or dog" in kind["description"]
    assert "title" not in kind


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"kind": "cat", "count": "many"}, "count"),
        ({}, "kind"),
        ({"kind": "cow"}, "No cows here."),
    ],
)
def test_what_a_model_gets_wrong_is_told(arguments: dict[str, Any], told: str) -> None:
    def price(kind: str, count: int = 1) -> int:
        if kind == "cow":
            raise CallError("No cows here.")
        return count

    with OpenAIServer(calls(("price", arguments)), says("?")) as server, open_pets() as (_, client):
        Agent(client, model(server), tools=[price]).run("?")
    assert told in outputs(server.requests[1])[0]


def test_a_bug_in_a_function_is_raised() -> None:
    with (
        OpenAIServer(calls(("price", {"kind": "cow"}))) as server,
        open_pets() as (_, client),
        pytest.raises(KeyError, match="cow"),
    ):
        Agent(client, model(server), tools=[price]).run("?")


@dataclass
class Order:
    pet: int
    note: str = ""


class Receipt(BaseModel):
    number: int


async def order(order: Order) -> Receipt:
    """Order a pet."""
    return Receipt(number=order.pet + 100)


def test_models_and_dataclasses_go_in_and_out() -> None:
    functions = Functions([order])
    result = asyncio.run(functions.answer(Call("order", {"order": {"pet": 7}})))
    assert (result.data, result.text) == ({"number": 107}, '{"number": 107}')
    wrong = asyncio.run(functions.answer(Call("order", {"order": {"pet": "x"}})))
    assert wrong.error == "arguments"
    assert "order.pet" in wrong.text


@pytest.mark.parametrize("approved", [True, False])
def test_a_function_goes_by_the_policy_with_the_events_of_any_call(approved: bool) -> None:
    done = []

    def send_mail(to: str) -> None:
        done.append(to)

    script = calls(("send_mail", {"to": "ann"}), ("look", {})), says("Sent.")

    async def collect(agent: Agent) -> list[Any]:
        async with aclosing(agent.stream("Write to Ann")) as events:
            return [event async for event in events]

    with OpenAIServer(*script) as server, open_pets(policy=CONFIRM) as (_, client):
        tools = [send_mail, FunctionTool(lambda: "nothing", name="look", effect="read")]
        agent = Agent(client, model(server), tools=tools, approve=lambda _: approved)
        events = asyncio.run(collect(agent))
    kinds = [
        type(event)
        for event in events
        if getattr(event, "call", None) and event.call.tool == "send_mail"
    ]
    asked = [CallStarted, ApprovalAsked, ApprovalGiven]
    assert kinds == [*asked, *([RequestSent] if approved else []), CallFinished]
    assert done == (["ann"] if approved else [])
    assert "nothing" in outputs(server.requests[1])[1]


def test_a_read_only_client_refuses_functions_that_write() -> None:
    def send_mail(to: str) -> None:
        raise AssertionError

    script = calls(("send_mail", {"to": "ann"})), says("No.")
    with OpenAIServer(*script) as server, open_pets(policy=Policy(read_only=True)) as (_, client):
        Agent(client, model(server), tools=[send_mail]).run("Write to Ann")
    assert "read-only" in outputs(server.requests[1])[0]


def test_a_function_waits_for_a_yes_in_the_session() -> None:
    done = []

    def send_mail(to: str) -> str:
        done.append(to)
        return "Sent."

    script = calls(("send_mail", {"to": "ann"})), says("Done.")
    with OpenAIServer(*script) as server, open_pets(policy=CONFIRM) as (_, client):
        agent = Agent(client, model(server), tools=[send_mail])
        answer = agent.run("Write to Ann")
        assert [call.tool for call in answer.pending] == ["send_mail"]
        assert not done
        kept = Session.loads(answer.session.dumps())
        kept.approve(answer.pending[0])
        assert str(agent.run(session=kept)) == "Done."
    assert done == ["ann"]
    assert [entry.went for entry in kept if isinstance(entry, Sent)] == [True]


@pytest.mark.parametrize("is_open", [True, False])
def test_a_function_may_call_the_client_itself(is_open: bool) -> None:
    script = calls(("both", {})), says("ok")
    with OpenAIServer(*script) as server, open_pets() as (_, client):

        def both() -> list[str]:
            return [client.call("get_pet", {"pet_id": n}).data["name"] for n in (1, 2)]

        with client if is_open else nullcontext():
            Agent(client, model(server), tools=[both]).run("?")
    assert outputs(server.requests[1]) == ['["Rex", "Tom"]']


def variadic(*pets: int) -> None: ...


def get_pet(pet_id: int) -> None: ...


def unknown(pet: threading.Lock) -> None: ...


@pytest.mark.parametrize(
    ("tools", "message"),
    [
        ([variadic], "without names"),
        ([get_pet], "so is a tool of the API"),
        ([price, price], "two functions"),
        ([lambda: 1], "give it a name"),
        ([7], "takes functions"),
        ([FunctionTool(price, effect="reads")], "none of 'read'"),  # type: ignore[arg-type]
        ([unknown], "No schema can be made"),
    ],
)
def test_what_can_be_no_tool_is_refused_at_once(tools: list[Any], message: str) -> None:
    with (
        OpenAIServer() as server,
        open_pets() as (_, client),
        pytest.raises(InvalidOption, match=message),
    ):
        Agent(client, model(server), tools=tools)


def test_a_function_is_found_where_the_model_searches() -> None:
    script = (
        calls(("find_tools", {"query": "what do pets cost"})),
        calls(("call_tool", {"name": "price", "arguments": {"kind": "dog"}})),
        says("50"),
    )
    with OpenAIServer(*script) as server, open_pets() as (pets, client):
        answer = Agent(client, model(server), tools=[price], offer="search").run("A dog?")
    assert str(answer) == "50"
    assert '"price"' in outputs(server.requests[1])[0]
    assert outputs(server.requests[2])[1] == "50"
    assert not pets.received


# --- hooks ---------------------------------------------------------------------------------------


def test_a_hook_changes_a_call_or_answers_it() -> None:
    async def before(call: Call) -> Call | Result | None:
        if call.tool == "add_pet":
            return Result("", call.tool, "Not today.")
        return Call(call.tool, {"pet_id": 1})

    script = calls(("get_pet", {"pet_id": 2}), ("add_pet", {"name": "Eve"})), says("ok")
    with OpenAIServer(*script) as server, open_pets() as (pets, client):
        Agent(client, model(server), before_call=before).run("?")
    assert [received.target for received in pets.received] == ["/pets/1"]
    first, second = outputs(server.requests[1])
    assert "Rex" in first
    assert second == "Not today."


def test_a_yes_is_for_the_call_that_a_hook_made() -> None:
    def before(call: Call) -> Call:
        return Call(call.tool, {"name": "Ann"})

    script = calls(("add_pet", {"name": "Eve"})), says("ok")
    with OpenAIServer(*script) as server, open_pets(policy=CONFIRM) as (pets, client):
        agent = Agent(client, model(server), before_call=before)
        answer = agent.run("?")
        answer.session.approve(answer.pending[0])
        assert str(agent.run(session=answer.session)) == "ok"
    assert [received.json() for received in pets.received] == [{"name": "Ann"}]


def test_a_hook_revises_a_result_before_it_is_recorded() -> None:
    def after(call: Call, result: Result) -> Result:
        return Result("", call.tool, result.text.replace("Tom", "[name]"))

    session = Session()
    script = calls(("get_pet", {"pet_id": 2})), says("ok")
    with OpenAIServer(*script) as server, open_pets() as (_, client):
        Agent(client, model(server), after_call=after).run("?", session=session)
    assert "[name]" in outputs(server.requests[1])[0]
    assert "Tom" not in session.dumps()


def test_no_more_calls_are_under_way_than_allowed() -> None:
    lock = threading.Lock()
    under_way, most = 0, 0

    def slow(number: int) -> int:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        gate.wait(0.01)
        with lock:
            under_way -= 1
        return number

    gate = threading.Event()
    script = calls(*(("slow", {"number": n}) for n in range(6))), says("ok")
    with OpenAIServer(*script) as server, open_pets() as (_, client):
        Agent(client, model(server), tools=[slow], parallel_calls=2).run("?")
    assert most <= 2
    assert outputs(server.requests[1]) == [str(n) for n in range(6)]


@pytest.mark.parametrize("number", [0, True, "2"])
def test_a_bound_on_calls_has_to_be_a_number(number: Any) -> None:
    with (
        OpenAIServer() as server,
        open_pets() as (_, client),
        pytest.raises(InvalidOption, match="parallel_calls"),
    ):
        Agent(client, model(server), parallel_calls=number)


# --- callers -------------------------------------------------------------------------------------


def test_an_agent_needs_no_api() -> None:
    tools = Functions([price]).tools
    caller = LocalCaller(tools, lambda call: Result(call.id, call.tool, f"{call.arguments}!"))
    with OpenAIServer(calls(("price", {"kind": "cat"})), says("20")) as server:
        assert str(Agent(caller, model(server)).run("?")) == "20"
    assert outputs(server.requests[1]) == ["{'kind': 'cat'}!"]


def test_a_caller_of_ones_own_may_hand_on_to_a_client() -> None:
    class Remembering:
        """Makes each call once."""

        def __init__(self, client: Any) -> None:
            self.client = client
            self.known: dict[str, Result] = {}

        def __getattr__(self, name: str) -> Any:
            return getattr(self.client, name)

        async def asend(self, prepared: Any, *, approved: Any = False) -> Result:
            if prepared.url not in self.known:
                self.known[prepared.url] = await self.client.asend(prepared, approved=approved)
            return self.known[prepared.url]

    script = (
        calls(("get_pet", {"pet_id": 2})),
        calls(("get_pet", {"pet_id": 2})),
        says("Tom"),
    )
    with OpenAIServer(*script) as server, open_pets(Pets()) as (pets, client):
        assert str(Agent(Remembering(client), model(server)).run("?")) == "Tom"
    assert len(pets.received) == 1
