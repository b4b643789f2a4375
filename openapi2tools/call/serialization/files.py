"""Find the files that arguments speak of.

An argument that comes from a model is an object with exactly one of `path`, `text` and `base64`,
and perhaps `filename` and `content_type`. A path in it must lie in a folder that the developer
allows: the model must not send what it was not given. A program may also pass bytes, a
`pathlib.Path`, an open file or a `Part` of a result, which are its own choice.

In a run an object with `result`, the id of an earlier call, is a handle to the file which that call
answered. It becomes a `ResultFile` before the arguments are checked.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from mimetypes import guess_extension, guess_type
from pathlib import Path
from secrets import token_hex
from typing import IO, TYPE_CHECKING, Any, Final

from openapi2tools._core.reader import for_reader
from openapi2tools.call.serialization.streams import File
from openapi2tools.call.serialization.styles import Unwritable, require_header_value
from openapi2tools.model import Part, essence
from openapi2tools.tools.text.sentences import shortened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.call.serialization.streams import Piece
    from openapi2tools.model import Json

HANDLE_KEY: Final = "result"
"""The key of a handle: `{"result": id of a call}`."""
_CONTENT_KEYS: Final = frozenset({"path", "text", "base64"})
_FILE_KEYS: Final = _CONTENT_KEYS | {"filename", "content_type"}
_HANDLE_KEYS: Final = (_FILE_KEYS - _CONTENT_KEYS) | {HANDLE_KEY}
_OCTETS: Final = "application/octet-stream"
_MAX_NESTING: Final = 128
_MAX_SHOWN_PATH_CHARS: Final = 200
_SIGNATURES: Final = {  # how the content of some common files begins
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"%PDF-": "application/pdf",
}


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send; `content_type` is empty when it is unknown."""

    content: Piece
    filename: str = ""
    content_type: str = ""


class ResultFile(dict[str, Any]):
    """A handle as a model gave it, with the file that it leads to; JSON to whoever shows it."""

    __slots__ = ("part",)

    def __init__(self, handle: Mapping[str, Json], part: Part) -> None:
        super().__init__(handle)
        self.part = part


def handle_id(value: Json) -> str | None:
    """Return the id in a value that may be a handle; None where it is none."""
    if not isinstance(value, Mapping) or not value.keys() <= _HANDLE_KEYS:
        return None
    found = value.get(HANDLE_KEY)
    return found if isinstance(found, str) else None


def with_plain_handles(value: Json) -> Json:
    """Return arguments with handles as they were given, for whoever reads or keeps them."""
    if isinstance(value, Mapping):
        return {key: with_plain_handles(each) for key, each in value.items()}
    return [with_plain_handles(each) for each in value] if isinstance(value, list) else value


def is_file(value: Json) -> bool:
    """Whether a value describes a file."""
    if isinstance(value, Mapping):
        contents = [key for key in _CONTENT_KEYS if value.get(key) is not None]
        return value.keys() <= _FILE_KEYS and len(contents) == 1
    return _is_program_file(value)


def holds_program_file(value: Mapping[str, Json]) -> bool:
    """Whether an object holds a file that the program passed."""
    return any(_is_program_file(value.get(key)) for key in _CONTENT_KEYS)


def set_files_aside(value: Json, own: dict[str, Json], depth: int = 0) -> Json:
    """Return a copy of the arguments that is JSON: placeholder texts stand for the program's files.

    Bytes, paths and open files move into `own`, by placeholder; one that stands alone becomes an
    object with a `path`. Raises Unwritable for a value that is neither JSON nor a file, and for
    nesting beyond reason.
    """
    if depth > _MAX_NESTING:
        raise Unwritable("they are nested too deeply")
    if isinstance(value, ResultFile):
        others = {key: each for key, each in value.items() if key != HANDLE_KEY}
        return {**others, "path": _set_aside(value.part, own)}
    if isinstance(value, Mapping):
        return {key: _member_stand_in(key, each, own, depth) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [set_files_aside(each, own, depth + 1) for each in value]
    if _is_program_file(value):
        return {"path": _set_aside(value, own)}
    if value is None or isinstance(value, str | int | float):
        return value
    raise Unwritable(
        f"a value of type {type(value).__name__} is neither JSON nor a file: "
        "write it as text or as a number"
    )


def _member_stand_in(key: Json, value: Json, own: dict[str, Json], depth: int) -> Json:
    if not isinstance(key, str):
        raise Unwritable(f"{key!r} is no name: names are texts")
    if key in _CONTENT_KEYS and _is_program_file(value):
        return _set_aside(value, own)
    return set_files_aside(value, own, depth + 1)


def put_files_back(value: Json, own: Mapping[str, Json]) -> Json:
    """Put the files back: the inverse of `set_files_aside`, but for the objects that it made."""
    if isinstance(value, Mapping):
        return {key: put_files_back(each, own) for key, each in value.items()}
    if isinstance(value, list):
        return [put_files_back(each, own) for each in value]
    return own.get(value, value) if isinstance(value, str) else value


def _set_aside(value: Json, own: dict[str, Json]) -> str:
    placeholder = f"file:{token_hex(8)}"
    own[placeholder] = value
    return placeholder


def _is_program_file(value: Json) -> bool:
    return isinstance(value, bytes | bytearray | Path | Part) or (
        hasattr(value, "read") and hasattr(value, "seek")
    )


def find_file(value: Json, folders: Sequence[Path] = ()) -> Upload:
    """Find a file. Raises Unwritable when it is missing, not allowed, or not described clearly."""
    if isinstance(value, Mapping):
        if not is_file(value):
            raise Unwritable(
                "a file is an object with exactly one of path, text and base64, "
                "and perhaps filename and content_type"
            )
        found = _described(value, folders)
        filename = str(value.get("filename") or found.filename)
        content_type = str(
            value.get("content_type")
            or found.content_type
            or _guess(filename)
            or _type_by_signature(found.content)
        )
        return Upload(found.content, filename, require_header_value(content_type))
    return Upload(value.encode()) if isinstance(value, str) else _program_file(value)


def _program_file(value: bytes | bytearray | Path | Part | IO[bytes]) -> Upload:
    if isinstance(value, Part):
        return _part_file(value)
    if isinstance(value, bytes | bytearray):
        return Upload(bytes(value), content_type=_type_by_signature(bytes(value)))
    file = _file(value)
    return Upload(file, file.name, _guess(file.name))


def _part_file(part: Part) -> Upload:
    """Return a file that an API answered, under a name that tells its type."""
    content = _part_content(part)
    media_type = essence(part.media_type)
    known_type = "" if media_type == _OCTETS else media_type
    content_type = known_type or _guess(part.name) or _type_by_signature(content)
    return Upload(content, file_name(part), require_header_value(content_type))


def _part_content(part: Part) -> Piece:
    if part.data:
        return part.data
    if not part.path:
        raise Unwritable("the bytes of this file were not kept: make the call that gave it again")
    return _file(Path(part.path))


def file_name(part: Part) -> str:
    """Return the name of a file that an API answered, or one that tells its type."""
    return part.name or f"file{guess_extension(essence(part.media_type)) or ''}"


def _described(value: Mapping[str, Json], folders: Sequence[Path]) -> Upload:
    """Return the file that an object describes; its type only where it is known by itself."""
    kind = next(key for key in _CONTENT_KEYS if value.get(key) is not None)
    content = value[kind]
    if not isinstance(content, str):
        found = _program_file(content)
        return found if isinstance(content, Part) else replace(found, content_type="")
    if kind == "path":
        file = _allowed(content, folders)
        return Upload(file, file.name)
    if kind == "base64":
        return Upload(_from_base64(content))
    return Upload(content.encode())


def _from_base64(text: str) -> bytes:
    try:
        return b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        raise Unwritable("the content is no base64") from None


def _allowed(path: str, folders: Sequence[Path]) -> File:
    """Find a file that must lie in one of the folders, once the links in its path are resolved.

    A relative path is looked for in each of them. A hard link is a file of its folder.
    """
    shown = shortened(path, _MAX_SHOWN_PATH_CHARS)
    if not folders:
        raise Unwritable(
            f"the file {shown!r} is not sent: no folder is allowed; "
            f"{for_reader('connect(files=[…])', '--files FOLDER')} allows one, "
            "text and base64 need none"
        )
    for folder in folders:
        file = _file_within(folder, path)
        if file is not None:
            return file
    raise Unwritable(
        f"there is no file {shown!r} in the allowed folders ({', '.join(map(str, folders))})"
    )


def _file_within(folder: Path, path: str) -> File | None:
    try:
        found = (folder / path).resolve()
        return File.within(folder, found) if found.is_relative_to(folder) else None
    except PermissionError as error:
        raise Unwritable(f"the file {path!r} cannot be read: {error.strerror}") from None
    except (OSError, ValueError, RuntimeError):
        return None


def _file(source: Path | IO[bytes]) -> File:
    try:
        if not isinstance(source, Path) and isinstance(source.read(0), str):
            raise Unwritable("the file is open for reading text: open it in binary mode, 'rb'")
        return File.of(source)
    except OSError as error:
        name = f" {str(source)!r}" if isinstance(source, Path) else ""
        raise Unwritable(f"the file{name} cannot be read: {error.strerror or error}") from None


def _guess(filename: str) -> str:
    return guess_type(filename)[0] or "" if filename else ""


def _type_by_signature(content: Piece) -> str:
    """Return the media type of a file without a name, as its first bytes tell it."""
    if not isinstance(content, bytes):
        return ""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    found = (kind for start, kind in _SIGNATURES.items() if content.startswith(start))
    return next(found, "")
