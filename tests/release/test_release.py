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
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))


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
    made: set[str] = set()
    for job in WORKFLOW["jobs"].values():
        commands = [step.get("run", "") for step in job["steps"]]
        matrix = job.get("strategy", {}).get("matrix", {})
        made.update(each.removeprefix("make ") for each in commands if each.startswith("make "))
        made.update(matrix.get("target", []))
    made.remove("${{ matrix.target }}")
    assert {"test", "check", "demo", "dist", "test-lowest"} <= made <= TARGETS


def test_the_workflow_runs_on_every_python_that_we_say() -> None:
    prefix = "Programming Language :: Python :: 3."
    said = [each.removeprefix(prefix) for each in PROJECT["classifiers"] if each.startswith(prefix)]
    matrix = WORKFLOW["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == [f"3.{minor}" for minor in said]


def test_what_the_tests_leave_out_has_a_target_of_its_own() -> None:
    line = re.search(r"^TESTS .*", MAKEFILE, re.MULTILINE)
    assert line
    left_out = re.findall(r"not (\w+)", line[0])
    assert {f"test-{mark}" for mark in left_out} <= TARGETS
    assert MAKEFILE.count("$(TESTS)") == 2  # the oldest versions pass the same tests as the newest
