"""One address (URL, file, standard input) to the bytes there and the address they really came from.

Every fetch of a load passes here, within one budget of bytes, documents and seconds.
"""

from __future__ import annotations

import os
import re
import sys
from collections import deque
from dataclasses import dataclass, field, replace
from io import BufferedReader, FileIO
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit
from urllib.request import url2pathname

import anyio

from openapi2tools.errors import FetchError, NetworkError
from openapi2tools.model import OnProgress, Problem, Progress
from openapi2tools.spec.fetch import discover
from openapi2tools.spec.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from openapi2tools.spec.fetch.web import Web

MAX_TRIES: Final = 40
"""Addresses that are tried, at most, on the way from a page to its description."""

_URL: Final = re.compile(r"https?://", re.IGNORECASE)
_HOST: Final = re.compile(
    r"(?:localhost|\d+\.\d+\.\d+\.\d+|[\w.-]+\.[a-z]{2,}(?=:\d))(?::\d+)?(?:/|$)", re.IGNORECASE
)  # no path looks like it


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes as they came. `address` is where they came from, after redirects and without user, query and fragment; None for text."""

    data: bytes = field(repr=False)
    address: str | None = None
    problems: tuple[Problem, ...] = ()
    link: str = ""  # the Link header


def is_url(address: str) -> bool:
    """Say whether an address is an http or https URL rather than a path."""
    return _URL.match(address) is not None


class Fetcher:
    """Fetches the documents of one load, in `async with`.

    `root` is the address of the description, `named` are the other URLs that the developer gave
    (overlays, allowed references): these alone may be on private addresses. `headers` are the
    developer's own and go to the origin of `root` alone; what comes with them is not cached.
    """

    def __init__(
        self,
        root: str | Path | None = None,
        *,
        named: Iterable[str] = (),
        headers: Mapping[str, str] | None = None,
        cache: bool = True,
        limits: Limits | None = None,
        progress: OnProgress | None = None,
    ) -> None:
        self._root = None if root is None else str(root)
        self._named = tuple(named)
        self._headers = dict(headers or {})
        self._cached = cache
        self._limits = limits or Limits()
        self._progress = progress
        self._bytes_left = self._limits.max_total_bytes
        self._documents_left = self._limits.max_documents
        self._deadline = float("inf")
        self._web: Web | None = None

    async def __aenter__(self) -> Self:
        self._deadline = anyio.current_time() + self._limits.total_seconds
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._web is not None:
            await self._web.close()

    async def __call__(self, address: str) -> Fetched:
        """Fetch what stands at a URL, a path, or `-`. Raises FetchError."""
        self._documents_left -= 1
        if self._documents_left < 0:
            raise FetchError(
                f"more than {self._limits.max_documents:,} documents. Raise Limits.max_documents if they are meant to be."
            )
        fetched = await self._from_web(address) if is_url(address) else self._from_disk(address)
        self._bytes_left -= len(fetched.data)
        return fetched

    async def find(self, address: str) -> Fetched:
        """Fetch a description: a documentation page is followed to the one it shows, a bare address to the usual places."""
        if not is_url(address):
            return await self(address)
        from openapi2tools.spec.fetch.web import Missing  # noqa: PLC0415 -- a document on disk does not need HTTP
        from openapi2tools.transport import without_user  # noqa: PLC0415 -- as above

        try:
            # Web sends them along as a header, to this origin alone
            address, _ = without_user(address)
            first = await self(address)
        except NetworkError as error:
            raise FetchError(str(error)) from None
        except Missing as missing:
            if discover.names_a_document(address):
                raise
            return await self._search(address, discover.Shown(), missing.message)
        is_page = discover.is_page(first.data)
        if discover.is_description(first.data) or (
            discover.names_a_document(address) and not is_page
        ):
            return first
        place = first.address or address
        page = (
            discover.read_page(first.data, place, first.link, urlsplit(address).query)
            if is_page
            else discover.Shown()
        )
        return await self._search(
            place, page, "it is a web page" if is_page else "it is something else"
        )

    async def _search(self, address: str, start: discover.Shown, why: str) -> Fetched:
        """Try what a page shows, then what its scripts and settings show, then the usual places."""
        place = address.partition("?")[0]
        tried: dict[str, str] = {}
        pages = deque([start])
        while pages:
            page = pages.popleft()
            if page.inline is not None:
                return Fetched(page.inline, address)
            for url in page.documents:
                if (
                    found := await self._attempt(url, tried)
                ) is not None and discover.is_description(found.data):
                    return replace(found, problems=(*found.problems, *_choice(page, url)))
            for url in page.more:
                if (script := await self._attempt(url, tried)) is not None:
                    pages.append(discover.read_page(script.data, script.address or url))
        for url in discover.well_known(address):
            if (found := await self._attempt(url, tried)) is not None and discover.is_description(
                found.data
            ):
                return found
        why = why.partition(". ")[0].rstrip(".")  # without its advice
        message = f"no API description there: {why}; nor at the {len(tried)} addresses that were tried: {_told(tried, place)}."
        raise FetchError(f"{message} Give the address of the description itself.", address=place)

    async def _attempt(self, url: str, tried: dict[str, str]) -> Fetched | None:
        place = url.partition("?")[0]
        if url in tried or len(tried) >= MAX_TRIES:
            return None
        try:
            fetched = await self(url)
        except FetchError as error:
            tried[url] = error.message.removeprefix(place).lstrip("?=…: ")
            return None
        tried[url] = "no description"
        return fetched

    async def _from_web(self, url: str) -> Fetched:
        from openapi2tools.spec.fetch.web import Web  # noqa: PLC0415 -- a document on disk does not need HTTP

        limits = self._limits
        seconds = min(limits.seconds, self._deadline - anyio.current_time())
        if seconds <= 0:
            raise FetchError(
                f"all fetches together took longer than {limits.total_seconds:g} seconds. Raise Limits.total_seconds."
            )
        if self._web is None:
            self._web = Web(
                self._root,
                self._named,
                headers=self._headers,
                cache=self._cached,
                seconds=limits.seconds,
                on_bytes=self._report,
            )
        return await self._web.get(url, min(limits.max_bytes, self._bytes_left), seconds)

    def _from_disk(self, address: str) -> Fetched:
        limit = min(self._limits.max_bytes, self._bytes_left)
        try:
            if address == "-":
                data, place = sys.stdin.buffer.read(limit + 1), None
            else:
                place = _path(address)
                with open(place, "rb", buffering=0) as file:  # noqa: PTH123 -- a description may be thousands of files
                    data = _read(file, limit + 1)
        except (OSError, ValueError) as error:  # ValueError: no path has a null byte
            reason = error.strerror if isinstance(error, OSError) else str(error)
            meant = f" For a server write http://{address}." if _HOST.match(address) else ""
            raise FetchError(f"cannot read it: {reason}.{meant}", address=address) from None
        if len(data) > limit:
            raise FetchError(
                f"more than {limit:,} bytes. Raise Limits.max_bytes if it is meant to be that large.",
                address=address,
            )
        return Fetched(data, place)

    def _report(self, done: int, total: int | None) -> None:
        if self._progress is not None:
            self._progress(Progress("fetch", done, total))


def _path(address: str) -> str:
    if address[:5].lower() == "file:":
        return url2pathname(urlsplit(address).path)
    return os.path.expanduser(address) if address.startswith("~") else address  # noqa: PTH111 -- a description may be thousands of files


def _read(file: FileIO, most: int) -> bytes:
    """Read a file in one go; a pipe or a device does not know its size, and may go on for ever."""
    size = os.fstat(file.fileno()).st_size
    data = file.read(min(size + 1, most))
    if len(data) <= size or len(data) == most:
        return data
    with BufferedReader(file) as rest:
        return data + rest.read(most - len(data))


def _told(tried: Mapping[str, str], place: str) -> str:
    """Write what became of some addresses, those of the same outcome together, and those of the same origin as their paths."""
    from openapi2tools.transport import origin, shown  # noqa: PLC0415 -- a document on disk does not need HTTP

    outcomes: dict[str, list[str]] = {}
    for url, outcome in tried.items():
        outcomes.setdefault(outcome.partition(". ")[0].rstrip("."), []).append(
            shown(url).removeprefix(origin(place))
        )
    return "; ".join(f"{', '.join(urls)} ({outcome})" for outcome, urls in outcomes.items())


def _choice(page: discover.Shown, url: str) -> list[Problem]:
    """Say which of several descriptions was taken."""
    others = [f"{name or 'unnamed'}: {other}" for other, name in page.names.items() if other != url]
    if url not in page.names or not others:
        return []
    message = f"the page shows {len(page.names)} descriptions; this is {page.names[url] or url!r}."
    return [
        Problem(
            "several-descriptions",
            message,
            severity="hint",
            advice="For another, give its address: " + "; ".join(others) + ".",
        )
    ]
