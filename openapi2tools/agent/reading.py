"""`read_result`: read on in an answer that was shortened, without another request."""

from __future__ import annotations

from dataclasses import replace
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final

from openapi2tools.agent.caller import LocalCaller
from openapi2tools.agent.record.entries import READ_RESULT, Shortened
from openapi2tools.agent.tool_search.finder import local_tool
from openapi2tools.call.response.fitting.cut import cut_value, json_text
from openapi2tools.call.response.fitting.fit import DEFAULT_LIMIT_TOKENS
from openapi2tools.call.response.fitting.pieces import NoSuchPart, Piece, piece
from openapi2tools.call.response.shorten import TABLES_NOTE
from openapi2tools.model import Result, Toolset
from openapi2tools.tools.text.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.model import Call, Json, JsonObject

MAX_KEPT_CHARS: Final = 4_000_000
"""How much of an answer that was shortened stays in a record, in characters of JSON."""
MAX_LATEST_RESULTS: Final = 20
"""How many results a server keeps to read on in."""
_MIN_PIECE_TOKENS: Final = 200
_MAX_NAMED_CUTS: Final = 5
_DESCRIPTION: Final = "Read on in an answer that was shortened. Nothing is sent."
_SCHEMA: Final[JsonObject] = {
    "type": "object",
    "properties": {
        "call": {"type": "string", "description": "The call, as the note on its answer names it."},
        "path": {
            "type": "string",
            "default": "",
            "description": "The part to read, such as items[3].text; without it, the whole.",
        },
        "offset": {
            "type": "integer",
            "minimum": 0,
            "default": 0,
            "description": "How many items, fields or characters of it to skip.",
        },
    },
    "required": ["call"],
    "additionalProperties": False,
}


class ResultReader:
    """Answers `read_result` from the results that there are.

    Args:
        find: Returns the result of a call by its id; None where there is none.
        taken_names: What other tools are called.
    """

    def __init__(
        self, find: Callable[[str], Result | None], taken_names: Container[str] = ()
    ) -> None:
        self._find = find
        self.name = READ_RESULT
        while self.name in taken_names:
            self.name += "_"
        self.tools = Toolset([local_tool(self.name, _DESCRIPTION, _SCHEMA)])

    @property
    def caller(self) -> LocalCaller:
        """What answers the calls."""
        return LocalCaller(self.tools, self.answer)

    def noted(self, result: Result) -> Result:
        """Return a result that was shortened with a note on how to read on.

        What is far too long to be kept is kept up to `MAX_KEPT_CHARS`.
        """
        if not result.truncated or not result.call_id or _whole(result) is None:
            return result
        kept = _kept(result)
        note = f'{self.name} reads on in it, with call="{result.call_id}".'
        if kept is not result:
            note += f" Only its first {MAX_KEPT_CHARS:,} characters are kept."
        return replace(kept, notes=(*result.notes, note))

    def answer(self, call: Call) -> Result:
        """Return a piece of a result, and where it goes on."""
        call_id = str(call.arguments.get("call"))
        path, offset = str(call.arguments.get("path") or ""), call.arguments.get("offset") or 0
        result = self._find(call_id)
        if result is None or result.tool == self.name:
            return Result.failed(
                call, "arguments", f"No answer of a call {call_id!r} is kept: see its note."
            )
        whole = _whole(result)
        limit = max(min(count_tokens(result.text), DEFAULT_LIMIT_TOKENS), _MIN_PIECE_TOKENS)
        value: Json = result.text if whole is None else whole
        try:
            found = piece(value, path, int(offset), limit)
        except NoSuchPart as error:
            return Result.failed(call, "arguments", str(error))
        text = f"{found.text}\n({self._where(found, path)})"
        return Result(call.id, call.tool, text, caller=call.caller)

    def _where(self, found: Piece, path: str) -> str:
        """Return what a piece is of the whole, and how to read what follows."""
        of = f" of {path}" if path else ""
        sentences = [f"{found.unit.capitalize()} {found.start} to {found.end}{of}"]
        is_end = found.end >= found.total
        sentences[0] += ", the end." if is_end else f"; there are {found.total}."
        if not is_end:
            sentences.append(f"Go on with offset={found.end}.")
        if found.cuts:
            named = ", ".join(map(str, found.cuts[:_MAX_NAMED_CUTS]))
            sentences.append(f"Shortened: {named}.")
        if found.has_tables:
            sentences.append(TABLES_NOTE)
        return " ".join(sentences)


class LatestResults:
    """The latest results that were shortened, for whoever keeps no record of a run.

    Each is kept under an id of its own, which nobody guesses who did not read it. The oldest go
    when there are more than `MAX_LATEST_RESULTS`.
    """

    def __init__(self) -> None:
        self._by_id: dict[str, Result] = {}

    def find(self, call_id: str) -> Result | None:
        """Return a result that is still kept."""
        return self._by_id.get(call_id)

    def keep(self, result: Result) -> Result:
        """Return a result under its own id, and keep it where it was shortened."""
        if not result.truncated or _whole(result) is None:
            return result
        kept = _kept(replace(result, call_id=token_urlsafe(12)))
        self._by_id[kept.call_id] = kept
        while len(self._by_id) > MAX_LATEST_RESULTS:
            del self._by_id[next(iter(self._by_id))]
        return replace(result, call_id=kept.call_id)


def session_reader(record: Sequence[Entry], taken_names: Container[str]) -> ResultReader:
    """Return what reads on in the results of a record."""

    def find(call_id: str) -> Result | None:
        results = (entry for entry in reversed(record) if isinstance(entry, Result))
        return next((result for result in results if result.call_id == call_id), None)

    return ResultReader(find, taken_names)


def has_more_to_read(record: Sequence[Entry]) -> bool:
    """Return whether a model has read less of a result than a record holds."""
    return any(
        isinstance(entry, Shortened)
        or (isinstance(entry, Result) and entry.truncated and _whole(entry) is not None)
        for entry in record
    )


def _whole(result: Result) -> Json:
    """Return all that a model may read of a result, chosen fields alone where some were chosen."""
    return result.shown


def _kept(result: Result) -> Result:
    """Return a result without what is too long for a record."""
    sizes = {
        name: getattr(result, name)
        for name in ("data", "selected")
        if getattr(result, name) is not None
    }
    too_long = {
        name: value for name, value in sizes.items() if len(json_text(value)) > MAX_KEPT_CHARS
    }
    shortened = {name: cut_value(value, MAX_KEPT_CHARS)[0] for name, value in too_long.items()}
    return replace(result, **shortened) if shortened else result
