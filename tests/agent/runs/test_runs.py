"""Runs that are kept in a database: what people do with them, and what a worker makes of it."""

from __future__ import annotations

import re
import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from openapi2tools.agent.loop import Agent
from openapi2tools.agent.record.entries import Approval, Question, Result, Sent, Turn
from openapi2tools.agent.runs.database import Claim, LegLost, LegStopped, RunDatabase
from openapi2tools.agent.runs.engine import require_sqlite
from openapi2tools.agent.runs.runs import Runs
from openapi2tools.errors import AgentError, InvalidOption
from openapi2tools.model import Call
from openapi2tools.testing import ScriptedModel
from tests.support.pets import open_pets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.agent.record.session import Session
    from tests.support.postgres import Cluster

QUEUED = "openapi2tools_dbos.workflow_status"
"""The queue's table of legs, in Postgres."""
ADA = ("add_pet", {"name": "Ada"})
BO = ("add_pet", {"name": "Bo"})


def test_a_run_is_acted_on_up_to_its_question_and_goes_on_with_the_answer(
    open_shop: Callable,
) -> None:
    shop = open_shop(ADA, "Ada is there.")
    run_id = shop.ask()
    assert shop.runs.show(run_id).state == "waiting"
    assert shop.written == []
    assert shop.runs.approve(run_id).state == "queued"
    shop.work()
    run = shop.runs.show(run_id)
    assert (run.state, run.text, run.leg) == ("answered", "Ada is there.", 2)
    assert shop.written == ["Ada"]


def test_what_is_denied_is_not_written_and_the_model_is_told(open_shop: Callable) -> None:
    shop = open_shop(ADA, "As you like.")
    run_id = shop.ask()
    shop.runs.deny(run_id)
    shop.work()
    assert shop.runs.show(run_id).text == "As you like."
    assert shop.written == []
    (result,) = [entry for entry in shop.runs.session(run_id) if isinstance(entry, Result)]
    assert result.error == "declined"


def test_a_run_goes_on_when_nothing_of_it_waits_any_more(open_shop: Callable) -> None:
    shop = open_shop([ADA, BO], "Both.")
    run_id = shop.ask()
    first, second = shop.runs.session(run_id).waiting
    assert shop.runs.approve(run_id, first).state == "waiting"
    assert shop.runs.deny(run_id, second.id).state == "queued"
    shop.work()
    assert shop.written == ["Ada"]


def test_a_run_that_ended_takes_another_question(open_shop: Callable) -> None:
    shop = open_shop("Hello.", "And hello again.")
    run_id = shop.ask("Say hello")
    with pytest.raises(AgentError, match="give another question"):
        shop.runs.resume(run_id)
    assert shop.runs.resume(run_id, "Again").question == "Again"
    shop.work()
    assert shop.runs.show(run_id).text == "And hello again."


def test_a_run_at_its_limit_is_incomplete_and_goes_on_when_somebody_says_so(
    open_shop: Callable,
) -> None:
    look = ("get_pet", {"pet_id": 1})
    shop = open_shop(look, "So far nothing.", "Rex.", max_turns=1)
    run_id = shop.ask("Who is the first?")
    assert shop.runs.show(run_id).state == "incomplete"
    shop.runs.resume(run_id)
    shop.work()
    assert shop.runs.show(run_id).text == "Rex."


def test_an_agent_that_fails_ends_its_run_and_not_the_worker(open_shop: Callable) -> None:
    def breaks(_: object) -> str:
        raise ZeroDivisionError("by nought")

    shop = open_shop(breaks, "Fine now.")
    run_id = shop.ask()
    run = shop.runs.show(run_id)
    assert (run.state, run.text) == ("failed", "ZeroDivisionError: by nought")


def test_what_is_cancelled_is_not_done(open_shop: Callable) -> None:
    shop = open_shop(ADA, "Done.")
    waiting = shop.ask()
    queued = shop.runs.submit("pets", "Add Ada").id
    assert {shop.runs.cancel(run_id).state for run_id in (waiting, queued)} == {"cancelled"}
    with pytest.raises(AgentError, match="it is cancelled"):
        shop.runs.approve(waiting)
    shop.work()
    assert shop.written == []
    assert shop.runs.show(queued).state == "cancelled"


def test_a_run_that_is_cancelled_at_work_ends_at_its_next_step(open_shop: Callable) -> None:
    def cancels(_: object) -> tuple[str, dict[str, str]]:
        shop.runs.cancel(run.id)
        return ADA

    shop = open_shop(cancels, "Done.")
    run = shop.runs.submit("pets", "Add Ada")
    shop.work()
    assert shop.runs.show(run.id).state == "cancelled"
    assert [type(entry) for entry in shop.runs.session(run.id)] == [Question]


def test_a_worker_that_is_stopped_leaves_its_runs_to_the_next(open_shop: Callable) -> None:
    def stops(_: object) -> str:
        shop.runs.stop()
        return "Nobody hears this."

    shop = open_shop(stops, "Said by the next.")
    run = shop.runs.submit("pets", "Say something")
    shop.work()
    assert shop.runs.show(run.id).state == "queued"
    assert len(shop.runs.session(run.id)) == 1


# --- removed -------------------------------------------------------------------------------------


def text_of(database: str) -> str:
    """Return all that is in a file of runs."""
    with closing(sqlite3.connect(database.removeprefix("sqlite:///"))) as connection:
        return "\n".join(connection.iterdump())


def test_a_run_that_is_removed_leaves_nothing_in_the_database(
    open_shop: Callable, sqlite: str
) -> None:
    shop = open_shop(ADA, "Ada is there.", "Hello.")
    run_id = shop.ask("Add Ada Lovelace")
    shop.runs.approve(run_id)
    shop.work()
    other = shop.ask("Say hello")
    before = text_of(sqlite)
    assert f"{run_id}/1" in before  # the queue's
    assert f"{run_id}/2" in before
    shop.runs.remove(run_id)
    assert run_id not in text_of(sqlite)
    assert "Lovelace" not in text_of(sqlite)
    assert [run.id for run in shop.runs.list()] == [other]
    assert f"{other}/1" in text_of(sqlite)
    with pytest.raises(AgentError, match="There is no run"):
        shop.runs.show(run_id)


def test_a_run_that_no_worker_ever_saw_is_removed(open_shop: Callable, sqlite: str) -> None:
    shop = open_shop("Done.")
    run_id = shop.runs.submit("pets", "Add Ada").id
    shop.runs.cancel(run_id)
    shop.runs.remove(run_id)
    assert run_id not in text_of(sqlite)


def test_a_run_that_waits_or_is_under_way_is_not_removed_and_nor_are_those_beside_it(
    open_shop: Callable,
) -> None:
    def acts(record: Sequence[Entry]) -> object:
        if record[0] == Question("Add Ada"):
            return ADA
        with pytest.raises(AgentError, match="is running: cancel it first, which ends it at its"):
            shop.runs.remove(ended)
        return "Hello."

    shop = open_shop(acts)
    ended, waiting = (shop.runs.submit("pets", text).id for text in ("Say hello", "Add Ada"))
    shop.work()
    assert [shop.runs.show(run_id).state for run_id in (ended, waiting)] == ["answered", "waiting"]
    for run_id, reason in ((waiting, "waiting: cancel it first"), ("nobody", "no run 'nobody'")):
        with pytest.raises(AgentError, match=reason):
            shop.runs.remove(ended, run_id)
    queued = shop.runs.submit("pets", "Say hello").id
    with pytest.raises(AgentError, match="is queued: cancel it first"):
        shop.runs.remove(queued)
    assert {run.id for run in shop.runs.list()} == {ended, waiting, queued}
    shop.runs.cancel(waiting)
    shop.runs.remove(waiting, ended, waiting)
    assert [run.id for run in shop.runs.list()] == [queued]


def test_a_leg_whose_run_was_removed_does_nothing(open_shop: Callable, sqlite: str) -> None:
    def removes(_: object) -> str:
        shop.runs.remove(queued.id)
        return "Hello."

    shop = open_shop(removes)
    asked, queued = shop.runs.submit("pets", "Say hello"), shop.runs.submit("pets", "Add Ada")
    shop.runs.cancel(queued.id)
    shop.work()
    assert [run.id for run in shop.runs.list("answered")] == [asked.id]
    assert queued.id not in text_of(sqlite)


def rows_of(database: str, table: str) -> int:
    """Return how many rows a table of Postgres has."""
    import psycopg

    with psycopg.connect(database) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
    return count


@pytest.mark.postgres
def test_a_run_is_removed_from_postgres(cluster: Cluster) -> None:
    database = cluster.new_database()
    with open_pets() as (_, client), client:
        agent = Agent(client, ScriptedModel("Hello."))
        with Runs({"pets": agent}, database=database) as runs:
            run_id = runs.submit("pets", "Say hello").id
            runs.work(until_idle=True, poll_seconds=0.05)
            assert rows_of(database, QUEUED) == 1
            runs.remove(run_id)
            assert runs.list() == ()
    tables = (QUEUED, "openapi2tools_entries", "openapi2tools_runs")
    assert [rows_of(database, table) for table in tables] == [0, 0, 0]


def test_runs_are_listed_by_where_they_stand(open_shop: Callable) -> None:
    shop = open_shop(ADA, "Done.")
    first = shop.ask()
    second = shop.runs.submit("pets", "Add Ada")
    assert [run.id for run in shop.runs.list()] == [second.id, first]
    assert [run.id for run in shop.runs.list("waiting")] == [first]
    with pytest.raises(InvalidOption, match="a state is one of"):
        shop.runs.list("sleeping")


def test_messages_say_what_is_wrong(open_shop: Callable, sqlite: str) -> None:
    shop = open_shop(ADA, "Done.")
    with pytest.raises(InvalidOption, match=r"the agents here are pets\."):
        shop.runs.submit("cats", "Meow")
    with pytest.raises(AgentError, match="no run 'nobody'"):
        shop.runs.show("nobody")
    run = shop.runs.submit("pets", "Add Ada")
    with pytest.raises(AgentError, match="is queued: wait"):
        shop.runs.approve(run.id)
    with pytest.raises(AgentError, match="nobody to act"):
        Runs(database=sqlite).work()
    with pytest.raises(InvalidOption, match="calls_per_api=0"):
        shop.runs.work(calls_per_api=0)


@pytest.mark.parametrize("address", ["mysql://x", "sqlite://", "sqlite:///:memory:", "nonsense"])
def test_other_databases_are_refused(address: str) -> None:
    with pytest.raises(InvalidOption, match=r"sqlite:///PATH"):
        Runs(database=address)


def test_a_database_that_cannot_be_reached_is_named_without_its_password() -> None:
    with pytest.raises(AgentError) as raised:
        Runs(database="postgresql://me:hidden@127.0.0.1:1/runs")
    assert "me:***@127.0.0.1:1/runs cannot be used" in str(raised.value)
    assert "hidden" not in str(raised.value)


def test_without_a_name_runs_are_in_a_private_file_of_the_user(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("OPENAPI2TOOLS_DATABASE", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    with Runs() as runs:
        runs.submit("pets", "Who is there?")
    (file,) = tmp_path.rglob("runs.sqlite")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_no_credential_is_in_the_database(open_shop: Callable, sqlite: str) -> None:
    with open_pets(credentials={"token": "s3cr3t-token"}) as (pets, client), client:
        agent = Agent(client, ScriptedModel(("delete_pet", {"pet_id": 1}), "Gone."))
        with Runs({"pets": agent}, database=sqlite) as runs:
            runs.submit("pets", "Delete the first pet")
            runs.work(until_idle=True, poll_seconds=0.05)
        assert "s3cr3t-token" in pets.received[-1].headers["authorization"]
    folder = Path(sqlite.removeprefix("sqlite:///")).parent
    assert not [file for file in folder.iterdir() if b"s3cr3t-token" in file.read_bytes()]


def test_a_file_has_one_worker(open_shop: Callable, sqlite: str) -> None:
    shop = open_shop(ADA, "Done.")
    database = RunDatabase(sqlite)
    presence = database.enter("a" * 32)
    with pytest.raises(AgentError, match="Another worker has"):
        shop.work()
    presence.leave()
    shop.work()


class Company:
    """Waits whether another request comes while one is under way."""

    def __init__(self) -> None:
        self.met = False
        self._barrier = threading.Barrier(2)

    def wait(self, timeout: float) -> None:
        try:
            self._barrier.wait(0.2)
            self.met = True
        except threading.BrokenBarrierError:
            self._barrier.reset()


@pytest.mark.parametrize(("limit", "met"), [(1, False), (None, True)])
def test_the_calls_of_one_api_are_limited_over_all_runs(
    open_shop: Callable, limit: int | None, *, met: bool
) -> None:
    shop = open_shop([("get_pet", {"pet_id": 1}), ("get_pet", {"pet_id": 2})], "Two.")
    company = Company()
    shop.pets.together = company
    runs = [shop.runs.submit("pets", "Who is there?") for _ in range(2)]
    shop.runs.work(calls_per_api=limit, until_idle=True, poll_seconds=0.05)
    assert {shop.runs.show(run.id).text for run in runs} == {"Two."}
    assert company.met is met


# --- two workers ---------------------------------------------------------------------------------


def taken_up(database: RunDatabase, run_id: str, worker: str, leg: int = 1) -> Session:
    taken = database.take_up(Claim(run_id, leg, worker), lambda: False)
    assert taken is not None
    return taken[1]


def test_who_was_taken_over_writes_nothing_more(sqlite: str) -> None:
    database = RunDatabase(sqlite)
    run = database.add("pets", "Add Ada", {})
    slow = taken_up(database, run.id, "slow")
    slow.add(Turn(calls=(Call("add_pet", {"name": "Ada"}, id="one"),)))
    database.take_over("slow")
    quick = taken_up(database, run.id, "quick", leg=2)
    with pytest.raises(LegLost):
        slow.add(Sent("one"))
    quick.add(Sent("one"))
    assert [type(entry) for entry in database.session(run.id)] == [Question, Turn, Sent]


def test_a_leg_is_taken_up_by_one_and_again_only_by_who_takes_over(sqlite: str) -> None:
    database = RunDatabase(sqlite)
    run = database.add("pets", "Add Ada", {})
    taken_up(database, run.id, "first")
    database.take_over("first")
    assert database.take_up(Claim(run.id, 1, "second"), lambda: False) is None
    taken_up(database, run.id, "second", leg=2)


def test_what_came_of_a_call_is_recorded_though_the_run_is_cancelled(sqlite: str) -> None:
    database = RunDatabase(sqlite)
    run = database.add("pets", "Add Ada", {})
    session = taken_up(database, run.id, "worker")
    call = Call("add_pet", {"name": "Ada"}, id="one")
    session.add(Turn(calls=(call,)))
    session.add(Sent("one"))
    with database.changing(run.id) as change:
        change.values["is_stopped"] = True
    session.add(Result("one", "add_pet", "done", status=201))
    with pytest.raises(LegStopped):
        session.add(Turn(text="Done."))
    database.take_over("worker")
    assert database.run(run.id).state == "cancelled"


def test_what_is_settled_of_a_cancelled_run_does_not_bring_it_back(
    open_shop: Callable, sqlite: str
) -> None:
    shop = open_shop("Done.")
    database = RunDatabase(sqlite)
    run = database.add("pets", "Add Ada", {})
    session = taken_up(database, run.id, "worker")
    session.add(Turn(calls=(Call("add_pet", {"name": "Ada"}, id="one"),)))
    session.add(Sent("one", digest="d1", method="POST", url="https://pets.example/pets"))
    database.finish(Claim(run.id, 1, "worker"), "waiting", "")
    shop.runs.cancel(run.id)
    assert shop.runs.settle(run.id, "one", "done").state == "cancelled"
    assert not shop.runs.session(run.id).unknown


def test_an_answer_of_a_person_that_fails_changes_nothing(open_shop: Callable) -> None:
    shop = open_shop([ADA, BO], "Both.")
    run_id = shop.ask()
    first = shop.runs.session(run_id).waiting[0]
    with pytest.raises(AgentError, match="No call 'nobody'"):
        shop.runs.approve(run_id, first, "nobody")
    session = shop.runs.session(run_id)
    assert not [entry for entry in session if isinstance(entry, Approval)]
    assert re.fullmatch(r"[0-9a-f]{12}", run_id)


def test_an_sqlite_that_is_too_old_for_the_queue_is_named_with_what_to_do() -> None:
    require_sqlite((3, 11), (3, 40, 1))
    require_sqlite((3, 12), (3, 42, 0))
    with pytest.raises(AgentError, match=r"3\.42 or newer, and this Python has 3\.40\.1\. Use"):
        require_sqlite((3, 12), (3, 40, 1))
