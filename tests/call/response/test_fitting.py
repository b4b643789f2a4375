"""A value that is cut is JSON all the same, and read piece by piece it is there as a whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi2tools.call.response.fitting.cut import json_text
from openapi2tools.call.response.fitting.fit import fit, is_within
from openapi2tools.call.response.fitting.pieces import NoSuchPart, Piece, piece, value_at
from openapi2tools.call.response.fitting.tables import with_tables
from openapi2tools.tools.text.tokens import count_tokens

LIMIT = 150
WORDS = st.sampled_from(["id", "title", "a.b", "a", "über", "x-y"])
TEXTS = st.text('abc é\n"\\😀', max_size=8) | st.integers(50, 3000).map(lambda n: "word " * n)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**12) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=12)
        | st.dictionaries(WORDS, inner, max_size=6)
        | st.lists(st.fixed_dictionaries({"id": inner, "title": inner}), max_size=40)
    ),
    max_leaves=25,
)
CONTAINERS = VALUES.filter(lambda value: isinstance(value, dict | list) and value)


def without_tables(value: Any) -> Any:
    if isinstance(value, list):
        return [without_tables(item) for item in value]
    if not isinstance(value, dict):
        return value
    if [*value] == ["columns", "rows"]:
        rows = [[without_tables(cell) for cell in row] for row in value["rows"]]
        return [dict(zip(value["columns"], row, strict=True)) for row in rows]
    return {name: without_tables(inner) for name, inner in value.items()}


def read_all(value: Any, path: str = "") -> Any:
    """Read what stands at a path piece by piece, as a model would, by what the pieces say."""
    parts: list[Any] = []
    offset = 0
    first: Piece | None = None
    while first is None or offset < first.total:
        found = piece(value, path, offset, LIMIT)
        first = first or found
        part: Any = found.text
        if found.unit != "characters":
            part = without_tables(json.loads(found.text))
            for cut in found.cuts:
                put(part, value, path, cut.path, offset)
        assert found.end > offset or found.total == 0
        offset = found.end
        parts.append(part)
        if not found.total:
            break
    if first.unit == "characters":
        return "".join(parts)
    if first.unit == "items":
        return [item for part in parts for item in part]
    return {name: inner for part in parts for name, inner in part.items()}


def put(part: Any, value: Any, path: str, cut_path: str, offset: int) -> None:
    """Put what was cut into a part, read by its own path."""
    whole = value_at(value, path)
    found: dict[str, Any] = {}
    for key in [*range(len(whole))] if isinstance(whole, list) else [*whole]:
        step = f"[{key}]" if isinstance(key, int) else f".{key}" if path else key
        target = f"{path}{step}"
        if cut_path == target or cut_path.startswith((f"{target}.", f"{target}[")):
            found[target] = key - offset if isinstance(key, int) else key
    target = max(found, key=len)  # names may have dots
    part[found[target]] = read_all(value, target)


@given(CONTAINERS)
@settings(max_examples=60, deadline=None)
def test_what_is_cut_is_json_within_the_limit(value: Any) -> None:
    text = json_text(value)
    fitted = fit(value, text, LIMIT)
    assert count_tokens(fitted.text) <= LIMIT
    json.loads(fitted.text)
    if not fitted.cuts:
        assert without_tables(json.loads(fitted.text)) == json.loads(text)


@given(CONTAINERS)
@settings(max_examples=60, deadline=None)
def test_all_pieces_together_are_the_whole(value: Any) -> None:
    assert read_all(value) == value


@given(CONTAINERS)
def test_a_table_says_what_the_list_said_and_is_shorter(value: Any) -> None:
    written, has_tables = with_tables(value)
    assert without_tables(json.loads(json_text(written))) == json.loads(json_text(value))
    assert has_tables == (len(json_text(written)) < len(json_text(value)))


def test_a_long_text_is_read_on_where_it_was_cut() -> None:
    page = "One sentence after another. " * 400
    first = piece({"page": page}, "page", 0, 100)
    second = piece({"page": page}, "page", first.end, 100)
    assert (first.start, first.total, first.unit) == (0, len(page), "characters")
    assert first.text + second.text == page[: second.end]
    assert not is_within(page, 100)


@pytest.mark.parametrize(
    ("path", "offset", "message"),
    [
        ("items[9]", 0, "there are 2 items"),
        ("itemz", 0, "Did you mean items"),
        ("items.title", 0, "a list of 2 items"),
        ("items", 2, "offset is 0 to 1"),
        ("items", -1, "offset is 0 to 1"),
        ("n.x", 0, "nothing at 'n.x'"),
    ],
)
def test_where_nothing_is_it_is_said_what_there_is(path: str, offset: int, message: str) -> None:
    with pytest.raises(NoSuchPart, match=message.replace("[", r"\[")):
        piece({"items": [{"title": 1}, 2], "n": 1}, path, offset, LIMIT)
