"""A list says to a small model which of its items have the lowest and the highest numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from openapi2tools.agent.constrained.result_text import result_text
from openapi2tools.model import Call, Result
from tests.support.pets import open_pets

CHEAP = {"id": 9, "name": "Tom", "price": 3}
MIDDLE = {"id": 1, "name": "Rex", "price": 3.5}
DEAR = {"id": 5, "name": "Bo", "price": 11}
PETS = [MIDDLE, CHEAP, DEAR]


def read(data: Any, **more: Any) -> str:
    """What a model reads of an answer."""
    with open_pets() as (_, client):
        tools = client.tools
    result = Result("1", "find_pets", json.dumps(data), data, **more)
    return result_text(Call("find_pets", {}, "1"), result, tools)


@pytest.mark.parametrize("data", [PETS, {"count": 3, "pets": PETS}])
def test_the_lowest_and_the_highest_are_named(data: Any) -> None:
    assert read(data).partition("\n")[2] == (
        f"(Lowest price: {json.dumps(CHEAP)}. Highest price: {json.dumps(DEAR)}.)"
    )


def test_they_are_those_of_the_whole_list_though_it_is_cut() -> None:
    many = [{"name": "x" * 50, "price": 100 + number} for number in range(100)]
    assert read([*many, CHEAP]).partition("(Lowest price: ")[2].startswith(json.dumps(CHEAP))


def test_they_are_those_of_what_is_shown() -> None:
    shown = [{"name": "Rex", "price": 7}, {"name": "Tom", "price": 4}]
    assert '(Lowest price: {"name": "Tom", "price": 4}.' in read(PETS, selected=shown)


@pytest.mark.parametrize(
    "data",
    [
        [CHEAP],
        [CHEAP, {**DEAR, "price": 3}],
        [CHEAP, {"id": 4}],
        [CHEAP, "Rex"],
        [{"pet_id": 1, "sold": True}, {"pet_id": 2, "sold": False}],
        [{"price": "3"}, {"price": "11"}],
        {"pets": PETS, "others": PETS},
        [1, 2],
        CHEAP,
        "Rex",
    ],
    ids=json.dumps,
)
def test_nothing_is_compared_that_is_no_number_of_every_item(data: Any) -> None:
    assert read(data) == f"Result of find_pets: {json.dumps(data)}"


def test_an_error_is_read_as_it_is() -> None:
    assert "Lowest" not in read(PETS, status=422, error="http")
