"""The commands of the program, each imported when it is given.

To add one, write `cli/commands/NAME.py` with a function `command`, or with a typer app `app` for a
group of commands, and give it a line in `COMMANDS`: its name, and the first line of its help. Its
`EXAMPLES` are lines to type, which end the help. The command `skill-file` is in `skill_file.py`.
Nobody else pays for what such a file imports, so it imports at its top; only what few uses of the
command need is imported inside a function.
"""

from __future__ import annotations

from importlib import import_module
from typing import Annotated, Any, Final

import typer

from openapi2tools._core.installed import own_version
from openapi2tools.cli.console import say
from openapi2tools.cli.help import HELP_NAMES, Command, Group
from openapi2tools.cli.option_groups import with_flat_options
from openapi2tools.cli.usage import usage_text

COMMANDS: Final = {
    "export": "Write an API's operations as a model's tools, in JSON.",
    "inspect": (
        "Show an API's operations as tools: name, method and path, tokens, strict or why not."
    ),
    "lint": "Score how tool-ready a document is, and name what is in the way.",
    "search": (
        "Find the operations of an API that fit a question, and those that give the ids they need."
    ),
    "call": "Call one operation and write what it answers.",
    "run": "Let a model use the API to answer a question.",
    "chat": "Converse with a model that uses the API.",
    "undo": "Undo a write of a recorded run, where the API can.",
    "sessions": "Show the runs that were recorded, and remove them.",
    "runs": "Keep runs in a database, where they outlive this program, and act on them.",
    "serve": "Offer the tools to a Model Context Protocol client, which starts this command.",
    "mock": "Serve a stand-in for an API, to try and test an agent against.",
    "auth": "Log in to an API, see who is logged in, and log out.",
    "add": "Keep an API under a name, which every command takes in place of its document.",
    "list": "Show the saved APIs.",
    "show": "Show what is saved of an API.",
    "edit": "Open the file of a saved API in an editor, and check it afterwards.",
    "remove": "Forget a saved API, and the secrets that were kept for it.",
    "diff": "Show what changed between two documents for a model that knew the first.",
    "doctor": "Look whether everything is there, and say what to do where it is not.",
    "trust": "Agree to the openapi2tools.toml of this project, as it is now.",
    "completion": "Write the script that makes a shell complete commands, tools and arguments.",
}
"""What `--help` shows of each command, which it does not import."""
_PANELS: Final = {
    "Look at an API": ("inspect", "search", "lint", "export", "diff"),
    "Use an API": ("call", "run", "chat", "sessions", "runs", "undo", "serve", "mock"),
    "Keep what is needed": ("add", "list", "show", "edit", "remove", "trust", "auth"),
}
"""The headings under which `--help` shows the commands; others are about this program."""
_EXAMPLES: Final = (
    "openapi2tools inspect https://shop.example/openapi.json",
    "openapi2tools call https://shop.example/openapi.json search_books q=tolkien",
    'openapi2tools run https://shop.example/openapi.json "Which books are in stock?"',
)
_ABOUT_SAVED: Final = frozenset({"add", "list", "show", "edit", "remove", "diff", "trust"})
"""The commands about saved APIs, which are in `cli/saved`."""
_CONTEXT_SETTINGS: Final[dict[str, Any]] = {"help_option_names": [*HELP_NAMES]}
# `with_flat_options` refuses extra arguments without repeating them: they may be secrets.
_COMMAND_SETTINGS: Final = {**_CONTEXT_SETTINGS, "allow_extra_args": True}


class _LazyGroup(Group):
    """Commands that have a help line alone, until one of them is given."""

    examples = _EXAMPLES

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Import the command that is given, and return it with its arguments."""
        name = args[0]
        if name in COMMANDS:
            self.add_command(load_command(name), name)
        return super().resolve_command(ctx, args)


def _new_app(**options: Any) -> typer.Typer:
    return typer.Typer(
        add_completion=False,
        pretty_exceptions_enable=False,  # they would show local variables, and with them secrets
        context_settings=_CONTEXT_SETTINGS,
        **options,
    )


def load_command(name: str) -> Any:
    """Import a command, or a group of them, and return it as typer builds it."""
    room = "saved" if name in _ABOUT_SAVED else "commands"
    module = import_module(f"openapi2tools.cli.{room}.{name.replace('-', '_')}")
    parent = _new_app()
    parent.callback()(_stand_in)
    if hasattr(module, "app"):
        parent.add_typer(module.app, name=name)
    else:
        settings = {**_COMMAND_SETTINGS, **getattr(module, "SETTINGS", {})}
        add = parent.command(
            name, cls=getattr(module, "Command", Command), context_settings=settings
        )
        add(with_flat_options(module.command))
    built: Any = typer.main.get_command(parent)
    built.commands[name].examples = getattr(module, "EXAMPLES", ())
    return built.commands[name]


def _show_version(wanted: bool) -> None:  # noqa: FBT001 -- typer calls it so
    """Print the version and stop."""
    if wanted:
        typer.echo(own_version())
        raise typer.Exit


def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    show_version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Point it at an OpenAPI document, and a model can use that API."""


def _stand_in() -> None:
    """Stand for a command in the help text."""


def _panel_of(name: str) -> str:
    """Return the heading under which the help shows a command."""
    found = (panel for panel, names in _PANELS.items() if name in names)
    return next(found, "This program")


def run(arguments: list[str]) -> int:
    """Run the command that is given, and return its exit code.

    The codes are 0 done, 2 wrong usage, and what a command leaves with.
    """
    app = _new_app(cls=_LazyGroup)
    app.callback()(_options)
    for name, help_line in COMMANDS.items():
        app.command(name, help=help_line, rich_help_panel=_panel_of(name))(_stand_in)
    try:
        code: int | None = app(arguments, prog_name="openapi2tools", standalone_mode=False)
    except typer.TyperException as error:
        message = usage_text(error)
        if message:  # there is none where a group without a command has shown its help
            say(f"Error: {message}")
        return error.exit_code
    return code or 0
