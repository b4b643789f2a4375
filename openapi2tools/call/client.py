"""Call tools: a `Client` prepares calls, sends them, and has views for single users and roles.

Preparing (`Client.prepare`) is pure: it uses no network and reads no secret. Sending signs the
request, sends it and reads the answer as a `Result`. There is one implementation, the asynchronous
one; the synchronous methods wait for it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Self, TypeVar, Unpack

from openapi2tools import transport
from openapi2tools.call import servers
from openapi2tools.call.answer_arguments import take_answer_arguments, with_answer_arguments
from openapi2tools.call.arguments import checked_arguments, declared_defaults
from openapi2tools.call.endpoints import Endpoints
from openapi2tools.call.fields.given import checked_fields, selection_for
from openapi2tools.call.options import check_globs
from openapi2tools.call.planner import AuthPlanner
from openapi2tools.call.policy import Policy, check_policy, decide
from openapi2tools.call.prepared import Prepared, Seal
from openapi2tools.call.response.recorded import Replay
from openapi2tools.call.sending.blocking import BlockingCalls
from openapi2tools.call.sending.more_pages import with_more_pages
from openapi2tools.call.sending.one_call import (
    PerCall,
    as_call,
    target_file,
)
from openapi2tools.call.sending.sender import Sender, open_connections
from openapi2tools.call.sending.view import view_options, view_tools
from openapi2tools.errors import MissingCredential
from openapi2tools.model import Call, Json, Result, Tool, Toolset

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from openapi2tools.call.apis import Apis
    from openapi2tools.call.approval.consent import Consent
    from openapi2tools.call.approval.facts import RequestFacts, Signature
    from openapi2tools.call.connections.connections import Connections
    from openapi2tools.call.credentials.sources import Credentials
    from openapi2tools.call.options import Approve, Options

T = TypeVar("T")


class Client(BlockingCalls):
    """Calls tools; made by `connect`.

    As a context manager, synchronous or asynchronous, it keeps connections open between calls;
    otherwise each call opens one of its own. It may be entered more than once: the last to leave
    waits for the calls under way, or cancels them where an error made it leave.

    Example:
        async with connect(tools) as client:
            result = await client.acall("getPetById", {"petId": 7})
    """

    def __init__(
        self,
        tools: Toolset,
        options: Options,
        apis: Apis,
        connections: Connections | None = None,
        *,
        cookies: transport.CookieStore | None = None,
        endpoints: Endpoints | None = None,
    ) -> None:
        """Take options that were checked, and what a view shares with its client."""
        self.options = options
        self._apis = apis
        self._given_tools = tools
        self._endpoints = endpoints or Endpoints(options, apis)
        self._planner = AuthPlanner(options, self._endpoints)
        self._connections = connections or open_connections(options)
        self._cookies = cookies
        if cookies is None and options.cookies:
            self._cookies = transport.CookieStore()
        # Made when they are first needed: all of the tools, and those that are called.
        self._tools: Toolset | None = None
        self._called_tools: dict[str, Tool] = {}
        self._sender = Sender(options, self._planner, self._connections, self._cookies)

    def __repr__(self) -> str:
        """Tell what it is: the tools, and the APIs that they are of."""
        titles = dict.fromkeys(tool.api.title for tool in self.tools.values())
        shown = ", ".join(list(titles)[:3]) + (", …" if len(titles) > 3 else "")
        return f"<Client: {len(self.tools)} tools of {shown or 'no API'}>"

    @property
    def tools(self) -> Toolset:
        """The tools, without the arguments that the operator's headers and credentials fill."""
        if self._tools is None:
            tools = self._planner.without_filled_arguments(self._given_tools)
            self._tools = with_answer_arguments(tools, self.options)
        return self._tools

    def _tool(self, name: str) -> Tool:
        """Return a tool; a view that makes one call need not look at all of them."""
        tool = self._called_tools.get(name)
        if tool is None:
            tools = self._tools
            if tools is None:
                given = Toolset([self._given_tools[name]])
                tools = self._planner.without_filled_arguments(given)
            tool = self._called_tools[name] = tools[name]
        return tool

    @property
    def policy(self) -> Policy:
        """Which calls are allowed, asked about or refused."""
        return self.options.policy

    @property
    def approve(self) -> Approve | None:
        """Who is asked about a call; None where nobody can be."""
        return self.options.approve

    def scoped(
        self,
        *,
        tools: Toolset | None = None,
        credentials: Credentials | None = None,
        policy: Policy | None = None,
        approve: Approve | None = None,
        headers: Mapping[str, str] | None = None,
        arguments: Mapping[str, Json] | None = None,
        timeout: float | None = None,
    ) -> Client:
        """Return a view on this client for one user or one role; it is cheap.

        It sends on the same connections: opening and closing it opens and closes those. What is not
        given is as the client has it.

        Args:
            tools: Fewer tools, made of the client's own (`client.tools.only("get_*")`).
            credentials: The credentials of this user, instead of the client's: as in `connect`, but
                none may be empty, and they are the last word: nothing is looked for in the
                environment or among the stored logins. Cookies are then kept for this view alone.
            policy: The policy, instead of the client's.
            approve: Who is asked, instead of whom the client asks.
            headers: Headers to send besides the client's; one of the same name replaces it. Cookies
                are then kept for this view alone.
            arguments: Values for arguments, besides the client's.
            timeout: How many seconds a call may take.

        Raises:
            InvalidOption: An option has a value that it cannot have, or a tool is none of the
                client's.

        Example:
            for_ann = client.scoped(credentials={"bearerAuth": anns_token},
                                    policy=Policy(read_only=True))
            result = await for_ann.acall("list_orders")
        """
        if policy is not None:
            check_policy(policy)
            check_globs(self._given_tools, policy)
        # What the client's own credentials fill is open again where a view has others.
        own_tools = self.tools if tools is not None else self._given_tools
        options = view_options(
            self.options,
            self._apis,
            self._given_tools,
            credentials=credentials,
            headers=headers,
            timeout=timeout,
            policy=policy,
            approve=approve,
        )
        is_for_somebody_else = credentials is not None or headers is not None
        cookies = None if is_for_somebody_else else self._cookies
        view = view_tools(own_tools, tools, arguments, options.policy)
        return Client(
            view,
            options,
            self._apis,
            self._connections,
            cookies=cookies,
            endpoints=self._endpoints,
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
            MissingCredential: Two of the credentials write one header.
            CallError: The document leaves a hole, such as no server.

        Example:
            prepared = client.prepare("getPetById", {"petId": 7})
            print(prepared.curl())
        """
        options = self.options
        call = as_call(call, arguments)
        tool = self._tool(call.tool)
        call, wanted_fields, pages = take_answer_arguments(tool, call, options)
        unchecked = options.policy.is_unchecked(tool)
        checked, notes = checked_arguments(tool, call, unchecked=unchecked)
        if options.defaults:
            checked = {**declared_defaults(tool), **checked}
        endpoint = self._endpoints.of(tool)
        request = endpoint.writer.write(tool, tool.spread(checked, undeclared=unchecked))
        decision, reason = decide(options.policy, tool)
        plan = self._planner.plan(tool, endpoint)
        if plan.conflict:
            raise MissingCredential(plan.conflict)
        advice = servers.server_advice(tool, options.server_of(tool), endpoint.url)
        selection, fault = selection_for(tool, options.fields)
        selection = wanted_fields or selection
        notes = (*notes, fault) if fault else notes
        prepared = Prepared(
            call,
            tool,
            request,
            decision,
            reason,
            notes,
            plan,
            advice,
            selection=selection,
            pages=pages,
        )
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
        return await self._sender.describe(prepared, signature)

    async def asend(
        self,
        prepared: Prepared,
        *,
        approved: bool | Consent = False,
        timeout: float | None = None,  # noqa: ASYNC109 -- of the exchange alone, as of the client
        save_to: str | Path | None = None,
    ) -> Result:
        """Send a prepared call.

        Whatever the API answers is a `Result`, an error included, and so is a network that fails.

        Args:
            prepared: What `prepare` returned.
            approved: Whether somebody has agreed to this call; then `approve` is not asked. Only
                True counts, or the `Consent` to a request that this is.
            timeout: How many seconds the call may take, instead of the client's.
            save_to: A file that gets the answer, piece by piece as it comes, where the call goes
                well; `result.parts` names it then. It appears when it is complete.

        Raises:
            Refused: The policy refuses the call, a credential would go to an untrusted server, or
                the call was changed since it was prepared, or prepared under another policy.
            ApprovalNeeded: Somebody has to agree to the call, and nobody has, or to another one.
            Declined: Somebody said no.
            MissingCredential: No credential was given that the operation accepts.
            BlockedAddress: The address is one that the document may not name.
            InvalidOption: There is no folder for `save_to`.

        Example:
            prepared = client.prepare("deletePet", {"petId": 7})
            result = await client.asend(prepared, approved=True)
        """
        if timeout is not None:
            client = self._for_one_call(timeout=timeout)
            return await client.asend(prepared, approved=approved, save_to=save_to)
        target = target_file(save_to)
        result = await self._sender.send(prepared, approved=approved, save_to=target)
        if prepared.pages == 1:
            return result
        send = partial(self._sender.send, approved=False)
        limit = self.options.limit_tokens
        return await with_more_pages(prepared, result, self.prepare, send, limit)

    def _for_one_call(self, **per_call: Unpack[PerCall]) -> Client:
        """Return a view for one call of whom this client is for: the cookies are the same."""
        timeout, headers = per_call.get("timeout"), per_call.get("headers")
        fields = checked_fields(self._given_tools, per_call.get("fields"))
        if timeout is None and headers is None and not fields:
            return self
        options = view_options(
            self.options,
            self._apis,
            self._given_tools,
            credentials=None,
            headers=headers,
            timeout=timeout,
            fields=fields or None,
        )
        return Client(
            self._given_tools,
            options,
            self._apis,
            self._connections,
            cookies=self._cookies,
            endpoints=self._endpoints,
        )

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

    async def missing_credentials(self) -> Mapping[str, str]:
        """Return what is to be said of tools that need a credential nobody gave, by their names.

        Tools that need the same share one text. No request is made, and no callable is asked.

        Example:
            for text in {*(await client.missing_credentials()).values()}:
                print(text)
        """
        if isinstance(self.options.recording, Replay):
            return {}
        return await self._planner.missing_credentials(self.tools.values())
