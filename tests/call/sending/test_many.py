"""Calls with options of their own, page after page, many at once, and into a file."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from openapi2tools.errors import InvalidOption, MissingCredential, UnknownTool
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.pets import Pets, open_pets
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from pathlib import Path

    from openapi2tools.call.client import Client

CONFIRM = Policy(confirm="writes")


def pages(received: Received) -> Answer:
    page = int(received.query.partition("=")[2] or 1)
    return Answer(200, {"items": [page], "page": page, "total_pages": 3})


def open_pages(server: LoopbackServer) -> Client:
    parameter = {"name": "page", "in": "query", "schema": {"type": "integer"}}
    operation = {"operationId": "list", "parameters": [parameter], "responses": {}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": server.url}],
        "paths": {"/items": {"get": operation}},
    }
    return connect(build_tools(load(document)))


def test_a_call_may_have_headers_a_time_and_a_yes_of_its_own() -> None:
    with open_pets(policy=CONFIRM, headers={"X-App": "shop"}) as (pets, client):
        result = client.call(
            "add_pet", {"name": "Tom"}, approved=True, headers={"X-Trace": "abc"}, timeout=20
        )
        client.call("get_pet", {"pet_id": 1})
    assert result.ok
    first, second = (received.headers for received in pets.received)
    assert (first["x-app"], first["x-trace"]) == ("shop", "abc")
    assert "x-trace" not in second


def test_a_header_of_one_call_may_be_its_credential() -> None:
    with open_pets() as (pets, client):
        assert client.call_model("delete_pet", {"pet_id": 1}).error == "credential"
        client.call("delete_pet", {"pet_id": 1}, headers={"Authorization": "Bearer of-ann"})
        assert client.call_model("delete_pet", {"pet_id": 1}).error == "credential"
    assert [received.headers["authorization"] for received in pets.received] == ["Bearer of-ann"]


def test_every_page_comes_once() -> None:
    with LoopbackServer(pages) as server:
        client = open_pages(server)
        assert [page.data["items"] for page in client.pages("list")] == [[1], [2], [3]]

        async def all_of_them() -> list[Any]:
            return [page.data["page"] async for page in client.apages("list", {"page": 2})]

        assert asyncio.run(all_of_them()) == [2, 3]


def test_pages_end_after_an_error() -> None:
    def failing(received: Received) -> Answer:
        return Answer(500) if "page=2" in received.query else pages(received)

    with LoopbackServer(failing) as server:
        client = open_pages(server).scoped()
        statuses = [page.status for page in client.pages("list")]
    assert statuses == [200, 500]


def test_pages_of_an_unknown_tool_are_a_slip_of_the_program() -> None:
    with LoopbackServer(pages) as server, pytest.raises(UnknownTool):
        next(open_pages(server).pages("lists"))


def test_many_calls_are_under_way_at_once_and_come_back_in_order() -> None:
    pets = Pets(together=threading.Barrier(2))  # whoever comes alone waits in vain
    came: list[int] = []
    with open_pets(pets) as (_, client), client:
        results = client.map(
            "get_pet",
            [{"pet_id": 2}, {"pet_id": 1}, {"pet_id": 2}, {"pet_id": 1}],
            concurrency=2,
            on_result=lambda index, _: came.append(index),
        )
    assert [result.data["name"] for result in results] == ["Tom", "Rex", "Tom", "Rex"]
    assert sorted(came) == [0, 1, 2, 3]


def test_what_is_wrong_with_one_row_is_its_result() -> None:
    def approve(prepared: Any) -> bool:
        return bool(prepared.call.arguments["name"] != "Eve")

    rows = [{"name": "Ann"}, {"name": "Eve"}, {"nom": "Bob"}]
    with open_pets(policy=CONFIRM, approve=approve) as (pets, client):
        results = client.map("add_pet", rows, concurrency=1)
    assert [result.error for result in results] == [None, "declined", "arguments"]
    assert len(pets.received) == 1


def test_what_is_wrong_with_all_rows_is_raised_and_what_came_before_was_told() -> None:
    told: list[int] = []

    def credentials(_: Any, call: Any) -> str | None:
        return "a-token" if call.arguments["pet_id"] == 1 else None

    async def on_result(index: int, _: Any) -> None:
        told.append(index)

    with open_pets(credentials=credentials) as (_, client), pytest.raises(MissingCredential):
        client.map("delete_pet", [{"pet_id": 1}, {"pet_id": 2}], concurrency=1, on_result=on_result)
    assert told == [0]


@pytest.mark.parametrize("concurrency", [0, -1, True, "4"])
def test_a_number_of_calls_at_once_has_to_be_one(concurrency: Any) -> None:
    with open_pets() as (_, client), pytest.raises(InvalidOption, match="concurrency"):
        client.map("get_pet", [], concurrency=concurrency)


def test_an_answer_is_written_to_a_file_as_it_comes(tmp_path: Path) -> None:
    def report(_: Received) -> Answer:
        headers = {"Content-Type": "text/csv"}
        return Answer(200, b"", headers, chunks=iter([b"a,b\n", b"1,2\n"]))

    with LoopbackServer(report) as server:
        result = open_pages(server).call("list", save_to=tmp_path / "report.csv")
    assert (tmp_path / "report.csv").read_bytes() == b"a,b\n1,2\n"
    (part,) = result.parts
    assert (part.path, part.media_type) == (str(tmp_path / "report.csv"), "text/csv")
    assert "8 bytes" in result.text
    assert result.data is None


def test_an_error_is_no_file(tmp_path: Path) -> None:
    with LoopbackServer(lambda _: Answer(404, {"detail": "gone"})) as server:
        result = open_pages(server).call("list", save_to=tmp_path / "report.csv")
    assert result.error == "http"
    assert "gone" in result.text
    assert not list(tmp_path.iterdir())


def test_a_file_in_no_folder_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with open_pets() as (pets, client), pytest.raises(InvalidOption, match="save_to"):
        client.call("get_pet", {"pet_id": 1}, save_to=tmp_path / "none" / "report.csv")
    assert not pets.received
