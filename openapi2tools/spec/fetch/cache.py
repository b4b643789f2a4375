"""Documents kept on disk between runs, with what is needed to ask whether they have changed.

What was fetched with credentials (headers of the developer's, a user, a query that may hold a key)
is never stored. Files are named by a hash, and readable by their owner alone.

A file is one line of JSON (address, time, validators), then the body as it came.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

import orjson

from openapi2tools._core.files.cache_folder import CacheFolder

if TYPE_CHECKING:
    from pathlib import Path

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
    """The copies in a folder; a broken or unwritable one is as good as an empty one."""

    def __init__(self, folder: Path) -> None:
        self._folder = CacheFolder(folder, MAX_DOCUMENTS)

    @classmethod
    def of_user(cls) -> Self:
        """Open the platform's cache folder, or the one that `OPENAPI2TOOLS_CACHE` names."""
        return cls(CacheFolder.of_user("documents", MAX_DOCUMENTS).path)

    def get(self, url: str) -> StoredCopy | None:
        """Return the copy of a document, None when there is none that can be read."""
        head, _, body = (self._folder.get(url) or b"").partition(b"\n")
        try:
            metadata = orjson.loads(head)
            return StoredCopy(
                body,
                metadata["address"],
                datetime.fromtimestamp(metadata["time"], UTC),
                metadata["etag"],
                metadata["last_modified"],
                metadata["link"],
            )
        except (ValueError, KeyError, TypeError, OSError):  # OSError: a time beyond all clocks
            return None

    def put(self, url: str, answer: Download) -> bool:
        """Keep an answer, unless it must not be stored; return whether it may be."""
        if not _may_be_stored(url, answer):
            return False
        metadata = {
            "address": answer.url,
            "time": datetime.now(UTC).timestamp(),
            "etag": answer.headers.get("etag", ""),
            "last_modified": answer.headers.get("last-modified", ""),
            "link": answer.headers.get("link", ""),
        }
        self._folder.put(url, orjson.dumps(metadata) + b"\n" + answer.body)
        return True


def _may_be_stored(url: str, answer: Download) -> bool:
    """Return whether an answer may be kept.

    Not if it says `no-store` (RFC 9111, section 5.2.2.5), nor if its address has a query, which
    may hold a key.
    """
    if "no-store" in answer.headers.get("cache-control", "").lower():
        return False
    return not (urlsplit(url).query or urlsplit(answer.url).query)
