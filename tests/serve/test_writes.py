"""A write that an MCP host asks for goes out once, and what became of it is known."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from mcp import Client, StdioServerParameters, types

from openapi2tools.agent.record.entries import Approval, Sent, Settled, Turn
from openapi2tools.agent.record.session import Session
from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from openapi2tools.cli.conversation.session_files import SessionFolder
from openapi2tools.model import Result
from openapi2tools.serve.mcp import make_server
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.serve.test_mcp import BOTH_ERAS, ORDER, served
from tests.support.server import Answer, LoopbackServer
from tests.support.store import DOCUMENT, NEW, PRICED, REMOVED, TEA, Store, open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from examples.bookshop.shop import Shop
    from openapi2tools.call.client import Client as OwnClient
    from tests.conftest import Done


class Host:
    """A host whose person agrees to every call, and says of a lost write what it is told to."""

    def __init__(self, says: str | None = None) -> None:
        self.says = says
        self.questions: list[str] = []

    async def answer(self, _: object, params: types.ElicitRequestFormParams) -> types.ElicitResult:
        self.questions.append(params.message)
        if "outcome" not in params.requested_schema["properties"]:
            return types.ElicitResult(action="accept", content={})
        if self.says is None:
            return types.ElicitResult(action="decline")
        return types.ElicitResult(action="accept", content={"outcome": self.says})


def call_twice(
    client: OwnClient,
    call: tuple[str, dict[str, Any]],
    *,
    host: Host | None = None,
    session: Session | None = None,
    mode: str = "legacy",
) -> tuple[str, str]:
    """Have a host make a call twice, and return what it reads."""

    async def use() -> tuple[str, str]:
        server = make_server(client, session=session)
        asks = {} if host is None else {"elicitation_callback": host.answer}
        async with Client(server, mode=mode, **asks) as connected:
            first, second = [await connected.call_tool(*call) for _ in range(2)]
        return first.content[0].text, second.content[0].text

    return asyncio.run(use())


@pytest.mark.parametrize("call", [PRICED, REMOVED], ids=lambda call: call[0])
def test_a_write_that_took_effect_without_an_answer_is_not_made_again(call: Any) -> None:
    store, session = Store("answer"), Session()
    with open_store(store, snapshot=True) as client:
        _, second = call_twice(client, call, session=session)
    assert len(store.writes) == 1
    assert "Not sent again" in second
    assert "took effect" in second
    assert session.unknown == ()


def test_a_write_that_did_not_take_effect_goes_out_again() -> None:
    store, session = Store("request"), Session()
    with open_store(store, snapshot=True) as client:
        _, second = call_twice(client, NEW, session=session)
    assert len(store.writes) == 2
    assert "did not take effect" in second
    assert json.loads(second.splitlines()[0])["name"] == "tea"


def test_where_nobody_can_tell_the_write_stays_unknown_and_blocked() -> None:
    store, session = Store("request"), Session()
    with open_store(store) as client:
        _, second = call_twice(client, NEW, session=session)
    assert len(store.writes) == 1
    assert "Not sent: this very request" in second
    (unknown,) = session.unknown
    session.settle(unknown, "not done")
    with open_store(store) as client:
        call_twice(client, ("set_price", {"item_id": 1, "price": 5}), session=session)
    assert session.unknown == ()


@BOTH_ERAS
@pytest.mark.parametrize(
    ("says", "writes", "known"),
    [("done", 1, 0), ("not done", 2, 0), ("send again", 2, 0), ("maybe", 1, 1), (None, 1, 1)],
)
def test_the_person_at_the_host_says_what_became_of_it(
    mode: str, says: str | None, writes: int, known: int
) -> None:
    store, session, host = Store("request"), Session(), Host(says)
    with open_store(store, confirm="writes") as client:
        call_twice(client, NEW, host=host, session=session, mode=mode)
    assert len(store.writes) == writes
    assert len(session.unknown) == known
    (question,) = [text for text in host.questions if "No answer came to POST" in text]
    assert "GET /items" in question
    assert len(host.questions) == 1 + writes


@BOTH_ERAS
def test_a_write_keeps_the_key_that_the_person_saw(mode: str) -> None:
    keys: list[str] = []

    def answer(request: Any) -> Answer:
        keys.append(request.headers["idempotency-key"])
        if len(keys) == 1:
            raise ConnectionResetError
        return Answer(201, {"id": 1})

    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
    operation = {
        "operationId": "pay",
        "parameters": [key],
        "responses": {"201": {"description": "Paid"}},
    }
    host = Host()
    with LoopbackServer(answer) as server:
        paths = {"/payments": {"post": operation}}
        tools = build_tools(load({**DOCUMENT, "servers": [{"url": server.url}], "paths": paths}))
        client = connect(tools, retries=0, policy=Policy(confirm="writes"))
        _, second = call_twice(client, ("pay", {}), host=host, mode=mode)
    assert '{"id":1}' in second
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert all(keys[0] in question for question in host.questions)


def test_the_record_has_the_intent_before_and_the_outcome_after_and_no_reads() -> None:
    session, host = Session(), Host()
    with open_store(Store(lost=""), confirm="writes", snapshot=True) as client:
        call_twice(client, ("get_item", {"item_id": 1}), host=host, session=session)
        assert len(session) == 0
        call_twice(client, PRICED, host=host, session=session)
    assert [type(entry) for entry in session] == [Turn, Approval, Sent, Result] * 2
    sent = session[2]
    assert isinstance(sent, Sent)
    assert (sent.method, sent.before["item"]["price"]) == ("PATCH", 2)
    assert "can be undone: by PATCH /items/{item_id}" in host.questions[0]


def test_what_a_host_asks_for_at_once_goes_out_one_after_the_other() -> None:
    store, session = Store("answer"), Session()

    async def use(client: OwnClient) -> list[types.CallToolResult]:
        async with Client(make_server(client, session=session)) as connected:
            return await asyncio.gather(*(connected.call_tool(*PRICED) for _ in range(4)))

    with open_store(store, snapshot=True) as client:
        asyncio.run(use(client))
    made = [type(entry) for entry in session if not isinstance(entry, Settled)]
    assert made == [Turn, Sent, Result] * (len(made) // 3)
    assert store.items[1]["price"] == 9
    assert session.unknown == ()


@pytest.mark.skipif(shutil.which("pkill") is None, reason="pkill ends the server")
def test_a_server_that_is_killed_and_started_again_makes_no_write_twice(
    tmp_path: Path, cli: Callable[..., Done]
) -> None:
    document = tmp_path / "store.json"

    def kill(_: Store) -> None:
        subprocess.run(["pkill", "-9", "-f", f"serve {document}"], check=True)

    async def add_twice() -> types.CallToolResult:
        command = ["-m", "openapi2tools", "serve", str(document), "--yes", "--session", "desk"]
        parameters = StdioServerParameters(command=sys.executable, args=command, env={**os.environ})
        with suppress(Exception):  # what the SDK raises where its server is gone
            async with Client(parameters) as client:
                await client.call_tool(*NEW)
        async with Client(parameters) as client:
            return await client.call_tool(*NEW)

    store = Store("request", on_write=kill)
    with LoopbackServer(store.answer) as server:
        document.write_text(json.dumps({**DOCUMENT, "servers": [{"url": server.url}]}))
        blocked = asyncio.run(add_twice())
        assert "went out at" in blocked.content[0].text
        assert store.writes == ["POST /items"]
        assert "POST" in cli("sessions", "settle", "desk").out
        assert cli("sessions", "settle", "desk", "not-done").code == 0
        assert not asyncio.run(add_twice()).is_error
    # asked for twice, and each answered
    assert store.writes == ["POST /items"] * 3


def test_without_a_name_the_record_begins_with_the_first_write(
    bookshop: Shop, cli: Callable[..., Done]
) -> None:
    async def use(*call: Any) -> None:
        async with served(bookshop, "--yes") as client:
            await client.call_tool(*call)

    asyncio.run(use("get_book", {"book_id": 101}))
    assert SessionFolder().files() == []
    asyncio.run(use("create_order", ORDER))
    (file,) = SessionFolder().files()
    assert "create_order" in cli("sessions", "show", file.name).out
    assert "writes for an MCP host" in cli("sessions", "list").out
    assert cli("run", bookshop.document, "--continue", "Go on").code != 0  # no conversation


def test_a_record_that_cannot_be_kept_keeps_the_write_in(tmp_path: Path) -> None:
    session = Session.open(tmp_path / "desk.jsonl")
    session.close()
    store = Store(lost="")
    with open_store(store) as client:
        first, _ = call_twice(client, ("add_item", TEA), session=session)
    assert "closed" in first
    assert store.writes == []
