"""Test an agent without a model, a server or a network: `pytest examples/test_your_agent.py`.

The model says what the script says; the API is the app itself, called in this process.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from examples.bookshop.app import create_app
from examples.bookshop.store import Store
from openapi2tools import Agent, Policy, Session
from openapi2tools.testing import Recorder, ScriptedModel, assert_request, connect_app

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "sesame"  # noqa: S105 -- of a shop with nothing to steal
ORDER = {"book_id": 102, "customer_id": 201, "quantity": 2}


@pytest.fixture
def shop(tmp_path: Path) -> Recorder:
    database = tmp_path / "shop.sqlite"
    with Store(database) as store:
        store.seed()
    return Recorder(create_app(database, TOKEN))


def test_the_agent_finds_a_book_and_orders_it(shop: Recorder) -> None:
    model = ScriptedModel(
        [("search_books", {"q": "Dispossessed"}), ("search_customers", {"name": "Mei Tanaka"})],
        ("create_order", ORDER),
        "Two copies are on their way.",
    )
    with connect_app(shop, credentials={"bearerAuth": TOKEN}) as client:
        answer = Agent(client, model).run("Order two copies of The Dispossessed for Mei Tanaka.")
    assert answer.text == "Two copies are on their way."
    assert [result.status for result in model.results] == [200, 200, 201]
    assert_request(shop.requests[-1], method="POST", path="/orders", json=ORDER)


def test_an_order_waits_for_a_person(shop: Recorder) -> None:
    model = ScriptedModel(("create_order", ORDER), "Done.")
    session = Session()
    with connect_app(
        shop, credentials={"bearerAuth": TOKEN}, policy=Policy(confirm="writes")
    ) as client:
        agent = Agent(client, model)
        answer = agent.run("Order two copies of The Dispossessed.", session=session)
        assert [call.tool for call in answer.pending] == ["create_order"]
        assert not any(request.method == "POST" for request in shop.requests)
        session.approve(answer.pending[0])
        assert agent.run(session=session).text == "Done."
    assert shop.requests[-1].status == 201


def test_what_would_be_sent_is_seen_before_it_is(shop: Recorder) -> None:
    with connect_app(shop) as client:
        prepared = client.prepare("search_books", {"q": "le guin", "genre": ["fantasy"]})
    assert_request(
        prepared,
        method="GET",
        path="/books",
        query={"q": "le guin", "genre": "fantasy"},
        headers={"Authorization": None},
    )
