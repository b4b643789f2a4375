"""`openapi2tools export`: write a document's tools as the JSON that a vendor's API takes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openapi2tools._core.atomic_write import write_atomically
from openapi2tools.cli.console import counted, say, write
from openapi2tools.cli.options import ReadingOptions, SelectionOptions, Source
from openapi2tools.cli.steps import read_tools
from openapi2tools.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.formats.export import ReportRow
    from openapi2tools.model import Tool, Toolset

_HOW_TO_CHOOSE = "Options that choose: --tag, --path, --operation, --read-only"
_size_option = partial(typer.Option, min=1, metavar="N", rich_help_panel="Making them small")


class Format(StrEnum):
    """Whose tools: the keys of `formats.export.FORMATS`, which is loaded later."""

    OPENAI_CHAT = "openai-chat"
    OPENAI_RESPONSES = "openai-responses"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    MCP = "mcp"


@dataclass(frozen=True)
class FormatOptions:
    """How a tool is written: the options of `formats.export.export` and `report`."""

    format: Annotated[
        Format, typer.Option(metavar="FORMAT", help="Whose tools: " + ", ".join(Format) + ".")
    ] = Format.OPENAI_CHAT
    strict: Annotated[
        bool,
        typer.Option(
            "--strict/--no-strict", help="Strict schemas, for every tool that can have one."
        ),
    ] = True
    output_schemas: Annotated[
        bool,
        typer.Option(
            "--output-schemas",
            help="Add what a call answers (openai-responses, mcp).",
            show_default=False,
        ),
    ] = False
    max_tool_tokens: Annotated[
        int | None, _size_option(help="Leave details out of a tool that costs more tokens.")
    ] = None
    budget: Annotated[
        int | None, _size_option(help="Leave details out until all tools cost no more tokens.")
    ] = None
    max_description: Annotated[
        int | None, _size_option(help="Cut the tools' descriptions to N characters.")
    ] = None

    def options(self) -> dict[str, Any]:
        """Return them as keyword arguments."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


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
    from openapi2tools.formats.export import ExportOptions, dumps, export_with_report  # noqa: PLC0415 -- the help text must not wait for it

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
    from openapi2tools.tools.saved import save  # noqa: PLC0415 -- few are saved

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


def say_what_does_not_fit(
    tools: Mapping[str, Tool], rows: list[ReportRow], format_options: FormatOptions
) -> None:
    """Say where the tools are too many, or too large, for a request or a budget."""
    from openapi2tools.formats.export import warnings  # noqa: PLC0415 -- see command

    for warning in warnings(tools, format_options.format):
        say(
            f"Note: {warning} {_HOW_TO_CHOOSE}. Or let the model search them: "
            "--format openai-responses --namespaces."
        )
    max_tool_tokens = format_options.max_tool_tokens
    large_count = sum(row.tokens > (max_tool_tokens or row.tokens) for row in rows)
    if large_count:
        verb = "costs" if large_count == 1 else "cost"
        say(
            f"Note: {counted(large_count, 'tool')} still {verb} more than {max_tool_tokens:,} "
            "tokens: nothing more can be left out."
        )
    total = sum(row.tokens for row in rows)
    if format_options.budget and total > format_options.budget:
        say(
            f"Note: the tools still cost {counted(total, 'token')}, and the budget is "
            f"{format_options.budget:,}: choose fewer. {_HOW_TO_CHOOSE}."
        )


def replace_file(path: Path, data: bytes, option: str = "--output") -> None:
    """Write a file as a whole or not at all.

    What is no file, such as `/dev/stdout`, is written to as it is. `option` is named in the error.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)
            return
        path = path.resolve()
        write_atomically(path, data, permissions=0o666 & ~_umask())
    except OSError as error:
        raise typer.BadParameter(
            f"{path} cannot be written: {error.strerror}.", param_hint=option
        ) from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
