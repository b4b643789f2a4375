"""OpenAI's models, and those of every server that speaks like them: a record in, the model's turn out. The door of openai."""

from __future__ import annotations

import os
from contextlib import aclosing, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final, Literal, cast
from urllib.parse import urlsplit

from openapi2tools.agent.constrained.model import Constrained
from openapi2tools.agent.openai.chat import CHAT
from openapi2tools.agent.openai.responses import RESPONSES
from openapi2tools.errors import AgentError
from openapi2tools.formats.export import export
from openapi2tools.formats.openai_chat import MAX_TOOLS

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    import openai

    from openapi2tools.agent.loop import Ask
    from openapi2tools.agent.openai.wire import Wire
    from openapi2tools.agent.entries import Turn
    from openapi2tools.model import JsonObject, Toolset


_OPENAI: Final = "https://api.openai.com/v1"
_MASKED: Final = 8  # characters: a shorter key is a word of its own (`none`, `x`), and no secret


class OpenAIModel:
    """A model behind the Responses or the Chat Completions API.

    `base_url` leads to another server than OpenAI's (its `/v1`); `api_key` is `OPENAI_API_KEY`
    unless given. `tool_calls="constrained"` is for models that make no tool calls of their own: the
    server holds their words to a JSON schema instead. `timeout` is in seconds, for one turn;
    `retries` are the SDK's, for connection errors and 408, 409, 429, 5xx. Everything else
    (`temperature=0`, `reasoning={"effort": "low"}`, `max_output_tokens=…`, `extra_body=…`) goes
    into each request as it is.
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
        timeout: float = 600,
        retries: int = 2,
        **options: Any,
    ) -> None:
        if api not in ("responses", "chat") or tool_calls not in ("native", "constrained"):
            raise AgentError(
                f"api is 'responses' or 'chat', tool_calls 'native' or 'constrained': not {api!r}, {tool_calls!r}."
            )
        self.name = name
        self.api = api
        self.base_url = None if base_url is None else _address(base_url)
        self.stream = stream
        self.strict = strict
        self.tool_calls = tool_calls
        self.timeout = timeout
        self.retries = retries
        self.options = options
        self._api_key = api_key

    def __repr__(self) -> str:
        return f"OpenAIModel({self.name!r}, api={self.api!r}, base_url={self.base_url!r}, tool_calls={self.tool_calls!r})"

    @property
    def _wire(self) -> Wire:
        return CHAT if self.api == "chat" else RESPONSES

    @asynccontextmanager
    async def open(self, tools: Toolset, instructions: str) -> AsyncGenerator[Ask, None]:
        """Connect for one run; AgentError when there is no key, or when there are too many tools for one request."""
        async with self._client() as client:
            if self.tool_calls == "constrained":

                def complete(
                    said: Sequence[JsonObject], schema: JsonObject | None
                ) -> AsyncGenerator[str | Turn, None]:
                    return self._ask(client, tools, self._wire.plain_request(said, schema))

                yield Constrained(tools, instructions, complete).ask
                return
            if len(tools) > MAX_TOOLS:
                raise AgentError(
                    f"{len(tools)} tools are more than a request may hold ({MAX_TOOLS}): choose some by tag or operation."
                )
            described = export(tools, self._wire.name, strict=self.strict)
            yield lambda record: self._ask(
                client, tools, self._wire.request(record, instructions, described)
            )

    def _client(self) -> openai.AsyncOpenAI:
        from openai import AsyncOpenAI, DefaultAsyncHttpxClient  # noqa: PLC0415 -- importing openai takes longer than most commands

        key = (self._api_key or os.environ.get("OPENAI_API_KEY") or "").strip()
        address = self.base_url or _address(
            os.environ.get("OPENAI_BASE_URL", "").strip() or _OPENAI
        )
        if not key and address == _OPENAI:
            raise AgentError(
                "There is no key for OpenAI: set OPENAI_API_KEY, or give api_key=. Without an account, give the base_url of a server of "
                "your own, or use the embedded model (LocalModel(), --model local)."
            )
        if not (key.isascii() and key.isprintable()):
            raise AgentError(
                "The key for the model has characters that no header may hold: check OPENAI_API_KEY or api_key=."
            )
        # where a proxy has no business
        near = urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1")
        try:
            http = DefaultAsyncHttpxClient(trust_env=not near, timeout=self.timeout)
        except (ValueError, ImportError):  # which may quote a proxy's password
            raise AgentError(
                "A proxy of the environment (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY) cannot be used: correct it."
            ) from None
        return AsyncOpenAI(
            api_key=key or "none",
            base_url=address,
            timeout=self.timeout,
            max_retries=self.retries,
            http_client=http,
        )

    async def _ask(
        self, client: openai.AsyncOpenAI, tools: Toolset, request: JsonObject
    ) -> AsyncGenerator[str | Turn, None]:
        pieces = self._wire.pieces()
        request = {"model": self.name, **request, **self.options}
        if not self.stream:
            turn = self._wire.read_turn(
                await self._whole(client, request), tools, strict=self.strict
            )
            if turn.text:
                yield turn.text
            yield turn
            return
        async with aclosing(self._stream(client, {**request, **self._wire.streaming})) as stream:
            async for piece in stream:
                if text := pieces.add(piece):
                    yield text
        yield self._wire.read_turn(pieces.whole(), tools, strict=self.strict)

    async def _whole(self, client: openai.AsyncOpenAI, request: JsonObject) -> JsonObject:
        with self._faults(client):
            return _plain(await self._create(client)(**request))

    async def _stream(
        self, client: openai.AsyncOpenAI, request: JsonObject
    ) -> AsyncGenerator[JsonObject, None]:
        with self._faults(client):
            async with await self._create(client)(**request) as stream:
                async for piece in stream:
                    yield _plain(piece)

    def _create(self, client: openai.AsyncOpenAI) -> Any:
        return cast(
            Any, client.chat.completions.create if self.api == "chat" else client.responses.create
        )

    @contextmanager
    def _faults(self, client: openai.AsyncOpenAI) -> Iterator[None]:
        """Say in one sentence what the SDK raises; the key is in none of them."""
        import openai  # noqa: PLC0415 -- see _client

        try:
            yield
        except openai.OpenAIError as error:
            said, key = _sentence(error, self.name, str(client.base_url)), client.api_key
            raise AgentError(said.replace(key, "***") if len(key) >= _MASKED else said) from None
        except ValueError:
            raise AgentError(
                f"What {client.base_url} sent is no answer of this API: check base_url (it often ends in /v1) and api=."
            ) from None


def _address(url: str) -> str:
    """Give the address of a server; AgentError when it is none, or holds a password."""
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and parts.hostname is not None and parts.port != 0
    except ValueError:  # brackets that hold no address, a port that is no number
        right = False
    if "@" in url.rpartition("://")[2].partition("/")[0]:
        raise AgentError(
            "The address of the model's server has a password in it: leave it out, and give a key with api_key=."
        )
    if not right:
        raise AgentError(
            f"{url!r} is no address of a server: give base_url (or OPENAI_BASE_URL) like http://127.0.0.1:8080/v1."
        )
    return url


def _sentence(error: openai.OpenAIError, name: str, address: str) -> str:
    import openai  # noqa: PLC0415 -- see _client

    match error:
        case openai.APITimeoutError():
            return (
                f"{address} did not answer in time: give a longer timeout, or ask for less at once."
            )
        case openai.APIConnectionError() if "Connect" in type(error.__cause__).__name__:
            return f"Nobody answers at {address}: is the address right, and the server running?"
        case openai.APIConnectionError():
            return f"The connection to {address} broke off ({type(error.__cause__).__name__}): try again."
        case openai.APIStatusError():
            return f"{address} {_refusal(error.status_code, f'{error.code} {error.type}', name)} It says: {_said(error)}"
        case openai.APIError():
            return f"The model {name} at {address} failed: {_said(error)}"
    return f"The model {name} at {address} cannot be used: {error}"


def _refusal(status: int, code: str, name: str) -> str:
    if status in (401, 403):
        return f"does not accept the key for {name} ({status}): check OPENAI_API_KEY or api_key=."
    if status == 404:
        return f"knows no model {name!r}, or is no such API (404): check the model's name, base_url and api=."
    if "insufficient_quota" in code:
        return "has no quota left for this account: check its plan and billing."
    if status == 429:
        return "asks to slow down (429): wait a while."
    if "context" in code:  # OpenAI: context_length_exceeded, llama.cpp: exceed_context_size_error
        return f"finds the tools and the conversation too long for {name}: offer fewer tools (by tag or operation)."
    return f"did not take the request ({status})."


def _said(error: openai.APIError) -> str:
    body = error.body
    said = str((body.get("message") if isinstance(body, dict) else None) or error.message)
    return said if len(said) <= 300 else said[:300] + "…"


def _plain(answer: Any) -> JsonObject:
    """Give an SDK's object as it came; a server that sends no JSON gives text instead."""
    if not hasattr(answer, "to_dict"):
        raise ValueError("no JSON")
    return cast("JsonObject", answer.to_dict(warnings=False))
