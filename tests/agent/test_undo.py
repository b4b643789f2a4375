"""What is there before a write is read: to show what it would change, and to undo it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.agent.loop import Agent
from openapi2tools.agent.record.entries import Sent
from openapi2tools.agent.settling import reverse_write
from openapi2tools.cli.conversation.session_files import SessionFolder
from openapi2tools.cli.conversation.slash_commands import SlashCommands
from openapi2tools.errors import AgentError
from openapi2tools.testing import ScriptedModel
from tests.support.server import LoopbackServer
from tests.support.store import DOCUMENT, NEW, PRICED, REMOVED, REPLACED, Store, open_store

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from openapi2tools.agent.record.session import Session
    from openapi2tools.call.client import Client
    from tests.conftest import Done

PEN = {"id": 1, "name": "pen", "price": 2}


def run(client: Client, write: Any, **options: Any) -> Session:
    return Agent(client, ScriptedModel(write, "Done"), **options).run("Do it").session


@pytest.mark.parametrize(
    ("write", "preview"),
    [
        (PRICED, ("~ price: 2 -> 9", "This can be undone: by PATCH /items/{item_id}.")),
        (
            REPLACED,
            (
                '~ name: "pen" -> "ink"',
                "~ price: 2 -> 4",
                "This can be undone: by PUT /items/{item_id}.",
            ),
        ),
        (
            REMOVED,
            (
                '- {"id": 1, "name": "pen", "price": 2}',
                "This can be undone: by POST /items (it may get another identifier).",
            ),
        ),
        (NEW, ()),
    ],
    ids=["PATCH", "PUT", "DELETE", "POST"],
)
def test_who_is_asked_sees_what_would_change_and_whether_it_can_be_undone(
    write: Any, preview: tuple[str, ...]
) -> None:
    asked: list[Any] = []

    def approve(prepared: Any) -> bool:
        asked.append(prepared)
        return False

    with open_store(Store(""), confirm="writes", snapshot=True) as client:
        run(client, write, approve=approve)
    assert asked[0].preview == preview
    assert "\n".join(preview) in asked[0].question()


def test_nothing_is_read_before_unless_the_policy_says_so() -> None:
    store = Store("")
    with open_store(store) as client:
        session = run(client, PRICED)
    assert store.reads == []
    with pytest.raises(AgentError, match="--snapshot does that"):
        reverse_write(session, client, "call_1_0")


@pytest.mark.parametrize("write", [NEW, PRICED, REPLACED, REMOVED], ids=lambda each: each[0])
def test_a_write_is_undone(write: Any) -> None:
    store = Store("", items={1: dict(PEN)})
    with open_store(store, snapshot=True) as client:
        session = run(client, write)
        assert list(store.items.values()) != [PEN]
        client.call(reverse_write(session, client, "call_1_0").call)
    assert list(store.items.values()) == [PEN]


def test_what_cannot_be_undone_says_why() -> None:
    store = Store("answer")
    with open_store(store, snapshot=True) as client:
        session = run(client, NEW)
        with pytest.raises(AgentError, match="settle that first"):
            reverse_write(session, client, "call_1_0")
        with pytest.raises(AgentError, match=r"It has: call_1_0 \(add_item\)"):
            reverse_write(session, client, "other")
        refused = run(client, ("set_price", {"item_id": 7, "price": 1}))
        with pytest.raises(AgentError, match="nothing to undo"):
            reverse_write(refused, client, "call_1_0")
        without = client.scoped(tools=client.tools.only("*item*", "set_price"))
        priced = run(client, REMOVED)
        fewer = without.scoped(tools=without.tools.without("add_item", "replace_item"))
        with pytest.raises(AgentError, match="no write that does it"):
            reverse_write(priced, fewer, "call_1_0")


def test_the_state_is_kept_with_the_intent() -> None:
    with open_store(Store(""), snapshot=True) as client:
        (sent,) = [each for each in run(client, PRICED) if isinstance(each, Sent)]
    assert sent.before == {"status": 200, "item": PEN}


def test_a_write_is_undone_in_a_conversation(capsys: pytest.CaptureFixture[str]) -> None:
    store = Store("", items={1: dict(PEN)})
    with open_store(store, snapshot=True) as client:
        session = run(client, REMOVED)
        spoken = SlashCommands(client, session, None)
        asyncio.run(spoken.run("/undo"))
        assert "call_1_0  DELETE" in capsys.readouterr().err
        asyncio.run(spoken.run("/undo call_1_0"))
        told = capsys.readouterr().err
    assert "201" in told
    assert "another identifier" in told
    assert list(store.items.values()) == [PEN]


def test_the_command_asks_as_for_any_write(cli: Callable[..., Done], tmp_path: Path) -> None:
    store = Store("", items={1: dict(PEN)})
    with LoopbackServer(store.answer) as server:
        document = tmp_path / "store.json"
        document.write_text(json.dumps(DOCUMENT))
        with open_store(store, snapshot=True) as client, SessionFolder().open("monday") as kept:
            for entry in run(client, PRICED):
                kept.add(entry)
        words = ("undo", "monday", "call_1_0", str(document), "--server", server.url)
        refused = cli(*words)
        assert refused.code == 1
        assert "PATCH /items/1" in refused.err
        assert "--yes lets it go out" in refused.err
        assert store.items[1]["price"] == 9
        done = cli(*words, "--yes")
    assert done.code == 0, done.err
    assert store.items[1] == PEN
