"""What people see on a terminal.

Results go to standard output, or to a file that an option names; progress, questions and remarks
go to standard error, in colour only on a terminal.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Final

import typer

from openapi2tools._core.files.atomic_write import write_atomically
from openapi2tools._core.json import exact_json
from openapi2tools.call.policy import Decision
from openapi2tools.errors import ApprovalNeeded, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rich.progress import Progress as ProgressBars
    from rich.progress import TaskID

    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Json, OnProgress, Progress

_STAGE_TITLES: Final = {
    "fetch": "Fetching",
    "parse": "Parsing",
    "read": "Reading",
    "build": "Building",
}
# A bar that is gone sooner only flickers.
BAR_DELAY_SECONDS = 0.4
_MAX_COLOURED_CHARS: Final = 200_000  # colours take a second for a million
_YES: Final = ("y", "yes")
_MAX_LINE_BYTES: Final = 65_536


# --- output --------------------------------------------------------------------------------------


def say(text: str) -> None:
    """Print a remark to standard error."""
    print(printable(text), file=sys.stderr, flush=True)  # noqa: T201 -- the door to the terminal


def write(result: str | bytes) -> None:
    """Write a result to standard output.

    Text becomes lines of UTF-8 whatever the platform prefers, bytes are written as they are. A
    terminal gets no control characters; a file or a program gets every byte.
    """
    if isinstance(result, bytes):
        data = result
    else:
        data = (result.removesuffix("\n") + "\n").encode(errors="replace")
    if sys.stdout.isatty():
        data = printable(data.decode(errors="replace")).encode()
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def write_json(value: Json) -> None:
    """Write a value as JSON to standard output.

    A terminal gets it indented, and in colour unless `NO_COLOR` is set; a file or a program gets it
    on one line.
    """
    if not sys.stdout.isatty():
        write(data_text(value))
        return
    text = data_text(value, indent=2)
    if os.environ.get("NO_COLOR") or len(text) > _MAX_COLOURED_CHARS:
        write(text)
        return
    from rich.console import Console  # noqa: PLC0415 -- only commands that show something pay for rich
    from rich.highlighter import JSONHighlighter  # noqa: PLC0415 -- likewise

    coloured = JSONHighlighter()(printable(text))
    Console(highlight=False).print(coloured, soft_wrap=True)


def data_text(value: Json, indent: int | None = None) -> str:
    """Return the whole of what an API answered: text as it is, everything else as JSON."""
    if isinstance(value, str):
        return value
    return exact_json.dumps(value, ensure_ascii=False, indent=indent)


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


def printable(text: str) -> str:
    """Replace the control characters of somebody else's text: on a terminal they are commands."""
    return "".join(
        character if character.isprintable() or character in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for character in text.replace("\r\n", "\n")
    )


def brief(text: str, max_chars: int = 200) -> str:
    """Return a text on one line, cut where it is too long."""
    from openapi2tools.tools.text.sentences import shortened  # noqa: PLC0415 -- the help text needs no tools

    return shortened(" ".join(text.split()), max_chars)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 tool`, `1,223 tools`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


# --- progress ------------------------------------------------------------------------------------


@contextmanager
def progress() -> Iterator[OnProgress | None]:
    """Yield a listener that shows bars for a long document; None without a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    bars = _make_bars()
    began = monotonic()
    task_of_stage: dict[str, TaskID] = {}

    def show(step: Progress) -> None:
        if not task_of_stage and monotonic() - began < BAR_DELAY_SECONDS:
            return
        if step.stage not in task_of_stage:
            bars.start()
            task_of_stage[step.stage] = bars.add_task(_STAGE_TITLES[step.stage], total=None)
        bars.update(task_of_stage[step.stage], completed=step.done, total=step.total)

    try:
        yield show
    finally:
        bars.stop()


def progress_of(title: str) -> Callable[[int, int], None]:
    """Return a listener for one long step, called with the bytes done and in all.

    It shows a bar on a terminal, and one line without one.
    """
    bars: ProgressBars | None = None

    def show(done: int, total: int) -> None:
        nonlocal bars
        if bars is None:
            bars = _make_bars()
            bars.add_task(title, total=total)
            bars.start()
            if not sys.stderr.isatty():
                say(f"{title} ...")
        bars.update(bars.task_ids[0], completed=done)
        if done >= total:
            bars.stop()

    return show


def _make_bars() -> ProgressBars:
    from rich.console import Console  # noqa: PLC0415 -- only commands that show something pay for rich
    from rich.progress import Progress as ProgressBars  # noqa: PLC0415 -- likewise

    return ProgressBars(
        console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    )


# --- questions -----------------------------------------------------------------------------------


def on_terminal() -> bool:
    """Return whether there is a person who can answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def approval(prepared: Prepared) -> bool:
    """Get the yes that a request needs; return False when it needs none.

    Raises:
        ApprovalNeeded: There is no terminal to ask at.
        Refused: The person said no.
    """
    if prepared.decision is not Decision.ASK:
        return False
    if not on_terminal():
        raise ApprovalNeeded(
            f"{prepared.tool.name} ({prepared.tool.operation.key}) is a write, and nobody is here "
            "to ask: --yes lets it go out."
        )
    if not confirm(prepared):
        raise Refused("Nothing was sent.")
    return True


def confirm(prepared: Prepared) -> bool:
    """Ask the person at the terminal whether a request may go out."""
    discard_typed_input()
    reply = ask_line(f"\n{prepared.question()} [y/N]")
    return reply.strip().lower() in _YES


def discard_typed_input() -> None:
    """Drop what was typed before a question: it is no answer to it."""
    if sys.platform != "win32":
        import termios  # noqa: PLC0415 -- Windows has no such module

        termios.tcflush(sys.stdin, termios.TCIFLUSH)


async def pasted_line() -> str:
    """Wait for a line at the terminal without holding up anything else; empty at its end."""
    import anyio  # noqa: PLC0415 -- only a login waits so

    if sys.platform == "win32":  # where a console cannot be waited for: --no-browser asks
        await anyio.sleep_forever()
    await anyio.wait_readable(sys.stdin)
    return os.read(sys.stdin.fileno(), _MAX_LINE_BYTES).decode("utf-8", "replace")


def ask_line(question: str = "") -> str:
    """Ask, and read one line.

    Ctrl-C ends the wait at once, even inside an event loop, which would only take note of it.
    """
    previous_handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        if question:
            say(question)
        return sys.stdin.readline()
    finally:
        signal.signal(signal.SIGINT, previous_handler)
