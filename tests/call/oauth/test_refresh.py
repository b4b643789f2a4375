"""A renewal loses no login.

Not with its call given up, not beside other processes, threads and forks, not to an odd server.
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from urllib.parse import parse_qs

import anyio
import httpx
import pytest

from openapi2tools._core import portal
from openapi2tools.call.auth import plan
from openapi2tools.call.client import connect
from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.oauth import flows as oauth
from openapi2tools.call.oauth import login, tokens
from openapi2tools.call.oauth.config import OAuthCredential
from openapi2tools.call.oauth.conversation import converse
from openapi2tools.call.oauth.locks import FileLock
from openapi2tools.call.oauth.refresh import BearerAuth
from openapi2tools.call.oauth.secret_store import STORE_VARIABLE, FileSecretStore
from openapi2tools.call.oauth.token_sources import StoredLoginSource
from openapi2tools.call.oauth.token_store import TokenStore
from openapi2tools.call.oauth.tokens import Login, LoginKey, Token
from openapi2tools.errors import NetworkError
from openapi2tools.model import OAuthFlow, SecurityScheme, Toolset
from tests.support.secured import CALL, secured, send
from tests.support.server import Answer, LoopbackServer, Received

KEY = LoginKey("https://api.example.com", "oauth", "https://login.example.com/token")
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
        self.may_answer.wait(10)
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
    key = login.find_oauth_config(tool(api).api, "oauth").key
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
            await anyio.to_thread.run_sync(issuer.asked.wait, 10)
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
    with connect(Toolset([needs]), timeout=0.4) as client:

        def answer_late() -> None:
            issuer.asked.wait(10)
            time.sleep(0.4)  # when the call has ended
            issuer.may_answer.set()

        thread = threading.Thread(target=answer_late)
        thread.start()
        assert client.call("t").is_error
        thread.join()
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
        await anyio.to_thread.run_sync(issuer.asked.wait, 10)
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


@pytest.mark.parametrize(
    ("left", "lifetime", "expired"),
    [
        (5, 10, False),
        (0.5, 10, True),
        (20, 3600, True),
        (40, 3600, False),
        (20, None, True),
        (0, 0, True),
        (-1, -1, True),
    ],
)
def test_a_token_expires_a_little_earlier_than_it_says(left, lifetime, expired) -> None:
    token = Token(Secret("a"), expires_at=time.time() + left, lifetime=lifetime)
    assert token.expired() is expired
    assert Token.from_json(token.to_json()) == token


def test_a_login_that_an_earlier_version_kept_is_read() -> None:
    written = OLD.to_json()
    del written["lifetime"]
    assert Token.from_json(written) == OLD


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
                Watched(store.secrets), login.find_oauth_config(tool(api).api, "oauth"), done
            )
        )
        task = asyncio.ensure_future(get(api, auth))
        await anyio.to_thread.run_sync(waiting.wait, 10)
        issuer.valid = 7
        store.renew(key, replace(done, token=Token(Secret("A7"), Secret("R7"))), locked=True)
        other.release()
        return await task

    assert portal.run(go) == 200
    assert token_requests(api) == 0


def test_those_who_write_at_the_same_moment_erase_nothing_of_each_other(tmp_path) -> None:
    names = ["ann", "bob", "cy", "di"]
    start = threading.Barrier(len(names))

    def work(name: str) -> None:
        own = TokenStore(FileSecretStore(tmp_path / "tokens"))
        start.wait()
        for number in range(8):
            own.save(KEY, Login(Token(Secret(f"{name}{number}")), "u", "app", account=name))
            own.renew(
                KEY, Login(Token(Secret(f"{name}{number} renewed")), "u", "app", account=name)
            )

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [
        TokenStore(FileSecretStore(tmp_path / "tokens")).find(KEY, account=name) for name in names
    ]
    assert [each and each.token.access.reveal() for each in found] == [
        f"{name}7 renewed" for name in names
    ]
    assert len(list((tmp_path / "tokens").iterdir())) == 1  # no lock stays


def test_a_lock_lets_one_through_and_the_next_when_it_is_free(tmp_path) -> None:
    one, other = FileLock(tmp_path / "new" / "lock"), FileLock(tmp_path / "new" / "lock")
    assert [one.try_acquire(), other.try_acquire()] == [True, False]
    other.release()  # which it does not hold
    assert not other.try_acquire()
    one.release()
    one.release()
    assert [other.try_acquire(), one.try_acquire()] == [True, False]


def test_a_lock_holds_nobody_up_where_no_file_can_be(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    for path in (None, tmp_path / "file" / "lock"):
        locks = [FileLock(path), FileLock(path)]
        assert [lock.try_acquire() for lock in locks] == [True, True]
        for lock in locks:
            lock.release()


HOLDER = """
import sys, time
from pathlib import Path
from openapi2tools.call.oauth.locks import FileLock
lock = FileLock(Path(sys.argv[1]))
assert lock.try_acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_a_process_that_dies_holds_no_lock(tmp_path) -> None:
    lock = FileLock(tmp_path / "lock")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            assert not lock.try_acquire()
        finally:
            holder.kill()
    assert lock.try_acquire()


FORK = """
import os, sys, threading
from pathlib import Path
import anyio
from openapi2tools.call.oauth import locks, tokens
from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.oauth.locks import FileLock

path, held = Path(sys.argv[1]), threading.Event()
lock = FileLock(path)
assert lock.try_acquire()

async def hold():
    async with locks.one_at_a_time("k"):
        with tokens.PROCESS_TOKENS.lock, locks._KEYED_LOCKS.guard:
            held.set()
            await anyio.sleep(60)

async def use():
    tokens.PROCESS_TOKENS.save("k", tokens.Token(Secret("a")))
    with anyio.fail_after(5):
        async with locks.one_at_a_time("k"):
            lock.release()  # a no-op: it is the parent's
            return FileLock(path).try_acquire()

threading.Thread(target=anyio.run, args=(hold,), daemon=True).start()
held.wait()
ready, tell = os.pipe()
child = os.fork()
if child == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.write(tell, b"taken" if anyio.run(use) else b"left")
    import time
    time.sleep(60)
print(os.read(ready, 9).decode(), child, flush=True)
os._exit(0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no forks there")
def test_a_fork_waits_for_no_thread_that_stayed_behind_and_keeps_no_lock(tmp_path) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, str(tmp_path / "lock")],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=20,
    )
    said, child = run.stdout.split()
    try:
        assert said == "left"  # the parent's lock stood
        assert FileLock(tmp_path / "lock").try_acquire()  # the parent is gone, the child lives
    finally:
        os.kill(int(child), 9)


# --- what a process holds ---


def test_what_a_process_holds_has_bounds_and_the_oldest_makes_room(monkeypatch) -> None:
    monkeypatch.setattr(tokens, "MAX_CACHED_TOKENS", 3)
    held = tokens.TokenCache()
    for name in ("a", "b", "c", "a", "d"):
        held.save(name, Token(Secret(name), Secret("r")))
    assert list(held.tokens) == ["c", "a", "d"]


def test_threads_that_save_at_the_same_moment_lose_nothing() -> None:
    held, start = tokens.TokenCache(), threading.Barrier(8)

    def work(number: int) -> None:
        start.wait()
        for each in range(20):
            held.save(f"{number} {each}", Token(Secret("a"), Secret("r")))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert len(held.tokens) == 160


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
                oauth.Endpoints(token=server.url),
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
