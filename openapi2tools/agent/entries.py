"""The entries of a session: frozen values for what was asked, said, approved, sent and answered.

Their field names are what a saved session holds (see `journal`), so renaming one is a change of the
file format.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 -- read at run time, see typed_json
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from openapi2tools.model import Call, JsonObject, Result

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


@dataclass(frozen=True, slots=True)
class Question:
    """What a person asks.

    Lone surrogates (how Python shows bytes that were no UTF-8) are replaced, because no request
    could hold them.
    """

    text: str

    def __post_init__(self) -> None:
        sendable = self.text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        object.__setattr__(self, "text", sendable)


@dataclass(frozen=True, slots=True)
class Turn:
    """What a model said when it was asked once: a text, or calls, or both.

    `items` are the vendor's own words (messages, reasoning items) in the format named `wire`. They
    are handed back to the vendor as they came.
    """

    text: str = ""
    calls: tuple[Call, ...] = ()
    items: tuple[JsonObject, ...] = ()
    wire: str = ""
    usage: Usage = Usage()


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

    When no result follows, nobody knows whether the request arrived. `curl` is the request as a
    command, in which placeholders stand for secrets; empty for what is answered in this program.
    """

    call_id: str
    went: bool = True
    curl: str = ""


Entry: TypeAlias = Question | Turn | Asked | Approval | Sent | Result


class Exchange(NamedTuple):
    """A turn of the model and the results of its calls, in the order of the calls."""

    turn: Turn
    results: tuple[Result, ...]


def exchanges(record: Iterable[Entry]) -> Iterator[Question | Exchange]:
    """Yield a record the way a model reads it: questions, and turns with their results."""
    entries = list(record)
    for index, entry in enumerate(entries):
        if isinstance(entry, Question):
            yield entry
        elif isinstance(entry, Turn):
            yield Exchange(entry, _results_of(entry, entries[index + 1 :]))


def _results_of(turn: Turn, later_entries: Sequence[Entry]) -> tuple[Result, ...]:
    """Return the results of a turn's calls, which all stand before the next turn."""
    result_by_id: dict[str, Result] = {}
    for entry in later_entries:
        if isinstance(entry, Turn):
            break
        if isinstance(entry, Result):
            result_by_id[entry.call_id] = entry
    return tuple(result_by_id[call.id] for call in turn.calls if call.id in result_by_id)
