"""The program `openapi2tools`: how it starts, and how each of its commands ends."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Final

from openapi2tools._core.reader import at_terminal
from openapi2tools.errors import OpenAPI2ToolsError

if TYPE_CHECKING:
    from collections.abc import Sequence

COMPLETE: Final = "--complete"
"""What the script of a shell asks with."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code.

    The codes are 0 done, 1 failed, 2 wrong usage, 130 interrupted.
    """
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    _prepare_streams()
    # What lives until the end goes with the process; to look through it once more takes a fifth of
    # a call's time.
    atexit.register(gc.freeze)
    try:
        with at_terminal():
            code = _run(given)
        sys.exit(code)
    except (OpenAPI2ToolsError, UnicodeEncodeError, OSError) as error:
        if "--debug" in given:
            raise
        _say_failure(error)
        if isinstance(error, OSError):
            _discard_buffered_output()
        sys.exit(1)


def _run(arguments: list[str]) -> int:
    """Run a command; the version, and what a shell completes, do not wait for typer."""
    if arguments == ["--version"]:
        from openapi2tools._core.installed import own_version  # noqa: PLC0415 -- as said above

        print(own_version(), flush=True)  # noqa: T201 -- this is what was asked for
        return 0
    if arguments[0] == COMPLETE and len(arguments) > 1:
        from openapi2tools.cli.completion.answer import answer  # noqa: PLC0415 -- as said above

        print(answer(arguments[1], arguments[2:]), end="", flush=True)  # noqa: T201 -- likewise
        return 0
    from openapi2tools.cli.app import run  # noqa: PLC0415 -- as said above

    return run(arguments)


def _prepare_streams() -> None:
    """Make the standard streams usable, whatever the shell did to them.

    A closed standard input is empty, and a closed standard error swallows what it gets. Standard
    output is UTF-8 on every platform.
    """
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 -- it stays open, as the stream that it stands for
    if sys.stdout is None:
        sys.exit("Error: standard output is closed.")
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 -- likewise
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")


def _say_failure(error: OpenAPI2ToolsError | UnicodeEncodeError | OSError) -> None:
    from openapi2tools.cli.console import say  # noqa: PLC0415 -- the version does not need it

    say(f"Error: {_failure_text(error)}")


def _failure_text(error: OpenAPI2ToolsError | UnicodeEncodeError | OSError) -> str:
    match error:
        case OpenAPI2ToolsError():
            return str(error)
        case UnicodeEncodeError():
            return (
                "what was given holds bytes that are no text in UTF-8: correct them, or set the "
                "locale to one with UTF-8."
            )
        case OSError():  # a full disk, above all, behind standard output
            return f"{error.strerror or error}."


def _discard_buffered_output() -> None:
    """Lead standard output nowhere: what is left in its buffer would fail once more at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
