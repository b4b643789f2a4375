"""The entries of a session: frozen values for what was asked, said, approved, sent and answered.

Their field names are what a saved session holds (see `journal`), so renaming one is a change of the
file format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003 -- read at run time, see typed_json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, get_args

from openapi2tools.formats.writing import MAX_PART_BYTES, may_be_shown
from openapi2tools.model import Call, Json, JsonObject, Part, Result, essence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens that a model read and wrote.

    `cached` counts those of the tokens read that came out of the vendor's prompt cache.
    """

    read: int = 0
    written: int = 0
    cached: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.read + other.read,
            self.written + other.written,
            self.cached + other.cached,
        )

    def __sub__(self, other: Usage) -> Usage:
        return Usage(
            self.read - other.read,
            self.written - other.written,
            self.cached - other.cached,
        )


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks; `parts` are the files that go with it.

    Lone surrogates (how Python shows bytes that were no UTF-8) are replaced, because no request
    could hold them.
    """

    text: str
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        sendable = self.text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        object.__setattr__(self, "text", sendable)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a model said when it was asked once: a text, or calls, or both.

    `items` are the vendor's own words (messages, reasoning items) in the format named `wire`. They
    are handed back to the vendor as they came. `cut` says that the model was stopped at its token
    limit: a text goes on with the next turn.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    items: tuple[JsonObject, ...] = ()
    wire: str = ""
    usage: Usage = Usage()
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody is asked about a call, at a time; `request` is what a yes to it is for.

    It holds the parts of the request, by what people call them, and no secret.
    """

    call_id: str
    request: Mapping[str, str]
    at: str = ""


@dataclass(frozen=True, slots=True)
class Approval:
    """What a person decided about a call, and when.

    A yes is for the request with this digest, good once, and for the time that the policy says.
    """

    call_id: str
    approved: bool
    digest: str = ""
    at: str = ""


@dataclass(frozen=True, slots=True)
class Sent:
    """A call is about to go out, or, with `went` false, did not go out after all.

    It is written before the first byte leaves: the intent, of which the result is the outcome. When
    no result follows, nobody knows whether the request arrived.

    Attributes:
        call_id: The id of the call.
        went: False takes an intent back: nothing has left.
        curl: The request as a command, in which placeholders stand for secrets; empty for what is
            answered in this program.
        digest: Stands for a request that may change something; it is the same for the same request,
            whoever makes it. Empty for what only reads.
        method: The method of the request.
        url: Its URL, without secrets.
        at: When it went out (ISO 8601).
        idempotency_key: What the API knows the write by, where its document has a place for it.
        before: What was there before, where somebody looked (`Policy(snapshot=True)`): the item, or
            which items the collection had.
    """

    call_id: str
    went: bool = True
    curl: str = ""
    digest: str = ""
    method: str = ""
    url: str = ""
    at: str = ""
    idempotency_key: str = ""
    before: Json = None


Outcome: TypeAlias = Literal["took_effect", "did_not", "send_again", "unclear"]
"""What became of a write that no answer came to; after `send_again` it may go out once more."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a write that no answer came to.

    Attributes:
        call_id: The id of the call that it went out with.
        outcome: `unclear` leaves it as unknown as it was.
        how: What shows it, in a sentence.
        digest: The request that it is about (`Sent.digest`).
        at: When it was settled (ISO 8601).
        text: What the model reads of it; empty where the result of a call says so.
    """

    call_id: str
    outcome: Outcome
    how: str = ""
    digest: str = ""
    at: str = ""
    text: str = ""


READ_RESULT: Final = "read_result"
"""The tool that reads on in results: see `reading`."""

Limit: TypeAlias = Literal["max_turns", "max_tokens", "max_seconds", "max_cost"]
"""What may end a run before its answer: options of `Agent`."""
_MAX_ATTACHED_CHARS: Final = 20_000
_TEXTUAL: Final = re.compile(r"text/|application/(.*\+)?(json|xml|yaml|x-yaml|sql|javascript)$")
LIMITS: Final[tuple[Limit, ...]] = get_args(Limit)


@dataclass(frozen=True, slots=True)
class Notice:
    """What the loop tells the model, which reads it like a question.

    Attributes:
        reason: Why. The name of a limit: it is reached, and the model is asked a last time, for an
            answer without calls. `resumed`: the run goes on after a limit. `empty`: the model said
            nothing. `cut`: its text was cut off, and is to be continued.
        text: What the model reads.
        usage: The tokens of a turn that is not in the record because it said nothing.
    """

    reason: Limit | Literal["resumed", "empty", "cut"]
    text: str
    usage: Usage = Usage()


@dataclass(frozen=True, slots=True)
class Shortened:
    """From here on a model reads of these results only what they were.

    `positions` are those of the results in the record, from 0. There they stay whole.
    """

    positions: tuple[int, ...]


Entry: TypeAlias = Question | Turn | Asked | Approval | Sent | Settled | Result | Notice | Shortened


class Exchange(NamedTuple):
    """A turn of the model and the results of its calls, in the order of the calls."""

    turn: Turn
    results: tuple[Result, ...]


def exchanges(record: Iterable[Entry]) -> Iterator[Question | Exchange]:
    """Yield a record the way a model reads it: questions, and turns with their results.

    A notice of the loop is read like a question, and so is what became of an earlier write; a
    shortened result is read as what it was. The files of a question stand in its text, too, with
    their handles.
    """
    entries = _in_view(as_read(record))
    ids = iter(attachments(entries))
    for index, entry in enumerate(entries):
        if isinstance(entry, Question):
            about = [_about_attachment(part, next(ids)) for part in entry.parts]
            yield replace(entry, text="\n\n".join([entry.text, *about]))
        elif isinstance(entry, Notice) or (isinstance(entry, Settled) and entry.text):
            yield Question(entry.text)
        elif isinstance(entry, Turn):
            yield Exchange(entry, _results_of(entry, entries[index + 1 :]))


def turns_with_results(record: Iterable[Entry]) -> Iterator[Exchange]:
    """Yield the turns of a record with their results, as they came."""
    entries = list(record)
    for index, entry in enumerate(entries):
        if isinstance(entry, Turn):
            yield Exchange(entry, _results_of(entry, entries[index + 1 :]))


def as_read(record: Iterable[Entry]) -> list[Entry]:
    """Return the entries of a record, in which shortened results say what they were."""
    entries = list(record)
    for shortened in [entry for entry in entries if isinstance(entry, Shortened)]:
        for position in shortened.positions:
            result = entries[position] if position < len(entries) else None
            if isinstance(result, Result):
                entries[position] = _shortened(result)
    return entries


def attachments(record: Iterable[Entry]) -> dict[str, Part]:
    """Return the files that questions came with, by the ids under which calls may name them."""
    parts = [part for entry in record if isinstance(entry, Question) for part in entry.parts]
    return {f"attached_{number}": part for number, part in enumerate(parts, 1)}


def _about_attachment(part: Part, handle: str) -> str:
    """Return what a model reads of a file that a question came with: of a text, what it says."""
    size = f", {len(part.data):,} bytes" if part.data else ""
    about = (
        f"[Attached: {part.name or 'a file'} ({part.media_type}{size}). To give it to a call as a "
        f'file: {{"result":"{handle}"}}]'
    )
    text = _text_of(part)
    if len(text) > _MAX_ATTACHED_CHARS:
        text = f"{text[:_MAX_ATTACHED_CHARS]}\n[cut: {len(text):,} characters in all]"
    return f"{about}\n{text}" if text else about


def _text_of(part: Part) -> str:
    """Return the text that a file is; empty where it is none."""
    if not _TEXTUAL.match(essence(part.media_type)):
        return ""
    try:
        return part.data.decode()
    except UnicodeDecodeError:
        return ""


def _in_view(entries: list[Entry]) -> list[Entry]:
    """Return entries without the oldest files, where a request cannot hold all that are shown."""
    left = MAX_PART_BYTES
    shown = list(entries)
    for index in range(len(entries) - 1, -1, -1):
        entry = entries[index]
        if not isinstance(entry, Question | Result):
            continue
        left -= sum(len(part.data) for part in entry.parts if may_be_shown(part))
        if left < 0 and entry.parts:
            without = tuple(replace(part, data=b"") for part in entry.parts)
            text = f"{entry.text}\n[What was shown here is shown no more.]"
            shown[index] = replace(entry, text=text, parts=without)
    return shown


def _shortened(result: Result) -> Result:
    """Return what is told of a result that a model reads no more."""
    status = "" if result.status is None else f"status {result.status}, "
    text = (
        f"[The answer of {result.tool} ({status}{len(result.text):,} characters) is left out here, "
        "because the conversation grew too long. What the call did stays done. To read of it "
        f'again, call {READ_RESULT} with call="{result.call_id}" and the path of what you need.]'
    )
    return replace(result, text=text, parts=())


def limit_reached(record: Sequence[Entry]) -> Limit | None:
    """Return the limit because of which the model is asked a last time, without calls."""
    for entry in reversed(record):
        if isinstance(entry, Question):
            return None
        if isinstance(entry, Notice) and entry.reason == "resumed":
            return None
        if isinstance(entry, Notice) and entry.reason in LIMITS:
            return entry.reason
    return None


def _results_of(turn: Turn, later_entries: Sequence[Entry]) -> tuple[Result, ...]:
    """Return the results of a turn's calls, which all stand before the next turn."""
    result_by_id: dict[str, Result] = {}
    for entry in later_entries:
        if isinstance(entry, Turn):
            break
        if isinstance(entry, Result):
            result_by_id[entry.call_id] = entry
    return tuple(result_by_id[call.id] for call in turn.calls if call.id in result_by_id)
