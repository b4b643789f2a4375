"""Files at the command line: `--attach`, `--save`, `/attach`, and bytes on a terminal."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.agent.record.session import Session
from openapi2tools.call.connect import connect
from openapi2tools.cli.conversation.slash_commands import SlashCommands
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.galleries import ARCHIVE, MUSEUM, PICTURE, open_galleries
from tests.support.openai_server import OpenAIServer, calls, says
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.conftest import Done
    from tests.support.galleries import Galleries


@pytest.fixture
def galleries(tmp_path: Path) -> Iterator[Galleries]:
    """Serve both APIs; their documents are `museum.json` and `archive.json`."""
    with open_galleries() as opened:
        for name, document, client in zip(
            ("museum", "archive"), (MUSEUM, ARCHIVE), opened.clients, strict=True
        ):
            tools: Any = client.tools
            server = next(iter(tools.values())).api.servers[0].url
            text = json.dumps({**document, "servers": [{"url": server}]})
            (tmp_path / f"{name}.json").write_text(text)
        yield opened


def test_run_attaches_a_file_and_keeps_those_that_calls_answer(
    cli: Callable[..., Done],
    galleries: Galleries,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    (tmp_path / "mine.png").write_bytes(PICTURE[::-1])
    script = (
        calls(("get_picture", {}), ("upload", {"picture": {"result": "attached_1"}})),
        says("Done."),
    )
    with OpenAIServer(*script) as server:
        done = cli(
            "run",
            str(tmp_path / "museum.json"),
            str(tmp_path / "archive.json"),
            "Swap them.",
            *("--attach", str(tmp_path / "mine.png"), "--save", str(tmp_path / "kept")),
            *("--base-url", server.url, "--model", "m", "--api", "chat", "--yes", "--no-session"),
        )
    assert (done.code, done.out) == (0, "Done.\n"), done.err
    assert galleries.uploaded() == ("mine.png", "image/png", PICTURE[::-1])
    assert (tmp_path / "kept" / "left hand.png").read_bytes() == PICTURE


def test_a_file_that_is_missing_is_said_before_anything_is_asked(
    cli: Callable[..., Done], galleries: Galleries, tmp_path: Path
) -> None:
    options = ("--base-url", "http://127.0.0.1:9/v1", "--model", "m", "--no-session")
    done = cli(
        "run", str(tmp_path / "museum.json"), "Look", "--attach", str(tmp_path / "x.png"), *options
    )
    assert done.code == 1
    assert "x.png cannot be attached: No such file" in done.err


def test_a_terminal_is_sent_no_bytes_and_a_file_gets_all(
    cli: Callable[..., Done], galleries: Galleries, tmp_path: Path
) -> None:
    source = str(tmp_path / "museum.json")
    with Terminal("call", source, "get_picture", out_too=True) as terminal:
        terminal.expect("keeps it.")
        code, _ = terminal.end()
        shown = terminal.shown
    assert code == 0
    assert f"image/png, {len(PICTURE)} bytes: -o 'left hand.png' keeps it." in shown
    assert "PNG\r\n" not in shown
    assert cli("call", source, "get_picture", "-o", str(tmp_path / "a.png")).code == 0
    assert (tmp_path / "a.png").read_bytes() == PICTURE


def test_attach_gives_files_to_the_next_question_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "my cat.png").write_bytes(PICTURE)
    commands = SlashCommands(connect(build_tools(load(MUSEUM))), Session(), None)

    def said(line: str) -> str:
        assert asyncio.run(commands.run(line))
        return capsys.readouterr().err

    assert said("/attach") == "Nothing is attached: /attach FILE\n"
    assert said(f"/attach '{tmp_path}/my cat.png'").startswith("my cat.png: image/png, ")
    assert "cannot be attached" in said("/attach gone.png")
    assert "quotes" in said("/attach 'open")
    assert [part.data for part in commands.take_attached()] == [PICTURE]
    assert commands.take_attached() == []
