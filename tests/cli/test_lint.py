"""What `openapi2tools lint` prints: the score first, equal findings once, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Done

PETSTORE = str(Path(__file__).parents[2] / "specs" / "real" / "petstore-3.0.json")


def test_the_score_comes_first_and_findings_with_one_remedy_are_one_line(
    cli: Callable[..., Done],
) -> None:
    lines = cli("lint", PETSTORE).out.splitlines()
    assert lines[0].startswith("Swagger Petstore - OpenAPI 3.0: 83 of 100, 19 operations")
    undescribed = [line for line in lines if "The body field" in line]
    assert len(undescribed) == 1
    assert undescribed[0].split()[:3] == ["line", "939", "17"]
    assert "(and 16 like it)" in undescribed[0]


def test_verbose_shows_each_finding_with_its_place(cli: Callable[..., Done]) -> None:
    out = cli("lint", PETSTORE, "--verbose").out
    lines = [line for line in out.splitlines() if "The body field" in line]
    assert len(lines) == 17
    assert {"line 939", "line 1133"} <= {" ".join(line.split()[:2]) for line in lines}


@pytest.mark.parametrize(("least", "code"), [("83", 0), ("84", 1)])
@pytest.mark.parametrize("output", [[], ["--json"]])
def test_a_score_below_the_least_one_fails(
    least: str, code: int, output: list[str], cli: Callable[..., Done]
) -> None:
    done = cli("lint", PETSTORE, "--fail-under", least, *output)
    assert done.code == code
    assert ("--fail-under is 84" in done.err) == (code == 1)


@pytest.mark.parametrize("output", [[], ["--json"]])
def test_a_document_with_errors_fails(
    output: list[str], cli: Callable[..., Done], tmp_path: Path
) -> None:
    operation = {"operationId": "a", "parameters": [{"$ref": "#/nowhere"}], "responses": {}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"get": operation}},
    }
    (tmp_path / "api.json").write_text(json.dumps(document))
    done = cli("lint", str(tmp_path / "api.json"), *output)
    assert done.code == 1
    assert "error" in done.err
    assert done.out


def test_a_place_that_is_long_is_not_broken_at_80_columns(
    cli: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openapi2tools.cli.tables._WIDTH_WITHOUT_TERMINAL", 80)
    document = Path(PETSTORE).read_bytes()
    done = cli("lint", "-", "--verbose", stdin=document)
    assert all(len(line) <= 80 for line in done.out.splitlines())
