"""What is meant is what a server reads, for every operation of the real documents.

The servers are openapi-core and a reader of the standard.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from pathlib import Path

import pytest

from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support import round_trip
from tests.support.documents import SINGLE_FILES, tools_of

CORPUS = Path(
    os.environ.get("OPENAPI2TOOLS_CORPUS", Path(__file__).parents[2] / "../shared/corpus")
)


@pytest.mark.parametrize("name", SINGLE_FILES)
def test_every_operation_reads_back_as_it_was_meant(name: str) -> None:
    counts: Counter[str] = Counter()
    for tool in tools_of(name).values():
        round_trip.run(tool, examples=1, counts=counts)
    assert counts["operations"] == len(tools_of(name))
    assert counts["values read by openapi-core"] > counts["requests"] / 4


@pytest.mark.corpus
def test_every_operation_of_the_corpus_reads_back_as_it_was_meant(
    capsys: pytest.CaptureFixture[str],
) -> None:
    if not (CORPUS / "index.json").exists():
        pytest.skip("no corpus: set OPENAPI2TOOLS_CORPUS to a folder with index.json and real.txt")
    wanted = set((CORPUS / "real.txt").read_text(encoding="utf-8").split())
    counts: Counter[str] = Counter()
    for entry in json.loads((CORPUS / "index.json").read_text(encoding="utf-8")):
        if entry["id"] in wanted:
            for tool in build_tools(load(CORPUS / entry["path"], cache=False)).values():
                round_trip.run(tool, examples=1, counts=counts)
    with capsys.disabled():
        sys.stdout.write(f"{dict(counts)}\n")
    assert counts["operations"] > 40_000
