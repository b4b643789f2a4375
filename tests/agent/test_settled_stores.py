"""On stores that are made from documents, what is found out of a lost write is never false."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path

import pytest

from openapi2tools import OpenAPI2ToolsError, load
from tests.support.documents import REAL, SINGLE_FILES
from tests.support.lossy import Writes

CORPUS = Path(
    os.environ.get("OPENAPI2TOOLS_CORPUS", Path(__file__).parents[2] / "../shared/corpus")
)
MAX_OPERATIONS = 150
MOST_WRITES = 4  # of one document


@pytest.mark.parametrize("snapshot", [True, False])
def test_what_is_found_out_on_stores_of_real_documents_is_never_false(snapshot: bool) -> None:
    writes = Writes(snapshot)
    for name in SINGLE_FILES:
        api = load(REAL / name, cache=False)
        if len(api.operations) <= MAX_OPERATIONS:
            writes.measure(api, MOST_WRITES)
    assert not writes.false
    assert writes.counts["writes"]
    if snapshot:
        assert writes.counts["took_effect"]
        assert writes.counts["did_not"]


@pytest.mark.corpus
@pytest.mark.parametrize("snapshot", [True, False])
def test_what_is_found_out_on_stores_of_the_corpus_is_never_false(snapshot: bool) -> None:
    if not (CORPUS / "index.json").is_file():
        pytest.skip("no corpus: set OPENAPI2TOOLS_CORPUS to a folder with index.json and real.txt")
    index = {each["id"]: each for each in json.loads((CORPUS / "index.json").read_text())}
    writes, documents = Writes(snapshot), Counter[str]()
    for each in (CORPUS / "sample150.txt").read_text().split():
        try:
            api = load(CORPUS / index[each]["path"], cache=False)
        except OpenAPI2ToolsError:
            continue
        before = writes.counts["writes"]
        if len(api.operations) <= MAX_OPERATIONS:
            writes.measure(api, MOST_WRITES)
        documents["with writes"] += writes.counts["writes"] > before
    print(dict(writes.counts), dict(documents))  # noqa: T201 -- the figures are what one runs this for
    assert documents["with writes"] >= 50
    assert not writes.false
