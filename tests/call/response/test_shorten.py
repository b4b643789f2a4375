"""A result that is too long stays JSON: its long values are shortened, and what is short stays."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from openapi2tools.call.response.shorten import shorten
from openapi2tools.model import Binding, Effect, MediaType
from openapi2tools.tools.text.tokens import count_tokens
from tests.support.calling import parameter, tool


def shortened(data: Any, limit: int) -> tuple[Any, str]:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    assert len(text) > limit
    shown, is_cut = shorten(data, text, limit, tool("http://a"))
    shown, _, note = shown.rpartition("\n")
    assert is_cut
    assert count_tokens(shown) <= limit
    return json.loads(shown), note


def test_one_long_field_is_shortened_and_the_fields_after_it_stay() -> None:
    data = {"name": "a.png", "content": "QUJD" * 100_000, "size": 300_000, "links": {"self": "/a"}}
    shown, note = shortened(data, 20_000)
    content = shown.pop("content")
    assert shown == {"name": "a.png", "size": 300_000, "links": {"self": "/a"}}
    assert content[:-1] == data["content"][: len(content) - 1]
    assert (content[-1], len(content) > 19_000) == ("…", True)
    assert note == f"(Shortened: the first {len(content) - 1} of 400000 characters of 'content'.)"


def test_a_long_field_deep_inside_is_found() -> None:
    data = {"a": [{"b": {"long": "x" * 10_000, "short": 1}}, {"last": 2}], "end": 3}
    shown, note = shortened(data, 1000)
    assert shown["a"][0]["b"]["short"] == 1
    assert (shown["a"][1], shown["end"]) == ({"last": 2}, 3)
    assert "of 10000 characters of 'a[0].b.long'" in note


def test_one_long_item_does_not_hide_those_after_it() -> None:
    items: list[Any] = [{"id": number} for number in range(20)]
    items[3] = {"id": 3, "blob": "x" * 50_000}
    shown, _ = shortened(items, 2000)
    assert [each["id"] for each in shown] == list(range(20))


def test_two_long_lists_share_the_room() -> None:
    shown, note = shortened({"a": list(range(5000)), "b": list(range(5000)), "c": 1}, 1000)
    assert len(shown["a"]) > 50
    assert len(shown["b"]) > 50
    assert shown["c"] == 1
    assert "of 5000 items of 'a', the first" in note


def test_of_too_many_fields_the_first_are_kept() -> None:
    shown, note = shortened({f"k{number}": "v" * 30 for number in range(1000)}, 1000)
    assert list(shown) == [f"k{number}" for number in range(len(shown))]
    assert 50 < len(shown) < 150
    assert f"the first {len(shown)} of 1000 fields" in note


@pytest.mark.parametrize("text", ["\n" * 5000, '"' * 5000, "é" * 5000, "a\\" * 2500])
def test_what_json_escapes_fits_too(text: str) -> None:
    shown, _ = shortened({"text": text, "end": 1}, 500)
    assert shown["end"] == 1


@pytest.mark.parametrize("limit", [1, 3, 6])
def test_where_nothing_of_the_json_fits_the_first_characters_are_kept(limit: int) -> None:
    text = json.dumps({"a long key that takes room": "x" * 100})
    shown = shorten(json.loads(text), text, limit, tool("http://a"))
    assert shown[0].partition("\n")[0] == text[: len(shown[0].partition("\n")[0])]
    assert "\n(Shortened: the first" in shown[0]


def test_of_what_is_nested_beyond_reason_the_outside_is_kept() -> None:
    data: Any = "x" * 100_000
    for _ in range(900):
        data = {"a": data}
    shown, note = shortened(data, 5_000)
    assert '{"a": {"a": {}}}' in json.dumps(shown)
    assert note.startswith("(Shortened: the first 0 of 1 fields of 'a.a.a.a")


def test_only_arguments_that_page_or_limit_are_named() -> None:
    names = ("q", "page[size]", "sort", "$top", "cursor", "status", "max_results")
    subject = tool("http://a", *map(parameter, names))
    note = shorten([1] * 1000, "x " * 3000, 100, subject)[0].rpartition("\n")[2]
    assert note.endswith("Ask for less with page[size], $top, cursor, max_results.)")
    nothing = tool("http://a", parameter("q"), parameter("start_date"))
    assert shorten([1] * 1000, "x " * 3000, 100, nothing)[0].endswith("of 1000 items.)")


def test_fields_of_a_body_limit_a_reading_call() -> None:
    subject = replace(
        tool("http://a", method="POST", media_type=MediaType("application/json")),
        bindings=(Binding(("limit",), "body", "/limit"), Binding(("size",), "body", "/size")),
    )
    assert "with limit, size." in shorten([1] * 1000, "x " * 3000, 100, subject)[0]
    writing = replace(subject, effect=Effect.WRITE)
    assert "Ask for less" not in shorten([1] * 1000, "x " * 3000, 100, writing)[0]
