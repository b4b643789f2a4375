"""OpenAI's models, and those of every server that speaks like OpenAI: a record becomes a turn.

The SDK is loaded when a run begins, because importing it takes longer than most commands.
"""

from __future__ import annotations

import os
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, cast
from urllib.parse import urlsplit

from openapi2tools._core.reader import for_reader
from openapi2tools._core.urls import LOOPBACK_HOSTS
from openapi2tools.agent.constrained.model import ConstrainedModel
from openapi2tools.agent.entries import limit_reached
from openapi2tools.agent.openai.chat import CHAT
from openapi2tools.agent.openai.failures import describe_failure
from openapi2tools.agent.openai.options import as_arguments, checked_options, checked_timeout
from openapi2tools.agent.openai.responses import RESPONSES
from openapi2tools.agent.openai.tool_search import (
    SEARCH_TOOL,
    knows_tool_search,
    searching_responses,
)
from openapi2tools.errors import AgentError
from openapi2tools.formats.export import export
from openapi2tools.formats.openai_chat import MAX_TOOLS

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    import openai

    from openapi2tools.agent.entries import Entry
    from openapi2tools.agent.model import Ask, Piece
    from openapi2tools.agent.openai.wire import Wire
    from openapi2tools.agent.tool_search.finder import ToolFinder
    from openapi2tools.model import JsonObject, Toolset


_OPENAI_URL: Final = "https://api.openai.com/v1"
# A shorter key (`none`, `x`) is a word that messages use anyway, and no secret.
_MIN_SECRET_CHARS: Final = 8
_NO_CALLS: Final[JsonObject] = {"tool_choice": "none"}


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
        retries: The SDK's, for connection errors and 408, 409, 429, 5xx.
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
        async with self._connect() as client:
            if self.tool_calls == "constrained":
                yield self._ask_constrained(client, tools, instructions)
            else:
                yield self._ask_native(client, tools, instructions)

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
        async with self._connect() as client:
            yield self._ask_searching(client, finder, instructions, hosted=hosted)

    def _ask_searching(
        self, client: openai.AsyncOpenAI, finder: ToolFinder, instructions: str, *, hosted: bool
    ) -> Ask:
        if hosted:
            return self._ask_hosted(client, finder, instructions)
        if self.tool_calls == "constrained":
            return lambda record: self._ask_constrained(
                client, finder.fitting(record), instructions
            )(record)
        instructions = finder.instructions(instructions)
        if self.api == "responses" and self.tool_search:
            wire = searching_responses(finder, strict=self.strict)
            return lambda record: self._ask(
                client,
                finder.tools,
                _write_request(wire, record, instructions, [SEARCH_TOOL]),
                wire,
            )
        return self._ask_native(client, finder.search_tools, instructions)

    def _ask_hosted(self, client: openai.AsyncOpenAI, finder: ToolFinder, instructions: str) -> Ask:
        if self.api != "responses" or self.tool_calls != "native":
            raise AgentError('Only the Responses API searches tools itself: offer="search".')
        exported = export(
            finder.tools, self._wire.name, strict=self.strict, namespaces=True, namespace_size=10
        )
        return lambda record: self._ask(
            client, finder.tools, _write_request(self._wire, record, instructions, exported)
        )

    def _ask_native(self, client: openai.AsyncOpenAI, tools: Toolset, instructions: str) -> Ask:
        if len(tools) > MAX_TOOLS:
            raise AgentError(
                f"{len(tools)} tools are more than a request may hold ({MAX_TOOLS}): choose some "
                f"({for_reader('tools.only(tags=…)', '--tag, --operation, --path')})."
            )
        exported = export(tools, self._wire.name, strict=self.strict)
        return lambda record: self._ask(
            client, tools, _write_request(self._wire, record, instructions, exported)
        )

    def _ask_constrained(
        self, client: openai.AsyncOpenAI, tools: Toolset, instructions: str
    ) -> Ask:
        def complete(
            messages: Sequence[JsonObject], schema: JsonObject | None
        ) -> AsyncGenerator[Piece, None]:
            return self._ask(client, tools, self._wire.write_plain_request(messages, schema))

        return ConstrainedModel(tools, instructions, complete).ask

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
            max_retries=self.retries,
            http_client=http_client,
        )

    async def _ask(
        self,
        client: openai.AsyncOpenAI,
        tools: Toolset,
        request: JsonObject,
        wire: Wire | None = None,
    ) -> AsyncGenerator[Piece, None]:
        """Send a request: yield its text as it comes, and the whole turn at last."""
        wire = wire or self._wire
        last = _NO_CALLS if request.get("tool_choice") == "none" else {}
        request = {"model": self.name, **request, **self.options, **last}
        if not self.stream:
            answer = await self._fetch_whole(client, request)
            turn = wire.read_turn(answer, tools, strict=self.strict)
            if turn.text:
                yield turn.text
            yield turn
            return
        assembler = wire.make_assembler()
        streamed_request = {**request, **wire.stream_options}
        async with aclosing(self._fetch_pieces(client, streamed_request)) as pieces:
            async for piece in pieces:
                for shown in assembler.add(piece):
                    yield shown
        yield wire.read_turn(assembler.assemble(), tools, strict=self.strict)

    async def _fetch_whole(self, client: openai.AsyncOpenAI, request: JsonObject) -> JsonObject:
        with self._translated_errors(client):
            create = self._create_method(client)
            return _as_json(await create(**as_arguments(create, request)))

    async def _fetch_pieces(
        self, client: openai.AsyncOpenAI, request: JsonObject
    ) -> AsyncGenerator[JsonObject, None]:
        with self._translated_errors(client):
            create = self._create_method(client)
            async with await create(**as_arguments(create, request)) as stream:
                async for piece in stream:
                    yield _as_json(piece)

    def _create_method(self, client: openai.AsyncOpenAI) -> Any:
        create = client.chat.completions.create if self.api == "chat" else client.responses.create
        return cast("Any", create)

    @contextmanager
    def _translated_errors(self, client: openai.AsyncOpenAI) -> Iterator[None]:
        """Raise AgentError, with one sentence, for what the SDK raises; the key is in none."""
        import openai  # noqa: PLC0415 -- see _connect

        try:
            yield
        except openai.OpenAIError as error:
            message = describe_failure(error, self.name, str(client.base_url))
            key = client.api_key
            if len(key) >= _MIN_SECRET_CHARS:
                message = message.replace(key, "***")
            raise AgentError(message) from None
        except ValueError:
            raise AgentError(
                f"What {client.base_url} sent is no answer of this API: check "
                f"{for_reader('base_url', '--base-url')} (it often ends in /v1) and "
                f"{for_reader('api=', '--api')}."
            ) from None


def _write_request(
    wire: Wire, record: Sequence[Entry], instructions: str, tools: Sequence[JsonObject]
) -> JsonObject:
    """Return the part of a request that depends on the record; the last one allows no calls.

    It has the tools all the same: the history speaks of them, and a vendor's cache begins with
    them.
    """
    request = wire.write_request(record, instructions, tools)
    return {**request, **_NO_CALLS} if tools and limit_reached(record) else request


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


def _as_json(answer: Any) -> JsonObject:
    """Return an SDK's object as it came; a server that sends no JSON makes the SDK give text."""
    if not hasattr(answer, "to_dict"):
        raise ValueError("no JSON")
    return cast("JsonObject", answer.to_dict(warnings=False))
