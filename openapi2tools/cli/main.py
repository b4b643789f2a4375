"""`openapi2tools`: the commands, and how each of them ends."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openapi2tools.cli import auth, call, export, inspect, lint, run, serve
from openapi2tools.cli.console import say
from openapi2tools.cli.options import flat
from openapi2tools.errors import OpenAPI2ToolsError

if TYPE_CHECKING:
    from collections.abc import Sequence

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,  # they would show local variables, and with them secrets
    context_settings={"help_option_names": ["-h", "--help"]},
)
EXTRA = {"allow_extra_args": True}  # `flat` refuses them without repeating them
for name, module in {
    "export": export,
    "inspect": inspect,
    "lint": lint,
    "call": call,
    "run": run,
    "serve": serve,
}.items():
    app.command(name, context_settings=EXTRA)(flat(module.command))
app.add_typer(auth.app, name="auth")


def show_version(wanted: bool) -> None:  # noqa: FBT001 -- typer calls it so
    """Print the version and stop."""
    if wanted:
        typer.echo(version("openapi2tools"))
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", callback=show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Point it at an OpenAPI document, and a model can use that API."""


def ready_streams() -> None:
    """Let a closed standard input be empty and a closed standard error swallow what it gets; standard output is UTF-8 on every platform."""
    if sys.stdin is None:
        sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 -- it stays open, as the stream that it stands for
    if sys.stdout is None:
        sys.exit("Error: standard output is closed.")
    if sys.stderr is None:
        sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 -- likewise
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and leave with its exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted."""
    arguments = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    ready_streams()
    try:
        sys.exit(app(arguments, prog_name="openapi2tools", standalone_mode=False) or 0)
    except typer.TyperException as error:
        # none where a group without a command has shown its help
        if message := error.format_message():
            say(f"Error: {message}")
        sys.exit(error.exit_code)
    except OpenAPI2ToolsError as error:
        if "--debug" in arguments:
            raise
        say(f"Error: {error}")
        sys.exit(1)
    except UnicodeEncodeError:
        if "--debug" in arguments:
            raise
        say(
            "Error: what was given holds bytes that are no text in UTF-8: correct them, or set the locale to one with UTF-8."
        )
        sys.exit(1)
    except OSError as error:  # a full disk, above all, behind standard output
        if "--debug" in arguments:
            raise
        say(f"Error: {error.strerror or error}.")
        # what is left in the buffer would fail once more on the way out
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(1)
