"""A thousand runs wait for somebody, through a restart, and each writes once."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from openapi2tools.agent.runs.runs import Runs
from tests.support.killed_workers import Workers

if TYPE_CHECKING:
    from tests.support.postgres import Cluster

RUNS = 1_000
IDLE_SECONDS = 30


def wait_and_write_once(database: str, workers: int) -> None:
    with Runs(database=database) as kept:
        with Workers(database, workers, "obeys", poll_seconds=1.0) as pool:
            for number in range(RUNS):
                kept.submit("pets", f"Add pet{number}")
            _until_all_are(kept, "waiting", pool)
            # As after a power cut: whoever comes then finds runs that wait.
            for process in pool.processes:
                process.kill()
                process.wait()
            pool.keep_alive()
            time.sleep(10)  # they start
            before = _cpu_seconds(pool)
            time.sleep(IDLE_SECONDS)
            share = (_cpu_seconds(pool) - before) / IDLE_SECONDS
            assert not pool.ledger.names
            began = time.monotonic()
            for run in kept.list("waiting"):
                kept.approve(run.id)
            _until_all_are(kept, "answered", pool)
            seconds = time.monotonic() - began
        sys.stderr.write(f"\n{share:.1%} of a core while {RUNS} wait, {workers} workers; ")
        sys.stderr.write(f"approved and written in {seconds:.0f} s\n")
        assert len(pool.ledger.names) == RUNS
        assert set(pool.ledger.names.values()) == {1}


def _until_all_are(kept: Runs, state: str, pool: Workers) -> None:
    while {run.state for run in kept.list()} != {state}:
        pool.keep_alive()
        time.sleep(0.5)


def _cpu_seconds(pool: Workers) -> float:
    ticks = 0
    for process in pool.processes:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@pytest.mark.durable
def test_a_thousand_runs_wait_and_write_once_on_sqlite(sqlite: str) -> None:
    wait_and_write_once(sqlite, workers=1)


@pytest.mark.postgres
def test_a_thousand_runs_wait_and_write_once_on_postgres(cluster: Cluster) -> None:
    wait_and_write_once(cluster.new_database(), workers=2)
