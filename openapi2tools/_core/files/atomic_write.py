"""Write a file as a whole or not at all.

The new content is written to a temporary file beside the old one, which then takes its place in
one step. Nobody reads half a file, and an error leaves the old file as it was.
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER_ONLY: Final = 0o600
"""The permissions of a file that its owner alone reads and writes."""
_SUFFIX: Final = ".part"
_LEFTOVER_AGE_SECONDS: Final = 3600.0
"""The age from which a temporary file counts as left by a process that was killed."""


def write_atomically(
    path: Path, data: bytes, *, permissions: int = OWNER_ONLY, durable: bool = False
) -> None:
    """Replace a file's content in one step; the options are those of `open_atomically`."""
    with open_atomically(path, permissions=permissions, durable=durable) as file:
        file.write(data)


@contextmanager
def open_atomically(
    path: Path, *, permissions: int = OWNER_ONLY, durable: bool = False
) -> Iterator[BinaryIO]:
    """Open a temporary file that replaces `path` when the block ends without an error.

    Args:
        path: The file to replace or create; its folder has to exist.
        permissions: The new file's permissions. It never has wider ones while it is written.
        durable: Wait until the disk has the content, so that a crash cannot lose both files.

    Raises:
        OSError: The folder cannot be written to, or the disk is full.
    """
    remove_leftovers(path, min_age_seconds=_LEFTOVER_AGE_SECONDS)
    descriptor, name = mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_SUFFIX)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            if durable:
                file.flush()
                os.fsync(file.fileno())
        if permissions != OWNER_ONLY:  # those that `mkstemp` gives
            temporary.chmod(permissions)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def remove_leftovers(path: Path, *, min_age_seconds: float = 0.0) -> None:
    """Remove the temporary files of `path` that killed processes left behind.

    Without an age only who keeps all others from writing `path` may do it.
    """
    newest = time.time() - min_age_seconds
    with suppress(OSError):
        for file in path.parent.glob(f".{escape(path.name)}.*{_SUFFIX}"):
            if file.stat().st_mtime <= newest:
                file.unlink(missing_ok=True)
