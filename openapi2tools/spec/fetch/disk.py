"""Documents from files and from standard input."""

from __future__ import annotations

import os
import re
import sys
from io import BufferedReader, FileIO
from typing import Final
from urllib.parse import urlsplit

from openapi2tools.errors import FetchError
from openapi2tools.spec.fetch.fetched import Fetched
from openapi2tools.spec.limits import raise_limit

_STANDARD_INPUT: Final = "-"

# hardly a path: `localhost`, an IPv4 address, a name with a top-level domain before a port or path
_HOST: Final = re.compile(
    r"(?:localhost|\d+\.\d+\.\d+\.\d+|[\w.-]+\.[a-z]{2,}(?=:\d|/))(?::\d+)?(?:/|$)",
    re.IGNORECASE,
)
# `htp://`, `ftp://`, `https:/`: of more than one letter, for C:/ is a drive
_SCHEME: Final = re.compile(r"([a-z][a-z0-9+.-]+):/+", re.IGNORECASE)
_SUFFIXES: Final = (".json", ".yaml", ".yml")
_MAX_FILES_OF_FOLDER: Final = 1000


def read_from_disk(address: str, max_bytes: int) -> Fetched:
    """Read a path, a `file:` URL or `-` (standard input). Raises FetchError."""
    # a byte more than is allowed is read, which tells that there is too much
    try:
        if address == _STANDARD_INPUT:
            path = None
            data = sys.stdin.buffer.read(max_bytes + 1)
        else:
            path = _path_of(address)
            data = _read_file(path, max_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: no path has a null byte
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise FetchError(f"cannot read it: {reason}.{_advice(address)}", address=address) from None
    if len(data) > max_bytes:
        raise FetchError(
            f"more than {max_bytes:,} bytes. "
            f"{raise_limit('max_bytes')} if it is meant to be that large.",
            address=address,
        )
    return Fetched(data, path, may_be_kept=path is not None)


def _advice(address: str) -> str:
    """Return what to write instead of an address that was taken for a path; often nothing."""
    scheme = _SCHEME.match(address)
    if scheme is not None and scheme[1].lower() != "file":
        rest = address[scheme.end() :]
        return f" {scheme[0]} is nothing that can be fetched here: write https://{rest}."
    return f" For a server write http://{address}." if _HOST.match(address) else ""


def is_folder(address: str) -> bool:
    """Return whether an address is the path of a folder."""
    if address == _STANDARD_INPUT:
        return False
    try:
        return os.path.isdir(_path_of(address))  # noqa: PTH112
    except ValueError:  # a URL that is none: `file://[`
        return False


def files_of(address: str) -> list[str]:
    """Return the paths of the files in a folder that may be descriptions, in alphabetical order."""
    folder = _path_of(address)
    names = sorted(name for name in os.listdir(folder) if name.lower().endswith(_SUFFIXES))  # noqa: PTH208
    paths = [os.path.join(folder, name) for name in names[:_MAX_FILES_OF_FOLDER]]  # noqa: PTH118
    return [path for path in paths if os.path.isfile(path)]  # noqa: PTH113


# os.path and open instead of pathlib: a description may be thousands of files


def _path_of(address: str) -> str:
    if address[:5].lower() == "file:":
        from urllib.request import url2pathname  # noqa: PLC0415 -- it brings an HTTP client

        return url2pathname(urlsplit(address).path)
    return os.path.expanduser(address) if address.startswith("~") else address  # noqa: PTH111


def _read_file(path: str, max_bytes: int) -> bytes:
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        return _read_up_to(file, max_bytes)


def _read_up_to(file: FileIO, max_bytes: int) -> bytes:
    """Read a file in one go; a pipe or a device does not know its size, and may go on for ever."""
    size = os.fstat(file.fileno()).st_size
    data = file.read(min(size + 1, max_bytes))
    if len(data) <= size or len(data) == max_bytes:
        return data
    with BufferedReader(file) as rest:
        return data + rest.read(max_bytes - len(data))
