"""Keep the logins of this user, for this process and later ones."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from openapi2tools.call.oauth.storage.secret_store import (
    STORE_VARIABLE,
    SecretsOutOfReach,
    SecretStore,
    open_secret_store,
)
from openapi2tools.call.oauth.tokens import Login, LoginKey
from openapi2tools.errors import MissingCredential

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from openapi2tools.call.oauth.storage.locks import FileLock

REFRESH_TIMEOUT_SECONDS: Final = 30.0
"""How long a renewal may take that is not stopped when its call gives up; it holds the lock."""
_MAX_LOCK_WAIT_SECONDS: Final = 2 * REFRESH_TIMEOUT_SECONDS
"""Longer than anybody has reason to hold a lock: whoever does has stopped."""
_LOCK_POLL_SECONDS: Final = 0.01
_DAMAGE: Final = (ValueError, KeyError, TypeError, AttributeError)
"""What is raised for an entry that is none of ours, or no longer."""


class StoreUnusable(MissingCredential):
    """The place where logins are kept cannot be read, or not be written."""


class StoreOutOfReach(StoreUnusable):
    """The place where logins are kept cannot be asked now, and may hold some."""


@dataclass(frozen=True, slots=True)
class StoredLogins:
    """What is stored under one name.

    Attributes:
        name: The name.
        key: What the logins are for; None where an earlier version did not write it down.
        logins: The logins, newest first.
        problem: Why they cannot be read; else empty.
    """

    name: str
    key: LoginKey | None = None
    logins: Sequence[Login] = ()
    problem: str = ""


class Removed(NamedTuple):
    """What was forgotten: whether anything was there, and the logins that could be read.

    `problem` says why there may be more; else it is empty.
    """

    existed: bool
    logins: Sequence[Login]
    problem: str = ""


class TokenStore:
    """The logins of this user, newest first for each key.

    Whoever changes them holds the `lock` of the key, so that no process undoes what another one
    writes. Every method raises StoreUnusable when the place of the logins cannot be used.
    """

    def __init__(
        self, secrets: SecretStore | None = None, *, lock_wait: float = _MAX_LOCK_WAIT_SECONDS
    ) -> None:
        """Take the place of the logins, and how many seconds to wait for their locks."""
        self.secrets = secrets or open_secret_store()
        self._lock_wait = lock_wait

    def find(self, key: LoginKey, *, client_id: str = "", account: str = "") -> Login | None:
        """Return the newest login, of this client and account when they are named, else None.

        Raises:
            MissingCredential: The entry is damaged.
        """
        for login in self._read(key):
            if client_id in ("", login.client_id) and account in ("", login.account):
                return login
        return None

    def find_all(self, key: LoginKey) -> list[Login]:
        """Return the logins of every client and account, the newest first.

        Raises:
            MissingCredential: The entry is damaged.
        """
        return self._read(key)

    def save(self, key: LoginKey, login: Login) -> None:
        """Put a login first, in place of an older one of the same client and account."""
        with self._locked(key.name, key):
            try:
                logins = self._read(key)
            except StoreOutOfReach:
                logins = []  # what is there is found again when it is in reach
            except StoreUnusable:
                raise
            except MissingCredential:
                logins = []  # a damaged entry is replaced
            others = [other for other in logins if other.owner != login.owner]
            self._write(key.name, key, [login, *others])

    def renew(self, key: LoginKey, login: Login, *, locked: bool = False) -> None:
        """Put a renewed login where the older one of the same client and account stands.

        It is put first only when the older one is gone: a renewal is no new login.

        Args:
            key: What the login is for.
            login: The login with its new token.
            locked: The caller holds the lock already, since before it read the old token.
        """
        with nullcontext() if locked else self._locked(key.name, key):
            logins = self._read(key)
            if any(other.owner == login.owner for other in logins):
                logins = [login if other.owner == login.owner else other for other in logins]
            else:
                logins = [login, *logins]
            self._write(key.name, key, logins)

    def remove(self, key: LoginKey, *, account: str | None = None) -> Removed:
        """Forget the logins of a key: all of them, or those of one account."""
        return self._remove(key.name, key, account)

    def remove_stored(self, stored: StoredLogins, *, account: str | None = None) -> Removed:
        """Forget what `all_stored` found: all of it, or the logins of one account."""
        return self._remove(stored.name, stored.key, account)

    def all_stored(self) -> list[StoredLogins]:
        """Return all that is stored, also what belongs to no document that there is today."""
        with self._errors_as_unusable():
            names = self.secrets.names()
        return [self._stored_under(name) for name in names]

    def location(self, key: LoginKey) -> str:
        """Say where the logins of a key are kept."""
        return self.secrets.location(key.name)

    def lock(self, key: LoginKey) -> FileLock:
        """Return the lock that whoever changes the logins of a key holds."""
        return self.secrets.lock(key.name)

    def _stored_under(self, name: str) -> StoredLogins:
        try:
            with self._errors_as_unusable():
                texts = self.secrets.read(name)
            values = [value for text in texts for value in json.loads(text)]
            keys = [LoginKey.from_json(value["key"]) for value in values if value.get("key")]
            return StoredLogins(name, keys[0] if keys else None, _newest(values))
        except StoreUnusable as error:
            return StoredLogins(name, problem=str(error))
        except _DAMAGE:
            return StoredLogins(name, problem=f"The entry is damaged ({name} in {self.secrets}).")

    def _remove(self, name: str, key: LoginKey | None, account: str | None) -> Removed:
        with self._locked(name, key):
            try:
                with self._errors_as_unusable():
                    texts = self.secrets.read(name)
                logins = _newest([value for text in texts for value in json.loads(text)])
            except _DAMAGE:
                logins = []
            removed = [login for login in logins if account in (None, login.account)]
            kept = [login for login in logins if login not in removed]
            if account is not None and (kept or not removed):
                if removed:
                    self._write(name, key, kept)
                return Removed(bool(removed), removed)
            try:
                with self._errors_as_unusable():
                    self.secrets.delete(name)
            except StoreOutOfReach as error:
                if not removed:
                    raise
                return Removed(existed=True, logins=removed, problem=str(error))
            return Removed(bool(texts), removed)

    @contextmanager
    def _locked(self, name: str, key: LoginKey | None) -> Iterator[None]:
        """Wait for the lock, though not for longer than anybody has reason to hold it.

        Nothing is written without it: that could undo what its holder writes.
        """
        lock = self.secrets.lock(name)
        deadline = time.monotonic() + self._lock_wait
        while not lock.try_acquire():
            if time.monotonic() >= deadline:
                raise StoreUnusable(
                    f"Another process has held the login for {key.scheme if key else name} in "
                    f"{self.secrets} for "
                    f"{self._lock_wait:g} seconds: end it (it may be a stopped one), and try again."
                )
            time.sleep(_LOCK_POLL_SECONDS)
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def _errors_as_unusable(self) -> Iterator[None]:
        try:
            yield
        except SecretsOutOfReach as fault:
            raise StoreOutOfReach(
                f"Logins may be out of reach: {fault}. Unlock or mend it, or name a folder for "
                f"logins in {STORE_VARIABLE}."
            ) from None
        except OSError as error:
            raise StoreUnusable(
                f"No login can be kept or found in {self.secrets} ({error.strerror or error}): "
                f"make it yours, or name a folder in {STORE_VARIABLE}."
            ) from None

    def _write(self, name: str, key: LoginKey | None, logins: Iterable[Login]) -> None:
        """Write logins, each with what it is for: the name of an entry does not tell it."""
        described = {"key": key.to_json()} if key else {}
        with self._errors_as_unusable():
            text = json.dumps([{**login.to_json(), **described} for login in logins])
            self.secrets.write(name, text)

    def _read(self, key: LoginKey) -> list[Login]:
        try:
            with self._errors_as_unusable():
                texts = self.secrets.read(key.name)
            return _newest([value for text in texts for value in json.loads(text)])
        except _DAMAGE:
            raise MissingCredential(
                f"The stored login for {key.scheme} of {key.origin or 'this API'} is damaged "
                f"({key.name} in {self.secrets}): log in again."
            ) from None


def _newest(values: Iterable[Mapping[str, Any]]) -> list[Login]:
    """Read the logins of an entry, one for each client and account."""
    newest: dict[tuple[str, str], Login] = {}
    for login in map(Login.from_json, values):
        newest.setdefault(login.owner, login)
    return list(newest.values())
