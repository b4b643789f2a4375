"""The help text: groups of options, no jargon, and examples that are right."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import pytest
import typer

from openapi2tools.cli.app import COMMANDS, load_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Done


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_ends_with_examples_and_fits_80_columns(
    name: str, cli: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    text = cli(name, "--help").out
    usage, _, examples = text.partition("\nExamples\n")
    assert usage.startswith(f"Usage: openapi2tools {name}")
    assert "<" not in usage
    assert all(len(line) <= 80 for line in usage.splitlines()), usage
    lines = examples.strip().splitlines()
    assert lines
    assert lines[0].strip().startswith(f"openapi2tools {name}")
    assert all(line.strip().startswith("openapi2tools ") for line in lines)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_example_is_one_that_the_command_takes(name: str) -> None:
    for line in load_command(name).examples:
        _, used, *words = shlex.split(line.partition(" > ")[0])
        _check(load_command(used), used, words)


def _check(command: Any, name: str, words: list[str]) -> None:
    if hasattr(command, "commands"):
        command, words = command.commands[words[0]], words[1:]
    context = typer.Context(command, info_name=name)
    try:
        values, _, _ = command.make_parser(context).parse_args(args=words)
    except typer.TyperException as error:
        raise AssertionError(f"{name} {words}: {error.format_message()}") from None
    for parameter in command.params:
        assert not parameter.required or values.get(parameter.name), f"{name} {words}"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["exprot"], "No such command 'exprot'. Did you mean 'export'?"),
        (["export"], "SOURCE is missing. `openapi2tools export --help` tells"),
        (["call", "x.json"], "TOOL is missing. `openapi2tools call --help` tells"),
        (["export", "x.json", "--redonly"], "has no option --redonly. Did you mean --read-only?"),
        (["export", "x.json", "--qqq"], "has no option --qqq. `openapi2tools export --help` tells"),
        (["export", "x.json", "--format", "antropic"], "Did you mean anthropic? There are openai-"),
        (["run", "x.json", "q", "--tools", "serach"], "--tools: there is no 'serach'. Did you"),
        (["inspect", "x.json", "--schema"], "name one TOOL"),
    ],
)
def test_a_wrong_word_is_told_with_the_nearest(
    arguments: list[str], said: str, cli: Callable[..., Done]
) -> None:
    done = cli(*arguments)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
