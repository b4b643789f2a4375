"""Documents kept on disk between runs: a URL in, the stored copy and what revalidates it out.

What was fetched with credentials (headers of the developer's, a user, a query that may hold a key)
is never stored. Files are named by a hash, and readable by their owner alone.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

import orjson

if TYPE_CHECKING:
    from openapi2tools.transport import Download

KEEP: Final = 500
"""How many documents are kept; the oldest give way."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A copy: the body, the address after redirects, when it was last known to be true, and its validators (RFC 9110, section 8.8)."""

    body: bytes
    address: str
    time: datetime
    etag: str = ""
    last_modified: str = ""
    link: str = ""

    @property
    def conditions(self) -> dict[str, str]:
        """The headers that ask for the body only when it has changed."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value}


class Cache:
    """The folder of copies; a broken or unwritable one is as good as an empty one."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of_user(cls) -> Self:
        """Open the platform's cache folder, or the one that `OPENAPI2TOOLS_CACHE` names."""
        import platformdirs  # noqa: PLC0415 -- only those who fetch a URL pay for it

        named = os.environ.get("OPENAPI2TOOLS_CACHE")
        return cls(
            (Path(named) if named else platformdirs.user_cache_path("openapi2tools")) / "documents"
        )

    def get(self, url: str) -> Stored | None:
        """Give the copy of a document."""
        try:
            head, _, body = self._file(url).read_bytes().partition(b"\n")
            said = orjson.loads(head)
            time = datetime.fromtimestamp(said["time"], UTC)
            return Stored(
                body, said["address"], time, said["etag"], said["last_modified"], said["link"]
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, url: str, answer: Download) -> None:
        """Keep an answer, unless it says `no-store` (RFC 9111, section 5.2.2.5) or its address has a query, which may hold a key."""
        if (
            "no-store" in answer.headers.get("cache-control", "").lower()
            or urlsplit(url).query
            or urlsplit(answer.url).query
        ):
            return
        said = {
            "address": answer.url,
            "time": datetime.now(UTC).timestamp(),
            "etag": answer.headers.get("etag", ""),
            "last_modified": answer.headers.get("last-modified", ""),
            "link": answer.headers.get("link", ""),
        }
        try:
            self._write(self._file(url), orjson.dumps(said) + b"\n" + answer.body)
            self._prune()
        except OSError:
            return  # a full or read-only disk costs the copy, not the document

    def _file(self, url: str) -> Path:
        return self._folder / sha256(url.encode()).hexdigest()

    def _write(self, file: Path, data: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self._folder)  # made with mode 0600
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(name).replace(file)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise

    def _prune(self) -> None:
        files = list(self._folder.iterdir())
        if len(files) > KEEP:
            for file in sorted(files, key=lambda file: file.stat().st_mtime)[: len(files) - KEEP]:
                file.unlink(missing_ok=True)
