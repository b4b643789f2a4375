"""What completion needs, kept in the user's cache folder; it imports little, for a key waits."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

from openapi2tools._core.files.cache_folder import CacheFolder

_MAX_FILES: Final = 60
_MAX_SOURCES: Final = 20
_SOURCES: Final = "sources"
_CLI: Final = Path(__file__).parents[1]


def key_of(source: str) -> str:
    """Return the key of a source: a URL as it is, a path as an absolute one."""
    return source if "://" in source else os.path.abspath(source)  # noqa: PTH100 -- links stay


def saved_key(name: str) -> str:
    """Return the key of a saved API."""
    return f"saved API {name}"


def read(key: str) -> Any:
    """Return what is kept under a key, None where nothing is."""
    content = _folder().get(key)
    try:
        return None if content is None else json.loads(content)
    except ValueError:
        return None


def write(key: str, value: Any) -> None:
    """Keep a value under a key, unless it is there already."""
    if read(key) != value:
        _folder().put(key, json.dumps(value, ensure_ascii=False).encode(errors="replace"))


def read_sources() -> list[str]:
    """Return the addresses of documents that were used, the last one first."""
    sources = read(_SOURCES)
    return sources if isinstance(sources, list) else []


def add_source(source: str) -> None:
    """Remember an address; one that may hold a secret is not kept."""
    if "://" not in source or "@" in source or "?" in source:
        return
    others = [each for each in read_sources() if each != source]
    write(_SOURCES, [source, *others][:_MAX_SOURCES])


def table_key() -> str:
    """Return the key of the table of commands: another one for each state of their files."""
    newest, count = 0.0, 0
    for folder, _, files in os.walk(_CLI):
        for name in files:
            if name.endswith(".py"):
                newest = max(newest, os.stat(os.path.join(folder, name)).st_mtime)  # noqa: PTH116, PTH118 -- as quick as can be
                count += 1
    return f"commands {_CLI} {newest} {count}"


def _folder() -> CacheFolder:
    return CacheFolder.of_user("completion", _MAX_FILES)
