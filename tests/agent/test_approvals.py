"""A run's questions: a yes is for one request, an answer is given once, and a run can be left."""

from __future__ import annotations

import asyncio
import gc
import json
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.agent.caller import JoinedCaller
from openapi2tools.agent.events import ApprovalAsked, CallStarted, RequestSent, TextDelta
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.record.entries import Approval, Asked, Entry, Question, Sent, Turn
from openapi2tools.agent.record.session import Session
from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from openapi2tools.errors import AgentError, InvalidOption, UnknownTool
from openapi2tools.model import Call, Result
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.pets import DOCUMENT, Pets, open_pets
from tests.support.server import LoopbackServer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
    from pathlib import Path

    from openapi2tools.call.client import Client
    from openapi2tools.model import Toolset

WRITES = Policy(confirm="writes")
ADD = {"name": "Ada"}


@dataclass
class Scripted:
    """A model that says its lines, one each time it is asked; it goes on where a record ends."""

    lines: Sequence[Sequence[Any]]
    name: str = "scripted"
    asked: list[list[Entry]] = field(default_factory=list)

    @asynccontextmanager
    async def open(self, tools: Toolset, instructions: str) -> AsyncIterator[Any]:
        async def ask(record: Sequence[Entry]) -> AsyncGenerator[Any, None]:
            self.asked.append(list(record))
            turns = sum(isinstance(entry, Turn) for entry in record)
            for piece in self.lines[turns]:
                yield piece

        yield ask


def wants(*made: tuple[str, dict[str, Any]]) -> list[Turn]:
    """A turn that makes calls; their ids are a counter's."""
    return [
        Turn(
            calls=tuple(
                Call(tool, arguments, f"{tool}_{n}") for n, (tool, arguments) in enumerate(made)
            )
        )
    ]


def says(text: str) -> list[Turn]:
    return [Turn(text)]


def adds_a_pet() -> Scripted:
    return Scripted([wants(("add_pet", ADD)), says("Done"), says("Hello")])


def paused(client: Client) -> Session:
    """A session that waits for a yes, as another process reads it."""
    answer = Agent(client, adds_a_pet()).run("Add Ada")
    assert [call.tool for call in answer.pending] == ["add_pet"]
    return Session.loads(answer.session.dumps())


async def all_events(agent: Agent, session: Session) -> list[Any]:
    return [event async for event in agent.stream(session=session)]


def posts(pets: Pets) -> int:
    return sum(request.method == "POST" for request in pets.received)


@pytest.fixture
def shop() -> Iterator[tuple[Pets, Callable[..., Client]]]:
    """The pets, and a way to connect to them with another document or other options."""
    pets = Pets()
    with LoopbackServer(pets.answer) as server:

        def open_client(document: dict[str, Any] | None = None, **options: Any) -> Client:
            document = {**DOCUMENT, "servers": [{"url": server.url}], **(document or {})}
            return connect(build_tools(load(document)), **{"policy": WRITES, **options})

        yield pets, open_client


# --- a stored yes --------------------------------------------------------------------------------


def test_a_stored_yes_sends_its_request_once_and_is_not_asked_about_again(shop: Any) -> None:
    pets, open_client = shop
    session = paused(open_client())
    session.approve(session.pending[0])
    session = Session.loads(session.dumps())
    events = asyncio.run(all_events(Agent(open_client(), adds_a_pet()), session))
    assert not [event for event in events if isinstance(event, ApprovalAsked)]
    assert events[-1].answer.text == "Done"
    assert posts(pets) == 1


PAYOUTS = {"paths": {"/pets/all": DOCUMENT["paths"]["/pets"]}}  # type: ignore[index]
SECURED = {"security": [{"token": []}]}
CHANGES: dict[str, dict[str, Any]] = {
    "path": {"document": PAYOUTS},
    "server": {"document": {"servers": [{"url": "http://127.0.0.1:9"}]}},
    "server option": {"server": "http://127.0.0.1:9"},
    "credential": {"document": SECURED, "credentials": {"token": "t"}},
    "policy": {"policy": Policy(confirm="all")},
    "headers": {"headers": {"X-Team": "books"}},
}


@pytest.mark.parametrize("change", CHANGES)
def test_another_request_is_asked_about_again_and_shows_what_differs(
    shop: Any, change: str
) -> None:
    pets, open_client = shop
    session = paused(open_client())
    session.approve(session.pending[0])
    changed = Agent(open_client(**CHANGES[change]), adds_a_pet())
    events = asyncio.run(all_events(changed, session))
    [asked] = [event for event in events if isinstance(event, ApprovalAsked)]
    assert asked.prepared.changes
    assert "not the request that was agreed to" in asked.prepared.question()
    assert [call.tool for call in events[-1].answer.pending] == ["add_pet"]
    assert posts(pets) == 0
    session.approve("add_pet_0")  # the new question takes a new answer
    with pytest.raises(AgentError, match="already"):
        session.approve("add_pet_0")


def _edit(session: Session, change: Callable[[dict[str, Any]], None]) -> Session:
    documents = [json.loads(line) for line in session.dumps().splitlines()]
    for document in documents:
        change(document)
    return Session.loads("".join(json.dumps(document) + "\n" for document in documents))


def _other_arguments(document: dict[str, Any]) -> None:
    if document["kind"] == "turn":
        document["calls"][0]["arguments"]["name"] = "Eve"


def _other_tool(document: dict[str, Any]) -> None:
    if document["kind"] == "turn":
        document["calls"][0].update(tool="delete_pet", arguments={"pet_id": 1})


def _no_digest(document: dict[str, Any]) -> None:
    document.pop("digest", None)


def _other_digest(document: dict[str, Any]) -> None:
    if "digest" in document:
        document["digest"] = "0" * 64


def _long_ago(document: dict[str, Any]) -> None:
    if document["kind"] == "approval":
        document["at"] = (datetime.now(UTC) - timedelta(minutes=61)).isoformat()


def _to_come(document: dict[str, Any]) -> None:
    if document["kind"] == "approval":
        document["at"] = "2999-01-01T00:00:00+00:00"


def _no_time(document: dict[str, Any]) -> None:
    if document["kind"] == "approval":
        document.pop("at")


def _first_version(document: dict[str, Any]) -> None:
    document["v"] = 1
    document.pop("digest", None)
    document.pop("at", None)


@pytest.mark.parametrize(
    "edit",
    [
        *(_other_arguments, _other_tool, _no_digest, _other_digest),
        *(_long_ago, _to_come, _no_time, _first_version),
    ],
)
def test_an_edited_session_or_an_old_yes_sends_nothing(
    shop: Any, edit: Callable[[dict[str, Any]], None]
) -> None:
    pets, open_client = shop
    session = paused(open_client(credentials={"token": "t"}))
    session.approve(session.pending[0])
    answer = Agent(open_client(credentials={"token": "t"}), adds_a_pet()).run(
        session=_edit(session, edit)
    )
    assert len(answer.pending) == 1
    assert not [request for request in pets.received if request.method != "GET"]


def test_a_yes_that_was_used_is_used_up(shop: Any) -> None:
    _, open_client = shop
    session = paused(open_client())
    [call] = session.pending
    session.approve(call)
    assert session.approval(call) is True
    session.add(Sent(call.id))
    assert session.approval(call) is None
    session.add(Sent(call.id, went=False))
    assert session.approval(call) is True


def test_a_file_that_changes_while_the_next_question_is_pondered_is_asked_about_again(
    tmp_path: Path,
) -> None:
    photo = tmp_path / "kit.png"
    photo.write_bytes(b"one")
    upload = {
        "operationId": "send",
        "requestBody": {"required": True, "content": {"image/png": {}}},
        "responses": {"200": {"description": "Seen"}},
    }
    asked: list[str] = []

    def approve(prepared: Any) -> bool:
        asked.append(prepared.tool.name)
        if prepared.tool.name == "add_pet":
            photo.write_bytes(b"two")
        return True

    pets = Pets()
    with LoopbackServer(pets.answer) as server:
        paths = {**DOCUMENT["paths"], "/photos/3": {"put": upload}}  # type: ignore[dict-item]
        document = {**DOCUMENT, "servers": [{"url": server.url}], "paths": paths}
        client = connect(
            build_tools(load(document)), policy=WRITES, files=tmp_path, approve=approve
        )
        script = [wants(("send", {"body": {"path": "kit.png"}}), ("add_pet", ADD)), says("Done")]
        assert Agent(client, Scripted(script)).run("Both").text == "Done"
    assert asked == ["send", "add_pet", "send"]
    assert [request.body for request in pets.received if request.method == "PUT"] == [b"two"]


# --- answers -------------------------------------------------------------------------------------


def test_an_answer_is_for_a_call_that_waits_and_is_given_once(shop: Any) -> None:
    _, open_client = shop
    session = paused(open_client())
    [call] = session.pending
    for unknown in (Call("add_pet", ADD, "other"), "other", replace(call, arguments={"name": "x"})):
        with pytest.raises(AgentError, match="add_pet_0"):
            session.approve(unknown)
    with pytest.raises(InvalidOption):
        session.approve(call, approved="no")  # type: ignore[arg-type]
    session.approve(call, approved=False)
    for again in (True, False):
        with pytest.raises(AgentError, match="declined already"):
            session.approve(call, approved=again)
    session.add(Approval(call.id, approved=True))
    assert session.approval(call) is False


def test_a_no_holds_for_a_call_that_nobody_had_to_approve() -> None:
    call = Call("find_pets", {}, "1")
    session = Session([Question("Who?"), Turn(calls=(call,)), Sent("1")])
    session.approve(call, approved=False)
    with open_pets() as (pets, client):
        model = Scripted([[], says("As you like")])
        assert Agent(client, model).run(session=session).text == "As you like"
    assert pets.received == []
    assert "declined" in session[-2].text  # type: ignore[union-attr]


@pytest.mark.parametrize("answer", ["no", "yes", 1, None, "true", ["tool"]])
def test_an_approver_that_says_anything_but_true_sends_nothing(shop: Any, answer: Any) -> None:
    pets, open_client = shop
    run = Agent(open_client(), adds_a_pet(), approve=lambda _: answer).run("Add Ada")
    assert run.text == "Done"
    assert posts(pets) == 0


def test_an_approver_may_answer_later(shop: Any) -> None:
    pets, open_client = shop
    answer = Agent(open_client(), adds_a_pet(), approve=lambda _: "later").run("Add Ada")
    assert [call.tool for call in answer.pending] == ["add_pet"]
    answer.session.approve("add_pet_0")
    done = Agent(open_client(), adds_a_pet(), approve=lambda _: "later").run(session=answer.session)
    assert (done.text, posts(pets)) == ("Done", 1)


def test_a_yes_to_a_tool_is_for_this_tool_in_this_run(shop: Any) -> None:
    pets, open_client = shop
    asked: list[str] = []

    def approve(prepared: Any) -> str:
        asked.append(prepared.tool.name)
        return "tool"

    script = [
        wants(("add_pet", {"name": "a"}), ("add_pet", {"name": "b"})),
        wants(("add_pet", {"name": "c"}), ("delete_pet", {"pet_id": 1})),
        says("Done"),
        wants(("add_pet", {"name": "d"})),
        says("Done again"),
    ]
    agent = Agent(open_client(credentials={"token": "t"}), Scripted(script), approve=approve)
    session = agent.run("Many").session
    assert asked == ["add_pet", "delete_pet"]
    agent.run("One more", session=session)
    assert asked == ["add_pet", "delete_pet", "add_pet"]
    assert posts(pets) == 4


def test_a_yes_to_a_tool_is_not_for_another_account(shop: Any) -> None:
    _, open_client = shop
    asked: list[str] = []
    users = iter(["ada", "bob"])

    def approve(_: Any) -> str:
        asked.append("?")
        return "tool"

    script = [wants(("add_pet", {"name": "a"})), wants(("add_pet", {"name": "b"})), says("Done")]
    client = open_client(SECURED, credentials=lambda *_: f"token-of-{next(users)}")
    Agent(client, Scripted(script), approve=approve).run("Both")
    assert len(asked) == 2


# --- a stopped run -------------------------------------------------------------------------------


def broken_off() -> Session:
    """A run that broke off while a read and a write were under way, and before another read."""
    calls = (
        Call("find_pets", {}, "1"),
        Call("add_pet", ADD, "2"),
        Call("get_pet", {"pet_id": 1}, "3"),
    )
    return Session([Question("Who?"), Turn(calls=calls), Sent("1"), Sent("2")])


def test_a_new_question_gives_up_what_broke_off() -> None:
    session = broken_off()
    with open_pets(policy=WRITES) as (pets, client):
        assert Agent(client, Scripted([[], says("Hello")])).run("And now?", session=session).text
    assert pets.received == []
    told = [entry.text for entry in session if isinstance(entry, Result)]
    assert ["under way" in text for text in told] == [True, True, False]


def test_without_a_question_reads_are_made_again() -> None:
    session = broken_off()
    with open_pets(policy=WRITES) as (pets, client):
        assert Agent(client, Scripted([[], says("Hello")])).run(session=session).text == "Hello"
    assert sorted(request.target for request in pets.received) == ["/pets", "/pets/1"]


def test_calls_are_given_up_by_choice(shop: Any) -> None:
    pets, open_client = shop
    session = paused(open_client())
    agent = Agent(open_client(), adds_a_pet())
    with pytest.raises(AgentError, match="abandon"):
        agent.run("And now?", session=session)
    with pytest.raises(AgentError, match="add_pet_0"):
        session.abandon("other")
    session.abandon()
    assert session.pending == ()
    assert agent.run("And now?", session=session).text == "Done"
    assert posts(pets) == 0


@pytest.mark.parametrize("kind", [TextDelta, CallStarted, RequestSent])
def test_breaking_out_of_a_stream_leaves_the_session_usable(kind: type) -> None:
    script = [["Let me ", *wants(("find_pets", {}))], says("Hello"), says("Hello")]

    async def use(client: Client) -> None:
        agent = Agent(client, Scripted(script))
        session = Session()
        async for event in agent.stream("Who?", session=session):
            if isinstance(event, kind):
                break
        assert (await agent.arun("Again?", session=session)).text
        async for _ in agent.stream("Who?", session=session):
            break
        assert agent.run("And again?", session=session).text == "Hello"
        assert session.pending == ()

    with open_pets() as (_, client):
        asyncio.run(use(client))
        gc.collect()


def test_a_stream_that_is_kept_holds_its_session_until_it_is_closed() -> None:
    async def use(client: Client) -> None:
        agent = Agent(client, Scripted([says("Hello"), says("Hello")]))
        session = Session()
        async with aclosing(agent.stream("Who?", session=session)) as events:
            await anext(events)
            with pytest.raises(AgentError, match="under way"):
                await agent.arun("Again?", session=session)
            with pytest.raises(AgentError, match="under way"):
                session.abandon()
        assert (await agent.arun("Again?", session=session)).text == "Hello"

    with open_pets() as (_, client):
        asyncio.run(use(client))


# --- models --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pieces", "said"),
    [
        ([], "no Turn"),
        (["Hel", "lo"], "no Turn"),
        ([Turn("a"), Turn("b")], "two Turns"),
        ([None], "NoneType"),
        ([{"text": "a"}], "dict"),
    ],
)
def test_a_model_yields_one_turn(pieces: list[Any], said: str) -> None:
    session = Session()
    model = Scripted([pieces])
    with open_pets() as (_, client), pytest.raises(AgentError, match=said):
        Agent(client, model).run("Who?", session=session)
    assert len(model.asked) == 1
    assert list(session) == [Question("Who?")]


def test_a_question_is_recorded_before_anybody_can_answer_it(shop: Any) -> None:
    _, open_client = shop
    session = paused(open_client(credentials={"token": "s3cr3t"}))
    [asked] = [entry for entry in session if isinstance(entry, Asked)]
    assert asked.request["operation"] == "POST /pets"
    assert asked.request["body"] == '{"name":"Ada"}'
    assert session.waiting == session.pending


# --- more than a yes and a no --------------------------------------------------------------------


def test_arguments_that_a_person_changes_are_asked_about_again_and_the_model_reads_them(
    shop: Any,
) -> None:
    pets, open_client = shop
    answers: list[Any] = [{"name": "Eve"}, True]
    shown: list[Any] = []

    def approve(prepared: Any) -> Any:
        shown.append(prepared)
        return answers.pop(0)

    answer = Agent(open_client(), adds_a_pet(), approve=approve).run("Add Ada")
    assert [prepared.call.arguments for prepared in shown] == [ADD, {"name": "Eve"}]
    assert [json.loads(each.body) for each in pets.received if each.method == "POST"] == [
        {"name": "Eve"}
    ]
    [result] = [entry for entry in answer.session if isinstance(entry, Result)]
    assert 'changed the arguments of this call to {"name": "Eve"}' in result.text
    [sent] = [entry for entry in answer.session if isinstance(entry, Sent)]
    assert "Eve" in sent.curl
    assert sent.curl.startswith("curl -X POST")


def test_arguments_that_do_not_fit_are_said_to_the_person_and_not_sent(shop: Any) -> None:
    pets, open_client = shop
    answers: list[Any] = [{"nmae": "Eve"}, False]
    shown: list[Any] = []

    def approve(prepared: Any) -> Any:
        shown.append(prepared)
        return answers.pop(0)

    Agent(open_client(), adds_a_pet(), approve=approve).run("Add Ada")
    assert shown[1].call.arguments == ADD
    assert any("not taken" in note for note in shown[1].notes)
    assert not posts(pets)


def adds_pets_twice() -> Scripted:
    return Scripted(
        [
            wants(("add_pet", ADD)),
            says("Done"),
            wants(("add_pet", {"name": "Eve"})),
            says("Done"),
        ]
    )


@pytest.mark.parametrize(("word", "questions"), [("tool", 2), ("session", 1)])
def test_a_yes_to_all_of_a_tool_lasts_for_its_run_or_while_the_session_is_open(
    shop: Any, word: str, questions: int
) -> None:
    pets, open_client = shop
    asked: list[str] = []
    session = Session()
    agent = Agent(
        open_client(), adds_pets_twice(), approve=lambda one: asked.append(one.tool.name) or word
    )
    agent.run("Add Ada", session=session)
    agent.run("Add Eve", session=session)
    assert (len(asked), posts(pets)) == (questions, 2)
    reopened = Session.loads(session.dumps())
    assert not reopened.allowed_tools


# --- several APIs --------------------------------------------------------------------------------


def test_each_of_several_clients_calls_its_own_api_by_its_own_policy(shop: Any) -> None:
    pets, open_client = shop
    other = Pets()
    with LoopbackServer(other.answer) as server:
        document = {**DOCUMENT, "servers": [{"url": server.url}]}
        tools = build_tools(load(document)).prefixed("other_")
        free = connect(tools, policy=Policy())
        asked: list[str] = []
        model = Scripted([wants(("other_add_pet", ADD), ("add_pet", ADD)), says("Done")])
        joined = JoinedCaller(open_client(), free)
        agent = Agent(joined, model, approve=lambda one: asked.append(one.tool.name))
        answer = agent.run("Add Ada to both")
    assert (answer.text, asked) == ("Done", ["add_pet"])
    assert (posts(pets), posts(other)) == (0, 1)
    assert joined.policy == WRITES


def test_a_name_that_two_apis_may_mean_is_nobodys() -> None:
    first, second = (
        connect(build_tools(load(DOCUMENT)).prefixed(prefix)) for prefix in ("a_", "b_")
    )
    operation_id = next(iter(first.tools.values())).operation.id
    with pytest.raises(UnknownTool, match=f"a_{operation_id}, b_{operation_id}"):
        JoinedCaller(first, second).prepare(Call(operation_id, {}))


def test_a_variable_that_another_clients_api_may_mean_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scheme = {"token": {"type": "http", "scheme": "bearer"}}
    document = {**DOCUMENT, **SECURED, "components": {"securitySchemes": scheme}}
    ours, theirs = (
        build_tools(load({**document, "servers": [{"url": url}]}))
        for url in ("https://ours.example", "https://theirs.example")
    )
    monkeypatch.setenv("OPENAPI2TOOLS_TOKEN", "topsecret")

    async def missing(**options: Any) -> Any:
        async with connect(ours, **options) as client:
            return await client.missing_credentials()

    assert not asyncio.run(missing())
    assert "ours.example/token" in str(asyncio.run(missing(beside=theirs)))
    assert not asyncio.run(missing(beside=theirs, credentials={"token": "own"}))
