"""Serve a mock on a port; this is the one door to uvicorn."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from openapi2tools._core.reader import for_reader
from openapi2tools.errors import InvalidOption
from openapi2tools.mock.app import DOCUMENT_PATH, Mock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openapi2tools.model import Api


@dataclass(frozen=True, slots=True)
class RunningMock:
    """A mock on a port.

    Attributes:
        url: Where it answers: `http://127.0.0.1:8080`, for `connect(server=…)`.
        mock: The mock itself.
    """

    url: str
    mock: Mock

    @property
    def document(self) -> str:
        """Where it serves its document, whose calls come to it."""
        return self.url + DOCUMENT_PATH


@contextmanager
def open_mock(
    api: Api,
    *,
    port: int = 0,
    seed: int = 1,
    auth: bool = True,
    on_request: Callable[[str], None] | None = None,
) -> Iterator[RunningMock]:
    """Serve a mock on this machine until the end of the block.

    Args:
        api: The API, as `load` returned it.
        port: The port; 0 takes a free one.
        seed: Another seed makes other values.
        auth: Whether a credential is asked for where the document does; any value will do.
        on_request: Gets a line about each request, without secrets.

    Raises:
        InvalidOption: The port is taken, or the extra `oas2tools[mock]` is not installed.

    Example:
        with open_mock(load("petstore.yaml"), auth=False) as mock:
            tools = build_tools(load(mock.document))
    """
    mock = Mock(api, seed=seed, auth=auth, on_request=on_request)
    with closing(_listener("127.0.0.1", port)) as listener:
        server = _server(mock)
        # The socket listens already, so a request may come before the thread is ready for it.
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name="mock", daemon=True
        )
        thread.start()
        try:
            yield RunningMock(_url(listener), mock)
        finally:
            server.should_exit = True
            thread.join()


def serve(mock: Mock, host: str, port: int, on_start: Callable[[RunningMock], None]) -> None:
    """Serve a mock until the process is interrupted.

    Raises:
        InvalidOption: The port is taken.
    """
    with closing(_listener(host, port)) as listener:
        on_start(RunningMock(_url(listener), mock))
        _server(mock).run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        option = for_reader(f"port={port}", f"--port {port}")
        reason = error.strerror if isinstance(error, OSError) else "no such port"
        raise InvalidOption(
            f"{option} cannot be used on {host}: {reason}. Give another; 0 takes a free one."
        ) from None


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _server(mock: Mock) -> Any:
    import uvicorn  # noqa: PLC0415 -- of the extra `mock`

    # A wait for open connections would hold up who ends it.
    return uvicorn.Server(
        uvicorn.Config(
            mock,
            log_level="error",
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=1,
        )
    )
