"""The options that name the session of a run, and what they mean."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.agent.record.session import Session

_PANEL: Final = "The session"
SaveFolder = Annotated[
    Path | None,
    typer.Option(
        "--save",
        metavar="FOLDER",
        help="Keep the images and files that calls answer in this folder.",
        show_default=False,
    ),
]
"""The folder that gets the files of a run."""
JsonLines = Annotated[
    bool, typer.Option("--json", help="Write the record as it is: one JSON object a line.")
]
Curl = Annotated[
    bool,
    typer.Option(
        "--curl", help="Write each request as a curl command; placeholders stand for secrets."
    ),
]
"""How a record is shown, instead of in words."""


@dataclass(frozen=True)
class SessionOptions:
    """In which session a run is recorded."""

    session: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Record under this name, and go on where such a session ends.",
            rich_help_panel=_PANEL,
            show_default=False,
        ),
    ] = None
    continue_last: Annotated[
        bool,
        typer.Option("--continue", help="Go on with the last session.", rich_help_panel=_PANEL),
    ] = False
    no_session: Annotated[
        bool,
        typer.Option("--no-session", help="Keep no record of this run.", rich_help_panel=_PANEL),
    ] = False

    def __post_init__(self) -> None:
        given = [self.session is not None, self.continue_last, self.no_session]
        if sum(given) > 1:
            raise typer.BadParameter(
                "--session, --continue and --no-session are three ways to say where a run is "
                "recorded: give one of them.",
                param_hint="--session",
            )

    @contextmanager
    def opened(self) -> Iterator[tuple[Session, str]]:
        """Open the session; its name is empty where nothing is kept.

        Raises:
            AgentError: There is no session to continue, it is in use, or it cannot be read.
        """
        if self.no_session:
            from openapi2tools.agent.record.session import Session  # noqa: PLC0415 -- the help text must not wait for it

            yield Session(), ""
            return
        from openapi2tools.cli.conversation.session_files import SessionFolder  # noqa: PLC0415 -- likewise

        folder = SessionFolder()
        name = folder.last_name() if self.continue_last else self.session or folder.new_name()
        with folder.open(name) as session:
            yield session, name
