"""Request bodies as streams of bytes and files, which can be read again for another attempt."""

from __future__ import annotations

import io
import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import IO, TYPE_CHECKING, Final, NamedTuple, TypeAlias

import httpx

from openapi2tools.errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator

Piece: TypeAlias = "bytes | File"
_CHUNK_BYTES: Final = 64 * 1024
_FILE_POSITION_LOCK: Final = Lock()  # several calls may read one open file


_FOLDER_FLAGS: Final = sum(
    getattr(os, name, 0) for name in ("O_PATH", "O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC")
)
_FILE_FLAGS: Final = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
)
"""How a file is opened that must be no link, nor a pipe that nobody writes to."""


class FileIdentity(NamedTuple):
    """What tells a file from every other one, whatever its name: its device and number there."""

    device: int
    number: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileIdentity:
        """Return the identity of an open file."""
        return cls(status.st_dev, status.st_ino)


@dataclass(frozen=True, slots=True)
class File:
    """A file that is read when it is sent.

    `source` is a path, or a seekable file opened for reading bytes, which is read from `start`.
    `length` is in bytes. With an `identity` that very file is sent and none that took its place.
    """

    source: Path | IO[bytes]
    start: int
    length: int
    identity: FileIdentity | None = None

    @property
    def name(self) -> str:
        """The name of the file, as far as it is known."""
        if isinstance(self.source, Path):
            return self.source.name
        return Path(str(getattr(self.source, "name", ""))).name

    @classmethod
    def of(cls, source: Path | IO[bytes]) -> File:
        """Return a file with its length. Raises OSError when there is none."""
        if isinstance(source, Path):
            return cls(source, 0, source.stat().st_size)
        with _FILE_POSITION_LOCK:
            start = source.tell()
            length = source.seek(0, io.SEEK_END) - start
            source.seek(start)
        return cls(source, start, length)

    @classmethod
    def within(cls, folder: Path, path: Path) -> File | None:
        """Return a file of a folder; None where there is none, or no regular one.

        Neither may have links in it. The file is opened step by step from the folder, so that a
        link which takes the place of a step meanwhile leads nowhere. Raises OSError.
        """
        descriptor = _open_step_by_step(folder, path.relative_to(folder).parts)
        try:
            status = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        return cls(path, 0, status.st_size, FileIdentity.of(status))

    def read(self) -> Iterator[bytes]:
        """Yield exactly `length` bytes, chunk by chunk, since that length was announced.

        Raises NetworkError when the file is gone or shorter by now.
        """
        left = self.length
        try:
            with self._opened() as file:
                while left:
                    chunk = self._chunk(file, left, self.start + self.length - left)
                    if not chunk:
                        break
                    left -= len(chunk)
                    yield chunk
        except (OSError, ValueError) as error:  # a ValueError is a file that its owner closed
            raise self._changed(str(getattr(error, "strerror", None) or error)) from None
        if left:
            raise self._changed(f"{left} bytes are missing")

    @contextmanager
    def _opened(self) -> Iterator[IO[bytes]]:
        if isinstance(self.source, Path):
            flags = os.O_RDONLY if self.identity is None else _FILE_FLAGS
            with open(
                self.source, "rb", opener=lambda name, given: os.open(name, given | flags)
            ) as file:
                if self.identity not in (None, FileIdentity.of(os.fstat(file.fileno()))):
                    raise self._changed("another file has taken its place")
                yield file
        else:
            yield self.source

    def _chunk(self, file: IO[bytes], most: int, position: int) -> bytes:
        """Read at a position, and leave the file's own position as it is.

        Other calls may send or measure the same open file.
        """
        with _FILE_POSITION_LOCK:
            before = file.tell()
            file.seek(position)
            chunk = file.read(min(_CHUNK_BYTES, most))
            file.seek(before)
        return chunk

    def _changed(self, how: str) -> NetworkError:
        return NetworkError(
            f"The file {self.name!r} changed after the call was prepared ({how}): "
            "leave it as it is until it is sent."
        )


def digest_text(piece: Piece) -> str:
    """Return what stands for some content, which is read to its end.

    Raises NetworkError as `File.read` does.
    """
    digest = sha256()
    length = 0
    for chunk in [piece] if isinstance(piece, bytes) else piece.read():
        digest.update(chunk)
        length += len(chunk)
    return f"sha256 {digest.hexdigest()} ({length} bytes)"


def _open_step_by_step(folder: Path, steps: tuple[str, ...]) -> int:
    """Open a file below a folder, following no link on the way; return its descriptor.

    Where the system opens nothing relative to a folder (Windows), the path is opened as a whole.
    """
    if os.open not in os.supports_dir_fd or not steps:
        return os.open(folder.joinpath(*steps), _FILE_FLAGS)
    descriptor = os.open(folder, _FOLDER_FLAGS)
    for number, step in enumerate(steps, 1):
        flags = _FILE_FLAGS if number == len(steps) else _FOLDER_FLAGS
        try:
            below = os.open(step, flags, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = below
    return descriptor


class BodyStream(httpx.AsyncByteStream, httpx.SyncByteStream):
    """The bytes of a body, one piece after the other; it can be iterated again and again."""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.pieces = tuple(piece for piece in pieces if piece != b"")
        self.length = sum(
            len(piece) if isinstance(piece, bytes) else piece.length for piece in self.pieces
        )

    @classmethod
    def of(cls, request: httpx.Request) -> BodyStream:
        """Return the body of a request that this package built."""
        return request.stream if isinstance(request.stream, BodyStream) else cls([request.content])

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
        """Return all the bytes, or None when a file is among the pieces."""
        known = [piece for piece in self.pieces if isinstance(piece, bytes)]
        return b"".join(known) if len(known) == len(self.pieces) else None

    def only_path(self) -> str | None:
        """Return the path of the file that is the whole body, or None."""
        match self.pieces:
            case (File(source=Path() as path),):
                return str(path)
        return None

    def text(self) -> str | None:
        """Return the body as text, or None when it holds a file or is no text."""
        content = self.in_memory()
        try:
            return None if content is None or b"\0" in content else content.decode()
        except UnicodeDecodeError:
            return None
