"""Documents from files and from standard input."""

from __future__ import annotations

import os
import re
import sys
from io import BufferedReader, FileIO
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from openapi2tools.errors import FetchError
from openapi2tools.spec.fetch.fetched import Fetched

_STANDARD_INPUT: Final = "-"

# no path looks like it: `localhost`, an IPv4 address, a name with a top-level domain and a port
_HOST: Final = re.compile(
    r"(?:localhost|\d+\.\d+\.\d+\.\d+|[\w.-]+\.[a-z]{2,}(?=:\d))(?::\d+)?(?:/|$)", re.IGNORECASE
)


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
        advice = f" For a server write http://{address}." if _HOST.match(address) else ""
        raise FetchError(f"cannot read it: {reason}.{advice}", address=address) from None
    if len(data) > max_bytes:
        raise FetchError(
            f"more than {max_bytes:,} bytes. "
            "Raise Limits.max_bytes if it is meant to be that large.",
            address=address,
        )
    return Fetched(data, path)


# os.path and open instead of pathlib: a description may be thousands of files


def _path_of(address: str) -> str:
    if address[:5].lower() == "file:":
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
