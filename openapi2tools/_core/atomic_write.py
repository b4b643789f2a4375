"""Write a file as a whole or not at all.

The new content is written to a temporary file beside the old one, which then takes its place in
one step. Nobody reads half a file, and an error leaves the old file as it was.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, BinaryIO, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER_ONLY: Final = 0o600
"""The permissions of a file that its owner alone reads and writes."""


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
    descriptor, name = mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
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
