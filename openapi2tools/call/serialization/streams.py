"""A body in pieces, bytes and files, in; a stream for httpx out, which reads files while they are sent, and again for another attempt."""

from __future__ import annotations

import io
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, Final, TypeAlias

import httpx

from openapi2tools.errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

Piece: TypeAlias = "bytes | File"
_CHUNK: Final = 64 * 1024
_reading: Final = Lock()  # a position, and what is read there


@dataclass(frozen=True, slots=True)
class File:
    """A file to be read when it is sent: a path, or a seekable file that its owner opened for reading bytes (read from where it stands)."""

    source: Path | IO[bytes]
    start: int
    length: int

    @property
    def name(self) -> str:
        """Give the file's name, as far as it is known."""
        return (
            self.source.name
            if isinstance(self.source, Path)
            else Path(str(getattr(self.source, "name", ""))).name
        )

    @classmethod
    def of(cls, source: Path | IO[bytes]) -> File:
        """Measure a file. Raises OSError when there is none."""
        if isinstance(source, Path):
            return cls(source, 0, source.stat().st_size)
        with _reading:
            start = source.tell()
            length = source.seek(0, io.SEEK_END) - start
            source.seek(start)
        return cls(source, start, length)

    def read(self) -> Iterator[bytes]:
        """Give its bytes, chunk by chunk, exactly as many as were measured: the length is announced before.

        Raises NetworkError when it is gone or shorter by now.
        """
        left = self.length
        try:
            with self._opened() as file:
                while left and (chunk := self._chunk(file, left, self.start + self.length - left)):
                    left -= len(chunk)
                    yield chunk
        except (OSError, ValueError) as error:  # a ValueError is a file that its owner closed
            raise self._changed(str(getattr(error, "strerror", None) or error)) from None
        if left:
            raise self._changed(f"{left} bytes are missing")

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        if isinstance(self.source, Path):
            with self.source.open("rb") as file:
                yield file
        else:
            yield self.source

    def _chunk(self, file: IO[bytes], most: int, place: int) -> bytes:
        """Read from a place, and leave the file's position as it is: other calls may send the same open file, or measure it."""
        with _reading:
            before = file.tell()
            file.seek(place)
            chunk = file.read(min(_CHUNK, most))
            file.seek(before)
        return chunk

    def _changed(self, how: str) -> NetworkError:
        return NetworkError(
            f"The file {self.name!r} changed after the call was prepared ({how}): leave it as it is until it is sent."
        )


class Pieces(httpx.AsyncByteStream, httpx.SyncByteStream):
    """The bytes of a body, one piece after the other, as often as somebody asks."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.pieces = tuple(piece for piece in pieces if piece != b"")
        self.length = sum(
            len(piece) if isinstance(piece, bytes) else piece.length for piece in self.pieces
        )

    @classmethod
    def of(cls, request: httpx.Request) -> Pieces:
        """Give the body of a request that this package built."""
        return request.stream if isinstance(request.stream, Pieces) else cls([request.content])

    def __iter__(self) -> Iterator[bytes]:
        for piece in self.pieces:
            if isinstance(piece, bytes):
                yield piece
            else:
                yield from piece.read()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self:  # a local disk answers faster than a thread would
            yield chunk

    def in_memory(self) -> bytes | None:
        """Give all the bytes, or None when a file is among the pieces."""
        known = [piece for piece in self.pieces if isinstance(piece, bytes)]
        return b"".join(known) if len(known) == len(self.pieces) else None

    def only_path(self) -> str | None:
        """Give the path of the file that is the whole body, if one is."""
        match self.pieces:
            case (File(source=Path() as path),):
                return str(path)
        return None

    def text(self) -> str | None:
        """Give the body as text, or None when a file or bytes that are no text are in it."""
        content = self.in_memory()
        try:
            return None if content is None or b"\0" in content else content.decode()
        except UnicodeDecodeError:
            return None
