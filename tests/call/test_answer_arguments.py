"""A model may choose fields and ask for several pages, by arguments that no request holds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from openapi2tools.errors import InvalidArguments, InvalidOption
from openapi2tools.formats import openai_chat
from openapi2tools.formats.export import export
from openapi2tools.model import Effect
from tests.support.calling import parameter, tool, tools
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Toolset


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    def answer(request: Received) -> Answer:
        number = int(request.query.removeprefix("page=")) if "page=" in request.query else 1
        if number == 9:
            return Answer(500, {"problem": "down"}, {"Retry-After": "0"})
        following = 9 if number == 3 else number + 1
        items = [{"id": number, "title": f"T{number}"}]
        link = {"Link": f'</?page={following}>; rel="next"'}
        return Answer(200, {"items": items}, link)

    with LoopbackServer(answer) as running:
        yield running


def pets(server: LoopbackServer) -> Toolset:
    return tools(
        tool(server.url, parameter("page"), name="list"),
        tool(server.url, parameter("answer_fields"), name="get"),
        tool(server.url, name="add", method="POST", effect=Effect.WRITE),
    )


def arguments(client: Any) -> dict[str, set[str]]:
    return {name: {*each.schema["properties"]} for name, each in client.tools.items()}


def test_tools_that_read_have_them_under_names_of_their_own(server: LoopbackServer) -> None:
    client = connect(pets(server), choose_fields=True, policy=Policy(pages=3))
    assert arguments(client) == {
        "list": {"page", "answer_fields", "answer_pages"},
        "get": {"answer_fields", "answer_fields_"},
        "add": set(),
    }
    assert arguments(connect(pets(server)))["list"] == {"page"}
    chosen = connect(pets(server), choose_fields=True, fields={"list": "items.id"})
    assert arguments(chosen)["list"] == {"page"}
    view = client.scoped(tools=client.tools.only("list"))
    assert arguments(view) == {"list": {"page", "answer_fields", "answer_pages"}}


def test_what_is_chosen_comes_back_and_no_request_holds_it(server: LoopbackServer) -> None:
    client = connect(pets(server), choose_fields=True)
    result = client.call("list", {"answer_fields": "items[].title"})
    assert result.text.partition("\n")[0] == '["T1"]'
    assert client.call("get", {"answer_fields_": "items.id", "answer_fields": "x"}).ok
    assert [request.query for request in server.received] == ["", "answer_fields=x"]
    with pytest.raises(InvalidArguments, match="answer_fields: Invalid jmespath"):
        client.prepare("list", {"answer_fields": "items["})


def test_they_go_through_strict_mode_and_back(server: LoopbackServer) -> None:
    client = connect(pets(server), choose_fields=True, policy=Policy(pages=3))
    (definition, *_) = export(client.tools.only("list"), "openai-chat", strict=True)
    given = definition["function"]["parameters"]["properties"]
    assert {"answer_fields", "answer_pages"} <= given.keys()
    values = {"page": None, "answer_fields": None, "answer_pages": 2}
    function = {"name": "list", "arguments": json.dumps(values)}
    message = {"tool_calls": [{"id": "c", "type": "function", "function": function}]}
    (call,) = openai_chat.read_calls(message, client.tools.only("list"))
    result = client.call_model(call)
    assert [each["id"] for each in result.data["items"]] == [1, 2]


def test_pages_are_joined_and_the_next_one_is_known(server: LoopbackServer) -> None:
    client = connect(pets(server), policy=Policy(pages=5), retries=0)
    two = client.call("list", {"answer_pages": 2, "page": 1})
    assert [each["id"] for each in two.data["items"]] == [1, 2]
    assert two.next is not None
    assert str(two.next.arguments["page"]) == "3"
    assert "joins 2 pages" in two.notes[-1]
    broken = client.call("list", {"answer_pages": 5})
    assert [each["id"] for each in json.loads(broken.text.partition("\n")[0])["items"]] == [1, 2, 3]
    assert "Page 4 failed: " in broken.notes[-1]


def test_no_more_pages_than_the_operator_allows(server: LoopbackServer) -> None:
    client = connect(pets(server), policy=Policy(pages=2))
    for wrong in (3, 0, True, "2"):
        with pytest.raises(InvalidArguments, match="answer_pages: give a whole number from 1 to 2"):
            client.prepare("list", {"answer_pages": wrong})
    with pytest.raises(InvalidArguments):
        connect(pets(server)).prepare("list", {"answer_pages": 2, "page": {"no": object()}})
    for number in (0, True, 1.5):
        with pytest.raises(InvalidOption, match="pages="):
            Policy(pages=number)  # type: ignore[arg-type]
