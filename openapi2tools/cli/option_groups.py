"""Groups of options: a command takes a dataclass, and the command line shows an option a field."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, get_type_hints

import typer

if TYPE_CHECKING:
    from collections.abc import Callable


class _TooManyArguments(typer.BadParameter):
    """There are more arguments than the command has.

    They may be secrets, so they are not shown.
    """

    def __init__(self, ctx: typer.Context) -> None:
        taken = " and ".join(
            parameter.metavar or parameter.name.upper()
            for parameter in ctx.command.params
            if parameter.param_type_name == "argument"
        )
        super().__init__(
            f"too many arguments: `{ctx.command_path}` takes {taken}, and all else as options "
            "(see --help). A text with spaces needs quotes.",
            ctx,
        )

    def format_message(self) -> str:
        """Return the message alone: no value is invalid."""
        return self.message


def with_flat_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command whose groups of options are options of their own.

    Each field of a dataclass among its parameters becomes an option. The returned function's
    signature (PEP 362) is what typer reads.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, type] = {
        name: hint for name, hint in hints.items() if isinstance(hint, type) and is_dataclass(hint)
    }

    @wraps(command)
    def flattened(ctx: typer.Context, **given: Any) -> None:
        if ctx.args:
            raise _TooManyArguments(ctx)
        for name, group in groups.items():
            values = {field.name: given.pop(field.name) for field in fields(group)}
            given[name] = group(**values)
        command(**given)

    parameters = [Parameter("ctx", Parameter.KEYWORD_ONLY, annotation=typer.Context)]
    for name, parameter in signature(command).parameters.items():
        if name in groups:
            parameters += _parameters_of(groups[name])
        else:
            parameters.append(
                parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[name])
            )
    vars(flattened)["__signature__"] = signature(command).replace(parameters=parameters)
    flattened.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return flattened


def _parameters_of(group: type) -> list[Parameter]:
    """Return a parameter for every field of a group."""
    hints = get_type_hints(group, include_extras=True)
    return [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            annotation=hints[field.name],
            default=field.default_factory() if callable(field.default_factory) else field.default,
        )
        for field in fields(group)
    ]
