"""`openapi2tools serve`: offer a document's tools as an MCP server on standard input and output."""

from __future__ import annotations

import asyncio
import os
import signal

import typer

from openapi2tools.cli.console import counted, say
from openapi2tools.cli.options import CallOptions, ReadingOptions, SelectionOptions, Source
from openapi2tools.cli.steps import connect_tools, read_tools


def command(
    source: Source,
    *,
    reading: ReadingOptions,
    selection: SelectionOptions,
    call_options: CallOptions,
) -> None:
    """Offer the tools to a Model Context Protocol client, which starts this command."""
    from openapi2tools.serve.mcp import require_sdk, serve  # noqa: PLC0415 -- the help text must not wait for it

    if source == "-":
        raise typer.BadParameter(
            "standard input belongs to the protocol; give a URL or a path.", param_hint="SOURCE"
        )
    require_sdk()
    tools = read_tools(source, reading, selection)

    async def run() -> None:
        async with connect_tools(tools, call_options, reading) as client:
            tool_count = counted(len(tools), "tool")
            say(f"Serving {tool_count} over standard input and output (MCP); Ctrl-C ends it.")
            await serve(client)

    # The SDK reads in a thread that waits for the next line whatever happens, so Ctrl-C ends the
    # process at once.
    previous_handler = signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    try:
        asyncio.run(run())
    finally:
        signal.signal(signal.SIGINT, previous_handler)
