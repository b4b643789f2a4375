"""What became of a write that no answer came to is found out by a read, or a person is asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.agent.events import Answered, SettlingAsked, WriteSettled
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.record.entries import Sent, Settled
from openapi2tools.agent.record.session import Session
from openapi2tools.call.policy import Policy
from openapi2tools.errors import InvalidOption
from openapi2tools.model import Result
from openapi2tools.testing import ScriptedModel
from tests.support.server import Answer
from tests.support.store import (
    NEW,
    PRICED,
    REMOVED,
    REPLACED,
    TEA,
    Store,
    open_store,
)

if TYPE_CHECKING:
    from openapi2tools.call.client import Client
    from tests.support.server import Received


def outcome_of(store: Store, write: Any, **policy: Any) -> tuple[str, str]:
    """Make a write that gets no answer, then the same again; return what was found out, and how."""
    with open_store(store, **policy) as client:
        session = Agent(client, ScriptedModel(write, write, "Done")).run("Do it").session
    (settled,) = [entry for entry in session if isinstance(entry, Settled)]
    assert len(session.unknown) == (settled.outcome == "unclear")
    repeated = len(store.writes) == 2
    assert repeated is (settled.outcome == "did_not")
    return settled.outcome, settled.how


@pytest.mark.parametrize("lost", ["answer", "request"])
@pytest.mark.parametrize("write", [NEW, PRICED, REPLACED, REMOVED], ids=lambda write: write[0])
def test_what_was_there_before_tells_what_became_of_a_write(write: Any, lost: str) -> None:
    outcome, _ = outcome_of(Store(lost), write, snapshot=True)
    assert outcome == ("took_effect" if lost == "answer" else "did_not")


@pytest.mark.parametrize(
    ("write", "lost", "outcome"),
    [
        (NEW, "answer", "unclear"),
        (NEW, "request", "unclear"),
        (PRICED, "answer", "took_effect"),
        (PRICED, "request", "unclear"),
        (REPLACED, "answer", "took_effect"),
        (REMOVED, "answer", "took_effect"),
        (REMOVED, "request", "unclear"),
    ],
)
def test_without_that_only_what_is_there_counts(write: Any, lost: str, outcome: str) -> None:
    assert outcome_of(Store(lost), write)[0] == outcome


@pytest.mark.parametrize("lost", ["answer", "request"])
def test_a_list_that_says_when_each_was_made_tells_of_a_create(lost: str) -> None:
    old = {1: {"id": 1, **TEA, "created_at": "2020-01-01T00:00:00+00:00"}}
    outcome, how = outcome_of(Store(lost, times=True, items=old), NEW)
    assert outcome == ("took_effect" if lost == "answer" else "did_not")
    assert "id 2" in how if lost == "answer" else "no new item" in how


def test_what_another_made_meanwhile_is_no_evidence() -> None:
    jam = Store("request", on_write=lambda store: store.add({"name": "jam"}) and None)
    assert outcome_of(jam, NEW, snapshot=True)[0] == "unclear"
    two = Store("answer", on_write=lambda store: store.add(TEA) and None)
    assert outcome_of(two, NEW, snapshot=True)[0] == "unclear"


def test_the_same_write_before_is_not_taken_for_this_one() -> None:
    store = Store("", times=True)
    script = ScriptedModel(NEW, NEW, NEW, "Done")
    with open_store(store) as client:
        first = Agent(client, script).run("Two of them").session
        cut = max(n for n, entry in enumerate(first) if isinstance(entry, Sent)) + 1
        store.items.popitem()
        session = Session(first[:cut])
        Agent(client, script).run(session=session)
    assert [sent.method for sent in session.unknown] == ["POST"]


@pytest.mark.parametrize(
    ("list_answer", "is_whole"),
    [
        ({"items": [{"id": 1, "name": "pen"}], "total": 1}, True),
        ({"items": [{"id": 1, "name": "pen"}], "total": 7}, False),
        ([{"id": number, "name": "pen"} for number in range(20)], False),
        ([{"id": number, "name": "pen"} for number in range(21)], True),
        ([{"id": 1, "colour": "red"}], False),
        ([], False),
    ],
)
def test_only_a_whole_list_of_such_things_shows_that_nothing_is_new(
    list_answer: Any, is_whole: bool
) -> None:
    class Listing(Store):
        def carry_out(self, request: Received) -> Answer:
            return Answer(200, list_answer)

    outcome, _ = outcome_of(Listing("request"), NEW, snapshot=True)
    assert outcome == ("did_not" if is_whole else "unclear")


def test_that_it_did_not_take_effect_takes_two_looks() -> None:
    class Slow(Store):
        """Acts after the first look."""

        def carry_out(self, request: Received) -> Answer:
            answer = super().carry_out(request)
            if len(self.writes) == 1 and request.path == "/items" and len(self.items) == 1:
                self.add(TEA)
            return answer

    assert outcome_of(Slow("request"), NEW, snapshot=True)[0] == "took_effect"
    with pytest.raises(InvalidOption, match="second look"):
        Policy(settle_seconds=-1)


@pytest.mark.parametrize(
    ("says", "writes", "known"),
    [("done", 1, 0), ("not done", 2, 0), ("send again", 2, 0), ("later", 1, 1), (True, 1, 1)],
)
def test_a_person_is_asked_where_the_api_does_not_tell(says: Any, writes: int, known: int) -> None:
    asked: list[tuple[Sent, str]] = []

    async def settle(write: Sent, text: str) -> Any:
        asked.append((write, text))
        return says

    store = Store("request")
    with open_store(store) as client:
        agent = Agent(client, ScriptedModel(NEW, NEW, "Done"), settle=settle)
        session = agent.run("Do it").session
    ((write, text),) = asked
    assert write.url.endswith("/items")
    assert write.at
    assert "GET /items" in text
    assert len(store.writes) == writes
    assert len(session.unknown) == known


def test_an_approver_that_says_yes_to_all_does_not_send_an_unclear_write_again() -> None:
    store = Store("request")
    with open_store(store, confirm="writes") as client:
        agent = Agent(client, ScriptedModel(NEW, NEW, "Done"), approve=lambda _: True)
        agent.run("Do it")
    assert len(store.writes) == 1


def test_who_is_asked_again_reads_that_it_did_not_take_effect() -> None:
    notes: list[tuple[str, ...]] = []

    def approve(prepared: Any) -> bool:
        notes.append(prepared.notes)
        return True

    with open_store(Store("request"), confirm="writes", snapshot=True) as client:
        Agent(client, ScriptedModel(NEW, NEW, "Done"), approve=approve).run("Do it")
    first, second = notes
    assert second[:-1] == first
    assert "did not take effect. GET /items shows no new item." in second[-1]


def test_a_look_that_needs_a_yes_is_not_made() -> None:
    store = Store()
    with open_store(store, confirm="all") as client:
        agent = Agent(client, ScriptedModel(PRICED, PRICED, "Done"), approve=lambda _: True)
        session = agent.run("Do it").session
    assert store.reads == []
    assert len(session.unknown) == 1


def test_events_and_the_model_say_what_became_of_it() -> None:
    model = ScriptedModel(NEW, NEW, "Done")

    async def follow(client: Client) -> list[Any]:
        return [event async for event in Agent(client, model).stream("Do it")]

    with open_store(Store(), snapshot=True) as client:
        events = client.wait(lambda: follow(client))
    (settled,) = [event for event in events if isinstance(event, WriteSettled)]
    assert settled.outcome == "took_effect"
    assert json.dumps(settled.to_dict())
    assert not any(isinstance(event, SettlingAsked) for event in events)
    assert isinstance(events[-1], Answered)
    second = model.results[-1]
    assert isinstance(second, Result)
    assert "Not sent again" in second.text
    assert "took effect. GET /items shows one new item with what was sent: id 2." in second.text
