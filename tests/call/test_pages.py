"""A result names the call for the next page when, and only when, the response says that there is one."""

from __future__ import annotations

from typing import Any

import pytest

from openapi2tools.call.client import connect
from openapi2tools.model import Result, SecurityScheme
from tests.support.calling import parameter, tool, tools
from tests.support.server import Answer, LoopbackServer

KEY = {"schemes": {"key": SecurityScheme("key", "apiKey", name="api_key", location="query")}}
NAMES = ("q", "page", "cursor", "offset", "limit", "pageToken", "per_page")


def answered(body: Any, link: str = "", method: str = "GET", **arguments: Any) -> Result:
    with LoopbackServer(lambda received: Answer(200, body, {"Link": link} if link else {})) as server:
        subject = tool(server.url, *map(parameter, NAMES), path="/v1/items", method=method, api=KEY, security=({"key": ()},))
        subject.schema["properties"]["page"] = {"type": "integer"}
        return connect(tools(subject), credentials={"key": "s3cret-value"}).call("t", arguments)


@pytest.mark.parametrize(
    ("body", "link", "arguments", "following"),
    [
        ([], '</v1/items?q=a&page=3>; rel="next", </v1/items?page=9>; rel="last"', {"q": "a", "page": 2}, {"q": "a", "page": 3}),
        ([], "<?cursor=a%2Bb&api_key=s3cret-value>; rel=next", {}, {"cursor": "a+b"}),
        ({"next": "/v1/items?page=2"}, "", {}, {"page": 2}),
        ({"links": {"next": {"href": "/v1/items?page=2"}}}, "", {}, {"page": 2}),
        ({"nextPageToken": "tok"}, "", {"limit": 5}, {"limit": 5, "pageToken": "tok"}),
        ({"meta": {"next_cursor": "c"}}, "", {}, {"cursor": "c"}),
        ({"page": 1, "total_pages": 3}, "", {}, {"page": 2}),
        ({"total": 30, "items": [1, 2]}, "", {"offset": 4}, {"offset": 6}),
    ],
)
def test_the_next_page_is_a_call(body: Any, link: str, arguments: dict[str, Any], following: dict[str, Any]) -> None:
    result = answered(body, link, **arguments)
    assert result.next is not None
    assert (result.next.tool, dict(result.next.arguments)) == ("t", following)


@pytest.mark.parametrize(
    ("body", "link"),
    [
        ([1, 2], ""),
        ([], '</v1/items?page=1>; rel="prev"'),
        ([], '<https://evil.example.com/v1/items?page=2>; rel="next"'),
        ([], '</v2/other?page=2>; rel="next"'),
        ([], '</v1/items?unknown=2>; rel="next"'),
        ({"next": None}, ""),
        ({"nextPageToken": ""}, ""),
        ({"next_cursor": "c", "has_more": False}, ""),
        ({"page": 3, "total_pages": 3}, ""),
        ({"total": 2, "items": [1, 2]}, ""),
        ({"cursor": "same"}, ""),
    ],
)
def test_where_nothing_follows_no_call_is_made_up(body: Any, link: str) -> None:
    arguments = {"page": 3} if isinstance(body, dict) and "total_pages" in body else {"cursor": "same"}
    assert answered(body, link, **arguments).next is None


def test_a_write_has_no_next_page() -> None:
    assert answered({"next_cursor": "c"}, method="POST").next is None


def test_a_page_after_the_other_ends() -> None:
    def handler(received: Any) -> Answer:
        page = int(received.query.partition("page=")[2] or 1)
        return Answer(200, {"page": page}, {"Link": f'</?page={page + 1}>; rel="next"'} if page < 3 else {})

    with LoopbackServer(handler) as server:
        subject = tool(server.url, parameter("page"))
        subject.schema["properties"]["page"] = {"type": "integer"}
        client, results = connect(tools(subject)), []
        call: Any = "t"
        while call is not None:
            results.append(client.call(call))
            call = results[-1].next
    assert [result.data["page"] for result in results] == [1, 2, 3]
