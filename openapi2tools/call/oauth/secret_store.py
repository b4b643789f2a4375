"""Keep secrets between two runs: texts by name, in the platform's keyring or in the user's files.

The keyring serves where there is one that needs nobody at the keyboard. Otherwise the texts are
files of mode 0600 in the user's data folder. Where the environment variable
OPENAPI2TOOLS_TOKEN_STORE names a folder, they are there, and only there.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

from openapi2tools._core.atomic_write import remove_leftovers, write_atomically
from openapi2tools.call.oauth.locks import FileLock

STORE_VARIABLE: Final = "OPENAPI2TOOLS_TOKEN_STORE"
"""The environment variable that names a folder for the secrets."""
_KEYRING_SERVICE: Final = "openapi2tools"
_WINDOWS_MAX_CHARS: Final = 1200
"""Characters that Windows' credential manager holds in one entry (2560 bytes of UTF-16)."""


class SecretStore(Protocol):
    """Secret texts by name; its `str()` says where they are."""

    def read(self, name: str) -> str | None:
        """Return a text, None when there is none."""

    def write(self, name: str, text: str) -> None:
        """Keep a text."""

    def delete(self, name: str) -> None:
        """Forget a text; it need not be there."""

    def lock(self, name: str) -> FileLock:
        """Return the lock that whoever changes a text holds."""

    def __str__(self) -> str:
        """Say where the texts are."""


class FileSecretStore:
    """One file a name, readable by the user alone, replaced whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str) -> str | None:
        """Return a file's text, None when there is no such file."""
        try:
            return self._path(name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None

    def write(self, name: str, text: str) -> None:
        """Replace a file as a whole, and wait until the disk has it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(self._path(name), text.encode(), durable=True)
        remove_leftovers(self._path(name))

    def delete(self, name: str) -> None:
        """Remove a file, which need not be there, and what a killed process left half written."""
        self._path(name).unlink(missing_ok=True)
        remove_leftovers(self._path(name))

    def lock(self, name: str) -> FileLock:
        """Return the lock of a file: another one beside it, there only while it is held."""
        return FileLock(self._folder / f".{name}.lock")

    def __str__(self) -> str:
        return str(self._folder)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"


class KeyringSecretStore:
    """The platform's keyring.

    What it cannot hold (Windows limits the length), or will not when locked, goes to the files.
    """

    def __init__(self, backend: Any, files: FileSecretStore) -> None:
        self._backend = backend
        self._files = files

    def read(self, name: str) -> str | None:
        """Return a text from the keyring, or from the files."""
        from keyring.errors import KeyringError  # noqa: PLC0415 -- keyring loads slowly

        with suppress(KeyringError):
            text: str | None = self._backend.get_password(_KEYRING_SERVICE, name)
            if text is not None:
                return text
        return self._files.read(name)

    def write(self, name: str, text: str) -> None:
        """Keep a text in one of the two places, and remove it from the other."""
        from keyring.errors import KeyringError  # noqa: PLC0415 -- keyring loads slowly

        if sys.platform != "win32" or len(text) <= _WINDOWS_MAX_CHARS:
            with suppress(KeyringError):
                self._backend.set_password(_KEYRING_SERVICE, name, text)
                with suppress(OSError):  # what is left there is not read any more
                    self._files.delete(name)
                return
        self._files.write(name, text)
        with suppress(KeyringError):
            self._backend.delete_password(_KEYRING_SERVICE, name)

    def delete(self, name: str) -> None:
        """Forget a text in both places."""
        from keyring.errors import KeyringError  # noqa: PLC0415 -- keyring loads slowly

        with suppress(KeyringError):
            self._backend.delete_password(_KEYRING_SERVICE, name)
        self._files.delete(name)

    def lock(self, name: str) -> FileLock:
        """Return the lock of a file, since a keyring locks nothing."""
        return self._files.lock(name)

    def __str__(self) -> str:
        return f"the keyring ({self._backend.name})"


def open_secret_store() -> SecretStore:
    """Return the store of this user on this machine."""
    folder = os.environ.get(STORE_VARIABLE)
    if folder:
        return FileSecretStore(Path(folder))
    from platformdirs import user_data_path  # noqa: PLC0415 -- only those with a login need it

    files = FileSecretStore(user_data_path("openapi2tools", appauthor=False) / "tokens")
    backend = _keyring_backend()
    return files if backend is None else KeyringSecretStore(backend, files)


def _keyring_backend() -> Any:
    """Return a keyring backend that works without asking anybody, else None.

    The desktop's keyrings on Linux show a dialog when locked, which nobody sees without a display.
    The ones of `keyrings.alt` are files, and some ask for a password on the terminal.
    """
    import keyring  # noqa: PLC0415 -- loads slowly
    from keyring.backends import chainer, fail, null  # noqa: PLC0415 -- loads slowly

    chosen = keyring.get_keyring()
    backends = list(chosen.backends) if isinstance(chosen, chainer.ChainerBackend) else [chosen]
    usable = [
        backend
        for backend in backends
        if not isinstance(backend, fail.Keyring | null.Keyring)
        and not type(backend).__module__.startswith("keyrings.")
    ]
    return usable[0] if usable and _has_desktop() else None


def _has_desktop() -> bool:
    if sys.platform in ("darwin", "win32"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
