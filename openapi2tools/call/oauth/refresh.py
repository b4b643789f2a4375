"""Where a token comes from in, an `httpx.Auth` out that writes it, renews it shortly before it expires, and once after a 401.

A renewal that spends a refresh token is finished, and its result kept, whatever becomes of the call
that it is for: with the answer unread the login would be lost.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import anyio
import httpx
from anyio import to_thread

from openapi2tools.call.credentials import signing
from openapi2tools.call.oauth import flows as oauth
from openapi2tools.call.oauth.config import Authority, Settings
from openapi2tools.call.oauth.secret_store import Latch
from openapi2tools.call.oauth.tokens import (
    HELD,
    RENEWAL,
    Login,
    Token,
    TokenStore,
    Unusable,
    holding,
    turn,
)
from openapi2tools.call.serialization.streams import BodyStream
from openapi2tools.errors import MissingCredential, NotSent
from openapi2tools.transport import origin

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Coroutine, Mapping

    from openapi2tools.call.credentials.sources import Secret

T = TypeVar("T")


class Source(Protocol):
    """Keeps one token, and knows how to get the next."""

    @property
    def authority(self) -> Authority:
        """The scheme that the token is for."""

    @property
    def key(self) -> str:
        """Tell it from other sources: one renewal at a time for each key."""

    def refusal(self, url: str) -> str:
        """Say why the token does not go to this address; empty where it may."""

    def load(self) -> Token | None:
        """Give the token as it is kept now; may read a disk."""

    def save(self, token: Token) -> None:
        """Keep a new token; may write to a disk."""

    def latch(self) -> Latch:
        """Give what is held from before a token is read until its successor is saved."""

    def spends(self, token: Token | None) -> bool:
        """Say whether getting a new token uses up what is kept, so that half a renewal would lose it."""

    def renewable(self, token: Token) -> bool:
        """Say whether it is worth a try after the API refused this one."""

    def renew(self, token: Token | None) -> oauth.Steps[Token]:
        """Get a new token; `token` is the old one."""


@dataclass(frozen=True, slots=True)
class OwnMeans:
    """A program's own credentials; their token is held in memory for as long as the process lives."""

    authority: Authority
    scopes: tuple[str, ...]
    settings: Settings

    @property
    def key(self) -> str:
        """Credentials, secrets included: who has only half of them gets no token that was got with the whole."""
        given = (
            *self.settings.secrets(),
            repr(self.settings),
            repr(sorted(self.settings.extra.items())),
        )
        parts = (*given, repr(self.authority.key), repr(self.scopes))
        return sha256("\n".join(parts).encode()).hexdigest()

    def refusal(self, url: str) -> str:  # noqa: ARG002 -- it was given for this very call
        """Say nothing."""
        return ""

    def load(self) -> Token | None:
        """Give the token that is held, else the one that was given."""
        given = self.settings.token
        return HELD.find(self.key) or (Token(given, self.settings.refresh_token) if given else None)

    def save(self, token: Token) -> None:
        """Hold a token."""
        HELD.save(self.key, token)

    def latch(self) -> Latch:
        """Hold up nobody: other processes do not know of it."""
        return Latch()

    def spends(self, token: Token | None) -> bool:
        """Say whether there is a refresh token."""
        return (token.refresh if token else self.settings.refresh_token) is not None

    def renewable(self, token: Token) -> bool:
        """Say whether there is a refresh token, or something to start anew with."""
        return bool(token.refresh or self.settings.password or self.settings.client_secret)

    def renew(self, token: Token | None) -> oauth.Steps[Token]:
        """Use the refresh token, and start anew when it is spent and something else was given."""
        if token and token.refresh:
            try:
                return (yield from oauth.refresh(self.authority, self.settings, token.refresh))
            except MissingCredential:
                if not (self.settings.password or self.settings.client_secret):
                    raise
        first = replace(self.settings, refresh_token=None) if token else self.settings
        return (yield from oauth.obtain(self.authority, self.scopes, first))


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A person's login in the token store."""

    store: TokenStore
    authority: Authority
    login: Login

    @property
    def key(self) -> str:
        """One login."""
        return f"{self.authority.key.name} {self.login.client_id} {self.login.account}"

    def refusal(self, url: str) -> str:
        """Keep it from servers that only a later document names."""
        place, own = origin(url), (self.authority.key.origin, *self.login.origins)
        if place in own:
            return ""
        return (
            f"The login for {self.authority.scheme.key} is for {', '.join(dict.fromkeys(own))}, and this call goes to {place}. "
            f"If it may go there, log in anew with this document (openapi2tools auth login)."
        )

    def load(self) -> Token | None:
        """Read it again: another process may have renewed it, or this one, which could not write it down."""
        stored = self._stored()
        return (HELD.find(self._successor(stored)) or stored.token) if stored else None

    def save(self, token: Token) -> None:
        """Keep it for the next process, too; where that cannot be, for this one."""
        try:
            self.store.renew(self.authority.key, replace(self.login, token=token), held=True)
        except Unusable:
            HELD.save(self._successor(self._stored() or self.login), token)

    def latch(self) -> Latch:
        """Let no other process renew it, or write beside it."""
        return self.store.latch(self.authority.key)

    def spends(self, token: Token | None) -> bool:
        """Say whether there is a refresh token that will be used."""
        return (
            token is not None
            and token.refresh is not None
            and self.login.grant != "client_credentials"
        )

    def renewable(self, token: Token) -> bool:
        """Say whether there is a refresh token, or a client that speaks for itself."""
        return token.refresh is not None or self.login.grant == "client_credentials"

    def renew(self, token: Token | None) -> oauth.Steps[Token]:
        """Use the refresh token, at the address of the login."""
        again = f"log in again with `openapi2tools auth login SOURCE --scheme {self.authority.scheme.key}`."
        login = self.login
        settings = Settings(
            login.client_id,
            login.client_secret,
            token_url=login.token_url,
            auth_method=login.auth_method,
        )
        if token is not None and login.grant == "client_credentials":
            return (yield from oauth.obtain(self.authority, token.scopes, settings))
        if token is None or token.refresh is None:
            raise MissingCredential(
                f"The login for {self.authority.scheme.key} has expired, and cannot be renewed: {again}"
            )
        try:
            fresh = yield from oauth.refresh(self.authority, settings, token.refresh)
        except MissingCredential as error:
            raise MissingCredential(
                f"{error} If the login for {self.authority.scheme.key} is over, {again}"
            ) from None
        return fresh if fresh.scopes else replace(fresh, scopes=token.scopes)

    def _stored(self) -> Login | None:
        try:
            return self.store.find(
                self.authority.key, client_id=self.login.client_id, account=self.login.account
            )
        except Unusable:
            return self.login

    def _successor(self, stored: Login) -> str:
        """Name the token that follows a stored one; a newer login in the store has another."""
        return f"{self.key} {sha256(stored.token.access.reveal().encode(errors='replace')).hexdigest()}"


class Bearer(httpx.Auth):
    """Writes a source's token on requests."""

    def __init__(self, source: Source) -> None:
        self._source = source

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Follow httpx's protocol: write a token that is fresh; a 401 is answered once, with a new one.

        Tokens are fetched with the client in the request's extension `client`: what httpx sends for
        us ends with the call.
        """
        source, spent = self._source, None
        if refusal := source.refusal(str(request.url)):
            raise MissingCredential(refusal)
        while True:
            async with turn(source.key):
                token = await to_thread.run_sync(source.load)
                stale = _stale(token, spent)
                if token is None or stale:
                    token = await self._renewed(request, spent)
            signing.authorization(source.authority.scheme, token.access)(request)
            response = yield request
            if (
                response.status_code != 401
                or spent
                or stale
                or not source.renewable(token)
                or not _repeatable(request)
            ):
                return
            spent = token.access

    async def _renewed(self, request: httpx.Request, spent: Secret | None) -> Token:
        """Get a new token, or find the one that another process got in the meantime."""
        source = self._source
        client: httpx.AsyncClient = request.extensions["client"]
        async with holding(source.latch()):
            old = await to_thread.run_sync(source.load)
            if old is not None and not _stale(old, spent):
                return old
            try:
                if source.spends(old):
                    limits = {
                        "timeout": httpx.Timeout(RENEWAL).as_dict(),
                        "deadline": anyio.current_time() + RENEWAL,
                    }
                    return await _finished(_renewal(source, old, client, limits, RENEWAL))
                limits = {
                    name: limit
                    for name, limit in request.extensions.items()
                    if name in ("timeout", "deadline")
                }
                return await _renewal(source, old, client, limits, None)
            except MissingCredential as error:
                return await self._renewed_elsewhere(old, error)

    async def _renewed_elsewhere(self, old: Token | None, error: MissingCredential) -> Token:
        """Give the token that another process got with the same refresh token, where it could not be locked; else raise the error."""
        token = await to_thread.run_sync(self._source.load)
        if token is None or old is None or token.access == old.access:
            raise error
        return token


async def _renewal(
    source: Source,
    old: Token | None,
    client: httpx.AsyncClient,
    limits: Mapping[str, Any],
    bound: float | None,
) -> Token:
    """Get a new token within `bound` seconds, and keep it."""
    try:
        with anyio.fail_after(bound):
            token = await oauth.converse(client, source.renew(old), **limits)
    except TimeoutError:
        raise NotSent(
            f"The token server of {source.authority.scheme.key} did not answer in time. Try again."
        ) from None
    await to_thread.run_sync(source.save, token)
    return token


async def _finished(work: Coroutine[Any, Any, T]) -> T:
    """Let work come to its end, cancelled or not; a cancellation counts afterwards."""
    task, cancelled = asyncio.ensure_future(work), None
    with anyio.CancelScope(shield=True):  # from anyio's; those of asyncio come through
        while not task.done():
            try:
                await asyncio.wait([task])
            except asyncio.CancelledError as error:
                cancelled = error
    if cancelled is None:
        return task.result()
    task.exception()  # heard, though nobody waits for it any more
    raise cancelled


def _stale(token: Token | None, spent: Secret | None) -> bool:
    return token is None or token.expired() or token.access == spent


def _repeatable(request: httpx.Request) -> bool:
    return isinstance(request.stream, httpx.ByteStream | BodyStream)
