"""The larger examples run: a chat backend, a batch that is resumed."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from examples import batch
from openapi2tools import Client, Policy, build_tools, connect, load
from openapi2tools.testing import ScriptedModel

if TYPE_CHECKING:
    from pathlib import Path

    from examples.bookshop.shop import Shop

ORDER = ("create_order", {"book_id": 102, "customer_id": 201, "quantity": 2})


def open_client(shop: Shop, **options: Any) -> Client:
    return connect(build_tools(load(shop.document)), **options)


# --- the chat backend ----------------------------------------------------------------------------


def read_events(text: str) -> list[dict[str, Any]]:
    blocks = [block for block in text.split("\n\n") if block]
    events = [json.loads(block.partition("\ndata: ")[2]) for block in blocks]
    names = [block.partition("\n")[0] for block in blocks]
    assert names == [f"event: {event['type']}" for event in events]
    return events


def talk(app: Any, *requests: tuple[str, str, Any]) -> list[httpx.Response]:
    """Send requests (user, path, body), one after the other."""

    async def send_all() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://chat") as http,
        ):
            return [
                await http.post(path, json=body, headers={"Authorization": f"Bearer {user}"})
                for user, path, body in requests
            ]

    return asyncio.run(send_all())


def test_a_chat_streams_stops_for_a_yes_and_goes_on_in_another_process(bookshop: Shop) -> None:
    from examples.chat_backend import Chats, create_app

    chats = Chats()
    policy = Policy(confirm="writes")
    first_process = create_app(open_client(bookshop, policy=policy), ScriptedModel(ORDER), chats)
    [stopped] = talk(first_process, (bookshop.token, "/chats/1/messages", {"text": "Two, please"}))
    assert stopped.headers["content-type"].startswith("text/event-stream")
    events = read_events(stopped.text)
    assert [event["type"] for event in events][-2:] == ["approval_asked", "answered"]
    [waiting] = events[-1]["answer"]["pending"]
    assert not bookshop.rows("SELECT * FROM orders WHERE book_id = 102 AND customer_id = 201")

    later = create_app(open_client(bookshop, policy=policy), ScriptedModel("Done."), chats)
    yes = {"call_id": waiting["id"], "approved": True}
    decided, again, resumed = talk(
        later,
        (bookshop.token, "/chats/1/approvals", yes),
        (bookshop.token, "/chats/1/approvals", yes),
        (bookshop.token, "/chats/1/run", None),
    )
    assert decided.json() == {"waiting": 0}
    assert again.status_code == 409
    assert read_events(resumed.text)[-1]["answer"]["text"] == "Done."
    assert len(bookshop.rows("SELECT * FROM orders WHERE book_id = 102 AND customer_id = 201")) == 1


def test_a_chat_belongs_to_its_user_and_is_called_with_their_token(bookshop: Shop) -> None:
    from examples.chat_backend import Chats, create_app

    look = ("search_customers", {"name": "Mei"})
    model = ScriptedModel(look, "Found.", look, "Not allowed.")
    app = create_app(open_client(bookshop), model, Chats())
    ours, theirs = talk(
        app,
        (bookshop.token, "/chats/1/messages", {"text": "Who?"}),
        ("somebody-else", "/chats/1/messages", {"text": "Who?"}),
    )
    statuses = [
        [event["result"]["status"] for event in read_events(one.text) if "result" in event]
        for one in (ours, theirs)
    ]
    assert statuses == [[200], [401]]
    assert len(model.records[2]) == 1  # the other user's chat is a new one


# --- the batch -----------------------------------------------------------------------------------


def test_a_batch_goes_on_where_it_was_stopped(bookshop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    rows = [{"book_id": number} for number in (101, 102, 999, 103)]
    came: list[tuple[int, int]] = []

    def stop_after_two(done: int, total: int) -> None:
        came.append((done, total))
        if done == 2:
            raise KeyboardInterrupt

    with open_client(bookshop) as client, pytest.raises(KeyboardInterrupt):
        batch.run(client, "get_book", rows, path, concurrency=1, on_progress=stop_after_two)
    path.write_text(path.read_text() + '{"row": 2, "cut o')
    with open_client(bookshop) as client:
        results = batch.run(client, "get_book", rows, path, on_progress=lambda *at: came.append(at))
    assert [result["status"] for result in results] == [200, 200, 404, 200]
    assert came == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert batch.read_done(path).keys() == {0, 1, 2, 3}


def test_what_was_never_sent_is_tried_again(bookshop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    rows = [{"book_id": 101}, {"book_id": "x"}]
    nowhere = open_client(bookshop, server="http://127.0.0.1:1", retries=0)
    failed = batch.run(nowhere, "get_book", rows, path)
    assert [result["error"] for result in failed] == ["not_sent", "arguments"]
    with open_client(bookshop) as client:
        results = batch.run(client, "get_book", rows, path)
    assert [result["error"] for result in results] == [None, "arguments"]


def test_the_batch_can_be_started(capsys: pytest.CaptureFixture[str]) -> None:
    batch.main()
    assert "numbers without one" in capsys.readouterr().out
