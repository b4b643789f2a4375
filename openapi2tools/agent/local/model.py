"""A model on this machine, without an account: the same record in, the same turn out, through a server on loopback."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import weakref
from contextlib import asynccontextmanager
from importlib.util import find_spec
from secrets import token_urlsafe
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, Final, Self

from openapi2tools.agent.constrained.tool_signature import sketch
from openapi2tools.agent.local import llama
from openapi2tools.agent.local.weights import MISSING, OnBytes, weights
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from openapi2tools.agent.loop import Ask
    from openapi2tools.model import Toolset

_MOST: Final = 16_000  # characters of sketches: a minute and a half of reading on a small machine
_ANSWER: Final = 512  # tokens that one step may have


class LocalModel:
    """Qwen2.5-Coder-1.5B-Instruct in llama.cpp, the extra `openapi2tools[local]`: some 2.3 GB of memory, a few seconds a step on two cores.

    It starts with the first question and stays until `close`, the end of a `with` block, or the end
    of the program. `progress` is told the bytes done and in all while the weights are put together,
    once a machine, in `directory` (the user's cache). `context` is in tokens. All cores read,
    `threads` of them write: half of the cores unless given. One run at a time.
    """

    name = "qwen2.5-coder-1.5b"

    def __init__(
        self,
        *,
        directory: Path | None = None,
        progress: OnBytes | None = None,
        context: int = 16384,
        threads: int | None = None,
    ) -> None:
        self._directory = directory
        self._progress = progress
        self._context = context
        # they wait for each other: one too many, and all of them crawl
        self._threads = threads or max(1, (os.cpu_count() or 1) // 2)
        self._server: _Server | None = None
        self._closing = False

    def __repr__(self) -> str:
        return f"LocalModel({self.name!r}, {'running' if self._server else 'not started'})"

    @asynccontextmanager
    async def open(self, tools: Toolset, instructions: str) -> AsyncGenerator[Ask, None]:
        """Start the server if need be; AgentError when the extra is missing, or when there are too many tools for a small model."""
        if sum(len(sketch(tool)) for tool in tools.values()) > _MOST:
            raise AgentError(
                f"{len(tools)} tools are too many for the embedded model: choose some by tag or operation (about thirty)."
            )
        server = await self._started()
        model = OpenAIModel(
            self.name,
            api="chat",
            base_url=f"{server.address}/v1",
            api_key=server.key,
            tool_calls="constrained",
            temperature=0,
            max_tokens=_ANSWER,
        )
        async with model.open(tools, instructions) as ask:
            yield ask

    async def _started(self) -> _Server:
        if self._server is None or not self._server.alive():
            self._closing = False
            try:
                self._server = await asyncio.to_thread(self._start)
            except asyncio.CancelledError:
                self._closing = True  # the thread sees it, and does not go on
                raise
        return self._server

    def _start(self) -> _Server:
        if find_spec("xllamacpp") is None:
            raise AgentError(MISSING)
        path = weights(self._directory, self._tell)
        return _Server(path, self._context, self._threads)

    def _tell(self, done: int, total: int) -> None:
        if self._closing:
            raise AgentError("The run was cancelled while the model was put together.")
        if self._progress is not None:
            self._progress(done, total)

    def close(self) -> None:
        """Stop the server."""
        self._closing = True
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server:
    """The process, from the moment it answers."""

    def __init__(self, path: Path, context: int, threads: int) -> None:
        self.key = token_urlsafe()
        command = [sys.executable, "-m", llama.__name__, str(path), str(context), str(threads)]
        with TemporaryFile() as said:
            process = subprocess.Popen(  # noqa: S603 -- this very Python, and our own module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                env={**os.environ, llama.KEY: self.key},
            )
            self._process = process
            self.stop = weakref.finalize(self, _stop, process)  # also when nobody calls close
            self.address = _line(process)
            if not self.address:
                self.stop()
                said.seek(0)
                words = said.read().decode(errors="replace").strip().splitlines()
                raise AgentError(
                    f"The embedded model did not start: {words[-1] if words else 'it said nothing'}."
                )

    def alive(self) -> bool:
        return self._process.poll() is None


def _line(process: subprocess.Popen[bytes]) -> str:
    """Wait for the line that the server writes when it is ready; the empty string when it ends before."""
    return process.stdout.readline().decode().strip() if process.stdout else ""


def _stop(process: subprocess.Popen[Any]) -> None:
    process.kill()  # it holds nothing that could be lost
    process.wait()
    for channel in (process.stdin, process.stdout):
        if channel is not None:
            channel.close()
