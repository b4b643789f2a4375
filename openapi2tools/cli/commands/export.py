"""`openapi2tools export`: write a document's tools as the JSON that a vendor's API takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools.cli.console import counted, replace_file, say, write
from openapi2tools.cli.format_options import FormatOptions, say_what_does_not_fit
from openapi2tools.cli.options.reading import ReadingOptions, Source
from openapi2tools.cli.options.selection import SelectionOptions
from openapi2tools.cli.steps import read_tools
from openapi2tools.errors import InvalidOption
from openapi2tools.formats.export import ExportOptions, dumps, export_with_report
from openapi2tools.tools.saved import save

if TYPE_CHECKING:
    from openapi2tools.formats.export import ReportRow
    from openapi2tools.model import Toolset


EXAMPLES: Final = (
    "openapi2tools export shop.yaml > tools.json",
    "openapi2tools export shop.yaml --format anthropic --tag orders",
    "openapi2tools export shop.yaml --read-only --max-tool-tokens 300",
    "openapi2tools export shop.yaml --save shop.tools.json",
)


def command(
    source: Source,
    *,
    format_options: FormatOptions,
    namespaces: Annotated[
        bool,
        typer.Option(
            "--namespaces",
            help="One namespace a tag, with tool search (openai-responses).",
            show_default=False,
        ),
    ] = False,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write here, not to standard output."),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(
            "--save",
            metavar="FILE",
            help="Keep the tools in a file, which commands take as SOURCE; no JSON is written.",
        ),
    ] = None,
    reading: ReadingOptions,
    selection: SelectionOptions,
) -> None:
    """Write an API's operations as a model's tools, in JSON."""
    if keep is not None and output is not None:
        raise typer.BadParameter("--save writes no JSON: leave it out.", param_hint="--output")
    tools = read_tools(source, reading, selection)
    if keep is not None:
        _save(tools, keep)
        return
    options = ExportOptions(namespaces=namespaces, **format_options.options())
    exported = export_with_report(tools, options)
    text = dumps(exported.definitions, indent=True)
    has_budget = format_options.budget is not None or format_options.max_tool_tokens is not None
    rows = exported.rows() if has_budget else []
    _say_what_was_left_out(rows)
    say_what_does_not_fit({} if namespaces else tools, rows, format_options)
    if output is None:
        write(text)
    else:
        replace_file(output, text)


def _save(tools: Toolset, path: Path) -> None:
    try:
        save(tools, path)
    except InvalidOption as error:
        raise typer.BadParameter(str(error), param_hint="--save") from None
    say(f"{counted(len(tools), 'tool')} saved to {path}.")


def _say_what_was_left_out(rows: list[ReportRow]) -> None:
    """Say what a budget cost."""
    for row in rows:
        if row.shortened:
            say(
                f"Note: {row.name}, now {counted(row.tokens, 'token')}, has lost: "
                f"{', '.join(row.shortened)}."
            )
