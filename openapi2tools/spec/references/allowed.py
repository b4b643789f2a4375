"""Decide where the references of a document may lead."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from openapi2tools._core.reader import for_reader
from openapi2tools._core.urls import is_url
from openapi2tools.errors import NetworkError
from openapi2tools.spec.references.addresses import has_scheme

if TYPE_CHECKING:
    from collections.abc import Iterable


class Refusal(NamedTuple):
    """Why a reference may not be followed, and what to do about it."""

    reason: str
    advice: str


class AllowedAddresses:
    """Where references may lead: the root's own origin or folder, and those that are allowed."""

    def __init__(self, root: str | None, allowed: Iterable[str]) -> None:
        allowed = list(allowed)
        self._urls = [url for url in (root, *allowed) if url is not None and is_url(url)]
        self._is_root_local = root is not None and not is_url(root)
        folders = [Path(folder).expanduser() for folder in allowed if not is_url(folder)]
        own_folder = Path(root or "").parent
        if own_folder != Path(own_folder.anchor):  # the whole disk is not the document's own
            folders.append(own_folder)
        self._folders = tuple(
            os.path.realpath(folder).rstrip(os.sep) + os.sep for folder in folders
        )
        self._real_folders: dict[str, str] = {}

    def refusal(self, address: str) -> Refusal | None:
        """Return why a reference may not be followed, None when it may."""
        if is_url(address):
            return self._refuse_url(address)
        if has_scheme(address):
            reason = "only http and https can be followed."
            return Refusal(reason, "Put what it names beside the document.")
        if not self._is_root_local:
            return Refusal("a document from elsewhere does not read files of this computer.", "")
        file = self._real_path(address)
        if file.startswith(self._folders):
            return None
        reason = "the file is outside the document's folder."
        folder = str(Path(file).parent)
        how = for_reader(f"allow_refs=[{folder!r}]", f"--allow-ref {folder}")
        return Refusal(reason, f"Allow its folder with {how}.")

    def _refuse_url(self, address: str) -> Refusal | None:
        from openapi2tools.transport import origin  # noqa: PLC0415 -- documents on disk do not need HTTP

        try:
            address_origin = origin(address)
        except NetworkError as error:
            return Refusal(str(error), "Correct it.")
        if address_origin in {origin(url) for url in self._urls}:
            return None
        reason = f"{address_origin} is not where the document came from."
        how = for_reader(f"allow_refs=[{address_origin!r}]", f"--allow-ref {address_origin}")
        return Refusal(reason, f"Allow it with {how}.")

    def _real_path(self, path: str) -> str:
        """Return a path without links, since a link within the folder may lead out of it.

        Every folder is looked at once: there may be thousands of files.
        """
        folder, _, name = path.rpartition(os.sep)
        if folder and folder not in self._real_folders:
            self._real_folders[folder] = self._real_path(folder)
        real = self._real_folders.get(folder, "") + os.sep + name
        return os.path.realpath(real) if os.path.islink(real) else real  # noqa: PTH114 -- a Path a file is slow
