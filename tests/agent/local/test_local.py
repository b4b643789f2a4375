"""The embedded model uses the bookshop, judged by the shop's database.

Mostly opt-in: `make test-model` (needs the extra `local`).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from examples.bookshop.shop import Shop, open_shop
from openapi2tools.agent.caller import JoinedCaller, LocalCaller
from openapi2tools.agent.local.model import LocalModel
from openapi2tools.agent.loop import Agent
from openapi2tools.call.connect import connect
from openapi2tools.errors import AgentError
from openapi2tools.model import Result, Toolset
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.documents import tools_of
from tests.support.pets import open_pets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from openapi2tools.agent.caller import Caller
    from openapi2tools.call.client import Client

LEFT_HAND = ("The Left Hand of Darkness", "amara@example.org", 2)
QUESTION = (
    "Order 2 copies of 'The Left Hand of Darkness' for the customer with the e-mail address "
    "amara@example.org."
)
PARAPHRASES = [
    "amara@example.org wants two copies of The Left Hand of Darkness. Please place the order.",
    "Please order The Left Hand of Darkness twice for amara@example.org",
    "Place an order: 2 x The Left Hand of Darkness, customer amara@example.org",
    (
        "Can you buy 2 copies of the book 'The Left Hand of Darkness' for our customer "
        "amara@example.org?"
    ),
    (
        "I need two copies of Le Guin's 'The Left Hand of Darkness' sent to Amara Okafor. "
        "Create the order."
    ),
    (
        "Create an order of quantity 2 for the book The Left Hand of Darkness and the customer "
        "Amara Okafor."
    ),
    (
        "Amara Okafor (amara@example.org) would like 2 copies of The Left Hand of Darkness; "
        "order them."
    ),
    'For customer amara@example.org: two copies of "The Left Hand of Darkness", please.',
    "Look up The Left Hand of Darkness and order two copies of it for amara@example.org.",
    (
        "The customer amara@example.org has asked for The Left Hand of Darkness, 2 copies. "
        "Enter that order."
    ),
]

OTHER_APIS = [
    "adyen-disputes-3.1.json",
    "adyen-transfers-3.1.yaml",
    "clickmeter-3.0.yaml",
    "docker-engine-2.0.yaml",
    "petstore-3.0.json",
    "spotify-3.0.yaml",
    "twilio-accounts-3.0.yaml",
]
DISPOSSESSED = ("The Dispossessed", "mei.tanaka@example.com", 2)
DEMO_PARAPHRASES = [  # written after the prompt was: nothing was tuned on them
    (
        "Mei Tanaka has just phoned: she would like The Dispossessed, two copies. "
        "Please enter the order."
    ),
    "Could you place an order for Mei Tanaka? She wants 2 copies of The Dispossessed.",
    '2x "The Dispossessed" -> Mei Tanaka. Order it.',
    "Our customer Mei Tanaka wants to buy The Dispossessed. Quantity: two. Make the order.",
    (
        "Please create an order with two copies of the novel The Dispossessed by Ursula K. Le Guin "
        "for customer Mei Tanaka"
    ),
    "I'd like you to order The Dispossessed for mei.tanaka@example.com, two copies of it.",
    "Find the book The Dispossessed and the customer Mei Tanaka, then order two copies for her.",
    "New order: customer Mei Tanaka, book The Dispossessed, copies 2.",
    "Have two copies of The Dispossessed sent to Mei Tanaka, one of our customers.",
    "Mei Tanaka needs The Dispossessed for her reading group: 2 copies, please order them.",
]


@pytest.fixture(scope="module")
def model() -> Iterator[LocalModel]:
    with LocalModel() as model:
        yield model


@pytest.fixture(scope="module")
def shop() -> Iterator[tuple[Shop, Client]]:
    with (
        open_shop() as shop,
        connect(build_tools(load(shop.document)), credentials={"bearerAuth": shop.token}) as client,
    ):
        yield shop, client


@pytest.fixture(scope="module")
def hidden(shop: tuple[Shop, Client]) -> tuple[Shop, JoinedCaller]:
    """The shop among seven other APIs, each of which answers that there is no such thing."""
    others = Toolset(tool for name in OTHER_APIS for tool in tools_of(name).values())
    elsewhere = LocalCaller(others, lambda call: Result.failed(call, "http", "404 Not Found"))
    return shop[0], JoinedCaller(shop[1], elsewhere)


def solves(
    question: str, wanted: tuple[str, str, int], model: LocalModel, shop: Shop, client: Caller
) -> bool:
    """Ask, and look whether just the order that is wanted was placed and all else is as it was."""
    shop.reset()
    before = _state(shop)
    try:
        Agent(client, model, max_turns=12).run(question)
    except AgentError:
        return False
    new = [row for row in shop.rows("SELECT * FROM orders") if row["id"] not in before["orders"]]
    placed = [
        (
            _name(shop, "books", "title", row["book_id"]),
            _name(shop, "customers", "email", row["customer_id"]),
            row["quantity"],
        )
        for row in new
    ]
    others = {table: ids for table, ids in _state(shop).items() if table != "orders"} == {
        t: i for t, i in before.items() if t != "orders"
    }
    return placed == [wanted] and others


def _state(shop: Shop) -> dict[str, list[int]]:
    return {
        table: [row["id"] for row in shop.rows(f"SELECT id FROM {table}")]
        for table in ("books", "customers", "orders")
    }


def _name(shop: Shop, table: str, column: str, key: int) -> str:
    return shop.rows(f"SELECT {column} FROM {table} WHERE id = {key}")[0][column]


@pytest.mark.model
def test_two_look_ups_and_a_write(model: LocalModel, shop: tuple[Shop, Client]) -> None:
    assert solves(QUESTION, LEFT_HAND, model, *shop)


@pytest.mark.model
@pytest.mark.parametrize(
    ("questions", "wanted"),
    [(PARAPHRASES, LEFT_HAND), (DEMO_PARAPHRASES, DISPOSSESSED)],
    ids=["tuned", "demo"],
)
def test_most_paraphrases_are_understood(
    questions: list[str], wanted: tuple[str, str, int], model: LocalModel, shop: tuple[Shop, Client]
) -> None:
    solved = [question for question in questions if solves(question, wanted, model, *shop)]
    assert len(solved) >= 7, f"only {len(solved)} of {len(questions)}: {solved}"


@pytest.mark.model
def test_most_paraphrases_are_understood_among_hundreds_of_other_tools(
    model: LocalModel, hidden: tuple[Shop, JoinedCaller]
) -> None:
    assert len(hidden[1].tools) >= 313
    solved = [question for question in PARAPHRASES if solves(question, LEFT_HAND, model, *hidden)]
    assert len(solved) >= 6, f"only {len(solved)} of {len(PARAPHRASES)}: {solved}"


def test_a_library_that_the_system_lacks_is_named_with_a_remedy(tmp_path: Path) -> None:
    tmp_path.joinpath("xllamacpp.py").write_text(
        "raise ImportError('libgomp.so.1: cannot open shared object file')"
    )
    command = [sys.executable, "-m", "openapi2tools.agent.local.llama", "weights", "1", "1"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "OPENAPI2TOOLS_LLAMA_KEY": "s3cret"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "libgomp.so.1: cannot open shared object file. It needs" in ended.stderr
    assert "install libgomp1 (Debian" in ended.stderr


@pytest.mark.model
@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_nothing_runs_on_when_the_program_ends(end: signal.Signals) -> None:
    program = (
        "from openapi2tools.agent.local.model import LocalModel; import asyncio, time\n"
        "model = LocalModel(); server = asyncio.run(model._running_server())\n"
        "print(server._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        server = int(process.stdout.readline())
        descriptor = os.pidfd_open(server)
        process.send_signal(end)
    try:
        assert _ended(descriptor)
    finally:
        os.close(descriptor)


def _ended(descriptor: int) -> bool:
    import select

    # a process's descriptor can be read when it has ended
    return bool(select.select([descriptor], [], [], 10)[0])


def test_too_many_tools_for_a_small_model_are_refused_at_once() -> None:
    with open_pets() as (_, client), LocalModel() as model:
        many = [tool for n in range(400) for tool in client.tools.prefixed(f"shelter{n}_").values()]
        with pytest.raises(AgentError, match="choose about thirty"):
            Agent(connect(Toolset(many)), model, offer="all").run("Who?")
        assert "not started" in repr(model)
