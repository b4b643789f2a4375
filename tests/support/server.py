"""A real HTTP server on loopback that keeps every request as it came over the socket."""

from __future__ import annotations

import json
import socketserver
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Received:
    """One request: `target` and `raw` are the very bytes of the wire; header names are lower
    case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    raw: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What the server writes back. `chunks` are written one by one instead of `body` (for slow or
    streamed answers)."""

    status: int = 200
    body: bytes | str | dict[str, Any] | list[Any] = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: Any = None


Handler = Callable[[Received], Answer]


class LoopbackServer:
    """`with LoopbackServer(handler) as server:` answers on `server.url`; what came in is in
    `server.received`."""

    def __init__(
        self, handler: Handler, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.received: list[Received] = []
        outer = self

        class Connection(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                try:
                    received = _read(self.rfile)
                    if received is None:
                        return
                    outer.received.append(received)
                    _write(self.wfile, handler(received), head=received.method == "HEAD")
                except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
                    pass

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 64

            def get_request(self) -> Any:
                connection, address = super().get_request()
                if tls is not None:
                    connection = tls.wrap_socket(connection, server_side=True)
                return connection, address

            def handle_error(self, request: Any, client_address: Any) -> None:
                """Keep quiet: a test sees what the client sees."""

        self._server = Server((host, 0), Connection)
        self.host = host
        self.port: int = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://{host}:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _read(stream: Any) -> Received | None:
    raw = b""
    while not raw.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return None
        raw += line
    lines = raw.decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    headers: dict[str, str] = {}
    for line in filter(None, lines[1:]):
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    body = b""
    if "chunked" in headers.get("transfer-encoding", ""):
        while size := int(stream.readline().strip() or b"0", 16):
            body += stream.read(size)
            stream.readline()
        stream.readline()
    elif "content-length" in headers:
        body = stream.read(int(headers["content-length"]))
    return Received(method, target, headers, body, raw + body)


def _write(stream: Any, answer: Answer, *, head: bool) -> None:
    headers = {"Connection": "close", **answer.headers}
    body = answer.body
    if isinstance(body, dict | list):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    if isinstance(body, str):
        body = body.encode()
    if answer.chunks is None:
        headers.setdefault("Content-Length", str(len(body)))
    text = (
        f"HTTP/1.1 {answer.status} X\r\n"
        + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        + "\r\n"
    )
    stream.write(text.encode("latin-1"))
    if not head:
        for chunk in [body] if answer.chunks is None else answer.chunks:
            stream.write(chunk)
            stream.flush()
