"""One document over HTTP: a URL in, its bytes and final address out, within a size and a time."""

from __future__ import annotations

import zlib
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias
from urllib.parse import urljoin

import anyio

from openapi2tools.errors import NetworkError, TimedOut
from openapi2tools.transport.client import sendable
from openapi2tools.transport.guard import origin, parse_url, shown, without_user

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping

    import httpx

OnBytes: TypeAlias = "Callable[[int, int | None], None]"
MAX_REDIRECTS: Final = 10
_PIECE: Final = 1 << 18  # what is unpacked at once: a small packed text may hold gigabytes
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Download:
    """What came: the body unpacked but not decoded. `url` is the address after redirects, with its query; header names are lower case."""

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
    private: Mapping[str, str] | None = None,
    on_bytes: OnBytes | None = None,
) -> Download:
    """Fetch a document with GET, following redirects.

    `headers` go everywhere; `private` ones (credentials), and a user and password in `url`, only to
    the origin of `url`. `max_bytes` counts the unpacked body, `seconds` is for all of it together.
    `on_bytes` hears how many bytes have come, and of how many, None when that is unknown. Raises
    NetworkError (BlockedAddress), TimedOut; the status is for the caller to judge.
    """
    try:
        with anyio.fail_after(seconds):
            async with _final(client, url, headers or {}, private or {}) as response:
                body = await _read(response, max_bytes, on_bytes)
                return Download(
                    str(response.url), response.status_code, dict(response.headers), body
                )
    except TimeoutError:
        raise TimedOut(
            f"{shown(url)} was not complete after {seconds:g} seconds. Allow more time, or save the document to a file."
        ) from None


@asynccontextmanager
async def _final(
    client: httpx.AsyncClient, url: str, headers: Mapping[str, str], private: Mapping[str, str]
) -> AsyncIterator[httpx.Response]:
    """Follow redirects to the last response; every hop passes the guard, and none takes credentials to another origin."""
    bare, user = without_user(url)
    target = parse_url(bare)
    for _ in range(MAX_REDIRECTS + 1):
        home = origin(str(target)) == origin(url)
        sent = sendable(
            {
                "Accept-Encoding": "gzip, deflate, br",
                **headers,
                **({**user, **private} if home else {}),
            }
        )
        response = await client.send(
            client.build_request("GET", target, headers=sent), stream=True, auth=None
        )
        location = response.headers.get("location")
        try:
            if response.status_code not in _REDIRECTS or location is None:
                yield response
                return
        finally:
            await response.aclose()
        target = parse_url(without_user(_next(target, location))[0])
    raise NetworkError(
        f"{shown(url)} redirects more than {MAX_REDIRECTS} times. Give the address where the document is."
    )


def _next(url: httpx.URL, location: str) -> str:
    try:
        return urljoin(str(url), location)
    except ValueError:
        raise NetworkError(
            f"{shown(url)} redirects to what is no URL. Give the address where the document is."
        ) from None


async def _read(response: httpx.Response, max_bytes: int, on_bytes: OnBytes | None) -> bytes:
    length = response.headers.get("content-length", "")
    total = int(length) if length.isdecimal() else None
    body = bytearray()
    if total is not None and total > max_bytes:
        raise _too_large(response.url, max_bytes)
    if strange := [name for name in _codings(response) if name not in _CODINGS]:
        place = shown(response.url)
        raise NetworkError(
            f"{place} is packed as {strange[0]}, which was not asked for. Save the document to a file and give its path."
        )
    async for piece in unpacked(response):
        body += piece
        if len(body) > max_bytes:
            raise _too_large(response.url, max_bytes)
        if on_bytes is not None:
            on_bytes(response.num_bytes_downloaded, total)
    return bytes(body)


def _too_large(url: httpx.URL, max_bytes: int) -> NetworkError:
    return NetworkError(
        f"{shown(url)} gives more than {max_bytes:,} bytes. Raise the limit when that is expected."
    )


# --- content codings (RFC 9110, section 8.4) ---


class _Coding(Protocol):
    @property
    def complete(self) -> bool: ...

    def feed(self, data: bytes) -> Iterator[bytes]: ...


class _Zlib:
    """gzip and deflate; a deflate without its zlib header, which some servers send, is read, too."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._fresh = True

    @property
    def complete(self) -> bool:
        return self._stream.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        try:
            piece = self._stream.decompress(data, _PIECE)
        except zlib.error:
            if not self._fresh:
                raise
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
            piece = self._stream.decompress(data, _PIECE)
        self._fresh = False
        while piece:
            yield piece
            piece = self._stream.decompress(self._stream.unconsumed_tail, _PIECE)


class _Brotli:
    def __init__(self) -> None:
        import brotli  # type: ignore[import-untyped]  # noqa: PLC0415 -- only those who meet it pay for it

        self._stream = brotli.Decompressor()

    @property
    def complete(self) -> bool:
        return bool(self._stream.is_finished())

    def feed(self, data: bytes) -> Iterator[bytes]:
        piece = self._stream.process(data, output_buffer_limit=_PIECE)
        while piece or not self._stream.can_accept_more_data():
            yield piece
            piece = self._stream.process(b"", output_buffer_limit=_PIECE)


_CODINGS: Final[Mapping[str, Callable[[], _Coding]]] = {
    "gzip": _Zlib,
    "x-gzip": _Zlib,
    "deflate": _Zlib,
    "br": _Brotli,
}


def _codings(response: httpx.Response) -> list[str]:
    words = response.headers.get("content-encoding", "").split(",")
    return [name for word in words if (name := word.strip().lower()) not in ("", "identity")]


async def unpacked(response: httpx.Response) -> AsyncIterator[bytes]:
    """Give a body in pieces of at most 256 KiB, unpacked: a small packed one may hold gigabytes.

    A coding that is not ours (httpx may know it), and a body that somebody has read already, are
    httpx's matter. Raises NetworkError.
    """
    names = _codings(response)
    if response.is_stream_consumed or not names or not _CODINGS.keys() >= set(names):
        async for piece in response.aiter_bytes():
            yield piece
        return
    codings = [_CODINGS[name]() for name in reversed(names)]
    async for packed in response.aiter_raw():
        for piece in _unpack(packed, codings, shown(response.url)):
            yield piece
    if response.num_bytes_downloaded and not all(coding.complete for coding in codings):
        raise NetworkError(f"The answer of {shown(response.url)} ends in the middle. Try again.")


def _unpack(data: bytes, codings: Iterable[_Coding], place: str) -> Iterator[bytes]:
    pieces: Iterable[bytes] = (data,)
    for coding in codings:
        pieces = chain.from_iterable(map(coding.feed, pieces))
    try:
        yield from pieces
    except (zlib.error, ValueError) as error:
        raise NetworkError(
            f"The answer of {place} cannot be unpacked: {error}. Try again."
        ) from None
