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

from openapi2tools.agent.runs.runs import Runs
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from tests.support.server import Received

_PROJECT = Path(__file__).parents[2]
_PATIENCE_SECONDS = 1800


@dataclass
class Ledger:
    """What an API did, whatever anybody heard of it; at some requests its caller is killed."""

    kill: object = None
    names: Counter[str] = field(default_factory=Counter)

    def answer(self, request: Received) -> Answer:
        name = request.json()["name"] if request.body else ""
        if self.kill is not None and name:
            self.kill("before")
        if name:
            self.names[name] += 1
        if self.kill is not None and name:
            self.kill("after")
        return Answer(201, {"id": len(self.names), "name": name})


class Workers:
    """Workers in processes of their own, which are killed as by a power cut."""

    def __init__(self, database: str, number: int, manner: str, seed: int = 1) -> None:
        self.database = database
        self.number = number
        self.manner = manner
        self.kills = 0
        self.left = 0
        self.random = random.Random(seed)
        self.ledger = Ledger(self._perhaps_kill)
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
            arguments = [self.database, self.server.url, self.manner]
            self.processes.append(subprocess.Popen([*command, *arguments], cwd=_PROJECT))

    def kill_one(self) -> None:
        """Kill a worker that lives."""
        living = [each for each in self.processes if each.poll() is None]
        if self.left and living:
            self.left -= 1
            self.kills += 1
            self.random.choice(living).send_signal(signal.SIGKILL)

    def _perhaps_kill(self, _: str) -> None:
        if self.random.random() < 0.3:
            self.kill_one()
            time.sleep(0.05)


@dataclass
class Outcome:
    """What came of it all."""

    written: Counter[str]
    states: Counter[str]
    kills: int
    settled_by_person: Counter[str]
    seconds: float


def run_and_kill(
    database: str, *, workers: int, runs: int, kills: int, manner: str, seed: int = 1
) -> Outcome:
    """Have runs add a pet each; every call is approved, and a person settles what is unclear."""
    began = time.monotonic()
    settled: Counter[str] = Counter()
    earlier_states: Counter[str] = Counter()
    with Workers(database, workers, manner, seed) as pool, Runs(database=database) as kept:
        pool.left = kills
        for number in range(runs):
            kept.submit("pets", f"Add {manner}{number}")
        while time.monotonic() - began < _PATIENCE_SECONDS:
            pool.keep_alive()
            for run in kept.list("waiting"):
                session = kept.session(run.id)
                for write in session.unknown:
                    is_there = pool.ledger.names[run.question.removeprefix("Add ")]
                    settled["done" if is_there else "not done"] += 1
                    kept.settle(run.id, write.call_id, "done" if is_there else "not done")
                if session.waiting and not session.unknown:
                    kept.approve(run.id)
            states = Counter(run.state for run in kept.list())
            if not (states["queued"] or states["running"] or states["waiting"]):
                break
            if states != earlier_states and pool.random.random() < 0.15:
                pool.kill_one()
            earlier_states = states
            time.sleep(0.05)
    seconds = time.monotonic() - began
    return Outcome(pool.ledger.names, states, pool.kills, settled, seconds)
