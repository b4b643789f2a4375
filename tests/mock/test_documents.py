"""The mocks of real documents answer every read as the document says, and keep what is made."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from openapi2tools import OpenAPI2ToolsError, load
from tests.support.documents import REAL, SINGLE_FILES
from tests.support.mocked import Held

CORPUS = Path(
    os.environ.get("OPENAPI2TOOLS_CORPUS", Path(__file__).parents[2] / "../shared/corpus")
)
MAX_OPERATIONS = 300


@pytest.mark.parametrize("name", SINGLE_FILES)
def test_a_real_document_is_mocked(name: str) -> None:
    held = Held(load(REAL / name, cache=False))
    assert not held.faults
    assert held.counts["reads that are right"]


@pytest.mark.corpus
def test_the_documents_of_the_corpus_are_mocked() -> None:
    """Of those that do not contradict themselves, all; the others are a few in a hundred."""
    if not (CORPUS / "index.json").is_file():
        pytest.skip("no corpus: set OPENAPI2TOOLS_CORPUS to a folder with index.json and real.txt")
    index = {each["id"]: each for each in json.loads((CORPUS / "index.json").read_text())}
    ids = (CORPUS / "sample150.txt").read_text().split()
    counts: Counter[str] = Counter()
    for path in [CORPUS / index[each]["path"] for each in ids]:
        try:
            api = load(path, cache=False)
        except OpenAPI2ToolsError:
            continue
        if len(api.operations) <= MAX_OPERATIONS:
            held = Held(api)
            counts += held.counts
            counts["documents"] += 1
            counts["documents that are right"] += not held.faults
    print(dict(counts))  # noqa: T201 -- the figures are what one runs this for
    assert counts["documents that are right"] >= 50
    assert counts["documents that are right"] / counts["documents"] > 0.9
    assert counts["reads that are right"] / counts["reads"] > 0.97
    assert counts["lives that hold"] / counts["created"] > 0.97
