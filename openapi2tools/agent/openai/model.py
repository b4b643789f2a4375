"""OpenAI's models, and those of every server that speaks like OpenAI: a record becomes a turn.

The SDK is loaded when a run begins, because importing it takes longer than most commands.
"""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal
from urllib.parse import urlsplit

from openapi2tools._core.reader import for_reader
from openapi2tools._core.urls import LOOPBACK_HOSTS
from openapi2tools.agent.constrained.model import ConstrainedModel
from openapi2tools.agent.openai.chat import CHAT
from openapi2tools.agent.openai.connection import Connection, ForStrictness, Inquiry
from openapi2tools.agent.openai.options import checked_options, checked_timeout
from openapi2tools.agent.openai.responses import RESPONSES
from openapi2tools.agent.openai.tool_search import (
    SEARCH_TOOL,
    knows_tool_search,
    searching_responses,
)
from openapi2tools.errors import AgentError
from openapi2tools.formats.export import export
from openapi2tools.formats.openai_chat import MAX_TOOLS
from openapi2tools.model import Toolset

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    import openai

    from openapi2tools.agent.model import Ask, Piece
    from openapi2tools.agent.openai.wire import Wire
    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.agent.tool_search.finder import ToolFinder
    from openapi2tools.model import JsonObject


_OPENAI_URL: Final = "https://api.openai.com/v1"


class OpenAIModel:
    """A model behind the Responses or the Chat Completions API.

    Args:
        name: The model's name, as its server knows it.
        api: Which of OpenAI's APIs the server speaks.
        base_url: Another server than OpenAI's, up to its `/v1`; `OPENAI_BASE_URL` unless given.
        api_key: `OPENAI_API_KEY` unless given.
        stream: Whether text arrives piece by piece.
        strict: Whether tools are described strictly, where they can be.
        tool_calls: "constrained" is for models that make no tool calls of their own: the server
            holds their words to a JSON schema instead.
        tool_search: Whether the model knows the tool `tool_search` of the Responses API; by its
            name unless given (gpt-5.4 and later).
        timeout: Seconds for one turn.
        retries: How often a turn is asked again when the connection fails, the answer breaks off,
            or the server is late or busy (408, 409, 429, 5xx).
        **options: Go into each request: `temperature=0`, `reasoning={"effort": "low"}`,
            `top_k=20`. `max_tokens` goes by the name that the API has for it.

    Raises:
        AgentError: `api` or `tool_calls` has no such value, or `base_url` is no address.
        InvalidOption: `timeout` is no positive number, or the run itself writes what an option
            names.

    Example:
        OpenAIModel("qwen3", api="chat", base_url="http://127.0.0.1:8080/v1")
    """

    def __init__(
        self,
        name: str,
        *,
        api: Literal["responses", "chat"] = "responses",
        base_url: str | None = None,
        api_key: str | None = None,
        stream: bool = True,
        strict: bool = True,
        tool_calls: Literal["native", "constrained"] = "native",
        tool_search: bool | None = None,
        timeout: float = 600,
        retries: int = 2,
        **options: Any,
    ) -> None:
        if api not in ("responses", "chat") or tool_calls not in ("native", "constrained"):
            raise AgentError(
                "api is 'responses' or 'chat', tool_calls 'native' or 'constrained': not "
                f"{api!r}, {tool_calls!r}."
            )
        self.name = name
        self.api = api
        self.base_url = None if base_url is None else _checked_address(base_url)
        self.stream = stream
        self.strict = strict
        self.tool_calls = tool_calls
        self.tool_search = knows_tool_search(name) if tool_search is None else tool_search
        self.timeout = checked_timeout(timeout)
        self.retries = retries
        self.options = checked_options(options, api)
        self._api_key = api_key

    def __repr__(self) -> str:
        return (
            f"OpenAIModel({self.name!r}, api={self.api!r}, base_url={self.base_url!r}, "
            f"tool_calls={self.tool_calls!r})"
        )

    @property
    def _wire(self) -> Wire:
        return CHAT if self.api == "chat" else RESPONSES

    @asynccontextmanager
    async def open(self, tools: Toolset, instructions: str) -> AsyncGenerator[Ask, None]:
        """Connect for one run.

        Args:
            tools: What the model may call.
            instructions: What it is told before the question.

        Raises:
            AgentError: There is no key, or there are too many tools for one request.
        """
        async with self._connected() as connection:
            if self.tool_calls == "constrained":
                yield self._ask_constrained(connection, tools, instructions)
            else:
                yield self._ask_native(connection, tools, instructions)

    @asynccontextmanager
    async def open_search(
        self, finder: ToolFinder, instructions: str, *, hosted: bool = False
    ) -> AsyncGenerator[Ask, None]:
        """Connect for one run in which tools are found as it goes.

        A model of the Responses API that knows `tool_search` uses that. A constrained one gets, at
        each step, the tools that fit it. Any other gets tools to find and to call tools.

        Args:
            finder: The tools, and the way to find them.
            instructions: What the model is told before the question.
            hosted: Have OpenAI search, which takes every definition in each request.

        Raises:
            AgentError: There is no key, or `hosted` is not to be had with these options.
        """
        async with self._connected() as connection:
            yield self._ask_searching(connection, finder, instructions, hosted=hosted)

    def _ask_searching(
        self, connection: Connection, finder: ToolFinder, instructions: str, *, hosted: bool
    ) -> Ask:
        if hosted:
            return self._ask_hosted(connection, finder, instructions)
        if self.tool_calls == "constrained":
            return lambda record: self._ask_constrained(
                connection, finder.fitting(record), instructions
            )(record)
        instructions = finder.instructions(instructions)
        if self.api == "responses" and self.tool_search:
            wire = searching_responses(finder, strict=self.strict)

            @cache
            def definitions(*, strict: bool) -> list[JsonObject]:
                beside = export(finder.beside, wire.name, strict=strict) if finder.beside else []
                return [SEARCH_TOOL, *beside]

            tools = finder.tools | finder.beside
            return _asking(connection, wire, tools, instructions, definitions)
        return self._ask_native(connection, finder.search_tools, instructions)

    def _ask_hosted(self, connection: Connection, finder: ToolFinder, instructions: str) -> Ask:
        if self.api != "responses" or self.tool_calls != "native":
            raise AgentError('Only the Responses API searches tools itself: offer="search".')

        tools = finder.tools | finder.beside

        @cache
        def definitions(*, strict: bool) -> list[JsonObject]:
            return export(tools, self._wire.name, strict=strict, namespaces=True, namespace_size=10)

        return _asking(connection, self._wire, tools, instructions, definitions)

    def _ask_native(self, connection: Connection, tools: Toolset, instructions: str) -> Ask:
        if len(tools) > MAX_TOOLS:
            raise AgentError(
                f"{len(tools)} tools are more than a request may hold ({MAX_TOOLS}): choose some "
                f"({for_reader('tools.only(tags=…)', '--tag, --operation, --path')})."
            )

        @cache
        def definitions(*, strict: bool) -> list[JsonObject]:
            return export(tools, self._wire.name, strict=strict)

        return _asking(connection, self._wire, tools, instructions, definitions)

    def _ask_constrained(self, connection: Connection, tools: Toolset, instructions: str) -> Ask:
        def complete(
            messages: Sequence[JsonObject], schema: JsonObject | None
        ) -> AsyncGenerator[Piece, None]:
            request = self._wire.write_plain_request(messages, schema)
            return connection.ask(Inquiry(Toolset(), lambda **_: request, self._wire))

        return ConstrainedModel(tools, instructions, complete).ask

    @asynccontextmanager
    async def _connected(self) -> AsyncGenerator[Connection, None]:
        """Connect for one run."""
        async with self._connect() as client:
            create = (
                client.chat.completions.create if self.api == "chat" else client.responses.create
            )
            request = {"model": self.name, **self.options}
            yield Connection(client, create, request, self.stream, self.strict)

    def _connect(self) -> openai.AsyncOpenAI:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient  # noqa: PLC0415 -- importing openai takes longer than most commands

        key = (self._api_key or os.environ.get("OPENAI_API_KEY") or "").strip()
        address = self.base_url
        if address is None:
            address = _checked_address(os.environ.get("OPENAI_BASE_URL", "").strip() or _OPENAI_URL)
        _check_key(key, address)
        # A proxy of the environment has no business between two programs of one machine.
        use_proxies = urlsplit(address).hostname not in LOOPBACK_HOSTS
        try:
            http_client = DefaultAsyncHttpxClient(trust_env=use_proxies, timeout=self.timeout)
        except (ValueError, ImportError):  # which may quote a proxy's password
            raise AgentError(
                "A proxy of the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) cannot be used: "
                "correct it."
            ) from None
        return AsyncOpenAI(
            api_key=key or "none",
            base_url=address,
            timeout=self.timeout,
            max_retries=0,  # the loop asks again, and says so
            http_client=http_client,
        )


def _asking(
    connection: Connection,
    wire: Wire,
    tools: Toolset,
    instructions: str,
    definitions: ForStrictness[Sequence[JsonObject]],
) -> Ask:
    """Return what asks about a record; `definitions` describes tools strictly, or plainly."""

    def ask(record: Sequence[Entry]) -> AsyncGenerator[Piece, None]:
        def write_request(*, strict: bool) -> JsonObject:
            return wire.write_request(record, instructions, definitions(strict=strict))

        return connection.ask(Inquiry(tools, write_request, wire, record))

    return ask


def _check_key(key: str, address: str) -> None:
    """Raise AgentError when a key is missing, or when no header may hold it."""
    if not key and address == _OPENAI_URL:
        raise AgentError(
            "There is no key for OpenAI: set OPENAI_API_KEY"
            f"{for_reader(', or give api_key=', '')}. Without an account, name a server of your "
            f"own with {for_reader('base_url=', '--base-url URL')}, or use the embedded model: "
            f"{for_reader('LocalModel()', '--model local')}."
        )
    if not (key.isascii() and key.isprintable()):
        raise AgentError(
            "The key for the model has characters that no header may hold: check OPENAI_API_KEY"
            f"{for_reader(' or api_key=', '')}."
        )


def _checked_address(url: str) -> str:
    """Return the address of a server; AgentError when it is none, or holds a password."""
    authority = url.rpartition("://")[2].partition("/")[0]
    if "@" in authority:
        raise AgentError(
            "The address of the model's server has a password in it: leave it out, and give a key "
            f"{for_reader('with api_key=', 'in OPENAI_API_KEY')}."
        )
    if not _is_http_address(url):
        raise AgentError(
            f"{url!r} is no address of a server: give "
            f"{for_reader('base_url', '--base-url')} (or OPENAI_BASE_URL) like "
            "http://127.0.0.1:8080/v1."
        )
    return url


def _is_http_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:  # brackets that hold no address, a port that is no number
        return False
    return parts.scheme in ("http", "https") and parts.hostname is not None and port != 0
