"""Where OAuth2 tokens live: a login in, the same login out, in this process or a later one.

What a person logged in for is kept in the platform's keyring when there is one that needs nobody at the keyboard, else in files of mode
0600 in the user's data folder (or where the environment variable OPENAPI2TOOLS_TOKEN_STORE says, and then only there). What a program
gets with its own credentials is kept in memory only, and ends with the process.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, Protocol, Self
from weakref import WeakValueDictionary

import anyio

from openapi2tools.call.credentials import Secret
from openapi2tools.errors import MissingCredential

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

PLACE: Final = "OPENAPI2TOOLS_TOKEN_STORE"
SERVICE: Final = "openapi2tools"
LEEWAY: Final = 30.0
"""Seconds before its end from which a token counts as expired: it has to arrive, too."""
WINDOWS_LIMIT: Final = 1200
"""Characters that Windows' credential manager holds in one entry (2560 bytes of UTF-16)."""


@dataclass(frozen=True, slots=True)
class Token:
    """An access token, and how to get the next one. `expires_at` is in seconds since 1970, None when the server did not say."""

    access: Secret
    refresh: Secret | None = None
    expires_at: float | None = None
    scopes: tuple[str, ...] = ()

    def expired(self, leeway: float = LEEWAY) -> bool:
        """Say whether it is over, or as good as."""
        return self.expires_at is not None and time.time() >= self.expires_at - leeway

    def to_json(self) -> dict[str, Any]:
        """Write it, secrets included, for the store."""
        refresh = self.refresh.reveal() if self.refresh else None
        return {"access": self.access.reveal(), "refresh": refresh, "expires_at": self.expires_at, "scopes": list(self.scopes)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        refresh = Secret(value["refresh"]) if value["refresh"] else None
        return cls(Secret(value["access"]), refresh, value["expires_at"], tuple(value["scopes"]))


_TEXTS: Final = ("token_url", "client_id", "auth_method", "account", "grant")


@dataclass(frozen=True, slots=True)
class Login:
    """Who logged in, with which client, and where its token is renewed: nowhere else, whatever a later document says.

    `grant` is client_credentials when the client logged in for itself, and may do so again; else the login ends with its refresh token.
    """

    token: Token
    token_url: str
    client_id: str
    client_secret: Secret | None = None
    auth_method: str = ""
    account: str = ""
    grant: str = ""

    def to_json(self) -> dict[str, Any]:
        """Write it, secrets included, for the store."""
        secret = self.client_secret.reveal() if self.client_secret else None
        texts = {name: getattr(self, name) for name in _TEXTS}
        return {**texts, "client_secret": secret, "token": self.token.to_json()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        secret = Secret(value["client_secret"]) if value["client_secret"] else None
        return cls(Token.from_json(value["token"]), client_secret=secret, **{name: str(value[name]) for name in _TEXTS})


@dataclass(frozen=True, slots=True)
class Key:
    """What a login is for: an API's origin, a scheme of its document, and the server that issues the tokens.

    The issuer is part of it so that a document that borrows an API's name and address gets no token renewed at a server of its own.
    """

    origin: str
    scheme: str
    issuer: str

    @property
    def name(self) -> str:
        """A short name without any special character."""
        return sha256(f"{self.origin}\n{self.scheme}\n{self.issuer}".encode()).hexdigest()[:40]


class Shelf(Protocol):
    """Texts by name."""

    def read(self, name: str) -> str | None:
        """Give a text, None when there is none."""

    def write(self, name: str, text: str) -> None:
        """Keep a text."""

    def delete(self, name: str) -> None:
        """Forget a text; it need not be there."""

    def __str__(self) -> str:
        """Say where it is."""


class Files:
    """One file a name, readable by the user alone, replaced whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> str | None:
        """Give a file's text."""
        try:
            return self._path(name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def write(self, name: str, text: str) -> None:
        """Write a file beside the old one, then put it in its place."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=self._folder, prefix=".new-")  # mode 0600
        try:
            with open(handle, "w", encoding="utf-8") as file:  # noqa: PTH123 -- a descriptor, not a path
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).replace(self._path(name))
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    def delete(self, name: str) -> None:
        """Remove a file."""
        self._path(name).unlink(missing_ok=True)

    def __str__(self) -> str:
        return str(self._folder)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


class Keyring:
    """The platform's keyring; what it cannot hold (Windows limits the length), or will not when locked, goes to the files."""

    def __init__(self, backend: Any, files: Files) -> None:
        self._backend = backend
        self._files = files

    def read(self, name: str) -> str | None:
        """Give a text from the keyring, or from the files."""
        from keyring.errors import KeyringError  # noqa: PLC0415 -- keyring loads slowly, and few need it

        with suppress(KeyringError):
            text: str | None = self._backend.get_password(SERVICE, name)
            if text is not None:
                return text
        return self._files.read(name)

    def write(self, name: str, text: str) -> None:
        """Keep a text in one of the two places, and not in the other."""
        from keyring.errors import KeyringError  # noqa: PLC0415 -- keyring loads slowly, and few need it

        self.delete(name)
        if sys.platform != "win32" or len(text) <= WINDOWS_LIMIT:
            with suppress(KeyringError):
                self._backend.set_password(SERVICE, name, text)
                return
        self._files.write(name, text)

    def delete(self, name: str) -> None:
        """Forget a text in both places."""
        from keyring.errors import KeyringError  # noqa: PLC0415 -- keyring loads slowly, and few need it

        with suppress(KeyringError):
            self._backend.delete_password(SERVICE, name)
        self._files.delete(name)

    def __str__(self) -> str:
        return f"the keyring ({self._backend.name})"


class TokenStore:
    """The logins of this user, newest first for each key."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf

    def find(self, key: Key, *, client_id: str = "", account: str = "") -> Login | None:
        """Give the newest login, of this client and account when they are named; raises MissingCredential when the entry is damaged."""
        for login in self._logins(key):
            if client_id in ("", login.client_id) and account in ("", login.account):
                return login
        return None

    def save(self, key: Key, login: Login) -> None:
        """Put a login first, in place of an older one of the same client and account."""
        try:
            others = self._logins(key)
        except MissingCredential:
            others = []  # a damaged entry is replaced
        kept = [other for other in others if (other.client_id, other.account) != (login.client_id, login.account)]
        self.shelf.write(key.name, json.dumps([each.to_json() for each in (login, *kept)]))

    def remove(self, key: Key) -> bool:
        """Forget every login of a key; say whether there was any."""
        there = self.shelf.read(key.name) is not None
        self.shelf.delete(key.name)
        return there

    def _logins(self, key: Key) -> list[Login]:
        text = self.shelf.read(key.name)
        try:
            return [Login.from_json(value) for value in json.loads(text or "[]")]
        except (ValueError, KeyError, TypeError, AttributeError):
            raise MissingCredential(
                f"The stored login for {key.scheme} of {key.origin or 'this API'} is damaged ({key.name} in {self.shelf}): log in again."
            ) from None


def open_store() -> TokenStore:
    """Open the store of this user on this machine."""
    place = os.environ.get(PLACE)
    if place:
        return TokenStore(Files(Path(place)))
    from platformdirs import user_data_path  # noqa: PLC0415 -- only those with a login need it

    files = Files(user_data_path("openapi2tools", appauthor=False) / "tokens")
    backend = _keyring()
    return TokenStore(Keyring(backend, files) if backend is not None else files)


def _keyring() -> Any:
    """Give a keyring backend that works without asking anybody, else None.

    The desktop's keyrings on Linux show a dialog when locked, which nobody sees without a display; the ones of `keyrings.alt` are files,
    and some ask for a password on the terminal.
    """
    import keyring  # noqa: PLC0415 -- slow to load
    from keyring.backends import chainer, fail, null  # noqa: PLC0415 -- slow to load

    backend = keyring.get_keyring()
    found = list(backend.backends) if isinstance(backend, chainer.ChainerBackend) else [backend]
    usable = [
        each for each in found if not isinstance(each, fail.Keyring | null.Keyring) and not type(each).__module__.startswith("keyrings.")
    ]
    desktop = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return usable[0] if usable and desktop else None


@dataclass(slots=True)
class Held:
    """Tokens of this process, by whatever identifies the credentials they were got with; expired ones make room."""

    tokens: dict[str, Token] = field(default_factory=dict, repr=False)

    def find(self, key: str) -> Token | None:
        """Give a token that was kept."""
        return self.tokens.get(key)

    def save(self, key: str, token: Token) -> None:
        """Keep a token."""
        self.tokens = {name: held for name, held in self.tokens.items() if held.refresh or not held.expired()} | {key: token}


HELD: Final = Held()
_turns: WeakValueDictionary[str, Any] = WeakValueDictionary()


@asynccontextmanager
async def turn(key: str) -> AsyncIterator[None]:
    """Let one at a time through for a key: of all threads and event loops, since synchronous calls have a loop of their own each."""
    lock = _turns.setdefault(key, Lock())
    while not lock.acquire(blocking=False):  # noqa: ASYNC110 -- an event belongs to one loop
        await anyio.sleep(0.01)
    try:
        yield
    finally:
        lock.release()
