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
from openapi2tools.cli.console import say, write
from openapi2tools.cli.options import ReadingOptions, SelectionOptions, Source
from openapi2tools.cli.steps import read_tools

if TYPE_CHECKING:
    from openapi2tools.formats.export import ReportRow

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
    reading: ReadingOptions,
    selection: SelectionOptions,
) -> None:
    """Write an API's operations as a model's tools, in JSON."""
    from openapi2tools.formats.export import ExportOptions, dumps, export_with_report, warnings  # noqa: PLC0415 -- the help text must not wait for it

    tools = read_tools(source, reading, selection)
    options = ExportOptions(namespaces=namespaces, **format_options.options())
    exported = export_with_report(tools, options)
    text = dumps(exported.definitions, indent=True)
    if not namespaces:
        for warning in warnings(tools, format_options.format):
            say(f"Note: {warning}")
    if format_options.budget is not None or format_options.max_tool_tokens is not None:
        _say_what_was_left_out(exported.rows(), format_options)
    if output is None:
        write(text)
    else:
        replace_file(output, text)


def _say_what_was_left_out(rows: list[ReportRow], format_options: FormatOptions) -> None:
    """Say what a budget cost, and where it was not enough."""
    for row in rows:
        if row.shortened:
            say(f"Note: {row.name}, now {row.tokens} tokens, has lost: {', '.join(row.shortened)}.")
    max_tool_tokens = format_options.max_tool_tokens
    if max_tool_tokens:
        large = [row for row in rows if row.tokens > max_tool_tokens]
        if large:
            say(
                f"Note: {len(large)} tools still cost more than {max_tool_tokens:,} tokens each: "
                "nothing more can be left out of them."
            )
    total = sum(row.tokens for row in rows)
    if format_options.budget and total > format_options.budget:
        say(
            f"Note: the tools still cost {total:,} tokens, and the budget is "
            f"{format_options.budget:,}: choose fewer (--tag, --path, --operation)."
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
