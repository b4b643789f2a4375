"""Serve an app on a loopback port, in a thread of this program."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI


@contextmanager
def serve(app: FastAPI, *, port: int = 0) -> Iterator[str]:
    """Serve an app until the end of the block, and yield its URL; port 0 takes a free one."""
    with closing(socket.create_server(("127.0.0.1", port))) as listener:
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, lifespan="off", ws="none"
        )
        server = uvicorn.Server(config)
        # The socket listens already, so a request may come before the thread is ready for it.
        thread = threading.Thread(
            target=server.run, kwargs={"sockets": [listener]}, name=app.title, daemon=True
        )
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
