"""A result names the call for the next page when, and only when, the response says there is one."""

from __future__ import annotations

from typing import Any

import pytest

from openapi2tools.call.connect import connect
from openapi2tools.model import Result, SecurityScheme
from tests.support.calling import parameter, tool, tools
from tests.support.server import Answer, LoopbackServer

KEY = {"schemes": {"key": SecurityScheme("key", "apiKey", name="api_key", location="query")}}
NAMES = ("q", "page", "cursor", "offset", "limit", "pageToken", "per_page", "tags")


def answered(
    body: Any,
    link: str = "",
    method: str = "GET",
    *,
    said: Any = None,
    headers: dict[str, str] | None = None,
    **arguments: Any,
) -> Result:
    """Call a tool; `said` is what the document says of its parameter `page`, beside its type."""
    with LoopbackServer(
        lambda received: Answer(200, body, {"Link": link} if link else headers or {})
    ) as server:
        subject = tool(
            server.url,
            *map(parameter, NAMES),
            path="/v1/items",
            method=method,
            api=KEY,
            security=({"key": ()},),
        )
        subject.schema["properties"]["page"] = {"type": "integer", **(said or {})}
        subject.schema["properties"]["tags"] = {"type": "array", "items": {"type": "integer"}}
        return connect(tools(subject), credentials={"key": "s3cret-value"}).call("t", arguments)


@pytest.mark.parametrize(
    ("body", "link", "arguments", "following"),
    [
        (
            [],
            '</v1/items?q=a&page=3>; rel="next", </v1/items?page=9>; rel="last"',
            {"q": "a", "page": 2},
            {"q": "a", "page": 3},
        ),
        ([], "<?cursor=a%2Bb&api_key=s3cret-value>; rel=next", {}, {"cursor": "a+b"}),
        ({"next": "/v1/items?page=2"}, "", {}, {"page": 2}),
        ({"links": {"next": {"href": "/v1/items?page=2"}}}, "", {}, {"page": 2}),
        ({"nextPageToken": "tok"}, "", {"limit": 5}, {"limit": 5, "pageToken": "tok"}),
        ({"meta": {"next_cursor": "c"}}, "", {}, {"cursor": "c"}),
        ({"page": 1, "total_pages": 3}, "", {}, {"page": 2}),
        ({"total": 30, "items": [1, 2]}, "", {"offset": 4}, {"offset": 6}),
        (
            {"total": 30, "items": [1, 2], "facets": [1, 2, 3]},
            "",
            {"limit": 2},
            {"limit": 2, "offset": 2},
        ),
        ({"next_cursor": "/ab/c="}, "", {}, {"cursor": "/ab/c="}),
        ([], "<?cursor=c>; rel=next", {"page": 1, "q": "a"}, {"cursor": "c"}),
        ([], "<?tags=1&tags=2&page=2>; rel=next", {"tags": [1]}, {"tags": [1, 2], "page": 2}),
        ([], '<?page=2>; title="a b"; REL="last  next"', {}, {"page": 2}),
    ],
)
def test_the_next_page_is_a_call(
    body: Any, link: str, arguments: dict[str, Any], following: dict[str, Any]
) -> None:
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
        ({"next": "http://internal:8000/v1/items?page=2"}, ""),
        ({"next": "items?unknown=2"}, ""),
        ({"next_page": "two"}, ""),
        ({"total": 30, "items": [1, 2], "facets": [1, 2, 3]}, ""),
        ({"next_cursor": "c", "meta": {"has_more": False}}, ""),
    ],
)
def test_where_nothing_follows_no_call_is_made_up(body: Any, link: str) -> None:
    arguments = (
        {"page": 3} if isinstance(body, dict) and "total_pages" in body else {"cursor": "same"}
    )
    assert answered(body, link, **arguments).next is None


@pytest.mark.parametrize(
    "link",
    ["http://[bad/", "//[", "http://h:99999/v1/items?page=2", "a/\x1b b", "/" + "x" * 70_000],
)
def test_a_link_that_is_no_address_harms_no_answer(link: str) -> None:
    for result in (
        answered({"next": link}),
        answered({}, f"<{link[:100]}>; rel=next" if link.isprintable() else ""),
    ):
        assert (result.status, result.next) == (200, None)


@pytest.mark.parametrize(
    ("said", "page", "body", "following"),
    [
        ({"default": 0}, None, {"totalPages": 3, "number": 0}, 1),
        ({}, None, {"totalPages": 3, "number": 0}, 1),
        ({}, None, {"page": {"totalPages": 3, "number": 0}}, 1),
        ({"default": 0}, 1, {"totalPages": 3}, 2),
        ({"default": 0}, 2, {"totalPages": 3}, None),
        ({}, 2, {"totalPages": 3, "number": 2}, None),
        ({}, 2, {"totalPages": 9, "last": True}, None),
        ({"default": 1}, None, {"totalPages": 3, "number": 0}, 2),
        ({"default": 1}, 2, {"totalPages": 3, "number": 1}, 3),
        ({"default": 0}, 1, {"totalPages": 3, "currentPage": 2}, 2),
    ],
)
def test_pages_are_counted_from_where_the_document_and_the_answer_do(
    said: Any, page: int | None, body: Any, following: int | None
) -> None:
    result = answered(body, said=said, **({} if page is None else {"page": page}))
    assert (result.next and result.next.arguments["page"]) == following


def test_a_path_is_the_same_however_it_is_encoded() -> None:
    link = {"Link": '</a%20b:c@d?page=2>; rel="next"'}
    with LoopbackServer(lambda _: Answer(200, [], link)) as server:
        result = connect(
            tools(tool(server.url, parameter("id", "path"), parameter("page"), path="/{id}"))
        ).call("t", {"id": "a b:c@d"})
    assert result.next is not None
    assert result.next.arguments == {"id": "a b:c@d", "page": "2"}


@pytest.mark.parametrize(
    "header", ["<" * 60_000, "<a>;rel=" + " " * 60_000 + "x", '<a>;rel="' + "a " * 30_000 + '"']
)
def test_a_link_header_is_read_in_one_go(header: str) -> None:
    assert answered([], header).next is None


def test_a_write_has_no_next_page() -> None:
    assert answered({"next_cursor": "c"}, method="POST").next is None


def test_a_page_after_the_other_ends() -> None:
    def handler(received: Any) -> Answer:
        page = int(received.query.partition("page=")[2] or 1)
        return Answer(
            200, {"page": page}, {"Link": f'</?page={page + 1}>; rel="next"'} if page < 3 else {}
        )

    with LoopbackServer(handler) as server:
        subject = tool(server.url, parameter("page"))
        subject.schema["properties"]["page"] = {"type": "integer"}
        client, results = connect(tools(subject)), []
        call: Any = "t"
        while call is not None:
            results.append(client.call(call))
            call = results[-1].next
    assert [result.data["page"] for result in results] == [1, 2, 3]


@pytest.mark.parametrize(
    ("headers", "arguments", "following"),
    [
        ({"Next-Page": "/v1/items?page=2&q=a"}, {"q": "a"}, {"q": "a", "page": 2}),
        ({"X-Next-Page": "3", "X-Page": "2", "X-Total-Pages": "9"}, {"page": 2}, {"page": 3}),
        ({"X-Next-Cursor": "abc"}, {}, {"cursor": "abc"}),
        ({"X-Next-Page-Token": "0123"}, {"limit": 5}, {"limit": 5, "pageToken": "0123"}),
        ({"Next-Cursor": "123"}, {}, {"cursor": 123}),
        ({"Link": "</v1/items?page=2>; Rel=NEXT"}, {}, {"page": 2}),
        ({"LINK": '</v1/items?page=2>; title=x; REL="Next"'}, {}, {"page": 2}),
        ({"X-Page": "1", "X-Total-Pages": "3"}, {"page": 1}, {"page": 2}),
        ({"X-Total-Count": "30"}, {"offset": 4}, {"offset": 6}),
        ({"X-Total": "30"}, {"offset": 28}, None),
        ({"X-Next-Page": "", "X-Page": "3", "X-Total-Pages": "3"}, {"page": 3}, None),
        ({"Next-Page": "https://evil.example.com/v1/items?page=2"}, {}, None),
        ({"X-Next-Page": "two"}, {}, None),
        ({"X-Request-Id": "7", "X-Total-Count": "2"}, {}, None),
    ],
)
def test_the_next_page_may_be_in_a_header_only(
    headers: dict[str, str], arguments: dict[str, Any], following: dict[str, Any] | None
) -> None:
    result = answered([1, 2], headers=headers, **arguments)
    assert (result.next and dict(result.next.arguments)) == following
