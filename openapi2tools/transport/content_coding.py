"""Content codings (RFC 9110, section 8.4): bodies unpacked piece by piece, within memory.

A small packed body may hold gigabytes, so that nothing is unpacked in one go.
"""

from __future__ import annotations

import zlib
from itertools import chain
from typing import TYPE_CHECKING, Final, Protocol

from openapi2tools.transport.http.error_translation import AnswerBroken
from openapi2tools.transport.urls import redact_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping

    import httpx

ACCEPT_ENCODING: Final = "gzip, deflate, br"
_GZIP_MAGIC: Final = b"\x1f\x8b"
_MAX_MEMBERS: Final = 10_000
_PIECE_BYTES: Final = 256 * 1024


class _Decoder(Protocol):
    @property
    def complete(self) -> bool: ...

    def feed(self, data: bytes) -> Iterator[bytes]: ...


class _ZlibDecoder:
    """gzip and deflate; also a deflate without its zlib header, which some servers send.

    A gzip of several members (RFC 1952, section 2.2) is one body; what follows the last one is no
    member, and not a part of it.
    """

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(zlib.MAX_WBITS | 32)
        self._at_start = True
        self._after_member = b""  # what may be the beginning of another, or is none
        self._members = 1

    @property
    def complete(self) -> bool:
        return self._stream.eof

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._stream.eof:
                data = self._after_member + data
                if not data.startswith(_GZIP_MAGIC):
                    self._after_member = data[: len(_GZIP_MAGIC)]
                    return
                self._begin_member()
            yield from self._feed_member(data)
            data = self._stream.unused_data

    def _begin_member(self) -> None:
        self._members += 1
        if self._members > _MAX_MEMBERS:
            raise zlib.error(f"it has more than {_MAX_MEMBERS} parts")
        self._stream = zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._after_member = b""

    def _feed_member(self, data: bytes) -> Iterator[bytes]:
        try:
            piece = self._stream.decompress(data, _PIECE_BYTES)
        except zlib.error:
            if not self._at_start:
                raise
            self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
            piece = self._stream.decompress(data, _PIECE_BYTES)
        self._at_start = False
        while piece:
            yield piece
            piece = self._stream.decompress(self._stream.unconsumed_tail, _PIECE_BYTES)


class _BrotliDecoder:
    def __init__(self) -> None:
        import brotli  # type: ignore[import-untyped]  # noqa: PLC0415 -- only those who meet it pay for it

        self._stream = brotli.Decompressor()
        self._error: type[Exception] = brotli.error

    @property
    def complete(self) -> bool:
        return bool(self._stream.is_finished())

    def feed(self, data: bytes) -> Iterator[bytes]:
        piece = self._process(data)
        while piece or not self._stream.can_accept_more_data():
            yield piece
            piece = self._process(b"")

    def _process(self, data: bytes) -> bytes:
        try:
            piece: bytes = self._stream.process(data, output_buffer_limit=_PIECE_BYTES)
        except self._error as error:
            raise ValueError(str(error)) from None
        return piece


_DECODERS: Final[Mapping[str, Callable[[], _Decoder]]] = {
    "gzip": _ZlibDecoder,
    "x-gzip": _ZlibDecoder,
    "deflate": _ZlibDecoder,
    "br": _BrotliDecoder,
}


def unknown_coding(response: httpx.Response) -> str | None:
    """Return the first coding of a body that is not ours, None when all are."""
    return next((name for name in _codings(response) if name not in _DECODERS), None)


async def iter_unpacked(response: httpx.Response) -> AsyncIterator[bytes]:
    """Yield a body unpacked, in pieces of at most 256 KiB.

    A coding that is not ours (httpx may know it), and a body that somebody has read already, are
    httpx's matter. Raises AnswerBroken.
    """
    names = _codings(response)
    if not names or response.is_stream_consumed or unknown_coding(response) is not None:
        async for piece in response.aiter_bytes():
            yield piece
        return
    address = redact_url(response.url)
    decoders = [_DECODERS[name]() for name in reversed(names)]
    async for packed in response.aiter_raw():
        for piece in _unpack(packed, decoders, address):
            yield piece
    is_complete = all(decoder.complete for decoder in decoders)
    if response.num_bytes_downloaded and not is_complete:
        raise AnswerBroken(f"The answer of {address} ends in the middle.")


def _codings(response: httpx.Response) -> list[str]:
    """Return the names of a body's codings, in the order in which they were applied."""
    names = response.headers.get("content-encoding", "").split(",")
    normalized = [name.strip().lower() for name in names]
    return [name for name in normalized if name not in ("", "identity")]


def _unpack(data: bytes, decoders: Iterable[_Decoder], address: str) -> Iterator[bytes]:
    pieces: Iterable[bytes] = (data,)
    for decoder in decoders:
        pieces = chain.from_iterable(map(decoder.feed, pieces))
    try:
        yield from pieces
    except (zlib.error, ValueError) as error:
        raise AnswerBroken(f"The answer of {address} cannot be unpacked: {error}.") from None
