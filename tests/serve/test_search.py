"""An API of many operations is served by search: find, describe and call."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest
from mcp import types

from tests.serve.test_mcp import ORDER, orders, served

if TYPE_CHECKING:
    from examples.bookshop.shop import Shop

FIND_BOOKS = {"query": "search for books by author"}
BY_SEARCH = ("--tools", "search")


def test_a_client_finds_reads_about_and_calls_a_tool(bookshop: Shop) -> None:
    async def use() -> tuple[list[types.Tool], list[types.CallToolResult]]:
        call = {"name": "search_books", "arguments": {"q": "le guin"}}
        calls = (
            ("find_tools", FIND_BOOKS),
            ("describe_tool", {"name": "search_books"}),
            ("call_tool", call),
        )
        async with served(bookshop, *BY_SEARCH) as client:
            tools = (await client.list_tools()).tools
            return tools, [await client.call_tool(*each) for each in calls]

    tools, (found, described, called) = asyncio.run(use())
    reads = {tool.name: tool.annotations.read_only_hint for tool in tools}
    assert [*reads] == ["find_tools", "describe_tool", "call_tool", "read_result"]
    assert [*reads.values()] == [True, True, False, True]
    assert "search_books" in found.structured_content["tools"]
    assert "catalogue" in json.loads(described.content[0].text)["purpose"]
    assert called.structured_content["total"] == 3


def test_a_tool_that_is_named_directly_is_called_and_a_wrong_name_gets_advice(
    bookshop: Shop,
) -> None:
    async def use() -> list[types.CallToolResult]:
        wrong = {"name": "get_boook", "arguments": {}}
        async with served(bookshop, *BY_SEARCH) as client:
            return [
                await client.call_tool("get_book", {"book_id": 101}),
                await client.call_tool("call_tool", wrong),
                await client.call_tool("call_tool", {"name": 7}),
            ]

    direct, wrong, faulty = asyncio.run(use())
    assert direct.structured_content["title"] == "The Left Hand of Darkness"
    assert (wrong.is_error, faulty.is_error) == (True, True)
    assert "get_book" in wrong.content[0].text
    assert "takes a name" in faulty.content[0].text


@pytest.mark.parametrize(("action", "count"), [("accept", 6), ("decline", 5)])
def test_a_write_through_call_tool_asks_the_person_who_sees_the_real_request(
    bookshop: Shop, action: str, count: int
) -> None:
    questions = []

    async def answer(_: object, params: types.ElicitRequestFormParams) -> types.ElicitResult:
        questions.append(params.message)
        return types.ElicitResult(action=action, content={} if action == "accept" else None)

    async def use() -> types.CallToolResult:
        arguments = {"name": "create_order", "arguments": ORDER}
        async with served(bookshop, *BY_SEARCH, elicitation_callback=answer) as client:
            return await client.call_tool("call_tool", arguments)

    result = asyncio.run(use())
    assert result.is_error is (action == "decline")
    assert "POST /orders" in questions[0]
    assert orders(bookshop) == count
