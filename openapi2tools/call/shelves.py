"""Where secrets are kept between two runs: a text by name, in the platform's keyring or in files of the user's own.

The keyring serves where there is one that needs nobody at the keyboard; else files of mode 0600 in the user's data folder, or where the
environment variable OPENAPI2TOOLS_TOKEN_STORE says, and then only there.
"""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, Protocol

PLACE: Final = "OPENAPI2TOOLS_TOKEN_STORE"
SERVICE: Final = "openapi2tools"
WINDOWS_LIMIT: Final = 1200
"""Characters that Windows' credential manager holds in one entry (2560 bytes of UTF-16)."""


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
        """Keep a text in one of the two places, and then no more in the other."""
        from keyring.errors import KeyringError  # noqa: PLC0415 -- keyring loads slowly, and few need it

        if sys.platform != "win32" or len(text) <= WINDOWS_LIMIT:
            with suppress(KeyringError):
                self._backend.set_password(SERVICE, name, text)
                with suppress(OSError):  # what is left there is not read any more
                    self._files.delete(name)
                return
        self._files.write(name, text)
        with suppress(KeyringError):
            self._backend.delete_password(SERVICE, name)

    def delete(self, name: str) -> None:
        """Forget a text in both places."""
        from keyring.errors import KeyringError  # noqa: PLC0415 -- keyring loads slowly, and few need it

        with suppress(KeyringError):
            self._backend.delete_password(SERVICE, name)
        self._files.delete(name)

    def __str__(self) -> str:
        return f"the keyring ({self._backend.name})"


def open_shelf() -> Shelf:
    """Open the shelf of this user on this machine."""
    place = os.environ.get(PLACE)
    if place:
        return Files(Path(place))
    from platformdirs import user_data_path  # noqa: PLC0415 -- only those with a login need it

    files = Files(user_data_path("openapi2tools", appauthor=False) / "tokens")
    backend = _keyring()
    return Keyring(backend, files) if backend is not None else files


def _keyring() -> Any:
    """Give a keyring backend that works without asking anybody, else None.

    The desktop's keyrings on Linux show a dialog when locked, which nobody sees without a display; the ones of `keyrings.alt` are files,
    and some ask for a password on the terminal.
    """
    import keyring  # noqa: PLC0415 -- slow to load
    from keyring.backends import chainer, fail, null  # noqa: PLC0415 -- slow to load

    backend = keyring.get_keyring()
    found = list(backend.backends) if isinstance(backend, chainer.ChainerBackend) else [backend]
    useless = (fail.Keyring, null.Keyring)
    usable = [each for each in found if not isinstance(each, useless) and not type(each).__module__.startswith("keyrings.")]
    desktop = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return usable[0] if usable and desktop else None
