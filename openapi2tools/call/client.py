"""The whole way of a call: `prepare` (pure: no network, no secret) gives a `Prepared`, `send` gives its `Result`.

There is one implementation, asynchronous; the synchronous methods wait for it.
"""

from __future__ import annotations

import inspect
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self, TypeAlias, TypeVar

import anyio
import httpx

from openapi2tools import transport
from openapi2tools._core import portal
from openapi2tools.call import auth, display, servers
from openapi2tools.call.apis import Apis
from openapi2tools.call.connections import Closed, Connections
from openapi2tools.call.credentials import masking as secrets
from openapi2tools.call.credentials import schemes
from openapi2tools.call.credentials.certificates import Certificate, client_certificate
from openapi2tools.call.policy import Decision, Policy, decide
from openapi2tools.call.request import build_request
from openapi2tools.call.response import read as response
from openapi2tools.call.response import redirect
from openapi2tools.call.serialization import bodies, files
from openapi2tools.call.serialization.styles import Unwritable
from openapi2tools.errors import (
    ApprovalNeeded,
    BlockedAddress,
    CallError,
    InvalidArguments,
    InvalidOption,
    MissingCredential,
    NetworkError,
    NotSent,
    Refused,
    TimedOut,
    UnknownTool,
)
from openapi2tools.model import Call, Json, JsonObject, Result, Tool, Toolset
from openapi2tools.tools.arguments.check import check

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
    from types import TracebackType

    from httpx._client import UseClientDefault

    from openapi2tools.call.credentials.sources import Credentials

AFTERWARDS: Final = "It may have taken effect: look before you repeat it."
READING: Final = ("GET", "HEAD", "OPTIONS", "QUERY")

T = TypeVar("T")
Approve: TypeAlias = "Callable[[Prepared], bool | Awaitable[bool]]"
Cert: TypeAlias = str | tuple[str, str] | Certificate


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call, ready to go out and safe to show: `request` holds no secret.

    `decision` is the policy's, `reason` its sentence where it does not simply allow the call.
    `notes` say which arguments were repaired. `plan` is how the call will authenticate.
    """

    call: Call
    tool: Tool = field(repr=False)
    request: httpx.Request
    decision: Decision
    reason: str = ""
    notes: tuple[str, ...] = ()
    plan: auth.AuthPlan = field(default_factory=auth.AuthPlan, repr=False)

    def curl(self) -> str:
        """Write the request as a curl command for a POSIX shell; placeholders stand for secrets."""
        return display.curl(self.request, self.plan.fills)

    def http(self) -> str:
        """Write the request as HTTP/1.1 text; placeholders stand for secrets."""
        return display.http(self.request, self.plan.fills)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `connect` was told; its docstring says what each one means."""

    credentials: Credentials | None = field(repr=False)
    policy: Policy
    server: str | int | None
    server_variables: Mapping[str, str]
    http: httpx.AsyncClient | None
    approve: Approve | None
    timeout: float
    retries: int
    verify: bool | str | ssl.SSLContext
    cert: Cert | None = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    writer: bodies.BodyWriter
    limit: int
    validate: bool
    defaults: bool


def connect(
    tools: Toolset,
    *,
    credentials: Credentials | None = None,
    policy: Policy | None = None,
    server: str | int | None = None,
    server_variables: Mapping[str, str] | None = None,
    http: httpx.AsyncClient | None = None,
    approve: Approve | None = None,
    timeout: float = 60.0,
    retries: int = 2,
    verify: bool | str | ssl.SSLContext = True,
    cert: Cert | None = None,
    headers: Mapping[str, str] | None = None,
    codecs: bodies.Codecs | None = None,
    files: str | Path | Iterable[str | Path] = (),
    limit: int = 20_000,
    validate: bool = False,
    defaults: bool = False,
) -> Client:
    """Make a client that calls these tools.

    The tools may be of several APIs: a scheme's name that two of them have is then given as
    `host/name`.

    `server` is a URL, or the index or name of one of the document's servers, and `server_variables`
    fill in its template. `http` is your own client to send with: `retries`, `verify`, `cert` and
    the addresses it may talk to are its matter then; its headers and `auth` are used, its
    `base_url`, `params` and `cookies` are not, since a call goes out as it was prepared. `approve`
    is asked about each call whose policy says so. `timeout` is in seconds for a whole call.
    `headers` go with every request to a trusted origin. `codecs` write bodies: media type to a
    function from a value to bytes. `files` are the folders from which an argument may name a file
    to send. `limit` is the number of characters that the text of a result may have. `validate`
    checks successful answers against the document, and says in the result's notes what they break
    of it. `defaults` sends the defaults that the document declares where an argument is left out; a
    server knows them anyway. Raises InvalidOption for a value that an option cannot have, for
    credentials of a scheme that no tool has, and for a credential or a URL that does not say which
    of several APIs it is for.
    """
    if policy is not None and not isinstance(policy, Policy):
        raise InvalidOption(f"policy={policy!r}: give a Policy, such as Policy(confirm='writes').")
    _check_names(tools, credentials)
    _check_numbers(timeout, retries, limit)
    variables = {name: str(value) for name, value in (server_variables or {}).items()}
    apis = Apis(tools.values(), variables)
    apis.check(credentials, server)
    _check_variables(tools, variables)
    # a text is one folder, and not the letters of its name
    folders = (files,) if isinstance(files, str | Path) else files
    options = Options(
        credentials=credentials,
        policy=policy or Policy(),
        server=server,
        server_variables=variables,
        http=http,
        approve=approve,
        timeout=timeout,
        retries=retries,
        verify=verify,
        cert=cert if cert is not None else client_certificate(tools.values(), credentials),
        headers=transport.sendable(headers or {}),
        writer=bodies.BodyWriter(codecs or {}, tuple(Path(folder).resolve() for folder in folders)),
        limit=limit,
        validate=validate,
        defaults=defaults,
    )
    return Client(tools, options, apis)


class Client:
    """Calls tools; made by `connect`.

    As a context manager, synchronous or asynchronous, it keeps connections open between calls;
    otherwise each call has one of its own. It may be entered more than once: the last to leave
    waits for the calls under way, or cancels them where an error made it leave.
    """

    def __init__(self, tools: Toolset, options: Options, apis: Apis) -> None:
        self.tools = tools
        self.options = options
        self._apis = apis
        self._connections = Connections(self._open, lasting=options.http is not None)

    def prepare(self, call: Call | str, arguments: Mapping[str, Json] | None = None) -> Prepared:
        """Look up the tool, check the arguments, write the request, ask the policy.

        Raises UnknownTool, InvalidArguments with every fault at once, and CallError where the
        document leaves a hole (no server).
        """
        options = self.options
        call = _made(call, arguments)
        tool = self.tools[call.tool]
        checked, notes = _checked(tool, call)
        checked = {**_defaults(tool), **checked} if options.defaults else checked
        url = servers.server_url(tool, options.server, options.server_variables)
        request = build_request(tool, tool.spread(checked), url, options.writer)
        decision, reason = decide(options.policy, tool)
        plan = auth.plan(
            tool,
            options.credentials,
            server=url if servers.is_url(options.server) else None,
            server_variables=options.server_variables,
            certificate=options.cert is not None,
            others=self._apis.others(tool.api, url),
        )
        return Prepared(call, tool, request, decision, reason, notes, plan)

    async def asend(self, prepared: Prepared, *, approved: bool = False) -> Result:
        """Send a prepared call. What the API answers, an error included, and a network that fails are a `Result`.

        Raises Refused, ApprovalNeeded, MissingCredential, BlockedAddress: what only a person can
        settle.
        """
        if prepared.decision is Decision.REFUSE:
            raise Refused(prepared.reason)
        if self.options.policy.dry_run:
            text = f"A dry run: this request was not sent.\n\n{prepared.http()}"
            return Result(
                prepared.call.id,
                prepared.call.tool,
                text,
                notes=prepared.notes,
                caller=prepared.call.caller,
            )
        if (
            prepared.decision is Decision.ASK
            and not approved
            and not await self._approved(prepared)
        ):
            raise ApprovalNeeded(prepared.reason)
        try:
            return await self._connections.run(self._send, prepared)
        except Closed as error:
            return _failed(prepared.call, _unanswered(prepared, error))

    async def acall(self, call: Call | str, arguments: Mapping[str, Json] | None = None) -> Result:
        """Prepare and send. Arguments that do not fit are a `Result`, too, and so is an unknown tool that a `Call` names."""
        named = isinstance(call, str)
        call = _made(call, arguments)
        try:
            prepared = self.prepare(call)
        except (InvalidArguments, UnknownTool) as error:
            if named and isinstance(error, UnknownTool):
                raise
            return _failed(call, str(error))
        return await self.asend(prepared)

    def send(self, prepared: Prepared, *, approved: bool = False) -> Result:
        """Do what `asend` does, synchronously."""

        async def send() -> Result:
            return await self.asend(prepared, approved=approved)

        try:
            return self._connections.wait(send)
        except Closed as error:
            return _failed(prepared.call, _unanswered(prepared, error))

    def call(self, call: Call | str, arguments: Mapping[str, Json] | None = None) -> Result:
        """Do what `acall` does, synchronously."""
        try:
            return self._connections.wait(self.acall, call, arguments)
        except Closed as error:  # while somebody was asked, or before that
            return _failed(_made(call, arguments), f"{error} Nothing was sent.")

    def wait(self, function: Callable[[], Awaitable[T]]) -> T:
        """Run an async function that makes calls, from synchronous code; the calls are made where the connections live."""
        self._connections.settle()
        return portal.run(function)

    async def __aenter__(self) -> Self:
        await self._connections.aenter()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._connections.aleave(cancel=error is not None)

    def __enter__(self) -> Self:
        self._connections.enter()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # an error, be it Ctrl-C, cancels what is under way
        self._connections.leave(cancel=error is not None)

    async def _approved(self, prepared: Prepared) -> bool:
        approve = self.options.approve
        if approve is None:
            return False
        later = inspect.iscoroutinefunction(approve)
        answer = approve(prepared) if later else await self._connections.aside(approve, prepared)
        return bool(await answer if inspect.isawaitable(answer) else answer)

    async def _send(self, prepared: Prepared) -> Result:
        signature = await self._signature(prepared)
        hidden: set[str] = set()
        try:
            with anyio.fail_after(self.options.timeout) as clock:
                async with self._exchange(prepared, signature, hidden, clock.deadline) as answer:
                    late = clock.deadline - self.options.timeout / 20
                    options = self.options
                    return await response.read(
                        answer,
                        prepared,
                        hidden,
                        limit=options.limit,
                        validate=options.validate,
                        until=late,
                    )
        except BlockedAddress:
            raise
        except (NetworkError, TimedOut, TimeoutError, httpx.HTTPError) as error:
            return _failed(prepared.call, str(secrets.masked(_unanswered(prepared, error), hidden)))

    async def _signature(self, prepared: Prepared) -> httpx.Auth | UseClientDefault:
        """Read the credential; a client of one's own may know one by itself."""
        try:
            signature = await prepared.plan.auth(prepared.call)
        except MissingCredential:
            if self.options.http is None:
                raise
            return httpx.USE_CLIENT_DEFAULT
        return (
            httpx.USE_CLIENT_DEFAULT
            if self.options.http is not None and type(signature) is httpx.Auth
            else signature
        )

    @asynccontextmanager
    async def _exchange(
        self,
        prepared: Prepared,
        signature: httpx.Auth | UseClientDefault,
        hidden: set[str],
        deadline: float,
    ) -> AsyncIterator[httpx.Response]:
        """Send the request, follow redirects, and give the last response, its body still to be read.

        The secrets that went out on the way are added to `hidden`.
        """
        async with self._client(prepared) as client:
            shown, request, credentials = (
                prepared.request,
                self._outgoing(prepared, client),
                signature,
            )
            for hop in range(redirect.LIMIT):
                request.extensions = {**request.extensions, "deadline": deadline, "client": client}
                own = request.headers.copy()  # a signature writes on the request itself
                with _in_our_words(
                    request,
                    prepared.request.method if hop else "",
                    own=self.options.http is not None,
                ):
                    answer = await client.send(
                        request, auth=credentials, stream=True, follow_redirects=False
                    )
                hidden |= secrets.added(answer.request, shown, own)
                following = redirect.follow(request, answer)
                if following is None:
                    break
                await answer.aclose()
                shown = request = following.request
                credentials = credentials if following.same else httpx.Auth()
            else:
                raise NetworkError(f"The API redirects more than {redirect.LIMIT} times.")
            try:
                yield answer
            finally:
                await answer.aclose()

    def _outgoing(self, prepared: Prepared, client: httpx.AsyncClient) -> httpx.Request:
        """Copy the request, which stays as it was shown, and add the headers that a client sends with everything."""
        request = prepared.request
        headers = httpx.Headers(client.headers)
        if prepared.plan.trust.refusal(str(request.url)) is None:
            headers.update(self.options.headers)
        cookies = "; ".join(filter(None, (headers.get("Cookie"), request.headers.get("Cookie"))))
        headers.update(request.headers)
        if cookies:
            headers["Cookie"] = cookies
        return httpx.Request(request.method, request.url, headers=headers, stream=request.stream)

    @asynccontextmanager
    async def _client(self, prepared: Prepared) -> AsyncIterator[httpx.AsyncClient]:
        if self.options.http is not None:
            yield self.options.http
            return
        async with self._connections.client(
            transport.Guard(origins=prepared.plan.anywhere)
        ) as client:
            yield client

    def _open(self, guard: transport.Guard) -> httpx.AsyncClient:
        options = self.options
        cert = options.cert or client_certificate(self.tools.values(), options.credentials)
        return transport.open_client(
            guard=guard,
            timeout=options.timeout,
            retries=options.retries,
            verify=options.verify,
            cert=cert,
        )


def _made(call: Call | str, arguments: Mapping[str, Json] | None) -> Call:
    if isinstance(call, str):
        return Call(call, arguments or {})
    if arguments is not None:
        raise InvalidOption(
            "arguments= goes with the name of a tool: a Call has arguments of its own."
        )
    return call


def _check_names(tools: Toolset, credentials: Credentials | None) -> None:
    if not tools or credentials is None or callable(credentials):
        return
    wrong, known = schemes.unknown_credentials(tools.values(), credentials)
    if wrong:
        raise InvalidOption(
            f"credentials={{{wrong[0]!r}: …}}: no tool here has that security scheme, but: {known}."
        )


def _check_variables(tools: Toolset, variables: Mapping[str, str]) -> None:
    """Refuse the variables that no server of these tools has: a slip would lead calls to another server."""
    found = (
        {id(server): server for tool in tools.values() for server in tool.operation.servers}
        if variables
        else {}
    )
    known = {name for server in found.values() for name in servers.names(server)}
    if tools and (wrong := sorted(variables.keys() - known)):
        raise InvalidOption(
            f"server_variables={{{wrong[0]!r}: …}}: no server has that variable, but: {', '.join(sorted(known)) or 'none'}."
        )


def _check_numbers(timeout: float, retries: int, limit: int) -> None:
    if not isinstance(timeout, int | float) or not isfinite(timeout) or timeout <= 0:
        raise InvalidOption(
            f"timeout={timeout!r}: give the seconds that a whole call may take, a number above 0."
        )
    if not isinstance(retries, int) or retries < 0:
        raise InvalidOption(
            f"retries={retries!r}: give how often a request may be sent again, a whole number from 0 on."
        )
    if not isinstance(limit, int) or limit < 1:
        raise InvalidOption(
            f"limit={limit!r}: give the characters that the text of a result may have, a whole number from 1 on."
        )


def _defaults(tool: Tool) -> JsonObject:
    """Give the arguments that the document says a server takes where none is sent."""
    return {
        name: schema["default"]
        for name, schema in tool.schema["properties"].items()
        if "default" in schema
    }


def _checked(tool: Tool, call: Call) -> tuple[JsonObject, tuple[str, ...]]:
    if call.fault:
        raise InvalidArguments(call.fault)
    own: dict[str, Json] = {}
    try:
        arguments = files.set_files_aside(call.arguments, own)
    except Unwritable as error:
        raise InvalidArguments(f"{tool.name} cannot take these arguments: {error}.") from None
    checked = check(tool, arguments)
    if checked.faults:
        raise InvalidArguments(
            f"{tool.name} cannot take these arguments.\n"
            + "\n".join(f"- {fault}" for fault in checked.faults)
        )
    return files.put_files_back(checked.arguments, own) if own else checked.arguments, checked.notes


@contextmanager
def _in_our_words(request: httpx.Request, before: str, *, own: bool) -> Iterator[None]:
    """Raise our errors for those of a client of one's `own`; `before` is the method that a redirect came back to, empty where none did."""
    try:
        yield
    except BlockedAddress as error:
        if before in ("", *READING):
            raise
        raise BlockedAddress(
            f"{error} A redirect of the {before} led there. {AFTERWARDS}"
        ) from None
    except (httpx.TransportError, NotSent) as error:
        told = error if isinstance(error, NotSent) else transport.explain(error, request.url)
        raise (transport.sent_before(told) if before else told) from None
    except RuntimeError as error:  # of asyncio, or of httpx
        if not own:
            raise
        doubt = "" if request.method in READING and before in ("", *READING) else f" {AFTERWARDS}"
        raise CallError(
            f"The client of http= cannot be used here ({error}): it may be closed, or of another event loop.{doubt}"
        ) from None


def _failed(call: Call, text: str) -> Result:
    return Result(call.id, call.tool, text, is_error=True, caller=call.caller)


def _unanswered(prepared: Prepared, error: Exception) -> str:
    place = f"{prepared.request.method} {prepared.request.url.copy_with(query=None)}"
    if isinstance(error, NotSent):
        return f"{place}: {error} Nothing was sent."
    what = (
        f"No answer in time from {place}."
        if isinstance(error, TimeoutError | TimedOut)
        else f"{place}: {error}"
    )
    return what if prepared.request.method in READING else f"{what} {AFTERWARDS}"
