"""A write goes out once: its intent is recorded before, and what nobody knows blocks it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.agent.loop import Agent
from openapi2tools.agent.record.entries import Approval, Asked, Question, Sent, Settled, Turn
from openapi2tools.agent.record.session import Session
from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from openapi2tools.errors import AgentError, InvalidOption
from openapi2tools.model import Call, Result
from openapi2tools.spec.load import load
from openapi2tools.testing import ScriptedModel
from openapi2tools.tools.build import build_tools
from tests.support.pets import DOCUMENT, Pets, open_pets
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openapi2tools.call.client import Client
    from tests.support.server import Received

ADA = ("add_pet", {"name": "Ada", "kind": "cat"})
SAME = ("add_pet", {"kind": "cat", "name": "Ada"})
BO = ("add_pet", {"name": "Bo"})
ASK = Policy(confirm="writes")


@dataclass
class Forgetful(Pets):
    """Pets whose first answers to a write are lost on the way back."""

    lost: int = 1
    posts: list[Received] = field(default_factory=list)

    def answer(self, request: Received) -> Answer:
        answer = super().answer(request)
        if request.method == "POST":
            self.posts.append(request)
            if len(self.posts) <= self.lost:
                raise ConnectionResetError
        return answer


@contextmanager
def open_forgetful(lost: int = 1, **options: Any) -> Iterator[tuple[Forgetful, Client]]:
    with open_pets(Forgetful(lost=lost), **options) as (pets, client):
        assert isinstance(pets, Forgetful)
        yield pets, client


def texts(session: Session) -> list[str]:
    return [entry.text for entry in session if isinstance(entry, Result)]


def killed_after_it_went_out(session: Session, pets: Pets) -> Session:
    """The record as it was when the program was killed, at a moment before the first result."""
    end = next(n for n, entry in enumerate(session) if isinstance(entry, Result))
    pets.received.clear()
    return Session(session[:end])


def test_the_intent_is_on_the_disk_before_the_first_byte_of_a_write(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    seen: list[dict[str, Any]] = []

    class Watching(Pets):
        def answer(self, request: Received) -> Answer:
            lines = [json.loads(line) for line in path.read_bytes().splitlines()]
            seen.extend(line for line in lines if line["kind"] == "sent")
            return super().answer(request)

    with open_pets(Watching()) as (_, client), Session.open(path) as session:
        Agent(client, ScriptedModel(ADA, "Done")).run("Add Ada", session=session)
        assert session.unknown == ()
    (intent,) = seen
    assert len(intent["digest"]) == 64
    assert intent["method"] == "POST"
    assert intent["url"].endswith("/pets")
    assert intent["at"]


def test_the_same_write_is_blocked_while_nobody_knows_whoever_asks() -> None:
    model = ScriptedModel(ADA, SAME, [SAME, BO], "I do not know")
    with open_forgetful() as (pets, client):
        session = Agent(client, model).run("Add Ada", session=Session()).session
    assert len(pets.posts) == 1
    assert session.unknown[0].digest
    first, second, third, fourth = texts(session)
    assert "It may have taken effect" in first
    assert "nobody knows whether it took effect" in second
    assert third == second or third.startswith(second)
    assert "Not made, because add_pet" in fourth


def test_another_write_goes_out_meanwhile() -> None:
    with open_forgetful() as (pets, client):
        session = Agent(client, ScriptedModel(ADA, BO, "Done")).run("Add both").session
    assert [json.loads(post.body)["name"] for post in pets.posts] == ["Ada", "Bo"]
    assert len(session.unknown) == 1


@pytest.mark.parametrize("approve", [None, lambda _: True])
def test_a_resumed_run_does_not_repeat_a_write_though_it_is_approved(approve: Any) -> None:
    with open_pets(policy=ASK) as (pets, client):
        agent = Agent(client, ScriptedModel(ADA, SAME, "Done"), approve=approve)
        session = Session()
        answer = agent.run("Add Ada", session=session)
        for call in answer.pending:
            session.approve(call)
        if answer.pending:
            agent.run(session=session)
        killed = killed_after_it_went_out(session, pets)
        assert [sent.method for sent in killed.unknown] == ["POST"]
        agent.run(session=killed)
    assert [request.method for request in pets.received] == ["GET", "GET"]  # it looked
    assert len(killed.unknown) == 1


@pytest.mark.parametrize(
    ("outcome", "posts", "told"),
    [
        ("done", 0, "it took effect. Do not make it again"),
        ("not done", 1, "it did not take effect"),
        ("send again", 1, "it may be made again"),
    ],
)
def test_a_person_settles_it_and_the_model_is_told(outcome: Any, posts: int, told: str) -> None:
    with open_forgetful() as (pets, client):
        session = Agent(client, ScriptedModel(ADA, "Who knows?")).run("Add Ada").session
        (write,) = session.unknown
        session.settle(write, outcome)
        assert session.unknown == ()
        pets.posts.clear()
        pets.lost = 0
        model = ScriptedModel(*([ADA] if posts else []), "Done")
        Agent(client, model).run(session=session)
    assert len(pets.posts) == posts
    (settled,) = [entry for entry in session if isinstance(entry, Settled)]
    assert told in settled.text
    assert f"POST {write.url}" in settled.text


@pytest.mark.parametrize(
    ("outcome", "posts", "asked", "told"),
    [
        ("done", 0, 0, "it took effect. The person in charge says so"),
        ("not done", 1, 1, "201"),
        ("send again", 1, 0, "201"),
    ],
)
def test_a_pending_write_is_settled_and_its_call_goes_on(
    outcome: Any, posts: int, asked: int, told: str
) -> None:
    questions: list[Any] = []

    def approve(prepared: Any) -> bool:
        questions.append(prepared)
        return True

    with open_pets(policy=ASK) as (pets, client):
        agent = Agent(client, ScriptedModel(ADA, "Done"), approve=approve)
        killed = killed_after_it_went_out(agent.run("Add Ada").session, pets)
        questions.clear()
        killed.settle(killed.pending[0], outcome)
        agent.run(session=killed)
    assert len(pets.received) == posts
    assert len(questions) == asked
    (result,) = [entry for entry in killed if isinstance(entry, Result)]
    assert told in (result.text if result.status is None else str(result.status))


def test_what_cannot_be_settled_is_said_with_what_can() -> None:
    with open_forgetful() as (_, client):
        session = Agent(client, ScriptedModel(ADA, "Who knows?")).run("Add Ada").session
    with pytest.raises(AgentError, match=r"Those that it has: .*POST"):
        session.settle("other", "done")
    with pytest.raises(InvalidOption, match="'send again'"):
        session.settle(session.unknown[0], "perhaps")  # type: ignore[arg-type]


@pytest.mark.parametrize(("status", "unknown"), [(201, 0), (500, 0), (502, 1), (504, 1)])
def test_an_answer_tells_the_outcome_but_for_a_gateway_s(status: int, unknown: int) -> None:
    class Answering(Pets):
        def answer(self, request: Received) -> Answer:
            return Answer(status, {})

    with open_pets(Answering(), retries=0) as (_, client):
        session = Agent(client, ScriptedModel(ADA, "Done")).run("Add Ada").session
    assert len(session.unknown) == unknown


def test_what_a_program_makes_of_a_result_leaves_unknown_what_is_unknown() -> None:
    def after_call(call: Call, _: Result) -> Result:
        return Result(call.id, call.tool, "All is well")

    with open_forgetful() as (pets, client):
        agent = Agent(client, ScriptedModel(ADA, SAME, "Done"), after_call=after_call)
        session = agent.run("Add Ada").session
    assert len(pets.posts) == 1
    assert len(session.unknown) == 1


def test_a_store_that_cannot_keep_the_intent_keeps_the_write_in() -> None:
    class Full:
        def __init__(self) -> None:
            self.kept: list[Any] = []

        def append(self, entry: Any) -> None:
            if isinstance(entry, Sent):
                raise OSError("the disk is full")
            self.kept.append(entry)

        def close(self) -> None: ...

    store = Full()
    with open_pets() as (pets, client), pytest.raises(OSError, match="full"):
        Agent(client, ScriptedModel(ADA)).run("Add Ada", session=Session(store=store))
    assert pets.received == []
    assert [type(entry) for entry in store.kept] == [Question, Turn]


def test_unknown_writes_of_calls_that_share_an_id_are_told_apart() -> None:
    def out(digest: str) -> list[Any]:
        return [Turn(calls=(Call("add_pet", {}, "1"),)), Sent("1", digest=digest)]

    session = Session([*out("a"), *out("b"), Settled("1", "did_not", digest="b")])
    assert [sent.digest for sent in session.unknown] == ["a"]
    session.add(Settled("1", "unclear", digest="a"))
    assert [sent.digest for sent in session.unknown] == ["a"]
    session.add(Settled("1", "took_effect", digest="a"))
    assert session.unknown == ()


# --- keys ----------------------------------------------------------------------------------------


KEY = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "format": "uuid"}}
LONG = {"notes": "x" * 3_000}
"""A body of which a question shows the hash."""


@contextmanager
def open_keyed(
    place: str = "header",
    name: str = "idempotency_key",
    lost: int = 1,
    pets: Forgetful | None = None,
    **options: Any,
) -> Iterator[tuple[Forgetful, Client]]:
    """Pets of which each is added with a key, in a header or as a required field of the body."""
    document = json.loads(json.dumps(DOCUMENT))
    post = document["paths"]["/pets"]["post"]
    if place == "header":
        post["parameters"] = [KEY]
    else:
        schema = post["requestBody"]["content"]["application/json"]["schema"]
        schema["required"].append(name)
        schema["properties"] |= {name: {"type": "string", "maxLength": 45}, "notes": {}}
    pets = pets or Forgetful(lost=lost)
    with LoopbackServer(pets.answer) as server:
        tools = build_tools(load({**document, "servers": [{"url": server.url}]}))
        yield pets, connect(tools, retries=0, **options)


def keys(pets: Forgetful) -> list[str]:
    found = []
    for post in pets.posts:
        in_body = [value for name, value in post.json().items() if "idempotency" in name.lower()]
        found += in_body or [post.headers["idempotency-key"]]
    return found


PLACES = pytest.mark.parametrize("place", ["header", "body"])


@PLACES
def test_a_write_that_the_api_knows_by_its_key_goes_out_again_with_it(place: str) -> None:
    given = {"Idempotency_Key": "mine"} if place == "header" else {"idempotency_key": "mine"}
    script = (ADA, ("add_pet", {**SAME[1], **given}), BO, "Done")
    with open_keyed(place) as (pets, client):
        session = Agent(client, ScriptedModel(*script)).run("Add Ada").session
    first, second, third = keys(pets)
    assert first == second
    assert "mine" not in (first, second, third)
    assert third != first
    assert session.unknown == ()


@pytest.mark.parametrize(
    ("place", "fact"), [("header", "header idempotency-key"), ("body", "idempotency key")]
)
@pytest.mark.parametrize("more", [{}, LONG], ids=["short", "long"])
def test_a_yes_to_a_write_with_a_key_holds_after_a_crash(
    place: str, fact: str, more: dict[str, str]
) -> None:
    with open_keyed(place, lost=0, policy=ASK) as (pets, client):
        agent = Agent(client, ScriptedModel(("add_pet", {**ADA[1], **more}), "Done"))
        session = Session()
        (call,) = agent.run("Add Ada", session=session).pending
        session.approve(call)
        agent.run(session=session)
        killed = killed_after_it_went_out(session, pets)
        assert agent.run(session=killed).text == "Done"
    assert len(keys(pets)) == 2
    assert len(set(keys(pets))) == 1
    (asked,) = [entry for entry in killed if isinstance(entry, Asked)]
    assert asked.request[fact] == keys(pets)[0]
    assert sum(isinstance(entry, Approval) for entry in killed) == 1


@pytest.mark.parametrize("name", ["idempotencyKey", "IdempotencyToken", "idempotency_key"])
def test_a_field_of_the_body_is_a_key_by_its_name(name: str) -> None:
    with open_keyed("body", name) as (pets, client):
        Agent(client, ScriptedModel(ADA, ADA, "Done")).run("Add Ada")
    first, second = keys(pets)
    assert first == second


@pytest.mark.parametrize("name", ["clientToken", "request_id", "idempotency_key_of_payment"])
def test_a_field_of_another_name_is_the_models(name: str) -> None:
    given = ("add_pet", {**ADA[1], name: "mine"})
    with open_keyed("body", name) as (pets, client):
        session = Agent(client, ScriptedModel(given, given, "Done")).run("Add Ada").session
    assert [post.json()[name] for post in pets.posts] == ["mine"]
    assert len(session.unknown) == 1


@PLACES
def test_what_is_fixed_for_every_call_stays(place: str) -> None:
    document_name = "Idempotency_Key" if place == "header" else "idempotency_key"
    with open_keyed(place, lost=0, arguments={document_name: "a" * 36}) as (pets, client):
        Agent(client, ScriptedModel(ADA, "Done")).run("Add Ada")
    assert keys(pets) == ["a" * 36]


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/payments/cancel", {}),
        ("/payments/cancel-by-idempotency-key", {"reason": {"type": "string"}}),
    ],
    ids=["it says nothing else", "the path is named after it"],
)
def test_a_key_that_names_another_write_is_the_models(path: str, fields: dict[str, Any]) -> None:
    properties = {"idempotency_key": {"type": "string"}, **fields}
    body = {"application/json": {"schema": {"type": "object", "properties": properties}}}
    cancel = {
        "operationId": "cancel",
        "requestBody": {"required": True, "content": body},
        "responses": {"200": {"description": "It is cancelled"}},
    }
    with LoopbackServer(lambda _: Answer(200, {})) as server:
        document = {**DOCUMENT, "servers": [{"url": server.url}], "paths": {path: {"post": cancel}}}
        with connect(build_tools(load(document))) as client:
            script = ScriptedModel(("cancel", {"idempotency_key": "of-the-payment"}), "Done")
            session = Agent(client, script).run("Cancel it").session
        assert server.received[0].json() == {"idempotency_key": "of-the-payment"}
    assert [entry.idempotency_key for entry in session if isinstance(entry, Sent)] == [""]


@dataclass
class Deaf(Forgetful):
    """Pets whose first requests to write are lost on the way there."""

    def answer(self, request: Received) -> Answer:
        if request.method == "POST" and len(self.posts) < self.lost:
            self.posts.append(request)
            raise ConnectionResetError
        return super().answer(request)


def test_a_read_is_held_against_what_was_sent_without_the_key() -> None:
    policy = Policy(snapshot=True, settle_seconds=0)
    with open_keyed("body", pets=Deaf(), policy=policy) as (pets, client):
        session = Agent(client, ScriptedModel(ADA, "Who knows?")).run("Add Ada").session
        (sent,) = session.unknown
        old = replace(sent, at="2020-01-01T00:00:00+00:00")  # the key holds no more
        record = Session([Turn(), old])
        Agent(client, ScriptedModel(ADA, "Done")).run("Add Ada", session=record)
    assert [entry.outcome for entry in record if isinstance(entry, Settled)] == ["did_not"]
    assert len(pets.posts) == 2


def test_an_old_key_is_not_trusted() -> None:
    with open_keyed() as (pets, client):
        session = Agent(client, ScriptedModel(ADA, "Who knows?")).run("Add Ada").session
        (sent,) = session.unknown
        old = Sent("0", digest=sent.digest, at="2020-01-01T00:00:00+00:00", idempotency_key="k")
        script = ScriptedModel(SAME, "Done")
        Agent(client, script).run("Add Ada", session=Session([Turn(), old]))
    assert len(pets.posts) == 1
    assert "nobody knows" in script.results[0].text
