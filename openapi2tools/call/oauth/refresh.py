"""Write an OAuth2 token on requests, and renew it.

It is renewed shortly before it expires, and once after a 401. A renewal that spends a refresh token
is finished, and its result kept, whatever becomes of the call that it is for: with the answer
unread the login would be lost.
"""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

import anyio
import httpx
from anyio import to_thread

from openapi2tools.call.credentials import signing
from openapi2tools.call.credentials.challenges import bearer_challenge, read_challenges
from openapi2tools.call.credentials.nonces import Nonces
from openapi2tools.call.oauth.conversation import converse
from openapi2tools.call.oauth.signed_tokens import dpop_proof
from openapi2tools.call.oauth.storage.locks import holding, one_at_a_time
from openapi2tools.call.oauth.storage.token_store import REFRESH_TIMEOUT_SECONDS
from openapi2tools.call.oauth.token_response import TokenServerUnavailable
from openapi2tools.call.serialization.streams import BodyStream
from openapi2tools.errors import (
    BlockedAddress,
    MissingCredential,
    NetworkError,
    NotSent,
    TimedOut,
)
from openapi2tools.transport import origin

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Iterator

    from openapi2tools.call.credentials.sources import Secret
    from openapi2tools.call.oauth.token_sources import TokenSource
    from openapi2tools.call.oauth.tokens import Token

T = TypeVar("T")

_CALL_LIMITS: Final = ("timeout", "deadline")
"""The extensions of a request that say how long it may take."""
_NOTHING_DONE_STATUSES: Final = (429, 503)
"""What a server answers that has not looked at the request."""


_DPOP_NONCES: Final = Nonces[str]()
"""What APIs want to see in the next proof of a token (RFC 9449, section 9)."""
_MAX_PROOFS: Final = 2
"""One, and one more with the nonce that the API wants."""


class BearerAuth(httpx.Auth):
    """Write a source's token on requests."""

    def __init__(self, source: TokenSource) -> None:
        self._source = source

    @property
    def identity(self) -> str:
        """Whose token this is, whether it was renewed or not."""
        return self._source.key

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Write a token that is fresh, and answer a 401 once, with a new one; httpx's protocol.

        Tokens are fetched with the client in the request's extension `client`: what httpx sends for
        us ends with the call.
        """
        source = self._source
        if refusal := source.refusal(str(request.url)):
            raise MissingCredential(refusal)
        rejected: Secret | None = None
        while True:
            token, is_new = await self._fresh_token(request, rejected)
            for _ in range(_MAX_PROOFS):
                self._sign(request, token)
                response = yield request
                if not self._is_nonce_missing(response, token) or not _can_send_again(request):
                    break
            if is_new or rejected is not None or not self._would_renewal_help(response, token):
                return
            if not _can_send_again(request):
                return
            rejected = token.access

    async def _fresh_token(
        self, request: httpx.Request, rejected: Secret | None
    ) -> tuple[Token, bool]:
        """Return a token that has not ended, and whether it was got just now."""
        async with one_at_a_time(self._source.key):
            token = await to_thread.run_sync(self._source.load)
            if token is not None and not _is_stale(token, rejected):
                return token, False
            return await self._renew(request, rejected), True

    def _would_renewal_help(self, response: httpx.Response, token: Token) -> bool:
        """Return whether an answer refuses the token, and a newer one of its login may do."""
        if response.status_code != 401 or not self._source.can_renew(token):
            return False
        return not bearer_challenge(response).needs_other_login

    def _sign(self, request: httpx.Request, token: Token) -> None:
        """Write a token, and where it is bound to a key the proof for this request (RFC 9449)."""
        if token.dpop_key is None:
            signing.authorization_signer(self._source.config.scheme, token.access)(request)
            return
        url, access = str(request.url), token.access.reveal()
        nonce_key = self._nonce_key(request)
        nonce = _DPOP_NONCES.take(nonce_key) or ""
        if nonce:
            _DPOP_NONCES.keep(nonce_key, nonce)  # it serves until the API gives another
        proof = dpop_proof(token.dpop_key, request.method, url, nonce, access)
        headers = signing.with_header(request.headers, b"Authorization", f"DPoP {access}".encode())
        request.headers = signing.with_header(headers, b"DPoP", proof.encode())

    def _is_nonce_missing(self, response: httpx.Response, token: Token) -> bool:
        """Keep the nonce that the API wants in the next proof; say whether it refused for it."""
        nonce = response.headers.get("dpop-nonce", "")
        if token.dpop_key is None or not nonce:
            return False
        _DPOP_NONCES.keep(self._nonce_key(response.request), nonce)
        challenges = read_challenges(response, "dpop")
        wanted = any(fields.get("error") == "use_dpop_nonce" for fields in challenges)
        return response.status_code == 401 and wanted

    def _nonce_key(self, request: httpx.Request) -> str:
        return f"{self._source.key} {origin(str(request.url))}"

    async def _renew(self, request: httpx.Request, rejected: Secret | None) -> Token:
        """Get a new token, or find the one that another process got in the meantime."""
        source = self._source
        client: httpx.AsyncClient = request.extensions["client"]
        async with holding(source.lock()):
            old = await to_thread.run_sync(source.load)
            if old is not None and not _is_stale(old, rejected):
                return old
            try:
                with _blaming_token_server(source, request):
                    if source.consumes_refresh_token(old):
                        return await _finish(_spend_and_save(source, old, client))
                    return await _get_and_save(source, old, request)
            except BlockedAddress:
                raise
            except (TokenServerUnavailable, NetworkError, httpx.TransportError):
                if old is None or not old.is_alive() or old.access == rejected:
                    raise
                return old  # it was to be renewed early, and still serves
            except MissingCredential as error:
                return await self._renewed_elsewhere(old, error)

    async def _renewed_elsewhere(self, old: Token | None, error: MissingCredential) -> Token:
        """Return the token that another process got with the same refresh token, else raise.

        That happens where the login could not be locked.
        """
        token = await to_thread.run_sync(self._source.load)
        if token is None or old is None or token.access == old.access:
            raise error
        return token


@contextmanager
def _blaming_token_server(source: TokenSource, request: httpx.Request) -> Iterator[None]:
    """Say that the token server was slow, and not the API, where the call's time ends meanwhile.

    Raises:
        NotSent: It did not answer in time, so that the call did not go out.
    """
    too_slow = NotSent(
        f"The token server of {source.config.scheme.key} did not answer in time. Try again."
    )
    try:
        yield
    except TimedOut:
        raise too_slow from None
    except anyio.get_cancelled_exc_class():
        if anyio.current_time() < request.extensions.get("deadline", math.inf):
            raise  # it was given up
        raise too_slow from None


async def _get_and_save(source: TokenSource, old: Token | None, request: httpx.Request) -> Token:
    """Get a new token within the call's time, and keep it."""
    limits = {name: limit for name, limit in request.extensions.items() if name in _CALL_LIMITS}
    token = await converse(request.extensions["client"], source.renew(old), **limits)
    await to_thread.run_sync(source.save, token)
    return token


async def _spend_and_save(
    source: TokenSource, old: Token | None, client: httpx.AsyncClient
) -> Token:
    """Get a new token for a refresh token, and keep it.

    The time for it is its own, which does not end with the call.
    """
    limits = {
        "timeout": httpx.Timeout(REFRESH_TIMEOUT_SECONDS).as_dict(),
        "deadline": anyio.current_time() + REFRESH_TIMEOUT_SECONDS,
    }
    try:
        with anyio.fail_after(REFRESH_TIMEOUT_SECONDS):
            token = await _noted(source, converse(client, source.renew(old), **limits))
    except TimeoutError:
        raise TimedOut from None
    await to_thread.run_sync(source.save, token)
    return token


async def _noted(source: TokenSource, renewal: Coroutine[Any, Any, Token]) -> Token:
    """Write down that a renewal began, until it has ended or has spent nothing for sure."""
    earlier = await to_thread.run_sync(source.note_renewal, time.time())
    try:
        return await renewal
    except NotSent:
        await to_thread.run_sync(source.note_renewal, earlier)
        raise
    except TokenServerUnavailable as error:
        if error.status in _NOTHING_DONE_STATUSES:
            await to_thread.run_sync(source.note_renewal, earlier)
        raise  # behind another status, the refresh token may be spent
    except MissingCredential as error:
        await to_thread.run_sync(source.note_renewal, earlier)
        if earlier is None:
            raise
        began = datetime.fromtimestamp(earlier, UTC).isoformat(timespec="seconds")
        raise MissingCredential(
            f"{error} A renewal that began at {began} broke off, and may have spent it."
        ) from None


async def _finish(work: Coroutine[Any, Any, T]) -> T:
    """Let work come to its end, cancelled or not; a cancellation counts afterwards."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    with anyio.CancelScope(
        shield=True
    ):  # from anyio's scopes; asyncio's cancellation comes through
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled is None:
        return task.result()
    task.exception()  # seen, so that asyncio does not complain of it
    raise cancelled


def _is_stale(token: Token, rejected: Secret | None) -> bool:
    return token.expired() or token.access == rejected


def _can_send_again(request: httpx.Request) -> bool:
    """Return whether the body can be read a second time."""
    return isinstance(request.stream, httpx.ByteStream | BodyStream)
