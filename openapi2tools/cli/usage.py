"""What is said about a command that is used wrongly: what, where, and what was probably meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

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


def usage_text(error: typer.TyperException) -> str:
    """Return what is said about wrong usage: what typer says of it, with the nearest right word."""
    context: typer.Context | None = getattr(error, "ctx", None)
    if context is None:
        return _with_nearest_choice(error.format_message())
    option: str | None = getattr(error, "option_name", None)
    if option is not None and hasattr(error, "possibilities"):
        advice = _did_you_mean(option, option_names(context))
        return f"`{context.command_path}` has no option {option}.{advice or _see_help(context)}"
    if type(error).__name__ == "MissingParameter":
        return f"{_missing_name(error)} is missing.{_see_help(context)}"
    return _with_nearest_choice(error.format_message())


def _did_you_mean(word: str, known: Sequence[str]) -> str:
    from openapi2tools._core.slips import did_you_mean  # noqa: PLC0415 -- only for who mistypes

    return did_you_mean(word, known)


def _see_help(context: typer.Context) -> str:
    return f" `{context.command_path} --help` tells how it is used, with examples."


def _missing_name(error: typer.TyperException) -> str:
    parameter = getattr(error, "param", None)
    if parameter is None:
        return "a value"
    if parameter.param_type_name == "argument":
        return str(parameter.metavar or parameter.name.upper())
    return str(parameter.opts[0])


def _with_nearest_choice(message: str) -> str:
    """Return a message about a word that is none of a list, with the word that is nearest."""
    found = _NO_CHOICE.fullmatch(message)
    if found is None:
        return _INVALID.sub(r"\1: ", message)
    choices = _CHOICE.findall(found["choices"])
    advice = _did_you_mean(found["given"], choices)
    listed = ", ".join(choices)
    return f"{found['option']}: there is no {found['given']!r}.{advice} There are {listed}."


_NO_CHOICE: Final = re.compile(
    r"Invalid value for '(?P<option>[^']+)': (Value error, )?'(?P<given>.*)' is not one of "
    r"(?P<choices>'.*')\."
)
_INVALID: Final = re.compile(r"^Invalid value for '?(--?[\w-]+|[A-Z]+)'?: (Value error, )?")
_CHOICE: Final = re.compile(r"'([^']+)'")
