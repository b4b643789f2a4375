"""SOURCE may be the name of a saved API: which of its options counts, and whose file is used."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.config.files import ConfigFile, user_file
from openapi2tools.config.trust import is_trusted
from tests.support.apis import document
from tests.support.server import Answer, LoopbackServer
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Done

KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer"}}
PETS = document(
    {
        "/pets": {
            "get": {"operationId": "list_pets", "parameters": [LIMIT], "tags": ["pets"]},
            "post": {"operationId": "add_pet", "tags": ["pets"]},
        },
        "/v": {"get": {"operationId": "version"}},
    },
    components={"securitySchemes": {"key": KEY}},
    security=[{"key": []}],
)


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(lambda _: Answer(body={"ok": True})) as server:
        yield server


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pets.json").write_text(json.dumps(PETS), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "openapi2tools.toml"
    path.write_text(text, encoding="utf-8")
    return path


def save(project: Path, **settings: Any) -> None:
    """Save the pets as `pets` in the user's own file."""
    lines = [f"{key.replace('__', '.')} = {text}" for key, text in settings.items()]
    source = json.dumps(str(project / "pets.json"))
    write(user_file().parent, "\n".join(["[apis.pets]", f"source = {source}", *lines]))


def test_a_name_stands_for_what_is_saved(
    cli: Callable[..., Done],
    project: Path,
    server: LoopbackServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PETS_KEY", "top secret")
    save(
        project,
        server=f'"{server.url}"',
        credentials__key='"env:PETS_KEY"',
        headers='{ X-Tenant = "acme" }',
        arguments="{ limit = 5 }",
    )
    done = cli("call", "pets", "list_pets")
    assert (done.code, json.loads(done.out)) == (0, {"ok": True})
    (received,) = server.received
    assert received.target == "/pets?limit=5"
    assert received.headers["x-key"] == "top secret"
    assert received.headers["x-tenant"] == "acme"
    assert "Note: others on this computer" not in done.err


def test_what_is_typed_goes_before_the_file_name_by_name(
    cli: Callable[..., Done], project: Path, server: LoopbackServer
) -> None:
    save(
        project,
        server='"http://127.0.0.1:1"',
        credentials__key='"env:NOWHERE"',
        headers='{ X-Tenant = "acme", X-Team = "a" }',
        arguments="{ limit = 5 }",
    )
    options = ["--server", server.url, "--header", "X-Tenant: other", "--auth", "key=typed"]
    assert cli("call", "pets", "list_pets", "--set", "limit=7", *options).code == 0
    (received,) = server.received
    assert received.target == "/pets?limit=7"
    assert (received.headers["x-tenant"], received.headers["x-team"]) == ("other", "a")
    assert received.headers["x-key"] == "typed"


def test_the_choice_of_tools_is_the_files_until_another_is_typed(
    cli: Callable[..., Done], project: Path
) -> None:
    save(project, tools='{ tags = ["pets"], read_only = true, prefix = "p_" }')
    assert list_names(cli("inspect", "pets", "--json")) == ["p_list_pets"]
    assert list_names(cli("inspect", "pets", "--json", "--prefix", "q_")) == ["q_list_pets"]
    assert "tag 'x'" in cli("inspect", "pets", "--tag", "x").err


def test_a_switch_of_the_file_is_turned_off_by_its_option(
    cli: Callable[..., Done], project: Path
) -> None:
    save(project, tools="{ read_only = true, no_deprecated = true }")
    some = set(list_names(cli("inspect", "pets", "--json")))
    everything = set(list_names(cli("inspect", str(project / "pets.json"), "--json")))
    writes = set(list_names(cli("inspect", "pets", "--json", "--no-read-only")))
    assert some < writes <= everything
    typed = ("--no-read-only", "--deprecated")
    assert set(list_names(cli("inspect", "pets", "--json", *typed))) == everything


def list_names(done: Done) -> list[str]:
    return [row["name"] for row in json.loads(done.out)]


def test_a_policy_of_the_file_asks_about_reads_and_yes_goes_before_it(
    cli: Callable[..., Done], project: Path, server: LoopbackServer
) -> None:
    save(
        project,
        server=f'"{server.url}"',
        credentials__key='"plain:x"',
        policy='{ confirm = "all" }',
    )
    asked = cli("call", "pets", "list_pets")
    assert (asked.code, server.received) == (1, [])
    assert "--yes lets it go out" in asked.err
    assert cli("call", "pets", "list_pets", "--yes").code == 0
    assert cli("call", "pets", "list_pets", "--confirm", "writes").code == 0


def test_a_choice_that_a_command_does_not_have_is_passed_over(
    cli: Callable[..., Done], project: Path
) -> None:
    save(project, tools='{ offer = "hosted" }', model='{ name = "local", max_turns = 3 }')
    assert cli("inspect", "pets").code == 0
    assert cli("search", "pets", "all pets").code == 0
    assert "no such choice" in cli("run", "pets", "hi", "--base-url", "http://127.0.0.1:9/v1").err


def test_a_file_of_the_folder_is_no_saved_api(cli: Callable[..., Done], project: Path) -> None:
    save(project)
    (project / "plainfile").write_text(json.dumps(PETS), encoding="utf-8")
    assert cli("inspect", "plainfile").code == 0
    done = cli("inspect", "pet")
    assert (done.code, "no file named 'pet'. Did you mean pets?" in done.err) == (2, True)


def test_a_projects_file_is_used_once_somebody_agreed_to_this_text(
    cli: Callable[..., Done], project: Path, server: LoopbackServer
) -> None:
    ran = project / "ran"
    text = f"""[apis.pets]
source = "pets.json"
server = "{server.url}"
credentials.key = "cmd:touch {ran}"
"""
    path = write(project, text)
    refused = cli("call", "pets", "list_pets")
    assert (refused.code, server.received, ran.exists()) == (1, [], False)
    assert "say `openapi2tools trust`" in refused.err
    agreed = cli("trust")
    assert (agreed.code, f"cmd:touch {ran}" in agreed.err) == (0, True)
    assert "printed nothing" in cli("call", "pets", "list_pets").err  # the command has run
    assert ran.exists()
    path.write_text(text.replace("touch", "echo"), encoding="utf-8")
    assert "nobody here has agreed" in cli("call", "pets", "list_pets").err
    assert server.received == []


def test_a_person_at_a_terminal_is_shown_the_file_and_asked(project: Path) -> None:
    path = write(project, '[apis.pets]\nsource = "pets.json"\nheaders = { X-A = "b" }\n')
    folder = {"OPENAPI2TOOLS_CONFIG": os.environ["OPENAPI2TOOLS_CONFIG"]}
    with Terminal("search", "pets", "pets", environment=folder) as terminal:
        terminal.expect('headers = { X-A = "b" }')
        terminal.expect("[y/N]")
        terminal.type("n")
        code, _ = terminal.end()
    assert (code, is_trusted(ConfigFile.read(path))) == (1, False)
    with Terminal("search", "pets", "pets", environment=folder) as terminal:
        terminal.expect("[y/N]")
        terminal.type("y")
        code, out = terminal.end()
    assert (code, "list_pets" in out, is_trusted(ConfigFile.read(path))) == (0, True, True)


def test_paths_are_meant_from_the_folder_of_the_file(
    cli: Callable[..., Done],
    project: Path,
    server: LoopbackServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (project / "key").write_text("from a file\n", encoding="utf-8")
    write(
        project,
        f"""[apis.pets]
source = "pets.json"
server = "{server.url}"
credentials.key = "file:key"
""",
    )
    assert cli("trust").code == 0
    (project / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(project / "deep" / "er")
    assert cli("call", "pets", "list_pets").code == 0
    assert server.received[0].headers["x-key"] == "from a file"


def test_a_header_for_the_document_may_be_a_reference(
    cli: Callable[..., Done], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCUMENT_TOKEN", "Bearer top secret")
    with LoopbackServer(lambda _: Answer(body=PETS)) as server:
        text = f"""[apis.pets]
source = "{server.url}/pets.json"
source_headers = {{ Authorization = "env:DOCUMENT_TOKEN" }}
"""
        write(user_file().parent, text)
        assert list_names(cli("inspect", "pets", "--json"))
        assert server.received[0].headers["authorization"] == "Bearer top secret"


def test_what_is_typed_may_contradict_the_file(
    cli: Callable[..., Done], project: Path, server: LoopbackServer
) -> None:
    save(project, ca='"nowhere.pem"', server=f'"{server.url}"', credentials__key='"plain:k"')
    assert "cannot be used" in cli("call", "pets", "list_pets").err
    assert cli("call", "pets", "list_pets", "--insecure").code == 0


def test_the_projects_file_goes_before_the_users(cli: Callable[..., Done], project: Path) -> None:
    save(project, tools='{ prefix = "users_" }')
    write(project, '[apis.pets]\nsource = "pets.json"\ntools.prefix = "projects_"\n')
    assert cli("trust").code == 0
    assert list_names(cli("inspect", "pets", "--json"))[0] == "projects_list_pets"
