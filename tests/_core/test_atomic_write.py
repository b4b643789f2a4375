"""A file is replaced as a whole or stays as it was."""

from __future__ import annotations

import stat
import sys

import pytest

from openapi2tools._core.atomic_write import open_atomically, write_atomically


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
