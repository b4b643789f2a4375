"""The record of a run: saved and loaded it is the same, and a run goes on where it ends."""

from __future__ import annotations

import asyncio
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi2tools.agent.loop import Agent
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.agent.record.entries import Approval, Question, Sent, Turn, Usage, exchanges
from openapi2tools.agent.record.session import Session
from openapi2tools.errors import AgentError
from openapi2tools.model import Call, Part, Result
from tests.support.openai_server import OpenAIServer, calls, says
from tests.support.pets import open_pets

text = st.text(max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda v: st.lists(v, max_size=3) | st.dictionaries(text, v, max_size=3),
)
objects = st.dictionaries(text, values, max_size=3)
made = st.builds(Call, text, objects, text, text, values)
parts = st.builds(Part, text, st.binary(max_size=20), text, text)
results = st.builds(
    Result,
    text,
    text,
    text,
    values,
    st.none() | st.integers(100, 599),
    st.booleans(),
    st.booleans(),
    st.tuples(parts),
    st.tuples(text),
    st.just({}),
    st.none() | made,
    values,
)
several = st.lists(made, max_size=2, unique_by=lambda call: call.id).map(tuple)
turns = st.builds(
    Turn, text, several, st.tuples(objects), text, st.builds(Usage, *[st.integers(0, 10**9)] * 3)
)
entries = st.one_of(
    st.builds(Question, text),
    turns,
    st.builds(Approval, text, st.booleans()),
    st.builds(Sent, text),
    results,
)


@given(st.lists(entries, max_size=6))
@settings(max_examples=50, deadline=None)
def test_a_session_that_is_saved_and_loaded_is_the_same(record: list) -> None:
    with TemporaryDirectory() as folder:
        Session(record).save(Path(folder) / "run.jsonl")
        assert list(Session.load(Path(folder) / "run.jsonl")) == record


def test_every_entry_is_on_disk_before_the_run_goes_on(tmp_path: Path) -> None:
    with Session.open(tmp_path / "run.jsonl") as session:
        session.add(Question("Who?"))
        assert list(Session.load(tmp_path / "run.jsonl")) == [Question("Who?")]
    with Session.open(tmp_path / "run.jsonl") as session:
        session.add(Turn("Rex"))
    assert list(Session.load(tmp_path / "run.jsonl")) == [Question("Who?"), Turn("Rex")]
    assert stat.S_IMODE((tmp_path / "run.jsonl").stat().st_mode) == 0o600


def test_two_sessions_of_one_file_lose_nothing_and_a_closed_one_says_so(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(b'{"v":1,"ki')
    with Session.open(path) as one, Session.open(path) as other:
        one.add(Question("one"))
        other.add(Question("two"))
        one.add(Question("three"))
    assert [entry.text for entry in Session.load(path)] == ["one", "two", "three"]
    with pytest.raises(AgentError, match="closed"):
        one.add(Question("four"))


def test_a_session_is_saved_by_several_threads_and_through_no_link(tmp_path: Path) -> None:
    path, other = tmp_path / "run.jsonl", tmp_path / "other"
    other.write_text("mine")
    (tmp_path / f"run.jsonl.{os.getpid()}.part").symlink_to(other)
    session = Session([Question("Who?")])
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: session.save(path), range(40)))
    assert list(Session.load(path)) == [Question("Who?")]
    assert other.read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 3


def test_one_run_at_a_time_acts_on_a_session() -> None:
    call = Call("add_pet", {"name": "Ada"}, "call_1_0")
    session = Session([Question("Add Ada"), Turn(calls=(call,)), Approval(call.id, approved=True)])
    with OpenAIServer(says("Done"), says("Done again")) as server, open_pets() as (pets, client):
        agent = Agent(client, OpenAIModel("scripted", api="chat", base_url=server.url, api_key="k"))

        async def twice() -> list:
            return await asyncio.gather(
                *(agent.arun(session=session) for _ in range(2)), return_exceptions=True
            )

        one, two = asyncio.run(twice())
        assert (one.text, str(two)) == (
            "Done",
            "A run of this session is under way: wait for its end, or close its stream.",
        )
        assert agent.run("And now?", session=session).text == "Done again"
        assert [request.method for request in pets.received] == ["POST"]


def test_a_line_cut_short_by_a_crash_is_left_out_and_any_other_is_named(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    Session([Question("Who?")]).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"v":1,"ki')
    assert list(Session.load(path)) == [Question("Who?")]
    path.write_bytes(b"[]\n" + whole)
    with pytest.raises(AgentError, match="line 1"):
        Session.load(path)
    path.write_bytes(whole.replace(b'"v":2', b'"v":9'))
    with pytest.raises(AgentError, match="another version"):
        Session.load(path)


def test_whatever_an_api_answers_can_be_saved(tmp_path: Path) -> None:
    deep: list = []
    for _ in range(400):
        deep = [deep]
    record = [Result("1", "x", "text", {"wei": 10**30, "cut": "\ud83d", "deep": deep})]
    Session(record).save(tmp_path / "run.jsonl")
    assert list(Session.load(tmp_path / "run.jsonl")) == record


def test_the_calls_of_a_turn_have_ids_of_their_own() -> None:
    with pytest.raises(AgentError, match="same id"):
        Session([Turn(calls=(Call("a", id="1"), Call("b", id="1")))])


def test_headers_of_a_result_stay_out() -> None:
    session = Session([Result("1", "x", "text", headers={"set-cookie": "secret"})])
    assert "secret" not in repr(list(session))


def test_results_stand_in_the_order_of_their_calls_whichever_came_first() -> None:
    turn = Turn(calls=(Call("a", id="1"), Call("b", id="2")))
    record = [
        Question("?"),
        turn,
        Result("2", "b", "second"),
        Result("1", "a", "first"),
        Turn("Done"),
    ]
    _, (_, given_back), (_, none) = exchanges(record)
    assert [result.text for result in given_back] == ["first", "second"]
    assert none == ()


def test_calls_without_a_result_are_pending() -> None:
    turn = Turn(calls=(Call("a", id="1"), Call("b", id="2")))
    session = Session([Question("?"), turn, Result("1", "a", "")])
    assert [call.id for call in session.pending] == ["2"]
    session.approve(turn.calls[1], approved=False)
    assert session.approval(turn.calls[1]) is False


def test_a_write_that_went_out_when_the_run_broke_off_is_not_made_again(tmp_path: Path) -> None:
    call = Call("add_pet", {"name": "Ada"}, "call_1_0")
    session = Session([Question("Add Ada"), Turn(calls=(call,)), Sent(call.id)])
    with (
        OpenAIServer(calls(("find_pets", {})), says("She is there")) as server,
        open_pets() as (pets, client),
    ):
        model = OpenAIModel("scripted", api="chat", base_url=server.url, api_key="k")
        assert Agent(client, model).run(session=session).text == "She is there"
    assert [request.method for request in pets.received] == ["GET"]
    assert "broke off" in server.requests[0]["messages"][-1]["content"]


def test_no_secret_is_in_a_saved_run(tmp_path: Path) -> None:
    with OpenAIServer(calls(("delete_pet", {"pet_id": 1})), says("Gone")) as server:
        with (
            open_pets(credentials={"token": "s3cr3t"}) as (pets, client),
            Session.open(tmp_path / "run.jsonl") as session,
        ):
            model = OpenAIModel("scripted", api="chat", base_url=server.url, api_key="k3y")
            Agent(client, model).run("Delete Rex", session=session)
        assert "s3cr3t" in pets.received[0].headers["authorization"]
    saved = (tmp_path / "run.jsonl").read_text()
    assert "delete_pet" in saved
    assert "s3cr3t" not in saved
    assert "k3y" not in saved


@pytest.mark.parametrize("name", ["no/run.jsonl", ".", "a\0b"])
def test_a_file_that_cannot_be_used_is_an_error_of_ours(name: str, tmp_path: Path) -> None:
    path = f"{tmp_path}/{name}"
    with pytest.raises(AgentError, match="The session cannot be loaded from"):
        Session.load(path)
    with pytest.raises(AgentError, match="The session cannot be kept in"):
        Session.open(path)
    with pytest.raises(AgentError, match="The session cannot be saved to"):
        Session().save(path)
