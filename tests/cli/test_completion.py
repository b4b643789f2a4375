"""What a shell completes: commands, options, sources, tools, arguments and their values."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import sys
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.cli.completion.answer import answer
from openapi2tools.cli.completion.complete import complete, split_line
from tests.support.loaded import loaded_modules, packages_of, rooms_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Done

PARAMETERS: list[dict[str, Any]] = [
    {"name": "genre", "schema": {"type": "array", "items": {"enum": ["fiction", "fantasy"]}}},
    {"name": "sort", "schema": {"enum": ["title", "two words"]}},
    {"name": "in_stock", "schema": {"type": "boolean"}},
    {"name": "limit", "schema": {"type": "integer"}, "required": True},
]
FIND = {
    "operationId": "find_books",
    "summary": "Find books",
    "parameters": [{"in": "query", **each} for each in PARAMETERS],
    "responses": {},
}
SEND = {
    "operationId": "send_cover",
    "requestBody": {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}},
    "responses": {},
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cli: Callable[..., Done]) -> str:
    """Write a document in the folder where we are, and look at it once."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAPI2TOOLS_CONFIG", str(tmp_path))
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "paths": {"/books": {"get": FIND, "put": SEND}},
    }
    (tmp_path / "shop.json").write_text(json.dumps(document))
    (tmp_path / "notes.txt").write_text("")
    (tmp_path / "openapi2tools.toml").write_text('[apis.bookshop]\nsource = "shop.json"\n')
    assert cli("inspect", "shop.json").code == 0
    return "shop.json"


def values(*words: str) -> list[str]:
    return [value for value, _ in complete(list(words))]


CASES = [
    (["exp"], ["export"]),
    (["auth", "log"], ["login", "logout"]),
    (["export", "shop.json", "--form"], ["--format"]),
    (["export", "shop.json", "--format", "g"], ["gemini"]),
    (["export", "shop.json", "--format=g"], ["--format=gemini"]),
    (["export", "--format", "gemini", "sh"], ["shop.json"]),
    (["inspect", "b"], ["bookshop"]),
    (["inspect", "shop.json", ""], ["find_books", "send_cover"]),
    (["call", "bookshop", "find"], ["find_books"]),
    (["call", "shop.json", "find_books", ""], ["limit=", "genre=", "sort=", "in_stock="]),
    (["call", "shop.json", "find_books", "limit=3", "sort=title", ""], ["genre=", "in_stock="]),
    (["call", "shop.json", "find_books", "genre=f"], ["genre=fiction", "genre=fantasy"]),
    (["call", "shop.json", "find_books", "sort="], ["sort=title", "sort=two words"]),
    (["call", "shop.json", "find_books", "--gen"], ["--genre"]),
    (["call", "shop.json", "find_books", "--genre", "fi"], ["fiction"]),
    (["call", "shop.json", "find_books", "--genre=fi"], ["--genre=fiction"]),
    (["call", "shop.json", "find_books", "--in_stock", "so"], ["sort="]),
    (["call", "shop.json", "find_books", "in_stock=t"], ["in_stock=true"]),
    (["call", "-y", "shop.json", "find_books", "--timeout", "3", "li"], ["limit="]),
    (["call", "shop.json", "send_cover", ""], ["body@"]),
    (["call", "shop.json", "send_cover", "body@no"], ["body@notes.txt"]),
    (["call", "shop.json", "find_books", "--output", "no"], ["notes.txt"]),
    (["call", "other.json", ""], []),
    (["show", "b"], ["bookshop"]),
    (["serve", "bookshop", "sh"], ["shop.json"]),
    (["serve", "bookshop", "--config", "c"], ["claude", "claude-code", "cursor", "codex"]),
    (["diff", "shop.json", "b"], ["bookshop"]),
    (["add", "shop", "sh"], ["shop.json"]),
    (["completion", "x"], []),
]


@pytest.mark.parametrize(("words", "found"), CASES, ids=" ".join)
@pytest.mark.usefixtures("shop")
def test_each_word_is_completed_by_those_before_it(words: list[str], found: list[str]) -> None:
    assert values(*words) == found


@pytest.mark.usefixtures("shop")
def test_what_a_candidate_means_stands_beside_it() -> None:
    told = dict(complete(["call", "shop.json", ""]))
    assert told["find_books"] == "Find books"
    told = dict(complete(["call", "shop.json", "find_books", ""]))
    assert told["limit="] == "integer, required"
    assert answer("fish", ["call", "shop.json", "find"]) == "find_books\tFind books\n"


@pytest.mark.usefixtures("shop")
def test_bash_gets_what_comes_after_the_last_of_its_own_breaks() -> None:
    line = "openapi2tools call shop.json find_books"
    assert answer("bash", [f"{line} genre=fi"]) == "fiction\n"
    assert answer("bash", [f"{line} sort=tw"]) == "two\\ words\n"
    assert answer("bash", [f"{line} sort='tw"]) == "two\\ words\n"


@pytest.mark.parametrize(
    ("line", "words"),
    [("a b", ["a", "b"]), ("a ", ["a", ""]), ("a 'b c", ["a", "b c"]), ('a "', ["a", ""])],
)
def test_a_line_is_split_as_far_as_it_is_typed(line: str, words: list[str]) -> None:
    assert split_line(line) == words


def test_a_url_that_was_used_is_offered_unless_it_may_hold_a_secret(
    shop: str, tmp_path: Path
) -> None:
    from openapi2tools.cli.completion import store

    for url in ("https://a.test/x", "https://a.test/y?key=hush", "https://me:hush@a.test/z"):
        store.add_source(url)
    assert values("inspect", "https:") == ["https://a.test/x"]


@pytest.mark.usefixtures("shop")
def test_a_document_with_other_tools_is_remembered_anew(
    cli: Callable[..., Done], tmp_path: Path
) -> None:
    changed = json.loads(Path("shop.json").read_text())
    changed["paths"]["/books"]["get"]["operationId"] = "look_up"
    Path("shop.json").write_text(json.dumps(changed))
    cli("search", "shop.json", "books")
    assert values("call", "shop.json", "") == ["look_up", "send_cover"]


@pytest.mark.usefixtures("shop")
def test_it_imports_little() -> None:
    values("export")  # the table of commands is made
    modules = loaded_modules(
        "from openapi2tools.cli.main import main; import os;"
        f"os.chdir({str(Path.cwd())!r});"
        "main(['--complete', 'fish', 'call', 'shop.json', 'find_books', 'genre='])"
    )
    assert packages_of(modules) <= {"platformdirs"}
    assert rooms_of(modules) <= {"_core", "cli", "errors"}


RC_FILES = {
    "bash": ("bashrc", "PS1='READY> '\n"),
    "zsh": (".zshrc", "PS1='READY> '; autoload -Uz compinit; compinit -u -D\n"),
    "fish": ("fish/config.fish", "function fish_prompt; echo 'READY> '; end\n"),
}


@pytest.mark.parametrize("shell", RC_FILES)
@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("openapi2tools call shop.json find_", "find_books"),
        ("openapi2tools call shop.json find_books genre=fi", "genre=fiction"),
        ("openapi2tools call shop.json find_books sort='title' lim", "limit="),
    ],
)
@pytest.mark.usefixtures("shop")
def test_a_real_shell_completes_it(
    shell: str, typed: str, completed: str, cli: Callable[..., Done], tmp_path: Path
) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    values("export")  # the table of commands is made
    program = tmp_path / "bin" / "openapi2tools"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m openapi2tools "$@"\n')
    program.chmod(0o755)
    name, prompt = RC_FILES[shell]
    rc_file = tmp_path / "rc" / name
    rc_file.parent.mkdir(parents=True)
    rc_file.write_text(prompt + cli("completion", shell).out)
    options = {"bash": ["--noprofile", "--rcfile", str(rc_file)]}.get(shell, [])
    environment = {
        **os.environ,
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "TERM": "xterm",
        "ZDOTDIR": str(tmp_path / "rc"),
        "XDG_CONFIG_HOME": str(tmp_path / "rc"),
        "HOME": str(tmp_path / "rc"),
    }
    assert completed in _typed_in([shell, *options, "-i"], environment, f"{typed}\t", completed)


def _typed_in(command: list[str], environment: dict[str, str], keys: str, wanted: str) -> str:
    """Type keys at the prompt of a shell; return what its terminal shows from then on."""
    process, terminal = pty.fork()
    if process == 0:
        os.execvpe(command[0], command, environment)
    try:
        _read_until(terminal, "READY>")
        os.write(terminal, keys.encode())
        return _read_until(terminal, wanted)
    finally:
        os.kill(process, 9)
        os.waitpid(process, 0)
        os.close(terminal)


def _read_until(terminal: int, wanted: str) -> str:
    shown = ""
    end = monotonic() + 60
    while wanted not in shown and select.select([terminal], [], [], max(end - monotonic(), 0))[0]:
        shown += os.read(terminal, 65536).decode(errors="replace")
        shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|[\x00-\x08\x0b-\x1a]", "", shown)
    return shown


def test_it_is_installed_where_the_shell_looks_for_it(
    cli: Callable[..., Done], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    done = cli("completion", "fish", "--install")
    assert done.code == 0
    script = tmp_path / ".config/fish/completions/openapi2tools.fish"
    assert script.read_text() == cli("completion", "fish").out
    assert str(script) in done.err
