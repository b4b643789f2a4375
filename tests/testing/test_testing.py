"""The tools for tests of one's own program, which our own tests use as well."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools import (
    Agent,
    AgentError,
    Call,
    CallFinished,
    FetchError,
    Question,
    Session,
    TextDelta,
    Turn,
    build_tools,
    load,
)
from openapi2tools.testing import (
    RecordedRequest,
    Recorder,
    ScriptedModel,
    assert_request,
    connect_app,
)
from tests.support.pets import DOCUMENT, open_pets

if TYPE_CHECKING:
    from collections.abc import Callable


async def pets_app(scope: Any, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
    """An ASGI app without a framework: its document, one pet, and whatever is posted."""
    body = (await receive())["body"]
    answers: dict[str, tuple[int, Any]] = {
        "/openapi.json": (200, DOCUMENT),
        "/pets/1": (200, {"name": "Rex"}),
        "/pets": (201, json.loads(body) if body else []),
    }
    status, value = answers.get(scope["path"], (404, {"detail": "no such pet"}))
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(value).encode()})


# --- ScriptedModel ---


def test_a_script_is_said_line_by_line() -> None:
    model = ScriptedModel(
        [("get_pet", {"pet_id": 1}), Call("get_pet", {"pet_id": 2}, id="mine")],
        ("find_pets", {}),
        Turn(text="Wait.", calls=(Call("find_pets", id="c"),)),
        lambda record: f"{len(record)} entries",
    )
    with open_pets() as (pets, client):
        answer = Agent(client, model).run("Which pets?")
    assert answer.text == f"{len(model.records[3])} entries"
    assert [request.target for request in pets.received[2:]] == ["/pets", "/pets"]
    assert [result.call_id for result in model.results] == ["call_1_0", "mine", "call_2_0", "c"]
    assert model.records[0] == (Question("Which pets?"),)
    assert list(model.tools) == ["find_pets", "add_pet", "get_pet", "delete_pet"]
    assert "HTTP API" in model.instructions
    assert model.remaining == 0


def test_a_script_goes_on_with_its_session_and_its_end_is_told() -> None:
    model, session = ScriptedModel("One.", "Two.", name="parrot"), Session()
    with open_pets() as (_, client):
        agent = Agent(client, model)
        assert agent.run("a", session=session).text == "One."
        assert model.remaining == 1
        assert agent.run("b", session=session).text == "Two."
        assert agent.run("in another session").text == "One."
        with pytest.raises(AgentError, match="parrot has 2 lines, and it is asked once more"):
            agent.run("c", session=session)


def test_a_new_model_begins_its_script_where_a_session_of_others_ends() -> None:
    session = Session()
    with open_pets() as (_, client):
        Agent(client, ScriptedModel("One.", "Two.")).run("a", session=session)
        model = ScriptedModel(("get_pet", {"pet_id": 1}), "Rex.", "Bye.")
        kept = Session.loads(session.dumps())
        assert Agent(client, model).run("b", session=kept).text == "Rex."
        kept = Session.loads(kept.dumps())
        assert Agent(client, model).run("c", session=kept).text == "Bye."


def test_a_run_with_a_script_has_the_events_of_every_run() -> None:
    model = ScriptedModel(("get_pet", {"pet_id": 1}), "Rex")
    with open_pets() as (_, client):

        async def events() -> list[Any]:
            return [event async for event in Agent(client, model).stream("Who?")]

        seen = client.wait(events)
    assert [event.text for event in seen if isinstance(event, TextDelta)] == ["Rex"]
    assert [event.result.status for event in seen if isinstance(event, CallFinished)] == [200]


# --- connect_app and Recorder ---


def test_an_app_is_called_by_its_own_document() -> None:
    app = Recorder(pets_app)
    with connect_app(app) as client:
        assert client.call("get_pet", {"pet_id": 1}).data == {"name": "Rex"}
        assert client.call("get_pet", {"pet_id": 9}).status == 404
        assert client.call("add_pet", {"name": "Tom"}).data == {"name": "Tom"}
    seen = [(request.method, request.path, request.status) for request in app.requests]
    assert seen == [
        ("GET", "/openapi.json", 200),
        ("GET", "/pets/1", 200),
        ("GET", "/pets/9", 404),
        ("POST", "/pets", 201),
    ]
    assert app.requests[-1].json() == {"name": "Tom"}


def test_an_app_is_called_with_given_tools_and_credentials() -> None:
    app = Recorder(pets_app)
    tools = build_tools(load({**DOCUMENT, "servers": [{"url": "https://pets.example/v1"}]}))
    with connect_app(app, tools, credentials={"token": "topsecret"}) as client:
        client.call("delete_pet", {"pet_id": 1})
    [request] = app.requests
    assert request.headers["authorization"] == "Bearer topsecret"
    assert (request.headers["host"], request.path) == ("testserver", "/v1/pets/1")
    assert "topsecret" not in repr(request)


def test_an_app_without_a_document_is_told() -> None:
    with pytest.raises(FetchError, match=r"answers 404.*document="):
        connect_app(pets_app, document="/nothing.json")


def test_what_an_app_raises_is_kept_without_a_status() -> None:
    class NoStockError(Exception):
        pass

    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise NoStockError

    app = Recorder(broken)
    with pytest.raises(NoStockError), connect_app(app, build_tools(load(DOCUMENT))) as client:
        client.call("get_pet", {"pet_id": 1})
    assert [request.status for request in app.requests] == [None]


# --- assert_request ---


def test_a_prepared_request_is_what_it_is() -> None:
    with open_pets() as (_, client):
        prepared = client.prepare("add_pet", {"name": "Réx", "kind": "dog"})
    assert_request(
        prepared,
        method="POST",
        path="/pets",
        query="",
        headers={"content-type": "application/json", "Authorization": None},
        json={"name": "Réx", "kind": "dog"},
    )
    assert_request(prepared)


RECORDED = RecordedRequest(
    "GET", "/a%20b", "x=1&y=a%26&x=2", {"authorization": "topsecret"}, b'{"a":1}', 200
)


def test_a_query_is_compared_as_text_or_as_values() -> None:
    assert_request(RECORDED, query="x=1&y=a%26&x=2", path="/a%20b", body='{"a":1}')
    assert_request(RECORDED, query={"y": "a&", "x": ["1", "2"]}, body=b'{"a":1}')


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ({"method": "POST"}, "its method is 'GET', not 'POST'"),
        ({"path": "/a b"}, "its path is '/a%20b', not '/a b'"),
        ({"query": {"x": "1"}}, r"its query is {'x': \['1', '2'\], 'y': \['a&'\]}, not"),
        ({"json": {"a": 2}}, 'its body is {"a": 1}, not {"a": 2}'),
        ({"json": None}, "not null"),
        ({"body": b""}, "its body is"),
        ({"headers": {"Authorization": "x"}}, "its header Authorization is not 'x'"),
        ({"headers": {"X": "x"}}, "it has no header X"),
        ({"headers": {"Authorization": None}}, "it has the header Authorization"),
    ],
)
def test_a_difference_is_told_without_what_may_be_secret(
    expected: dict[str, Any], words: str
) -> None:
    with pytest.raises(AssertionError, match=words) as caught:
        assert_request(RECORDED, **expected)
    assert "topsecret" not in str(caught.value)


def test_no_test_framework_is_imported() -> None:
    program = (
        "import sys, openapi2tools.testing; "
        "print({'pytest', 'unittest', 'starlette', 'fastapi'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.strip() == b"set()"


def test_an_app_is_called_as_in_production() -> None:
    """A server that is busy for a moment is asked again."""
    statuses: list[int] = []

    async def busy_once(scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/pets/1" and not statuses:
            statuses.append(503)
            await send({"type": "http.response.start", "status": 503, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        await pets_app(scope, receive, send)

    client = connect_app(busy_once, backoff=0)
    assert client.call("get_pet", {"pet_id": 1}).data == {"name": "Rex"}
    assert statuses == [503]
