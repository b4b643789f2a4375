"""Kill runs at random moments, take them up until they are done, and look what the shop has.

    python -m tests.support.kills KIND RUNS SEED

KIND is the model: `obeying` makes each write once; `disobeying` makes one again, whatever it is
told, until it came back without an error. Somebody says yes to every call but one, and is asked
what became of a write where the API does not tell. In every second run the state before a write is
read (`Policy(snapshot=True)`). The figures are written as JSON.

Each attempt is a process of its own, forked from one that has all modules loaded, so that the kill
falls into the run.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from examples.bookshop.shop import Shop
from openapi2tools.agent.loop import Agent
from openapi2tools.agent.record.entries import Settled, Turn
from openapi2tools.agent.record.session import Session
from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from openapi2tools.model import Call, Result
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    from openapi2tools.agent.record.entries import Entry, Sent
    from openapi2tools.model import Toolset

ORDERS = [
    {"book_id": 101, "customer_id": 201, "quantity": 1},
    {"book_id": 103, "customer_id": 202, "quantity": 2},
    {"book_id": 104, "customer_id": 203, "quantity": 1},
]
REFUSED = {"book_id": 102, "customer_id": 201, "quantity": 1}
WANTED = [*ORDERS[:2], REFUSED, ORDERS[2]]
MOST_TRIES = 3
MOST_KILLS = 6
LONGEST_DELAY = 0.35
LONGEST_DELAY_OF_WRITE = 0.015
SERVER = """
import sys, threading
from pathlib import Path
from examples.bookshop.shop import open_shop
with open_shop() as shop:
    print(shop.url, shop.database, flush=True)
    threading.Event().wait()
"""


class Buyer:
    """A model that orders what is wanted, one after the other."""

    name = "buyer"

    def __init__(self, kind: str) -> None:
        self._tries = MOST_TRIES if kind == "disobeying" else 1

    @asynccontextmanager
    async def open(self, tools: Toolset, instructions: str) -> AsyncGenerator[Any, None]:
        yield self._ask

    async def _ask(self, record: Sequence[Entry], /) -> AsyncGenerator[Turn, None]:
        turns = sum(isinstance(entry, Turn) for entry in record)
        for order in WANTED:
            results = list(_results(record, order))
            was_made = any(not result.is_error or result.error == "declined" for result in results)
            if not was_made and len(results) < self._tries:
                arguments = order if turns % 2 else dict(reversed(order.items()))
                yield Turn(calls=(Call("create_order", arguments, f"call-{turns}"),))
                return
        yield Turn("Done")


def _results(record: Sequence[Entry], order: dict[str, int]) -> Iterator[Result]:
    ids = {
        call.id
        for entry in record
        if isinstance(entry, Turn)
        for call in entry.calls
        if call.arguments == order
    }
    return (entry for entry in record if isinstance(entry, Result) and entry.call_id in ids)


def attempt(kind: str, tools: Toolset, shop: Shop, path: Path, policy: Policy) -> None:
    """Begin the run, or take it up, and go on to its end."""

    def settle(write: Sent, _: str) -> Any:
        """Look into the books, past the API."""
        order = json.loads(write.curl.rpartition("--data-raw '")[2].partition("'")[0])
        return "done" if count(shop, order) else "not done"

    def approve(prepared: Any) -> bool:
        return bool(prepared.call.arguments["book_id"] != REFUSED["book_id"])

    async def run() -> None:
        with Session.open(path) as session:
            question = None if len(session) else "Order all four"
            client = connect(tools, credentials={"bearerAuth": shop.token}, policy=policy)
            agent = Agent(client, Buyer(kind), approve=approve, settle=settle)
            await agent.arun(question, session=session)

    asyncio.run(run())


def count(shop: Shop, order: dict[str, int]) -> int:
    """Return how often the shop has an order."""
    facts = " AND ".join(f"{name} = {value}" for name, value in order.items())
    (row,) = shop.rows(f"SELECT count(*) AS n FROM orders WHERE id > 305 AND {facts}")
    return int(row["n"])


def forked(function: Any, *arguments: Any) -> int:
    """Run a function in a process of its own, and return the process's id."""
    process = os.fork()
    if process:
        return process
    try:
        function(*arguments)
    except BaseException as error:  # noqa: BLE001 -- of another process
        sys.stderr.write(f"{error!r}\n")
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


def intents(path: Path) -> int:
    """Return how many calls the record says went out."""
    return path.read_bytes().count(b'"kind":"sent"') if path.exists() else 0


def wait_for_a_moment(path: Path, random: Random) -> None:
    """Wait for any moment of an attempt, or, every second time, one while a write is under way."""
    if random.random() < 0.5:
        time.sleep(random.uniform(0, LONGEST_DELAY))
        return
    before, end = intents(path), time.monotonic() + 2
    while intents(path) == before and time.monotonic() < end:
        time.sleep(0.0003)
    time.sleep(random.uniform(0, LONGEST_DELAY_OF_WRITE))


def run_until_done(attempt_once: Any, path: Path, random: Random, figures: Counter[str]) -> None:
    """Kill attempts at random moments, and let the last one come to its end."""
    for kills in range(MOST_KILLS + 1):
        process = forked(attempt_once)
        if kills < MOST_KILLS:
            wait_for_a_moment(path, random)
            os.kill(process, signal.SIGKILL)
        status = os.waitpid(process, 0)[1]
        if not os.WIFSIGNALED(status):
            figures["failed"] += os.waitstatus_to_exitcode(status)
            return
        figures["kills"] += 1


def measure(kind: str, runs: int, seed: int, shop: Shop) -> Counter[str]:
    random = Random(seed)
    tools = build_tools(load(shop.document))
    figures: Counter[str] = Counter(runs=runs)
    with TemporaryDirectory() as folder:
        for number in range(runs):
            shop.reset()
            path = Path(folder) / f"{number}.jsonl"
            policy = Policy(confirm="writes", snapshot=bool(number % 2), settle_seconds=1)
            attempt_once = partial(attempt, kind, tools, shop, path, policy)
            run_until_done(attempt_once, path, random, figures)
            session = Session.load(path)
            settled = [entry for entry in session if isinstance(entry, Settled)]
            by_person = sum("person" in entry.how for entry in settled)
            unclear = sum(entry.outcome == "unclear" for entry in settled)
            figures["settled by itself"] += len(settled) - by_person - unclear
            figures["asked"] += by_person
            figures["unclear"] += unclear
            figures["left unknown"] += len(session.unknown)
            figures["twice"] += sum(count(shop, order) > 1 for order in ORDERS)
            figures["made"] += sum(count(shop, order) == 1 for order in ORDERS)
            figures["wanted"] += len(ORDERS)
            figures["refused, made"] += count(shop, REFUSED)
    return figures


def main() -> None:
    kind, runs, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE, text=True) as api:
        assert api.stdout is not None
        try:
            url, database = api.stdout.readline().split()
            figures = measure(kind, runs, seed, Shop(url, "sesame", Path(database)))
            sys.stdout.write(json.dumps(figures) + "\n")
        finally:
            api.terminate()


if __name__ == "__main__":
    main()
