"""The cache folder keeps a bounded number of files and bytes; what is used stays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from openapi2tools._core.files.cache_folder import CacheFolder

if TYPE_CHECKING:
    from pathlib import Path


def age(folder: CacheFolder, key: str, seconds: int) -> None:
    """Make a file look older than it is."""
    os.utime(folder._file_for(key), (1_000_000_000 - seconds,) * 2)


def test_the_longest_unused_give_way_to_new_files(tmp_path: Path) -> None:
    folder = CacheFolder(tmp_path, max_files=2)
    folder.put("a", b"1")
    folder.put("b", b"2")
    age(folder, "a", 20)
    age(folder, "b", 10)
    assert folder.get("a") == b"1"  # it is used, and so newer than b
    folder.put("c", b"3")
    assert (folder.get("a"), folder.get("b"), folder.get("c")) == (b"1", None, b"3")


def test_old_files_give_way_where_all_are_too_large(tmp_path: Path) -> None:
    folder = CacheFolder(tmp_path, max_files=10, max_bytes=100)
    for seconds, key in ((30, "a"), (20, "b"), (10, "c")):
        folder.put(key, b"x" * 40)
        age(folder, key, seconds)
    folder.put("d", b"x" * 40)
    assert [key for key in "abcd" if folder.get(key)] == ["c", "d"]


def test_what_is_larger_than_the_folder_is_not_kept(tmp_path: Path) -> None:
    folder = CacheFolder(tmp_path, max_files=10, max_bytes=100)
    folder.put("a", b"x" * 90)
    folder.put("b", b"x" * 101)
    assert (folder.get("a"), folder.get("b")) == (b"x" * 90, None)
