"""A fingerprint of our own code: what one version kept is not for another."""

from __future__ import annotations

import os
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_PACKAGE: Final = Path(__file__).parents[2]


@cache
def code_fingerprint(*rooms: str) -> str:
    """Return a hash of the names, sizes and times of the files of these rooms of the package.

    An editable installation changes without a new version number.

    Raises:
        OSError: The package is not in a folder.
    """
    digest = sha256()
    for room in rooms:
        for line in sorted(_lines(str(_PACKAGE / room))):
            digest.update(line.encode())
    return digest.hexdigest()


def _lines(folder: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                if entry.name != "__pycache__":
                    yield from _lines(entry.path)
            else:
                status = entry.stat()
                yield f"{entry.path} {status.st_size} {status.st_mtime_ns}\n"
