"""The table of commands and their options that completion reads."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, Literal, get_args, get_origin

import typer

from openapi2tools.cli.app import COMMANDS, load_command

_FILE_WORDS: Final = ("FILE", "FOLDER", "PATH")


def command_table() -> dict[str, Any]:
    """Return all commands: what each is for, its arguments, and its options."""
    commands = {name: _entry(load_command(name), about) for name, about in COMMANDS.items()}
    options = {"--help": _option("Show this message and exit."), "--version": _option("")}
    return {"about": "", "options": options, "commands": commands}


def _entry(command: Any, about: str) -> dict[str, Any]:
    context = typer.Context(command)
    parameters = command.get_params(context)
    entry: dict[str, Any] = {
        "about": about,
        "arguments": [each.name for each in parameters if each.param_type_name == "argument"],
        "options": {
            name: _option_entry(each, context)
            for each in parameters
            if each.param_type_name == "option" and not each.hidden
            for name in (*each.opts, *each.secondary_opts)
        },
    }
    if hasattr(command, "commands"):
        entry["commands"] = {
            name: _entry(inner, (inner.help or "").partition("\n")[0])
            for name, inner in command.commands.items()
        }
    return entry


def _option_entry(option: Any, context: Any) -> dict[str, Any]:
    shown = "" if option.is_flag else option.display_type_rich(context) or ""
    is_file = any(word in shown.split("|") for word in _FILE_WORDS)
    return _option(
        (option.help or "").partition(". ")[0],
        takes_value=not option.is_flag,
        choices=_choices(option),
        takes_file=is_file,
    )


def _option(
    about: str,
    *,
    takes_value: bool = False,
    choices: tuple[str, ...] = (),
    takes_file: bool = False,
) -> dict[str, Any]:
    return {
        "about": about,
        "takes_value": takes_value,
        "choices": list(choices),
        "takes_file": takes_file,
    }


def _choices(option: Any) -> tuple[str, ...]:
    """Return the values that an option may have, where they are listed."""
    annotation = option.type_descriptor.annotation
    for each in (annotation, *get_args(annotation)):
        if isinstance(each, type) and issubclass(each, Enum):
            return tuple(str(member.value) for member in each)
        if get_origin(each) is Literal:
            return tuple(map(str, get_args(each)))
    return ()
