"""Fields are chosen by dotted names or by JMESPath, and a selection invents nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openapi2tools.call.fields.expression import UnusableExpression
from openapi2tools.call.fields.select import Selection
from openapi2tools.model import MediaType, Response
from tests.support.calling import tool

BOOKS = {
    "total": 2,
    "items": [
        {"id": 1, "title": "Emma", "author": {"name": "Austen", "born": 1775}},
        {"id": 2, "title": "Dune", "author": None},
    ],
    "@odata.count": 5,
}


@pytest.mark.parametrize(
    ("fields", "chosen"),
    [
        ("total", {"total": 2}),
        ("items.id", {"items": [{"id": 1}, {"id": 2}]}),
        (["items.title"], {"items": [{"title": "Emma"}, {"title": "Dune"}]}),
        (
            "total, items.author.name",
            {"total": 2, "items": [{"author": {"name": "Austen"}}, {"author": None}]},
        ),
        ("@odata.count", {"@odata.count": 5}),
        (
            "items[].{t: title, by: author.name}",
            [{"t": "Emma", "by": "Austen"}, {"t": "Dune", "by": None}],
        ),
        ("items[?id > `1`].title | [0]", "Dune"),
        ("length(items)", 2),
        ("@", BOOKS),
    ],
)
def test_names_keep_their_place_and_an_expression_makes_its_own(fields: Any, chosen: Any) -> None:
    selected = Selection(fields).select(BOOKS)
    assert (selected.value, selected.is_chosen, selected.notes) == (chosen, True, ())


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ("items[].{t: titel}", "'titel' (of 'items.titel'). Did you mean title?"),
        ("items.auther.name", "'auther' (of 'items.auther.name'). Did you mean author?"),
        ("qqq", "'qqq'. There are: total, items, @odata.count."),
    ],
)
def test_what_is_not_there_keeps_the_whole_answer_and_says_what_is_meant(
    fields: str, hint: str
) -> None:
    selected = Selection(fields).select(BOOKS)
    assert selected.value is BOOKS
    assert not selected.is_chosen
    assert hint in selected.notes[1]


def test_an_expression_that_does_not_go_with_the_answer_keeps_it_whole() -> None:
    selected = Selection("sum(items)").select(BOOKS)
    assert selected.value is BOOKS
    assert "this is the whole answer" in selected.notes[0]


def test_a_field_that_the_document_knows_may_be_left_out() -> None:
    schema = {"type": "array", "items": {"$ref": "#/components/schemas/Book"}}
    book = {"allOf": [{"properties": {"id": {}, "isbn": {}}}]}
    content = (MediaType("application/json", schema),)
    subject = tool(
        "",
        api={"document": {"components": {"schemas": {"Book": book}}}},
        responses=(Response("200", "", content),),
    )
    assert Selection("id,isbn").select([{"id": 1}], subject).notes == ()
    (note,) = Selection("id,isnb").select([{"id": 1}], subject).notes
    assert note.endswith("'isnb'. Did you mean isbn?")
    assert Selection("[].{i: isnb}").unknown_fields(subject) == [
        "t: the document knows no field 'isnb'. Did you mean isbn?"
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ("items[", "Incomplete expression"),
        ("", "empty"),
        ([], "names no field"),
        ("join(',', items)", "join is not taken"),
        ("to_string(@)", "to_string is not taken"),
        ("|".join(["[@,@,@,@][]"] * 30), "too often"),
        (f"a[?{'(' * 3000}", "longer than"),
        ("(" * 1900, "deeply"),
    ],
)
def test_what_cannot_be_read_or_would_grow_is_refused(fields: Any, reason: str) -> None:
    with pytest.raises(UnusableExpression, match=reason):
        Selection(fields)


NAMES = st.sampled_from(["id", "title", "a", "a.b", "items"])
ANSWERS = st.recursive(
    st.none() | st.integers(0, 9) | st.sampled_from(["x", "y"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=20,
)
EXPRESSIONS = st.sampled_from(
    [
        "items[].id",
        "[].{a: title}",
        "items[?id > `3`]",
        "*.title",
        "a || id",
        "[?id][].[id, a]",
        "items[0]",
        "@",
    ]
)


def is_part(value: Any, whole: Any) -> bool:
    """Whether a value is the whole one without some fields."""
    if isinstance(value, dict):
        return isinstance(whole, dict) and all(
            name in whole and is_part(inner, whole[name]) for name, inner in value.items()
        )
    if isinstance(value, list):
        return (
            isinstance(whole, list) and len(value) == len(whole) and all(map(is_part, value, whole))
        )
    return value == whole


def scalars(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(scalars, value.values()))
    if isinstance(value, list):
        return set().union(*map(scalars, value))
    return {repr(value)}


@given(ANSWERS, st.lists(st.lists(NAMES, min_size=1, max_size=3).map(".".join), min_size=1))
def test_names_only_leave_out(answer: Any, names: list[str]) -> None:
    assert is_part(Selection(names).select(answer).value, answer)


@given(ANSWERS, EXPRESSIONS)
def test_an_expression_of_fields_invents_no_value(answer: Any, expression: str) -> None:
    chosen = scalars(Selection(expression).select(answer).value)
    assert chosen <= scalars(answer) | {"None"}


def test_what_is_nested_beyond_reason_stays_whole() -> None:
    answer: Any = {"a": 1}
    for _ in range(5000):
        answer = [answer]
    selected = Selection("a").select(answer)
    assert (selected.value is answer, selected.is_chosen) == (True, False)
