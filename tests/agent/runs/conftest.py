"""Databases for runs, and pets to act on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from openapi2tools.agent.loop import Agent
from openapi2tools.agent.runs.runs import Runs
from openapi2tools.call.policy import Policy
from openapi2tools.testing import ScriptedModel
from tests.support.pets import open_pets
from tests.support.postgres import binaries, open_cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from openapi2tools.testing import Line
    from tests.support.pets import Pets
    from tests.support.postgres import Cluster

pytest.importorskip("dbos", reason="the extra `durable` is not installed")
pytest.importorskip("sqlalchemy", reason="the extra `durable` is not installed")


@pytest.fixture
def sqlite(tmp_path: Path) -> str:
    """The address of a file that is not there yet."""
    return f"sqlite:///{tmp_path / 'runs.sqlite'}"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster of Postgres for the tests that ask for one."""
    programs = binaries()
    if programs is None:
        pytest.skip("Postgres is not installed: apt-get install postgresql")
    with open_cluster(programs) as cluster:
        yield cluster


class Shop:
    """The pets, and runs that are about them."""

    def __init__(self, pets: Pets, runs: Runs) -> None:
        self.pets = pets
        self.runs = runs

    def work(self) -> None:
        """Do what there is to do."""
        self.runs.work(until_idle=True, poll_seconds=0.05)

    def ask(self, question: str = "Add Ada") -> str:
        """Submit a question and work; return the id of its run."""
        run = self.runs.submit("pets", question)
        self.work()
        return run.id

    @property
    def written(self) -> list[str]:
        """The names of the pets that were added."""
        return list(self.pets.names.values())[2:]


@pytest.fixture
def open_shop(sqlite: str) -> Iterator[Callable[..., Shop]]:
    """Open runs whose agent says these lines."""
    with open_pets(policy=Policy(confirm="writes")) as (pets, client), client:
        opened: list[Runs] = []

        def open_with(*script: Line, **options: object) -> Shop:
            agent = Agent(client, ScriptedModel(*script), **options)
            opened.append(Runs({"pets": agent}, database=sqlite))
            return Shop(pets, opened[-1])

        yield open_with
        for runs in opened:
            runs.close()
