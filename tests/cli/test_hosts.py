"""`openapi2tools serve SOURCE --config HOST`: what each host reads, and what is never written."""

from __future__ import annotations

import asyncio
import json
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.cli.hosts.forms import Host, ServerEntry, Unmergeable, merged
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Done

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the folder where we are, and our home, one of the test's own."""
    for name in ("HOME", "USERPROFILE", "OPENAPI2TOOLS_CONFIG"):
        monkeypatch.setenv(name, str(tmp_path))
    for name in ("XDG_CONFIG_HOME", "CODEX_HOME", "APPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    document = {"openapi": "3.1.0", "info": {"title": "S", "version": "1"}, "paths": {}}
    (tmp_path / "shop.json").write_text(json.dumps(document))
    return tmp_path


def configured(host: str, text: str) -> dict[str, Any]:
    """Return the one server of a configuration."""
    whole = tomllib.loads(text) if host == "codex" else json.loads(text)
    key = {"vscode": "servers", "codex": "mcp_servers"}.get(host, "mcpServers")
    (name,) = whole[key]
    return {"name": name, **whole[key][name]}


@pytest.mark.parametrize("host", list(Host))
def test_each_host_is_told_how_to_start_it(host: str, cli: Callable[..., Done], home: Path) -> None:
    words = ("--read-only", "--auth", "bearerAuth=env:TOKEN", "--header", "X-A: file:a.txt")
    done = cli("serve", "shop.json", "--config", host, *words)
    assert done.code == 0, done.err
    server = configured(host, done.out)
    assert server["name"] == "shop"
    assert Path(server["command"]).is_absolute()
    args = server["args"][server["args"].index("serve") :]
    expected = ["serve", str(home / "shop.json"), "--read-only", "--auth", "bearerAuth=env:TOKEN"]
    assert sorted(args) == sorted([*expected, "--header", f"X-A: file:{home}/a.txt"])
    passed = {
        "claude": None,
        "claude-code": {"TOKEN": "${TOKEN}"},
        "cursor": {"TOKEN": "${env:TOKEN}"},
        "vscode": {"TOKEN": "${env:TOKEN}"},
        "codex": None,
    }
    assert server.get("env") == passed[host]
    assert server.get("env_vars") == (["TOKEN"] if host == "codex" else None)
    assert ("starts programs without the variables" in done.err) == (host == "claude")


@pytest.mark.parametrize(
    "words",
    [
        ("--auth", "bearerAuth=hush"),
        ("--auth", "bearerAuth=-"),
        ("--header", "Authorization: Bearer hush"),
    ],
)
def test_a_secret_that_was_typed_is_refused(
    words: tuple[str, str], cli: Callable[..., Done]
) -> None:
    done = cli("serve", "shop.json", "--config", "cursor", *words)
    assert (done.code, done.out) == (2, "")
    assert "hush" not in done.err


def test_the_value_of_a_variable_is_never_written(
    cli: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAPI2TOOLS_BEARERAUTH", "hush")
    done = cli("serve", "shop.json", "--config", "codex")
    assert configured("codex", done.out)["env_vars"] == ["OPENAPI2TOOLS_BEARERAUTH"]
    assert "hush" not in done.out + done.err


def test_a_saved_api_is_served_by_its_name(
    cli: Callable[..., Done], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = '[apis.books]\nsource = "shop.json"\n[apis.books.credentials]\nbearer = "env:TOKEN"\n'
    (home / "openapi2tools.toml").write_text(text)
    server = configured("vscode", cli("serve", "books", "--config", "vscode").out)
    assert (server["name"], server["args"][-2:]) == ("books", ["serve", "books"])
    assert server["env"] == {"OPENAPI2TOOLS_CONFIG": str(home), "TOKEN": "${env:TOKEN}"}


ENTRY = ServerEntry("shop", "/bin/o", ["serve", "a b"], ["TOKEN"], {"X": 'a"b'})


@pytest.mark.parametrize("host", [Host.CLAUDE, Host.CLAUDE_CODE, Host.CURSOR, Host.VSCODE])
def test_what_else_is_in_a_json_file_stays(host: Host) -> None:
    key = "servers" if host is Host.VSCODE else "mcpServers"
    before = {"theme": "dark", key: {"other": {"command": "x"}, "shop": {"command": "old"}}}
    after = json.loads(merged(host, ENTRY, json.dumps(before)))
    assert after["theme"] == "dark"
    assert after[key]["other"] == {"command": "x"}
    assert after[key]["shop"]["args"] == ["serve", "a b"]
    assert merged(host, ENTRY, json.dumps(after, indent=2)) == json.dumps(after, indent=2)


def test_what_else_is_in_a_toml_file_stays_with_its_comments() -> None:
    old = '[mcp_servers.shop]\ncommand = "old"\n\n[mcp_servers.b]\ncommand = "c"\n'
    before = f'# mine\nmodel = "x"\n\n{old}'
    text = merged(Host.CODEX, ENTRY, before)
    after = tomllib.loads(text)
    assert "# mine" in text
    assert after["mcp_servers"]["b"] == {"command": "c"}
    assert after["mcp_servers"]["shop"] == {
        "command": "/bin/o",
        "args": ["serve", "a b"],
        "env_vars": ["TOKEN"],
        "env": {"X": 'a"b'},
    }
    assert merged(Host.CODEX, ENTRY, text) == text


@pytest.mark.parametrize(
    ("host", "before"),
    [
        (Host.VSCODE, '{"servers": {} // mine\n}'),
        (Host.CURSOR, "[]"),
        (Host.CLAUDE, '{"mcpServers": 3}'),
        (Host.CODEX, "a = "),
    ],
)
def test_a_file_that_would_be_spoilt_is_left_alone(host: Host, before: str) -> None:
    with pytest.raises(Unmergeable):
        merged(host, ENTRY, before)


def test_a_file_is_written_after_a_yes_and_not_without_one(home: Path) -> None:
    path = home / ".cursor" / "mcp.json"
    path.parent.mkdir()
    path.write_text('{"mcpServers": {"other": {"command": "x"}}}')
    for answer, names in (("n", ["other"]), ("y", ["other", "shop"])):
        with Terminal("serve", "shop.json", "--config", "cursor", "--write") as terminal:
            terminal.expect("Whatever else is in it stays. [y/N]")
            terminal.type(answer)
            assert terminal.end()[0] == 0
        assert [*json.loads(path.read_text())["mcpServers"]] == names


def test_a_client_that_starts_it_as_printed_gets_the_tools(
    cli: Callable[..., Done], home: Path
) -> None:
    from mcp import Client, StdioServerParameters

    operation = {"operationId": "find", "responses": {}}
    document = json.loads((home / "shop.json").read_text())
    document |= {"servers": [{"url": "http://h.test"}], "paths": {"/a": {"get": operation}}}
    (home / "shop.json").write_text(json.dumps(document))
    server = configured("cursor", cli("serve", "shop.json", "--config", "cursor").out)

    async def names() -> list[str]:
        parameters = StdioServerParameters(
            command=server["command"], args=server["args"], cwd="/", env={"PYTHONPATH": str(ROOT)}
        )
        async with Client(parameters) as client:
            return [tool.name for tool in (await client.list_tools()).tools]

    assert asyncio.run(names()) == ["find", "read_result"]


def test_nobody_to_ask_is_told(cli: Callable[..., Done], home: Path) -> None:
    done = cli("serve", "shop.json", "--config", "codex", "--write")
    assert (done.code, "nobody is here to ask" in done.err) == (2, True)
    assert not (home / ".codex").exists()
    done = cli("serve", "shop.json", "--write")
    assert (done.code, "--config" in done.err) == (2, True)
