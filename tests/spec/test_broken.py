"""Each document in specs/broken has one fault.

It costs only what it touches, and is reported as the file beside it says.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from openapi2tools import errors
from openapi2tools.spec.load import load

BROKEN = Path(__file__).parents[2] / "specs" / "broken"


def documents(*, with_error: bool) -> list[tuple[Path, dict[str, Any]]]:
    found = []
    for path in sorted(BROKEN.iterdir()):
        if not path.name.endswith(".expected.json"):
            expected = json.loads(path.with_name(f"{path.stem}.expected.json").read_text())
            if ("error" in expected) == with_error:
                found.append(pytest.param(path, expected, id=path.name))
    return found


@pytest.mark.parametrize(("path", "expected"), documents(with_error=False))
def test_a_fault_costs_only_what_it_touches(path: Path, expected: dict[str, Any]) -> None:
    api = load(path)
    assert [operation.key for operation in api.operations] == expected["operations"]
    first = {
        problem.kind: problem.pointer
        for problem in reversed(api.problems)
        if problem.severity != "hint"
    }
    assert first == expected["problems"]
    assert [problem.lost for problem in api.problems if problem.lost] == expected["lost"]


@pytest.mark.parametrize(("path", "expected"), documents(with_error=False))
def test_every_problem_names_its_line(path: Path, expected: dict[str, Any]) -> None:
    assert all(problem.line and problem.column for problem in load(path).problems)


@pytest.mark.parametrize(("path", "expected"), documents(with_error=True))
def test_where_nothing_can_be_read_one_error_says_why(path: Path, expected: dict[str, Any]) -> None:
    with pytest.raises(getattr(errors, expected["error"])) as caught:
        load(path)
    assert expected["message"] in caught.value.message
    assert caught.value.address == str(path)
    assert all(
        getattr(caught.value, name) == expected[name]
        for name in ("line", "column")
        if name in expected
    )


def test_there_are_at_least_forty() -> None:
    assert len(documents(with_error=True)) + len(documents(with_error=False)) >= 40
