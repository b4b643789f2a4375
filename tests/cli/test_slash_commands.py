"""What begins with a slash in a conversation, and what Tab makes of it."""

from __future__ import annotations

import asyncio

import pytest

from openapi2tools.agent.record.entries import Question, Sent, Turn, Usage
from openapi2tools.agent.record.session import Session
from openapi2tools.agent.turns.prices import Prices
from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from openapi2tools.cli.conversation.slash_commands import SlashCommands
from openapi2tools.model import Call, Part, Result
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.galleries import PICTURE, open_galleries
from tests.support.pets import DOCUMENT
from tests.support.server import Answer, LoopbackServer, Received

OLD = [Question("Old"), Turn(calls=(Call("get_pet", {}, "1"),)), Sent("1", curl="curl old")]
NEW = [
    Result("1", "get_pet", "x", status=200),
    Question("New"),
    Turn(calls=(Call("find_pets", {}, "2"),), usage=Usage(1_000, 10)),
    Sent("2", curl="curl new"),
    Result("2", "find_pets", "[]", status=200),
]


def commands(session: Session | None = None, policy: Policy | None = None) -> SlashCommands:
    client = connect(build_tools(load(DOCUMENT)), policy=policy)
    record = Session() if session is None else session
    return SlashCommands(client, record, Prices(1, 1, 1))


@pytest.mark.parametrize(
    ("text", "length", "words"),
    [
        ("/to", 3, ["/tools"]),
        ("/call add", 3, ["add_pet"]),
        ("/call add_pet ", 0, ["name=", "kind="]),
        ("/call add_pet name=Ada ki", 2, ["kind="]),
        ("/call add_pet kind=", 0, ["cat", "dog"]),
        ("/call add_pet kind=d", 1, ["dog"]),
        ("/call nothing na", 2, []),
        ("Use get", 3, ["get_pet"]),
        ("", 0, []),
    ],
)
def test_tab_completes_commands_tools_arguments_and_values(
    text: str, length: int, words: list[str]
) -> None:
    replaced, found = commands().completions(text)
    assert (replaced, sorted(found)) == (length, sorted(words))


def told(capsys: pytest.CaptureFixture[str], line: str, *rest: SlashCommands) -> str:
    [spoken] = rest or [commands()]
    assert asyncio.run(spoken.run(line))
    return capsys.readouterr().err


def test_why_shows_the_requests_of_the_last_question(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, "/why", commands(Session([*OLD, *NEW])))
    assert shown == "# find_pets: 200\ncurl new\n"
    assert "No request went out" in told(capsys, "/why")


def test_policy_says_what_is_asked_about_and_takes_back_what_was_allowed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    session = Session()
    session.allowed_tools["add_pet"] = "digest"
    spoken = commands(session, Policy(confirm="all", reads=["find_*"]))
    shown = told(capsys, "/policy", spoken)
    assert "every call" in shown
    assert "find_*" in shown
    assert "yes to all calls of: add_pet" in shown
    assert "add_pet" not in told(capsys, "/policy reset", spoken)


def test_usage_is_that_of_the_session_with_its_cost(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, "/usage", commands(Session([*OLD, *NEW])))
    assert shown == "2 turns, 1,000 tokens read, 10 written, cost 0.0010\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("/calls", "Did you mean /call?"),
        ("/call", "/call TOOL"),
        ("/call nothing", "no tool named 'nothing'"),
        ("/call add_pet nmae=Ada", "name"),
        ("/call add_pet 'name=Ada", "quotes"),
        ("/call get_pet pet_id=0", "pet_id"),
        ("/save", "/save FILE"),
        ("/save /nowhere/at/all.md", "cannot be written"),
        ("/tools zebra", "No tool's name"),
        ("/find", "try other words"),
    ],
)
def test_what_is_typed_wrongly_is_told_and_ends_nothing(
    capsys: pytest.CaptureFixture[str], line: str, words: str
) -> None:
    assert words in told(capsys, line)


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    shown = told(capsys, "/help")
    names = [
        "/tools",
        "/find",
        "/call",
        "/attach",
        "/why",
        "/settle",
        "/undo",
        "/policy",
        "/save",
        "/usage",
        "/help",
        "/quit",
    ]
    assert [line.split()[0] for line in shown.splitlines()] == names
    assert not asyncio.run(commands().run("/quit"))


WRITE = Sent("2", digest="d", method="POST", url="https://pets.example/pets", at="12:00")


def test_what_nobody_knows_is_settled_in_a_conversation(capsys: pytest.CaptureFixture[str]) -> None:
    session = Session([*NEW[1:3], WRITE])
    spoken = commands(session)
    assert "POST https://pets.example/pets" in told(capsys, "/settle", spoken)
    assert "Say one of done" in told(capsys, "/settle perhaps", spoken)
    told(capsys, "/settle done", spoken)
    assert session.unknown == ()
    assert "no write" in told(capsys, "/settle", spoken)


def test_a_call_of_the_person_does_not_repeat_what_nobody_knows(
    capsys: pytest.CaptureFixture[str],
) -> None:
    posts: list[Received] = []

    def forget(request: Received) -> Answer:
        if request.method == "POST":
            posts.append(request)
            raise ConnectionResetError
        return Answer(200, [{"id": 1}])

    session = Session()
    with LoopbackServer(forget) as server:
        tools = build_tools(load({**DOCUMENT, "servers": [{"url": server.url}]}))
        spoken = SlashCommands(connect(tools, retries=0), session, None)
        told(capsys, "/call add_pet name=Ada", spoken)
        shown = told(capsys, "/call add_pet name=Ada", spoken)
    assert len(posts) == 1
    assert "nobody knows whether it took effect" in shown
    assert [write.method for write in session.unknown] == ["POST"]


# --- files ---------------------------------------------------------------------------------------


def test_a_file_that_a_call_of_the_person_answered_goes_into_another(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with open_galleries(policy=Policy(confirm="none")) as galleries:
        spoken = SlashCommands(galleries.caller, Session(), None)
        assert '{"result":"typed_1"}' in told(capsys, "/call get_picture", spoken)
        typed = """/call upload picture:='{"result": "%s"}'"""
        assert "There is no file call_9" in told(capsys, typed % "call_9", spoken)
        assert not galleries.arrived
        told(capsys, typed % "typed_1", spoken)
        assert galleries.uploaded() == ("left hand.png", "image/png", PICTURE)


def test_a_call_of_the_person_follows_the_handles_of_the_conversation(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with open_galleries(policy=Policy(confirm="none")) as galleries:
        part = Part("image/png", PICTURE, "own.png")
        session = Session([Question("What is this?", parts=(part,))])
        spoken = SlashCommands(galleries.caller, session, None)
        told(capsys, """/call upload picture:='{"result": "attached_1"}'""", spoken)
        assert galleries.uploaded() == ("own.png", "image/png", PICTURE)
