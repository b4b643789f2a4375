"""What people see: bars for long steps, only on a terminal; and Ctrl-C, which ends everything."""

from __future__ import annotations

from io import BytesIO, StringIO, TextIOWrapper
from threading import Event

import pytest

from openapi2tools.cli import console
from openapi2tools.model import Progress
from tests.support.server import Answer, LoopbackServer, Received
from tests.support.terminal import Terminal


class Screen(StringIO):
    def isatty(self) -> bool:
        return True


def use(monkeypatch: pytest.MonkeyPatch, screen: StringIO) -> StringIO:
    """Put a screen where standard error was, until the end of the test."""
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    return screen


def test_each_stage_of_a_long_document_has_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use(monkeypatch, Screen())
    monkeypatch.setattr(console, "BAR_DELAY_SECONDS", 0)
    with console.progress() as show:
        for stage in ("fetch", "parse", "read", "build"):
            show(Progress(stage, 50, 100))
    for word in ("Fetching", "Parsing", "Reading", "Building", "50%"):
        assert word in screen.getvalue()


def test_a_short_document_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = use(monkeypatch, Screen())
    with console.progress() as show:
        show(Progress("parse", 1, 1))
    assert screen.getvalue() == ""


def test_without_a_terminal_nobody_is_shown_a_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, StringIO())
    with console.progress() as show:
        assert show is None


def test_a_step_of_bytes_has_a_bar_and_without_a_terminal_a_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for stream in (Screen(), StringIO()):
        use(monkeypatch, stream)
        show = console.progress_of("Joining")
        for done in (1, 2, 4):
            show(done, 4)
        assert "Joining" in stream.getvalue()
    assert stream.getvalue() == "Joining ...\n"


def test_words_of_others_cannot_command_the_terminal() -> None:
    assert (
        console.printable("a\x1b[2Jb\x07\r\u202ec\n\td é")
        == "a\ufffd[2Jb\ufffd\ufffd\ufffdc\n\td é"
    )
    assert console.printable("Host: x\r\n\r\nbody") == "Host: x\n\nbody"


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("result", ["a \x1b[2J b\tc", b"a \x1b[2J b\tc\n"])
def test_a_result_cannot_command_the_terminal_and_stays_as_it_is_elsewhere(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, result: str | bytes
) -> None:
    screen = TextIOWrapper(written := BytesIO())
    monkeypatch.setattr(screen, "isatty", lambda: terminal)
    monkeypatch.setattr("sys.stdout", screen)
    console.write(result)
    escape = "\N{REPLACEMENT CHARACTER}" if terminal else "\x1b"
    assert written.getvalue().decode() == f"a {escape}[2J b\tc\n"


def test_what_is_typed_before_the_question_is_no_answer_to_it() -> None:
    asked, typed = Event(), Event()
    paths = {"/pets": {"post": {"operationId": "add_pet", "responses": {}}}}

    def pets(request: Received) -> Answer:
        if request.method == "GET":
            asked.set()
            typed.wait(120)
        return Answer(
            200, {"openapi": "3.1.0", "info": {"title": "Pets", "version": "1"}, "paths": paths}
        )

    with (
        LoopbackServer(pets) as server,
        Terminal("call", f"{server.url}/openapi.json", "add_pet", "--no-cache") as terminal,
    ):
        assert asked.wait(120)
        terminal.type("y")
        typed.set()
        terminal.expect("Send this request?")
        terminal.type("n")
        assert terminal.end() == (1, "")
    assert [request.method for request in server.received] == ["GET"]


def test_ctrl_c_while_a_document_is_fetched_ends_at_once_with_130() -> None:
    asked, over = Event(), Event()

    def never(_: object) -> Answer:
        asked.set()
        over.wait(120)
        return Answer(200, b"{}")

    with (
        LoopbackServer(never) as server,
        Terminal("inspect", f"{server.url}/openapi.json", "--no-cache") as terminal,
    ):
        assert asked.wait(120)
        terminal.interrupt()
        code, out = terminal.end(60)
        over.set()
    assert (code, out, "Traceback" in terminal.shown) == (130, "", False)
