"""A person saves the bookshop under a name, and never types its address again."""

from __future__ import annotations

import json
import os
import tomllib
from typing import TYPE_CHECKING

import anyio

from openapi2tools.config import saved_api
from openapi2tools.config.files import user_file
from tests.support.openai_server import OpenAIServer, calls, says
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from examples.bookshop.shop import Shop
    from tests.conftest import Done


def test_add_look_call_search_and_run_by_name(
    bookshop: Shop, cli: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = {
        "OPENAPI2TOOLS_CONFIG": os.environ["OPENAPI2TOOLS_CONFIG"],
        "SHOP_TOKEN": bookshop.token,
    }
    with Terminal("add", "shop", bookshop.document, environment=environment) as terminal:
        terminal.expect("only read")
        terminal.expect("Where is the credential for")
        terminal.type("env:SHOP_TOKEN")
        terminal.expect("Saved as shop")
        code, _ = terminal.end()
        assert (code, "answered 200" in terminal.shown) == (0, True), terminal.shown

    monkeypatch.setenv("SHOP_TOKEN", bookshop.token)
    kept = tomllib.loads(user_file().read_text(encoding="utf-8"))["apis"]["shop"]
    assert kept["source"] == bookshop.document
    assert list(kept["credentials"].values()) == ["env:SHOP_TOKEN"]

    assert bookshop.document in cli("list").out
    assert "env:SHOP_TOKEN" in cli("show", "shop").out
    assert "create_order" in cli("inspect", "shop").out
    assert "create_order" in cli("search", "shop", "order a book").out
    assert json.loads(cli("export", "shop").out)
    assert cli("lint", "shop").code == 0
    assert "bearer" in cli("auth", "status", "shop").out

    order = {"book_id": 102, "customer_id": 203, "quantity": 2}
    done = cli("call", "shop", "create_order", "--args", json.dumps(order), "--yes")
    assert (done.code, json.loads(done.out)["quantity"]) == (0, 2)
    with OpenAIServer(calls(("search_books", {})), says("There are books.")) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-key")
        assert cli("run", "shop", "Which books?", "--model", "x").out == "There are books.\n"
    with OpenAIServer(says("Nothing.")) as model:
        monkeypatch.delenv("OPENAI_BASE_URL")
        answer = cli(
            "add",
            "mine",
            bookshop.document,
            "--no-try",
            "--model",
            "small",
            "--base-url",
            model.url,
            "--model-option",
            "temperature=0",
            "--max-turns",
            "3",
        )
        assert answer.code == 0, answer.err
        assert cli("run", "mine", "Which books?").out == "Nothing.\n"
        request = model.requests[0]
        assert (request["model"], request["temperature"]) == ("small", 0)
    assert cli("remove", "mine").code == 0

    with saved_api("shop").connect() as client:
        assert client.call("search_books").status == 200

    assert cli("remove", "shop").code == 0
    assert "No API is saved" in cli("list").err


def test_a_host_starts_the_server_by_name(bookshop: Shop, cli: Callable[..., Done]) -> None:
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client

    assert cli("add", "shop", bookshop.document, "--auth", "bearerAuth=env:T", "--no-try").code == 0
    command = ["-m", "openapi2tools", "serve", "shop"]
    environment = {**os.environ, "T": bookshop.token}

    async def names() -> set[str]:
        import sys

        started = StdioServerParameters(command=sys.executable, args=command, env=environment)
        async with stdio_client(started) as streams, ClientSession(*streams) as session:
            await session.initialize()
            return {tool.name for tool in (await session.list_tools()).tools}

    assert "create_order" in anyio.run(names)
