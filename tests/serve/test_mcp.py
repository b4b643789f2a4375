"""`openapi2tools serve`, from an MCP client at its pipes to the shop's database and back."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import pytest
from mcp import Client, MCPError, StdioServerParameters, types

from openapi2tools._core.installed import install_command
from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from openapi2tools.serve.mcp import make_server
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.pets import DOCUMENT, Pets, open_pets
from tests.support.server import Answer, LoopbackServer
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from examples.bookshop.shop import Shop
    from openapi2tools.call.client import Client as OwnClient
    from tests.conftest import Done

ORDER = {"book_id": 102, "customer_id": 201, "quantity": 2}
BOTH_ERAS = pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])


_QUESTION = "question"


async def _unused(*_: object) -> types.ElicitResult:
    raise AssertionError


@asynccontextmanager
async def served(shop: Shop, *options: str, **client: object) -> AsyncIterator[Client]:
    command = [
        "-m",
        "openapi2tools",
        "serve",
        shop.document,
        "--auth",
        f"bearerAuth={shop.token}",
        *options,
    ]
    async with Client(
        StdioServerParameters(command=sys.executable, args=command, env={**os.environ}), **client
    ) as connected:
        yield connected


def orders(shop: Shop) -> int:
    return len(shop.rows("SELECT * FROM orders"))


@BOTH_ERAS
def test_a_client_finds_the_tools_and_reads_but_writes_are_refused(
    bookshop: Shop, mode: str
) -> None:
    async def use() -> tuple[list[types.Tool], types.CallToolResult, types.CallToolResult]:
        async with served(bookshop, mode=mode) as client:
            tools = (await client.list_tools()).tools
            return (
                tools,
                await client.call_tool("get_book", {"book_id": 101}),
                await client.call_tool("create_order", ORDER),
            )

    tools, book, order = asyncio.run(use())
    reads = {tool.name: tool.annotations.read_only_hint for tool in tools}
    assert (reads["get_book"], reads["create_order"]) == (True, False)
    assert (book.is_error, order.is_error) == (False, True)
    assert book.structured_content["title"] == "The Left Hand of Darkness"
    assert "The Left Hand of Darkness" in book.content[0].text
    assert "--yes" in order.content[0].text
    assert orders(bookshop) == 5


def test_what_a_model_gets_wrong_is_an_error_result_with_advice_and_yes_lets_writes_go_out(
    bookshop: Shop,
) -> None:
    async def use() -> list[types.CallToolResult]:
        calls = (("get_book", {"book_id": "first"}), ("get_boook", {}), ("create_order", ORDER))
        async with served(bookshop, "--yes", "--tag", "books", "--tag", "orders") as client:
            assert "create_customer" not in {
                tool.name for tool in (await client.list_tools()).tools
            }
            return [await client.call_tool(*call) for call in calls]

    arguments, name, order = asyncio.run(use())
    assert (arguments.is_error, name.is_error, order.is_error) == (True, True, False)
    assert "book_id" in arguments.content[0].text
    assert "get_book" in name.content[0].text
    assert order.structured_content["id"] == 306
    assert orders(bookshop) == 6


@BOTH_ERAS
def test_a_person_at_the_client_sees_the_request_and_lets_it_go_out(
    bookshop: Shop, mode: str
) -> None:
    questions = []

    async def agree(_: object, params: types.ElicitRequestFormParams) -> types.ElicitResult:
        questions.append(params.message)
        return types.ElicitResult(action="accept", content={})

    async def use() -> types.CallToolResult:
        async with served(bookshop, mode=mode, elicitation_callback=agree) as client:
            return await client.call_tool("create_order", ORDER)

    assert not asyncio.run(use()).is_error
    assert orders(bookshop) == 6
    [question] = questions
    assert "POST /orders HTTP/1.1" in question
    assert bookshop.token not in question


@BOTH_ERAS
@pytest.mark.parametrize("action", ["decline", "cancel"])
def test_a_no_sends_nothing_and_is_told(mode: str, action: str) -> None:
    async def answer(*_: object) -> types.ElicitResult:
        return types.ElicitResult(action=action)

    async def use(client: OwnClient) -> types.CallToolResult:
        async with Client(make_server(client), mode=mode, elicitation_callback=answer) as connected:
            return await connected.call_tool("add_pet", {"name": "Kit"})

    with open_pets(policy=Policy(confirm="writes")) as (pets, client):
        result = asyncio.run(use(client))
        assert result.is_error
        assert "declined" in result.content[0].text
        assert pets.received == []


def test_a_yes_is_for_the_call_that_was_asked_about_and_for_no_other() -> None:
    async def use(client: OwnClient) -> None:
        async with Client(make_server(client), elicitation_callback=_unused) as connected:
            call = partial(connected.session.call_tool, "add_pet", allow_input_required=True)
            asked = await call({"name": "Kit"})
            yes = {
                key: types.ElicitResult(action="accept", content={}) for key in asked.input_requests
            }
            # nobody was asked yet
            assert isinstance(
                await call({"name": "Kit"}, input_responses=yes), types.InputRequiredResult
            )
            with pytest.raises(MCPError):
                await call(
                    {"name": "Tiger"}, input_responses=yes, request_state=asked.request_state
                )
            assert pets.received == []
            assert not (
                await call({"name": "Kit"}, input_responses=yes, request_state=asked.request_state)
            ).is_error

    with open_pets(policy=Policy(confirm="writes")) as (pets, client):
        asyncio.run(use(client))
    assert len(pets.received) == 1


def test_a_yes_counts_once() -> None:
    async def use(client: OwnClient) -> None:
        async with Client(make_server(client), elicitation_callback=_unused) as connected:
            call = partial(
                connected.session.call_tool, "add_pet", {"name": "Kit"}, allow_input_required=True
            )
            asked = await call()
            yes = {_QUESTION: types.ElicitResult(action="accept", content={})}
            given = {"input_responses": yes, "request_state": asked.request_state}
            assert not (await call(**given)).is_error
            again = await call(**given)
            assert isinstance(again, types.InputRequiredResult)
            assert again.request_state != asked.request_state

            asked = await call()
            no = {_QUESTION: types.ElicitResult(action="decline")}
            given = {"request_state": asked.request_state}
            assert (await call(input_responses=no, **given)).is_error
            assert isinstance(await call(input_responses=yes, **given), types.InputRequiredResult)

    with open_pets(policy=Policy(confirm="writes")) as (pets, client):
        asyncio.run(use(client))
    assert len(pets.received) == 1


@BOTH_ERAS
def test_a_request_that_changed_since_the_question_is_asked_about_again(
    mode: str, tmp_path: Path
) -> None:
    questions: list[str] = []
    photo = tmp_path / "kit.png"
    photo.write_bytes(b"one")

    async def agree(_: object, params: types.ElicitRequestFormParams) -> types.ElicitResult:
        questions.append(params.message)
        photo.write_bytes(b"two")
        return types.ElicitResult(action="accept", content={})

    async def use(client: OwnClient) -> types.CallToolResult:
        async with Client(make_server(client), mode=mode, elicitation_callback=agree) as connected:
            return await connected.call_tool("send", {"body": {"path": "kit.png"}})

    operation = {
        "operationId": "send",
        "requestBody": {"required": True, "content": {"image/png": {}}},
        "responses": {"200": {"description": "Seen"}},
    }
    with LoopbackServer(lambda _: Answer(200, "seen")) as server:
        document = {
            **DOCUMENT,
            "servers": [{"url": server.url}],
            "paths": {"/": {"post": operation}},
        }
        tools = build_tools(load(document))
        client = connect(tools, policy=Policy(confirm="writes"), files=tmp_path)
        assert not asyncio.run(use(client)).is_error
    assert ["file 1 (kit.png) was" in question for question in questions] == [False, True]
    assert [received.body for received in server.received] == [b"two"]


def test_a_client_of_ones_own_asks_as_it_was_told() -> None:
    async def use(client: OwnClient) -> types.CallToolResult:
        async with Client(make_server(client)) as connected:
            return await connected.call_tool("add_pet", {"name": "Kit"})

    for yes in (False, True):
        with open_pets(policy=Policy(confirm="writes"), approve=lambda _, yes=yes: yes) as (
            pets,
            client,
        ):
            assert asyncio.run(use(client)).is_error != yes
            assert len(pets.received) == yes


def test_what_the_other_side_cancels_is_cancelled() -> None:
    async def use() -> None:
        begun, ended = asyncio.Event(), asyncio.Event()

        async def approve(_: object) -> bool:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()
            return True

        with open_pets(policy=Policy(confirm="all"), approve=approve) as (_, client):
            async with Client(make_server(client), mode="legacy") as connected:
                call = asyncio.create_task(connected.call_tool("find_pets", {}))
                await begun.wait()
                call.cancel()
                await asyncio.wait_for(ended.wait(), 120)

    asyncio.run(use())


def test_a_long_answer_is_not_given_whole_beside_its_shortened_text() -> None:
    async def use(client: OwnClient) -> types.CallToolResult:
        async with Client(make_server(client)) as connected:
            return await connected.call_tool("get_pet", {"pet_id": 1})

    with open_pets(Pets(names={1: "Rex" * 1000}), limit_tokens=100) as (_, client):
        result = asyncio.run(use(client))
    assert result.structured_content is None
    assert len(result.content[0].text) < 1000


def test_a_client_reads_on_in_an_answer_that_was_shortened() -> None:
    async def use(client: OwnClient) -> list[types.CallToolResult]:
        async with Client(make_server(client)) as connected:
            first = await connected.call_tool("get_pet", {"pet_id": 1})
            note = re.search(r'read_result reads on in it, with call="(.+)"', text_of(first))
            call = {"call": note[1], "path": "name", "offset": 300}
            return [
                await connected.call_tool("read_result", call),
                await connected.call_tool("read_result", {"call": "guessed"}),
                await connected.call_tool("read_result", {}),
            ]

    def text_of(result: types.CallToolResult) -> str:
        return result.content[0].text

    words = " ".join(f"word{number}" for number in range(1000))
    with open_pets(Pets(names={1: words}), limit_tokens=100) as (pets, client):
        read, guessed, without = asyncio.run(use(client))
    assert text_of(read).startswith(words[300:500])
    assert [guessed.is_error, without.is_error] == [True, True]
    assert "No answer of a call 'guessed'" in text_of(guessed)
    assert len(pets.received) == 1


def test_an_answer_that_is_nested_too_deeply_for_the_sdk_is_given_as_text_alone() -> None:
    async def use(client: OwnClient) -> types.CallToolResult:
        async with Client(make_server(client)) as connected:
            return await connected.call_tool("get_pet", {"pet_id": 1})

    with open_pets(Pets(names={1: json.loads("[" * 300 + "]" * 300)})) as (_, client):
        result = asyncio.run(use(client))
    assert (result.is_error, result.structured_content) == (False, None)
    assert "[" * 300 in result.content[0].text


def test_the_end_of_the_input_is_the_end_and_nothing_but_the_protocol_is_on_standard_output(
    cli: Callable[..., Done], bookshop: Shop
) -> None:
    done = cli("serve", bookshop.document)
    assert (done.code, done.out) == (0, "")
    assert "tools" in done.err


def test_ctrl_c_ends_the_server_with_130(bookshop: Shop) -> None:
    with Terminal("serve", bookshop.document) as terminal:
        terminal.expect("Ctrl-C")
        terminal.interrupt()
        assert terminal.end() == (130, "")
        assert "Traceback" not in terminal.shown


def without_the_sdk(*words: str) -> subprocess.CompletedProcess[str]:
    program = (
        "import sys; sys.modules['mcp'] = None; from openapi2tools.cli.main import main; "
        f"main({[*words]!r})"
    )
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )


def test_without_the_extra_the_command_that_installs_it_is_named() -> None:
    done = without_the_sdk("serve", "nowhere.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert install_command("mcp") in done.stderr


def test_a_host_that_could_not_start_the_server_is_configured_with_a_word_about_it() -> None:
    done = without_the_sdk("serve", "nowhere.json", "--config", "cursor")
    assert (done.returncode, "mcpServers" in json.loads(done.stdout)) == (0, True)
    assert "the host cannot start this yet" in done.stderr
    assert install_command("mcp") in done.stderr
