"""Work with the addresses of documents, which are URLs or paths of files."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from openapi2tools._core.urls import is_url

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # of more than one letter: C: is a drive


def has_scheme(address: str) -> bool:
    """Return whether an address begins with a URL's scheme, of whatever name."""
    return ":" in address and _SCHEME.match(address) is not None


def base_of(address: str | None) -> str | None:
    """Return what references in the document at an address resolve against.

    That is the URL itself, or a file's folder.
    """
    if address is None or is_url(address):
        return address
    return _folder_of(address)


@lru_cache(maxsize=8192)
def resolve(url: str, base: str | None) -> str | None:
    """Resolve the URL of a reference against a document's base.

    In a document from a URL it stays a URL, always. Returns None for a relative path without a
    base.
    """
    if base is not None and is_url(base):
        try:
            return urljoin(base, url)
        except ValueError:  # no URL: the check whether it may be followed says so
            return url
    if has_scheme(url):
        return url
    if base is None:
        return None
    path = unquote(url.partition("?")[0]) if "%" in url or "?" in url else url
    return os.path.normpath(os.path.join(base, path))  # noqa: PTH118 -- there may be thousands of files


def relative(address: str, root: str) -> str:
    """Return an address relative to the root's folder, so that it is the same on every computer."""
    if is_url(address):
        folder = root.rpartition("/")[0] + "/"
        if is_url(root) and address.startswith(folder):
            return address.removeprefix(folder)
        return address.partition("://")[2]
    folder = _folder_of(root)
    if folder and address.startswith(folder):
        path = address.removeprefix(folder)
    else:
        path = os.path.relpath(address, folder or None)
    return path.replace(os.sep, "/")


def _folder_of(path: str) -> str:
    """Return a file's folder, with the slash at its end."""
    return path[: path.rfind(os.sep) + 1]


def redacted(address: str) -> str:
    """Return an address as messages show it, without what may be a secret."""
    if not is_url(address):
        return address
    from openapi2tools.transport import redact_url  # noqa: PLC0415 -- documents on disk do not need HTTP

    return redact_url(address)


def path_of(address: str) -> str:
    """Return the path of a relative address or a URL, without a query."""
    return urlsplit(address).path if "?" in address else address
