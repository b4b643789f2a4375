"""`openapi2tools export` and `inspect` write tools, to the last byte as in the golden files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from examples.bookshop.shop import Shop
    from tests.conftest import Done

ROOT = Path(__file__).parents[2]
REAL = ROOT / "specs" / "real"
GOLDEN = ROOT / "tests" / "golden"
PETSTORE = str(REAL / "petstore-3.0.json")


def same_as_golden(name: str, text: str, request: pytest.FixtureRequest) -> None:
    file = GOLDEN / name
    if request.config.getoption("--update-golden"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8"), (
        f"{file} differs: pytest --update-golden rewrites it, then read the diff"
    )


@pytest.mark.parametrize(
    "vendor", ["openai-chat", "openai-responses", "anthropic", "gemini", "mcp"]
)
def test_the_petstore_for_each_vendor(
    cli: Callable[..., Done], request: pytest.FixtureRequest, vendor: str
) -> None:
    done = cli("export", PETSTORE, "--format", vendor)
    assert done.code == 0
    same_as_golden(f"petstore-3.0.{vendor}.json", done.out, request)


@pytest.mark.parametrize("document", ["petstore-2.0.json", "adyen-disputes-3.1.json"])
def test_other_dialects(
    cli: Callable[..., Done], request: pytest.FixtureRequest, document: str
) -> None:
    same_as_golden(
        f"{Path(document).stem}.openai-chat.json", cli("export", str(REAL / document)).out, request
    )


def test_the_bookshop_strict_and_not(
    cli: Callable[..., Done], bookshop: Shop, request: pytest.FixtureRequest
) -> None:
    for strict in ("strict", "no-strict"):
        done = cli("export", bookshop.document, f"--{strict}")
        same_as_golden(f"bookshop.openai-chat.{strict}.json", done.out, request)


def test_json_yaml_and_standard_input_give_the_same_tools(cli: Callable[..., Done]) -> None:
    yaml = (REAL / "petstore-3.0.yaml").read_bytes()
    by_path, by_stdin = (
        cli("export", str(REAL / "petstore-3.0.yaml")),
        cli("export", "-", stdin=yaml),
    )
    names = [tool["function"]["name"] for tool in json.loads(cli("export", PETSTORE).out)]
    assert by_path.out == by_stdin.out
    assert [tool["function"]["name"] for tool in json.loads(by_path.out)] == names


def test_standard_output_is_json_for_the_next_program() -> None:
    tools = subprocess.run(
        [sys.executable, "-m", "openapi2tools", "export", PETSTORE], capture_output=True, check=True
    )
    nice = subprocess.run(
        [sys.executable, "-m", "json.tool"], input=tools.stdout, capture_output=True, check=False
    )
    assert (nice.returncode, tools.stderr) == (0, b"")


def test_a_reader_that_goes_away_is_no_drama() -> None:
    command = (
        f"'{sys.executable}' -m openapi2tools export '{REAL / 'spotify-3.0.yaml'}' | head -c 100"
    )
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=True)
    assert (len(done.stdout), done.stderr.count("Error"), done.stderr.count("Traceback")) == (
        100,
        0,
        0,
    )


def test_a_file_is_written_as_a_whole(cli: Callable[..., Done], tmp_path: Path) -> None:
    file = tmp_path / "tools.json"
    done = cli("export", PETSTORE, "-o", str(file))
    assert (done.code, done.out) == (0, "")
    assert json.loads(file.read_bytes()) == json.loads(cli("export", PETSTORE).out)
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_cannot_be_written_is_named(cli: Callable[..., Done], tmp_path: Path) -> None:
    done = cli("export", PETSTORE, "-o", str(tmp_path / "nowhere" / "tools.json"))
    assert (done.code, done.err.count("\n")) == (2, 1)
    assert "nowhere" in done.err


@pytest.mark.parametrize(
    ("options", "names"),
    [
        (["--tag", "store", "--method", "get"], ["getInventory", "getOrderById"]),
        (["--operation", "*Order*", "--read-only"], ["getOrderById"]),
        (["--path", "/user/log*"], ["loginUser", "logoutUser"]),
        (["--operation", "getPetById", "--prefix", "shop_"], ["shop_getPetById"]),
        (["--operation", "shop_getPetById", "--prefix", "shop_"], ["shop_getPetById"]),
        (
            ["--operation", "createUsersWithListInput", "--prefix", "shop_", "--name-length", "24"],
            ["shop_createUser_fbb5883c"],
        ),
    ],
)
def test_options_choose_the_tools(
    cli: Callable[..., Done], options: list[str], names: list[str]
) -> None:
    assert [
        tool["function"]["name"] for tool in json.loads(cli("export", PETSTORE, *options).out)
    ] == names


def test_deprecated_operations_can_be_left_out(cli: Callable[..., Done], tmp_path: Path) -> None:
    operation = {"responses": {"200": {"description": "ok"}}}
    paths = {
        "/old": {"get": {**operation, "operationId": "old", "deprecated": True}},
        "/new": {"get": {**operation, "operationId": "new"}},
    }
    (tmp_path / "api.json").write_text(
        json.dumps({"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": paths})
    )
    assert [
        tool["function"]["name"]
        for tool in json.loads(cli("export", str(tmp_path / "api.json"), "--no-deprecated").out)
    ] == ["new"]


def test_nothing_chosen_fails_and_names_the_tags(cli: Callable[..., Done]) -> None:
    done = cli("export", PETSTORE, "--tag", "unknown")
    assert (done.code, done.out) == (1, "")
    assert "pet, store, user" in done.err


def test_a_glob_that_fits_no_whole_name_is_told(cli: Callable[..., Done]) -> None:
    done = cli("export", PETSTORE, "--operation", "Order")
    assert (done.code, done.out) == (1, "")
    assert "fits 'Order' as a whole; '*Order*' fits those that hold it." in done.err


def test_a_tag_that_no_operation_has_is_told_even_if_another_has_some(
    cli: Callable[..., Done],
) -> None:
    done = cli("export", PETSTORE, "--tag", "pet", "--tag", "stores")
    assert (done.code, len(json.loads(done.out))) == (0, 8)
    assert "no operation has the tag 'stores'. Tags: store." in done.err


@pytest.mark.parametrize(("length", "bound"), [("23", "24"), ("65", "64")])
def test_a_length_that_no_name_can_have_is_refused(
    cli: Callable[..., Done], length: str, bound: str
) -> None:
    done = cli("export", PETSTORE, "--name-length", length)
    assert done.code == 2
    assert "--name-length: Input should be" in done.err
    assert bound in done.err


def test_inspect_gives_one_reason_in_a_line_and_counts_the_others(
    cli: Callable[..., Done], tmp_path: Path
) -> None:
    either = {"if": {"required": ["a"]}, "then": {"required": ["b"]}}
    fields = {f"{'field' * 12}_{n}": either for n in range(3)}
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": fields}}}}
    operation = {"operationId": "a", "requestBody": {"required": True, **body}, "responses": {}}
    paths = {"/a": {"post": operation}}
    (tmp_path / "api.json").write_text(
        json.dumps({"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": paths})
    )
    source = str(tmp_path / "api.json")
    [row] = json.loads(cli("inspect", source, "--json").out)
    line = next(line for line in cli("inspect", source).out.splitlines() if "POST /a" in line)
    assert len(row["reasons"]) == 3
    assert line.rstrip().endswith("… (and 2 more)")


def test_inspect_shows_each_tool_on_a_line(cli: Callable[..., Done]) -> None:
    done = cli("inspect", PETSTORE, "--cost")
    lines = done.out.splitlines()
    assert lines[0].split() == ["tool", "method", "and", "path", "tokens", "strict"]
    assert any(line.startswith("getPetById") and "GET /pet/{petId}" in line for line in lines)
    assert "19 tools" in done.err


def test_inspect_gives_a_program_json(cli: Callable[..., Done]) -> None:
    rows = json.loads(cli("inspect", PETSTORE, "--json").out)
    assert len(rows) == 19
    assert {"name", "method", "path", "tokens", "strict", "reasons"} <= set(rows[0])


def test_a_budget_that_cannot_be_kept_is_told(cli: Callable[..., Done]) -> None:
    source = str(REAL / "petstore-3.0.json")
    assert "the budget is 10" in cli("export", source, "--budget", "10").err
    assert "still cost more than 10 tokens" in cli("export", source, "--max-tool-tokens", "10").err
    assert "still" not in cli("export", source, "--budget", "100000").err


def test_a_smaller_budget_makes_smaller_tools_and_says_what_went(cli: Callable[..., Done]) -> None:
    source = str(REAL / "adyen-disputes-3.1.json")
    whole, small = cli("export", source), cli("export", source, "--budget", "1000")
    assert len(small.out) < len(whole.out)
    assert "has lost" in small.err
    assert "long descriptions" in cli("inspect", source, "--max-tool-tokens", "100").out


def test_an_overlay_curates_the_tools(cli: Callable[..., Done], tmp_path: Path) -> None:
    actions = [
        {
            "target": "$.paths['/pet/{petId}'].get",
            "update": {"x-openapi2tools": {"name": "look_at_pet"}},
        }
    ]
    (tmp_path / "overlay.json").write_text(
        json.dumps({"overlay": "1.0.0", "info": {"title": "o", "version": "1"}, "actions": actions})
    )
    done = cli(
        "export",
        PETSTORE,
        "--overlay",
        str(tmp_path / "overlay.json"),
        "--path",
        "/pet/{petId}",
        "--method",
        "get",
    )
    assert [tool["function"]["name"] for tool in json.loads(done.out)] == ["look_at_pet"]
