"""`openapi2tools run`: let a model use the API, and write its answer."""

from __future__ import annotations

import asyncio
import shlex
import sys
from contextlib import aclosing, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools.agent.events import Answered, ApprovalAsked
from openapi2tools.cli.console import ask_line, on_terminal, say, write
from openapi2tools.cli.conversation.approver import Approver
from openapi2tools.cli.conversation.display import Display, JsonLines, terminal_console
from openapi2tools.cli.conversation.model_options import ModelOptions
from openapi2tools.cli.conversation.question import read_question, split_words
from openapi2tools.cli.conversation.session_options import SaveFolder, SessionOptions
from openapi2tools.cli.conversation.unknown_writes import say_unknown
from openapi2tools.cli.several import Sources
from openapi2tools.cli.source_options import OfSource
from openapi2tools.errors import ApprovalNeeded

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterator, Sequence

    from openapi2tools.agent.events import Answer, Event
    from openapi2tools.agent.record.session import Session

EXAMPLES: Final = (
    'openapi2tools run shop.yaml "Which books by Le Guin are in stock?"',
    'openapi2tools run shop.yaml "Order two copies of Emma for Mei." --yes',
    'openapi2tools run shop.yaml "Who ordered most?" --read-only --model local',
    'openapi2tools run shop.yaml "And who ordered least?" --continue',
    'openapi2tools run shop.yaml "Make this the cover of book 102." --attach cover.png --yes',
    'openapi2tools run shop.yaml mail.yaml "Tell Mei that her order is late."',
)
_OUTPUT_PANEL: Final = "What is shown"
_APPROVAL_PANEL: Final = "The session"
_WHY_INCOMPLETE: Final = {
    "max_turns": "--max-turns is reached",
    "max_tokens": "--max-tokens is reached",
    "max_seconds": "--max-seconds is reached",
    "max_cost": "--max-cost is reached",
    "cut": "the model was stopped at its limit of tokens again and again",
    "empty": "the model said nothing",
    "unavailable": "the model could not be asked any more",
    "too_long": "the conversation is too long for the model",
}


def command(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE... [QUESTION]",
            help=(
                "The OpenAPI documents, and what the model is to find out or to do: the last word, "
                "unless it names a document. Without one, or as -, it is read from standard input."
            ),
            show_default=False,
        ),
    ],
    *,
    of_source: OfSource,
    model_options: ModelOptions,
    session_options: SessionOptions,
    attach: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="A file that goes with the question, for the model to see and to pass on.",
            show_default=False,
        ),
    ] = None,
    save: SaveFolder = None,
    approve: Annotated[
        bool,
        typer.Option(
            "--approve",
            help="Say yes to the calls that the session waits with, as they were shown.",
            rich_help_panel=_APPROVAL_PANEL,
        ),
    ] = False,
    decline: Annotated[
        bool,
        typer.Option(
            "--decline",
            help="Say no to the calls that the session waits with.",
            rich_help_panel=_APPROVAL_PANEL,
        ),
    ] = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Write what happens as JSON, one event a line, instead of the answer.",
            rich_help_panel=_OUTPUT_PANEL,
        ),
    ] = False,
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help="Show the answer alone.",
            rich_help_panel=_OUTPUT_PANEL,
        ),
    ] = False,
) -> None:
    """Let a model use the API to answer a question."""
    if approve and decline:
        raise typer.BadParameter("--approve says yes: give one of them.", param_hint="--decline")
    names, question = split_words(sources)
    apis = Sources(names, of_source)
    model = model_options.chosen_model(apis.timeout)
    with session_options.opened() as (session, name):
        goes_on = bool(len(session))
        if approve or decline:
            _decide(session, name, approved=approve)
        question = read_question(question, names, goes_on=goes_on)
        if attach and question is None:
            raise typer.BadParameter("a file goes with a question.", param_hint="--attach")
        show = _Shown(as_json=as_json, quiet=quiet, model_options=model_options)

        async def ask() -> Answer:
            async with apis.connected(show.approver) as caller:
                settle = show.approver.settle if show.approver else None
                agent = model_options.agent(caller, model, settle, save_files=save)
                events = agent.stream(question, session=session, attach=attach or ())
                return await _follow(events, show)

        with _told_how_to_go_on(session, "" if as_json or quiet else name):
            answer = asyncio.run(ask())
        if answer.pending:
            raise ApprovalNeeded(_waiting_text(answer, name, names))
        if not (as_json or show.has_shown_answer):
            write(answer.text)
        if answer.incomplete:
            say(f"This is no whole answer: {_WHY_INCOMPLETE[answer.incomplete]}.")
            raise typer.Exit(1)


@contextmanager
def _told_how_to_go_on(session: Session, name: str) -> Iterator[None]:
    """Say what takes the session up, however the block ends."""
    try:
        yield
    finally:
        if name and len(session):
            say_unknown(session, name)
            say(f"Session {name}: --continue takes it up.")


class _Shown:
    """What is shown of a run, and who is asked, by the options."""

    def __init__(self, *, as_json: bool, quiet: bool, model_options: ModelOptions) -> None:
        console = terminal_console(stderr=True)
        self.display = Display(console, prices=model_options.prices())
        self.is_live = not (as_json or quiet)
        self.has_shown_answer = self.is_live and console is not None and sys.stdout.isatty()
        self.show = JsonLines().show if as_json else self.display.show
        self.is_quiet = quiet and not as_json
        paused = self.display.paused if self.is_live else nullcontext
        self.approver = Approver(_read_reply, paused) if on_terminal() else None


async def _read_reply(question: str, text: str = "") -> str | None:
    return ask_line(f"{question}{text}")


async def _follow(events: AsyncGenerator[Event, None], shown: _Shown) -> Answer:
    """Show each stage of a run as it happens."""
    nobody_is_asked = shown.approver is None
    with shown.display if shown.is_live else nullcontext():
        async with aclosing(events) as stream:
            async for event in stream:
                if not shown.is_quiet:
                    shown.show(event)
                if isinstance(event, ApprovalAsked) and nobody_is_asked and shown.is_live:
                    say(f"\n{event.prepared.http().strip()}\n")
                if isinstance(event, Answered):
                    answer = event.answer
    return answer


def _decide(session: Session, name: str, *, approved: bool) -> None:
    """Say yes or no to all calls that the session waits with."""
    if not session.waiting:
        raise typer.BadParameter(
            f"no call of the session {name} waits for an answer.",
            param_hint="--approve" if approved else "--decline",
        )
    for call in session.waiting:
        session.approve(call, approved=approved)


def _waiting_text(answer: Answer, name: str, sources: Sequence[str]) -> str:
    """Return what waits for a yes, and the command that gives it."""
    waiting = ", ".join(call.tool for call in answer.pending)
    text = f"{waiting}: this needs somebody's yes, and nobody is here to ask. "
    if not name:
        return f"{text}--yes lets it go out."
    command = f"openapi2tools run {shlex.join(sources)} --session {name}"
    return (
        f"{text}The session {name} waits, and goes on with these commands and the options of this "
        f"one:\n  {command} --approve   (yes, to the request as it is shown)\n"
        f"  {command} --decline   (no)\n"
        f"  {command} --yes       (yes to every write of the run)"
    )
