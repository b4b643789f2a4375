"""Show a run while it goes on: the text as it streams, a spinner with seconds, one line a call."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.text import Text

from openapi2tools._core.json import exact_json
from openapi2tools.agent import events
from openapi2tools.agent.record.entries import Usage
from openapi2tools.cli.console import brief, printable, say
from openapi2tools.cli.conversation.cost import usage_text
from openapi2tools.cli.conversation.streamed_text import StreamedText

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from openapi2tools.agent.record.entries import Outcome, Sent
    from openapi2tools.agent.turns.prices import Prices
    from openapi2tools.model import Call, Result

_INDENT: Final = "  "
_MAX_ARGUMENT_CHARS: Final = 80
_MAX_RESULT_CHARS: Final = 200
_REFRESHES_A_SECOND: Final = 8


class Display:
    """Shows the events of runs.

    At a terminal, what comes is shown as it comes, and a spinner says what is waited for. Without
    one there is a line for each stage.

    Args:
        console: Where to show it; None where there is no terminal.
        is_markdown: Whether the model's text is shown as Markdown.
        prices: What tokens cost, where the user says so.
    """

    def __init__(
        self,
        console: Console | None,
        *,
        is_markdown: bool = False,
        prices: Prices | None = None,
    ) -> None:
        self._console = console
        self._prices = prices
        self._is_markdown = is_markdown
        self._text = StreamedText(is_markdown=is_markdown)
        self._live: Live | None = None
        self._is_paused = False
        self._spinner: Spinner | None = None
        self._waits_for = ""
        self._waits_since = monotonic()
        self._under_way: dict[str, Call] = {}
        self._streamed = ""
        self._usage = Usage()

    # --- the terminal ----------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Begin to show a run; the terminal changes with the first event."""
        self._usage = Usage()
        self._streamed = ""
        self._under_way.clear()
        return self

    def __exit__(self, *_: object) -> None:
        """Show what is left of the text, and no spinner any more."""
        self._end_text()
        self._stop()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leave the terminal to somebody who is asked."""
        self._end_text()
        self._stop()
        self._is_paused = True
        try:
            yield
        finally:
            self._is_paused = False
            self._waits_since = monotonic()

    def _start(self) -> None:
        if self._console is None or self._live is not None or self._is_paused:
            return
        self._spinner = Spinner("dots")
        self._live = Live(
            console=self._console,
            get_renderable=self._moving_part,
            refresh_per_second=_REFRESHES_A_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _moving_part(self) -> RenderableType:
        """Return what changes while it is looked at: the end of the text, and the spinner."""
        parts: list[RenderableType] = list(self._text.unfinished())
        if self._waits_for and self._spinner is not None:
            seconds = monotonic() - self._waits_since
            waits_for = Text(f"{self._waits_for} {seconds:.0f} s", "dim", no_wrap=True)
            self._spinner.update(text=waits_for)
            parts.append(self._spinner)
        return Group(*parts)

    def _print(self, *parts: RenderableType) -> None:
        """Show finished parts of the text; the terminal itself wraps plain lines."""
        if self._console is not None:
            for part in parts:
                self._console.print(part, soft_wrap=not self._is_markdown, highlight=False)

    def line(self, text: str) -> None:
        """Show one line, which is somebody else's text in part."""
        if self._console is None:
            say(text)
        else:
            self._console.print(Text(printable(text), "dim"), soft_wrap=True, highlight=False)

    # --- events ----------------------------------------------------------------------------------

    def show(self, event: events.Event) -> None:
        """Show what is to be seen of an event."""
        self._start()
        match event:
            case events.TurnStarted(number, model):
                self._start_turn(number, model)
            case events.TextDelta(text):
                self._stream(text)
            case events.ArgumentsDelta(_, tool):
                self._waits_for = f"writes a call of {printable(tool)}"
            case events.TurnRetried(_, _, _, text, pause):
                self._retry(text, pause)
            case events.TurnFinished(_, turn):
                self._usage += turn.usage
                self._end_turn(turn.text if turn.calls else "")
            case events.CallStarted(call):
                self._streamed = ""
                self._under_way[call.id] = call
                self._wait_for_calls()
            case events.CallFinished(call, result, seconds):
                self._under_way.pop(call.id, None)
                self.line(self._fitting(_call_text(call, result, seconds)))
                self._wait_for_calls()
            case events.Answered(answer):
                self._end(answer)
            case _:
                for line in _lines_of(event):
                    self.line(line)

    def _start_turn(self, number: int, model: str) -> None:
        text = f"{model} thinks (turn {number})"
        if self._console is None:
            say(text)
        self._wait_for(text)

    def _stream(self, text: str) -> None:
        self._streamed += text
        self._print(*self._text.add(text))

    def _retry(self, text: str, pause: float) -> None:
        """Say that what came of the turn is void, and the model is asked again."""
        self._end_text()
        self._streamed = ""
        again = f"again in {pause:.0f} s" if pause >= 1 else "again"
        self.line(f"{text} The model is asked {again}.")

    def _end(self, answer: events.Answer) -> None:
        """Show an answer that did not stream, and what the run took."""
        if not answer.pending and self._streamed.strip() not in answer.text:
            self._streamed = ""
        if not answer.pending and not self._streamed.strip():
            self._stream(answer.text)
        self._end_text()
        self._wait_for("")
        self.line(self._usage_of(answer))

    def _end_turn(self, text_before_calls: str) -> None:
        self._end_text()
        self._wait_for("")
        if self._console is None and text_before_calls:
            say(f"  says {brief(text_before_calls)}")

    def _end_text(self) -> None:
        self._print(*self._text.end())

    def _fitting(self, text: str) -> str:
        """Return a text as one line, below what it belongs to, that the terminal need not wrap."""
        width = len(text) if self._console is None else self._console.width - len(_INDENT)
        return f"{_INDENT}{brief(text, width)}"

    def _wait_for(self, what: str) -> None:
        self._waits_for = what
        self._waits_since = monotonic()

    def _wait_for_calls(self) -> None:
        names = dict.fromkeys(call.tool for call in self._under_way.values())
        self._wait_for(brief(", ".join(names)))

    def _usage_of(self, answer: events.Answer) -> str:
        return usage_text(self._usage, self._prices, turns=answer.turns, seconds=answer.seconds)


class JsonLines:
    """Writes each event as one line of JSON to standard output."""

    def show(self, event: events.Event) -> None:
        """Write an event."""
        line = exact_json.dumps(event.to_dict(), ensure_ascii=False)
        sys.stdout.buffer.write(line.encode(errors="backslashreplace") + b"\n")
        sys.stdout.buffer.flush()


def terminal_console(*, stderr: bool) -> Console | None:
    """Return the terminal behind a standard stream; None where there is none."""
    stream = sys.stderr if stderr else sys.stdout
    if not stream.isatty():
        return None
    return Console(stderr=stderr)


def _call_text(call: Call, result: Result, seconds: float) -> str:
    """Return what was called, and what came of it."""
    arguments = exact_json.dumps(dict(call.arguments), ensure_ascii=False)
    called = f"{call.tool} {brief(arguments, _MAX_ARGUMENT_CHARS)}"
    return f"{called}: {outcome_text(result, seconds)}{brief(result.text, _MAX_RESULT_CHARS)}"


def _lines_of(event: events.Event) -> Iterator[str]:
    """Yield the lines that show an event, where that is all that is to be seen of it."""
    match event:
        case events.CredentialMissing(tools, text):
            yield f"Note: {len(tools)} of the tools cannot be called yet. {text}"
        case events.ModelNote(text):
            yield f"Note: {text}"
        case events.LimitReached(_, text):
            yield text
        case events.AnswerSuspected(call, phrases):
            quoted = ", ".join(f'"{phrase}"' for phrase in phrases)
            yield f"Note: text in the answer of {call.tool} speaks to the model: {quoted}."
        case events.WriteSettled(_, write, outcome, text):
            yield f"{_INDENT}{_settled_text(write, outcome, text)}"
        case _:
            pass


def _settled_text(write: Sent, outcome: Outcome, text: str) -> str:
    """Return what became of a write that no answer came to."""
    return f"{write.method} {write.url}, sent at {write.at}: {SETTLED[outcome]}. {text}"


SETTLED: Final[dict[Outcome, str]] = {
    "took_effect": "took effect",
    "did_not": "did not take effect",
    "send_again": "may go out again",
    "unclear": "nobody knows whether it took effect",
}
"""What became of a write, in words."""


def outcome_text(result: Result, seconds: float | None = None) -> str:
    """Return what became of a call, before its text: nothing where this program answered it."""
    time = "" if seconds is None else f" in {seconds:.2f} s"
    if result.status is not None:
        return f"{result.status}{time}: "
    if result.sent:
        return f"no answer{time}: "
    return "not sent: " if result.is_error else ""
