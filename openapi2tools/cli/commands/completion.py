"""`openapi2tools completion`: what makes a shell complete this program's words."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from openapi2tools.cli.completion import store
from openapi2tools.cli.completion.scripts import SCRIPTS
from openapi2tools.cli.completion.table import command_table
from openapi2tools.cli.console import say, write

EXAMPLES: Final = (
    "openapi2tools completion bash --install",
    "openapi2tools completion zsh > ~/.zfunc/_openapi2tools",
    "openapi2tools completion fish --install",
)
_PLACES: Final = {
    "bash": ".local/share/bash-completion/completions/openapi2tools",
    "zsh": ".zfunc/_openapi2tools",
    "fish": ".config/fish/completions/openapi2tools.fish",
}
_AFTERWARDS: Final = {
    "bash": "New shells use it, where bash-completion is installed.",
    "zsh": (
        "New shells use it, where ~/.zshrc has: fpath+=~/.zfunc; autoload -Uz compinit; compinit"
    ),
    "fish": "New shells use it.",
}


class Shell(StrEnum):
    """The shells that there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def command(
    shell: Annotated[
        Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.", show_default=False)
    ],
    *,
    install: Annotated[
        bool, typer.Option("--install", help="Write it to where the shell looks for it.")
    ] = False,
) -> None:
    """Write the script that makes a shell complete commands, tools and arguments.

    Tools are completed once their document was used, by any command.
    """
    store.write(store.table_key(), command_table())
    script = SCRIPTS[shell.value]
    if not install:
        write(script)
        return
    path = Path.home() / _PLACES[shell.value]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script, encoding="utf-8")
    say(f"Written to {path}. {_AFTERWARDS[shell.value]}")
