"""`call --all-pages` writes the items of all pages as one list, and says how far it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from openapi2tools.call.response.items import items_at, list_path
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Done

PARAMETERS = [
    {"name": name, "in": "query", "schema": {"type": "integer", "default": 1}}
    for name in ("page", "fail")
]


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    def answer(request: Received) -> Answer:
        number = int(request.query.rpartition("page=")[2] or 1) if "page=" in request.query else 1
        if "fail" in request.query and number == 2:
            return Answer(400, {"problem": "no such page"})
        items = [{"id": 10 * number + index} for index in range(2)]
        following = (
            f"/books?{request.query.replace(f'page={number}', '').strip('&')}&page={number + 1}"
        )
        page = {"tags": ["a"] * 5, "items": items}
        return Answer(200, page if number == 3 else {**page, "next": following.replace("?&", "?")})

    with LoopbackServer(answer) as running:
        yield running


@pytest.fixture
def books(cli: Callable[..., Done], server: LoopbackServer, tmp_path: Path) -> Callable[..., Done]:
    operation = {
        "operationId": "books",
        "parameters": PARAMETERS,
        "responses": {"200": {"description": "Books"}},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "servers": [{"url": server.url}],
        "paths": {"/books": {"get": operation}},
    }
    (tmp_path / "api.json").write_text(json.dumps(document))
    return lambda *words: cli("call", str(tmp_path / "api.json"), "books", *words)


def test_all_items_are_one_list(books: Callable[..., Done]) -> None:
    done = books("--all-pages")
    assert [each["id"] for each in json.loads(done.out)] == [10, 11, 20, 21, 30, 31]
    assert "Page 3: 6 items." in done.err


def test_no_more_pages_are_asked_for_than_are_wanted(
    books: Callable[..., Done], server: LoopbackServer
) -> None:
    done = books("--all-pages", "--max-items", "3", "--fields", "items[].id")
    assert json.loads(done.out) == [10, 11, 20]
    assert len(server.received) == 2
    assert "these are the first 3 items" in done.err


def test_where_a_page_fails_what_came_before_is_written(books: Callable[..., Done]) -> None:
    done = books("--all-pages", "fail=1")
    assert (done.code, [each["id"] for each in json.loads(done.out)]) == (1, [10, 11])
    assert "page 2: " in done.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--max-items", "3"], "goes with --all-pages"),
        (["--all-pages", "-o", "x.json"], "one list to standard output"),
        (["--all-pages", "--fields", "tags[0]"], "holds no list"),
    ],
)
def test_what_cannot_go_together_is_told(
    books: Callable[..., Done], words: list[str], message: str
) -> None:
    done = books(*words)
    assert (done.code, done.out) in ((2, ""), (1, ""))
    assert message in " ".join(done.err.split())


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ([1], ()),
        ({"total": 1}, None),
        ({"data": {"items": [{}], "x": [1, 2]}}, ("data", "items")),
        ({"tags": ["a", "b"], "items": [{}]}, ("items",)),
        ({"items": []}, ("items",)),
    ],
)
def test_the_list_of_a_page_is_found(page: object, path: tuple[str, ...] | None) -> None:
    assert list_path(page) == path
    assert path is None or isinstance(items_at(page, path), list)
