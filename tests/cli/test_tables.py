"""Tables at the width of the terminal: sentences are wrapped, and no name is broken in two."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from openapi2tools.cli.tables import Column, show_table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.conftest import Done

COLUMNS = [Column("tool", is_name=True), Column("path", is_name=True), Column("why")]
SENTENCE = "it has a field that may hold any value at all, and the subset knows no such thing"


def shown(
    rows: list[list[str]], width: int, monkeypatch: pytest.MonkeyPatch, capsys: object
) -> list[str]:
    monkeypatch.setattr("openapi2tools.cli.tables._WIDTH_WITHOUT_TERMINAL", width)
    show_table(COLUMNS, rows)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("width", [30, 60, 80, 120])
@pytest.mark.parametrize("length", [3, 20, 50, 90])
def test_no_name_and_no_word_is_ever_broken(
    width: int, length: int, monkeypatch: pytest.MonkeyPatch, capsys: object
) -> None:
    name, path = "n" * length, "/" + "p" * length
    lines = shown([[name, f"GET {path}", SENTENCE]], width, monkeypatch, capsys)
    assert sum(name in line for line in lines) == 1
    assert sum(path in line for line in lines) == 1
    assert set(SENTENCE.split()) <= set(" ".join(lines).split())


def test_what_fits_is_a_table_and_what_does_not_a_paragraph_a_row(
    monkeypatch: pytest.MonkeyPatch, capsys: object
) -> None:
    row = ["list_pets", "GET /pets", "why not"]
    assert shown([row], 40, monkeypatch, capsys) == [
        "tool       path       why    ",
        "list_pets  GET /pets  why not",
    ]
    assert shown([row], 20, monkeypatch, capsys) == [
        "list_pets",
        "  GET /pets; why:",
        "    why not",
    ]


def test_words_of_a_document_cannot_command_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: object
) -> None:
    lines = shown([["\x1b[2Ja", "GET /", "[bold]why[/bold]"]], 80, monkeypatch, capsys)
    assert lines[1].split() == ["\ufffd[2Ja", "GET", "/", "[bold]why[/bold]"]


def api(folder: Path, count: int) -> str:
    """Write a document with so many operations, each with a long name."""
    paths = {
        f"/{number}": {
            "get": {"operationId": f"op_{number}_{'x' * 40}", "tags": ["a"], "responses": {}}
        }
        for number in range(count)
    }
    document = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": paths}
    (folder / "api.json").write_text(json.dumps(document))
    return str(folder / "api.json")


@pytest.mark.parametrize(("count", "said"), [(1, "1 tool, "), (2, "2 tools, ")])
def test_one_tool_is_no_tools(
    count: int, said: str, cli: Callable[..., Done], tmp_path: Path
) -> None:
    done = cli("inspect", api(tmp_path, count), "--cost")
    assert done.err.startswith(said)
    assert said.rstrip(", ") in done.out


@pytest.mark.parametrize("command", ["inspect", "export"])
def test_more_tools_than_a_request_holds_are_told_with_a_way_out(
    command: str, cli: Callable[..., Done], tmp_path: Path
) -> None:
    source = api(tmp_path, 129)
    done = cli(command, source)
    assert "more than 128 tools, and these are 129" in done.err
    assert "--tag" in done.err
    assert "--namespaces" in done.err
    responses = ("--format", "openai-responses")
    assert "128" not in cli(command, source, *responses).err


@pytest.mark.parametrize("command", ["inspect", "export"])
def test_tools_above_a_budget_are_told_with_a_way_out(
    command: str, cli: Callable[..., Done], tmp_path: Path
) -> None:
    done = cli(command, api(tmp_path, 3), "--budget", "5", "--max-tool-tokens", "5")
    assert done.code == 0
    assert "the budget is 5: choose fewer" in done.err
    assert "3 tools still cost more than 5 tokens" in done.err


@pytest.mark.parametrize("command", ["inspect", "export", "serve"])
@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (("--tag", "b"), "Tags: a."),
        (("--path", "/x"), "Tags: a."),
        (("--operation", "no_*"), "'*no_*'"),
    ],
)
def test_options_that_choose_nothing_fail(
    command: str, choice: tuple[str, str], said: str, cli: Callable[..., Done], tmp_path: Path
) -> None:
    done = cli(command, api(tmp_path, 2), *choice)
    assert (done.code, done.out) == (1, "")
    assert said in done.err


def test_a_tag_that_is_unknown_beside_one_that_is_not_is_a_note(
    cli: Callable[..., Done], tmp_path: Path
) -> None:
    done = cli("inspect", api(tmp_path, 2), "--tag", "a", "--tag", "b")
    assert (done.code, "Note: no operation has the tag 'b'. Tags: a." in done.err) == (0, True)


@pytest.mark.parametrize(
    ("count", "said"), [(3, "offers all of them"), (21, "lets the model find the tools")]
)
def test_inspect_says_how_a_run_would_offer_the_tools(
    count: int, said: str, cli: Callable[..., Done], tmp_path: Path
) -> None:
    assert said in cli("inspect", api(tmp_path, count)).err
