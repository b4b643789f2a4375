"""One address (URL, file, standard input) to the bytes there and the address they really came from.

Every fetch of a load passes here: one guard, one budget of bytes, documents and seconds, and the developer's own headers, which go to the
origin that the developer named and to no other.
"""

from __future__ import annotations

import re
import sys
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self
from urllib.parse import urlsplit, urlunsplit
from urllib.request import url2pathname

import anyio

from openapi2tools.errors import BlockedAddress, CallError, FetchError
from openapi2tools.model import OnProgress, Problem, Progress
from openapi2tools.spec import discover
from openapi2tools.spec.cache import Cache, Stored
from openapi2tools.spec.limits import Limits
from openapi2tools.transport import Download, Guard, download, open_client, origin, shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ACCEPT: Final = "application/json, application/yaml, application/vnd.oai.openapi+json, text/yaml;q=0.9, text/html;q=0.5, */*;q=0.4"
MAX_TRIES: Final = 40
"""Addresses that are tried, at most, on the way from a page to its description."""

_URL: Final = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Fetched:
    """The bytes as they came. `address` is where they came from, after redirects and without user, query and fragment; None for text."""

    data: bytes = field(repr=False)
    address: str | None = None
    problems: tuple[Problem, ...] = ()
    link: str = ""  # the Link header


class _Missing(FetchError):
    """Nothing is there (404, 405, 410), or what is there is no description: another address may have it."""


def is_url(address: str) -> bool:
    """Say whether an address is an http or https URL rather than a path."""
    return _URL.match(address) is not None


class Fetcher:
    """Fetches the documents of one load, in `async with`.

    `root` is the address of the description, `named` are the other URLs that the developer gave (overlays, allowed references): these alone
    may be on private addresses. `headers` are the developer's own and go to the origin of `root` alone; what comes with them is not cached.
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
        self._home = origin(root) if isinstance(root, str) and is_url(root) else None
        self._headers = dict(headers or {})
        self._cache = Cache.of_user() if cache else None
        self._limits = limits or Limits()
        self._progress = progress
        self._bytes_left = self._limits.max_total_bytes
        self._documents_left = self._limits.max_documents
        self._deadline = float("inf")
        urls = [str(address) for address in (root, *named) if address is not None and is_url(str(address))]
        self._client = open_client(guard=Guard().naming(*urls), timeout=self._limits.seconds)

    async def __aenter__(self) -> Self:
        self._deadline = anyio.current_time() + self._limits.total_seconds
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def __call__(self, address: str) -> Fetched:
        """Fetch what stands at a URL, a path, or `-`. Raises FetchError."""
        if self._documents_left <= 0:
            raise FetchError(f"more than {self._limits.max_documents:,} documents. Raise Limits.max_documents if they are meant to be.")
        self._documents_left -= 1
        fetched = await self._from_url(address) if is_url(address) else self._from_disk(address)
        self._bytes_left -= len(fetched.data)
        return fetched

    async def find(self, address: str) -> Fetched:
        """Fetch a description: a documentation page is followed to the one it shows, a bare address to the usual places."""
        if not is_url(address):
            return await self(address)
        try:
            first = await self(address)
        except _Missing as missing:
            if discover.names_a_document(address):
                raise
            return await self._search(address, discover.Shown(), str(missing))
        if discover.is_description(first.data) or (discover.names_a_document(address) and not discover.is_page(first.data)):
            return first
        where = first.address or address
        shown_there = (
            discover.read_page(first.data, where + _query(address), first.link) if discover.is_page(first.data) else discover.Shown()
        )
        return await self._search(where, shown_there, "it is a web page" if discover.is_page(first.data) else "it is no description")

    async def _search(self, address: str, start: discover.Shown, why: str) -> Fetched:
        """Try what a page shows, then what its scripts and settings show, then the usual places."""
        tried: dict[str, str] = {}
        pages = deque([start])
        while pages and len(tried) < MAX_TRIES:
            page = pages.popleft()
            if page.inline is not None:
                return Fetched(page.inline, address)
            for url in page.documents:
                found = await self._attempt(url, tried)
                if found is not None:
                    return replace(found, problems=(*found.problems, *_choice(page, url)))
            for url in page.more:
                script = await self._attempt(url, tried, any_text=True)
                if script is not None:
                    pages.append(discover.read_page(script.data, script.address or url))
        for url in discover.well_known(address):
            found = await self._attempt(url, tried)
            if found is not None:
                return found
        attempts = "".join(f"\n  {shown(url)}: {result}" for url, result in tried.items())
        raise FetchError(f"no API description at {shown(address)}: {why}. Give the address of the description itself. Tried:{attempts}")

    async def _attempt(self, url: str, tried: dict[str, str], *, any_text: bool = False) -> Fetched | None:
        if url in tried or len(tried) >= MAX_TRIES:
            return None
        try:
            fetched = await self(url)
        except FetchError as error:
            tried[url] = error.message
            return None
        tried[url] = "no description"
        return fetched if any_text or discover.is_description(fetched.data) else None

    # --- the three kinds of address ---------------------------------------------------------------------------------

    def _from_disk(self, address: str) -> Fetched:
        limit = min(self._limits.max_bytes, self._bytes_left)
        try:
            if address == "-":
                data, place = sys.stdin.buffer.read(limit + 1), None
            else:
                path = _path(address)
                with path.open("rb") as file:
                    data, place = file.read(limit + 1), str(path)
        except OSError as error:
            raise FetchError(f"cannot read it: {error.strerror}.", address=address) from None
        if len(data) > limit:
            raise FetchError(f"more than {limit:,} bytes. Raise Limits.max_bytes if it is meant to be that large.", address=address)
        return Fetched(data, place)

    async def _from_url(self, url: str) -> Fetched:
        own = self._headers if origin(url) == self._home else {}
        cache = None if own or urlsplit(url).username is not None else self._cache
        stored = cache.get(url) if cache is not None else None
        try:
            answer = await self._download(url, own, stored.conditions if stored is not None else {})
        except BlockedAddress as error:
            raise FetchError(str(error)) from error
        except CallError as error:
            if stored is None:
                raise FetchError(str(error)) from error
            return _copy(stored, str(error))
        if stored is not None and answer.status == 304:
            return _fetched(replace(answer, url=stored.address, body=stored.body, headers={"link": stored.link}))
        if stored is not None and answer.status >= 500:
            return _copy(stored, f"{shown(url)} answers {answer.status}.")
        _judge(answer, url, with_headers=bool(own))
        if cache is not None:
            cache.put(url, answer)
        return _fetched(answer)

    async def _download(self, url: str, own: Mapping[str, str], conditions: Mapping[str, str]) -> Download:
        seconds = min(self._limits.seconds, self._deadline - anyio.current_time())
        if seconds <= 0:
            raise FetchError(f"all fetches together took longer than {self._limits.total_seconds:g} seconds. Raise Limits.total_seconds.")
        return await download(
            self._client,
            url,
            max_bytes=min(self._limits.max_bytes, self._bytes_left),
            seconds=seconds,
            headers={"Accept": ACCEPT, **conditions},
            private=own,
            on_bytes=self._report,
        )

    def _report(self, done: int, total: int | None) -> None:
        if self._progress is not None:
            self._progress(Progress("fetch", done, total))


def _path(address: str) -> Path:
    if address.lower().startswith("file:"):
        return Path(url2pathname(urlsplit(address).path))
    return Path(address).expanduser()


def _judge(answer: Download, url: str, *, with_headers: bool) -> None:
    """Raise for every status but 200."""
    status, place = answer.status, shown(url)
    if status == 200:
        return
    if status in {401, 403}:
        advice = (
            "Check the headers given for it."
            if with_headers
            else "Give a credential for the document: --spec-header 'Authorization: …' (headers=)."
        )
        raise FetchError(f"{place} answers {status}: it does not show the document to everybody. {advice}")
    if status in {404, 405, 406, 410}:
        raise _Missing(f"{place} answers {status}: there is nothing. Check the address.")
    if status == 429:
        raise FetchError(f"{place} answers 429: it was asked too often. Try again later, or save the document to a file.")
    raise FetchError(f"{place} answers {status}. Open it in a browser to see what is wrong.")


def _fetched(answer: Download) -> Fetched:
    return Fetched(answer.body, _without_query(answer.url), link=answer.headers.get("link", ""))


def _copy(stored: Stored, why: str) -> Fetched:
    problem = Problem(
        "stored-copy",
        f"the document could not be fetched; this is the copy of {stored.time:%Y-%m-%d %H:%M} UTC. ({why})",
        severity="hint",
        advice="Use --no-cache (cache=False) to insist on the present one.",
        address=_without_query(stored.address),
    )
    return Fetched(stored.body, problem.address, (problem,), stored.link)


def _choice(page: discover.Shown, url: str) -> list[Problem]:
    """Say which of several descriptions was taken."""
    others = [f"{name or 'unnamed'}: {shown(other)}" for other, name in page.names.items() if other != url]
    if url not in page.names or not others:
        return []
    message = f"the page shows {len(page.names)} descriptions; this is {page.names[url] or shown(url)!r}."
    return [Problem("several-descriptions", message, severity="hint", advice="For another, give its address: " + "; ".join(others) + ".")]


def _without_query(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))


def _query(url: str) -> str:
    query = urlsplit(url).query
    return f"?{query}" if query else ""
