"""A case: APIs, what a model is asked to do with them, and what they hold when it is done."""

from __future__ import annotations

import operator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from examples.serving import serve
from openapi2tools import Policy, build_tools, connect, load

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fastapi import FastAPI

    from openapi2tools import Approve, Client


@dataclass(frozen=True)
class Task:
    """One thing to ask for.

    Args:
        name: What it is, in a few words.
        wordings: The same question in several words, by language.
        is_done: Looks into the APIs of the case: whether they hold what was asked for.
        answer: A pattern that a right answer has somewhere.
        timeout: How many seconds the APIs may take for an answer.
    """

    name: str
    wordings: Mapping[str, Sequence[str]]
    is_done: Callable[..., bool]
    answer: str
    timeout: float = 60.0


@dataclass(frozen=True)
class Case:
    """APIs, and what is asked of them."""

    name: str
    apis: Sequence[Callable[[], FastAPI]]
    tasks: Sequence[Task]

    @contextmanager
    def opened(self, task: Task, approve: Approve) -> Iterator[tuple[Client, Callable[[], bool]]]:
        """Serve fresh APIs; yield a client for all of them, and whether the task is done."""
        with ExitStack() as stack:
            apps = [create() for create in self.apis]
            urls = [stack.enter_context(serve(app)) for app in apps]
            toolsets = [build_tools(load(f"{url}/openapi.json")) for url in urls]
            client = connect(
                reduce(operator.or_, toolsets),
                policy=Policy(confirm="writes"),
                approve=approve,
                timeout=task.timeout,
                retries=0,
            )
            yield stack.enter_context(client), lambda: task.is_done(*apps)
