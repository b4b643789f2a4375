"""Keep secrets between two runs: texts by name, in the platform's keyring or in the user's files.

The keyring serves where there is one that is unlocked, or that somebody can unlock at a display.
Otherwise the texts are files of mode 0600 in the user's data folder. Where the environment variable
OPENAPI2TOOLS_TOKEN_STORE names a folder, they are there, and only there.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from openapi2tools._core.files.atomic_write import remove_leftovers, write_atomically
from openapi2tools.call.credentials import platform_keyring
from openapi2tools.call.oauth.storage.locks import FileLock

STORE_VARIABLE: Final = "OPENAPI2TOOLS_TOKEN_STORE"
"""The environment variable that names a folder for the secrets."""
_SUFFIX: Final = ".json"
_MARK_SUFFIX: Final = ".keyring"
"""The suffix of the empty files that say which texts are in the keyring."""
_WINDOWS_MAX_CHARS: Final = 1200
"""Characters that Windows' credential manager holds in one entry (2560 bytes of UTF-16)."""


class SecretsOutOfReach(Exception):
    """A place cannot be asked whether it holds a secret; the text says which one, and why."""


class SecretStore(Protocol):
    """Secret texts by name; its `str()` says where they are."""

    def read(self, name: str) -> list[str]:
        """Return the texts under a name, the newest first.

        There are two where one could not be replaced: its place was out of reach.

        Raises:
            SecretsOutOfReach: There is none in reach, and there may be one out of it.
        """

    def write(self, name: str, text: str) -> None:
        """Keep a text."""

    def delete(self, name: str) -> None:
        """Forget a text; it need not be there.

        Raises:
            SecretsOutOfReach: What is in reach is forgotten, and there may be more.
        """

    def location(self, name: str) -> str:
        """Say where a text is kept, or would be."""

    def lock(self, name: str) -> FileLock:
        """Return the lock that whoever changes a text holds."""

    def names(self) -> list[str]:
        """Return the names of all texts."""

    def __str__(self) -> str:
        """Say where the texts are."""


class FileSecretStore:
    """One file a name, readable by the user alone, replaced whole."""

    def __init__(self, folder: Path, reason: str = "") -> None:
        """Take a folder, and why it serves, where the keyring should."""
        self._folder = folder
        self._reason = reason

    def read(self, name: str) -> list[str]:
        """Return a file's text, if there is such a file."""
        try:
            return [self._path(name).read_text(encoding="utf-8")]
        except FileNotFoundError:
            return []

    def write(self, name: str, text: str) -> None:
        """Replace a file as a whole, and wait until the disk has it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(self._path(name), text.encode(), durable=True)
        remove_leftovers(self._path(name))

    def delete(self, name: str) -> None:
        """Remove a file, which need not be there, and what a killed process left half written."""
        self._path(name).unlink(missing_ok=True)
        remove_leftovers(self._path(name))

    def location(self, name: str) -> str:  # noqa: ARG002 -- all of them are in one folder
        """Return the folder."""
        return str(self)

    def lock(self, name: str) -> FileLock:
        """Return the lock of a file: another one beside it, there only while it is held."""
        return FileLock(self._folder / f".{name}.lock")

    def names(self) -> list[str]:
        """Return the names of the files."""
        return self.stems(_SUFFIX)

    def stems(self, suffix: str) -> list[str]:
        """Return the names of the folder's files with this suffix."""
        try:
            files = [path for path in self._folder.iterdir() if path.suffix == suffix]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(path.stem for path in files if not path.name.startswith("."))

    def mark(self, name: str, *, is_in_keyring: bool) -> None:
        """Note that a text is in the keyring, which does not tell its names, or is no more."""
        path = self._folder / f"{name}{_MARK_SUFFIX}"
        with suppress(OSError):  # then the text is not listed, and still found
            if is_in_keyring:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                path.touch(mode=0o600)
            else:
                path.unlink(missing_ok=True)

    def __str__(self) -> str:
        return f"{self._folder}, since {self._reason}" if self._reason else str(self._folder)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_SUFFIX}"


class KeyringSecretStore:
    """The platform's keyring.

    What it cannot hold (Windows limits the length), or will not while it is locked or broken, goes
    to the files. A text in the files is newer than that of the keyring, which removes it when it
    takes its own.
    """

    def __init__(self, backend: Any, files: FileSecretStore, *, closed: str = "") -> None:
        """Take a backend, and the files beside it.

        `closed` says why the backend is not to be asked: it would open a dialog that nobody sees.
        """
        self._backend = backend
        self._files = files
        self._closed = closed

    def read(self, name: str) -> list[str]:
        """Return what is in the files, and what is in the keyring."""
        in_keyring: list[str] = []
        fault: SecretsOutOfReach | None = None
        try:
            in_keyring = self._read_keyring(name)
        except SecretsOutOfReach as error:
            fault = error
        try:
            texts = [*self._files.read(name), *in_keyring]
        except OSError:
            if not in_keyring:
                raise
            texts = in_keyring
        if fault is not None and not texts:
            raise fault
        return texts

    def write(self, name: str, text: str) -> None:
        """Keep a text in one of the two places, and remove it from the other."""
        fits = sys.platform != "win32" or len(text) <= _WINDOWS_MAX_CHARS
        if fits:
            with suppress(SecretsOutOfReach):
                self._ask("set_password", name, text)
                self._files.mark(name, is_in_keyring=True)
                self._remove_file(name)
                return
        self._files.write(name, text)
        with suppress(SecretsOutOfReach):
            self._delete_in_keyring(name)

    def delete(self, name: str) -> None:
        """Forget a text in both places."""
        self._files.delete(name)
        self._delete_in_keyring(name)

    def location(self, name: str) -> str:
        """Return the keyring, or the folder where it does not take the text, with the reason."""
        if not self._is_in_file(name):
            return str(self)
        return f"{self._files}, since {self._fault(name) or f'{self} does not take it'}"

    def lock(self, name: str) -> FileLock:
        """Return the lock of a file, since a keyring locks nothing."""
        return self._files.lock(name)

    def names(self) -> list[str]:
        """Return the names of the files, and of what was noted to be in the keyring."""
        return sorted({*self._files.names(), *self._files.stems(_MARK_SUFFIX)})

    def __str__(self) -> str:
        return f"the keyring ({self._backend.name})"

    def _read_keyring(self, name: str) -> list[str]:
        text = self._ask("get_password", name)
        return [] if text is None else [text]

    def _delete_in_keyring(self, name: str) -> None:
        if self._read_keyring(name):
            self._ask("delete_password", name)
        self._files.mark(name, is_in_keyring=False)

    def _remove_file(self, name: str) -> None:
        """Remove the older text of a file; one that stays would be taken for the newer."""
        try:
            self._files.delete(name)
        except OSError:
            if self._is_in_file(name):
                raise

    def _is_in_file(self, name: str) -> bool:
        with suppress(OSError):
            return bool(self._files.read(name))
        return False

    def _fault(self, name: str) -> str:
        """Return why the keyring cannot be asked; empty where it can."""
        try:
            self._read_keyring(name)
        except SecretsOutOfReach as fault:
            return str(fault)
        return ""

    def _ask(self, method: str, *arguments: str) -> Any:
        """Ask the backend.

        Raises:
            SecretsOutOfReach: It is locked or broken, or will not. It is somebody else's code on
                top of a bus, so that nobody knows what it raises.
        """
        from keyring.errors import KeyringLocked  # noqa: PLC0415 -- keyring loads slowly

        if self._closed:
            raise SecretsOutOfReach(f"{self} {self._closed}")
        try:
            return getattr(self._backend, method)(platform_keyring.SERVICE, *arguments)
        except KeyringLocked:
            raise SecretsOutOfReach(f"{self} is locked") from None
        except Exception as error:
            raise SecretsOutOfReach(f"{self} fails ({type(error).__name__})") from error


def open_secret_store() -> SecretStore:
    """Return the store of this user on this machine."""
    folder = os.environ.get(STORE_VARIABLE)
    if folder:
        return FileSecretStore(Path(folder))
    from platformdirs import user_data_path  # noqa: PLC0415 -- only those with a login need it

    files = user_data_path("openapi2tools", appauthor=False) / "tokens"
    try:
        backend = platform_keyring.find_backend()
    except Exception as error:  # noqa: BLE001 -- whatever somebody else's backend raises
        return FileSecretStore(files, f"the keyring cannot be used ({type(error).__name__})")
    if backend is None:
        return FileSecretStore(files)
    return KeyringSecretStore(
        backend, FileSecretStore(files), closed=platform_keyring.why_closed(backend)
    )
