"""A renewal loses no login.

Not with its call given up, not beside other processes, threads and forks, not to an odd server.
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
import socket
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import anyio
import httpx
import pytest

from openapi2tools._core import portal
from openapi2tools.call.auth import plan
from openapi2tools.call.connect import connect
from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.oauth import flows as oauth
from openapi2tools.call.oauth import tokens
from openapi2tools.call.oauth.config import OAuthCredential
from openapi2tools.call.oauth.conversation import converse
from openapi2tools.call.oauth.discovery import Endpoints
from openapi2tools.call.oauth.login.logins import find_oauth_config
from openapi2tools.call.oauth.refresh import BearerAuth
from openapi2tools.call.oauth.storage.secret_store import STORE_VARIABLE
from openapi2tools.call.oauth.storage.token_store import TokenStore
from openapi2tools.call.oauth.token_sources import StoredLoginSource
from openapi2tools.call.oauth.tokens import Login, LoginKey, Token
from openapi2tools.errors import MissingCredential, NetworkError, NotSent
from openapi2tools.model import OAuthFlow, SecurityScheme, Toolset
from openapi2tools.transport import Guard, open_client
from tests.support.patience import with_longer_timeouts
from tests.support.secured import CALL, secured, send
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from openapi2tools.call.oauth.storage.locks import FileLock

OLD = Token(Secret("A0"), Secret("R0"), 1.0)


class Issuer:
    """An API and its token server, which takes each refresh token once and answers when it may."""

    def __init__(self) -> None:
        self.valid = 0
        self.lifetime = 1000
        self.asked, self.may_answer = threading.Event(), threading.Event()
        self.may_answer.set()
        self.lock = threading.Lock()

    def __call__(self, request: Received) -> Answer:
        if request.path != "/token":
            return Answer(
                200 if request.headers["authorization"] == f"Bearer A{self.valid}" else 401
            )
        form = parse_qs(request.body.decode())
        with self.lock:
            if form["grant_type"] == ["refresh_token"] and form["refresh_token"] != [
                f"R{self.valid}"
            ]:
                return Answer(400, {"error": "invalid_grant"})
            self.valid += 1
        self.asked.set()
        self.may_answer.wait(120)
        return Answer(
            200,
            {
                "access_token": f"A{self.valid}",
                "refresh_token": f"R{self.valid}",
                "expires_in": self.lifetime,
            },
        )


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "tokens"))
    monkeypatch.setattr(tokens.PROCESS_TOKENS, "tokens", {})
    return TokenStore()


@pytest.fixture
def issuer():
    return Issuer()


@pytest.fixture
def api(issuer):
    with LoopbackServer(issuer) as server:
        yield server
        issuer.may_answer.set()


def tool(api: LoopbackServer, kind: str = "authorizationCode"):
    flow = OAuthFlow(kind, authorization_url=f"{api.url}/authorize", token_url=f"{api.url}/token")
    return secured(SecurityScheme("oauth", "oauth2", flows=(flow,)), servers=[api.url])


def logged_in(api: LoopbackServer, store: TokenStore) -> tuple[LoginKey, Login]:
    key = find_oauth_config(tool(api).api, "oauth").key
    done = Login(OLD, f"{api.url}/token", "app", origins=(api.url,))
    store.save(key, done)
    return key, done


async def get(api: LoopbackServer, auth: httpx.Auth) -> int:
    async with httpx.AsyncClient(verify=False) as client:
        return (
            await client.send(
                client.build_request("GET", api.url, extensions={"client": client}), auth=auth
            )
        ).status_code


def token_requests(api: LoopbackServer) -> int:
    return [request.path for request in api.received].count("/token")


# --- a call that is given up ---


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("by_scope", [True, False])
def test_a_call_that_is_given_up_while_its_token_is_renewed_loses_no_login(
    issuer, api, store, own, by_scope
) -> None:
    logged_in(api, store)
    given = {"oauth": {"client_id": "app", "refresh_token": "R0"}} if own else None
    issuer.may_answer.clear()

    async def go() -> None:
        auth = await plan(tool(api), given).auth(CALL)
        ends: list[int] = []

        async def one() -> None:
            ends.append(await get(api, auth))

        async with anyio.create_task_group() as group:
            task = None if by_scope else asyncio.ensure_future(one())
            if by_scope:
                group.start_soon(one)
            await anyio.to_thread.run_sync(issuer.asked.wait, 120)
            for _ in range(2):  # who is in a hurry says it twice
                if task:
                    task.cancel()
                else:
                    group.cancel_scope.cancel()
                with anyio.CancelScope(shield=True):
                    await anyio.lowlevel.checkpoint()
            issuer.may_answer.set()
        if task:
            with pytest.raises(asyncio.CancelledError):
                await task
        assert not ends
        assert await get(api, await plan(tool(api), given).auth(CALL)) == 200

    portal.run(go)
    assert token_requests(api) == 1


def test_a_call_that_is_out_of_time_keeps_the_token_that_comes_late(issuer, api, store) -> None:
    logged_in(api, store)
    issuer.may_answer.clear()
    needs = tool(api)

    def attempt(timeout: float) -> bool:
        over = threading.Event()

        def answer_late() -> None:
            while not (issuer.asked.wait(0.1) or over.is_set()):
                pass
            time.sleep(timeout)  # the call is out of time then
            issuer.may_answer.set()

        with connect(Toolset([needs]), timeout=timeout) as client:
            thread = threading.Thread(target=answer_late)
            thread.start()
            assert client.call("t").is_error
            over.set()
            thread.join()
        return issuer.asked.is_set()

    with_longer_timeouts(attempt, in_time=bool)
    with connect(Toolset([needs])) as client:
        assert client.call("t").status == 200
    assert token_requests(api) == 1


def test_a_renewal_that_spends_nothing_ends_with_its_call(issuer, api) -> None:
    issuer.may_answer.clear()

    async def go() -> None:
        auth = await plan(
            tool(api, "clientCredentials"), {"oauth": {"client_id": "app", "client_secret": "s"}}
        ).auth(CALL)
        task = asyncio.ensure_future(get(api, auth))
        await anyio.to_thread.run_sync(issuer.asked.wait, 120)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not issuer.may_answer.is_set()

    portal.run(go)


# --- how long a token serves ---


def test_a_token_that_lives_shortly_serves_nine_tenths_of_its_life(issuer, api) -> None:
    issuer.lifetime = 10
    given = {"oauth": {"client_id": "app", "client_secret": "s"}}
    assert [send(tool(api, "clientCredentials"), given, api.url).status_code for _ in range(2)] == [
        200,
        200,
    ]
    assert token_requests(api) == 1


# --- beside others ---


def test_a_renewal_waits_for_another_process_and_takes_its_token(issuer, api, store) -> None:
    key, done = logged_in(api, store)
    waiting = threading.Event()

    class Watched(TokenStore):
        def lock(self, key: LoginKey) -> FileLock:
            waiting.set()
            return super().lock(key)

    async def go() -> int:
        other = store.lock(key)
        assert other.try_acquire()
        auth = BearerAuth(
            StoredLoginSource(
                Watched(store.secrets), find_oauth_config(tool(api).api, "oauth"), done
            )
        )
        task = asyncio.ensure_future(get(api, auth))
        await anyio.to_thread.run_sync(waiting.wait, 120)
        issuer.valid = 7
        store.renew(key, replace(done, token=Token(Secret("A7"), Secret("R7"))), locked=True)
        other.release()
        return await task

    assert portal.run(go) == 200
    assert token_requests(api) == 0


# --- a renewal that breaks off ---


def test_that_a_renewal_is_under_way_is_written_down_until_it_has_ended(issuer, api, store) -> None:
    key, _ = logged_in(api, store)
    issuer.may_answer.clear()

    async def go() -> list[bool]:
        auth = await plan(tool(api)).auth(CALL)
        task = asyncio.ensure_future(get(api, auth))
        await anyio.to_thread.run_sync(issuer.asked.wait, 120)
        during = store.find(key)
        issuer.may_answer.set()
        assert await task == 200
        return [login.renewal_began is not None for login in (during, store.find(key))]

    assert portal.run(go) == [True, False]


def test_a_login_that_a_killed_renewal_may_have_spent_says_so(issuer, api, store) -> None:
    key, done = logged_in(api, store)
    store.renew(key, replace(done, renewal_began=1_700_000_000.0))
    issuer.valid = 1  # the server answered, and nobody wrote it down

    async def go() -> int:
        return await get(api, await plan(tool(api)).auth(CALL))

    with pytest.raises(MissingCredential, match=r"began at 2023-11-14T22:13:20.* broke off"):
        portal.run(go)
    left = store.find(key)
    assert left is not None
    assert left.renewal_began == 1_700_000_000.0


@pytest.mark.parametrize("fault", ["refused", "not reached"])
def test_a_renewal_that_spent_nothing_leaves_no_note(issuer, api, store, fault) -> None:
    key, done = logged_in(api, store)
    if fault == "refused":
        issuer.valid = 1
    else:
        with socket.socket() as closed:
            closed.bind(("127.0.0.1", 0))
            port = closed.getsockname()[1]
        store.renew(key, replace(done, token_url=f"http://127.0.0.1:{port}/token"))

    async def go() -> None:
        auth = await plan(tool(api)).auth(CALL)
        async with open_client(guard=Guard(allow_private=True), retries=0) as client:
            request = client.build_request("GET", api.url, extensions={"client": client})
            await client.send(request, auth=auth)

    with pytest.raises((MissingCredential, NotSent)):
        portal.run(go)
    left = store.find(key)
    assert left is not None
    assert left.renewal_began is None


# --- what a token server answers ---


def endless() -> Answer:
    return Answer(chunks=itertools.repeat(b" " * 65536))


def packed() -> Answer:
    return Answer(body=gzip.compress(b" " * 5_000_000), headers={"Content-Encoding": "gzip"})


@pytest.mark.parametrize("answer", [endless, packed])
@pytest.mark.parametrize("given", [{"client_secret": "s"}, {"refresh_token": "R0"}])
def test_an_answer_without_end_is_left(answer, given) -> None:
    with (
        LoopbackServer(lambda _: answer()) as server,
        pytest.raises(NetworkError, match=r"token server .* more than 1,000,000 bytes"),
    ):
        send(
            tool(server, "clientCredentials"), {"oauth": {"client_id": "app", **given}}, server.url
        )


def test_a_packed_answer_is_unpacked() -> None:
    def answer(request: Received) -> Answer:
        packed = gzip.compress(b'{"access_token": "a"}')
        return Answer(
            body=packed, headers={"Content-Encoding": "gzip", "Content-Type": "application/json"}
        )

    async def go() -> str:
        async with httpx.AsyncClient(verify=False) as client:
            endpoints, credential = (
                Endpoints(token=server.url),
                OAuthCredential(client_id="app"),
            )
            return (
                await converse(client, oauth.request_token(endpoints, credential, "x"))
            ).access.reveal()

    with LoopbackServer(answer) as server:
        assert portal.run(go) == "a"


def test_tokens_are_fetched_with_the_client_that_the_call_goes_out_with(api, store) -> None:
    logged_in(api, store)
    seen: list[str] = []

    async def note(request: httpx.Request) -> None:
        seen.append(request.url.path)

    async def go() -> int | None:
        async with httpx.AsyncClient(verify=False, event_hooks={"request": [note]}) as own:
            return (await connect(Toolset([tool(api)]), http=own).acall("t")).status

    assert portal.run(go) == 200
    assert "/token" in seen
