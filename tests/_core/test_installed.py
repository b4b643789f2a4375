"""The command that installs an extra is for the copy that runs, and never a stranger's package."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from openapi2tools._core.installed import install_command
print(install_command("local"))
"""
COMMIT = "0" * 40


def command(folder: Path, direct_url: object = None, installer: str = "pip") -> str:
    """Return the command where the package was installed as this record says."""
    info = folder / "oas2tools-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: oas2tools\nVersion: 1.0\n")
    (info / "INSTALLER").write_text(f"{installer}\n")
    if direct_url is not None:
        (info / "direct_url.json").write_text(json.dumps(direct_url))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("direct_url", "wanted"),
    [
        (None, ["oas2tools[local]"]),
        ({"url": "file:///my%20code", "dir_info": {"editable": True}}, ["-e", "/my code[local]"]),
        ({"url": "file:///code", "dir_info": {}}, ["/code[local]"]),
        (
            {"url": "https://h/o.git", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
            [f"oas2tools[local] @ git+https://h/o.git@{COMMIT}"],
        ),
        (
            {
                "url": "https://h/o.git",
                "vcs_info": {"vcs": "git", "commit_id": COMMIT, "requested_revision": "v1"},
                "subdirectory": "python",
            },
            ["oas2tools[local] @ git+https://h/o.git@v1#subdirectory=python"],
        ),
        (
            {"url": "https://me:topsecret@h/o.whl?sig=topsecret", "archive_info": {}},
            ["oas2tools[local] @ https://h/o.whl"],
        ),
    ],
)
def test_an_extra_comes_from_where_this_copy_came_from(
    direct_url: object, wanted: list[str], tmp_path: Path
) -> None:
    assert shlex.split(command(tmp_path, direct_url)) == ["pip", "install", *wanted]


def test_what_uv_installed_is_installed_with_uv(tmp_path: Path) -> None:
    assert command(tmp_path, installer="uv") == "uv pip install 'oas2tools[local]'"
