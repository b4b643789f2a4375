"""The program `openapi2tools`: its commands, and how each of them ends."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openapi2tools._core.reader import at_terminal
from openapi2tools.cli import auth, call, export, inspect, lint, run, search, serve
from openapi2tools.cli.console import say
from openapi2tools.cli.option_groups import with_flat_options
from openapi2tools.errors import OpenAPI2ToolsError

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,  # they would show local variables, and with them secrets
    context_settings={"help_option_names": ["-h", "--help"]},
)
# `with_flat_options` refuses extra arguments without repeating them: they may be secrets.
_EXTRA_ARGUMENTS = {"allow_extra_args": True}
for name, module in {
    "export": export,
    "inspect": inspect,
    "lint": lint,
    "search": search,
    "call": call,
    "run": run,
    "serve": serve,
}.items():
    app.command(name, context_settings=_EXTRA_ARGUMENTS)(with_flat_options(module.command))
app.add_typer(auth.app, name="auth")


def _show_version(wanted: bool) -> None:  # noqa: FBT001 -- typer calls it so
    """Print the version and stop."""
    if wanted:
        typer.echo(version("openapi2tools"))
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Point it at an OpenAPI document, and a model can use that API."""


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


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code.

    The codes are 0 done, 1 failed, 2 wrong usage, 130 interrupted.
    """
    arguments = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    _prepare_streams()
    try:
        with at_terminal():
            code = app(arguments, prog_name="openapi2tools", standalone_mode=False)
        sys.exit(code or 0)
    except typer.TyperException as error:
        message = error.format_message()
        if message:  # there is none where a group without a command has shown its help
            say(f"Error: {message}")
        sys.exit(error.exit_code)
    except (OpenAPI2ToolsError, UnicodeEncodeError, OSError) as error:
        if "--debug" in arguments:
            raise
        say(f"Error: {_failure_text(error)}")
        if isinstance(error, OSError):
            _discard_buffered_output()
        sys.exit(1)


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
