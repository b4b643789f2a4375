"""Where a token comes from: a program's own credentials, or a person's login in the store."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from openapi2tools.call.oauth import flows
from openapi2tools.call.oauth.config import OAuthCredential
from openapi2tools.call.oauth.storage.locks import FileLock
from openapi2tools.call.oauth.storage.token_store import StoreUnusable
from openapi2tools.call.oauth.token_response import TokenServerUnavailable
from openapi2tools.call.oauth.tokens import CLIENTS_OWN_GRANTS, PROCESS_TOKENS, Token
from openapi2tools.errors import MissingCredential
from openapi2tools.transport import origin

if TYPE_CHECKING:
    from openapi2tools.call.credentials.sources import Secret
    from openapi2tools.call.oauth.config import OAuthConfig
    from openapi2tools.call.oauth.conversation import Steps
    from openapi2tools.call.oauth.storage.token_store import TokenStore
    from openapi2tools.call.oauth.tokens import Login


def credential_of(login: Login) -> OAuthCredential:
    """Return with what a login was made, as far as its renewals need it."""
    return OAuthCredential(
        client_id=login.client_id,
        client_secret=login.client_secret,
        private_key=login.private_key,
        key_id=login.key_id,
        subject=login.subject,
        assertion_audience=login.assertion_audience,
        signing_alg=login.signing_alg,
        token_url=login.token_url,
        auth_method=login.auth_method,
        dpop_key=login.token.dpop_key,
        extra=login.extra,
    )


class TokenSource(Protocol):
    """Keeps one token, and knows how to get the next."""

    @property
    def config(self) -> OAuthConfig:
        """The scheme that the token is for."""

    @property
    def key(self) -> str:
        """What tells it from other sources: one renewal at a time for each key."""

    def refusal(self, url: str) -> str:
        """Return why the token does not go to this URL; empty where it may."""

    def load(self) -> Token | None:
        """Return the token as it is kept now; may read a disk."""

    def save(self, token: Token) -> None:
        """Keep a new token; may write to a disk."""

    def note_renewal(self, began: float | None) -> float | None:
        """Note when a renewal began (None: it spent nothing), and return what was noted before.

        May write to a disk.
        """

    def lock(self) -> FileLock:
        """Return the lock to hold from before a token is read until its successor is saved."""

    def consumes_refresh_token(self, token: Token | None) -> bool:
        """Return whether getting a new token uses up what is kept.

        Half a renewal would then lose it.
        """

    def can_renew(self, token: Token) -> bool:
        """Return whether it is worth a try after the API refused this one."""

    def renew(self, token: Token | None) -> Steps[Token]:
        """Get a new token; `token` is the old one."""


@dataclass(frozen=True, slots=True)
class ClientTokenSource:
    """A program's own credentials; their token is kept in memory and ends with the process."""

    config: OAuthConfig
    scopes: tuple[str, ...]
    credential: OAuthCredential

    @property
    def key(self) -> str:
        """A hash of the credentials, secrets included.

        Who has only half of them gets no token that was got with the whole.
        """
        parts = (
            *self.credential.secrets(),
            repr(self.credential),
            repr(sorted(self.credential.extra.items())),
            repr(self.config.key),
            repr(self.scopes),
        )
        return sha256("\n".join(parts).encode()).hexdigest()

    def refusal(self, url: str) -> str:  # noqa: ARG002 -- it was given for this very call
        """Refuse nothing."""
        return ""

    def load(self) -> Token | None:
        """Return the token in memory, else the one that was given."""
        cached = PROCESS_TOKENS.find(self.key)
        if cached:
            return cached
        given = self.credential.token
        return Token(given, self.credential.refresh_token) if given else None

    def save(self, token: Token) -> None:
        """Keep a token in memory."""
        PROCESS_TOKENS.save(self.key, token)

    def note_renewal(self, began: float | None) -> float | None:  # noqa: ARG002 -- as it says
        """Note nothing: no later process could read it."""
        return None

    def lock(self) -> FileLock:
        """No cross-process lock is needed: other processes do not know of the token."""
        return FileLock()

    def consumes_refresh_token(self, token: Token | None) -> bool:
        """Return whether there is a refresh token."""
        refresh_token = token.refresh if token else self.credential.refresh_token
        return refresh_token is not None

    def can_renew(self, token: Token) -> bool:
        """Return whether there is a refresh token, or something to start anew with."""
        return bool(token.refresh or self._can_start_anew())

    def renew(self, token: Token | None) -> Steps[Token]:
        """Use the refresh token, and start anew when it is spent and something else was given."""
        if token and token.refresh:
            try:
                credential = replace(self.credential, dpop_key=token.dpop_key)
                return (yield from flows.renew_token(self.config, credential, token.refresh))
            except MissingCredential as error:
                if not self._can_start_anew():
                    raise self._with_rotation_hint(error, token.refresh) from None
        credential = replace(self.credential, refresh_token=None) if token else self.credential
        try:
            return (yield from flows.obtain_token(self.config, self.scopes, credential))
        except MissingCredential as error:
            raise self._with_rotation_hint(error, credential.refresh_token) from None

    def _with_rotation_hint(
        self, error: MissingCredential, used: Secret | None
    ) -> MissingCredential:
        """Say why a refresh token that was given may have served its time."""
        is_given = used is not None and used == self.credential.refresh_token
        if not is_given or isinstance(error, TokenServerUnavailable):
            return error
        return MissingCredential(
            f"{error} The refresh token that was given for {self.config.scheme.key} may have been "
            "used already: many servers give a new one each time, which only a login keeps "
            f"(`openapi2tools auth login SOURCE --scheme {self.config.scheme.key}`)."
        )

    def _can_start_anew(self) -> bool:
        return bool(self.credential.password or self.credential.proves_client)


@dataclass(frozen=True, slots=True)
class StoredLoginSource:
    """A person's login in the token store."""

    store: TokenStore
    config: OAuthConfig
    login: Login

    @property
    def key(self) -> str:
        """The name of this one login."""
        return f"{self.config.key.name} {self.login.client_id} {self.login.account}"

    def refusal(self, url: str) -> str:
        """Keep the token from servers that only a later document names."""
        url_origin = origin(url)
        own_origins = (self.config.key.origin, *self.login.origins)
        if url_origin in own_origins:
            return ""
        return (
            f"The login for {self.config.scheme.key} is for "
            f"{', '.join(dict.fromkeys(own_origins))}, and this call goes to {url_origin}. "
            "If it may go there, log in anew with this document (openapi2tools auth login)."
        )

    def load(self) -> Token | None:
        """Read the token again.

        Another process may have renewed it, or this one, which could not write it down.
        """
        stored = self._stored_login()
        if stored is None:
            return None
        return PROCESS_TOKENS.find(self._successor_key(stored)) or stored.token

    def save(self, token: Token) -> None:
        """Keep a token for the next process, too; where that cannot be, for this one."""
        try:
            renewed = replace(self.login, token=token, renewal_began=None)
            self.store.renew(self.config.key, renewed, locked=True)
        except StoreUnusable:
            stored = self._stored_login() or self.login
            PROCESS_TOKENS.save(self._successor_key(stored), token)

    def note_renewal(self, began: float | None) -> float | None:
        """Note it at the login, for `auth status` and for whoever renews it next.

        A process that dies between the server's answer and `save` loses the login, which nothing
        can prevent.
        """
        stored = self._stored_login()
        if stored is None:
            return None
        if stored.renewal_began != began:
            with suppress(StoreUnusable):
                noted = replace(stored, renewal_began=began)
                self.store.renew(self.config.key, noted, locked=True)
        return stored.renewal_began

    def lock(self) -> FileLock:
        """Let no other process renew the login, or write beside it."""
        return self.store.lock(self.config.key)

    def consumes_refresh_token(self, token: Token | None) -> bool:
        """Return whether there is a refresh token that will be used."""
        if token is None or token.refresh is None:
            return False
        return not self._is_clients_own

    def can_renew(self, token: Token) -> bool:
        """Return whether there is a refresh token, or a client that speaks for itself."""
        return token.refresh is not None or self._is_clients_own

    def renew(self, token: Token | None) -> Steps[Token]:
        """Use the refresh token, at the address of the login."""
        scheme = self.config.scheme.key
        log_in_again = f"log in again with `openapi2tools auth login SOURCE --scheme {scheme}`."
        credential = credential_of(self.login)
        if token is not None:
            credential = replace(credential, dpop_key=token.dpop_key)
        if token is not None and self._is_clients_own:
            return (yield from flows.obtain_token(self.config, token.scopes, credential))
        if token is None or token.refresh is None:
            asked = token.scopes if token else ()
            raise MissingCredential(
                f"The login for {scheme} has expired, and cannot be renewed: {log_in_again}"
                f"{self.config.offline_access_hint(asked)}"
            )
        try:
            renewed = yield from flows.renew_token(self.config, credential, token.refresh)
        except TokenServerUnavailable:
            raise
        except MissingCredential as error:
            raise MissingCredential(
                f"{error} If the login for {scheme} is over, {log_in_again}"
            ) from None
        return replace(
            renewed,
            scopes=renewed.scopes or token.scopes,
            person=renewed.person or token.person,
        )

    @property
    def _is_clients_own(self) -> bool:
        """Whether the client logged in for itself, and may do so again."""
        return self.login.grant in CLIENTS_OWN_GRANTS

    def _stored_login(self) -> Login | None:
        try:
            return self.store.find(
                self.config.key, client_id=self.login.client_id, account=self.login.account
            )
        except StoreUnusable:
            return self.login

    def _successor_key(self, stored: Login) -> str:
        """Name the token that follows a stored one; a newer login in the store has another."""
        access = stored.token.access.reveal().encode(errors="replace")
        return f"{self.key} {sha256(access).hexdigest()}"
