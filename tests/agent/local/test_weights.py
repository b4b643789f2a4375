"""The weights of the embedded model: parts in, one checked file out, whole or not at all."""

from __future__ import annotations

import re
import threading
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from openapi2tools._core.installed import install_command
from openapi2tools.agent.local import weights as module
from openapi2tools.agent.local.weights import ensure_weights, join_parts
from openapi2tools.errors import AgentError

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = b"one two three"


@pytest.fixture
def parts(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"part{number}" for number in range(3)]
    for path, content in zip(paths, (b"one ", b"two ", b"three"), strict=True):
        path.write_bytes(content)
    return paths


def test_parts_are_joined_in_order_and_progress_is_told(tmp_path: Path, parts: list[Path]) -> None:
    told: list[tuple[int, int]] = []
    join_parts(
        parts,
        tmp_path / "cache" / "model",
        sha256(WHOLE).hexdigest(),
        lambda done, total: told.append((done, total)),
    )
    assert (tmp_path / "cache" / "model").read_bytes() == WHOLE
    assert told == [(4, 13), (8, 13), (13, 13)]


def test_another_hash_leaves_nothing_behind(tmp_path: Path, parts: list[Path]) -> None:
    with pytest.raises(AgentError, match="install them anew"):
        join_parts(parts, tmp_path / "cache" / "model", sha256(b"else").hexdigest())
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_join_that_is_stopped_leaves_nothing_behind(tmp_path: Path, parts: list[Path]) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        join_parts(parts, tmp_path / "cache" / "model", sha256(WHOLE).hexdigest(), stop)
    assert list((tmp_path / "cache").iterdir()) == []


def test_two_at_once_do_not_disturb_each_other(tmp_path: Path, parts: list[Path]) -> None:
    both = threading.Barrier(2)
    target = tmp_path / "cache" / "model"

    def run() -> None:
        join_parts(
            parts, target, sha256(WHOLE).hexdigest(), lambda done, total: both.wait(120) and None
        )

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in target.parent.iterdir()] == ["model"]
    assert target.read_bytes() == WHOLE


def test_a_folder_that_cannot_hold_it_is_named(tmp_path: Path, parts: list[Path]) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AgentError, match="file"):
        join_parts(parts, tmp_path / "file" / "model", "")


def test_a_missing_extra_says_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # as if nothing of the extra were installed
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(AgentError, match=re.escape(install_command("local"))):
        ensure_weights(tmp_path)
