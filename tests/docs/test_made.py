"""What scripts make of the code is as they would make it now."""

from __future__ import annotations

import pytest

from docs.scripts.make import made
from docs.scripts.picture import PICTURES, TITLE
from docs.scripts.record import ADDRESS, QUESTION
from docs.scripts.remedies import REMEDIES
from openapi2tools import errors
from tests.support.pages import ROOT

MADE = made()


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.name)
def test_a_generated_file_is_fresh(path: object) -> None:
    from pathlib import Path

    assert isinstance(path, Path)
    fresh = path.exists() and path.read_text("utf-8") == MADE[path]
    assert fresh, f"{path.relative_to(ROOT)} is stale: python -m docs.scripts.make"


def test_every_error_has_a_remedy() -> None:
    raised = {name for name, value in vars(errors).items() if isinstance(value, type)}
    ours = {name for name in raised if issubclass(getattr(errors, name), Exception)}
    assert set(REMEDIES) == ours


def test_the_recorded_session_is_of_the_command_in_the_readme() -> None:
    recorded = (PICTURES / "run.cast").read_text("utf-8")
    readme = (ROOT / "README.md").read_text("utf-8")
    assert QUESTION in recorded
    assert f'openapi2tools run {ADDRESS} "{QUESTION}"' in readme
    assert TITLE in (PICTURES / "run-light.svg").read_text("utf-8")
