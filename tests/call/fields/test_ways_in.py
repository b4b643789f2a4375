"""What is chosen comes from the call, the client, or the document; the program has the whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.call.connect import connect
from openapi2tools.errors import InvalidOption
from openapi2tools.formats import mcp
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.calling import tool, tools
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Iterator

BOOKS = {"total": 1, "items": [{"id": 1, "title": "Emma"}]}


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    status = {"/missing": 404}
    with LoopbackServer(lambda request: Answer(status.get(request.path, 200), BOOKS)) as running:
        yield running


def test_a_call_chooses_and_the_program_has_all(server: LoopbackServer) -> None:
    client = connect(tools(tool(server.url)))
    result = client.call("t", fields="items[].title")
    assert result.text == '["Emma"]'
    assert (result.data, result.selected, result.shown) == (BOOKS, ["Emma"], ["Emma"])
    plain = client.call("t")
    assert (plain.selected, plain.shown) == (None, BOOKS)


def test_the_client_chooses_for_the_tools_that_fit(server: LoopbackServer) -> None:
    subjects = tools(tool(server.url, name="find_books"), tool(server.url, name="list_all"))
    client = connect(subjects, fields={"find_*": "items.id", "*": ["total"]})
    assert json.loads(client.call("find_books").text) == {"items": [{"id": 1}]}
    assert json.loads(client.call("list_all").text) == {"total": 1}
    assert json.loads(client.call_model("list_all", fields="items.id").text) == {
        "items": [{"id": 1}]
    }


def test_an_overlay_chooses_and_the_operator_goes_before_it(server: LoopbackServer) -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "servers": [{"url": server.url}],
        "paths": {"/books": {"get": {"operationId": "books", "responses": {}}}},
    }
    actions = [{"target": "$.paths.*.get", "update": {"x-openapi2tools": {"fields": "total"}}}]
    overlay = {"overlay": "1.0.0", "info": {"title": "o", "version": "1"}, "actions": actions}
    api = load(json.dumps(document).encode(), overlays=[json.dumps(overlay).encode()])
    built = build_tools(api)
    assert connect(built).call("books").text == '{"total":1}'
    assert connect(built, fields="items.id").call("books").text == '{"items":[{"id":1}]}'


def test_a_hint_that_cannot_be_read_is_told_and_nothing_is_lost(server: LoopbackServer) -> None:
    subject = tool(server.url, hints={"fields": "items["})
    result = connect(tools(subject)).call("t")
    assert json.loads(result.text) == BOOKS
    assert "hint `fields` cannot be used" in result.notes[0]


def test_an_error_stays_whole(server: LoopbackServer) -> None:
    result = connect(tools(tool(server.url, path="/missing"))).call("t", fields="total")
    assert "Emma" in result.text
    assert result.selected is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"find_*": "id"}, "no tool here has a name"),
        ({"t": "a["}, "Incomplete expression"),
        (7, "a list of dotted names"),
        ({"t": ["a", 7]}, "a list of dotted names"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_call(fields: Any, message: str) -> None:
    with pytest.raises(InvalidOption, match=message):
        connect(tools(tool("https://example.com")), fields=fields)


def test_a_host_of_mcp_reads_the_chosen_fields_alone(server: LoopbackServer) -> None:
    result = connect(tools(tool(server.url)), fields="total").call("t")
    written = mcp.write_result(result)
    assert written["structuredContent"] == {"total": 1}
    assert "Emma" not in json.dumps(written)
