"""Documents kept on disk between runs, with what is needed to ask whether they have changed.

What was fetched with credentials (headers of the developer's, a user, a query that may hold a key)
is never stored. Files are named by a hash, and readable by their owner alone.

A file is one line of JSON (address, time, validators), then the body as it came.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

import orjson

from openapi2tools._core.atomic_write import write_atomically

if TYPE_CHECKING:
    from openapi2tools.transport import Download

MAX_DOCUMENTS: Final = 500
"""How many documents are kept; the oldest give way."""


@dataclass(frozen=True, slots=True)
class StoredCopy:
    """A copy of a document.

    `address` is the one after redirects, `time` when the copy was last known to be true; `etag`
    and `last_modified` are its validators (RFC 9110, section 8.8).
    """

    body: bytes
    address: str
    time: datetime
    etag: str = ""
    last_modified: str = ""
    link_header: str = ""

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
        folder = Path(named) if named else platformdirs.user_cache_path("openapi2tools")
        return cls(folder / "documents")

    def get(self, url: str) -> StoredCopy | None:
        """Return the copy of a document, None when there is none that can be read."""
        try:
            head, _, body = self._file_for(url).read_bytes().partition(b"\n")
            metadata = orjson.loads(head)
            return StoredCopy(
                body,
                metadata["address"],
                datetime.fromtimestamp(metadata["time"], UTC),
                metadata["etag"],
                metadata["last_modified"],
                metadata["link"],
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, url: str, answer: Download) -> None:
        """Keep an answer, unless it must not be stored."""
        if not _may_be_stored(url, answer):
            return
        metadata = {
            "address": answer.url,
            "time": datetime.now(UTC).timestamp(),
            "etag": answer.headers.get("etag", ""),
            "last_modified": answer.headers.get("last-modified", ""),
            "link": answer.headers.get("link", ""),
        }
        content = orjson.dumps(metadata) + b"\n" + answer.body
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(self._file_for(url), content)
            self._prune()
        except OSError:
            return  # a full or read-only disk costs the copy, not the document

    def _file_for(self, url: str) -> Path:
        return self._folder / sha256(url.encode()).hexdigest()

    def _prune(self) -> None:
        """Remove the oldest files, so that not too many are kept."""
        files = list(self._folder.iterdir())
        surplus = len(files) - MAX_DOCUMENTS
        if surplus <= 0:
            return
        oldest_first = sorted(files, key=lambda file: file.stat().st_mtime)
        for file in oldest_first[:surplus]:
            file.unlink(missing_ok=True)


def _may_be_stored(url: str, answer: Download) -> bool:
    """Return whether an answer may be kept.

    Not if it says `no-store` (RFC 9111, section 5.2.2.5), nor if its address has a query, which
    may hold a key.
    """
    if "no-store" in answer.headers.get("cache-control", "").lower():
        return False
    return not (urlsplit(url).query or urlsplit(answer.url).query)
