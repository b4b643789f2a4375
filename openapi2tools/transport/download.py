"""One document over HTTP: redirects followed, size and time limited."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import urljoin

import anyio

from openapi2tools._core.reader import for_reader
from openapi2tools.errors import NetworkError, TimedOut
from openapi2tools.transport.content_coding import ACCEPT_ENCODING, iter_unpacked, unknown_coding
from openapi2tools.transport.http.client import checked_headers
from openapi2tools.transport.http.cookies import CookieStore, own_cookies
from openapi2tools.transport.http.error_translation import ConnectionBroken
from openapi2tools.transport.http.masked_logs import masked_logs
from openapi2tools.transport.http.retries import read_again
from openapi2tools.transport.urls import is_same_or_upgraded, parse_url, redact_url, split_userinfo

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    import httpx

OnBytes: TypeAlias = "Callable[[int, int | None], None]"
"""Hears how many bytes have come, and of how many, None when that is unknown."""

_RETRIES: Final = 2
"""How often a document that breaks off is fetched again."""
_MAX_REDIRECTS: Final = 10
_REDIRECT_STATUSES: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Download:
    """What came: the body is unpacked but not decoded to text.

    `url` is the address after redirects, with its query; header names are lower case.
    """

    url: str
    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


async def download(
    client: httpx.AsyncClient,
    url: str,
    *,
    max_bytes: int,
    seconds: float,
    headers: Mapping[str, str] | None = None,
    credentials: Mapping[str, str] | None = None,
    on_bytes: OnBytes | None = None,
) -> Download:
    """Fetch a document with GET, following redirects; its status is for the caller to judge.

    Args:
        client: What `open_client` opened.
        url: Its user and password, if it has them, go to its own origin only.
        max_bytes: Counts the unpacked body.
        seconds: For all of it together.
        headers: Go everywhere.
        credentials: Headers that go to the origin of `url` only, or its https.
        on_bytes: Hears of each piece.

    Raises:
        NetworkError: No document came (BlockedAddress, NotSent), or it is too large.
        TimedOut: It was not complete in time.
    """

    async def read() -> Download:
        async with _final_response(client, url, headers or {}, credentials or {}) as response:
            body = await _read_body(response, max_bytes, on_bytes)
            final_url = str(response.url)
            return Download(final_url, response.status_code, dict(response.headers), body)

    try:
        with anyio.fail_after(seconds):
            return await read_again(read, _RETRIES)
    except ConnectionBroken as error:
        raise NetworkError(f"{error} Try again, or save the document to a file.") from None
    except TimeoutError:
        raise TimedOut(
            f"{redact_url(url)} was not complete after {seconds:g} seconds. "
            f"Allow more time ({_how_to_allow_more()}), or save the document to a file."
        ) from None


def _how_to_allow_more() -> str:
    return for_reader("Limits(seconds=N)", "--timeout N, or --limit seconds=N")


@asynccontextmanager
async def _final_response(
    client: httpx.AsyncClient, url: str, headers: Mapping[str, str], credentials: Mapping[str, str]
) -> AsyncIterator[httpx.Response]:
    """Follow redirects to the last response.

    Every hop passes the guard, and none takes credentials to another origin. Cookies that a hop
    sets go to the later ones of its origin: some sites redirect until theirs comes back.
    """
    cookies = CookieStore()
    url_without_user, user_header = split_userinfo(url)
    target = parse_url(url_without_user)
    for _ in range(_MAX_REDIRECTS + 1):
        is_at_home = is_same_or_upgraded(url, str(target))
        secrets = {**user_header, **credentials} if is_at_home else {}
        sent_headers = checked_headers({"Accept-Encoding": ACCEPT_ENCODING, **headers, **secrets})
        request = client.build_request("GET", target, headers=sent_headers)
        cookies.add_to(request, own_cookies(request))
        with masked_logs():
            response = await client.send(request, stream=True, auth=None)
        cookies.keep(response)
        location = response.headers.get("location")
        try:
            if response.status_code not in _REDIRECT_STATUSES or location is None:
                yield response
                return
        finally:
            await response.aclose()
        next_url, _user_header = split_userinfo(_redirect_target(target, location))
        target = parse_url(next_url)
    raise NetworkError(
        f"{redact_url(url)} redirects more than {_MAX_REDIRECTS} times. "
        "Give the address where the document is."
    )


def _redirect_target(url: httpx.URL, location: str) -> str:
    try:
        return urljoin(str(url), location)
    except ValueError:
        raise NetworkError(
            f"{redact_url(url)} redirects to what is no URL. "
            "Give the address where the document is."
        ) from None


async def _read_body(response: httpx.Response, max_bytes: int, on_bytes: OnBytes | None) -> bytes:
    length = response.headers.get("content-length", "")
    total = int(length) if length.isdecimal() else None
    if total is not None and total > max_bytes:
        raise _too_large(response.url, max_bytes)
    coding = unknown_coding(response)
    if coding is not None:
        raise NetworkError(
            f"{redact_url(response.url)} is packed as {coding}, which was not asked for. "
            "Save the document to a file and give its path."
        )
    body = bytearray()
    async for piece in iter_unpacked(response):
        body += piece
        if len(body) > max_bytes:
            raise _too_large(response.url, max_bytes)
        if on_bytes is not None:
            on_bytes(response.num_bytes_downloaded, total)
    return bytes(body)


def _too_large(url: httpx.URL, max_bytes: int) -> NetworkError:
    return NetworkError(
        f"{redact_url(url)} gives more than {max_bytes:,} bytes. "
        "Raise the limit when that is expected."
    )
