"""Call tools: `connect` makes a `Client`, which prepares calls and sends them.

Preparing (`Client.prepare`) is pure: it uses no network and reads no secret. Sending signs the
request, sends it and reads the answer as a `Result`. There is one implementation, the asynchronous
one; the synchronous methods wait for it.
"""

from __future__ import annotations

import inspect
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

import anyio
import httpx
from anyio import to_thread

from openapi2tools import transport
from openapi2tools._core import portal
from openapi2tools.call import servers
from openapi2tools.call.apis import Apis
from openapi2tools.call.approval.consent import Consent, agreed_request, require_unchanged
from openapi2tools.call.approval.facts import describe_request
from openapi2tools.call.arguments import (
    checked_arguments,
    declared_defaults,
    with_fixed_arguments,
)
from openapi2tools.call.connections import Connections, ConnectionsClosed
from openapi2tools.call.credentials import masking
from openapi2tools.call.credentials.certificates import client_certificate
from openapi2tools.call.exchange import call_api, failure_text, with_server_advice
from openapi2tools.call.options import (
    Approve,
    Cert,
    Options,
    check_credential_names,
    check_numbers,
    check_server_variables,
)
from openapi2tools.call.planner import AuthPlanner, describe_signature
from openapi2tools.call.policy import Decision, Policy, decide
from openapi2tools.call.prepared import Prepared, Seal
from openapi2tools.call.request import build_request
from openapi2tools.call.serialization import bodies
from openapi2tools.errors import (
    BlockedAddress,
    InvalidArguments,
    InvalidOption,
    NetworkError,
    Refused,
    TimedOut,
    UnknownTool,
)
from openapi2tools.model import Call, Json, Result, Toolset
from openapi2tools.tools.arguments.open_body import with_open_bodies

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
    from types import TracebackType

    from openapi2tools.call.approval.facts import RequestFacts, Signature
    from openapi2tools.call.credentials.sources import Credentials

T = TypeVar("T")


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
    arguments: Mapping[str, Json] | None = None,
    codecs: bodies.Codecs | None = None,
    files: str | Path | Iterable[str | Path] = (),
    limit: int = 20_000,
    validate: bool = False,
    defaults: bool = False,
    cookies: bool = False,
    open_body: Iterable[str] = (),
) -> Client:
    """Return a client that calls these tools.

    The tools may be of several APIs. The name of a security scheme that two of them have is then
    given as `host/name`, or as `title/name` or `source/name` of their documents.

    What the operator gives leaves the tools: `client.tools` no longer have the arguments that
    `arguments`, `headers` or a credential fill.

    Args:
        tools: The tools to call, of one API or of several.
        credentials: Credentials by the name of their security scheme, or a function that returns
            the credential for a scheme and a call; None is its last word. What is not given is
            looked for in the environment (`OPENAPI2TOOLS_<SCHEME>`) and among the stored logins.
            Whatever the document defines, there are `bearer`, `basic`, `digest`, `header:NAME`,
            `query:NAME` and `cookie:NAME`.
        policy: Which calls are allowed, asked about or refused; by default all are allowed.
        server: A URL, or the index or name of one of the document's servers; by default the first.
            A URL without a path keeps the path of the document's server (`http://localhost:8080`
            becomes `http://localhost:8080/api/v3`); one that ends with a slash does not.
        server_variables: Values for the variables of the server's URL.
        http: Your own client to send with. `retries`, `verify`, `cert` and the addresses that it
            may talk to are its matter then. Its headers are used, and its `auth` where nothing was
            given for the schemes of an operation; its `base_url`, `params` and `cookies` are not,
            since a call is sent as it was prepared.
        approve: Asked about each call whose policy says so. True sends the request that it was
            shown; `"later"` puts the question off; `"tool"` is a yes to all calls of this tool in
            this run of an agent; anything else declines the call.
        timeout: How many seconds a whole call may take.
        retries: How often a request that failed may be sent again.
        verify: Whether to check servers' certificates; or a CA bundle's path, or an SSL context.
        cert: The client certificate to show: one PEM file, or certificate and key.
        headers: Headers to send with every request to a trusted origin. A scheme that writes one
            of them has its credential.
        arguments: Values for arguments, which no model is asked for: by the argument's name, for
            all tools that have it, or by `tool.argument`.
        codecs: Functions that write bodies, by media type: from a value to bytes.
        files: The folders from which an argument may name a file to send.
        limit: How many characters the text of a result may have.
        validate: Whether to check successful answers against the document. The notes of a result
            say where it breaks the document's word.
        defaults: Whether to send the defaults that the document declares where an argument is left
            out. A server knows them anyway.
        cookies: Whether to keep the cookies that the API sets, such as those of a login call, for
            later calls to the same origin. They live as long as the client, in memory only.
        open_body: Globs of the names of tools for which the document declares no body, though the
            server takes one: they get an optional argument `body` for any JSON, text or file. The
            tools to describe to a model are then `client.tools`.

    Raises:
        InvalidOption: An option has a value that it cannot have; credentials are for a scheme that
            no tool has; a credential or a URL does not say which of several APIs it is for; or no
            tool has one of the `arguments`.

    Example:
        tools = build_tools(load("petstore.yaml"))
        with connect(tools, credentials={"api_key": "…"}) as client:
            print(client.call("getPetById", {"petId": 7}).text)
    """
    if policy is not None and not isinstance(policy, Policy):
        raise InvalidOption(f"policy={policy!r}: give a Policy, such as Policy(confirm='writes').")
    if isinstance(open_body, str):
        raise InvalidOption(f"open_body={open_body!r}: give a list of globs: [{open_body!r}].")
    tools = with_open_bodies(tools, open_body)
    check_credential_names(tools, credentials)
    check_numbers(timeout, retries, limit)
    variables = {name: str(value) for name, value in (server_variables or {}).items()}
    apis = Apis(tools.values(), variables)
    apis.check(credentials, server)
    check_server_variables(tools, variables)
    tools = with_fixed_arguments(tools, arguments or {})
    # A text is one folder, and not the letters of its name.
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
        headers=transport.checked_headers(headers or {}),
        writer=bodies.BodyWriter(codecs or {}, tuple(Path(folder).resolve() for folder in folders)),
        limit=limit,
        validate=validate,
        defaults=defaults,
        cookies=cookies,
    )
    return Client(tools, options, apis)


class Client:
    """Calls tools; made by `connect`.

    As a context manager, synchronous or asynchronous, it keeps connections open between calls;
    otherwise each call opens one of its own. It may be entered more than once: the last to leave
    waits for the calls under way, or cancels them where an error made it leave.

    Example:
        async with connect(tools) as client:
            result = await client.acall("getPetById", {"petId": 7})
    """

    def __init__(self, tools: Toolset, options: Options, apis: Apis) -> None:
        self.options = options
        self._cookies = transport.CookieStore() if options.cookies else None
        self._planner = AuthPlanner(options, apis)
        self.tools = self._planner.without_filled_arguments(tools)
        self._connections = Connections(
            self._open_http_client, is_users_client=options.http is not None
        )

    def prepare(self, call: Call | str, arguments: Mapping[str, Json] | None = None) -> Prepared:
        """Look up the tool, check the arguments, write the request, and ask the policy.

        No network is used and no secret is read.

        Args:
            call: A call, or the name of a tool.
            arguments: The arguments, where `call` is a name.

        Raises:
            UnknownTool: No tool has that name.
            InvalidArguments: The arguments do not fit; the message lists every fault.
            CallError: The document leaves a hole, such as no server.

        Example:
            prepared = client.prepare("getPetById", {"petId": 7})
            print(prepared.curl())
        """
        options = self.options
        call = _as_call(call, arguments)
        tool = self.tools[call.tool]
        unchecked = options.policy.is_unchecked(tool)
        checked, notes = checked_arguments(tool, call, unchecked=unchecked)
        if options.defaults:
            checked = {**declared_defaults(tool), **checked}
        url = servers.server_url(tool, options.server, options.server_variables)
        request = build_request(
            tool, tool.spread(checked, undeclared=unchecked), url, options.writer
        )
        decision, reason = decide(options.policy, tool)
        plan = self._planner.plan(tool, url)
        advice = servers.server_advice(tool, options.server, url)
        prepared = Prepared(call, tool, request, decision, reason, notes, plan, advice)
        return replace(prepared, seal=Seal(prepared, options.policy))

    async def adescribe(
        self, prepared: Prepared, signature: Signature | None = None
    ) -> RequestFacts:
        """Return what a yes to a call is bound to: the exact request, and who signs it.

        The credential is read and the call's files are, but no network is used.

        Args:
            prepared: What `prepare` returned.
            signature: What signs the call, where that is known already.

        Raises:
            Refused: The call is not as this client prepared it.
            MissingCredential: No credential was given that the operation accepts.
            NetworkError: A file of the call has changed since.

        Example:
            consent = Consent.to(await client.adescribe(prepared))
            result = await client.asend(prepared, approved=consent)
        """
        require_unchanged(prepared, self.options.policy)
        if signature is None:
            signature = await self._connections.run(self._planner.signature, prepared)
        options = self.options
        return await to_thread.run_sync(
            describe_request, prepared, options.policy, signature, options.http, options.headers
        )

    async def asend(self, prepared: Prepared, *, approved: bool | Consent = False) -> Result:
        """Send a prepared call.

        Whatever the API answers is a `Result`, an error included, and so is a network that fails.

        Args:
            prepared: What `prepare` returned.
            approved: Whether somebody has agreed to this call; then `approve` is not asked. Only
                True counts, or the `Consent` to a request that this is.

        Raises:
            Refused: The policy refuses the call, a credential would go to an untrusted server, or
                the call was changed since it was prepared, or prepared under another policy.
            ApprovalNeeded: Somebody has to agree to the call, and nobody has, or to another one.
            Declined: Somebody said no.
            MissingCredential: No credential was given that the operation accepts.
            BlockedAddress: The address is one that the document may not name.

        Example:
            prepared = client.prepare("deletePet", {"petId": 7})
            result = await client.asend(prepared, approved=True)
        """
        require_unchanged(prepared, self.options.policy)
        if prepared.decision is Decision.REFUSE:
            raise Refused(prepared.reason)
        if self.options.policy.dry_run:
            return _dry_run_result(prepared)
        try:
            signature = None
            if prepared.decision is Decision.ASK and approved is not True:
                try:
                    signature = await self._approved_signature(prepared, approved=approved)
                except NetworkError as error:  # a file that is gone
                    return _error_result(prepared.call, f"{error} Nothing was sent.")
            return await self._connections.run(self._send, prepared, signature)
        except ConnectionsClosed as error:
            return _error_result(prepared.call, failure_text(prepared, error))

    async def acall(self, call: Call | str, arguments: Mapping[str, Json] | None = None) -> Result:
        """Prepare a call and send it.

        Arguments that do not fit are a `Result`, too, and so is an unknown tool that a `Call`
        names: both are a model's fault, and it is told.

        Args:
            call: A call, or the name of a tool.
            arguments: The arguments, where `call` is a name.

        Raises:
            UnknownTool: `call` is a name that no tool has.
            Refused, ApprovalNeeded, Declined, MissingCredential, BlockedAddress,
                CallError: As `prepare` and
                `asend` do.

        Example:
            result = await client.acall("getPetById", {"petId": 7})
        """
        is_name = isinstance(call, str)
        call = _as_call(call, arguments)
        try:
            prepared = self.prepare(call)
        except UnknownTool as error:
            if is_name:
                raise
            return _error_result(call, str(error))
        except InvalidArguments as error:
            return _error_result(call, str(error))
        return await self.asend(prepared)

    def send(self, prepared: Prepared, *, approved: bool | Consent = False) -> Result:
        """Send a prepared call, as `asend` does, from synchronous code.

        Args:
            prepared: What `prepare` returned.
            approved: As in `asend`.

        Raises:
            Refused, ApprovalNeeded, Declined, MissingCredential, BlockedAddress: As `asend` does.

        Example:
            result = client.send(client.prepare("deletePet", {"petId": 7}), approved=True)
        """

        async def send() -> Result:
            return await self.asend(prepared, approved=approved)

        try:
            return self._connections.wait(send)
        except ConnectionsClosed as error:
            return _error_result(prepared.call, failure_text(prepared, error))

    def call(self, call: Call | str, arguments: Mapping[str, Json] | None = None) -> Result:
        """Prepare a call and send it, as `acall` does, from synchronous code.

        Args:
            call: A call, or the name of a tool.
            arguments: The arguments, where `call` is a name.

        Raises:
            UnknownTool: `call` is a name that no tool has.
            Refused, ApprovalNeeded, Declined, MissingCredential, BlockedAddress,
                CallError: As `acall` does.

        Example:
            result = client.call("getPetById", {"petId": 7})
            print(result.text if result.is_error else result.data)
        """
        try:
            return self._connections.wait(self.acall, call, arguments)
        except ConnectionsClosed as error:  # while somebody was asked, or before that
            return _error_result(_as_call(call, arguments), f"{error} Nothing was sent.")

    def wait(self, function: Callable[[], Awaitable[T]]) -> T:
        """Run an async function that makes calls, from synchronous code, and return its result.

        The calls themselves are made in the event loop where the connections live.

        Args:
            function: An async function without arguments.

        Example:
            async def both():
                return [await client.acall("a"), await client.acall("b")]

            results = client.wait(both)
        """
        self._connections.bind_loop()
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
        # An error, be it Ctrl-C, cancels what is under way.
        self._connections.leave(cancel=error is not None)

    async def missing_credentials(self) -> Mapping[str, str]:
        """Return what is to be said of tools that need a credential nobody gave, by their names.

        Tools that need the same share one text. No request is made, and no callable is asked.

        Example:
            for text in {*(await client.missing_credentials()).values()}:
                print(text)
        """
        return await self._planner.missing_credentials(self.tools.values())

    async def _approved_signature(
        self, prepared: Prepared, *, approved: bool | Consent
    ) -> Signature | None:
        """Get the yes that a call needs, and return what signs it: what the yes was given for."""
        approve = self.options.approve
        request = await agreed_request(
            prepared,
            approved if isinstance(approved, Consent) else None,
            self.options.policy,
            describe=self.adescribe,
            ask=None if approve is None else partial(self._ask, approve),
        )
        return request.signature

    async def _ask(self, approve: Approve, prepared: Prepared) -> object:
        is_async = inspect.iscoroutinefunction(approve)
        if is_async:
            answer = approve(prepared)
        else:
            answer = await self._connections.run_blocking(approve, prepared)
        return await answer if inspect.isawaitable(answer) else answer

    async def _send(self, prepared: Prepared, signature: Signature | None) -> Result:
        """Authenticate, exchange and read; what the network does wrong is a `Result`."""
        options = self.options
        if signature is None:
            signature = await self._planner.signature(prepared)
        secrets: set[str] = set()
        try:
            with anyio.fail_after(options.timeout) as clock:
                async with self._http_client(prepared) as client:
                    return await call_api(
                        prepared,
                        client,
                        signature,
                        headers=options.headers,
                        retries=options.retries,
                        limit=options.limit,
                        validate=options.validate,
                        deadline=clock.deadline,
                        # A little before the whole call times out.
                        stream_deadline=clock.deadline - options.timeout / 20,
                        is_users_client=options.http is not None,
                        secrets=secrets,
                        cookies=self._cookies,
                        sent_credential=describe_signature(signature),
                    )
        except BlockedAddress as error:
            raise BlockedAddress(with_server_advice(prepared, error)) from None
        except (NetworkError, TimedOut, TimeoutError, httpx.HTTPError) as error:
            text = str(masking.mask_secrets(failure_text(prepared, error), secrets))
            return _error_result(prepared.call, text)

    @asynccontextmanager
    async def _http_client(self, prepared: Prepared) -> AsyncIterator[httpx.AsyncClient]:
        """Yield the client to send with: the user's own, or one of our connections."""
        if self.options.http is not None:
            yield self.options.http
            return
        plan = prepared.plan
        guard = transport.Guard(
            origins=plan.private_network_origins, user_origins=plan.user_origins
        )
        async with self._connections.client(guard) as client:
            yield client

    def _open_http_client(self, guard: transport.Guard) -> httpx.AsyncClient:
        options = self.options
        cert = options.cert or client_certificate(self.tools.values(), options.credentials)
        return transport.open_client(
            guard=guard,
            timeout=options.timeout,
            retries=options.retries,
            verify=options.verify,
            cert=cert,
        )


def _as_call(call: Call | str, arguments: Mapping[str, Json] | None) -> Call:
    if isinstance(call, str):
        return Call(call, arguments or {})
    if arguments is not None:
        raise InvalidOption(
            "arguments= goes with the name of a tool: a Call has arguments of its own."
        )
    return call


def _dry_run_result(prepared: Prepared) -> Result:
    call = prepared.call
    text = f"A dry run: this request was not sent.\n\n{prepared.http()}"
    return Result(call.id, call.tool, text, notes=prepared.notes, caller=call.caller)


def _error_result(call: Call, text: str) -> Result:
    return Result(call.id, call.tool, text, is_error=True, caller=call.caller)
