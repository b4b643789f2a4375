"""`openapi2tools sessions`: the runs that were recorded."""

from __future__ import annotations

import json
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from openapi2tools.agent.record.entries import Question
from openapi2tools.cli.console import brief, say, write
from openapi2tools.cli.conversation.record import as_curl, in_words, state_text
from openapi2tools.cli.conversation.session_files import SessionFolder
from openapi2tools.cli.conversation.session_options import Curl, JsonLines
from openapi2tools.cli.conversation.unknown_writes import settle as settle_write
from openapi2tools.cli.conversation.unknown_writes import unknown_text
from openapi2tools.cli.help import Command, Group
from openapi2tools.cli.option_groups import with_flat_options
from openapi2tools.cli.tables import Column, show_table
from openapi2tools.errors import AgentError

if TYPE_CHECKING:
    from openapi2tools.cli.conversation.session_files import SessionFile

EXAMPLES: Final = (
    "openapi2tools sessions list",
    "openapi2tools sessions show monday",
    "openapi2tools sessions show monday --curl",
    "openapi2tools sessions settle monday done",
    "openapi2tools sessions rm monday",
)
app = typer.Typer(
    cls=Group, help="Show the runs that were recorded, and remove them.", no_args_is_help=True
)
Name = Annotated[
    str, typer.Argument(metavar="NAME", help="The session's name.", show_default=False)
]


def list_sessions(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
) -> None:
    """List the sessions, the last one first."""
    folder = SessionFolder()
    rows = [_row(folder, file) for file in folder.files()]
    if as_json:
        write(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    if not rows:
        say(f"There are no sessions in {folder.path}.")
        return
    columns = [Column("session", is_name=True), Column("changed"), Column("state"), Column("asked")]
    cells = ([row["name"], row["changed"], row["state"], brief(row["question"])] for row in rows)
    show_table(columns, cells)


def show(
    name: Name,
    *,
    json_lines: JsonLines = False,
    curl: Curl = False,
) -> None:
    """Show what was asked, called and answered."""
    session = SessionFolder().load(name)
    if json_lines:
        write(session.dumps())
    elif curl:
        shown = as_curl(session)
        if shown:
            write(shown)
        else:
            say("No request went out.")
    else:
        write("\n".join(in_words(session)))


class SettledAs(StrEnum):
    """What a person says of a write: the words of `unknown.SETTLEMENTS`."""

    DONE = "done"
    NOT_DONE = "not-done"
    SEND_AGAIN = "send-again"


def settle(
    name: Name,
    outcome: Annotated[
        SettledAs | None,
        typer.Argument(
            metavar="[done|not-done|send-again]",
            help="What became of it; send-again lets it go out once more though nobody knows.",
            show_default=False,
        ),
    ] = None,
    *,
    call: Annotated[
        str, typer.Option(metavar="ID", help="Which one, by its call, where there are several.")
    ] = "",
) -> None:
    """Say what became of a write that no answer came to; the model is told."""
    folder = SessionFolder()
    if outcome is None:
        unknown = folder.load(name).unknown
        for each in unknown:
            write(unknown_text(each))
        if not unknown:
            say(f"The session {name} has no write that nobody knows the outcome of.")
        return
    folder.require(name)
    with folder.open(name) as session:
        settled = settle_write(session, outcome.value, call)
    say(f"{unknown_text(settled)}: {outcome.value}.")


def remove(
    names: Annotated[
        list[str],
        typer.Argument(metavar="NAME...", help="The sessions' names.", show_default=False),
    ],
) -> None:
    """Remove sessions."""
    folder = SessionFolder()
    for name in names:
        folder.remove(name)


_SETTINGS: Any = {"allow_extra_args": True}
app.command("list", cls=Command, context_settings=_SETTINGS)(with_flat_options(list_sessions))
app.command("show", cls=Command, context_settings=_SETTINGS)(with_flat_options(show))
app.command("settle", cls=Command, context_settings=_SETTINGS)(with_flat_options(settle))
app.command("rm", cls=Command, context_settings=_SETTINGS)(with_flat_options(remove))


def _row(folder: SessionFolder, file: SessionFile) -> dict[str, str]:
    changed = datetime.fromtimestamp(file.changed).astimezone().isoformat(" ", "minutes")
    row = {"name": file.name, "changed": changed}
    try:
        session = folder.load(file.name)
    except AgentError as error:  # of another version, or no session at all
        return row | {"state": str(error), "question": ""}
    questions = (entry.text for entry in session if isinstance(entry, Question))
    return row | {"state": state_text(session), "question": next(questions, "")}
