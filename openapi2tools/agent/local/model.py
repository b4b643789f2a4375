"""A model on this machine, without an account: an OpenAI-compatible server on loopback."""

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

from openapi2tools._core.reader import for_reader
from openapi2tools.agent.constrained.tool_signature import signature_of
from openapi2tools.agent.local import llama
from openapi2tools.agent.local.weights import OnBytes, ensure_weights, not_installed
from openapi2tools.agent.openai.model import OpenAIModel
from openapi2tools.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from openapi2tools.agent.model import Ask
    from openapi2tools.agent.tool_search.finder import ToolFinder
    from openapi2tools.model import Toolset

# More than that takes a small machine over a minute and a half to read.
_MAX_SIGNATURE_CHARS: Final = 16_000
_MAX_STEP_TOKENS: Final = 512


class LocalModel:
    """Qwen2.5-Coder-1.5B-Instruct in llama.cpp, the extra `oas2tools[local]`.

    It takes some 2.3 GB of memory and a few seconds a step on two cores. It starts with the first
    question and stays until `close`, the end of a `with` block, or the end of the program. One run
    at a time.

    Args:
        directory: Where the weights are put together, once a machine; the user's cache unless
            given.
        progress: Called with the bytes done and in all while the weights are put together.
        context: How much the model can hold in mind, in tokens.
        threads: How many cores write; half of them unless given. All cores read.

    Example:
        with LocalModel() as model, connect(tools) as client:
            print(Agent(client, model).run("Which pets are for sale?"))
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
        self._context_tokens = context
        # Threads wait for each other: with one too many, all of them crawl.
        self._threads = threads or max(1, (os.cpu_count() or 1) // 2)
        self._server: _ServerProcess | None = None
        self._is_closing = False

    def __repr__(self) -> str:
        return f"LocalModel({self.name!r}, {'running' if self._server else 'not started'})"

    @asynccontextmanager
    async def open(self, tools: Toolset, instructions: str) -> AsyncGenerator[Ask, None]:
        """Connect for one run, starting the server if need be.

        Args:
            tools: What the model may call.
            instructions: What it is told before the question.

        Raises:
            AgentError: The extra is missing, the server does not start, or there are too many tools
                for a small model.
        """
        if sum(len(signature_of(tool)) for tool in tools.values()) > _MAX_SIGNATURE_CHARS:
            raise AgentError(
                f"{len(tools)} tools are too many for the embedded model: choose about "
                f"thirty ({for_reader('tools.only(tags=…)', '--tag, --operation, --path')})."
            )
        model = await self._connected_model()
        async with model.open(tools, instructions) as ask:
            yield ask

    @asynccontextmanager
    async def open_search(
        self, finder: ToolFinder, instructions: str, *, hosted: bool = False
    ) -> AsyncGenerator[Ask, None]:
        """Connect for one run in which each step gets the few tools that fit it.

        Args:
            finder: The tools, and the way to find them.
            instructions: What the model is told before the question.
            hosted: Not to be had here.

        Raises:
            AgentError: As in `open`.
        """
        model = await self._connected_model()
        async with model.open_search(finder, instructions, hosted=hosted) as ask:
            yield ask

    async def _connected_model(self) -> OpenAIModel:
        """Return the model behind the server, starting it if need be."""
        server = await self._running_server()
        return OpenAIModel(
            self.name,
            api="chat",
            base_url=f"{server.address}/v1",
            api_key=server.key,
            tool_calls="constrained",
            temperature=0,
            max_tokens=_MAX_STEP_TOKENS,
        )

    async def _running_server(self) -> _ServerProcess:
        if self._server is None or not self._server.is_alive():
            self._is_closing = False
            try:
                self._server = await asyncio.to_thread(self._start_server)
            except asyncio.CancelledError:
                self._is_closing = True  # the thread sees it, and does not go on
                raise
        return self._server

    def _start_server(self) -> _ServerProcess:
        if find_spec("xllamacpp") is None:
            raise AgentError(not_installed())
        path = ensure_weights(self._directory, self._report_progress)
        return _ServerProcess(path, self._context_tokens, self._threads)

    def _report_progress(self, done_bytes: int, total_bytes: int) -> None:
        if self._is_closing:
            raise AgentError("The run was cancelled while the model was put together.")
        if self._progress is not None:
            self._progress(done_bytes, total_bytes)

    def close(self) -> None:
        """Stop the server."""
        self._is_closing = True
        if self._server is not None:
            self._server.stop()
            self._server = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _ServerProcess:
    """The process of `llama`, from the moment its server answers."""

    def __init__(self, weights_path: Path, context_tokens: int, threads: int) -> None:
        self.key = token_urlsafe()
        arguments = [str(weights_path), str(context_tokens), str(threads)]
        with TemporaryFile() as error_output:
            process = subprocess.Popen(  # noqa: S603 -- this very Python, and our own module
                [sys.executable, "-m", llama.__name__, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=error_output,
                env={**os.environ, llama.KEY_VARIABLE: self.key},
            )
            self._process = process
            # A finalizer, so that the process ends also when nobody calls `close`.
            self.stop = weakref.finalize(self, _stop, process)
            self.address = _wait_for_address(process)
            if not self.address:
                self.stop()
                error_output.seek(0)
                lines = error_output.read().decode(errors="replace").strip().splitlines()
                reason = lines[-1] if lines else "it said nothing"
                raise AgentError(f"The embedded model did not start: {reason}.")

    def is_alive(self) -> bool:
        return self._process.poll() is None


def _wait_for_address(process: subprocess.Popen[bytes]) -> str:
    """Return the line that the server prints when it is ready; empty when it ends before."""
    return process.stdout.readline().decode().strip() if process.stdout else ""


def _stop(process: subprocess.Popen[Any]) -> None:
    process.kill()  # it holds nothing that could be lost
    process.wait()
    for channel in (process.stdin, process.stdout):
        if channel is not None:
            channel.close()
