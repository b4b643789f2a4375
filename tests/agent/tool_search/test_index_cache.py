"""The index of a large API is kept in the cache, and made again when it is damaged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openapi2tools.agent.tool_search import index_cache
from openapi2tools.agent.tool_search.index_cache import index_of
from tests.support.apis import tools_of

if TYPE_CHECKING:
    from pathlib import Path


def many(count: int = index_cache.MIN_KEPT_TOOLS) -> dict[str, object]:
    return {
        f"/things{n}": {"get": {"responses": {"200": {"description": "x"}}}} for n in range(count)
    }


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENAPI2TOOLS_CACHE", str(tmp_path))
    return tmp_path / "indexes"


def test_the_index_of_many_tools_is_kept_once_and_read_again(folder: Path) -> None:
    tools = tools_of(many())
    first = index_of(tools)
    (file,) = folder.iterdir()
    written = file.stat().st_ino  # a file that is written again is another one
    assert index_of(tools).search("things7") == first.search("things7")
    assert [each.stat().st_ino for each in folder.iterdir()] == [written]


def test_a_damaged_index_is_made_again(folder: Path) -> None:
    tools = tools_of(many())
    index_of(tools)
    (file,) = folder.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole[:100])
    assert index_of(tools).search("things7")
    assert file.read_bytes() == whole


def test_another_choice_of_tools_has_an_index_of_its_own(folder: Path) -> None:
    tools = tools_of(many(index_cache.MIN_KEPT_TOOLS + 1))
    index_of(tools)
    index_of(tools.without("get_things7"))
    assert len(list(folder.iterdir())) == 2


def test_few_tools_and_no_cache_leave_nothing_behind(folder: Path) -> None:
    index_of(tools_of(many(3)))
    index_of(tools_of(many()), use_cache=False)
    assert not folder.exists()
