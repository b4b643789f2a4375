"""`openapi2tools serve`: offer a document's tools as an MCP server on standard input and output."""

from __future__ import annotations

import asyncio
import os
import signal
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools.cli.console import counted, say
from openapi2tools.cli.conversation.session_files import SessionFolder
from openapi2tools.cli.hosts.forms import Host
from openapi2tools.cli.hosts.install import configure
from openapi2tools.cli.several import Sources
from openapi2tools.cli.source_options import OfSource
from openapi2tools.serve.mcp import require_sdk, serve

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from openapi2tools.agent.record.session import Session

EXAMPLES: Final = (
    "openapi2tools serve shop.yaml",
    "openapi2tools serve shop.yaml --read-only --auth bearerAuth=env:TOKEN",
    "openapi2tools serve shop.yaml --config cursor",
    "openapi2tools serve shop.yaml --config claude --write",
    "openapi2tools serve shop.yaml mail.yaml",
)
MAX_SERVED: Final = 100
"""More tools than these are offered by search unless `--tools` says otherwise."""


class Offered(StrEnum):
    """How tools are offered."""

    AUTO = "auto"
    ALL = "all"
    SEARCH = "search"


def command(
    ctx: typer.Context,
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="The OpenAPI documents, or names of saved APIs.",
            show_default=False,
        ),
    ],
    *,
    of_source: OfSource,
    offer: Annotated[
        Offered,
        typer.Option(
            "--tools",
            help=(
                "Offer all tools, or search: tools to find, describe and call them. "
                f"auto is search for "
                f"more than {MAX_SERVED}."
            ),
        ),
    ] = Offered.AUTO,
    session: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help=(
                "Record the writes under this name, and know those recorded before; without it "
                "each server has a record of its own."
            ),
            show_default=False,
        ),
    ] = None,
    config: Annotated[
        Host | None,
        typer.Option(
            metavar="HOST",
            help=(
                f"Serve nothing; print the configuration with which a host starts this: "
                f"{', '.join(Host)}."
            ),
            show_default=False,
        ),
    ] = None,
    should_write: Annotated[
        bool,
        typer.Option("--write", help="With --config: add it to the host's file, if you agree."),
    ] = False,
) -> None:
    """Offer the tools to a Model Context Protocol client, which starts this command."""
    if "-" in sources:
        raise typer.BadParameter(
            "standard input belongs to the protocol; give a URL or a path.", param_hint="SOURCE"
        )
    apis = Sources(sources, of_source)
    apis.refuse_standard_input()
    if should_write and config is None:
        raise typer.BadParameter("say for which host, with --config.", param_hint="--write")
    if config is not None:
        configure(ctx, config, should_write=should_write)
        return
    require_sdk()
    tools = apis.tools
    search = offer is Offered.SEARCH or (offer is Offered.AUTO and len(tools) > MAX_SERVED)

    async def run() -> None:
        async with apis.connected() as client:
            tool_count = counted(len(tools), "tool")
            how = " by search" if search else ""
            say(f"Serving {tool_count}{how} over standard input and output (MCP); Ctrl-C ends it.")
            for text in dict.fromkeys((await client.missing_credentials()).values()):
                say(f"Note: {text}")
            with _record(session) as record:
                await serve(client, search=search, session=record)

    # The SDK reads in a thread that waits for the next line whatever happens, so Ctrl-C ends the
    # process at once.
    previous_handler = signal.signal(signal.SIGINT, lambda *_: os._exit(130))
    try:
        asyncio.run(run())
    finally:
        signal.signal(signal.SIGINT, previous_handler)


def _record(name: str | None) -> AbstractContextManager[Session]:
    """Open the record of the writes; one without a name begins with the first of them.

    Raises:
        AgentError: It is in use, or cannot be read.
    """
    folder = SessionFolder()
    return folder.open(name) if name else folder.open_late()
