"""A run carries on: writes in their order, limits, sessions that go on, models that stay away."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools._core.reader import at_terminal
from openapi2tools.agent.events import TurnFinished
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.agent.record.entries import Question, Sent, Turn, Usage
from openapi2tools.agent.record.session import Session
from openapi2tools.agent.turns.clock import Clock
from openapi2tools.agent.turns.limits import RunLimits
from openapi2tools.agent.turns.prices import Prices
from openapi2tools.call.policy import Policy
from openapi2tools.errors import AgentError, InvalidOption, ModelUnavailable
from openapi2tools.model import Call, Result
from openapi2tools.testing import ScriptedModel
from tests.support.conversations import SteadyClock
from tests.support.openai_server import OpenAIServer, breaks, calls, fails, says
from tests.support.pets import DOCUMENT, Pets, open_pets
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from pathlib import Path


def model(server: OpenAIServer, api: Any = "chat", **options: Any) -> OpenAIModel:
    return OpenAIModel("scripted", api=api, base_url=server.url, api_key="k", **options)


def outputs(request: dict[str, Any]) -> dict[str, str]:
    """The results in a request, by the id of their call."""
    return {m["tool_call_id"]: m["content"] for m in request["messages"] if "tool_call_id" in m}


TWO_WRITES = Turn(
    calls=(
        Call("add_pet", {"name": "Ada"}, id="a"),
        Call("add_pet", {"name": "Bo"}, id="b"),
        Call("get_pet", {"pet_id": 1}, id="c"),
    )
)


@pytest.mark.parametrize(
    ("before", "made"),
    [
        ([Result("a", "add_pet", "{}", status=201)], ["GET /pets/1", "POST /pets"]),
        ([Result("a", "add_pet", "No", status=500, is_error=True)], ["GET /pets/1"]),
        ([Sent("a")], ["GET /pets/1"]),
        ([], ["GET /pets/1", "POST /pets", "POST /pets"]),
    ],
    ids=["it went well", "it failed", "nobody knows", "it was not made yet"],
)
def test_a_run_that_goes_on_knows_what_became_of_the_write_before(
    before: list[Any], made: list[str]
) -> None:
    session = Session([Question("Add both"), TWO_WRITES, *before])
    with OpenAIServer(says("So it is")) as server, open_pets() as (pets, client):
        Agent(client, model(server)).run(session=session)
    assert sorted(f"{each.method} {each.target}" for each in pets.received) == made
    second = next(entry for entry in session if isinstance(entry, Result) and entry.call_id == "b")
    assert ("which was to be done before" in second.text) is (len(made) == 1)


def test_a_write_waits_behind_one_that_waits_for_a_yes() -> None:
    script = calls(("add_pet", {"name": "Ada"}), ("add_pet", {"name": "Bo"})), says("Done")
    with (
        OpenAIServer(*script) as server,
        open_pets(policy=Policy(confirm="writes")) as (pets, client),
    ):
        agent = Agent(client, model(server))
        session = agent.run("Add both").session
        ada, bo = session.pending
        session.approve(bo)
        assert agent.run(session=session).pending == (ada,)
        assert pets.received == []
        session.approve(ada)
        assert agent.run(session=session).text == "Done"
    assert [request.json()["name"] for request in pets.received] == ["Ada", "Bo"]


def test_a_write_that_was_given_up_does_not_stop_the_next() -> None:
    session = Session([Question("Add both"), TWO_WRITES])
    session.abandon("a")
    with OpenAIServer(says("So it is")) as server, open_pets() as (pets, client):
        Agent(client, model(server)).run(session=session)
    assert sorted(each.method for each in pets.received) == ["GET", "POST"]


def test_after_a_limit_a_session_goes_on_with_calls() -> None:
    look = calls(("get_pet", {"pet_id": 1}))
    script = look, says("Rex, and no more"), calls(("get_pet", {"pet_id": 2})), says("Rex and Tom")
    with OpenAIServer(*script) as server, open_pets() as (pets, client):
        agent = Agent(client, model(server), max_turns=1)
        stopped = agent.run("Who are they?")
        agent = Agent(client, model(server))
        answer = agent.run(session=stopped.session)
    assert (stopped.incomplete, answer.incomplete) == ("max_turns", "")
    assert answer.text == "Rex and Tom"
    assert "tool_choice" not in server.requests[2]
    assert "you can make calls again" in server.requests[2]["messages"][-1]["content"]
    assert len(pets.received) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_turns": 0},
        {"max_tokens": 0},
        {"max_tokens": 1.5},
        {"max_seconds": 0},
        {"max_seconds": "60"},
        {"max_cost": 0, "prices": Prices(1, 1)},
        {"max_cost": 1},
    ],
)
def test_a_limit_that_is_none_is_refused(wrong: dict[str, Any]) -> None:
    with open_pets() as (_, client), pytest.raises(InvalidOption, match=next(iter(wrong))):
        Agent(client, ScriptedModel("Hello"), **wrong)


def test_what_is_read_from_the_cache_has_a_price_of_its_own() -> None:
    usage = Usage(read=1_000_000, written=500_000, cached=400_000)
    assert Prices(2, 10).cost(usage) == pytest.approx(7)
    assert Prices(2, 10, cached=0.5).cost(usage) == pytest.approx(6.4)


@pytest.mark.parametrize("price", [-1, float("inf"), float("nan"), "1", True])
def test_a_price_that_is_none_is_refused(price: Any) -> None:
    with pytest.raises(InvalidOption, match="a million tokens"):
        Prices(price, 1)


def test_a_model_of_ones_own_is_asked_again_as_often_as_it_says() -> None:
    asked = 0

    def stays_away(_: Any) -> str:
        nonlocal asked
        asked += 1
        raise ModelUnavailable("It sleeps.", retry_after=0)

    own = ScriptedModel(stays_away)
    with open_pets() as (_, client):
        with pytest.raises(ModelUnavailable, match="It sleeps"):
            Agent(client, own).run("?")
        assert asked == 3
        own.retries = 0  # type: ignore[attr-defined]
        with pytest.raises(ModelUnavailable):
            Agent(client, own).run("?")
    assert asked == 4


def test_where_tools_are_searched_a_long_conversation_is_shortened_too() -> None:
    script = (
        calls(("find_tools", {"query": "get a pet"})),
        calls(("call_tool", {"name": "get_pet", "arguments": {"pet_id": 1}})),
        fails(400, "Too long", "context_length_exceeded"),
        says("It is Rex."),
    )
    with OpenAIServer(*script) as server, open_pets() as (_, client):
        answer = Agent(client, model(server), offer="search").run("Who is the first?")
    assert answer.text == "It is Rex."
    assert "is left out here" in outputs(server.requests[-1])["call_1_0"]
    assert "Rex" in outputs(server.requests[-1])["call_2_0"]


@pytest.mark.parametrize("offer", ["search", "hosted"])
def test_where_tools_are_searched_the_last_turn_makes_no_calls_either(offer: Any) -> None:
    script = calls(("find_pets", {})), says("I know no more")
    with OpenAIServer(*script) as server, open_pets() as (_, client):
        searching = model(server, "responses", tool_search=True)
        answer = Agent(client, searching, offer=offer, max_turns=1).run("Who?")
    assert (answer.text, answer.incomplete) == ("I know no more", "max_turns")
    assert server.requests[-1]["tool_choice"] == "none"


def test_a_constrained_model_answers_at_the_limit_without_a_step() -> None:
    step = says('{"name": "get_pet", "arguments": {"pet_id": 1}}')
    with OpenAIServer(step, says("It is Rex.")) as server, open_pets() as (_, client):
        constrained = model(server, tool_calls="constrained")
        answer = Agent(client, constrained, max_turns=1).run("Who is pet 1?")
    assert (answer.text, answer.incomplete) == ("It is Rex.", "max_turns")
    assert "response_format" not in server.requests[-1]


@pytest.mark.parametrize("stream", [True, False])
def test_a_server_that_does_not_answer_in_time_is_asked_again(stream: bool) -> None:
    """However slow this machine is: an answer that comes too late for one attempt has eight."""
    over = threading.Event()

    def hang() -> Any:
        over.wait(timeout=120)
        yield b""

    with (
        OpenAIServer(Answer(chunks=hang()), *[says("It is Rex.")] * 8) as server,
        open_pets() as (_, client),
    ):
        agent = Agent(client, model(server, stream=stream, timeout=0.5, retries=8))
        clock = SteadyClock()
        agent._clock = Clock(sleep=clock.sleep)
        assert agent.run("Who?").text == "It is Rex."
        over.set()
    assert clock.pauses


def test_what_was_used_and_how_long_it_took_is_told_of_each_turn_and_in_all() -> None:
    script = calls(("get_pet", {"pet_id": 1})), says(""), says("It is Rex.")

    async def events(agent: Agent) -> list[Any]:
        return [event async for event in agent.stream("Who?")]

    with OpenAIServer(*script) as server, open_pets() as (_, client):
        agent = Agent(client, model(server))
        agent._clock = Clock(now=SteadyClock(1.0).now)
        seen = asyncio.run(events(agent))
    turns = [event for event in seen if isinstance(event, TurnFinished)]
    assert [event.seconds for event in turns] == [1.0, 1.0]
    assert [event.turn.usage.read for event in turns] == [100, 100]
    answer = seen[-1].answer
    assert answer.usage.read == 300  # that of the answer that said nothing is counted, too
    assert answer.seconds > 2.0


KILLED_AFTER_EVERY_STEP = """
import asyncio, json, os, signal, sys
from openapi2tools import Agent, OpenAIModel, Session, build_tools, connect, load
from openapi2tools import Answered, CallFinished, TurnFinished, TurnRetried

document, url, path, *question = sys.argv[1:]

async def run(agent, session):
    async for event in agent.stream(*question, session=session):
        if isinstance(event, (CallFinished, TurnFinished, TurnRetried)):
            os.kill(os.getpid(), signal.SIGKILL)
        if isinstance(event, Answered):
            print(event.answer)

model = OpenAIModel("scripted", api="chat", base_url=url, api_key="k")
with Session.open(path) as session, connect(build_tools(load(json.loads(document)))) as client:
    asyncio.run(run(Agent(client, model), session))
"""


def test_a_session_survives_a_program_that_is_killed_after_every_step(tmp_path: Path) -> None:
    script = (
        calls(("get_pet", {"pet_id": 1})),
        breaks(says("It is Max."), "ends"),
        says("It is", finish="length"),
        says(" Rex."),
    )
    path = tmp_path / "run.jsonl"

    def start(*question: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", KILLED_AFTER_EVERY_STEP, document, server.url, str(path)]
        return subprocess.run([*command, *question], capture_output=True, text=True, check=False)

    with OpenAIServer(*script) as server, LoopbackServer(Pets().answer) as api:
        document = json.dumps({**DOCUMENT, "servers": [{"url": api.url}]})
        ends = [start("Who is pet 1?")]
        while ends[-1].returncode == -signal.SIGKILL:
            ends.append(start())
    assert (ends[-1].stdout, ends[-1].returncode) == ("It is Rex.\n", 0), ends[-1].stderr
    assert len(ends) == 6
    assert len(api.received) == 1
    assert "Max" not in path.read_text()


def test_a_limit_names_its_option_for_who_reads_it() -> None:
    limits = RunLimits(1, 9_000, 2.5, 0.5, Prices(1, 2))
    assert "1 turn is reached" in limits.describe("max_turns")
    assert "cost 0.5 is reached" in limits.describe("max_cost")
    assert "Raise max_tokens" in limits.describe("max_tokens")
    with at_terminal():
        assert "2.5 seconds is reached" in limits.describe("max_seconds")
        assert "Raise --max-seconds" in limits.describe("max_seconds")


def test_a_model_that_is_cut_off_before_every_word_says_which_option_to_raise() -> None:
    script = [says("", finish="length")] * 2
    with (
        OpenAIServer(*script) as server,
        open_pets() as (_, client),
        pytest.raises(AgentError, match="raise max_tokens"),
    ):
        Agent(client, model(server)).run("?")
