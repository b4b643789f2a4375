"""Keep the files that calls answer in a folder."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openapi2tools.call.serialization.files import file_name
from openapi2tools.errors import AgentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Part, Result

_UNSAFE: Final = re.compile(r"[^\w.()+, -]")
_MAX_NAME_CHARS: Final = 100


def save_files(result: Result, folder: Path) -> Result:
    """Write the files of a result to a folder; no file that is there already is replaced.

    Raises:
        AgentError: One cannot be written.
    """
    if not any(part.data for part in result.parts):
        return result
    parts = tuple(_saved(part, folder) if part.data else part for part in result.parts)
    paths = ", ".join(part.path for part in parts if part.path)
    return replace(result, parts=parts, text=f"{result.text}\n(Saved to {paths})")


def _saved(part: Part, folder: Path) -> Part:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in _paths(folder, _UNSAFE.sub("_", file_name(part)).lstrip(".")):
            try:
                with path.open("xb") as file:
                    file.write(part.data)
            except FileExistsError:
                continue
            return replace(part, path=str(path))
    except OSError as error:
        raise AgentError(f"A file cannot be saved in {folder}: {error.strerror}.") from None
    raise AssertionError  # pragma: no cover -- there are as many names as numbers


def _paths(folder: Path, name: str) -> Iterator[Path]:
    """Yield the paths that a file may have: `cat.png`, `cat-2.png`, and so on."""
    wanted = Path(name[-_MAX_NAME_CHARS:] or "file")
    yield folder / wanted
    for number in count(2):
        yield folder / f"{wanted.stem}-{number}{wanted.suffix}"
