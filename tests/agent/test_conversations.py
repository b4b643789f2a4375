"""Every kind of conversation over both APIs, streamed and whole: each request is legal, and the run
ends as a user would want (`tests.support.conversations` has the kinds)."""

from __future__ import annotations

import asyncio
import re
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.agent.events import (
    Answered,
    CallFinished,
    LimitReached,
    TurnFinished,
    TurnRetried,
)
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.record.entries import Notice, Shortened, Turn
from openapi2tools.agent.record.session import Session
from openapi2tools.agent.turns.clock import Clock
from openapi2tools.errors import AgentError
from openapi2tools.model import Result
from tests.support.conversations import KINDS, WIRES, Kind, SteadyClock, model, play
from tests.support.openai_server import OpenAIServer
from tests.support.pets import Pets, open_pets

if TYPE_CHECKING:
    from pathlib import Path


def without_port(text: str) -> str:
    return re.sub(r":\d+/", "/", text)


def test_there_are_at_least_a_hundred_conversations() -> None:
    assert len(KINDS) * len(WIRES) >= 100
    assert len({kind.name for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize(("api", "stream"), WIRES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_conversation_ends_as_it_should(kind: Kind, api: str, stream: bool) -> None:
    played = play(kind, api, stream)
    if kind.error is None:
        assert played.error is None
        assert kind.text in played.answer.text
        assert played.answer.incomplete == kind.incomplete
    else:
        assert type(played.error) is kind.error or kind.error is AgentError
        assert isinstance(played.error, kind.error)
    assert played.retries == [*kind.retries]
    if kind.made:
        assert played.made == [*kind.made]
    assert kind.and_then(played)
    assert Session.loads(played.session.dumps())[:] == played.session[:]


STEPS = (TurnFinished, TurnRetried, CallFinished, LimitReached)
# In a new run the limits, and the number of attempts, begin anew; and nobody knows what became of a
# write that was under way.
IN_ONE_GO = ("limit", "stays down", "down twice", "writes")


@pytest.mark.parametrize(("api", "stream"), [("chat", True), ("responses", False)])
@pytest.mark.parametrize(
    "kind",
    [kind for kind in KINDS if not kind.error and not any(word in kind.name for word in IN_ONE_GO)],
    ids=lambda kind: kind.name,
)
def test_a_run_that_dies_after_every_step_ends_the_same(
    kind: Kind, api: Any, stream: bool, tmp_path: Path
) -> None:
    whole = play(kind, api, stream)
    script = [line(api) if callable(line) else line for line in kind.script]
    path = tmp_path / "run.jsonl"

    async def to_the_next_step(agent: Agent, question: str | None) -> Any:
        with Session.open(path) as session:
            async with aclosing(agent.stream(question, session=session)) as events:
                async for event in events:
                    if isinstance(event, Answered):
                        return event.answer
                    if isinstance(event, STEPS):
                        return None
        raise AssertionError

    with (
        OpenAIServer(*script) as server,
        open_pets(Pets(names=dict(kind.names)), **kind.client) as (_, client),
    ):
        clock = SteadyClock()
        answer, question = None, "Who is it?"
        while answer is None:
            agent = Agent(client, model(server, api, stream), **kind.options)
            agent._clock = Clock(now=clock.now, sleep=clock.sleep)
            answer = asyncio.run(to_the_next_step(agent, question))
            question = None
    assert without_port(answer.text) == without_port(whole.answer.text)
    assert answer.incomplete == whole.answer.incomplete
    assert len(server.requests) == len(whole.requests)
    texts = [
        sorted(entry.text for entry in session if isinstance(entry, Result | Turn | Notice))
        for session in (Session.load(path), whole.session)
    ]
    assert texts[0] == texts[1]
    assert [entry for entry in Session.load(path) if isinstance(entry, Shortened)] == [
        entry for entry in whole.session if isinstance(entry, Shortened)
    ]
