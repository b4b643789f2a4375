"""The help text of a command: its usage, its options in groups, and examples."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from typer.core import TyperCommand, TyperGroup

from openapi2tools.cli.tables import definition_lines, page_width, print_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HELP_NAMES: Final = ("-h", "--help")
_MAX_NAME_CHARS: Final = 26
_TYPE_NAMES: Final = {"<str>": "TEXT", "<int>": "N", "<float>": "N", "<path>": "PATH"}
_OWN_OPTIONS: Final = "Options"


class Command(TyperCommand):
    """A command whose help is ours; `examples` are lines to type."""

    examples: Sequence[str] = ()

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 -- typer calls it so
        """Print the help text."""
        _print(self, ctx)


class Group(TyperGroup):
    """A group of commands, likewise."""

    examples: Sequence[str] = ()

    def format_help(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 -- likewise
        """Print the help text."""
        _print(self, ctx)


def _print(command: Command | Group, ctx: Any) -> None:
    lines = list(help_lines(command, ctx, page_width()))
    print_lines(lines[:-1])  # typer writes the last one


def help_lines(command: Any, ctx: Any, width: int) -> Iterator[tuple[str, bool]]:
    """Yield the lines of a command's help, and whether each is a heading."""
    parameters = [each for each in command.get_params(ctx) if not getattr(each, "hidden", False)]
    arguments = [each for each in parameters if each.param_type_name == "argument"]
    options = [each for each in parameters if each.param_type_name == "option"]
    names = [argument.metavar or argument.name.upper() for argument in arguments]
    is_group = isinstance(command, TyperGroup)
    yield " ".join(["Usage:", ctx.command_path, *names, *_rest(is_group=is_group)]), True
    yield "", False
    for paragraph in (command.help or "").split("\n\n"):
        yield from ((line, False) for line in wrap(" ".join(paragraph.split()), width))
        yield "", False
    rows = [(name, each.help or "") for name, each in zip(names, arguments, strict=True)]
    yield from _section("Arguments", rows, width)
    yield from _commands(command, ctx, width) if is_group else ()
    panels: dict[str, list[tuple[str, str]]] = {_OWN_OPTIONS: []}
    for option in options:
        panel = getattr(option, "rich_help_panel", None) or _OWN_OPTIONS
        panels.setdefault(panel, []).append((_option_names(option, ctx), _option_text(option)))
    for panel, rows in panels.items():
        yield from _section(panel, rows, width)
    if command.examples:
        yield "Examples", True
        yield from ((f"  {line}", False) for line in command.examples)
        yield "", False


def _rest(*, is_group: bool) -> list[str]:
    return ["COMMAND", "..."] if is_group else ["[OPTIONS]"]


def _section(title: str, rows: Sequence[tuple[str, str]], width: int) -> Iterator[tuple[str, bool]]:
    if rows:
        yield title, True
        yield from definition_lines(rows, width, max_name_chars=_MAX_NAME_CHARS)
        yield "", False


def _commands(group: Any, ctx: Any, width: int) -> Iterator[tuple[str, bool]]:
    panels: dict[str, list[tuple[str, str]]] = {}
    for name in group.list_commands(ctx):
        command = group.commands[name]
        if not command.hidden:
            panel = getattr(command, "rich_help_panel", None) or "Commands"
            text = (command.short_help or command.help or "").partition("\n\n")[0]
            panels.setdefault(panel, []).append((name, text))
    for panel in sorted(panels, key=lambda panel: panel == "This program"):
        yield from _section(panel, panels[panel], width)


def _option_names(option: Any, ctx: Any) -> str:
    names = sorted(option.opts, key=lambda name: name.startswith("--"))
    text = ", ".join(names)
    if option.secondary_opts:
        return f"{text}/{option.secondary_opts[0]}"
    return text if option.is_flag else f"{text} {_value_name(option.display_type_rich(ctx))}"


def _value_name(shown: str) -> str:
    """Return what stands for a value: typer writes `<str>`, and `<all|none>` for choices."""
    if not shown.startswith("<"):
        return shown
    return _TYPE_NAMES.get(shown, shown.strip("<>"))


def _option_text(option: Any) -> str:
    """Return what an option is for, with its default where it has one that tells something."""
    default = option.default
    is_told = option.show_default and isinstance(default, str | int) and default not in ("", False)
    shown = getattr(default, "value", default)
    return f"{option.help or ''} Default: {shown}." if is_told else option.help or ""
