"""Keep the logins of this user, for this process and later ones."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Final

from openapi2tools.call.oauth.storage.secret_store import (
    STORE_VARIABLE,
    SecretsOutOfReach,
    SecretStore,
    open_secret_store,
)
from openapi2tools.call.oauth.tokens import Login
from openapi2tools.errors import MissingCredential

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openapi2tools.call.oauth.storage.locks import FileLock
    from openapi2tools.call.oauth.tokens import LoginKey

REFRESH_TIMEOUT_SECONDS: Final = 30.0
"""How long a renewal may take that is not stopped when its call gives up; it holds the lock."""
_MAX_LOCK_WAIT_SECONDS: Final = 2 * REFRESH_TIMEOUT_SECONDS
"""Longer than anybody has reason to hold a lock: whoever does has stopped."""
_LOCK_POLL_SECONDS: Final = 0.01


class StoreUnusable(MissingCredential):
    """The place where logins are kept cannot be read, or not be written."""


class StoreOutOfReach(StoreUnusable):
    """The place where logins are kept cannot be asked now, and may hold some."""


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
        with self._locked(key):
            try:
                logins = self._read(key)
            except StoreOutOfReach:
                logins = []  # what is there is found again when it is in reach
            except StoreUnusable:
                raise
            except MissingCredential:
                logins = []  # a damaged entry is replaced
            others = [other for other in logins if other.owner != login.owner]
            self._write(key, [login, *others])

    def renew(self, key: LoginKey, login: Login, *, locked: bool = False) -> None:
        """Put a renewed login where the older one of the same client and account stands.

        It is put first only when the older one is gone: a renewal is no new login.

        Args:
            key: What the login is for.
            login: The login with its new token.
            locked: The caller holds the lock already, since before it read the old token.
        """
        with nullcontext() if locked else self._locked(key):
            logins = self._read(key)
            if any(other.owner == login.owner for other in logins):
                logins = [login if other.owner == login.owner else other for other in logins]
            else:
                logins = [login, *logins]
            self._write(key, logins)

    def remove(self, key: LoginKey) -> bool:
        """Forget every login of a key; return whether there was any."""
        with self._locked(key), self._errors_as_unusable():
            existed = bool(self.secrets.read(key.name))
            self.secrets.delete(key.name)
        return existed

    def location(self, key: LoginKey) -> str:
        """Say where the logins of a key are kept."""
        return self.secrets.location(key.name)

    def lock(self, key: LoginKey) -> FileLock:
        """Return the lock that whoever changes the logins of a key holds."""
        return self.secrets.lock(key.name)

    @contextmanager
    def _locked(self, key: LoginKey) -> Iterator[None]:
        """Wait for the lock, though not for longer than anybody has reason to hold it.

        Nothing is written without it: that could undo what its holder writes.
        """
        lock = self.lock(key)
        deadline = time.monotonic() + self._lock_wait
        while not lock.try_acquire():
            if time.monotonic() >= deadline:
                raise StoreUnusable(
                    f"Another process has held the login for {key.scheme} in {self.secrets} for "
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

    def _write(self, key: LoginKey, logins: Iterable[Login]) -> None:
        with self._errors_as_unusable():
            self.secrets.write(key.name, json.dumps([login.to_json() for login in logins]))

    def _read(self, key: LoginKey) -> list[Login]:
        try:
            with self._errors_as_unusable():
                texts = self.secrets.read(key.name)
            logins = [Login.from_json(value) for text in texts for value in json.loads(text)]
            newest: dict[tuple[str, str], Login] = {}
            for login in logins:
                newest.setdefault(login.owner, login)
            return list(newest.values())
        except (ValueError, KeyError, TypeError, AttributeError):
            raise MissingCredential(
                f"The stored login for {key.scheme} of {key.origin or 'this API'} is damaged "
                f"({key.name} in {self.secrets}): log in again."
            ) from None
