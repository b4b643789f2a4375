"""`openapi2tools runs`: runs that are kept in a database, and the workers that act on them."""

from __future__ import annotations

import json
import signal
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from openapi2tools.agent.record.entries import Asked
from openapi2tools.agent.runs.run import ENDED, RunState
from openapi2tools.agent.runs.runs import Runs
from openapi2tools.call.credentials.references import read_value
from openapi2tools.cli.console import brief, counted, say, write
from openapi2tools.cli.conversation.model_options import ModelOptions
from openapi2tools.cli.conversation.question import read_question
from openapi2tools.cli.conversation.record import as_curl, in_words
from openapi2tools.cli.conversation.session_options import Curl, JsonLines
from openapi2tools.cli.conversation.unknown_writes import SETTLEMENTS, unknown_text
from openapi2tools.cli.durable.agents import open_agent
from openapi2tools.cli.durable.kept_options import kept_options, kept_source
from openapi2tools.cli.help import Command, Group
from openapi2tools.cli.option_groups import with_flat_options
from openapi2tools.cli.options.calling import CallOptions
from openapi2tools.cli.options.reading import ReadingOptions, Source
from openapi2tools.cli.options.selection import SelectionOptions
from openapi2tools.cli.tables import Column, show_table
from openapi2tools.cli.usage import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openapi2tools.agent.record.session import Session
    from openapi2tools.agent.runs.run import Run

EXAMPLES: Final = (
    'openapi2tools runs submit shop "Order two copies of Emma for Mei."',
    "openapi2tools runs worker",
    "openapi2tools runs list --state waiting",
    "openapi2tools runs show 3f0c9a7b21de",
    "openapi2tools runs approve 3f0c9a7b21de",
    "openapi2tools runs rm --older-than 30",
)
_VARIABLE: Final = "OPENAPI2TOOLS_DATABASE"
app = typer.Typer(
    cls=Group,
    help="Keep runs in a database, where they outlive this program, and act on them.",
    no_args_is_help=True,
)
Database = Annotated[
    str | None,
    typer.Option(
        metavar="URL",
        help=(
            "Where runs are kept: postgresql://… for many workers, sqlite:///PATH for one; or "
            f"env:NAME and so on. {_VARIABLE}, else a file in your data directory."
        ),
        show_default=False,
    ),
]
Id = Annotated[
    str, typer.Argument(metavar="ID", help="The run; `list` shows them.", show_default=False)
]
CallId = Annotated[
    str | None,
    typer.Argument(
        metavar="[CALL]", help="One of the calls that wait, if not all.", show_default=False
    ),
]


def submit(
    source: Source,
    question: Annotated[
        str | None,
        typer.Argument(
            metavar="[QUESTION]",
            help="What the model is to find out or to do; from standard input without it, or as -.",
            show_default=False,
        ),
    ] = None,
    *,
    database: Database = None,
    reading: ReadingOptions,  # noqa: ARG001 -- checked here, and used where the worker runs
    selection: SelectionOptions,  # noqa: ARG001 -- likewise
    call_options: CallOptions,  # noqa: ARG001 -- likewise
    model_options: ModelOptions,  # noqa: ARG001 -- likewise
    typed: dict[str, Any],
) -> None:
    """Keep a question for a worker to answer, and write the run's id.

    The options are kept with it and resolved where the worker runs: a saved API is read there, and
    credentials are. None of them may be a secret itself.
    """
    name = kept_source(source)
    options = kept_options(typed)
    text = read_question(question, [], goes_on=False)
    with Runs(database=_address(database)) as runs:
        write(runs.submit(name, text or "", options=options).id)


def list_runs(
    *,
    state: Annotated[
        RunState | None, typer.Option(help="Only those that stand so.", show_default=False)
    ] = None,
    database: Database = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
) -> None:
    """List the runs, the one that was submitted last first."""
    with Runs(database=_address(database)) as runs:
        found = runs.list(*([state] if state else []))
    if as_json:
        write(json.dumps([_json(run) for run in found], indent=2, ensure_ascii=False))
        return
    if not found:
        say("There are no such runs." if state else "There are no runs.")
        return
    columns = [Column("run", is_name=True), Column("state", is_name=True), Column("api")]
    rows = ([run.id, run.state, run.agent, brief(run.question), brief(run.text)] for run in found)
    show_table([*columns, Column("asked"), Column("says")], rows)


def show(
    run_id: Id,
    *,
    database: Database = None,
    json_lines: JsonLines = False,
    curl: Curl = False,
) -> None:
    """Show what was asked, called and answered, and what the run waits for."""
    with Runs(database=_address(database)) as runs:
        run, session = runs.show(run_id), runs.session(run_id)
    if json_lines:
        write(session.dumps())
    elif curl:
        write(as_curl(session))
    else:
        write("\n".join([*in_words(session), *_open_questions(run, session)]))


def approve(run_id: Id, call: CallId = None, *, database: Database = None) -> None:
    """Say yes to the calls that a run waits with, to each request as it is shown."""
    with Runs(database=_address(database)) as runs:
        _say_state(runs.approve(run_id, *_given(call)))


def deny(run_id: Id, call: CallId = None, *, database: Database = None) -> None:
    """Say no to the calls that a run waits with; the model is told."""
    with Runs(database=_address(database)) as runs:
        _say_state(runs.deny(run_id, *_given(call)))


def settle(
    run_id: Id,
    call: Annotated[str, typer.Argument(metavar="CALL", help="The call.", show_default=False)],
    outcome: Annotated[
        Literal["done", "not-done", "send-again"],
        typer.Argument(help="What became of it; send-again: it may go out once more."),
    ],
    *,
    database: Database = None,
) -> None:
    """Say what became of a write that nobody knows the outcome of; the model is told."""
    settlement = SETTLEMENTS[outcome]
    with Runs(database=_address(database)) as runs:
        _say_state(runs.settle(run_id, call, settlement))


def resume(
    run_id: Id,
    question: Annotated[
        str | None,
        typer.Argument(metavar="[QUESTION]", help="What to do next.", show_default=False),
    ] = None,
    *,
    database: Database = None,
) -> None:
    """Have a run go on that ended: at a limit, with an error, or with another question."""
    with Runs(database=_address(database)) as runs:
        _say_state(runs.resume(run_id, question))


def cancel(run_id: Id, *, database: Database = None) -> None:
    """End a run; one that is with a worker ends at its next step."""
    with Runs(database=_address(database)) as runs:
        run = runs.cancel(run_id)
    say("It ends at its next step." if run.state == "running" else f"{run.id}: {run.state}")


def remove(
    run_ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID...]", help="The runs; `list` shows them.", show_default=False),
    ] = None,
    *,
    older_than: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="DAYS",
            help="All that ended, and to which nothing happened for so many days.",
            show_default=False,
        ),
    ] = None,
    database: Database = None,
) -> None:
    """Remove runs that ended, with all that was recorded of them."""
    if not run_ids and older_than is None:
        raise UsageError("name the runs, or give --older-than DAYS.")
    with Runs(database=_address(database)) as runs:
        found = {*(run_ids or ()), *_rested(runs, older_than)}
        runs.remove(*found)
    say(f"Removed {counted(len(found), 'run')}.")


def worker(
    *,
    database: Database = None,
    runs_at_once: Annotated[
        int, typer.Option(min=1, metavar="N", help="How many runs all workers act on at once.")
    ] = 10,
    calls_per_api: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="How many calls of one API they have under way at once.",
            show_default=False,
        ),
    ] = None,
    poll_seconds: Annotated[
        float,
        typer.Option(min=0.01, metavar="SECONDS", help="How often it looks what there is to do."),
    ] = 1.0,
    until_idle: Annotated[
        bool, typer.Option("--until-idle", help="End when there is nothing to do.")
    ] = False,
) -> None:
    """Act on runs until Ctrl-C: each up to an answer, a question or a limit.

    What it is killed in the middle of, another worker takes up. Ctrl-C, and SIGTERM, let each run
    come to its next step; Ctrl-C again does not.
    """
    with Runs(open_agent, database=_address(database)) as runs, _stopped_by_signals(runs.stop):
        if not until_idle:
            say("Acting on runs; Ctrl-C ends.")
        runs.work(
            runs_at_once=runs_at_once,
            calls_per_api=calls_per_api,
            poll_seconds=poll_seconds,
            until_idle=until_idle,
            on_leg=_say_state,
        )


_SETTINGS: Any = {"allow_extra_args": True}
_VERBS: Final[dict[str, Callable[..., None]]] = {
    "submit": submit,
    "list": list_runs,
    "show": show,
    "approve": approve,
    "deny": deny,
    "settle": settle,
    "resume": resume,
    "cancel": cancel,
    "rm": remove,
    "worker": worker,
}
for _name, _verb in _VERBS.items():
    app.command(_name, cls=Command, context_settings=_SETTINGS)(with_flat_options(_verb))


def _address(database: str | None) -> str | None:
    """Return the address of the database, which may say where it is: it may hold a password."""
    return None if database is None else read_value(database, "--database")


def _rested(runs: Runs, days: float | None) -> list[str]:
    """Return the ids of the runs that ended, and to which nothing happened for so many days."""
    if days is None:
        return []
    then = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds")
    return [run.id for run in runs.list(*ENDED) if run.changed <= then]


def _given(call: str | None) -> list[str]:
    return [] if call is None else [call]


def _json(run: Run) -> dict[str, Any]:
    names = ("id", "agent", "question", "state", "text", "created", "changed")
    return {name: getattr(run, name) for name in names}


def _say_state(run: Run) -> None:
    text = f": {brief(run.text)}" if run.text else ""
    say(f"{run.id} {run.state}{text}")


def _open_questions(run: Run, session: Session) -> Iterator[str]:
    """Yield what somebody is asked, with the request and the command that answers."""
    if run.state in ("failed", "cancelled"):
        yield f"({run.state}{': ' if run.text else ''}{run.text})"
    for call in session.waiting:
        asked = session.asked(call) or Asked(call.id, {})
        yield f"\n{call.id} ({call.tool}) waits for a yes to:"
        yield from (f"  {name}: {text}" for name, text in asked.request.items())
        yield f"  openapi2tools runs approve {run.id} {call.id}"
        yield f"  openapi2tools runs deny {run.id} {call.id}"
    for sent in session.unknown:
        yield f"\nNobody knows whether this took effect: {unknown_text(sent)}."
        yield f"  openapi2tools runs settle {run.id} {sent.call_id} done|not-done|send-again"


@contextmanager
def _stopped_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Stop at the first signal; the second Ctrl-C ends the program at once."""

    def stop_once(*_: object) -> None:
        say("Each run comes to its next step; Ctrl-C again ends at once.")
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop()

    numbers = (signal.SIGINT, signal.SIGTERM)
    earlier = {number: signal.signal(number, stop_once) for number in numbers}
    try:
        yield
    finally:
        for number, handler in earlier.items():
            signal.signal(number, handler)
