"""What fails below a call: whether it was sent, whose fault it is, and what is told of it."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from openapi2tools import Call, CallError, MissingCredential, Result, connect
from openapi2tools.model import SecurityScheme
from tests.support.calling import parameter, tool, tools
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools import Client

URL = "https://api.example"


def client(url: str = URL, **options: Any) -> Client:
    return connect(tools(tool(url, parameter("q"), name="write", method="POST")), **options)


# --- what was not sent ---


def test_a_call_that_waits_for_a_connection_is_not_sent() -> None:
    arrived, release = threading.Event(), threading.Event()

    def hold(_: Received) -> Answer:
        arrived.set()
        release.wait(60)
        return Answer(200, {})

    async def go(subject: Client) -> tuple[Result, Result]:
        async with subject:
            first = asyncio.create_task(subject.acall("write"))
            await asyncio.to_thread(arrived.wait, 60)
            second = await subject.acall("write", timeout=0.2)
            release.set()
            return await first, second

    with LoopbackServer(hold) as server:
        first, second = asyncio.run(go(client(server.url, max_connections=1)))
        assert len(server.received) == 1
    assert first.status == 200
    assert "Nothing was sent." in second.text
    assert second.sent is False


def test_a_call_that_waits_for_its_turn_is_not_sent() -> None:
    with LoopbackServer(lambda _: Answer(200, {})) as server:
        subject = client(server.url, per_second=1 / 600, timeout=2)
        assert subject.call("write").status == 200
        assert "Nothing was sent." in subject.call("write").text
        assert len(server.received) == 1


# --- whose fault it is ---


async def _app_with_a_bug(scope: Any, receive: Any, send: Any) -> None:
    raise NotImplementedError("not yet")


class _Raising(httpx.AsyncBaseTransport):
    def __init__(self, error: Exception) -> None:
        self.error = error

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        raise self.error


@pytest.mark.parametrize(
    "error", [NotImplementedError("not yet"), RecursionError("deep"), RuntimeError("a bug")]
)
def test_a_bug_below_the_users_client_is_told_as_it_is(error: Exception) -> None:
    own = httpx.AsyncClient(transport=_Raising(error))
    with pytest.raises(type(error)) as raised:
        client(http=own).call("write")
    assert raised.value is error


def test_a_bug_in_an_application_keeps_its_traceback() -> None:
    app = httpx.ASGITransport(app=_app_with_a_bug)
    for options in ({"http": httpx.AsyncClient(transport=app)}, {"transport": app}):
        with pytest.raises(NotImplementedError) as raised:
            client(**options).call("write")
        assert raised.traceback[-1].name == "_app_with_a_bug"


def test_a_closed_client_is_told_as_such() -> None:
    own = httpx.AsyncClient()
    anyio.run(own.aclose)
    with pytest.raises(CallError, match="client of http= cannot be used here"):
        client(http=own).call("write")


def test_an_error_of_a_synchronous_call_has_no_other_behind_it() -> None:
    subject = connect(
        tools(
            tool(
                URL,
                name="write",
                api={"document": {}, "schemes": {}},
                security=({"key": ()},),
            )
        )
    )
    with pytest.raises(MissingCredential) as raised:
        subject.call("write")
    assert raised.value.__context__ is None or raised.value.__suppress_context__


# --- a transport of one's own ---


def _answering(*answers: httpx.Response) -> tuple[httpx.MockTransport, list[httpx.Request]]:
    came: list[httpx.Request] = []
    left = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        came.append(request)
        return next(left)

    return httpx.MockTransport(answer), came


def _one_time() -> Callable[..., httpx.Auth]:
    class OneTime(httpx.Auth):
        number = 0

        def auth_flow(self, request: httpx.Request) -> Any:
            OneTime.number += 1
            request.headers["X-Nonce"] = str(OneTime.number)
            yield request

    return OneTime


def test_with_a_transport_calls_are_retried_and_signed_anew() -> None:
    own, came = _answering(httpx.Response(503), httpx.Response(200, json={"a": 1}))
    subject = connect(
        tools(tool(URL, name="read")),
        transport=own,
        backoff=0,
        credentials={"bearer": _one_time()()},
    )
    assert subject.call("read").data == {"a": 1}
    assert [request.headers["x-nonce"] for request in came] == ["1", "2"]


def test_with_a_transport_an_error_is_a_result() -> None:
    result = client(transport=_Raising(httpx.ConnectError("no")), retries=0).call(Call("write"))
    assert result.is_error
    assert "Nothing was sent" in result.text


def test_a_transport_serves_threads_and_loops() -> None:
    own, came = _answering(*(httpx.Response(200, json={}) for _ in range(3)))
    subject = client(transport=own)
    assert subject.call("write").status == 200
    with subject:
        assert subject.call("write").status == 200
    assert anyio.run(subject.acall, "write").status == 200
    assert len(came) == 3


# --- masking ---


def test_a_masked_answer_says_so() -> None:
    own, _ = _answering(httpx.Response(200, json={"echo": "secret-token-5"}))
    subject = client(transport=own, credentials={"bearer": "secret-token-5"})
    result = subject.call("write")
    assert result.data == {"echo": "[secret]"}
    assert any("[secret]" in note for note in result.notes)


def test_a_short_secret_is_masked_as_a_whole_word_only() -> None:
    own, _ = _answering(httpx.Response(200, json=["master", "masters", "webmaster", "a=master;"]))
    result = client(transport=own, credentials={"bearer": "master"}).call("write")
    assert result.data == ["[secret]", "masters", "webmaster", "a=[secret];"]


def test_nan_is_told_as_nan() -> None:
    schema = {"type": "object", "properties": {"q": {"type": "number"}}}
    numeric = replace(tool(URL, parameter("q"), name="write"), schema=schema)
    result = connect(tools(numeric)).call("write", {"q": float("nan")})
    assert "expected a number, got NaN." in result.text


# --- the log ---


def test_the_log_says_what_was_called_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="openapi2tools")
    own, _ = _answering(httpx.Response(503), httpx.Response(200, json={}))
    key = {"key": SecurityScheme("key", "apiKey", name="k", location="query")}
    reading = tool(
        URL,
        parameter("q"),
        name="read",
        api={"document": {}, "schemes": key},
        security=({"key": ()},),
    )
    subject = connect(tools(reading), transport=own, backoff=0, credentials={"key": "secret-5"})
    subject.call("read", {"q": "mine"})
    records = [record.getMessage() for record in caplog.records if record.name == "openapi2tools"]
    assert ["503, again in" in records[0], ": 200 in" in records[1]] == [True, True]
    assert "secret-5" not in caplog.text
    assert "mine" not in "".join(records)
