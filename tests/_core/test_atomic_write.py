"""A file is replaced as a whole or stays as it was."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from openapi2tools._core.files.atomic_write import open_atomically, write_atomically


def test_a_file_is_made_and_replaced_and_nothing_else_stays(tmp_path) -> None:
    file = tmp_path / "file"
    for data in (b"one", b"two"):
        write_atomically(file, data, durable=True)
        assert file.read_bytes() == data
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("trouble", [OSError, KeyboardInterrupt])
def test_an_error_leaves_the_old_file_and_no_other(tmp_path, trouble) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")

    def write_half() -> None:
        with open_atomically(file) as new:
            new.write(b"half")
            raise trouble

    with pytest.raises(trouble):
        write_half()
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions there")
@pytest.mark.parametrize("permissions", [0o600, 0o644])
def test_the_permissions_are_those_asked_for(tmp_path, permissions) -> None:
    write_atomically(tmp_path / "file", b"", permissions=permissions)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == permissions


def test_what_killed_processes_left_is_swept_and_another_writers_file_is_not(tmp_path) -> None:
    file, left, busy = tmp_path / "a[1]", tmp_path / ".a[1].x1.part", tmp_path / ".a[1].x2.part"
    other = tmp_path / ".a1.x3.part"
    for each in (left, busy, other):
        each.touch()
    for each in (left, other):
        os.utime(each, (0, 0))
    write_atomically(file, b"new")
    assert set(tmp_path.iterdir()) == {file, busy, other}
