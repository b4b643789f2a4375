"""OAuth2 tokens: a login in, the same login out, in this process or a later one.

What a person logged in for is kept on a shelf. What a program gets with its own credentials is kept
in memory, and ends with the process.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Self
from weakref import WeakValueDictionary

import anyio

from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.oauth.secret_store import PLACE, Latch, Shelf, open_shelf
from openapi2tools.errors import MissingCredential

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

LEEWAY: Final = 30.0
"""Seconds before its end from which a token counts as expired: it has to arrive, too. One that lives shortly has a tenth of its life."""
RENEWAL: Final = 30.0
"""Seconds that getting a new token may take where a call that gives up must not stop it."""
HELD_MOST: Final = 4096
"""Tokens that a process holds for programs' own credentials: there may be one for each user that a program serves."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and how to get the next one.

    `expires_at` is in seconds since 1970, `lifetime` what it had when it was got, in seconds; None
    when the server did not say.
    """

    access: Secret
    refresh: Secret | None = None
    expires_at: float | None = None
    scopes: tuple[str, ...] = ()
    lifetime: float | None = None

    def expired(self) -> bool:
        """Say whether it is over, or as good as."""
        leeway = LEEWAY if self.lifetime is None else min(LEEWAY, max(self.lifetime, 0.0) / 10)
        return self.expires_at is not None and time.time() >= self.expires_at - leeway

    def to_json(self) -> dict[str, Any]:
        """Write it, secrets included, for the store."""
        refresh = self.refresh.reveal() if self.refresh else None
        times = {"expires_at": self.expires_at, "lifetime": self.lifetime}
        return {
            "access": self.access.reveal(),
            "refresh": refresh,
            **times,
            "scopes": list(self.scopes),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        refresh = Secret(value["refresh"]) if value["refresh"] else None
        return cls(
            Secret(value["access"]),
            refresh,
            value["expires_at"],
            tuple(value["scopes"]),
            value.get("lifetime"),
        )


_TEXTS: Final = ("token_url", "client_id", "auth_method", "account", "grant")


@dataclass(frozen=True, slots=True)
class Login:
    """Who logged in, with which client, and where its token is renewed: nowhere else, whatever a later document says.

    `grant` is client_credentials when the client logged in for itself, and may do so again; else
    the login ends with its refresh token. `origins` are the servers that the document of the login
    named: a later document leads its token to no other.
    """

    token: Token
    token_url: str
    client_id: str
    client_secret: Secret | None = None
    auth_method: str = ""
    account: str = ""
    grant: str = ""
    origins: tuple[str, ...] = ()

    @property
    def person(self) -> tuple[str, str]:
        """Whose login it is: there is one for each client and account."""
        return self.client_id, self.account

    def to_json(self) -> dict[str, Any]:
        """Write it, secrets included, for the store."""
        secret = self.client_secret.reveal() if self.client_secret else None
        texts = {name: getattr(self, name) for name in _TEXTS}
        return {
            **texts,
            "client_secret": secret,
            "token": self.token.to_json(),
            "origins": list(self.origins),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        secret = Secret(value["client_secret"]) if value["client_secret"] else None
        texts: dict[str, Any] = {name: str(value[name]) for name in _TEXTS}
        return cls(
            Token.from_json(value["token"]),
            client_secret=secret,
            origins=tuple(map(str, value.get("origins", ()))),
            **texts,
        )


@dataclass(frozen=True, slots=True)
class Key:
    """What a login is for: an API's origin, a scheme of its document, and the server that issues the tokens.

    The issuer is part of it so that a document that borrows an API's name and address gets no token
    renewed at a server of its own.
    """

    origin: str
    scheme: str
    issuer: str

    @property
    def name(self) -> str:
        """A short name without any special character."""
        return sha256(f"{self.origin}\n{self.scheme}\n{self.issuer}".encode()).hexdigest()[:40]


class Unusable(MissingCredential):
    """The place where logins are kept cannot be read, or not be written."""


class TokenStore:
    """The logins of this user, newest first for each key; every method raises Unusable when their place cannot be used.

    Whoever changes them holds the `latch` of the key, so that no process undoes what another one
    writes.
    """

    def __init__(self, shelf: Shelf | None = None) -> None:
        self.shelf = shelf or open_shelf()

    def find(self, key: Key, *, client_id: str = "", account: str = "") -> Login | None:
        """Give the newest login, of this client and account when they are named; raises MissingCredential when the entry is damaged."""
        for login in self._logins(key):
            if client_id in ("", login.client_id) and account in ("", login.account):
                return login
        return None

    def save(self, key: Key, login: Login) -> None:
        """Put a login first, in place of an older one of the same client and account."""
        with self._alone(key):
            try:
                others = self._logins(key)
            except Unusable:
                raise
            except MissingCredential:
                others = []  # a damaged entry is replaced
            self._write(key, (login, *(other for other in others if other.person != login.person)))

    def renew(self, key: Key, login: Login, *, held: bool = False) -> None:
        """Put a login where the older one of the same client and account stands, first when it is gone: a renewal is no login.

        `held` is for who holds the latch already, since before the old token was read.
        """
        with nullcontext() if held else self._alone(key):
            logins = self._logins(key)
            if any(each.person == login.person for each in logins):
                self._write(
                    key, (login if each.person == login.person else each for each in logins)
                )
            else:
                self._write(key, (login, *logins))

    def remove(self, key: Key) -> bool:
        """Forget every login of a key; say whether there was any."""
        with self._alone(key), self._place():
            there = self.shelf.read(key.name) is not None
            self.shelf.delete(key.name)
        return there

    def latch(self, key: Key) -> Latch:
        """Give what lets one at a time change the logins of a key."""
        return self.shelf.latch(key.name)

    @contextmanager
    def _alone(self, key: Key) -> Iterator[None]:
        """Wait for the latch, though not for longer than anybody has reason to hold it."""
        latch, latest = self.latch(key), time.monotonic() + 2 * RENEWAL
        while not latch.take() and time.monotonic() < latest:
            time.sleep(0.01)
        try:
            yield
        finally:
            latch.free()

    @contextmanager
    def _place(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise Unusable(
                f"No login can be kept or found in {self.shelf} ({error.strerror or error}): make it yours, or name a folder in {PLACE}."
            ) from None

    def _write(self, key: Key, logins: Iterable[Login]) -> None:
        with self._place():
            self.shelf.write(key.name, json.dumps([each.to_json() for each in logins]))

    def _logins(self, key: Key) -> list[Login]:
        try:
            with self._place():
                text = self.shelf.read(key.name)
            return [Login.from_json(value) for value in json.loads(text or "[]")]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise MissingCredential(
                f"The stored login for {key.scheme} of {key.origin or 'this API'} is damaged ({key.name} in {self.shelf}): log in again."
            ) from None


@dataclass(slots=True)
class Held:
    """Tokens of this process, by whatever identifies the credentials they were got with; expired ones make room, then the oldest."""

    tokens: dict[str, Token] = field(default_factory=dict, repr=False)
    lock: Lock = field(default_factory=Lock, repr=False)

    def find(self, key: str) -> Token | None:
        """Give a token that was kept."""
        return self.tokens.get(key)

    def save(self, key: str, token: Token) -> None:
        """Keep a token."""
        with self.lock:
            others = [
                (name, held)
                for name, held in self.tokens.items()
                if name != key and (held.refresh or not held.expired())
            ]
            self.tokens = dict([*others, (key, token)][-HELD_MOST:])


@dataclass(slots=True)
class _Turns:
    """The locks that somebody holds or waits for."""

    locks: WeakValueDictionary[str, Lock] = field(default_factory=WeakValueDictionary)
    lock: Lock = field(default_factory=Lock)

    def of(self, key: str) -> Lock:
        with self.lock:
            return self.locks.setdefault(key, Lock())


HELD: Final = Held()
_TURNS: Final = _Turns()


def _start_anew() -> None:
    """Leave locks behind whose holders, other threads, did not come along into a fork."""
    HELD.lock = Lock()
    _TURNS.lock, _TURNS.locks = Lock(), WeakValueDictionary()


if sys.platform != "win32":
    os.register_at_fork(after_in_child=_start_anew)


@asynccontextmanager
async def turn(key: str) -> AsyncIterator[None]:
    """Let one at a time through for a key: of all threads and event loops, since synchronous calls have a loop of their own each."""
    lock = _TURNS.of(key)
    while not lock.acquire(blocking=False):  # noqa: ASYNC110 -- an event belongs to one loop
        await anyio.sleep(0.01)
    try:
        yield
    finally:
        lock.release()


@asynccontextmanager
async def holding(latch: Latch) -> AsyncIterator[None]:
    """Let one at a time through a latch: of all processes."""
    while not latch.take():  # noqa: ASYNC110 -- other processes send no event
        await anyio.sleep(0.02)
    try:
        yield
    finally:
        latch.free()
