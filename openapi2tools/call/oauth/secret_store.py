"""Where secrets are kept between two runs: a text by name, in the platform's keyring or in files of the user's own.

The keyring serves where there is one that needs nobody at the keyboard; else files of mode 0600 in
the user's data folder, or where the environment variable OPENAPI2TOOLS_TOKEN_STORE says, and then
only there.
"""

from __future__ import annotations

import errno
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

    def latch(self, name: str) -> Latch:
        """Give what lets one at a time change a text."""

    def __str__(self) -> str:
        """Say where it is."""


_FOREIGN: Final = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
"""What the system says of a lock that somebody has: POSIX the first, Windows the others."""
_taken: set[int] = set()
"""The descriptors of this process's locks: a fork would hold them, too, for as long as it lives."""


class Latch:
    """A lock file: one holder at a time, of all processes and threads, and none who has died.

    Where no such file can be made, or nothing be locked, it holds nobody up.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._handle: int | None = None

    def take(self) -> bool:
        """Try once, without waiting; say whether the way is free."""
        if self._path is None:
            return True
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return True
        try:
            _lock(handle)
            # else its holder has removed it
            mine = sys.platform == "win32" or os.path.samestat(os.fstat(handle), self._path.stat())
        except OSError as error:
            os.close(handle)
            return error.errno not in (*_FOREIGN, errno.ENOENT)
        if not mine:
            os.close(handle)
            return False
        self._handle = handle
        _taken.add(handle)
        return True

    def free(self) -> None:
        """Let the next one through, if this one holds it."""
        handle, self._handle = self._handle, None
        if handle not in _taken or self._path is None:
            return
        _taken.discard(handle)
        if sys.platform != "win32":
            with suppress(OSError):
                self._path.unlink()
        _unlock(handle)
        os.close(handle)
        if sys.platform == "win32":
            with suppress(OSError):  # an open file stays
                self._path.unlink()


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _unlock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)

    def _let_go() -> None:
        """Close the parent's locks in a fork, which leaves them to the parent."""
        for handle in _taken:
            os.close(handle)
        _taken.clear()

    os.register_at_fork(after_in_child=_let_go)


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

    def latch(self, name: str) -> Latch:
        """Lock a file beside it, which is there only for the time."""
        return Latch(self._folder / f".{name}.lock")

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

    def latch(self, name: str) -> Latch:
        """Lock a file, since a keyring locks nothing."""
        return self._files.latch(name)

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

    The desktop's keyrings on Linux show a dialog when locked, which nobody sees without a display;
    the ones of `keyrings.alt` are files, and some ask for a password on the terminal.
    """
    import keyring  # noqa: PLC0415 -- slow to load
    from keyring.backends import chainer, fail, null  # noqa: PLC0415 -- slow to load

    backend = keyring.get_keyring()
    found = list(backend.backends) if isinstance(backend, chainer.ChainerBackend) else [backend]
    useless = (fail.Keyring, null.Keyring)
    usable = [
        each
        for each in found
        if not isinstance(each, useless) and not type(each).__module__.startswith("keyrings.")
    ]
    desktop = (
        sys.platform in ("darwin", "win32")
        or os.environ.get("DISPLAY")
        or os.environ.get("WAYLAND_DISPLAY")
    )
    return usable[0] if usable and desktop else None
