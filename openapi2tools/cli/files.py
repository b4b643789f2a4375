"""Write what a command made to the file that its options name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer

from openapi2tools._core.atomic_write import write_atomically

if TYPE_CHECKING:
    from pathlib import Path


def replace_file(path: Path, data: bytes, option: str = "--output") -> None:
    """Write a file as a whole or not at all.

    What is no file, such as `/dev/stdout`, is written to as it is. `option` is named in the error.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        path = path.resolve()
        write_atomically(path, data, permissions=0o666 & ~_umask())
    except OSError as error:
        raise typer.BadParameter(
            f"{path} cannot be written: {error.strerror}.", param_hint=option
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
