"""A connection on which a server sent too much is not used again; a good one is."""

from __future__ import annotations

import socketserver
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from openapi2tools._core import portal
from openapi2tools.transport import Guard, open_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
FORGED = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def answering(first: bytes) -> Iterator[tuple[str, list[int]]]:
    """Answer the first request of each connection with `first`, the others well.

    Yields the address, and how many requests each connection has had.
    """
    requests: list[int] = []

    class Connection(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            number = len(requests)
            requests.append(0)
            while line := self.rfile.readline():
                if line == b"\r\n":
                    self.wfile.write(OK if requests[number] else first)
                    requests[number] += 1

    with _Server(("127.0.0.1", 0), Connection) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/", requests
        server.shutdown()


def responses(url: str, *methods: str) -> list[httpx.Response]:
    async def send() -> list[httpx.Response]:
        async with open_client(guard=Guard().allowing(url), retries=0) as client:
            return [await client.request(method, url) for method in methods]

    return portal.run(send)


@pytest.mark.parametrize(
    ("method", "first"),
    [
        ("GET", OK + FORGED),
        ("GET", OK + b"more than was said"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n" + FORGED),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\na body that may not be"),
        ("HEAD", OK + FORGED),
        ("GET", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + FORGED),
        ("GET", b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" + FORGED),
    ],
)
def test_what_comes_after_an_answer_answers_no_other_request(method: str, first: bytes) -> None:
    with answering(first) as (url, requests):
        assert [each.content for each in responses(url, method, "HEAD", "HEAD")][1:] == [b"", b""]
        assert requests[0] == 1


def test_a_good_connection_is_used_again() -> None:
    with answering(OK) as (url, requests):
        assert [each.content for each in responses(url, *["GET"] * 5)] == [b"ok"] * 5
        assert requests == [5]
