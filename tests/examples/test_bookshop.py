"""The bookshop keeps its word: what its document says is what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from examples.bookshop.shop import Shop


@pytest.fixture
def anyone(bookshop: Shop) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=bookshop.url, trust_env=False) as client:
        yield client


@pytest.fixture
def clerk(anyone: httpx.Client, bookshop: Shop) -> httpx.Client:
    anyone.headers["Authorization"] = f"Bearer {bookshop.token}"
    return anyone


def test_its_document_names_thirteen_operations_and_one_scheme(anyone: httpx.Client) -> None:
    document = anyone.get("/openapi.json").json()
    operations = [operation for item in document["paths"].values() for operation in item.values()]
    assert document["openapi"].startswith("3.1")
    assert len({operation["operationId"] for operation in operations}) == 13
    assert document["components"]["securitySchemes"]["bearerAuth"]["scheme"] == "bearer"


def test_only_the_catalogue_is_open_to_anyone(anyone: httpx.Client) -> None:
    assert anyone.get("/books/101").status_code == 200
    refused = anyone.get("/customers")
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_filters_add_up_and_lists_mean_any_of(anyone: httpx.Client) -> None:
    asked = {
        "genre": ["fantasy", "children"],
        "language": "de",
        "max_price": 9.85,
        "in_stock": True,
        "sort": "price",
    }
    found = anyone.get("/books", params=asked).json()
    assert [book["title"] for book in found["items"]] == ["Pippi Longstocking", "Momo"]


def test_words_are_found_in_title_and_author(anyone: httpx.Client) -> None:
    assert [
        book["id"]
        for book in anyone.get("/books", params={"q": "le guin dispossessed"}).json()["items"]
    ] == [102]


def test_pages_are_linked_and_hold_every_book_once(anyone: httpx.Client) -> None:
    answer = anyone.get("/books", params={"limit": 11})
    ids = [book["id"] for book in answer.json()["items"]]
    while link := answer.links.get("next"):
        answer = anyone.get(link["url"])
        ids += [book["id"] for book in answer.json()["items"]]
    assert len(ids) == len(set(ids)) == answer.json()["total"] == 27


def test_a_patch_clears_a_nullable_field_and_leaves_the_rest(clerk: httpx.Client) -> None:
    before = clerk.get("/books/103").json()
    assert clerk.patch("/books/103", json={"discount_percent": None}).json() == {
        **before,
        "discount_percent": None,
    }
    assert clerk.patch("/books/103", json={}).json() == {**before, "discount_percent": None}


def test_an_order_takes_copies_out_of_stock_and_a_cancelled_one_gives_them_back(
    clerk: httpx.Client,
) -> None:
    order = clerk.post("/orders", json={"book_id": 103, "customer_id": 201, "quantity": 2}).json()
    assert (order["unit_price"], order["status"]) == (8.91, "placed")
    assert clerk.get("/books/103").json()["stock"] == 10
    assert clerk.post(f"/orders/{order['id']}/cancel").json()["status"] == "cancelled"
    assert clerk.get("/books/103").json()["stock"] == 12


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        # out of stock
        ("POST", "/orders", {"book_id": 109, "customer_id": 201, "quantity": 1}, 409),
        ("POST", "/orders", {"book_id": 101, "customer_id": 101, "quantity": 1}, 404),
        ("POST", "/orders", {"book_id": 101, "customer_id": 201}, 422),
        ("POST", "/orders/301/cancel", None, 409),  # shipped
        ("POST", "/customers", {"name": "A", "email": "amara@example.org"}, 409),
        ("PATCH", "/books/103", {"price": None}, 422),
        ("DELETE", "/books/103", None, 409),  # ordered once
        ("DELETE", "/books/999", None, 404),
    ],
)
def test_it_says_honestly_what_it_does_not_do(
    clerk: httpx.Client, method: str, path: str, body: object, status: int
) -> None:
    answer = clerk.request(method, path, json=body)
    assert (answer.status_code, bool(answer.json()["detail"])) == (status, True)


def test_a_refused_order_changes_nothing(clerk: httpx.Client, bookshop: Shop) -> None:
    clerk.post("/orders", json={"book_id": 102, "customer_id": 201, "quantity": 50})
    assert len(bookshop.rows("SELECT * FROM orders")) == 5


def test_a_cover_is_uploaded_as_multipart(clerk: httpx.Client) -> None:
    files = {"picture": ("cover.png", b"\x89PNG", "image/png")}
    cover = clerk.put("/books/101/cover", files=files, data={"caption": "First edition"}).json()
    assert cover == {
        "book_id": 101,
        "file_name": "cover.png",
        "media_type": "image/png",
        "bytes": 4,
        "caption": "First edition",
    }
