"""`openapi2tools diff`: what changed between two documents, for a model that knew the first."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools.cli.by_name.agreement import require_agreement
from openapi2tools.cli.by_name.named import named_api
from openapi2tools.cli.by_name.source import find_api
from openapi2tools.cli.console import counted, say, write
from openapi2tools.cli.options.reading import ReadingOptions
from openapi2tools.cli.options.selection import SelectionOptions
from openapi2tools.cli.steps import read_tools
from openapi2tools.cli.tables import Column, show_table
from openapi2tools.config.known import KnownTools
from openapi2tools.tools.changes.diff import diff

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.model import Toolset
    from openapi2tools.tools.changes.change import Change

EXAMPLES: Final = (
    "openapi2tools diff old.yaml new.yaml",
    "openapi2tools diff old.yaml new.yaml --json --fail-on breaking",
    "openapi2tools diff shop",
)


class FailOn(StrEnum):
    """Which changes end the command with exit code 1."""

    BREAKING = "breaking"
    ANY = "any"


def command(
    old: Annotated[
        str,
        typer.Argument(
            metavar="OLD",
            help="What a model knew: a document, saved tools or a saved API.",
            show_default=False,
        ),
    ],
    new: Annotated[
        str | None,
        typer.Argument(
            metavar="[NEW]",
            help="What it gets now; left out, OLD is a saved API, before its last change and now.",
            show_default=False,
        ),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            help="End with exit code 1 for a change that breaks calls, or for any.",
            show_default=False,
        ),
    ] = None,
    reading: ReadingOptions,
) -> None:
    """Show what changed between two documents for a model that knew the first.

    Tools that came, went or have another name; arguments that came, went, must be given or take
    less; descriptions; what a call does. A breaking change makes calls wrong that were right.
    """
    if new is None:
        changes = diff(_known_before(old), named_api(old).tools())
    else:
        changes = diff(_tools_of(old, reading), _tools_of(new, reading))
    if as_json:
        write(json.dumps([asdict(change) for change in changes], indent=2, ensure_ascii=False))
    else:
        show_changes(changes)
    broken = any(change.is_breaking for change in changes)
    if (fail_on is FailOn.BREAKING and broken) or (fail_on is FailOn.ANY and changes):
        raise typer.Exit(1)


def _tools_of(source: str, reading: ReadingOptions) -> Toolset:
    """Return the tools of a saved API as its file says, or those of a document."""
    api = find_api(source)
    if api is None:
        return read_tools(source, reading, SelectionOptions())
    require_agreement(api.file)
    return api.tools()


def _known_before(name: str) -> Toolset:
    """Return the tools of a saved API before its document last changed.

    Raises:
        BadParameter: There is no such API, or it was never used.
    """
    api = named_api(name)
    require_agreement(api.file)
    known = KnownTools(api).before()
    if known is None:
        raise typer.BadParameter(
            f"nothing is known of {name} from before: name what to compare it with.",
            param_hint="NEW",
        )
    return known


def show_changes(changes: Sequence[Change]) -> None:
    """Print a table of changes, those that break calls first."""
    if not changes:
        say("For a model nothing has changed.")
        return
    columns = [Column("tool", is_name=True), Column("argument"), Column("what changed")]
    ordered = sorted(changes, key=lambda change: not change.is_breaking)
    show_table(columns, map(_cells, ordered))
    count = sum(change.is_breaking for change in changes)
    say(f"{counted(len(changes), 'change')}, {count:,} of them breaking.")


def _cells(change: Change) -> list[str]:
    mark = "breaking: " if change.is_breaking else ""
    return [change.tool, change.argument, f"{mark}{change.message}"]
