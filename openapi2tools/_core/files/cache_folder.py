"""Files that can be made again, kept between runs in the user's cache folder.

Files are named by a hash, written as a whole and readable by their owner alone. A broken or
unwritable folder is as good as an empty one.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Self

from openapi2tools._core.files.atomic_write import write_atomically

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class CacheFolder:
    """A folder of at most `max_files` files and `max_bytes`; the longest unused give way."""

    path: Path
    max_files: int
    max_bytes: int = 256 * 1024 * 1024

    @classmethod
    def of_user(cls, name: str, max_files: int) -> Self:
        """Open a part of the platform's cache folder, or of the one `OPENAPI2TOOLS_CACHE` names."""
        import platformdirs  # noqa: PLC0415 -- only those who keep something pay for it

        named = os.environ.get("OPENAPI2TOOLS_CACHE")
        folder = Path(named) if named else platformdirs.user_cache_path("openapi2tools")
        return cls(folder / name, max_files)

    def get(self, key: str) -> bytes | None:
        """Return what is kept under a key, None when there is nothing that can be read."""
        file = self._file_for(key)
        try:
            content = file.read_bytes()
            os.utime(file)  # it was used
        except OSError:
            return None
        return content

    def put(self, key: str, content: bytes) -> None:
        """Keep something; a full or read-only disk keeps nothing."""
        if len(content) > self.max_bytes:
            return
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(self._file_for(key), content)
            self._prune()
        except OSError:
            return

    def _file_for(self, key: str) -> Path:
        return self.path / sha256(key.encode()).hexdigest()

    def _prune(self) -> None:
        bytes_left = self.max_bytes
        for number, (_, size, file) in enumerate(sorted(self._files(), reverse=True)):
            bytes_left -= size
            if number >= self.max_files or bytes_left < 0:
                file.unlink(missing_ok=True)

    def _files(self) -> Iterator[tuple[float, int, Path]]:
        """Yield each file with its time and size; another process may remove one meanwhile."""
        for file in self.path.iterdir():
            try:
                status = file.stat()
            except OSError:
                continue
            yield status.st_mtime, status.st_size, file
