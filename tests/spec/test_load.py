"""Whatever holds a document, `load` reads it.

The steps follow each other, and problems know their lines.
"""

from __future__ import annotations

import asyncio
import datetime
import gc
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from openapi2tools.errors import FetchError, ParseError
from openapi2tools.spec.limits import Limits
from openapi2tools.spec.load import aload, load

if TYPE_CHECKING:
    from openapi2tools.model import Progress

REAL = Path(__file__).parents[2] / "specs" / "real"
TEXT = (
    "openapi: 3.1.0\ninfo: {title: Pets, version: '1'}\n"
    "paths:\n  /pets:\n    get:\n      operationId: list\n      responses: {}\n"
)
VALUES = {
    "openapi": "3.1.0",
    "info": {"title": "Pets"},
    "paths": {"/pets": {"get": {"operationId": "list", "responses": {200: {}}}}},
}


@pytest.mark.parametrize(
    "source",
    [TEXT, TEXT.encode(), VALUES, json.dumps(VALUES)],
    ids=["text", "bytes", "values", "json"],
)
def test_a_document_in_hand(source: str | bytes | dict[str, object]) -> None:
    api = load(source)
    assert [operation.key for operation in api.operations] == ["GET /pets"]
    assert api.address is None


def test_a_file_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "pets.yaml"
    path.write_text(TEXT)
    assert load(path).title == load(str(path)).title == "Pets"
    assert load(path).address == str(path)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TEXT.encode())))
    assert load("-").title == "Pets"


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(FetchError, match=r"nowhere\.yaml"):
        load("nowhere.yaml")


def test_it_works_in_a_running_loop_too() -> None:
    async def both() -> tuple[str, str]:
        return load(TEXT).title, (await aload(TEXT)).title

    assert asyncio.run(both()) == ("Pets", "Pets")


def test_the_values_of_a_program_are_copied_and_made_json() -> None:
    values = {**VALUES, "x-date": datetime.date(2020, 1, 1), "x-odd": {1: float("nan")}}
    api = load(values)
    assert api.document["x-date"] == "2020-01-01"
    assert api.document["x-odd"] == {"1": None}
    assert api.document is not values


def test_whole_numbers_beyond_64_bits_are_read_as_in_a_text() -> None:
    odd = [2**64, -(2**70), {"n": 10**30}, 10**400]
    values = {**VALUES, "x-odd": odd}
    assert load(values).document == load(json.dumps(values)).document


def test_values_that_hold_themselves_are_refused() -> None:
    values: dict[str, object] = {"openapi": "3.1.0"}
    values["x"] = values
    with pytest.raises(ParseError, match="nested"):
        load(values)


def test_steps_are_announced_in_their_order(tmp_path: Path) -> None:
    events: list[Progress] = []
    load(TEXT, progress=events.append)
    assert [(event.stage, event.done, event.total) for event in events] == [
        ("parse", 0, len(TEXT)),
        ("parse", len(TEXT), len(TEXT)),
        ("read", 1, 1),
    ]


def test_overlays_are_applied_in_their_order(tmp_path: Path) -> None:
    first = {"overlay": "1.0.0", "actions": [{"target": "$.info", "update": {"title": "First"}}]}
    second = tmp_path / "second.yaml"
    second.write_text(
        "overlay: 1.0.0\nactions: [{target: $.info, update: {title: Second}}, "
        "{target: $.nowhere, remove: true}]\n"
    )
    api = load(TEXT, overlays=[first, second])
    assert api.title == load(TEXT, overlays=str(second)).title == "Second"
    assert [problem.kind for problem in api.problems] == ["overlay-no-match"]


def test_a_problem_knows_its_line_and_column() -> None:
    (problem,) = load(TEXT + "  /bad: 5\n").problems
    assert (problem.kind, problem.line, problem.column, problem.lost) == ("bad-path", 8, 3, "/bad")


def test_limits_are_kept() -> None:
    with pytest.raises(ParseError, match="max_bytes"):
        load(TEXT, limits=Limits(max_bytes=10))


def test_the_garbage_collector_is_on_again() -> None:
    load(TEXT)
    assert gc.isenabled()
    with pytest.raises(ParseError):
        load("{]}\n")
    assert gc.isenabled()


def test_loading_json_needs_no_yaml_reader_and_nothing_of_the_call_side() -> None:
    program = (
        f"import sys; from openapi2tools.spec.load import load; load({json.dumps(VALUES)!r}); "
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert not {"yaml", "ryml", "prance", "openai", "openapi_core", "jsonpath"} & set(
        done.stdout.split()
    )


@pytest.mark.parametrize("path", sorted(REAL.glob("*.*")), ids=lambda path: path.name)
def test_real_documents_load_without_a_fault(path: Path) -> None:
    if path.suffix in {".json", ".yaml"}:
        api = load(path)
        assert api.operations
        assert [
            str(problem) for problem in api.problems if problem.severity == "error" or problem.lost
        ] == []
