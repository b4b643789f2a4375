"""Every fetch of one load, within one budget of bytes, documents and seconds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit

from openapi2tools._core.urls import is_url
from openapi2tools.errors import FetchError, NetworkError
from openapi2tools.model import OnProgress, Progress
from openapi2tools.spec.fetch import discover
from openapi2tools.spec.fetch.disk import files_of, is_folder, read_from_disk
from openapi2tools.spec.fetch.search import DescriptionSearch
from openapi2tools.spec.limits import Limits, raise_limit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from openapi2tools.spec.fetch.fetched import Fetched
    from openapi2tools.spec.fetch.web import WebFetcher
    from openapi2tools.transport import Verify

_LOG_IN_ADVICE: Final = (
    "Give what a browser sends once you are logged in: --spec-header 'Cookie: …', "
    "or 'Authorization: …' (headers=)."
)


class Fetcher:
    """Fetches the documents of one load, inside `async with`.

    Args:
        root: The address of the description.
        named: Other addresses that the developer gave (overlays, allowed references). These and
            `root` alone may be on private addresses.
        headers: The developer's own. They go to the origin of `root` alone, and what comes with
            them is not cached.
        cache: Whether documents from the web are kept on disk.
        verify: How servers' certificates are checked.
        limits: The budget.
        progress: Hears of bytes from the web.
    """

    def __init__(
        self,
        root: str | Path | None = None,
        *,
        named: Iterable[str] = (),
        headers: Mapping[str, str] | None = None,
        cache: bool = True,
        verify: Verify = True,
        limits: Limits | None = None,
        progress: OnProgress | None = None,
    ) -> None:
        self._root = None if root is None else str(root)
        self._named = tuple(named)
        self._headers = dict(headers or {})
        self._use_cache = cache
        self._verify = verify
        self._limits = limits or Limits()
        self._progress = progress
        self._bytes_left = self._limits.max_total_bytes
        self._documents_left = self._limits.max_documents
        self._deadline = float("inf")
        self._web: WebFetcher | None = None

    async def __aenter__(self) -> Self:
        self._deadline = time.monotonic() + self._limits.total_seconds
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._web is not None:
            await self._web.close()

    async def __call__(self, address: str) -> Fetched:
        """Fetch the document at a URL, a path, or `-`. Raises FetchError."""
        self._documents_left -= 1
        if self._documents_left < 0:
            raise FetchError(
                f"more than {self._limits.max_documents:,} documents. "
                f"{raise_limit('max_documents')} if they are meant to be."
            )
        if is_url(address):
            fetched = await self._fetch_from_web(address)
        else:
            fetched = read_from_disk(address, self._max_bytes())
        self._bytes_left -= len(fetched.data)
        return fetched

    async def find_description(self, address: str) -> Fetched:
        """Fetch the description that an address leads to.

        A documentation page is followed to the description it shows, a bare address to the usual
        places of one, a folder to the only description in it. Raises FetchError.
        """
        if not is_url(address):
            return await self(self._only_description(address) if is_folder(address) else address)
        # a document on disk does not need HTTP
        from openapi2tools.spec.fetch.web import NothingThere  # noqa: PLC0415
        from openapi2tools.transport import split_userinfo  # noqa: PLC0415

        try:
            # the web fetcher sends user and password as a header, to this origin alone
            address, _user_header = split_userinfo(address)
            first = await self(address)
        except NetworkError as error:
            raise FetchError(str(error)) from None
        except NothingThere as error:
            if discover.has_document_suffix(address):
                raise
            search = DescriptionSearch(self, address)
            return await search.run(discover.PageContents(), error.message, error.advice)

        is_page = discover.is_page(first.data)
        is_meant = discover.has_document_suffix(address) and not is_page
        if discover.is_description(first.data) or is_meant:
            return first
        return await self._search_from(first, address)

    async def _search_from(self, first: Fetched, address: str) -> Fetched:
        """Search from what an address gave, which is no description."""
        # a document on disk does not need HTTP
        from openapi2tools.transport import redact_url  # noqa: PLC0415

        url = first.address or address
        if not discover.is_page(first.data):
            links = discover.read_landing(first.data, url, first.link_header)
            return await DescriptionSearch(self, url).run(links, "it is something else")
        page = discover.read_page(first.data, url, first.link_header, urlsplit(address).query)
        if discover.is_login_page(first.data, url, address, page):
            search = DescriptionSearch(self, address)
            what = f"it leads to a login page ({redact_url(url)})"
            return await search.run(discover.PageContents(), what, _LOG_IN_ADVICE)
        return await DescriptionSearch(self, url).run(page, "it is a web page")

    def _only_description(self, folder: str) -> str:
        """Return the path of the only description in a folder."""
        try:
            paths = files_of(folder)
        except OSError as error:
            raise FetchError(f"cannot read it: {error.strerror}.", address=folder) from None
        found = [
            path
            for path in paths
            if discover.is_description(read_from_disk(path, self._limits.max_bytes).data)
        ]
        if len(found) == 1:
            return found[0]
        what = "no API description in it"
        if found:
            what = f"{len(found)} API descriptions in it: {', '.join(found)}"
        raise FetchError(f"this is a folder with {what}. Give the path of one.", address=folder)

    async def _fetch_from_web(self, url: str) -> Fetched:
        # a document on disk does not need HTTP
        from openapi2tools.spec.fetch.web import WebFetcher  # noqa: PLC0415

        limits = self._limits
        seconds = min(limits.seconds, self._deadline - time.monotonic())
        if seconds <= 0:
            raise FetchError(
                f"all fetches together took longer than {limits.total_seconds:g} seconds. "
                f"{raise_limit('total_seconds')}."
            )
        if self._web is None:
            self._web = WebFetcher(
                self._root,
                self._named,
                headers=self._headers,
                cache=self._use_cache,
                verify=self._verify,
                seconds=limits.seconds,
                on_bytes=self._report_progress,
            )
        return await self._web.get(url, self._max_bytes(), seconds)

    def _max_bytes(self) -> int:
        return min(self._limits.max_bytes, self._bytes_left)

    def _report_progress(self, done: int, total: int | None) -> None:
        if self._progress is not None:
            self._progress(Progress("fetch", done, total))
