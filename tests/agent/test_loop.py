"""The loop, driven by a scripted model behind a real server, against a real API."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.agent.events import (
    Answered,
    ApprovalAsked,
    ApprovalGiven,
    ArgumentsDelta,
    CallFinished,
    CallStarted,
    CredentialMissing,
    ModelNote,
    RequestSent,
    TextDelta,
    TurnFinished,
    TurnStarted,
)
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.agent.record.entries import Turn, Usage
from openapi2tools.agent.record.session import Session
from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from openapi2tools.errors import AgentError, MissingCredential
from tests.support.openai_server import OpenAIServer, calls, says
from tests.support.pets import Pets, open_pets

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from openapi2tools.agent.events import Event
    from openapi2tools.agent.loop import Ask
    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.model import Toolset

WIRES = [("chat", True), ("chat", False), ("responses", True), ("responses", False)]


def model(
    server: OpenAIServer, api: Any = "chat", stream: bool = True, **options: Any
) -> OpenAIModel:
    return OpenAIModel(
        "scripted", api=api, base_url=server.url, api_key="sk-secret", stream=stream, **options
    )


def outputs(request: dict[str, Any]) -> dict[str, str]:
    """The results in a request, by the id of their call."""
    messages = request.get("messages") or request["input"]
    return {
        m.get("tool_call_id") or m["call_id"]: m.get("content") or m["output"]
        for m in messages
        if "tool_call_id" in m or "output" in m
    }


@pytest.mark.parametrize(("api", "stream"), WIRES)
def test_two_dependent_calls_and_an_answer(api: str, stream: bool) -> None:
    script = (
        calls(("find_pets", {"name": "Tom"})),
        calls(("get_pet", {"pet_id": 2})),
        says("It is Tom."),
    )
    with OpenAIServer(*script) as server, open_pets() as (pets, client):
        answer = Agent(client, model(server, api, stream)).run("Who is the second pet?")
    assert str(answer) == "It is Tom."
    assert [request.target for request in pets.received] == ["/pets?name=Tom", "/pets/2"]
    assert answer.turns == 3
    assert answer.usage == Usage(read=300, written=30, cached=150)
    assert '"Tom"' in outputs(server.requests[2])["call_2_0"]
    assert list(outputs(server.requests[2])) == ["call_1_0", "call_2_0"]


@pytest.mark.parametrize(("api", "stream"), WIRES)
def test_parallel_calls_are_under_way_together_and_answered_in_order(
    api: str, stream: bool
) -> None:
    script = calls(("get_pet", {"pet_id": 2}), ("get_pet", {"pet_id": 1})), says("Tom and Rex")
    pets = Pets(together=threading.Barrier(2))  # whoever comes alone waits in vain
    with OpenAIServer(*script) as server, open_pets(pets) as (_, client):
        Agent(client, model(server, api, stream)).run("Both?")
    sent = outputs(server.requests[1])
    assert list(sent) == ["call_1_0", "call_1_1"]
    assert "Tom" in sent["call_1_0"]
    assert "Rex" in sent["call_1_1"]


@pytest.mark.parametrize(("api", "stream"), WIRES)
def test_wrong_arguments_come_back_as_advice_and_are_corrected(api: str, stream: bool) -> None:
    script = (
        calls(("get_pet", {"pet_id": "the first"})),
        calls(("get_pet", {"pet_id": 1})),
        says("Rex"),
    )
    with OpenAIServer(*script) as server, open_pets() as (pets, client):
        assert Agent(client, model(server, api, stream)).run("The first?").text == "Rex"
    assert "pet_id" in outputs(server.requests[1])["call_1_0"]
    assert [request.target for request in pets.received] == ["/pets/1"]


@pytest.mark.parametrize(
    ("call", "advice"),
    [
        (("get_pet", '{"pet_id": 1'), "JSON"),
        (("get_pet", "[1]"), "object"),
        (("get_pets", {}), "get_pet"),
        (("get_pet", {"pet_id": 7}), "no pet 7"),
    ],
)
def test_whatever_a_model_gets_wrong_is_told_to_it(call: tuple[str, Any], advice: str) -> None:
    with OpenAIServer(calls(call), says("Sorry")) as server, open_pets() as (_, client):
        assert Agent(client, model(server)).run("?").text == "Sorry"
    assert advice in outputs(server.requests[1])["call_1_0"]


def test_a_missing_credential_is_told_before_the_model_is_asked() -> None:
    async def first(agent: Agent) -> Any:
        return await anext(agent.stream("Who?"))

    with OpenAIServer() as server, open_pets() as (_, client):
        event = asyncio.run(first(Agent(client, model(server))))
    assert isinstance(event, CredentialMissing)
    assert len(event.tools) < len(client.tools)
    assert f"{event.tools[0]} needs a credential for token" in event.text
    assert not server.requests


def test_where_every_tool_lacks_its_credential_no_model_is_asked() -> None:
    with OpenAIServer() as server, open_pets() as (_, client):
        lacking = asyncio.run(client.missing_credentials())
        secured = connect(client.tools.only(*lacking))
        session = Session()
        with pytest.raises(MissingCredential, match="needs a credential for token"):
            Agent(secured, model(server)).run("Who?", session=session)
    assert not server.requests
    assert not len(session)


def test_the_stream_shows_each_stage_in_order() -> None:
    async def kinds(agent: Agent) -> list[Any]:
        return [event async for event in agent.stream("Who?")]

    with (
        OpenAIServer(
            calls(("get_pet", {"pet_id": 1}), text="Let me look."), says("It is Rex.")
        ) as server,
        open_pets() as (_, client),
    ):
        events = asyncio.run(kinds(Agent(client, model(server))))
    assert [type(event) for event in events] == [
        CredentialMissing,
        *(TurnStarted, TextDelta, TextDelta),
        *(ArgumentsDelta, ArgumentsDelta, ArgumentsDelta, TurnFinished),
        *(CallStarted, RequestSent, CallFinished),
        *(TurnStarted, TextDelta, TextDelta, TurnFinished, Answered),
    ]
    arguments = [event for event in events if isinstance(event, ArgumentsDelta)]
    assert "".join(event.text for event in arguments) == '{"pet_id": 1}'
    assert {(event.index, event.tool) for event in arguments} == {(0, "get_pet")}
    sent, finished = events[9], events[10]
    assert (sent.method, sent.url.endswith("/pets/1")) == ("GET", True)
    assert (finished.result.status, finished.call.arguments) == (200, {"pet_id": 1})
    assert events[-1].answer.text == "It is Rex."


@pytest.mark.parametrize("answer", [True, False])
def test_a_risky_call_waits_for_a_yes(answer: bool) -> None:
    asked = []

    async def approve(prepared: Any) -> bool:
        asked.append(prepared.request.method)
        return answer

    script = calls(("add_pet", {"name": "Ada"})), says("Done")
    with (
        OpenAIServer(*script) as server,
        open_pets(policy=Policy(confirm="writes")) as (pets, client),
    ):
        Agent(client, model(server), approve=approve).run("Add Ada")
    assert asked == ["POST"]
    assert ("Ada" in pets.names.values()) is answer
    assert ("declined" in outputs(server.requests[1])["call_1_0"]) is not answer


def test_an_approval_that_raises_ends_the_run_and_what_is_under_way_and_the_session_goes_on() -> (
    None
):
    class Unreachable(Exception):
        pass

    def approve(prepared: Any) -> bool:
        raise Unreachable

    async def broken(agent: Agent, session: Session) -> None:
        with pytest.raises(Unreachable):
            await agent.arun("Add both", session=session)
        await nothing_else_runs()

    script = calls(("add_pet", {"name": "Ada"}), ("add_pet", {"name": "Bo"})), says("Done")
    with (
        OpenAIServer(*script) as server,
        open_pets(policy=Policy(confirm="writes")) as (pets, client),
    ):
        session = Session()
        asyncio.run(broken(Agent(client, model(server), approve=approve), session))
        assert (len(session.pending), pets.received) == (2, [])
        assert (
            Agent(client, model(server), approve=lambda _: True).run(session=session).text == "Done"
        )
        assert len(pets.received) == 2


def test_nothing_is_under_way_while_somebody_ponders() -> None:
    pondered = []

    def approve(prepared: Any) -> bool:
        pondered.append(len(pets.received))
        return True

    script = (
        calls(
            ("get_pet", {"pet_id": 1}), ("add_pet", {"name": "Ada"}), ("add_pet", {"name": "Bo"})
        ),
        says("Done"),
    )
    with (
        OpenAIServer(*script) as server,
        open_pets(policy=Policy(confirm="writes")) as (pets, client),
    ):
        Agent(client, model(server), approve=approve).run("Add both")
    assert pondered == [0, 0]
    assert len(pets.received) == 3


def test_a_call_that_lacks_a_credential_did_not_go_out_and_can_be_made_later() -> None:
    session = Session()
    with OpenAIServer(calls(("delete_pet", {"pet_id": 1})), says("Gone")) as server:
        with open_pets() as (_, client), pytest.raises(MissingCredential):
            Agent(client, model(server)).run("Delete Rex", session=session)
        with open_pets(credentials={"token": "s3cr3t"}) as (pets, client):
            assert Agent(client, model(server)).run(session=session).text == "Gone"
    assert [request.method for request in pets.received] == ["DELETE"]


def test_a_question_that_is_no_unicode_can_be_asked() -> None:
    with OpenAIServer(says("Tea")) as server, open_pets() as (_, client):
        Agent(client, model(server)).run("caf\udce9?")
    assert server.requests[0]["messages"][-1]["content"] == "caf\ufffd?"


def test_approvals_are_asked_one_at_a_time() -> None:
    open_questions = 0
    most = 0

    async def approve(prepared: Any) -> bool:
        nonlocal open_questions, most
        open_questions += 1
        most = max(most, open_questions)
        await asyncio.sleep(0)
        open_questions -= 1
        return True

    script = calls(("add_pet", {"name": "Ada"}), ("add_pet", {"name": "Bo"})), says("Done")
    with (
        OpenAIServer(*script) as server,
        open_pets(policy=Policy(confirm="writes"), approve=approve) as (pets, client),
    ):
        Agent(client, model(server)).run("Add both")
    assert most == 1
    assert {"Ada", "Bo"} < set(pets.names.values())


def test_without_anybody_to_ask_a_run_stops_and_goes_on_later() -> None:
    script = calls(("find_pets", {}), ("add_pet", {"name": "Ada"})), says("Added")
    with (
        OpenAIServer(*script) as server,
        open_pets(policy=Policy(confirm="writes")) as (pets, client),
    ):
        agent = Agent(client, model(server))
        paused = agent.run("Add Ada")
        assert [call.tool for call in paused.pending] == ["add_pet"]
        assert "add_pet" in paused.text
        paused.session.approve(paused.pending[0])
        assert agent.run(session=paused.session).text == "Added"
    assert [request.method for request in pets.received] == ["GET", "POST"]
    assert list(outputs(server.requests[1])) == ["call_1_0", "call_1_1"]


def test_a_call_that_the_policy_forbids_is_told_to_the_model() -> None:
    with (
        OpenAIServer(calls(("add_pet", {"name": "Ada"})), says("I may not")) as server,
        open_pets(policy=Policy(read_only=True)) as (pets, client),
    ):
        events = asyncio.run(_events(Agent(client, model(server))))
    assert "read-only" in outputs(server.requests[1])["call_1_0"]
    assert not pets.received
    assert not [event for event in events if isinstance(event, RequestSent)]


async def _events(agent: Agent) -> list[Any]:
    return [event async for event in agent.stream("?")]


def test_a_credential_that_nobody_gave_ends_the_run() -> None:
    with (
        OpenAIServer(calls(("delete_pet", {"pet_id": 1}))) as server,
        open_pets() as (pets, client),
        pytest.raises(MissingCredential, match="token"),
    ):
        Agent(client, model(server)).run("Delete Rex")
    assert not pets.received


def test_no_more_turns_than_allowed() -> None:
    script = [*[calls(("get_pet", {"pet_id": 1}))] * 3, says("Rex, as far as I know")]
    with OpenAIServer(*script) as server, open_pets() as (_, client):
        answer = Agent(client, model(server), max_turns=3).run("Round and round")
    assert (answer.text, answer.incomplete) == ("Rex, as far as I know", "max_turns")
    assert "3 turns" in server.requests[3]["messages"][-1]["content"]
    assert server.requests[3]["tool_choice"] == "none"
    assert "gave this very result before" in outputs(server.requests[2])["call_2_0"]


async def nothing_else_runs() -> None:
    """Let what is closing close; what goes on is found by the time limit."""
    async with asyncio.timeout(5):
        while len(asyncio.all_tasks()) > 1:  # noqa: ASYNC110 -- tasks of others have no event of ours
            await asyncio.sleep(0)


def test_leaving_the_stream_early_leaves_nothing_running() -> None:
    async def leave(agent: Agent) -> None:
        async with aclosing(agent.stream("?")) as events:
            async for event in events:
                if isinstance(event, RequestSent):
                    break
        await nothing_else_runs()

    pets = Pets(hold=threading.Event())
    with (
        OpenAIServer(calls(("get_pet", {"pet_id": 1}), ("get_pet", {"pet_id": 2}))) as server,
        open_pets(pets) as (_, client),
    ):
        asyncio.run(leave(Agent(client, model(server))))
        pets.hold.set()


def test_cancelling_a_run_cancels_its_calls() -> None:
    async def cancel(agent: Agent, pets: Pets) -> None:
        run = asyncio.create_task(agent.arun("?"))
        await asyncio.to_thread(pets.arrived.wait, 120)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run
        await nothing_else_runs()

    pets = Pets(hold=threading.Event())
    with OpenAIServer(calls(("get_pet", {"pet_id": 1}))) as server, open_pets(pets) as (_, client):
        asyncio.run(cancel(Agent(client, model(server)), pets))
        pets.hold.set()


@pytest.mark.parametrize("at", ["its credential", "its answer"])
@pytest.mark.parametrize("has_thread", [False, True])
def test_a_call_counts_as_sent_only_where_something_may_have_left(
    at: str, has_thread: bool
) -> None:
    asked = threading.Event()

    async def credential(*_: object) -> str:
        if at == "its credential":
            asked.set()
            await asyncio.Event().wait()
        return "t"

    async def give_up(agent: Agent, session: Session, waits_for: threading.Event) -> None:
        run = asyncio.create_task(agent.arun("?", session=session))
        await asyncio.to_thread(waits_for.wait, 120)
        run.cancel()
        with pytest.raises(asyncio.CancelledError):
            await run

    pets, session = Pets(hold=threading.Event()), Session()
    with (
        OpenAIServer(calls(("delete_pet", {"pet_id": 1}))) as server,
        open_pets(pets, credentials={"token": credential}) as (_, client),
        client if has_thread else nullcontext(),
    ):
        waits_for = asked if at == "its credential" else pets.arrived
        asyncio.run(give_up(Agent(client, model(server)), session, waits_for))
        pets.hold.set()
    (call,) = session.pending
    assert session.sent(call) is (at == "its answer")


def test_a_second_question_knows_of_the_first() -> None:
    script = calls(("get_pet", {"pet_id": 1})), says("Rex"), says("Still Rex")
    with OpenAIServer(*script) as server, open_pets() as (_, client):
        agent = Agent(client, model(server))
        first = agent.run("Who?")
        assert agent.run("Sure?", session=first.session).text == "Still Rex"
    assert [message["role"] for message in server.requests[2]["messages"]] == [
        "system",
        "user",
        "assistant",
        "tool",
        "assistant",
        "user",
    ]


def test_a_question_must_wait_for_the_calls_before_it() -> None:
    with (
        OpenAIServer(calls(("add_pet", {"name": "Ada"}))) as server,
        open_pets(policy=Policy(confirm="writes")) as (_, client),
    ):
        agent = Agent(client, model(server))
        paused = agent.run("Add Ada")
        with pytest.raises(AgentError, match="approval"):
            agent.run("And now?", session=paused.session)
    with pytest.raises(AgentError, match="question"):
        agent.run(session=Session())


def test_the_approval_is_part_of_the_stream() -> None:
    script = calls(("add_pet", {"name": "Ada"})), says("Done")
    with (
        OpenAIServer(*script) as server,
        open_pets(policy=Policy(confirm="all"), approve=lambda _: True) as (_, client),
    ):
        events = asyncio.run(_events(Agent(client, model(server))))
    kinds = [type(event) for event in events]
    assert kinds[kinds.index(CallStarted) :][:4] == [
        CallStarted,
        ApprovalAsked,
        ApprovalGiven,
        RequestSent,
    ]


def test_inside_a_running_loop_the_synchronous_run_works_too() -> None:
    async def main(agent: Agent) -> str:
        return agent.run("?").text

    with OpenAIServer(says("Yes")) as server, open_pets() as (_, client):
        assert asyncio.run(main(Agent(client, model(server)))) == "Yes"


class NotingModel:
    """A model of one's own that tells the person who follows the run something."""

    name = "noting"

    @asynccontextmanager
    async def open(self, tools: Toolset, instructions: str) -> AsyncGenerator[Ask, None]:
        yield self._ask

    async def _ask(
        self, record: Sequence[Entry], /
    ) -> AsyncGenerator[str | ModelNote | Turn, None]:
        yield ModelNote("It is asked in another way from now on.")
        yield Turn("Rex")


def test_what_a_model_notes_is_an_event_and_no_part_of_the_record() -> None:
    async def events(agent: Agent) -> list[Event]:
        return [event async for event in agent.stream("?")]

    with open_pets(credentials={"token": "t"}) as (_, client):
        seen = asyncio.run(events(Agent(client, NotingModel())))
    kinds = [type(event).__name__ for event in seen]
    assert kinds == ["TurnStarted", "ModelNote", "TurnFinished", "Answered"]
    assert isinstance(seen[-1], Answered)
    assert "another way" not in seen[-1].answer.session.dumps()
