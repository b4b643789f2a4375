"""`openapi2tools runs`: submitted, acted on by a worker, shown and answered on the command line."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.agent.record.entries import Sent, Turn
from openapi2tools.agent.runs.database import Claim, RunDatabase
from openapi2tools.model import Call
from tests.support.openai_server import OpenAIServer, calls, says
from tests.support.pets import DOCUMENT, Pets
from tests.support.server import LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Done

pytest.importorskip("dbos", reason="the extra `durable` is not installed")

ADDS_ADA = calls(("add_pet", {"name": "Ada"}))


class Served:
    """The pets, their document, and a model that says these lines."""

    def __init__(self, cli: Callable[..., Done], document: Path, pets: Pets) -> None:
        self.cli = cli
        self.document = document
        self.pets = pets

    def submit(self, *options: str, question: str = "Add Ada") -> str:
        done = self.cli("runs", "submit", str(self.document), question, *options)
        assert (done.code, done.err) == (0, "")
        return done.out.strip()

    def work(self) -> str:
        done = self.cli("runs", "worker", "--until-idle", "--poll-seconds", "0.05")
        assert done.code == 0
        return done.err

    def listed(self) -> list[dict[str, Any]]:
        return json.loads(self.cli("runs", "list", "--json").out)


@pytest.fixture
def served(
    cli: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Served]:
    pets = Pets()
    with LoopbackServer(pets.answer) as server:
        document = tmp_path / "pets.json"
        document.write_text(json.dumps({**DOCUMENT, "servers": [{"url": server.url}]}))
        monkeypatch.setenv("OPENAI_API_KEY", "key-of-the-worker")
        yield Served(cli, document, pets)


def of_model(model: OpenAIServer) -> tuple[str, ...]:
    return ("--model", "scripted", "--base-url", model.url)


def test_a_run_is_submitted_acted_on_approved_and_answered(served: Served) -> None:
    with OpenAIServer(ADDS_ADA, says("Ada is there.")) as model:
        run_id = served.submit(*of_model(model))
        assert f"{run_id} waiting: Waiting for approval of add_pet." in served.work()
        shown = served.cli("runs", "show", run_id).out
        (call_id,) = [line.split()[0] for line in shown.splitlines() if line.endswith("a yes to:")]
        assert 'body: {"name":"Ada"}' in shown
        assert f"openapi2tools runs approve {run_id} {call_id}" in shown
        assert served.cli("runs", "approve", run_id, call_id).err == f"{run_id} queued\n"
        assert f"{run_id} answered: Ada is there." in served.work()
    assert list(served.pets.names.values()) == ["Rex", "Tom", "Ada"]
    assert "Ada is there." in served.cli("runs", "show", run_id).out
    assert "curl -X POST" in served.cli("runs", "show", run_id, "--curl").out
    assert '"kind":"sent"' in served.cli("runs", "show", run_id, "--json").out
    assert "Ada is there." in served.cli("runs", "list", "--state", "answered").out


def test_what_was_typed_is_resolved_where_the_worker_runs(
    served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with OpenAIServer(calls(("delete_pet", {"pet_id": 1})), says("Gone.")) as model:
        served.document = Path("pets.json")
        served.submit("--auth", "token=env:PETS_TOKEN", "--yes", *of_model(model))
        monkeypatch.chdir(tmp_path / "elsewhere")
        monkeypatch.setenv("PETS_TOKEN", "read-by-the-worker")
        served.work()
    assert served.pets.received[-1].headers["authorization"] == "Bearer read-by-the-worker"


def test_a_saved_api_is_read_where_the_worker_runs(served: Served) -> None:
    with OpenAIServer(calls(("get_pet", {"pet_id": 1})), says("Rex.")) as model:
        assert (
            served.cli("add", "pets", str(served.document), "--no-try", *of_model(model)).code == 0
        )
        served.document = Path("pets")
        served.submit(question="Who is the first?")
        served.work()
    (row,) = served.listed()
    assert (row["agent"], row["state"], row["text"]) == ("pets", "answered", "Rex.")


@pytest.mark.parametrize(
    "typed",
    [
        ["--auth", "token=s3cr3t"],
        ["--auth", "token=plain:s3cr3t"],
        ["--auth", "token=-"],
        ["--auth", 'token={"client_id": "me", "client_secret": "s3cr3t"}'],
        ["--header", "Authorization: Bearer s3cr3t"],
        ["--spec-header", "X-Api-Key: s3cr3t"],
        ["--server", "https://me:s3cr3t@pets.example"],
        ["--base-url", "https://me:s3cr3t@models.example/v1"],
        ["--model-option", "api_key=s3cr3t"],
    ],
    ids=lambda typed: typed[1].replace("s3cr3t", "…"),
)
def test_a_secret_that_was_typed_is_refused(served: Served, typed: list[str]) -> None:
    done = served.cli("runs", "submit", str(served.document), "Add Ada", *typed)
    assert done.code == 2
    assert "which holds no secret" in done.err
    assert "s3cr3t" not in done.err
    assert served.listed() == []


def test_the_database_may_be_named_by_reference(
    served: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RUNS", f"sqlite:///{tmp_path / 'other.sqlite'}")
    served.submit("--database", "env:RUNS")
    assert served.listed() == []
    assert len(RunDatabase(f"sqlite:///{tmp_path / 'other.sqlite'}").list()) == 1


def test_what_is_no_secret_is_kept(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(served.document.parent)
    served.submit("--auth", "token=file:key.txt", "--header", "Accept-Language: en", "--read-only")
    (run,) = RunDatabase().list()
    assert run.options == {
        "auth": [f"token=file:{served.document.parent}/key.txt"],
        "header": ["Accept-Language: en"],
        "read_only": True,
    }


def test_what_cannot_be_acted_on_fails_with_a_reason(served: Served) -> None:
    served.submit("--auth", "nobody=env:TOKEN")
    served.document.unlink()
    served.submit()
    served.work()
    first, second = served.listed()
    assert {first["state"], second["state"]} == {"failed"}
    assert "cannot read it" in first["text"]


def test_a_run_is_denied_resumed_and_cancelled(served: Served) -> None:
    with OpenAIServer(ADDS_ADA, says("As you like."), says("Rex.")) as model:
        run_id = served.submit(*of_model(model))
        served.work()
        served.cli("runs", "deny", run_id)
        served.work()
        assert served.listed()[0]["text"] == "As you like."
        assert served.cli("runs", "resume", run_id, "Who is the first?").err == f"{run_id} queued\n"
        assert served.cli("runs", "cancel", run_id).err == f"{run_id}: cancelled\n"
        assert served.cli("runs", "resume", run_id).code == 0
        served.work()
    assert served.listed()[0]["text"] == "Rex."
    assert len(served.pets.names) == 2


def test_runs_that_ended_are_removed(served: Served) -> None:
    database = RunDatabase()
    first, second, third = (served.submit(question=text) for text in ("One", "Two", "Three"))
    done = served.cli("runs", "rm", first)
    assert (done.code, done.err.count(f"The run {first} is queued: cancel it first.")) == (1, 1)
    for run_id in (first, second):
        served.cli("runs", "cancel", run_id)
    assert served.cli("runs", "rm", first).err == "Removed 1 run.\n"
    assert served.cli("runs", "rm", "--older-than", "1").err == "Removed 0 runs.\n"
    with database.changing(second) as change:
        change.values["changed"] = "2026-01-01T00:00:00.000+00:00"
    assert served.cli("runs", "rm", "--older-than", "0.5", second).err == "Removed 1 run.\n"
    assert [row["id"] for row in served.listed()] == [third]
    done = served.cli("runs", "rm")
    assert (done.code, done.err.count("name the runs, or give --older-than DAYS")) == (2, 1)


def test_a_write_of_unknown_outcome_is_settled_by_a_person(served: Served) -> None:
    database = RunDatabase()
    run_id = served.submit()
    session = _with_lost_worker(database, run_id)
    assert session == "waiting"
    assert "Nobody knows whether this took effect: POST" in served.cli("runs", "show", run_id).out
    done = served.cli("runs", "settle", run_id, "one", "not-done")
    assert done.err == f"{run_id} queued\n"
    assert not database.session(run_id).unknown


def _with_lost_worker(database: RunDatabase, run_id: str) -> str:
    """Leave a run as a worker does that found a write of unknown outcome."""
    claim = Claim(run_id, 1, "a" * 32)
    taken = database.take_up(claim, lambda: False)
    assert taken is not None
    taken[1].add(Turn(calls=(Call("add_pet", {"name": "Ada"}, id="one"),)))
    taken[1].add(Sent("one", digest="d1", method="POST", url="https://pets.example/pets"))
    database.finish(claim, "waiting", "Nobody knows.")
    return database.run(run_id).state


def test_a_signal_ends_a_worker() -> None:
    file = RunDatabase().file
    assert file is not None
    lock = file.with_name(f".{file.name}.worker")
    worker = subprocess.Popen(
        [sys.executable, "-m", "openapi2tools", "runs", "worker"], stderr=subprocess.PIPE
    )
    while not lock.exists():  # it is at work when it has the file
        assert worker.poll() is None
        time.sleep(0.01)
    worker.send_signal(signal.SIGTERM)
    _, said = worker.communicate()
    assert (worker.returncode, said.decode().count("next step")) == (0, 1)
    assert not lock.exists()
