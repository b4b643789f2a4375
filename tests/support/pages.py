"""The code blocks of a page, run one after the other as a reader would: commands in a folder of
their own, programs in one namespace, files written where a block has a name.

- `sh`: each line is run. A block that shows no output is one, so that it can be pasted whole.
- `console`: lines that begin with `$ ` are run, the lines below each are what it shows. A line
  `...` stands for any lines, `…` for any text within a line.
- `python`: is run; a block of `text` right below it is what it prints.
- any language with `title="NAME"`: a file of that name, in the folder.

A command that ends with `&` goes on until the page ends; its `--port` becomes a free one, and so
does that port wherever the page names it below.
"""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import tomllib
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import yaml

from openapi2tools import OpenAPI2ToolsError
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
_FENCE = re.compile(r"^( *)```(\w*)([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="([^"]+)"')
_SHELL = re.compile(r"[|<>&;$`*]")
_PAUSE_SECONDS = 0.05
FRAMEWORKS = ("agents", "langchain", "pydantic_ai")


@dataclass(frozen=True)
class Block:
    """A code block of a page."""

    page: str
    line: int
    language: str
    title: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}, line {self.line}"


@dataclass(frozen=True)
class Command:
    """A command of a console block, and what stands below it."""

    typed: str
    shown: tuple[str, ...]


def blocks_of(page: Path) -> list[Block]:
    """Return the code blocks of a page, in order."""
    text = page.read_text("utf-8")
    name = page.relative_to(ROOT).as_posix()
    found = []
    for match in _FENCE.finditer(text):
        indent, language, rest, body = match.groups()
        lines = (line.removeprefix(indent) for line in body.splitlines(keepends=True))
        title = _TITLE.search(rest)
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(name, line, language, title[1] if title else "", "".join(lines)))
    return found


def commands_of(block: Block) -> Iterator[Command]:
    """Give the commands of a block."""
    if block.language == "sh":
        lines = block.text.replace("\\\n", " ").splitlines()
        yield from (Command(line, ()) for line in lines if line.strip())
        return
    parts = re.split(r"^\$ ", block.text, flags=re.MULTILINE)
    assert not parts[0].strip(), f"{block}: output without a command"
    for part in parts[1:]:
        typed, _, shown = part.partition("\n")
        while typed.endswith("\\"):
            more, _, shown = shown.partition("\n")
            typed = typed.removesuffix("\\") + more.strip()
        yield Command(typed, tuple(shown.splitlines()))


def is_shown(expected: tuple[str, ...], came: str) -> bool:
    """Whether a text is what a page shows of it."""
    pattern = ""
    for line in expected:
        if line.strip() == "...":
            pattern += r"(?:[^\n]*\n)*?"
        else:
            pattern += re.escape(_one_space(line)).replace("…", r"[^\n]*?") + "\n"
    lines = [_one_space(line) for line in came.rstrip().splitlines()]
    return re.fullmatch(pattern, "\n".join(lines) + "\n") is not None


def _one_space(line: str) -> str:
    """A column is as wide as its longest cell: spaces within a line do not matter."""
    lead = line[: len(line) - len(line.lstrip())]
    return lead + " ".join(line.split())


@dataclass
class Reader:
    """Somebody who follows a page; `done` counts what was run."""

    folder: Path
    run_here: Callable[..., Any]
    environment: dict[str, str]
    set_variable: Callable[[str, str], None]
    addresses: dict[str, str]
    done: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._names: dict[str, Any] = {"__name__": "page", "input": lambda _="": "y"}
        self._printed: str | None = ""
        self._programs: list[subprocess.Popen[bytes]] = []

    def close(self) -> None:
        """End what goes on."""
        for program in self._programs:
            program.kill()
            program.wait()

    def follow(self, block: Block) -> None:
        """Do what a block says, and compare."""
        self.done[block.language] = self.done.get(block.language, 0) + 1
        if block.title:
            (self.folder / block.title).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / block.title).write_text(self._here(block.text), encoding="utf-8")
        if block.language in ("console", "sh"):
            for command in commands_of(block):
                self._type(command, block)
        elif block.language == "text" and self._printed is not None:
            assert is_shown(tuple(block.text.splitlines()), self._there(self._printed)), (
                f"{block}: it printed\n{self._there(self._printed)}"
            )
        elif block.language == "python" and not block.title:
            self._run_program(block)
        elif block.language != "text":
            _parse(block)

    def _run_program(self, block: Block) -> None:
        printed = io.StringIO()
        program = compile(self._here("\n" * block.line + block.text), block.page, "exec")
        with redirect_stdout(printed):
            try:
                exec(program, self._names)
            except (ModuleNotFoundError, OpenAPI2ToolsError):
                if not _needs_framework(block):
                    raise
                self._printed = None
                return
        self._printed = printed.getvalue()

    def _type(self, command: Command, block: Block) -> None:
        line = self._here(command.typed)
        kept = re.fullmatch(r"(\w+)=\$\((.*)\)", line)
        code, out, err = self._outcome(kept[2] if kept else line)
        if kept:
            self.environment[kept[1]] = out.strip()
            out = ""
        texts = [self._there(text) for text in (out, err, err + out, out + err)]
        told = f"{block}: {command.typed}\nended with {code}\n{texts[0]}\n{texts[1]}"
        assert any(is_shown(command.shown, text) for text in texts) or not command.shown, told
        fails = any(line.startswith("Error") for line in command.shown)
        assert bool(code) == fails, told

    def _outcome(self, line: str) -> tuple[int, str, str]:
        words = shlex.split(line)
        special = _SPECIAL.get(words[0])
        if special:
            special(self, words)
            return 0, "", ""
        if words[:2] == ["openapi2tools", "chat"]:
            return self._converse(words[1:])
        if words[:3] == ["openapi2tools", "auth", "login"]:
            return self._begin_login(words[1:])
        if line.endswith("&"):
            self._leave_running(line.removesuffix("&"))
            return 0, "", ""
        if words[0] == "openapi2tools" and not _SHELL.search(
            re.sub(r"'[^']*'|\"[^\"]*\"", "", line)
        ):
            done = self.run_here(*words[1:])
            return int(done.code), done.out, done.err
        ended = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return ended.returncode, ended.stdout, ended.stderr

    def _leave_running(self, line: str) -> None:
        port = re.search(r"--port (\d+)", line)
        assert port, f"{line}: which port is it?"
        with socket.create_server(("127.0.0.1", 0)) as taken:
            free = taken.getsockname()[1]
        self.addresses[f"127.0.0.1:{port[1]}"] = f"127.0.0.1:{free}"
        words = shlex.split(line.replace(port[0], f"--port {free}"))
        self._programs.append(
            subprocess.Popen(
                words,
                cwd=self.folder,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        )
        while not _answers(free):
            assert self._programs[-1].poll() is None, f"{line}: it ended"
            time.sleep(_PAUSE_SECONDS)

    def _converse(self, words: list[str]) -> tuple[int, str, str]:
        with Terminal(*words, out_too=True) as terminal:
            terminal.expect_next("/help")
            terminal.expect_next(">")
            terminal.press("\x04")
            return terminal.end()[0], "", ""

    def _begin_login(self, words: list[str]) -> tuple[int, str, str]:
        """Begin a login, which needs a person and a browser to go on."""
        done = self.run_here(*words, "--no-browser")
        assert "Open this address in a browser, and log in" in done.err, f"{words}: {done.err}"
        return 0, "", ""

    def _export(self, words: list[str]) -> None:
        for word in words[1:]:
            name, _, value = word.partition("=")
            if not name.startswith("OPENAI_"):  # that leads to the test's own model
                self.environment[name] = value
                self.set_variable(name, value)

    def _here(self, text: str) -> str:
        for page, here in self.addresses.items():
            text = text.replace(page, here)
        return text

    def _there(self, text: str) -> str:
        for page, here in self.addresses.items():
            text = text.replace(here, page)
        return text.replace(str(self.folder), "/home/you/shop")


def _needs_framework(block: Block) -> bool:
    """Whether a block is for a framework that is not installed; `make test-adapters` has them."""
    return any(name in block.text and not has_framework(name) for name in FRAMEWORKS)


def has_framework(name: str) -> bool:
    """Whether a framework of `FRAMEWORKS` is installed."""
    return find_spec(name) is not None


def _check_pip(_: Reader, words: list[str]) -> None:
    """Check that what a page installs is there to be installed."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    for extras in re.findall(r"(?<!\S)\.\[([\w,-]+)\]", " ".join(words)):
        assert set(extras.split(",")) <= set(project["optional-dependencies"]), words


def _check_make(_: Reader, words: list[str]) -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {word for word in words[1:] if "=" not in word} <= set(targets), words


def _fetch(reader: Reader, words: list[str]) -> None:
    """Do as curl does, which is not everywhere."""
    *_, name, url = words
    with urlopen(url) as answer:
        (reader.folder / name).write_bytes(answer.read())


def _pass_over(_: Reader, words: list[str]) -> None:
    """Leave out what fetches something from the network, or changes this machine."""


_SPECIAL: dict[str, Callable[[Reader, list[str]], None]] = {
    "pip": _check_pip,
    "make": _check_make,
    "export": Reader._export,
    "curl": _fetch,
    **dict.fromkeys(("git", "uvx", "cd", "keyring", "kill", "python3", "."), _pass_over),
}


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def _parse(block: Block) -> None:
    """Check that data and programs that are only shown can be read."""
    readers: dict[str, Callable[[str], object]] = {
        "json": json.loads,
        "yaml": yaml.safe_load,
        "toml": tomllib.loads,
        "python": lambda text: compile(text, block.page, "exec"),
    }
    assert block.language in readers, f"{block}: say which language this is"
    readers[block.language](block.text)


def bin_folder(folder: Path) -> Path:
    """Make a folder with the commands that pages type."""
    made = folder / "bin"
    made.mkdir()
    for name, module in (("openapi2tools", "openapi2tools"), ("uvicorn", "uvicorn")):
        (made / name).write_text(f'#!/bin/sh\nexec {sys.executable} -m {module} "$@"\n')
        (made / name).chmod(0o755)
    for name in ("python", "pytest"):
        module = "" if name == "python" else "-m pytest -p no:cacheprovider"
        (made / name).write_text(f'#!/bin/sh\nexec {sys.executable} {module} "$@"\n')
        (made / name).chmod(0o755)
    return made
