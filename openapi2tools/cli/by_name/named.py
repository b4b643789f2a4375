"""The saved API that a command is given by its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from openapi2tools.cli.by_name.source import find_api

if TYPE_CHECKING:
    from openapi2tools.config.saved_api import SavedApi

Name: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="The name of a saved API; `list` shows them.", show_default=False
    ),
]


def named_api(name: str) -> SavedApi:
    """Return the saved API of that name; raises BadParameter with the nearest one."""
    api = find_api(name)
    if api is None:
        raise typer.BadParameter(
            f"no API is saved as {name!r}; `openapi2tools list` shows those that are.",
            param_hint="NAME",
        )
    return api
