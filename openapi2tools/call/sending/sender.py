"""Send prepared calls: get the yes that each needs, sign it, and return what came of it."""

from __future__ import annotations

import inspect
import logging
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Final

import anyio
import httpx
from anyio import to_thread

from openapi2tools import transport
from openapi2tools.call.approval.consent import Consent, agreed_request, require_unchanged
from openapi2tools.call.approval.facts import describe_request
from openapi2tools.call.connections.connections import Connections
from openapi2tools.call.connections.loop_owner import ConnectionsClosed
from openapi2tools.call.credentials import masking
from openapi2tools.call.planner import describe_signature
from openapi2tools.call.policy import Decision
from openapi2tools.call.response.read import read_response
from openapi2tools.call.response.recorded import Replay
from openapi2tools.call.sending.exchange import call_api, failure_text, with_server_advice
from openapi2tools.errors import BlockedAddress, NetworkError, NotSent, Refused, TimedOut
from openapi2tools.model import Result

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from openapi2tools.call.approval.facts import RequestFacts, Signature
    from openapi2tools.call.options import Approve, Options
    from openapi2tools.call.planner import AuthPlanner
    from openapi2tools.call.prepared import Prepared

_LOG: Final = logging.getLogger("openapi2tools")


class Sender:
    """Sends the prepared calls of one client.

    Args:
        options: The options of the client.
        planner: Reads the credential of each call.
        connections: Where the requests are made.
        cookies: Where the API's cookies are kept; None to keep none.
    """

    def __init__(
        self,
        options: Options,
        planner: AuthPlanner,
        connections: Connections,
        cookies: transport.CookieStore | None,
    ) -> None:
        self._options = options
        self._planner = planner
        self._connections = connections
        self._cookies = cookies
        self._answering: set[tuple[str, str]] = set()
        """The servers that answered, or of which a 404 told already that they were guessed."""

    async def describe(
        self, prepared: Prepared, signature: Signature | None = None
    ) -> RequestFacts:
        """Return what a yes to a call is bound to; see `Client.adescribe`."""
        options = self._options
        require_unchanged(prepared, options.policy)
        if signature is None:
            signature = await self._connections.run(self._signature, prepared)
        return await to_thread.run_sync(
            describe_request, prepared, options.policy, signature, options.http, options.headers
        )

    async def send(
        self, prepared: Prepared, *, approved: bool | Consent, save_to: Path | None = None
    ) -> Result:
        """Send a call that is allowed, or that somebody agrees to; see `Client.asend`."""
        policy = self._options.policy
        require_unchanged(prepared, policy)
        if prepared.decision is Decision.REFUSE:
            raise Refused(prepared.reason)
        if policy.dry_run:
            return _dry_run_result(prepared)
        try:
            signature = None
            if prepared.decision is Decision.ASK and approved is not True:
                try:
                    signature = await self._approved_signature(prepared, approved=approved)
                except NetworkError as error:  # a file that is gone
                    return Result.failed(prepared.call, "not_sent", f"{error} Nothing was sent.")
            began = monotonic()
            told_once = self._with_advice_once(prepared)
            result = await self._connections.run(self._send, told_once, signature, save_to)
        except ConnectionsClosed as error:
            return failure_result(prepared, error)
        _log(prepared, result, monotonic() - began)
        if prepared.server_advice and (result.ok or result.status == HTTPStatus.NOT_FOUND):
            self._answering.add(_server_of(prepared))
        return result

    def _with_advice_once(self, prepared: Prepared) -> Prepared:
        """Return a call without its advice about the server, where that is known by now."""
        is_known = _server_of(prepared) in self._answering
        return replace(prepared, server_advice="") if is_known else prepared

    async def _approved_signature(
        self, prepared: Prepared, *, approved: bool | Consent
    ) -> Signature | None:
        """Get the yes that a call needs, and return what signs it: what the yes was given for."""
        approve = self._options.approve
        request = await agreed_request(
            prepared,
            approved if isinstance(approved, Consent) else None,
            self._options.policy,
            describe=self.describe,
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

    async def _send(
        self, prepared: Prepared, signature: Signature | None, save_to: Path | None
    ) -> Result:
        """Authenticate, exchange and read; what the network does wrong is a `Result`."""
        options = self._options
        if isinstance(options.recording, Replay):
            return await self._replayed(prepared, options.recording, save_to)
        if signature is None:
            signature = await self._signature(prepared)
        secrets: set[str] = set()
        departure = transport.current_departure()
        try:
            with anyio.fail_after(options.timeout) as clock:
                async with self._http_client(prepared) as client:
                    return await call_api(
                        prepared,
                        client,
                        signature,
                        headers=options.headers,
                        retries=options.retries,
                        limit_tokens=options.limit_tokens,
                        validate=options.validate,
                        deadline=clock.deadline,
                        # A little before the whole call times out.
                        stream_deadline=clock.deadline - options.timeout / 20,
                        is_users_client=options.http is not None,
                        secrets=secrets,
                        departure=departure,
                        cookies=self._cookies,
                        sent_credential=describe_signature(signature),
                        save_to=save_to,
                        recording=options.recording,
                    )
        except BlockedAddress as error:
            text = masking.mask_secrets(with_server_advice(prepared, error), secrets)
            raise BlockedAddress(text) from None
        except (NetworkError, TimedOut, TimeoutError, httpx.HTTPError) as error:
            return failure_result(prepared, error, secrets, has_left=departure.has_left)

    async def _signature(self, prepared: Prepared) -> Signature:
        """Read the credential of a call; one that is answered from a file needs none."""
        if isinstance(self._options.recording, Replay):
            return httpx.Auth()
        return await self._planner.signature(prepared)

    async def _replayed(
        self, prepared: Prepared, exchanges: Replay, save_to: Path | None
    ) -> Result:
        """Return what a file of exchanges holds as the answer to a call."""
        answer = exchanges.answer(prepared)
        response = httpx.Response(
            answer.status, headers=answer.headers, content=answer.body, request=prepared.request
        )
        return await read_response(
            response,
            prepared,
            limit_tokens=self._options.limit_tokens,
            validate=self._options.validate,
            stream_deadline=inf,
            save_to=save_to,
        )

    @asynccontextmanager
    async def _http_client(self, prepared: Prepared) -> AsyncIterator[httpx.AsyncClient]:
        """Yield the client to send with: the user's own, or one of our connections."""
        if self._options.http is not None:
            yield self._options.http
            return
        plan = prepared.plan
        guard = transport.Guard(
            origins=plan.private_network_origins, user_origins=plan.user_origins
        )
        async with self._connections.client(guard) as client:
            yield client


def _server_of(prepared: Prepared) -> tuple[str, str]:
    """Return the server of a call, and what is advised about it."""
    return transport.origin(str(prepared.request.url)), prepared.server_advice


def failure_result(
    prepared: Prepared,
    error: Exception,
    secrets: frozenset[str] | set[str] = frozenset(),
    *,
    has_left: bool = True,
) -> Result:
    """Return the result of a call that no answer came to.

    `has_left` says whether anything of the request may have reached the API.
    """
    text = masking.mask_secrets(failure_text(prepared, error, has_left=has_left), secrets)
    ours = NetworkError() if isinstance(error, httpx.HTTPError) else error
    is_sent = has_left and not isinstance(error, NotSent)
    return Result.failed(prepared.call, ours, text, sent=is_sent)


def _log(prepared: Prepared, result: Result, seconds: float) -> None:
    """Write one record of a call, which holds no value of its query and no header."""
    if not _LOG.isEnabledFor(logging.INFO):
        return
    request = prepared.request
    outcome = result.status or result.error
    address = transport.redact_url(request.url)
    _LOG.info("%s: %s %s: %s in %.2f s", result.tool, request.method, address, outcome, seconds)


def _dry_run_result(prepared: Prepared) -> Result:
    call = prepared.call
    text = f"A dry run: this request was not sent.\n\n{prepared.http()}"
    return Result(call.id, call.tool, text, notes=prepared.notes, caller=call.caller)


def open_connections(options: Options) -> Connections:
    """Return the connections of a client, which none has opened yet."""
    pacer = transport.Pacer(options.per_second)

    def open_client(guard: transport.Guard) -> httpx.AsyncClient:
        return transport.open_client(
            guard=guard,
            timeout=options.timeout,
            retries=options.retries,
            backoff=options.backoff,
            pacer=pacer,
            network=options.network,
            verify=options.verify,
            cert=options.cert,
        )

    return Connections(open_client, is_users_client=options.is_users_own)
