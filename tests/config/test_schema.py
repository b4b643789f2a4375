"""The schema of `openapi2tools.toml` is published as it is used, and its page is true."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from openapi2tools.cli.app import COMMANDS, load_command
from openapi2tools.config.check import read_toml
from openapi2tools.config.settings import SETTINGS, file_schema

if TYPE_CHECKING:
    from pytest import Config  # noqa: PT013 -- the type alone

DOCS = Path(__file__).parents[2] / "docs"
PUBLISHED = DOCS / "schemas" / "config.v1.json"
PAGE = (DOCS / "config.md").read_text(encoding="utf-8")


def test_the_schema_is_published_as_it_is_used(pytestconfig: Config) -> None:
    if pytestconfig.getoption("--update-golden"):
        text = json.dumps(file_schema(), indent=2, ensure_ascii=False)
        PUBLISHED.write_text(f"{text}\n", encoding="utf-8")
    assert json.loads(PUBLISHED.read_text(encoding="utf-8")) == file_schema()


def test_every_key_is_on_the_page_and_no_other() -> None:
    shown = set(re.findall(r"^\| `([\w.]+)` \|", PAGE, re.MULTILINE))
    assert shown == {setting.key for setting in SETTINGS}


def test_every_switch_of_the_file_can_be_turned_off_by_an_option() -> None:
    switches = {each.option for each in SETTINGS if each.schema == {"type": "boolean"}}
    found = [
        (each.name, command)
        for command in COMMANDS
        for each in getattr(load_command(command), "params", ())
        if each.name in switches and not each.secondary_opts
    ]
    assert switches
    assert found == []


def test_every_key_with_an_option_is_one_of_a_command() -> None:
    groups = [name for name in COMMANDS if name != "auth"]
    options = {each.name for name in groups for each in load_command(name).params}
    assert {setting.option for setting in SETTINGS} - {""} <= options


@pytest.mark.parametrize("example", re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
def test_an_example_of_the_page_has_no_faults(example: str) -> None:
    assert read_toml(example)[1] == []
    assert tomllib.loads(example)["apis"]
