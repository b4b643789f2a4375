"""What is meant is what a server reads: for every operation of the real documents, by two readers that are not ours."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support import round_trip
from tests.support.documents import SINGLE_FILES, tools_of


@pytest.mark.parametrize("name", SINGLE_FILES)
def test_every_operation_reads_back_as_it_was_meant(name: str) -> None:
    counts: Counter[str] = Counter()
    for tool in tools_of(name).values():
        round_trip.run(tool, examples=1, counts=counts)
    assert counts["operations"] == len(tools_of(name))
    print(name, dict(counts))  # noqa: T201 -- the numbers are the point of a run with -s
