"""Tool names are legal, unique, readable, and depend on nothing but the operations themselves."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi2tools._core.naming import fit_name
from openapi2tools.model import Operation
from openapi2tools.tools.names import tool_names

LEGAL = re.compile(r"[a-zA-Z0-9_-]{1,64}")


def operation(
    path: str = "/pets", method: str = "GET", id_: str | None = None, tag: str = "", **hints: str
) -> Operation:
    return Operation(method=method, path=path, id=id_, tags=(tag,) if tag else (), hints=hints)


@pytest.mark.parametrize(
    ("given_", "name"),
    [
        (operation(id_="listPets"), "listPets"),
        (operation(id_="repos/list-for-org"), "repos_list-for-org"),
        (operation(id_="read_item_items__item_id__get"), "read_item_items__item_id__get"),
        (operation("/users/{id}/posts"), "get_users_id_posts"),
        (operation(id_="42", method="POST"), "post_pets"),
        (operation(id_="Été"), "Ete"),
        (operation(id_="получить x"), "get_pets"),
        (operation(id_="listPets", name="find pets"), "find_pets"),
        (operation("/"), "get"),
    ],
)
def test_a_name_is_the_hint_the_id_or_method_and_path(given_: Operation, name: str) -> None:
    assert tool_names([given_]) == [name]


def test_long_names_lose_separators_first_then_letters_of_words_then_their_end() -> None:
    dashed = "-".join(["get", *["words"] * 11])
    assert fit_name(dashed) == "get" + "Words" * 11
    assert fit_name(
        "listOrganizationRepositoryEnvironmentConfigurationsForAuthenticatedApplicationUsers"
    ).startswith("listOrg")
    assert LEGAL.fullmatch(fit_name("x" * 70))
    assert fit_name("x" * 70) != fit_name("x" * 71)


def test_equal_ids_are_told_apart_by_tag_by_method_or_by_path() -> None:
    assert tool_names(
        [operation("/a", id_="list", tag="cats"), operation("/b", id_="list", tag="dogs")]
    ) == ["cats_list", "dogs_list"]
    assert tool_names([operation(id_="pet", method="GET"), operation(id_="pet", method="PUT")]) == [
        "pet_get",
        "pet_put",
    ]
    assert tool_names([operation("/a/x", id_="list"), operation("/b/x", id_="list")]) == [
        "list_a_x",
        "list_b_x",
    ]


def test_a_curated_name_wins_against_an_id() -> None:
    assert tool_names(
        [operation("/a", id_="x", name="search"), operation("/b", id_="search", tag="t")]
    ) == ["search", "t_search"]
    assert tool_names(
        [operation("/b", id_="search", tag="t"), operation("/a", id_="x", name="search")]
    ) == ["t_search", "search"]


def test_names_do_not_depend_on_the_order_of_operations() -> None:
    ids = ["list", "list", "list", None, "get_a", "x" * 90, "x" * 90]
    operations = [
        operation(f"/{letter}", id_=id_, tag=letter)
        for letter, id_ in zip("abcdefg", ids, strict=True)
    ]
    expected = dict(zip((o.key for o in operations), tool_names(operations), strict=True))
    shuffled = operations[:]
    random.Random(1).shuffle(shuffled)
    assert dict(zip((o.key for o in shuffled), tool_names(shuffled), strict=True)) == expected


def test_an_added_operation_leaves_other_names_alone() -> None:
    old = [operation("/a", id_="list"), operation("/b")]
    assert tool_names([*old, operation("/c", id_="more"), operation("/d")])[:2] == tool_names(old)


def test_a_prefix_stands_before_every_name_and_they_still_fit() -> None:
    (name,) = tool_names([operation(id_="a" * 64)], prefix="gh_")
    assert name.startswith("gh_aaa")
    assert LEGAL.fullmatch(name)


TEXTS = st.text("abcXY01_-/{}é ", max_size=90)
OPERATIONS = st.builds(
    operation,
    path=TEXTS.map("/".__add__),
    method=st.sampled_from(["GET", "PUT"]),
    id_=st.none() | TEXTS,
    tag=TEXTS,
)


@settings(deadline=None)
@given(st.lists(OPERATIONS, max_size=8, unique_by=lambda o: o.key))
def test_names_are_always_legal_and_unique(operations: list[Operation]) -> None:
    given_names = tool_names(operations)
    assert all(LEGAL.fullmatch(name) for name in given_names)
    assert len(set(given_names)) == len(operations)
