"""`openapi2tools inspect`: show a document's tools as a table, or one of them in full."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools.agent.tool_search.finder import should_search
from openapi2tools.cli.completion.remember import remember_arguments
from openapi2tools.cli.console import brief, counted, data_text, replace_file, say, write
from openapi2tools.cli.format_options import FormatOptions, say_what_does_not_fit
from openapi2tools.cli.html_page.page import html_page
from openapi2tools.cli.options.reading import ReadingOptions, Source
from openapi2tools.cli.options.selection import SelectionOptions
from openapi2tools.cli.steps import completion_key, read_tools
from openapi2tools.cli.tables import Column, page_width, print_lines, show_table
from openapi2tools.cli.tool_page import page_json, page_lines
from openapi2tools.formats.export import dumps, export, report
from openapi2tools.linting.operations import silent_operations
from openapi2tools.model import Toolset
from openapi2tools.tools.arguments.open_body import lacks_body

if TYPE_CHECKING:
    from openapi2tools.formats.export import ReportRow
    from openapi2tools.model import Tool

EXAMPLES: Final = (
    "openapi2tools inspect https://shop.example/openapi.json",
    "openapi2tools inspect shop.yaml create_order",
    "openapi2tools inspect shop.yaml create_order --schema --format anthropic",
    "openapi2tools inspect shop.yaml --cost --tag orders",
    "openapi2tools inspect shop.yaml --html shop.html",
)
_MAX_REASON_CHARS: Final = 70
_MAX_NAMES: Final = 5


def command(
    ctx: typer.Context,
    source: Source,
    tool: Annotated[
        str | None,
        typer.Argument(
            metavar="[TOOL]", help="Show this tool alone, and all of it.", show_default=False
        ),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of text.")] = False,
    schema: Annotated[
        bool,
        typer.Option("--schema", help="Write the one tool as the JSON that --format takes."),
    ] = False,
    cost: Annotated[
        bool, typer.Option("--cost", help="The most expensive tool first, and the sum at the end.")
    ] = False,
    html: Annotated[
        Path | None,
        typer.Option(
            "--html",
            metavar="FILE",
            help="Write them as one page for a browser, with how they feed each other's ids.",
        ),
    ] = None,
    format_options: FormatOptions,
    reading: ReadingOptions,
    selection: SelectionOptions,
) -> None:
    """Show an API's operations as tools: name, method and path, tokens, strict or why not.

    With TOOL, show what that one does, takes and returns, and how it is called.
    """
    if schema and tool is None:
        raise typer.BadParameter(
            "name one TOOL; `openapi2tools export` writes all of them.", param_hint="--schema"
        )
    if html is not None and (tool is not None or as_json):
        raise typer.BadParameter(
            "it shows all tools: leave TOOL and --json out.", param_hint="--html"
        )
    tools = read_tools(source, reading, selection)
    shown = tools if tool is None else {tools[tool].name: tools[tool]}
    remember_arguments(completion_key(source), shown)
    if tool is not None:
        _show_one(tools[tool], ctx.params["source"], format_options, as_json=as_json, schema=schema)
        return
    rows = report(tools, **format_options.options())
    if cost:
        rows = sorted(rows, key=lambda row: -row.tokens)
    if html is not None:
        replace_file(html, html_page(tools, rows).encode(), "--html")
        say(f"{html} has {counted(len(tools), 'tool')}: open it in a browser.")
    elif as_json:
        write(dumps([asdict(row) for row in rows], indent=True))
    else:
        _show(rows, with_total=cost)
        _say_how_run_offers(tools)
    say_what_does_not_fit(tools, rows, format_options)
    _say_what_lacks_a_body(tools)
    _say_what_is_silent_about_security(tools)


def _show_one(
    tool: Tool, source: str, format_options: FormatOptions, *, as_json: bool, schema: bool
) -> None:
    if schema:
        options = format_options.options()
        definitions = export(Toolset([tool]), options.pop("format").value, **options)
        write(dumps(definitions[0], indent=True))
    elif as_json:
        write(data_text(page_json(tool, source), indent=2))
    else:
        print_lines(page_lines(tool, source, page_width()))


def _say_how_run_offers(tools: Toolset) -> None:
    if should_search(tools):
        say("`run` lets the model find the tools that it needs (--tools all offers all of them).")
    else:
        say("`run` offers all of them in each request.")


def _in_one_line(reasons: tuple[str, ...]) -> str:
    """Return the first reason, and how many more there are: `--json` tells them all."""
    first = brief(reasons[0], _MAX_REASON_CHARS)
    further = len(reasons) - 1
    return f"{first} (and {further} more)" if further else first


def _say_what_lacks_a_body(tools: Toolset) -> None:
    names = [tool.name for tool in tools.values() if lacks_body(tool)]
    if names:
        say(
            f"Note: {counted(len(names), 'write')} without a declared body, sent empty: "
            f"{_first_names(names)}. --open-body GLOB lets one be sent."
        )


def _first_names(names: list[str]) -> str:
    """Return some of the names, and how many more there are."""
    further = len(names) - _MAX_NAMES
    shown = ", ".join(names[:_MAX_NAMES])
    return f"{shown} and {further:,} more" if further > 0 else shown


def _say_what_is_silent_about_security(tools: Toolset) -> None:
    """Say how many operations a given credential goes with though they do not ask for it."""
    silent = silent_operations(tools)
    if silent:
        names = _first_names([tool.name for tool in silent])
        say(
            f"Note: {counted(len(silent), 'tool')} of which the document does not say which "
            f"credential is needed: what is given for its schemes goes along ({names})."
        )


def _show(rows: list[ReportRow], *, with_total: bool) -> None:
    """Print the table."""
    columns = [
        Column("tool", is_name=True),
        Column("method and path", is_name=True),
        Column("tokens", is_number=True),
        Column("strict"),
        *([Column("left out")] if any(row.shortened for row in rows) else []),
    ]
    tools = counted(len(rows), "tool")
    tokens = f"{sum(row.tokens for row in rows):,}"
    cells = (_cells(row)[: len(columns)] for row in rows)
    show_table(columns, cells, total=(tools, "", tokens) if with_total else ())
    say(f"{tools}, {sum(row.strict for row in rows):,} of them strict, {tokens} tokens.")


def _cells(row: ReportRow) -> list[str]:
    strict = "yes" if row.strict else _in_one_line(row.reasons)
    return [
        row.name,
        f"{row.method} {row.path}",
        f"{row.tokens:,}",
        strict,
        ", ".join(row.shortened),
    ]
