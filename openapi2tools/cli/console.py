"""What people see: results on standard output; progress, questions and remarks on standard error, in colour only on a terminal."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

from openapi2tools.call.policy import Decision
from openapi2tools.errors import ApprovalNeeded, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console
    from rich.progress import Progress as Bars
    from rich.progress import TaskID
    from rich.table import Table

    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import OnProgress, Progress

STAGES = {"fetch": "Fetching", "parse": "Parsing", "read": "Reading", "build": "Building"}
PATIENCE = 0.4  # seconds: a bar that is gone sooner only flickers


def say(text: str) -> None:
    """Tell a person something."""
    print(printable(text), file=sys.stderr, flush=True)  # noqa: T201 -- the door to the terminal


def write(result: str | bytes) -> None:
    """Give the result to standard output: text as lines of UTF-8 whatever the platform prefers, bytes as they are.

    A terminal gets no control characters; a file or a program gets every byte.
    """
    data = (
        result
        if isinstance(result, bytes)
        else (result.removesuffix("\n") + "\n").encode(errors="replace")
    )
    if sys.stdout.isatty():
        data = printable(data.decode(errors="replace")).encode()
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def printable(text: str) -> str:
    """Take the control characters out of a text that somebody else wrote: on a terminal they are commands."""
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for c in text.replace("\r\n", "\n")
    )


def brief(text: str, limit: int = 200) -> str:
    """Give a text on one line, and not too long a one."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def table_console() -> Console:
    """Give rich's console for standard output: as wide as a table wants to be when no terminal sets the width."""
    from rich.console import Console  # noqa: PLC0415 -- only commands that show something pay for rich

    return Console(highlight=False, width=None if sys.stdout.isatty() else 240)


def table(*headings: str) -> Table:
    """Make a table whose cells are folded where they are too wide, and never cut: half a name is of no use."""
    from rich.table import Column, Table  # noqa: PLC0415 -- see table_console

    return Table(
        *(Column(heading, overflow="fold") for heading in headings),
        box=None,
        pad_edge=False,
        header_style="bold",
    )


@contextmanager
def progress() -> Iterator[OnProgress | None]:
    """Give a listener that shows bars for a long document; None when there is no terminal to show them on."""
    if not sys.stderr.isatty():
        yield None
        return
    bars, began = _bars(), monotonic()
    tasks: dict[str, TaskID] = {}

    def show(step: Progress) -> None:
        if not tasks and monotonic() - began < PATIENCE:
            return
        if step.stage not in tasks:
            bars.start()
            tasks[step.stage] = bars.add_task(STAGES[step.stage], total=None)
        bars.update(tasks[step.stage], completed=step.done, total=step.total)

    try:
        yield show
    finally:
        bars.stop()


def progress_of(title: str) -> Callable[[int, int], None]:
    """Give a listener for one long step, told the bytes done and in all: a bar on a terminal, a line without one."""
    bars: Bars | None = None

    def show(done: int, total: int) -> None:
        nonlocal bars
        if bars is None:
            bars = _bars()
            bars.add_task(title, total=total)
            bars.start()
            if not sys.stderr.isatty():
                say(f"{title} ...")
        bars.update(bars.task_ids[0], completed=done)
        if done >= total:
            bars.stop()

    return show


def _bars() -> Bars:
    from rich.console import Console  # noqa: PLC0415 -- see table_console
    from rich.progress import Progress as Bars  # noqa: PLC0415 -- likewise

    return Bars(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty())


def on_terminal() -> bool:
    """Tell whether there is a person who can answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def agree(prepared: Prepared) -> bool:
    """Ask the person at the terminal whether a request may go out; what was typed before the question is no answer to it."""
    forget_typed()
    return answer(f"\n{prepared.http().strip()}\n\nSend this request? [y/N]").strip().lower() in (
        "y",
        "yes",
    )


def forget_typed() -> None:
    """Drop what was typed at the terminal and not read yet."""
    if sys.platform != "win32":
        import termios  # noqa: PLC0415 -- Windows has no such module

        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def approval(prepared: Prepared) -> bool:
    """Get the yes that a request needs; False when it needs none. Raises ApprovalNeeded without a terminal, Refused after a no."""
    if prepared.decision is not Decision.ASK:
        return False
    if not on_terminal():
        raise ApprovalNeeded(
            f"{prepared.tool.name} ({prepared.tool.operation.key}) is a write, and nobody is here to ask: --yes lets it go out."
        )
    if not agree(prepared):
        raise Refused("Nothing was sent.")
    return True


def answer(question: str = "") -> str:
    """Ask, and read one line. Ctrl-C ends the wait at once, even inside an event loop, which would only take note of it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if question:
            say(question)
        return sys.stdin.readline()
    finally:
        signal.signal(signal.SIGINT, before)
