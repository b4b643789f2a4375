"""Tool names are legal, unique, readable, and depend on nothing but the operations themselves."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openapi2tools._core.naming import fit_name
from openapi2tools.errors import BuildError
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
        (operation(id_="Straße"), "Strasse"),
        (operation(id_="получить x"), "poluchit_x"),
        (operation(id_="创建订单"), "ChuangJianDingDan"),
        (operation("/订单/{订单号}"), "get_DingDan_DingDanHao"),
        (operation("/%E8%AE%A2%E5%8D%95"), "get_DingDan"),
        (operation(id_="😀", path="/pets"), "get_pets"),
        (operation(id_="listPets", name="find pets"), "find_pets"),
        (operation("/"), "get"),
    ],
)
def test_a_name_is_the_hint_the_id_or_method_and_path(given_: Operation, name: str) -> None:
    assert tool_names([given_]) == [name]


def test_long_names_lose_repetitions_first_then_letters_of_words_then_their_middle() -> None:
    assert fit_name("-".join(["get", *["words"] * 11])) == "get-words"
    assert fit_name("get__" + "_one_two" * 7 + "_organization") == "get" + "_one_two" * 7 + "_org"
    assert fit_name("alpha_beta_gamma_delta_epsilon_zeta_eta_theta_iota_kappa_lambda_mu") == (
        "alpha_beta_gamma_delta_2ab4b085_theta_iota_kappa_lambda_mu"
    )
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


def test_a_long_name_keeps_the_style_of_its_api() -> None:
    long = "list_organization_repository_environment_configurations_for_users"
    assert fit_name(long) == "list_organization_repository_environment_configs_for_users"
    camel = "listOrganizationRepositoryEnvironmentConfigurationsForTheUsersOfOne"
    assert fit_name(camel) == "listOrganizationRepositoryEnvironmentConfigsForTheUsersOfOne"


def test_an_operation_in_another_script_renames_none() -> None:
    old = [operation("/订单", id_="创建订单"), operation("/😀"), operation("/客户")]
    more = [operation("/客户", "POST", id_="创建客户"), operation("/😃"), operation("/货物")]
    assert tool_names([*old, *more])[:3] == tool_names(old)
    assert tool_names(old)[1].startswith("get_")


def fastapi(function: str, path: str = "/tickets/{ticket_id}", method: str = "DELETE") -> Operation:
    """Give an operation with the id that FastAPI makes."""
    id_ = re.sub(r"\W", "_", function + path) + f"_{method.lower()}"
    return operation(path, method, id_=id_)


def test_an_id_that_fastapi_made_becomes_the_name_of_the_function() -> None:
    assert fastapi("delete_ticket").id == "delete_ticket_tickets__ticket_id__delete"
    assert tool_names([fastapi("delete_ticket"), fastapi("root", "/", "GET")]) == [
        "delete_ticket",
        "root",
    ]


def test_functions_of_one_name_keep_the_ids_that_fastapi_made() -> None:
    two = [fastapi("read", "/a", "GET"), fastapi("read", "/b", "GET"), fastapi("other", "/c")]
    assert tool_names(two) == ["read_a_get", "read_b_get", "other"]
    assert tool_names([fastapi("read", "/a", "GET"), operation("/x", id_="read")]) == [
        "read_a_get",
        "read",
    ]


@pytest.mark.parametrize(
    "other",
    [
        operation("/tickets/{id}", "DELETE", id_="delete_ticket_tickets__ticket_id__delete"),
        operation("/tickets/{ticket_id}", "PUT", id_="delete_ticket_tickets__ticket_id__delete"),
        operation("/tickets", "GET", id_="_tickets_get"),
    ],
)
def test_an_id_that_only_resembles_one_of_fastapi_stays(other: Operation) -> None:
    assert tool_names([other]) == [other.id]


def test_names_fit_the_length_that_is_asked_for() -> None:
    operations = [
        operation(f"/{n}/x", id_=f"{word}_organization_{n}" * 2)
        for n, word in enumerate(["list", "get", "list", "x" * 40])
    ]
    names = tool_names(operations, "gh_", max_chars=24)
    assert max(map(len, names)) <= 24
    assert len(set(names)) == 4
    for length in (23, 65):
        with pytest.raises(BuildError, match="24 to 64"):
            tool_names(operations, max_chars=length)


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
