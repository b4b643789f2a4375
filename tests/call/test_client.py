"""A call goes out as it was prepared, when it may, and what comes back is a result."""

from __future__ import annotations

import asyncio
import socket
import threading
from dataclasses import replace
from datetime import date
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar

import httpx
import pytest

from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Decision, Policy, decide
from openapi2tools.errors import (
    ApprovalNeeded,
    BlockedAddress,
    CallError,
    Declined,
    InvalidArguments,
    InvalidOption,
    MissingCredential,
    Refused,
    UnknownTool,
)
from openapi2tools.model import (
    Call,
    Effect,
    MediaType,
    Result,
    SecurityScheme,
    Server,
    ServerVariable,
)
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.calling import parameter, tool, tools
from tests.support.server import Answer, LoopbackServer, Received
from tests.support.tools import make_tool

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openapi2tools.call.client import Client
    from openapi2tools.call.prepared import Prepared

KEY = {"schemes": {"key": SecurityScheme("key", "apiKey", name="X-Key", location="header")}}
SECRET = "s3cret-value"


def echo(received: Received) -> Answer:
    return Answer(200, {"target": received.target, "key": received.headers.get("x-key")})


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(echo) as running:
        yield running


def nested(depth: int) -> list[Any]:
    return [nested(depth - 1)] if depth else []


def client(server: LoopbackServer, *, effect: Effect = Effect.READ, **options: Any) -> Client:
    return connect(tools(tool(server.url, parameter("q"), effect=effect)), **options)


def secured(url: str, **options: Any) -> Client:
    return connect(tools(tool(url, parameter("q"), api=KEY, security=({"key": ()},))), **options)


# --- preparing ---


def test_prepare_needs_no_network_and_no_credential() -> None:
    prepared = secured("http://127.0.0.1:9").prepare("t", {"q": "a b"})
    assert str(prepared.request.url) == "http://127.0.0.1:9/?q=a%20b"
    assert prepared.decision is Decision.ALLOW
    assert "x-key" not in prepared.request.headers


@pytest.mark.parametrize(
    ("asked", "arguments", "query"),
    [(False, {}, b""), (True, {}, b"limit=20"), (True, {"limit": 5}, b"limit=5")],
)
def test_declared_defaults_are_sent_only_when_asked(
    asked: bool, arguments: dict[str, Any], query: bytes
) -> None:
    parameters = [{"name": "limit", "in": "query", "schema": {"type": "integer", "default": 20}}]
    paths = {
        "/pets": {"get": {"operationId": "list_pets", "parameters": parameters, "responses": {}}}
    }
    api = load(
        {
            "openapi": "3.1.0",
            "info": {"title": "", "version": ""},
            "servers": [{"url": "http://127.0.0.1:9"}],
            "paths": paths,
        }
    )
    assert (
        connect(build_tools(api), defaults=asked).prepare("list_pets", arguments).request.url.query
        == query
    )


def test_prepare_raises_for_an_unknown_tool_and_for_bad_arguments(server: LoopbackServer) -> None:
    with pytest.raises(UnknownTool, match="t2"):
        client(server).prepare("t2")
    with pytest.raises(InvalidArguments, match="qq"):
        client(server).prepare("t", {"qq": 1})
    with pytest.raises(InvalidArguments, match="no JSON"):
        client(server).prepare(Call("t", fault="no JSON"))


# --- the policy ---


@pytest.mark.parametrize(
    ("policy", "effect", "decision"),
    [
        (Policy(), Effect.DESTROY, Decision.ALLOW),
        (Policy(confirm="writes"), Effect.READ, Decision.ALLOW),
        (Policy(confirm="writes"), Effect.WRITE, Decision.ASK),
        (Policy(confirm="all"), Effect.READ, Decision.ASK),
        (Policy(read_only=True), Effect.READ, Decision.ALLOW),
        (Policy(read_only=True), Effect.WRITE, Decision.REFUSE),
        (Policy(confirm="all", dry_run=True), Effect.WRITE, Decision.ALLOW),
        (
            Policy(confirm="writes", read_only=True, reads=("search_*", "t")),
            Effect.DESTROY,
            Decision.ALLOW,
        ),
        (Policy(confirm="writes", reads=("T", "search_*")), Effect.WRITE, Decision.ASK),
    ],
)
def test_the_policy_decides(policy: Policy, effect: Effect, decision: Decision) -> None:
    assert decide(policy, tool("https://api.example", effect=effect))[0] is decision


def test_a_refused_call_is_not_sent(server: LoopbackServer) -> None:
    before = len(server.received)
    with pytest.raises(Refused, match="read-only"):
        client(server, effect=Effect.WRITE, policy=Policy(read_only=True)).call("t")
    assert len(server.received) == before


def test_a_call_that_needs_approval_waits_for_it(server: LoopbackServer) -> None:
    asking = client(server, effect=Effect.WRITE, policy=Policy(confirm="writes"))
    with pytest.raises(ApprovalNeeded, match="approval"):
        asking.call("t")
    assert asking.send(asking.prepare("t"), approved=True).status == 200


def test_somebody_may_be_asked(server: LoopbackServer) -> None:
    async def later(prepared: Prepared) -> bool:
        return prepared.tool.name == "t"

    policy = Policy(confirm="all")
    assert client(server, policy=policy, approve=later).call("t").status == 200
    with pytest.raises(Declined, match="Nothing was sent"):
        client(server, policy=policy, approve=lambda _: False).call("t")


def test_a_dry_run_shows_the_request_and_sends_nothing(server: LoopbackServer) -> None:
    before = len(server.received)
    result = secured(server.url, policy=Policy(dry_run=True)).call("t", {"q": "x"})
    assert "not sent" in result.text
    assert "GET /?q=x HTTP/1.1" in result.text
    assert "X-Key: <key>" in result.text
    assert (result.status, result.is_error, len(server.received)) == (None, False, before)


# --- sending ---


def test_a_result_carries_text_data_status_and_the_calls_id(server: LoopbackServer) -> None:
    result = client(server).call(Call("t", {"q": "x"}, id="call_1", caller={"type": "x"}))
    assert (result.call_id, result.tool, result.status, result.caller) == (
        "call_1",
        "t",
        200,
        {"type": "x"},
    )
    assert result.data == {"target": "/?q=x", "key": None}
    assert result.text == '{"target":"/?q=x","key":null}'


def test_repairs_are_noted(server: LoopbackServer) -> None:
    subject = tool(server.url, parameter("n"))
    subject.schema["properties"]["n"] = {"type": "integer"}
    result = connect(tools(subject)).call("t", {"n": "3"})
    assert server.received[-1].target == "/?n=3"
    assert result.notes


def test_bad_arguments_of_a_call_are_a_result(server: LoopbackServer) -> None:
    result = client(server).call("t", {"qq": 1})
    assert result.is_error
    assert "qq" in result.text
    assert client(server).call(Call("t9", id="1")).is_error
    with pytest.raises(UnknownTool):
        client(server).call("t9")


@pytest.mark.parametrize(
    "value",
    [object(), date(2026, 1, 1), {1: "one"}, nested(129)],
    ids=["object", "date", "name", "depth"],
)
def test_what_is_no_json_is_a_bad_argument(server: LoopbackServer, value: Any) -> None:
    with pytest.raises(InvalidArguments, match="cannot take these arguments"):
        client(server).prepare("t", {"q": value})


def test_a_credential_travels_and_is_masked_where_the_api_echoes_it(server: LoopbackServer) -> None:
    prepared = (secure := secured(server.url, credentials={"key": SECRET})).prepare("t")
    result = secure.send(prepared)
    assert server.received[-1].headers["x-key"] == SECRET
    assert SECRET not in result.text
    assert '"key":"[secret]"' in result.text
    assert SECRET not in repr(prepared) + repr(
        secure.options
    ) + prepared.curl() + prepared.http() + str(prepared.request.headers)


def test_a_missing_credential_is_raised_when_the_call_is_sent(server: LoopbackServer) -> None:
    with pytest.raises(MissingCredential, match="OPENAPI2TOOLS_KEY"):
        secured(server.url).call("t")


def test_own_headers_travel_but_are_not_shown(server: LoopbackServer) -> None:
    own = client(server, headers={"X-Key": SECRET})
    assert own.call("t").data["key"] == "[secret]"
    assert server.received[-1].headers["x-key"] == SECRET
    assert SECRET not in own.prepare("t").http()


def test_a_policy_that_cannot_be_is_refused_at_once() -> None:
    with pytest.raises(InvalidOption, match="confirm is one of 'none', 'writes', 'all'"):
        Policy(confirm="write")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="list of globs"):
        Policy(reads="search_*")


def test_a_tool_that_only_reads_is_named_by_its_name_or_by_its_operations_whole_id() -> None:
    found = make_tool("find", method="POST", effect=Effect.WRITE)
    found = replace(found, operation=replace(found.operation, id="find_pets_find_post"))
    for named in ("find", "fin*", "find_pets_find_post"):
        assert Policy(reads=[named]).effect(found) is Effect.READ
    assert Policy(reads=["*_post"]).effect(found) is Effect.WRITE


@pytest.mark.parametrize("name", ["Key", "api.test/Key", "bearers"])
def test_credentials_for_no_scheme_of_any_tool_are_refused_at_once(name: str) -> None:
    with pytest.raises(InvalidOption, match="but: key") as caught:
        secured("http://api.test", credentials={"key": SECRET, name: SECRET})
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", ["bearer", "api.test/header:X-Key"])
def test_a_document_without_schemes_takes_the_credentials_that_it_does_not_name(name: str) -> None:
    assert (
        connect(tools(tool("https://api.test")), credentials={name: SECRET})
        .prepare("t")
        .plan.placeholders
    )


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": None},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"retries": -1},
        {"retries": None},
        {"headers": {"X": 1}},
    ],
)
def test_an_option_of_a_wrong_kind_is_refused_at_once(
    server: LoopbackServer, options: dict[str, Any]
) -> None:
    with pytest.raises(InvalidOption, match=r"timeout=|retries=|header X"):
        client(server, **options)


@pytest.mark.parametrize("own", [False, True])
def test_of_a_call_that_never_left_nobody_says_that_it_may_have_taken_effect(own: bool) -> None:
    subject = connect(
        tools(tool("http://127.0.0.1:9", method="POST")),
        retries=0,
        http=httpx.AsyncClient() if own else None,
    )
    result = subject.call("t")
    assert (result.is_error, result.status) == (True, None)
    assert "127.0.0.1:9" in result.text
    assert "Nothing was sent." in result.text
    assert "taken effect" not in result.text


def test_a_write_whose_redirect_leads_nowhere_may_have_taken_effect() -> None:
    async def run(url: str) -> Result:
        async with httpx.AsyncClient() as own:
            return await connect(tools(tool(url, method="POST")), http=own).acall("t")

    with LoopbackServer(
        lambda _: Answer(303, headers={"Location": "http://127.0.0.1:9/"})
    ) as server:
        result = asyncio.run(run(server.url))
    assert "look before you repeat it" in result.text


def test_a_write_that_broke_off_and_could_not_be_repeated_may_have_taken_effect() -> None:
    def once() -> None:
        connection, _ = listening.accept()
        connection.recv(1000)
        listening.close()
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=once).start()
        result = connect(
            tools(tool(f"http://127.0.0.1:{listening.getsockname()[1]}", method="PUT")), retries=1
        ).call("t")
    assert "No connection" in result.text
    assert "look before you repeat it" in result.text


def test_a_slow_server_is_a_result_after_the_timeout() -> None:
    release = threading.Event()
    with LoopbackServer(lambda _: Answer(200 if release.wait(120) else 500)) as slow:
        result = connect(tools(tool(slow.url)), timeout=0.1).call("t")
        release.set()
    assert result.is_error
    assert "No answer in time" in result.text


def test_an_api_that_asks_for_more_time_than_a_call_has_did_answer() -> None:
    with LoopbackServer(lambda _: Answer(429, headers={"Retry-After": "29"})) as busy:
        assert connect(tools(tool(busy.url)), timeout=28).call("t").status == 429


def test_own_cookies_go_with_those_of_a_call() -> None:
    with LoopbackServer(
        lambda received: Answer(200, {"cookies": received.headers["cookie"]})
    ) as server:
        subject = tool(server.url, parameter("c", "cookie"))
        assert connect(tools(subject), headers={"Cookie": "own=1"}).call("t", {"c": "2"}).data == {
            "cookies": "own=1; c=2"
        }


def test_a_private_server_that_a_public_document_names_is_blocked() -> None:
    public = {"address": "https://example.com/openapi.json"}
    subject = tool("http://127.0.0.1:9", api=public)
    with pytest.raises(BlockedAddress):
        connect(tools(subject)).call("t")
    # named by the user: tried
    assert connect(tools(subject), server="http://127.0.0.1:9", retries=0).call("t").is_error


def test_a_credential_does_not_go_where_a_public_document_sends_it() -> None:
    public = {**KEY, "address": "https://example.com/openapi.json"}
    subject = tool("http://10.0.0.5", api=public, security=({"key": ()},))
    with pytest.raises(Refused, match="internal"):
        connect(tools(subject), credentials={"key": SECRET}).call("t")


# --- life ---


def test_a_client_keeps_its_connections_while_it_is_open() -> None:
    made: list[Any] = []

    def handler(received: Received) -> Answer:
        return Answer(200, {})

    with LoopbackServer(handler) as running, connect(tools(tool(running.url))) as kept:
        original = kept._connections._make_client
        kept._connections._make_client = lambda guard: made.append(guard) or original(guard)  # type: ignore[func-returns-value]
        assert [kept.call("t").status for _ in range(3)] == [200, 200, 200]
    assert len(made) == 1


def test_a_client_works_without_being_opened_and_after_it_was_closed(
    server: LoopbackServer,
) -> None:
    subject = client(server)
    assert subject.call("t").status == 200
    with subject:
        assert subject.call("t").status == 200
    assert subject.call("t").status == 200


def test_a_client_of_ones_own_serves_call_after_call_in_one_loop() -> None:
    class Transport(httpx.AsyncHTTPTransport):
        loops: ClassVar[set[Any]] = set()

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            self.loops.add(asyncio.get_running_loop())
            return await super().handle_async_request(request)

    # nobody can close what stays open in that loop
    with LoopbackServer(lambda _: Answer(200, {}, {"Connection": "close"})) as server:
        subject = connect(tools(tool(server.url)), http=httpx.AsyncClient(transport=Transport()))
        assert [subject.call("t").status for _ in range(2)] == [200, 200]
        with subject:
            assert subject.call("t").status == 200
        assert subject.call("t").status == 200
        assert len(Transport.loops) == 1


def test_who_is_asked_about_a_call_may_call_the_client(server: LoopbackServer) -> None:
    def ask(_: Prepared) -> bool:
        return subject.call("look").status == 200

    async def ask_later(_: Prepared) -> bool:
        return (await subject.acall("look")).status == 200

    def make(approve: Any) -> Client:
        both = tools(tool(server.url, effect=Effect.WRITE), tool(server.url, name="look"))
        return connect(both, policy=Policy(confirm="writes"), approve=approve)

    with make(ask_later) as subject:
        assert subject.call("t").status == 200
    with make(ask) as subject, pytest.raises(CallError, match="has to be async"):
        subject.call("t")


def test_an_interrupt_ends_what_is_under_way() -> None:
    release, arrived = threading.Event(), threading.Event()

    def handler(_: Received) -> Answer:
        arrived.set()
        release.wait(120)
        return Answer()

    def interrupted(url: str) -> None:
        with connect(tools(tool(url))) as subject:
            threading.Thread(target=subject.call, args=("t",), daemon=True).start()
            arrived.wait(120)
            raise KeyboardInterrupt

    with LoopbackServer(handler) as slow:
        began = monotonic()
        with pytest.raises(KeyboardInterrupt):
            interrupted(slow.url)
        assert monotonic() - began < 100  # and does not wait for the answer
        release.set()


def test_calls_run_side_by_side(server: LoopbackServer) -> None:
    async def several() -> list[int | None]:
        async with client(server) as subject:
            results = await asyncio.gather(
                *(subject.acall("t", {"q": str(number)}) for number in range(20))
            )
        return [int(result.data["target"].partition("=")[2]) for result in results]

    assert asyncio.run(several()) == list(range(20))


def test_an_open_client_serves_other_loops_from_its_own(server: LoopbackServer) -> None:
    with client(server) as subject:
        assert subject.call("t").status == 200
        assert asyncio.run(subject.acall("t")).status == 200


def test_a_client_of_ones_own_sends_the_request(server: LoopbackServer) -> None:
    async def run() -> tuple[Any, bool]:
        async with httpx.AsyncClient(
            headers={"X-Key": "mine"}, base_url="http://elsewhere", params={"p": "1"}
        ) as own:
            result = await client(server, http=own).acall("t", {"q": "a,b"})
            return result.data, own.is_closed

    data, closed = asyncio.run(run())
    assert data == {"target": "/?q=a%2Cb", "key": "mine"}
    assert not closed


def test_a_client_of_ones_own_may_authenticate_by_itself(server: LoopbackServer) -> None:
    async def run() -> Any:
        async with httpx.AsyncClient(headers={"X-Key": "mine"}) as own:
            return (await secured(server.url, http=own).acall("t")).data

    assert asyncio.run(run())["key"] == "mine"


def test_the_number_of_a_server_is_not_its_name(server: LoopbackServer) -> None:
    public = {"address": "https://example.com/openapi.json"}
    with pytest.raises(BlockedAddress):
        connect(tools(tool(server.url, api=public)), server=0).call("t")
    assert connect(tools(tool(server.url, api=public)), server=server.url).call("t").status == 200


def test_two_apis_in_one_client_keep_their_own_trust(server: LoopbackServer) -> None:
    public = {"address": "https://example.com/openapi.json"}
    mine, theirs = tool(server.url, name="mine"), tool(server.url, name="theirs", api=public)
    both = connect(tools(mine, theirs))
    assert both.call("mine").status == 200
    with pytest.raises(BlockedAddress):
        both.call("theirs")


def test_a_body_is_sent_as_prepared(server: LoopbackServer) -> None:
    subject = tool(
        server.url,
        method="POST",
        media_type=MediaType("application/json"),
        servers=(Server(server.url),),
    )
    assert connect(tools(subject)).call("t", {"body": {"a": 1}}).status == 200
    assert server.received[-1].json() == {"a": 1}


def test_a_folder_of_files_may_be_given_alone(tmp_path: Path) -> None:
    tmp_path.joinpath("a.txt").write_text("mine")
    subject = tool(
        "http://127.0.0.1:9", method="POST", media_type=MediaType("application/octet-stream")
    )
    for files in (str(tmp_path), tmp_path, [tmp_path]):
        client = connect(tools(subject), files=files)
        assert client.prepare("t", {"body": {"path": "a.txt"}})
        with pytest.raises(InvalidArguments, match="allowed folders"):
            client.prepare("t", {"body": {"path": "etc/passwd"}})


def test_a_variable_that_no_server_has_is_refused() -> None:
    server = Server("http://127.0.0.1:9/{region}", variables={"region": ServerVariable("eu")})
    subject = tools(
        replace(tool("http://x"), operation=replace(tool("http://x").operation, servers=(server,)))
    )
    assert (
        connect(subject, server_variables={"region": "us"})
        .prepare("t")
        .request.url.path.startswith("/us")
    )
    with pytest.raises(InvalidOption, match=r"'regoin'.*but: region"):
        connect(subject, server_variables={"regoin": "us"})
    with pytest.raises(InvalidOption, match="limit_tokens=0"):
        connect(subject, limit_tokens=0)
    with pytest.raises(InvalidOption, match=r"policy='writes'.*Policy\(confirm="):
        connect(subject, policy="writes")
    with pytest.raises(InvalidOption, match="of its own"):
        connect(subject).call(Call("t"), {"limit": 1})
