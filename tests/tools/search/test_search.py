"""A search finds the tools that a question takes, and those that give the ids they need."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from openapi2tools.tools.search.search import SearchIndex, search
from openapi2tools.tools.search.words import stem, words
from tests.support.apis import tools_of

REAL = Path(__file__).parents[3] / "specs" / "real"


def operation(summary: str, **more: Any) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": {"description": "OK"}}, **more}


def gives(*kinds: str) -> dict[str, Any]:
    """A response whose properties hold lists of things."""
    properties = {kind: {"type": "array", "items": {"type": "object"}} for kind in kinds}
    schema = {"type": "object", "properties": properties}
    return {"200": {"description": "OK", "content": {"application/json": {"schema": schema}}}}


@pytest.fixture(scope="module")
def music() -> SearchIndex:
    return SearchIndex.of(
        tools_of(
            {
                "/search": {"get": operation("Search.", responses=gives("tracks", "artists"))},
                "/me": {"get": operation("Get my profile.")},
                "/tracks/{id}": {"get": operation("Get a song.")},
                "/users/{user_id}/playlists": {"post": operation("Create a playlist.")},
                "/playlists/{playlist_id}/tracks": {"post": operation("Add songs to a playlist.")},
                "/me/player/pause": {"put": operation("Pause what is playing.")},
                "/devices": {"get": operation("List the available devices.")},
                "/订单": {"post": operation("创建订单")},
            }
        )
    )


def found(index: SearchIndex, query: str, k: int = 6) -> list[str]:
    return [hit.tool for hit in index.search(query, k)]


@pytest.mark.parametrize(
    ("query", "tool"),
    [
        ("pause the music", "put_me_player_pause"),
        ("which DEVICE is there?", "get_devices"),
        ("listing availableDevices", "get_devices"),
        ("pauze playing", "put_me_player_pause"),
        ("deviecs", "get_devices"),
        ("devi", "get_devices"),
        ("请创建一个订单", "post"),
    ],
)
def test_the_best_hit_is_the_tool_that_is_meant(music: SearchIndex, query: str, tool: str) -> None:
    assert found(music, query)[0].startswith(tool)


def test_what_gives_an_id_is_found_though_no_question_names_it(music: SearchIndex) -> None:
    hits = music.search("create a playlist for me", 6)
    assert hits[0].tool == "post_users_user_id_playlists"
    assert ("get_me", 0.0) in hits


def test_a_kind_of_thing_is_looked_for_with_the_search_of_the_api(music: SearchIndex) -> None:
    assert "get_search" in found(music, "get a song")


def test_a_question_without_any_known_word_finds_nothing(music: SearchIndex) -> None:
    assert music.search("xylophone quartz", 5) == []
    assert music.search("", 5) == []


def test_no_more_than_k_tools_are_found(music: SearchIndex) -> None:
    assert [len(music.search("playlist songs tracks", k)) for k in (1, 2, 3)] == [1, 2, 3]


def test_the_verb_searches_any_tools() -> None:
    tools = build_tools(load(REAL / "petstore-3.0.json"))
    assert search(tools, "find pets by their status", k=3)[0].tool == "findPetsByStatus"
    assert search(tools.only("get*"), "an order")[0].tool == "getOrderById"


def test_an_index_is_written_and_read_back(music: SearchIndex) -> None:
    again = SearchIndex.from_bytes(music.to_bytes())
    assert again is not None
    for query in ("pause", "create a playlist", "订单"):
        assert found(again, query) == found(music, query)


@given(cut=st.integers(0, 2000), extra=st.binary(max_size=4))
def test_a_damaged_index_is_none(cut: int, extra: bytes) -> None:
    whole = SearchIndex.of(tools_of({"/pets": {"get": operation("List pets.")}})).to_bytes()
    damaged = whole[: min(cut, len(whole) - 1)] + extra
    read = SearchIndex.from_bytes(damaged)
    assert read is None or damaged == whole


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("listPullRequests", ["list", "pull", "request"]),
        ("HTTPServer_error-codes", ["http", "server", "error", "code"]),
        ("Créer les commandes", ["creer", "les", "command"]),
        ("categories boxes stopped creating", ["category", "box", "stop", "creat"]),
        ("订单 an order", ["订单", "order"]),
    ],
)
def test_words_are_compared_in_one_form(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text(max_size=80))
def test_any_text_has_words_and_a_stem_is_its_own_stem_or_shorter(text: str) -> None:
    assert all(len(stem(word)) <= len(word) for word in words(text))


def test_a_tool_whose_whole_summary_is_asked_for_comes_first() -> None:
    tools = tools_of(
        {
            "/issues/{n}/events": {"post": operation("Create an event of an issue, or an issue.")},
            "/issues": {"post": operation("Create an issue.")},
            "/issues/import": {"post": operation("Create many issues from an issue list.")},
        }
    )
    assert search(tools, "create an issue", k=1)[0].tool == "post_issues"
