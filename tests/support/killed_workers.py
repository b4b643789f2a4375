"""Runs whose workers are killed again and again, at the worst moments, until all is done."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from openapi2tools.agent.record.entries import Settled
from openapi2tools.agent.runs.runs import Runs
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools.agent.runs.run import Run
    from tests.support.server import Received

_PROJECT = Path(__file__).parents[2]
_PATIENCE_SECONDS = 1800


@dataclass
class Ledger:
    """What an API did, whatever anybody heard of it; at some requests its caller is killed.

    Where it `shows` what it has, a write can be settled by a look.
    """

    kill: Callable[[], None]
    shows: bool
    names: Counter[str] = field(default_factory=Counter)

    def answer(self, request: Received) -> Answer:
        if request.method == "GET":
            pets = [{"id": number, "name": name} for number, name in enumerate([*self.names], 1)]
            return Answer(200, pets) if self.shows else Answer(503)
        name = request.json()["name"]
        self.kill()
        self.names[name] += 1
        self.kill()
        return Answer(201, {"id": len(self.names), "name": name})


class Workers:
    """Workers in processes of their own, which are killed as by a power cut."""

    def __init__(
        self,
        database: str,
        number: int,
        manner: str,
        *,
        shows: bool = True,
        chance: float = 0.3,
        poll_seconds: float = 0.2,
    ) -> None:
        self.database = database
        self.number = number
        self.manner = manner
        self.kills = 0
        self.left = 0
        self.random = random.Random(1)
        self.chance = chance
        self.poll_seconds = poll_seconds
        self.ledger = Ledger(self._perhaps_kill, shows)
        self.server = LoopbackServer(self.ledger.answer)
        self.processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.server.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.processes:
            process.send_signal(signal.SIGKILL)
            process.wait()
        self.server.__exit__(None, None, None)

    def keep_alive(self) -> None:
        """Start those that are missing."""
        self.processes = [each for each in self.processes if each.poll() is None]
        while len(self.processes) < self.number:
            command = [sys.executable, "-m", "tests.support.run_worker"]
            arguments = [self.database, self.server.url, self.manner, str(self.poll_seconds)]
            self.processes.append(subprocess.Popen([*command, *arguments], cwd=_PROJECT))

    def kill_one(self) -> None:
        """Kill a worker that lives."""
        living = [each for each in self.processes if each.poll() is None]
        if self.left and living:
            self.left -= 1
            self.kills += 1
            self.random.choice(living).send_signal(signal.SIGKILL)

    def _perhaps_kill(self) -> None:
        if self.random.random() < self.chance:
            self.kill_one()
            time.sleep(0.05)


@dataclass
class Outcome:
    """What came of it all."""

    written: Counter[str]
    states: Counter[str]
    kills: int
    settled_by_look: Counter[str]
    settled_by_person: Counter[str]
    seconds: float


def run_and_kill(
    database: str,
    *,
    workers: int,
    runs: int,
    kills: int,
    manner: str,
    shows: bool = True,
    chance: float = 0.3,
) -> Outcome:
    """Have runs add a pet each; every call is approved, and a person settles what is unclear.

    Workers are killed at moments of chance, and with this one when the API gets a request, and has
    acted on it.
    """
    began = time.monotonic()
    by_person: Counter[str] = Counter()
    earlier_states: Counter[str] = Counter()
    with (
        Workers(database, workers, manner, shows=shows, chance=chance) as pool,
        Runs(database=database) as kept,
    ):
        pool.left = kills
        for number in range(runs):
            kept.submit("pets", f"Add {manner}{number}")
        while time.monotonic() - began < _PATIENCE_SECONDS:
            pool.keep_alive()
            for run in kept.list("waiting"):
                by_person += _answer(kept, run, pool.ledger)
            states = Counter(run.state for run in kept.list())
            if not (states["queued"] or states["running"] or states["waiting"]):
                break
            if states != earlier_states and chance < 1 and pool.random.random() < chance / 2:
                pool.kill_one()
            earlier_states = states
            time.sleep(0.05)
        outcomes = Counter(
            entry.outcome
            for run in kept.list()
            for entry in kept.session(run.id)
            if isinstance(entry, Settled)
        )
    by_look = outcomes - Counter(took_effect=by_person["done"], did_not=by_person["not done"])
    seconds = time.monotonic() - began
    return Outcome(pool.ledger.names, states, pool.kills, by_look, by_person, seconds)


def _answer(kept: Runs, run: Run, ledger: Ledger) -> Counter[str]:
    """Approve what a run waits with, and settle what it does not know, by the books of the API."""
    session = kept.session(run.id)
    settled: Counter[str] = Counter()
    for write in session.unknown:
        is_there = ledger.names[run.question.removeprefix("Add ")]
        settled["done" if is_there else "not done"] += 1
        kept.settle(run.id, write.call_id, "done" if is_there else "not done")
    if session.waiting and not session.unknown:
        kept.approve(run.id)
    return settled
