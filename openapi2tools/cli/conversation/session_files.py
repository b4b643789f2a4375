"""The sessions of the command line: one file each, in the user's folder for what programs keep.

Every run is recorded, so that a crash or a question to nobody loses nothing. Sessions that got no
name of the user's are named by their time, and the oldest of them give way.
"""

from __future__ import annotations

import os
import re
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openapi2tools.call.oauth.storage.locks import FileLock
from openapi2tools.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.agent.record.session import Session

FOLDER_VARIABLE: Final = "OPENAPI2TOOLS_SESSIONS"
"""The environment variable that names the folder of the sessions."""
_MAX_UNNAMED: Final = 200
_SUFFIX: Final = ".jsonl"
_NAME: Final = re.compile(r"\w[\w.-]{0,99}")
_UNNAMED: Final = re.compile(r"\d{4}-\d\d-\d\d-\d{6}(?:-\d+)?")


@dataclass(frozen=True, slots=True)
class SessionFile:
    """A session by its name, and when it was last written to."""

    name: str
    path: Path
    changed: float


class SessionFolder:
    """The folder of the sessions: its owner alone reads it."""

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or _folder_of_user()

    def files(self) -> list[SessionFile]:
        """Return the sessions, the one that was written to last first.

        One that has just begun, and one that was killed before anything happened, are empty.
        """
        return sorted(self._files(), key=lambda file: (-file.changed, file.name))

    def _files(self) -> Iterator[SessionFile]:
        for path in self.path.glob(f"*{_SUFFIX}"):
            with suppress(FileNotFoundError):  # another process removed it meanwhile
                state = path.stat()
                if state.st_size:
                    yield SessionFile(path.name.removesuffix(_SUFFIX), path, state.st_mtime)

    def last_name(self) -> str:
        """Return the name of the conversation that was written to last.

        Raises:
            AgentError: There is none, or it cannot be read.
        """
        from openapi2tools.agent.record.entries import Question  # noqa: PLC0415 -- the list of sessions needs none

        for file in self.files():
            if any(isinstance(entry, Question) for entry in self.load(file.name)):
                return file.name
        raise AgentError(f"There is no session to continue in {self.path}.")

    def new_name(self) -> str:
        """Return a name for a session that the user did not name: its time."""
        time = datetime.now().astimezone().strftime("%Y-%m-%d-%H%M%S")
        name, count = time, 1
        while self._path(name).exists():
            count += 1
            name = f"{time}-{count}"
        return name

    @contextmanager
    def open(self, name: str) -> Iterator[Session]:
        """Open a session, or begin it; one process has it at a time.

        One in which nothing happened leaves no file.

        Raises:
            AgentError: The name cannot be one, the session is in use, or its file cannot be read.
        """
        from openapi2tools.agent.record.session import Session  # noqa: PLC0415 -- the list of sessions needs none

        path = self._path(name)
        self._make_folder()
        lock = FileLock(self.path / f".{name}.lock")
        if not lock.try_acquire():
            raise AgentError(
                f"The session {name} is in use by another openapi2tools: wait for its end, or "
                "begin another one."
            )
        try:
            with Session.open(path) as session:
                yield session
        finally:
            if path.is_file() and not path.stat().st_size:
                path.unlink()
            if _UNNAMED.fullmatch(name):
                self._prune()
            lock.release()

    @contextmanager
    def open_late(self) -> Iterator[Session]:
        """Begin a session that the user did not name; its file is made with its first entry."""
        from openapi2tools.agent.record.session import Session  # noqa: PLC0415 -- as above

        with ExitStack() as stack:
            yield Session(store=_LateFile(lambda: stack.enter_context(self.open(self.new_name()))))

    def load(self, name: str) -> Session:
        """Read a session.

        Raises:
            AgentError: There is none of this name, or its file cannot be read.
        """
        from openapi2tools.agent.record.session import Session  # noqa: PLC0415 -- as above

        self.require(name)
        return Session.load(self._path(name))

    def remove(self, name: str) -> None:
        """Remove a session.

        Raises:
            AgentError: There is none of this name.
        """
        self.require(name)
        self._path(name).unlink()

    def require(self, name: str) -> None:
        """Raise AgentError where there is no session of this name."""
        if not self._path(name).is_file():
            known = ", ".join(file.name for file in self.files()[:5]) or "none"
            raise AgentError(f"There is no session {name}. The last ones: {known}.")

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise AgentError(
                f"{name!r} is no name for a session: give letters, digits, '.', '_' and '-'."
            )
        return self.path / f"{name}{_SUFFIX}"

    def _make_folder(self) -> None:
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise AgentError(
                f"Sessions cannot be kept in {self.path}: {error.strerror}. Name another folder in "
                f"{FOLDER_VARIABLE}."
            ) from None

    def _prune(self) -> None:
        unnamed = [file for file in self.files() if _UNNAMED.fullmatch(file.name)]
        for file in unnamed[_MAX_UNNAMED:]:
            file.path.unlink(missing_ok=True)


class _LateFile:
    """Keeps entries in a session that is opened for the first of them."""

    def __init__(self, open_session: Callable[[], Session]) -> None:
        self._open = open_session
        self._session: Session | None = None

    def append(self, entry: Entry) -> None:
        """Keep an entry.

        Raises:
            AgentError: The file cannot be made.
        """
        if self._session is None:
            self._session = self._open()
        self._session.add(entry)

    def close(self) -> None:
        """Do nothing: who opened the folder's session closes it."""


def _folder_of_user() -> Path:
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named)
    from platformdirs import user_state_path  # noqa: PLC0415 -- only where no folder is named

    return user_state_path("openapi2tools", appauthor=False) / "sessions"
