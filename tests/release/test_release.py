"""What a release stands on: lowest versions, one name for each thing, and targets that exist."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from openapi2tools import OpenAPI2ToolsError
from openapi2tools.adapters.installed import require
from release.lowest import lowest_versions

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))


def test_every_dependency_of_a_user_says_its_lowest_version() -> None:
    lowest = lowest_versions(PROJECT)
    assert lowest["httpx"] == "0.28"
    assert lowest["mcp"] == "2.3"  # of an extra
    assert len(lowest) >= len(PROJECT["dependencies"])


def test_a_dependency_without_a_lowest_version_is_a_fault() -> None:
    with pytest.raises(ValueError, match="rich: say the lowest version"):
        lowest_versions({**PROJECT, "dependencies": ["rich"]})


def test_both_names_are_the_same_command() -> None:
    assert PROJECT["name"] == "oas2tools"
    assert PROJECT["scripts"].keys() == {"openapi2tools", "oas2tools"}
    assert len(set(PROJECT["scripts"].values())) == 1


def test_what_an_adapter_lacks_is_an_extra_that_there_is() -> None:
    with pytest.raises(OpenAPI2ToolsError, match=r"langchain is not installed: .*\[langchain\]"):
        require("no_such_module", "langchain")
    assert {"langchain", "openai-agents", "pydantic-ai"} <= PROJECT["optional-dependencies"].keys()


def test_the_workflow_runs_targets_that_there_are() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    steps = [step.get("run", "") for job in WORKFLOW["jobs"].values() for step in job["steps"]]
    made = {step.removeprefix("make ") for step in steps if step.startswith("make ")}
    made.discard("${{ matrix.target }}")
    made.update(WORKFLOW["jobs"]["release"]["strategy"]["matrix"]["target"])
    assert {"test", "check", "demo", "dist"} <= made <= targets
