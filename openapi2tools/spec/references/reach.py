"""Where the references of a document may lead: an address in, yes or the reason why not out."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urljoin, urlsplit

from openapi2tools.errors import NetworkError
from openapi2tools.spec.fetch.fetch import is_url

if TYPE_CHECKING:
    from collections.abc import Iterable

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")  # of more than one letter: C: is a drive


class Reach:
    """References may lead to the root's own origin or folder, and to what the developer allows."""

    def __init__(self, root: str | None, allowed: Iterable[str]) -> None:
        allowed = list(allowed)
        folders = [Path(place).expanduser() for place in allowed if not is_url(place)]
        own = Path(root or "").parent
        # the whole disk is no folder of the document's own
        folders += [own] if own != Path(own.anchor) else []
        self._urls = [place for place in (root, *allowed) if place is not None and is_url(place)]
        self._local = root is not None and not is_url(root)
        self._folders = tuple(
            os.path.realpath(folder).rstrip(os.sep) + os.sep for folder in folders
        )
        self._real: dict[str, str] = {}

    def refusal(self, address: str) -> tuple[str, str] | None:
        """Say why a reference may not be followed, and what to do; None when it may."""
        if is_url(address):
            return self._refuse_url(address)
        if _SCHEME.match(address):
            return "only http and https can be followed.", "Put what it names beside the document."
        if not self._local:
            return "a document from elsewhere does not read files of this computer.", ""
        file = self._follow_links(address)
        if file.startswith(self._folders):
            return None
        return (
            "the file is outside the document's folder.",
            f"Allow its folder with --allow-ref {Path(file).parent}.",
        )

    def _refuse_url(self, address: str) -> tuple[str, str] | None:
        from openapi2tools.transport import origin  # noqa: PLC0415 -- documents on disk do not need HTTP

        try:
            place = origin(address)
        except NetworkError as error:
            return str(error), "Correct it."
        if place in {origin(known) for known in self._urls}:
            return None
        return (
            f"{place} is not where the document came from.",
            f"Allow it with --allow-ref {place}.",
        )

    def _follow_links(self, path: str) -> str:
        """Give the real path, since a link within the folder may lead out of it; every folder is looked at once."""
        folder, _, name = path.rpartition(os.sep)
        if folder and folder not in self._real:
            self._real[folder] = self._follow_links(folder)
        real = self._real.get(folder, "") + os.sep + name
        return os.path.realpath(real) if os.path.islink(real) else real  # noqa: PTH114 -- there may be thousands of files


def base_of(address: str | None) -> str | None:
    """Give what references in the document at an address resolve against: the URL itself, or a file's folder."""
    return address if address is None or is_url(address) else address[: address.rfind(os.sep) + 1]


@lru_cache(maxsize=8192)
def resolve(url: str, base: str | None) -> str | None:
    """Resolve the URL of a reference against a document's base; in a document from a URL it stays a URL, always."""
    if base is not None and is_url(base):
        try:
            return urljoin(base, url)
        except ValueError:  # no URL: who is asked whether it may be followed says so
            return url
    if ":" in url and _SCHEME.match(url):
        return url
    if base is None:
        return None
    path = unquote(url.partition("?")[0]) if "%" in url or "?" in url else url
    return os.path.normpath(os.path.join(base, path))  # noqa: PTH118 -- there may be thousands of files


def relative(address: str, root: str) -> str:
    """Write an address as seen from the root's folder, so that it is the same on every computer."""
    if is_url(address):
        folder = root.rpartition("/")[0] + "/"
        return (
            address.removeprefix(folder)
            if is_url(root) and address.startswith(folder)
            else address.partition("://")[2]
        )
    folder = root[: root.rfind(os.sep) + 1]
    inside = folder and address.startswith(folder)
    return (address[len(folder) :] if inside else os.path.relpath(address, folder or None)).replace(
        os.sep, "/"
    )


def shown(address: str) -> str:
    """Write an address for people, without what may be a secret."""
    if not is_url(address):
        return address
    from openapi2tools.transport import shown as shown_url  # noqa: PLC0415 -- documents on disk do not need HTTP

    return shown_url(address)


def path_of(address: str) -> str:
    """Give the path of a relative address or a URL, without a query."""
    return urlsplit(address).path if "?" in address else address
