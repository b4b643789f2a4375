"""Files over MCP: a host's model passes handles, never bytes."""

from __future__ import annotations

import asyncio
import json
from base64 import b64decode, b64encode
from typing import Any

import pytest
from mcp import Client, MCPError, types

from openapi2tools.call.policy import Policy
from openapi2tools.model import Part, Result
from openapi2tools.serve.files import ServedFiles
from openapi2tools.serve.mcp import make_server
from tests.support.galleries import PICTURE, open_galleries
from tests.support.server import Answer

ZIP = b"PK\x03\x04\0\xff" * 20
ALLOWED = Policy(confirm="none")


def handle_in(result: types.CallToolResult) -> dict[str, str]:
    """Return the handle that a host's model reads in a result."""
    text = result.content[0].text  # type: ignore[union-attr]
    found: dict[str, str] = json.loads(text[text.rindex("{") : text.rindex("}") + 1])
    return found


@pytest.mark.parametrize("search", [False, True])
def test_a_picture_of_one_api_is_uploaded_to_another_byte_for_byte(search: bool) -> None:
    async def use(server: Any) -> tuple[types.CallToolResult, str]:
        async def call(client: Client, tool: str, arguments: Any) -> types.CallToolResult:
            if search:
                arguments = {"name": tool, "arguments": arguments}
                tool = "call_tool"
            return await client.call_tool(tool, arguments)

        async with Client(server) as client:
            picture = await call(client, "get_picture", {})
            arguments = {"picture": handle_in(picture)}
            result = await call(client, "upload", arguments)
            assert not result.is_error, result.content
            return picture, json.dumps(arguments)

    with open_galleries(policy=ALLOWED) as galleries:
        picture, said = asyncio.run(use(make_server(galleries.caller, search=search)))
        assert galleries.uploaded() == ("left hand.png", "image/png", PICTURE)
    [_, image] = picture.content
    assert isinstance(image, types.ImageContent)
    assert b64decode(image.data) == PICTURE
    assert b64encode(PICTURE).decode() not in said


def test_the_tools_say_that_a_handle_may_be_given() -> None:
    async def schemas(server: Any) -> dict[str, Any]:
        async with Client(server) as client:
            return {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}

    with open_galleries(policy=ALLOWED) as galleries:
        offered = asyncio.run(schemas(make_server(galleries.caller)))
    assert {"required": ["result"]} in offered["upload"]["properties"]["picture"]["oneOf"]


def test_what_no_model_looks_at_is_a_link_that_the_host_may_read() -> None:
    async def use(server: Any) -> tuple[types.CallToolResult, Any, str]:
        async with Client(server) as client:
            result = await client.call_tool("get_file", {"name": "a.zip"})
            await client.call_tool("store", {"body": handle_in(result)})
            read = await client.read_resource(str(result.content[1].uri))  # type: ignore[union-attr]
            with pytest.raises(MCPError, match="no result://other any more"):
                await client.read_resource("result://other")
            return result, read.contents[0], result.model_dump_json()

    with open_galleries(policy=ALLOWED) as galleries:
        galleries.files["/a.zip"] = Answer(200, ZIP, {"Content-Type": "application/zip"})
        result, content, written = asyncio.run(use(make_server(galleries.caller)))
        assert galleries.arrived[0].body == ZIP
    assert isinstance(result.content[1], types.ResourceLink)
    assert b64decode(content.blob) == ZIP
    assert b64encode(ZIP).decode() not in written


def test_the_oldest_files_go_when_there_are_too_many_bytes() -> None:
    files = ServedFiles(max_bytes=100)
    texts = [
        files.write_result(Result("", "t", "", parts=(Part("image/png", b"x" * 60),)))["content"][0]
        for _ in range(2)
    ]
    ids = [json.loads(each["text"].partition("file: ")[2][:-1])["result"] for each in texts]
    assert [files.find(each) is not None for each in ids] == [False, True]
