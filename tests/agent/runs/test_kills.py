"""Workers are killed at the worst moments: no write goes out twice, and every run is answered."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.killed_workers import run_and_kill

if TYPE_CHECKING:
    from tests.support.killed_workers import Outcome
    from tests.support.postgres import Cluster

MANNERS = ("obeys", "insists")


def assert_written_once(outcome: Outcome, runs: int, kills: int) -> None:
    sys.stderr.write(f"\n{outcome}\n")
    assert outcome.states == {"answered": runs}
    assert outcome.kills == kills
    assert max(outcome.written.values()) == 1


def test_writes_happen_once_though_their_worker_is_killed(sqlite: str) -> None:
    outcome = run_and_kill(
        sqlite, workers=1, runs=6, kills=2, manner="insists", shows=False, chance=1.0
    )
    assert_written_once(outcome, 6, 2)
    assert outcome.settled_by_person
    assert len(outcome.written) == 6


@pytest.mark.durable
@pytest.mark.parametrize("shows", [True, False], ids=["shown", "hidden"])
@pytest.mark.parametrize("manner", MANNERS)
def test_many_kills_of_one_worker_on_sqlite(sqlite: str, manner: str, *, shows: bool) -> None:
    outcome = run_and_kill(sqlite, workers=1, runs=200, kills=60, manner=manner, shows=shows)
    assert_written_once(outcome, 200, 60)
    assert len(outcome.written) == 200


@pytest.mark.postgres
@pytest.mark.parametrize("shows", [True, False], ids=["shown", "hidden"])
@pytest.mark.parametrize("manner", MANNERS)
def test_many_kills_of_two_workers_on_postgres(
    cluster: Cluster, manner: str, *, shows: bool
) -> None:
    database = cluster.new_database()
    outcome = run_and_kill(database, workers=2, runs=100, kills=30, manner=manner, shows=shows)
    assert_written_once(outcome, 100, 30)
    assert len(outcome.written) == 100
