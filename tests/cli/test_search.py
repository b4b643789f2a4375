"""`openapi2tools search` shows the operations that fit a question."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Done

PETSTORE = str(Path(__file__).parents[2] / "specs" / "real" / "petstore-3.0.json")


def test_a_table_shows_name_method_and_path_and_the_first_line(cli: Callable[..., Done]) -> None:
    done = cli("search", PETSTORE, "which pets are sold?", "-k", "1")
    assert done.code == 0
    heading, row = done.out.splitlines()
    assert heading.split() == ["tool", "method", "and", "path", "what", "it", "does"]
    assert "/pet" in row


def test_json_holds_the_same_and_the_score(cli: Callable[..., Done]) -> None:
    done = cli("search", PETSTORE, "find pets by tags", "--json", "-k", "2")
    first, second = json.loads(done.out)
    assert (first["tool"], first["method"], first["path"]) == (
        "findPetsByTags",
        "GET",
        "/pet/findByTags",
    )
    assert first["score"] > second["score"]


def test_nothing_found_is_said(cli: Callable[..., Done]) -> None:
    done = cli("search", PETSTORE, "quartz")
    assert (done.code, done.out) == (0, "")
    assert "try other words" in done.err
