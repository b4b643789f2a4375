"""`openapi2tools edit`: open the file of a saved API in an editor, and check it afterwards."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools.cli.by_name.named import named_api
from openapi2tools.cli.console import ask_line, on_terminal, say
from openapi2tools.config.files import ConfigFile, project_file, user_file
from openapi2tools.config.trust import trust
from openapi2tools.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path


EXAMPLES: Final = ("openapi2tools edit shop",)


def command(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]",
            help="A saved API; without it, the project's file, else your own.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Open the file of a saved API in an editor, and check it afterwards.

    The editor is that of VISUAL or EDITOR. What you write there yourself needs no other word.
    """
    path = _file_of(name)
    before = _text(path)
    while True:
        _open_editor(path)
        try:
            file = ConfigFile.read(path)
        except ConfigError as error:
            if not on_terminal():
                raise
            say(f"Error: {error}")
            if ask_line("Edit it again? [Y/n]").strip().lower() in ("n", "no"):
                raise typer.Exit(1) from None
            continue
        break
    if file.text == before:
        say("Nothing has changed.")
        return
    trust(file)
    say(f"{path} is in order: {', '.join(file.apis) or 'it has no API'}.")


def _file_of(name: str | None) -> Path:
    """Return the file that an API stands in; one with faults can be edited, too."""
    try:
        if name is not None:
            return named_api(name).file.path
    except ConfigError as error:
        return error.path
    path = project_file() or user_file()
    if not path.is_file():
        raise ConfigError(path, ["there is no such file yet: `openapi2tools add` makes it."])
    return path


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _open_editor(path: Path) -> None:
    """Open an editor and wait until it is closed.

    Raises:
        BadParameter: There is none, or it failed.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not editor and on_terminal():
        editor = "notepad" if sys.platform == "win32" else "vi"
    if not editor:
        raise typer.BadParameter(f"set EDITOR, or open {path} yourself.", param_hint="EDITOR")
    words = shlex.split(editor, posix=os.name != "nt")
    try:
        done = subprocess.run([*words, str(path)], check=False)  # noqa: S603 -- the user's own editor
    except OSError as error:
        raise typer.BadParameter(
            f"{words[0]} cannot be run ({error.strerror}).", param_hint="EDITOR"
        ) from None
    if done.returncode:
        raise typer.BadParameter(
            f"{words[0]} ended with exit code {done.returncode}.", param_hint="EDITOR"
        )
