"""How tools are written for a vendor: the options, and what is said where the tools do not fit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from openapi2tools.cli.console import counted, say

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.formats.export import ReportRow
    from openapi2tools.model import Tool

_HOW_TO_CHOOSE: Final = "Options that choose: --tag, --path, --operation, --read-only"
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
