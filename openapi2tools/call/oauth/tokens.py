"""OAuth2 tokens and logins: the values, and the tokens that this process holds in memory."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Self

from openapi2tools.call.credentials.sources import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

EXPIRY_LEEWAY_SECONDS: Final = 30.0
"""How long before its end a token counts as expired: it has to arrive, too."""
EXPIRY_LEEWAY_SHARE: Final = 0.1
"""The share of its life from which a short-lived token counts as expired, when that is less."""
MAX_CACHED_TOKENS: Final = 4096
"""How many tokens a process holds: there may be one for each user that a program serves."""

_LOGIN_TEXTS: Final = (
    "token_url",
    "client_id",
    "auth_method",
    "account",
    "grant",
    "key_id",
    "subject",
    "assertion_audience",
    "signing_alg",
    "revocation_url",
)
CLIENTS_OWN_GRANTS: Final = ("client_credentials", "service_account")
"""The grants with which a client logs in for itself, and may do so again."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and how to get the next one.

    Attributes:
        access: The access token.
        refresh: The refresh token, if there is one.
        expires_at: When it ends, in seconds since 1970; None when the server did not say.
        scopes: What it is for.
        lifetime: How many seconds it had to live when it was got; None when the server did not say.
        person: Who logged in, for people to read; empty when the server did not say.
        dpop_key: The key that it is bound to (RFC 9449); None for a bearer token.
    """

    access: Secret
    refresh: Secret | None = None
    expires_at: float | None = None
    scopes: tuple[str, ...] = ()
    lifetime: float | None = None
    person: str = ""
    dpop_key: Secret | None = None

    def expired(self) -> bool:
        """Return whether it is over, or as good as."""
        if self.expires_at is None:
            return False
        leeway = EXPIRY_LEEWAY_SECONDS
        if self.lifetime is not None:
            leeway = min(leeway, max(self.lifetime, 0.0) * EXPIRY_LEEWAY_SHARE)
        return time.time() >= self.expires_at - leeway

    def is_alive(self) -> bool:
        """Return whether its end has not come, be it near."""
        return self.expires_at is None or time.time() < self.expires_at

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON for the store, secrets included."""
        return {
            "access": self.access.reveal(),
            "refresh": self.refresh.reveal() if self.refresh else None,
            "expires_at": self.expires_at,
            "lifetime": self.lifetime,
            "scopes": list(self.scopes),
            "person": self.person,
            "dpop_key": self.dpop_key.reveal() if self.dpop_key else None,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` returned."""
        return cls(
            access=Secret(value["access"]),
            refresh=Secret(value["refresh"]) if value["refresh"] else None,
            expires_at=value["expires_at"],
            scopes=tuple(value["scopes"]),
            lifetime=value.get("lifetime"),  # an earlier version did not keep it
            person=str(value.get("person", "")),  # likewise
            dpop_key=_secret(value.get("dpop_key")),
        )


@dataclass(frozen=True, slots=True)
class Login:
    """Who logged in, with which client, and where the token is renewed.

    It is renewed there and nowhere else, whatever a later document says.

    Attributes:
        token: The newest token.
        token_url: Where it is renewed.
        client_id: The client that logged in.
        client_secret: The client's secret, if it has one.
        private_key: What the client signs with, if it does; the next four say how and for whom.
        auth_method: How the client names itself; empty when it has to be found out.
        account: What tells logins of several people apart.
        grant: One of `CLIENTS_OWN_GRANTS` when the client logged in for itself, and may do so
            again; otherwise the login ends with its refresh token.
        revocation_url: Where the login can be ended; empty when that has to be found out.
        extra: The parameters that its server wants besides (audience, resource), at each renewal.
        origins: The servers that the document of the login named. A later document leads its token
            to no other.
        renewal_began: When a renewal began whose end nobody has written down, in seconds since
            1970; else None. If it broke off, the server may have spent the refresh token.
    """

    token: Token
    token_url: str
    client_id: str
    client_secret: Secret | None = None
    private_key: Secret | None = None
    key_id: str = ""
    subject: str = ""
    assertion_audience: str = ""
    signing_alg: str = ""
    auth_method: str = ""
    account: str = ""
    grant: str = ""
    revocation_url: str = ""
    extra: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    origins: tuple[str, ...] = ()
    renewal_began: float | None = None

    @property
    def owner(self) -> tuple[str, str]:
        """Whose login it is: there is one for each client and account."""
        return self.client_id, self.account

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON for the store, secrets included."""
        return {
            **{name: getattr(self, name) for name in _LOGIN_TEXTS},
            "client_secret": self.client_secret.reveal() if self.client_secret else None,
            "private_key": self.private_key.reveal() if self.private_key else None,
            "token": self.token.to_json(),
            "extra": dict(self.extra),
            "origins": list(self.origins),
            "renewal_began": self.renewal_began,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` returned."""
        texts: dict[str, Any] = {name: str(value.get(name, "")) for name in _LOGIN_TEXTS}
        if not texts["token_url"]:
            raise KeyError("token_url")
        return cls(
            token=Token.from_json(value["token"]),
            client_secret=_secret(value["client_secret"]),
            private_key=_secret(value.get("private_key")),
            extra=_texts(value.get("extra") or {}),
            origins=tuple(str(each) for each in value.get("origins", ())),
            renewal_began=value.get("renewal_began"),
            **texts,
        )


def _secret(value: Any) -> Secret | None:
    return Secret(value) if value else None


def _texts(value: Mapping[str, Any]) -> dict[str, str]:
    """Return a mapping of texts; an earlier version did not keep any."""
    return {str(name): str(text) for name, text in value.items()}


@dataclass(frozen=True, slots=True)
class LoginKey:
    """What a login is for: an API's origin, a scheme of its document, and the tokens' issuer.

    The issuer is part of it so that a document that borrows an API's name and address gets no token
    renewed at a server of its own.
    """

    origin: str
    scheme: str
    issuer: str

    def to_json(self) -> list[str]:
        """Return it as JSON for the store."""
        return [self.origin, self.scheme, self.issuer]

    @classmethod
    def from_json(cls, value: Sequence[str]) -> Self:
        """Read what `to_json` returned."""
        origin, scheme, issuer = map(str, value)
        return cls(origin, scheme, issuer)

    @property
    def name(self) -> str:
        """A short name without any special character."""
        content = f"{self.origin}\n{self.scheme}\n{self.issuer}"
        return sha256(content.encode()).hexdigest()[:40]


@dataclass(slots=True)
class TokenCache:
    """Tokens in memory, by whatever identifies the credentials they were got with.

    When there are too many, expired ones make room, then the oldest.
    """

    tokens: dict[str, Token] = field(default_factory=dict, repr=False)
    lock: Lock = field(default_factory=Lock, repr=False)

    def find(self, key: str) -> Token | None:
        """Return a token that was saved, else None."""
        return self.tokens.get(key)

    def save(self, key: str, token: Token) -> None:
        """Keep a token as the newest, and drop expired ones that nothing can renew."""
        with self.lock:
            others = [
                (name, cached)
                for name, cached in self.tokens.items()
                if name != key and (cached.refresh or not cached.expired())
            ]
            self.tokens = dict([*others, (key, token)][-MAX_CACHED_TOKENS:])


PROCESS_TOKENS: Final = TokenCache()
"""What this process got with programs' own credentials; it ends with the process."""


def _reset_after_fork() -> None:
    """Forget a lock whose holder, another thread, did not come along."""
    PROCESS_TOKENS.lock = Lock()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_reset_after_fork)
