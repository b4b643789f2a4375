"""`openapi2tools undo`: undo a write of a recorded run, where the API can."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import Annotated, Final

import typer

from openapi2tools.agent.settling import reverse_write
from openapi2tools.cli.console import ask_line, on_terminal, say, write
from openapi2tools.cli.conversation.approver import Approver
from openapi2tools.cli.conversation.display import outcome_text
from openapi2tools.cli.conversation.one_call import make_call
from openapi2tools.cli.conversation.session_files import SessionFolder
from openapi2tools.cli.several import Sources
from openapi2tools.cli.source_options import OfSource
from openapi2tools.errors import ApprovalNeeded

EXAMPLES: Final = (
    "openapi2tools undo monday call_1 shop.yaml",
    "openapi2tools undo monday call_1 shop.yaml --yes",
)


def command(
    session: Annotated[
        str,
        typer.Argument(
            metavar="SESSION", help="The session that the write is in.", show_default=False
        ),
    ],
    call: Annotated[
        str, typer.Argument(metavar="CALL", help="The id of its call.", show_default=False)
    ],
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="The OpenAPI documents that the run had, or names of saved APIs.",
            show_default=False,
        ),
    ],
    *,
    of_source: OfSource,
) -> None:
    """Undo a write of a recorded run, where the API can."""
    folder = SessionFolder()
    folder.require(session)
    apis = Sources(sources, of_source)
    approver = Approver(_read_reply, nullcontext) if on_terminal() else None

    async def undo() -> None:
        with folder.open(session) as record:
            async with apis.connected(approver) as caller:
                reverse = reverse_write(record, caller, call)
                if reverse.remark:
                    say(f"Note: {reverse.remark}.")
                settle = approver.settle if approver else None
                result = await make_call(reverse.call, caller, record, settle)
                if result is None:
                    shown = caller.prepare(reverse.call).http().strip()
                    raise ApprovalNeeded(
                        f"{shown}\n\nThis needs somebody's yes, and nobody is here to ask. "
                        "--yes lets it go out."
                    )
        write(f"{outcome_text(result)}{result.text}")
        if result.is_error:
            raise typer.Exit(1)

    asyncio.run(undo())


async def _read_reply(question: str, text: str = "") -> str | None:
    return ask_line(f"{question}{text}")
