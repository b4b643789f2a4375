"""What an argument says of a file in, the file to send out.

An argument that comes from a model is an object with exactly one of `path`, `text` and `base64`,
and perhaps `filename` and `content_type`. A path in it must lie in a folder that the developer
allows: the model must not send what it was not given. A program may also pass bytes, a
`pathlib.Path` or an open file, which are its own choice.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from mimetypes import guess_type
from pathlib import Path
from secrets import token_hex
from typing import IO, TYPE_CHECKING, Final

from openapi2tools.call.serialization.streams import File
from openapi2tools.call.serialization.styles import Unwritable, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.call.serialization.streams import Piece
    from openapi2tools.model import Json

_CONTENT: Final = frozenset({"path", "text", "base64"})
_WORDS: Final = _CONTENT | {"filename", "content_type"}
_DEEPEST: Final = 128


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send; `content_type` is empty when nothing tells it."""

    content: Piece
    filename: str = ""
    content_type: str = ""


def is_file(value: Json) -> bool:
    """Whether a value speaks of a file."""
    if isinstance(value, Mapping):
        return value.keys() <= _WORDS and sum(value.get(key) is not None for key in _CONTENT) == 1
    return _is_own(value)


def is_own(value: Mapping[str, Json]) -> bool:
    """Whether an object stands for a file that the program passed."""
    return any(_is_own(value.get(key)) for key in _CONTENT)


def stand_ins(value: Json, own: dict[str, Json], depth: int = 0) -> Json:
    """Put what JSON has no word for (bytes, paths, open files) aside, into `own`, and text in its place, or an object that says `path`.

    Raises Unwritable for a value that is neither, and for nesting beyond reason.
    """
    if depth > _DEEPEST:
        raise Unwritable("they are nested too deeply")
    if isinstance(value, Mapping):
        if odd := [key for key in value if not isinstance(key, str)]:
            raise Unwritable(f"{odd[0]!r} is no name: names are texts")
        return {
            key: _aside(each, own)
            if key in _CONTENT and _is_own(each)
            else stand_ins(each, own, depth + 1)
            for key, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [stand_ins(each, own, depth + 1) for each in value]
    if _is_own(value):
        return {"path": _aside(value, own)}
    if value is None or isinstance(value, str | int | float):
        return value
    raise Unwritable(
        f"a value of type {type(value).__name__} is neither JSON nor a file: write it as text or as a number"
    )


def restored(value: Json, own: Mapping[str, Json]) -> Json:
    """Put everything back: the inverse of `stand_ins`, but that what stood alone stays in an object that says `path`."""
    if isinstance(value, Mapping):
        return {key: restored(each, own) for key, each in value.items()}
    if isinstance(value, list):
        return [restored(each, own) for each in value]
    return own.get(value, value) if isinstance(value, str) else value


def _aside(value: Json, own: dict[str, Json]) -> str:
    own[key := f"file:{token_hex(8)}"] = value
    return key


def _is_own(value: Json) -> bool:
    return isinstance(value, bytes | bytearray | Path) or (
        hasattr(value, "read") and hasattr(value, "seek")
    )


def upload(value: Json, folders: Sequence[Path] = ()) -> Upload:
    """Find a file. Raises Unwritable when it is not there, not allowed, or not said clearly."""
    if isinstance(value, Mapping):
        if not is_file(value):
            raise Unwritable(
                "a file is an object with exactly one of path, text and base64, and perhaps filename and content_type"
            )
        content, name = _described(value, folders)
        filename = str(value.get("filename") or name)
        return Upload(
            content, filename, one_line(str(value.get("content_type") or _guess(filename)))
        )
    return Upload(value.encode()) if isinstance(value, str) else _own(value)


def _own(value: bytes | bytearray | Path | IO[bytes]) -> Upload:
    if isinstance(value, bytes | bytearray):
        return Upload(bytes(value))
    file = _file(value)
    return Upload(file, file.name, _guess(file.name))


def _described(value: Mapping[str, Json], folders: Sequence[Path]) -> tuple[Piece, str]:
    way = next(key for key in _CONTENT if value.get(key) is not None)
    content = value[way]
    if not isinstance(content, str):
        found = _own(content)
        return found.content, found.filename
    if way == "path":
        path = _allowed(content, folders)
        return _file(path), path.name
    return _from_base64(content) if way == "base64" else content.encode(), ""


def _from_base64(text: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        raise Unwritable("the content is no base64") from None


def _allowed(path: str, folders: Sequence[Path]) -> Path:
    """Resolve a path, links included, and see that it lies in one of the folders; a relative path is looked for in each."""
    if not folders:
        raise Unwritable(
            f"the file {path!r} is not sent: no folder is allowed; connect(files=[…]) allows one, text and base64 need none"
        )
    for folder in folders:
        try:
            found = (folder / path).resolve()
        except (OSError, ValueError, RuntimeError):
            continue
        if found.is_relative_to(folder) and found.is_file():
            return found
    raise Unwritable(
        f"there is no file {path!r} in the allowed folders ({', '.join(map(str, folders))})"
    )


def _file(source: Path | IO[bytes]) -> File:
    try:
        if not isinstance(source, Path) and isinstance(source.read(0), str):
            raise Unwritable("the file is open for reading text: open it in binary mode, 'rb'")
        return File.of(source)
    except OSError as error:
        raise Unwritable(f"the file cannot be read: {error.strerror or error}") from None


def _guess(filename: str) -> str:
    return guess_type(filename)[0] or "" if filename else ""
