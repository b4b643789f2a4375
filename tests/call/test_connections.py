"""Where connections live, who may use them, how they end: threads, loops, forks, cancelling."""

from __future__ import annotations

import asyncio
import gc
import os
import random
import socket
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

from openapi2tools import Agent, CallError, Policy, connect
from openapi2tools._core import portal
from openapi2tools.model import Effect
from openapi2tools.testing import ScriptedModel
from openapi2tools.transport import Guard, open_client
from tests.support.calling import tool, tools
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openapi2tools.call.client import Client
    from openapi2tools.call.prepared import Prepared


class KeepAlive:
    """A server that keeps connections, and answers each request after `pause` seconds."""

    def __init__(self, pause: Callable[[], float] = lambda: 0.0) -> None:
        self._pause = pause
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.open = 0
        self._lock = threading.Lock()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(
                    target=self._serve, args=(self._socket.accept()[0],), daemon=True
                ).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self.open += 1
        with connection, connection.makefile("rb") as stream, suppress(OSError):
            while line := stream.readline():
                if line == b"\r\n":
                    sleep(self._pause())
                    connection.sendall(b"HTTP/1.1 200 X\r\nContent-Length: 2\r\n\r\n{}")
        with self._lock:
            self.open -= 1

    def close(self) -> None:
        self._socket.close()


class Slow(LoopbackServer):
    """A server that answers when `release` is set; `arrived` says that a request came."""

    def __init__(self) -> None:
        self.arrived, self.release = threading.Event(), threading.Event()
        super().__init__(self._answer)

    def _answer(self, _: Received) -> Answer:
        self.arrived.set()
        self.release.wait(120)
        return Answer(200, {})

    def __exit__(self, *_: object) -> None:
        self.release.set()
        super().__exit__()


@pytest.fixture
def server() -> Iterator[KeepAlive]:
    running = KeepAlive()
    yield running
    running.close()


@pytest.fixture
def slow() -> Iterator[Slow]:
    with Slow() as running:
        yield running


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor() as running:
        yield running


def client(url: str, **options: Any) -> Client:
    return connect(tools(tool(url), tool(url, name="write", method="POST")), **options)


def waiting(subject: Client) -> list[Any]:
    """Give the requests that hold a place in a pool of an open client."""
    assert subject._connections._owner
    return [
        request
        for kept in subject._connections._owner._clients.values()
        for transport in kept._transport._transports.values()  # type: ignore[attr-defined]
        for request in transport._pool._requests
    ]


def close(subject: Client) -> None:
    """Close a client of the user's own, where its connections live."""
    assert subject.options.http
    subject._connections.wait(subject.options.http.aclose)


def caller() -> ScriptedModel:
    """A model that makes one call, and says what came of it."""
    return ScriptedModel(("t", {}), lambda record: f"It says {record[-1].text}")


# --- cancelled calls ---


def test_calls_that_run_out_of_time_keep_no_place_in_the_pool() -> None:
    dice = random.Random(1)
    server = KeepAlive(lambda: dice.uniform(0.001, 0.006))

    async def run() -> list[Any]:
        async with client(server.url, timeout=0.004) as subject:
            for _ in range(100):
                await subject.acall("t")
            return waiting(subject)

    assert asyncio.run(run()) == []
    server.close()


@pytest.mark.parametrize("limit", [asyncio.timeout, anyio.move_on_after])
def test_calls_that_are_cancelled_keep_no_place_in_the_pool(limit: Any) -> None:
    server = KeepAlive(lambda: 0.002)

    async def run() -> list[Any]:
        async with client(server.url) as subject:
            for number in range(120):
                with suppress(TimeoutError):
                    if limit is asyncio.timeout:
                        async with asyncio.timeout(0.0002 * (number % 25)):
                            await subject.acall("t")
                    else:
                        with anyio.move_on_after(0.0002 * (number % 25)):
                            await subject.acall("t")
            assert (await subject.acall("t")).status == 200
            return waiting(subject)

    assert asyncio.run(run()) == []
    server.close()


def test_a_cancelled_call_ends_at_once(slow: Slow) -> None:
    async def run() -> None:
        async with client(slow.url) as subject:
            task = asyncio.create_task(subject.acall("t"))
            await asyncio.to_thread(slow.arrived.wait, 120)
            task.cancel()
            with anyio.fail_after(60), pytest.raises(asyncio.CancelledError):
                await task
            assert not waiting(subject)

    asyncio.run(run())


# --- forks ---


FORKED = """
    import os, sys, httpx
    from openapi2tools import CallError, connect
    from tests.support.calling import tool, tools
    url = sys.argv[1]

    def child(call):
        if pid := os.fork():
            return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        try:
            os._exit(0 if call().status == 200 else 1)
        except CallError as error:
            os._exit(2 if "forked" in str(error) else 3)
        finally:
            os._exit(4)

    def again():
        subject.call("t")
        with subject:
            return subject.call("t")

    subject = connect(tools(tool(url)), timeout=60)
    with subject:
        subject.call("t")
        ends = [child(lambda: subject.call("t")), child(again)]
        ends.append(0 if subject.call("t").status == 200 else 5)
    fresh = connect(tools(tool(url)), timeout=60, http=httpx.AsyncClient())
    ends.append(child(lambda: fresh.call("t")))
    fresh.call("t")
    ends.append(child(lambda: fresh.call("t")))
    ends.append(0 if fresh.call("t").status == 200 else 5)
    print(ends)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_forked_process_starts_afresh(server: KeepAlive) -> None:
    program = [sys.executable, "-c", textwrap.dedent(FORKED), server.url]
    done = subprocess.run(program, capture_output=True, text=True, timeout=300, check=False)
    assert (done.stdout.strip(), done.returncode) == ("[0, 0, 0, 0, 2, 0]", 0), done.stderr


# --- opening and closing ---


def test_a_client_may_be_opened_again_while_it_is_open(server: KeepAlive) -> None:
    subject = client(server.url)
    with subject:
        with subject:
            assert subject.call("t").status == 200
        assert subject.call("t").status == 200
        assert server.open == 1


def test_several_threads_open_one_client(server: KeepAlive, pool: ThreadPoolExecutor) -> None:
    subject = client(server.url)

    def work(_: int) -> set[int | None]:
        seen = set()
        for _ in range(5):
            with subject:
                seen |= {subject.call("t").status for _ in range(3)}
        return seen

    assert list(pool.map(work, range(4))) == [{200}] * 4


def test_several_tasks_open_one_client(server: KeepAlive) -> None:
    async def run() -> list[int | None]:
        subject = client(server.url)

        async def work(times: int) -> list[int | None]:
            async with subject:
                return [(await subject.acall("t")).status for _ in range(times)]

        return [
            status for seen in await asyncio.gather(work(1), work(3), work(5)) for status in seen
        ]

    assert asyncio.run(run()) == [200] * 9


def test_a_loop_may_open_a_client_that_is_open_in_the_background(server: KeepAlive) -> None:
    subject = client(server.url)

    async def run() -> None:
        async with subject:
            subject.__exit__(None, None, None)  # the loop is the last to leave
            assert (await subject.acall("t")).status == 200

    subject.__enter__()
    asyncio.run(run())
    assert subject._connections._owner is None


def test_two_loops_cannot_share_open_connections(server: KeepAlive) -> None:
    async def other(subject: Client) -> None:
        async with subject:
            pass

    async def run() -> None:
        async with client(server.url) as subject:
            with pytest.raises(CallError, match="open in another event loop"):
                await asyncio.to_thread(lambda: asyncio.run(other(subject)))
            with pytest.raises(CallError, match="open in an event loop"):
                await asyncio.to_thread(subject.__enter__)
            assert (await subject.acall("t")).status == 200

    asyncio.run(run())


def test_who_leaves_waits_for_the_calls_under_way(slow: Slow, pool: ThreadPoolExecutor) -> None:
    with client(slow.url) as subject:
        under_way = [pool.submit(subject.call, name) for name in ("t", "write")]
        slow.arrived.wait(120)
        threading.Timer(0.05, slow.release.set).start()
    assert [call.result().status for call in under_way] == [200, 200]
    assert len(slow.received) == 2


def test_a_loop_that_leaves_waits_for_the_calls_under_way(slow: Slow) -> None:
    async def run() -> list[int | None]:
        async with client(slow.url) as subject:
            under_way = [asyncio.create_task(subject.acall(name)) for name in ("t", "write")]
            await asyncio.to_thread(slow.arrived.wait, 120)
            threading.Timer(0.05, slow.release.set).start()
        return [(await call).status for call in under_way]

    assert asyncio.run(run()) == [200, 200]
    assert len(slow.received) == 2


def test_who_leaves_by_an_error_ends_the_calls_of_others_with_a_result(
    slow: Slow, pool: ThreadPoolExecutor
) -> None:
    def elsewhere() -> Any:
        return asyncio.run(subject.acall("write"))

    subject = client(slow.url)
    with suppress(LookupError), subject:
        read, write, away = (
            pool.submit(subject.call, "t"),
            pool.submit(subject.call, "write"),
            pool.submit(elsewhere),
        )
        while len(slow.received) < 3:
            sleep(0.005)
        raise LookupError
    assert read.result().is_error
    assert read.result().text.endswith("The client was closed while this call was under way.")
    assert "It may have taken effect" in write.result().text
    assert "It may have taken effect" in away.result().text
    assert len(slow.received) == 3


def test_a_loop_that_leaves_by_an_error_ends_the_calls_under_way(slow: Slow) -> None:
    async def run() -> Any:
        with suppress(LookupError):
            async with client(slow.url) as subject:
                under_way = asyncio.create_task(subject.acall("write"))
                await asyncio.to_thread(slow.arrived.wait, 120)
                raise LookupError
        return await under_way

    assert "The client was closed" in asyncio.run(run()).text


def test_a_call_about_which_somebody_is_asked_ends_with_the_client(
    server: KeepAlive, pool: ThreadPoolExecutor
) -> None:
    asked, answer = threading.Barrier(3, timeout=120), threading.Event()

    def approve(_: Prepared) -> bool:
        asked.wait()
        return answer.wait(120)

    subject = connect(
        tools(tool(server.url, effect=Effect.WRITE)),
        policy=Policy(confirm="writes"),
        approve=approve,
    )
    with suppress(LookupError), subject:
        calls = [pool.submit(subject.call, "t"), pool.submit(subject.send, subject.prepare("t"))]
        asked.wait()
        raise LookupError
    assert all("Nothing was sent" in call.result().text for call in calls)
    answer.set()


def test_a_closed_client_sends_nothing_again() -> None:
    answered = threading.Event()

    def handler(_: Received) -> Answer:
        answered.set()
        return Answer(503)

    async def run(url: str) -> None:
        own = open_client(guard=Guard(allow_private=True), retries=5, backoff=0.05)
        task = asyncio.create_task(own.get(url))
        await asyncio.to_thread(answered.wait, 120)
        await own.aclose()
        with suppress(CallError):
            assert (await task).status_code == 503

    with LoopbackServer(handler) as busy:
        asyncio.run(run(busy.url))
        assert len(busy.received) == 1


# --- a client of one's own ---


def test_an_agent_runs_again_and_again_with_a_client_of_ones_own(server: KeepAlive) -> None:
    subject = client(server.url, http=httpx.AsyncClient())
    agent = Agent(subject, caller())
    assert [agent.run("?").text for _ in range(3)] == ["It says {}"] * 3
    close(subject)


def test_a_client_of_ones_own_serves_a_loop_and_threads(server: KeepAlive) -> None:
    async def run() -> list[int | None]:
        async with httpx.AsyncClient() as own:
            subject = client(server.url, http=own)
            seen = [
                await subject.acall("t"),
                await asyncio.to_thread(subject.call, "t"),
                await subject.acall("t"),
            ]
            return [result.status for result in seen]

    assert asyncio.run(run()) == [200] * 3


def test_a_client_of_ones_own_does_not_wait_for_its_own_loop(server: KeepAlive) -> None:
    async def run() -> None:
        async with httpx.AsyncClient() as own:
            subject = client(server.url, http=own)
            await subject.acall("t")
            with pytest.raises(CallError, match="await acall"):
                subject.call("t")
            with pytest.raises(CallError, match="await acall"):
                Agent(subject, caller()).run("?")

    asyncio.run(run())


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_client_of_ones_own_whose_loop_has_ended_is_an_error_of_ours(server: KeepAlive) -> None:
    subject = client(server.url, http=httpx.AsyncClient())
    assert asyncio.run(subject.acall("t")).status == 200
    with pytest.raises(CallError, match="of another event loop"):
        asyncio.run(subject.acall("t"))
    assert subject.call("t").status == 200
    close(subject)
    del subject
    gc.collect()  # the connection of the loop that ended


def test_a_client_of_ones_own_that_is_closed_is_an_error_of_ours(server: KeepAlive) -> None:
    own = httpx.AsyncClient()
    asyncio.run(own.aclose())
    with pytest.raises(CallError, match="may have taken effect"):
        client(server.url, http=own).call("write")


# --- others ---


def test_who_ponders_keeps_nobody_else_waiting(server: KeepAlive, pool: ThreadPoolExecutor) -> None:
    asked, answer = threading.Event(), threading.Event()

    def approve(_: Prepared) -> bool:
        asked.set()
        return answer.wait(120)

    both = tools(tool(server.url, name="write", effect=Effect.WRITE), tool(server.url))
    with connect(both, policy=Policy(confirm="writes"), approve=approve) as subject:
        under_way = pool.submit(subject.call, "write")
        assert asked.wait(120)
        assert subject.call("t").status == 200
        assert not under_way.done()
        answer.set()
        assert under_way.result().status == 200


def test_a_loop_of_another_library_is_told(server: KeepAlive) -> None:
    def drive(coroutine: Any) -> None:
        coroutine.send(None)  # as a loop that is not asyncio's does

    subject = client(server.url)
    with pytest.raises(CallError, match="asyncio's event loop"):
        drive(subject.acall("t"))
    with pytest.raises(CallError, match="asyncio's event loop"):
        drive(subject.__aenter__())


def test_a_slow_name_server_does_not_outlast_the_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()

    def resolve(*_: object, **__: object) -> Any:
        answer.wait(120)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    began = monotonic()
    assert "No answer in time" in client("http://slow.test", timeout=0.1).call("t").text
    assert monotonic() - began < 60
    answer.set()


def test_names_beyond_ascii_and_zones_are_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def resolve(host: str, port: int, **_: object) -> Any:
        asked.append(host)
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("fe80::1%eth0", port, 0, 3)),
            (socket.AF_INET, 1, 6, "", ("127.0.0.1", port)),
        ]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    assert portal.run(Guard(allow_private=True).resolve, "bücher.example", 80) == [
        "fe80::1%3",
        "127.0.0.1",
    ]
    assert asked == ["xn--bcher-kva.example"]
