"""What is said about a command that is used wrongly: what, where, and what was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence


class UsageError(typer.BadParameter):
    """A command is used wrongly, in a way that the message says alone."""

    def format_message(self) -> str:
        """Return the message alone: no value is invalid."""
        return self.message


class TooManyArguments(UsageError):
    """There are more arguments than the command has.

    They may be secrets, so they are not shown.
    """

    def __init__(self, ctx: typer.Context, others: str = "all else as options") -> None:
        taken = " and ".join(
            parameter.metavar or parameter.name.upper()
            for parameter in ctx.command.params
            if parameter.param_type_name == "argument" and parameter.nargs == 1
        )
        super().__init__(
            f"too many arguments: `{ctx.command_path}` takes {taken}, and {others} "
            "(see --help). A text with spaces needs quotes.",
            ctx,
        )


def option_names(ctx: typer.Context) -> Sequence[str]:
    """Return the names of the options that a command has."""
    named = [parameter.opts for parameter in ctx.command.get_params(ctx)]
    return [name for names in named for name in names if name.startswith("--")]
