"""Sessions on the command line: one file each, which only its owner reads."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from openapi2tools.agent.record.entries import Approval, Asked, Question, Sent, Turn
from openapi2tools.cli.conversation.session_files import SessionFolder
from openapi2tools.errors import AgentError
from openapi2tools.model import Call, Result

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools.agent.record.entries import Entry
    from tests.conftest import Done

CALL = Call("add_pet", {"name": "Ada"}, "1")
RECORD: list[Entry] = [
    Question("Add Ada"),
    Turn("I add her.", (CALL,)),
    Asked("1", {"method": "POST"}),
    Approval("1", approved=True),
    Sent("1", curl="curl -X POST https://pets.example/pets"),
    Result("1", "add_pet", '{"id": 1}', status=201),
    Turn("Added."),
]


def record(name: str, *entries: Entry) -> None:
    with SessionFolder().open(name) as session:
        for entry in entries:
            session.add(entry)


def test_a_session_is_a_file_of_its_owner_alone() -> None:
    record("ada", *RECORD)
    folder = SessionFolder()
    [file] = folder.files()
    assert (file.name, file.path.stat().st_mode & 0o777) == ("ada", 0o600)
    assert list(folder.load("ada")) == RECORD


def test_the_list_says_where_each_ends_and_the_last_is_first(cli: Callable[..., Done]) -> None:
    for time, (name, length) in enumerate({"done": 7, "open": 3, "broken": 5}.items()):
        record(name, *RECORD[:length])
        os.utime(SessionFolder().path / f"{name}.jsonl", (time, time))
    rows = json.loads(cli("sessions", "list", "--json").out)
    assert [(row["name"], row["state"]) for row in rows] == [
        ("broken", "broke off: it can go on"),
        ("open", "waits for a yes to add_pet"),
        ("done", "answered"),
    ]
    assert rows[0]["question"] == "Add Ada"
    assert "waits for a yes to add_pet" in cli("sessions", "list").out
    assert SessionFolder().last_name() == "broken"


def test_a_session_is_shown_in_words_as_it_is_or_as_requests(cli: Callable[..., Done]) -> None:
    record("ada", *RECORD)
    assert cli("sessions", "show", "ada").out.splitlines() == [
        "> Add Ada",
        "I add her.",
        "  add_pet: approved",
        '  add_pet {"name": "Ada"}: 201: {"id": 1}',
        "Added.",
    ]
    lines = cli("sessions", "show", "ada", "--json").out.splitlines()
    assert [json.loads(line)["kind"] for line in lines][:2] == ["question", "turn"]
    assert cli("sessions", "show", "ada", "--curl").out == (
        "# add_pet: 201\ncurl -X POST https://pets.example/pets\n"
    )


@pytest.mark.parametrize(
    ("later", "shown"),
    [
        ([], "# add_pet: nobody knows what came of it\ncurl -X POST https://pets.example/pets\n"),
        ([Sent("1", went=False)], ""),
    ],
)
def test_a_request_without_an_answer_is_shown_as_such_and_one_that_did_not_go_is_not(
    cli: Callable[..., Done], later: list[Entry], shown: str
) -> None:
    record("ada", *RECORD[:5], *later)
    assert cli("sessions", "show", "ada", "--curl").out == shown


def test_a_session_that_is_removed_is_gone(cli: Callable[..., Done]) -> None:
    record("ada", *RECORD)
    assert cli("sessions", "rm", "ada").code == 0
    assert "no sessions" in cli("sessions", "list").err
    done = cli("sessions", "show", "ada")
    assert (done.code, "no session ada" in done.err) == (1, True)


@pytest.mark.parametrize("name", ["../x", "a/b", "", ".hidden", "a b", "x" * 101])
def test_a_name_is_no_path(name: str) -> None:
    with pytest.raises(AgentError, match="no name for a session"), SessionFolder().open(name):
        pass


def test_a_session_in_which_nothing_happened_leaves_no_file() -> None:
    record("empty")
    assert not list(SessionFolder().path.iterdir())
    (SessionFolder().path / "killed.jsonl").touch()
    assert not SessionFolder().files()


def test_sessions_without_a_name_of_the_users_give_way_and_named_ones_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("openapi2tools.cli.conversation.session_files._MAX_UNNAMED", 2)
    record("mine", *RECORD)
    for day in range(1, 5):
        name = f"2026-01-0{day}-120000"
        record(name, *RECORD)
        os.utime(SessionFolder().path / f"{name}.jsonl", (day, day))
    record("2026-01-09-120000", *RECORD)
    names = {file.name for file in SessionFolder().files()}
    assert names == {"mine", "2026-01-09-120000", "2026-01-04-120000"}


def test_a_file_that_is_no_session_is_told_in_the_list(cli: Callable[..., Done]) -> None:
    record("ada", *RECORD)
    (SessionFolder().path / "odd.jsonl").write_text("no JSON\n")
    rows = {row["name"]: row["state"] for row in json.loads(cli("sessions", "list", "--json").out)}
    assert rows["ada"] == "answered"
    assert "no JSON" in rows["odd"]


def test_the_folder_is_the_platforms_unless_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAPI2TOOLS_SESSIONS")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert SessionFolder().path.parts[-2:] == ("openapi2tools", "sessions")
    monkeypatch.setenv("OPENAPI2TOOLS_SESSIONS", "/elsewhere")
    assert SessionFolder().path == Path("/elsewhere")


# --- writes that nobody knows the outcome of -----------------------------------------------------

WRITE = Sent("1", digest="d", method="POST", url="https://pets.example/pets", at="2026-11-30T12:00")
OTHER = Sent("2", digest="e", method="POST", url="https://pets.example/dogs", at="2026-11-30T12:01")


def test_what_nobody_knows_is_shown_and_settled(cli: Callable[..., Done]) -> None:
    record("ada", *RECORD[:2], WRITE, Result("1", "add_pet", "?", sent=True, is_error=True))
    shown = cli("sessions", "show", "ada").out
    assert "nobody knows whether this took effect: POST https://pets.example/pets" in shown
    assert "2026-11-30T12:00" in cli("sessions", "settle", "ada").out
    done = cli("sessions", "settle", "ada", "not-done")
    assert "POST https://pets.example/pets" in done.err
    assert SessionFolder().load("ada").unknown == ()
    assert (
        "did not take effect. The person in charge says so." in cli("sessions", "show", "ada").out
    )
    assert "no write" in cli("sessions", "settle", "ada").err
    assert cli("sessions", "settle", "ada", "done").code == 1


def test_of_several_one_is_named(cli: Callable[..., Done]) -> None:
    calls = (CALL, Call("add_pet", {"name": "Bo"}, "2"))
    record("ada", Question("Both"), Turn("", calls), WRITE, OTHER)
    refused = cli("sessions", "settle", "ada", "done")
    assert refused.code == 1
    assert "https://pets.example/dogs" in refused.err
    assert cli("sessions", "settle", "ada", "done", "--call", "2").code == 0
    assert SessionFolder().load("ada").unknown == (WRITE,)
    assert cli("sessions", "settle", "bea", "done").code == 1
