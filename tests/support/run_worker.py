"""A worker in a process of its own: acts on the runs of a database with the pets of a server.

`python -m tests.support.run_worker DATABASE URL obeys|insists POLL_SECONDS`
"""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from openapi2tools.agent.loop import Agent
from openapi2tools.agent.record.entries import Question, Settled, Turn
from openapi2tools.agent.runs.runs import Runs
from openapi2tools.call.connect import connect
from openapi2tools.call.policy import Policy
from openapi2tools.model import Call, Result
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.pets import DOCUMENT

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Sequence

    from openapi2tools.agent.model import Ask
    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.model import Toolset

MAX_CALLS = 5


class AddsPet:
    """A model that is asked `Add NAME`, and adds a pet of that name.

    After a failure, one that `obeys` says so, and one that `insists` makes the call again.
    """

    def __init__(self, *, insists: bool) -> None:
        self.name = "adds a pet"
        self._insists = insists

    @asynccontextmanager
    async def open(self, tools: Toolset, instructions: str) -> AsyncIterator[Ask]:
        """Begin a run."""
        yield self._ask

    async def _ask(self, record: Sequence[Entry], /) -> AsyncGenerator[str | Turn, None]:
        asked = next(entry.text for entry in record if isinstance(entry, Question))
        name = asked.removeprefix("Add ")
        turns = [entry for entry in record if isinstance(entry, Turn)]
        if self._wants_to(record):
            yield Turn(calls=(Call("add_pet", {"name": name}, id=f"{name}_{len(turns)}"),))
        else:
            yield Turn(text="That is all.")

    def _wants_to(self, record: Sequence[Entry]) -> bool:
        last = record[-1]
        if isinstance(last, Result):
            calls = sum(isinstance(entry, Turn) for entry in record)
            return last.is_error and self._insists and calls % MAX_CALLS > 0
        return not isinstance(last, Settled) or "if it is still wanted" in last.text


def main(database: str, url: str, manner: str, poll_seconds: str) -> None:
    """Work until the process is killed."""
    tools = build_tools(load({**DOCUMENT, "servers": [{"url": url}]}))
    with connect(tools, policy=Policy(confirm="writes", snapshot=True)) as client:
        agent = Agent(client, AddsPet(insists=manner == "insists"))
        Runs({"pets": agent}, database=database).work(poll_seconds=float(poll_seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
