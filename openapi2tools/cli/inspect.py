"""`openapi2tools inspect`: show a document's tools as a table."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools.cli.console import brief, printable, say, table, table_console, write
from openapi2tools.cli.export import FormatOptions
from openapi2tools.cli.options import ReadingOptions, SelectionOptions, Source
from openapi2tools.cli.steps import read_tools

if TYPE_CHECKING:
    from openapi2tools.formats.export import ReportRow

_MAX_REASON_CHARS: Final = 70


def command(
    source: Source,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
    cost: Annotated[
        bool, typer.Option("--cost", help="The most expensive tool first, and the sum at the end.")
    ] = False,
    format_options: FormatOptions,
    reading: ReadingOptions,
    selection: SelectionOptions,
) -> None:
    """Show an API's operations as tools: name, method and path, tokens, strict or why not."""
    from openapi2tools.formats.export import dumps, report  # noqa: PLC0415 -- the help text must not wait for it

    rows = report(read_tools(source, reading, selection), **format_options.options())
    if cost:
        rows = sorted(rows, key=lambda row: -row.tokens)
    if as_json:
        write(dumps([asdict(row) for row in rows], indent=True))
    else:
        _show(rows, with_total=cost)


def _in_one_line(reasons: tuple[str, ...]) -> str:
    """Return the first reason, and how many more there are: `--json` tells them all."""
    first = brief(reasons[0], _MAX_REASON_CHARS)
    further = len(reasons) - 1
    return f"{first} (and {further} more)" if further else first


def _show(rows: list[ReportRow], *, with_total: bool) -> None:
    """Print the table."""
    from rich.text import Text  # noqa: PLC0415 -- only a table pays for rich

    shows_left_out = any(row.shortened for row in rows)
    headings = ["tool", "method and path", "tokens", "strict"]
    if shows_left_out:
        headings.append("left out")
    shown = table(*headings)
    shown.columns[2].justify = "right"
    for row in rows:
        strict = "yes" if row.strict else _in_one_line(row.reasons)
        cells = [row.name, f"{row.method} {row.path}", f"{row.tokens:,}", strict]
        if shows_left_out:
            cells.append(", ".join(row.shortened))
        shown.add_row(*(Text(printable(cell)) for cell in cells))
    total = f"{sum(row.tokens for row in rows):,}"
    if with_total:
        shown.add_section()
        shown.add_row(f"{len(rows)} tools", "", total)
    table_console().print(shown)
    say(f"{len(rows)} tools, {sum(row.strict for row in rows)} of them strict, {total} tokens.")
