"""One thread at a time, and each process for itself."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from openapi2tools._core.on_demand.per_process import PerProcess


def test_it_begins_once_and_when_somebody_needs_it() -> None:
    begun: list[int] = []
    work = PerProcess(lambda: begun.append(1) or begun)
    assert begun == []
    for _ in range(3):
        with work.in_turn() as value:
            assert value is begun
    assert begun == [1]


def test_threads_take_turns() -> None:
    work = PerProcess(dict[str, int])

    def add(_: int) -> None:
        with work.in_turn() as counts:
            before = counts.get("n", 0)
            assert "busy" not in counts
            counts["busy"] = 1
            counts["n"] = before + 1
            del counts["busy"]

    with ThreadPoolExecutor(8) as pool:
        [*pool.map(add, range(400))]
    with work.in_turn() as counts:
        assert counts == {"n": 400}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_a_forked_process_does_not_wait_for_a_thread_that_it_does_not_have() -> None:
    work = PerProcess(list[int])
    with work.in_turn() as mine:
        mine.append(1)
        child = os.fork()
        if child == 0:
            with work.in_turn() as own:
                os._exit(len(own))
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
