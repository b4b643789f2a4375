"""`openapi2tools list`: the saved APIs."""

from __future__ import annotations

import json
from typing import Annotated, Final

import typer

from openapi2tools.cli.console import say, write
from openapi2tools.cli.tables import Column, show_table
from openapi2tools.config.files import user_file
from openapi2tools.config.saved_api import SavedApi, saved_apis
from openapi2tools.config.trust import is_trusted

EXAMPLES: Final = ("openapi2tools list",)


def command(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
) -> None:
    """Show the saved APIs.

    Those of the project's openapi2tools.toml come first, then your own.
    """
    apis = list(saved_apis().values())
    if as_json:
        write(json.dumps([_row(api) for api in apis], indent=2, ensure_ascii=False))
    elif apis:
        columns = [Column("name", is_name=True), Column("source", is_name=True), Column("file")]
        show_table(columns, ([api.name, api.source, _file_text(api)] for api in apis))
    else:
        say(f"No API is saved: `openapi2tools add NAME SOURCE` keeps one in {user_file()}.")


def _row(api: SavedApi) -> dict[str, object]:
    return {
        "name": api.name,
        "source": api.source,
        "file": str(api.file.path),
        "trusted": is_trusted(api.file),
    }


def _file_text(api: SavedApi) -> str:
    path = str(api.file.path)
    return path if is_trusted(api.file) else f"{path} (not agreed to: `openapi2tools trust`)"
