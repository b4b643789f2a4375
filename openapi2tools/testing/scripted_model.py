"""A model that says what a test wrote down for it, and keeps what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeAlias, cast

from openapi2tools.agent.record.entries import Entry, Exchange, Turn, exchanges
from openapi2tools.errors import AgentError
from openapi2tools.model import Call, JsonObject, Result, Toolset

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from openapi2tools.agent.model import Ask

_Wanted: TypeAlias = Call | tuple[str, JsonObject]
_Said: TypeAlias = str | Turn | _Wanted | Sequence[_Wanted]
Line: TypeAlias = _Said | Callable[[Sequence[Entry]], _Said]
"""What a model says when it is asked once.

- a text: its answer;
- a call, as a `Call` or as the tool's name and the arguments; or several of them, made together;
- a whole `Turn`;
- a function of the record that returns one of these, for what depends on earlier results.
"""


class ScriptedModel:
    """A `Model` that says one line of a script each time it is asked.

    The script is that of a conversation: a session in which it spoke before goes on with the next
    line, and every other begins with the first.

    Args:
        script: The lines, in order.
        name: What people call the model.

    Attributes:
        name: As given.
        records: What it was asked: the whole record, each time.
        tools: The tools that it was offered in the last run.
        instructions: What it was told before the question in the last run.

    Example:
        model = ScriptedModel([("get_pet", {"petId": 1}), ("get_pet", {"petId": 2})], "Both.")
        answer = Agent(client, model).run("Which pets are there?")
        assert [result.status for result in model.results] == [200, 200]
    """

    def __init__(self, *script: Line, name: str = "scripted") -> None:
        self.name = name
        self.records: list[tuple[Entry, ...]] = []
        self.tools = Toolset()
        self.instructions = ""
        self._script = script
        self._remaining = len(script)
        self._earlier_turns: list[int] = []  # of each record: those before this model first spoke

    @property
    def remaining(self) -> int:
        """How many lines come after the one that was said last."""
        return self._remaining

    @property
    def results(self) -> list[Result]:
        """The results that the model was given when it was last asked.

        They are in the order of the calls, whichever came back first.
        """
        record = self.records[-1] if self.records else ()
        return [
            result
            for exchange in exchanges(record)
            if isinstance(exchange, Exchange)
            for result in exchange.results
        ]

    @asynccontextmanager
    async def open(self, tools: Toolset, instructions: str) -> AsyncGenerator[Ask, None]:
        """Begin a run."""
        self.tools = tools
        self.instructions = instructions
        yield self._ask

    async def _ask(self, record: Sequence[Entry], /) -> AsyncGenerator[str | Turn, None]:
        turns = sum(isinstance(entry, Turn) for entry in record)
        earlier_turns = self._turns_before_the_script(record, turns)
        number = turns - earlier_turns
        if number >= len(self._script):
            raise AgentError(
                f"The script of {self.name} has {len(self._script)} lines, and it is asked once "
                f"more. The record ends with {record[-1]!r}."
            )
        self.records.append(tuple(record))
        self._earlier_turns.append(earlier_turns)
        self._remaining = len(self._script) - number - 1
        turn = _turn_of(self._script[number], record, number + 1)
        if turn.text:
            yield turn.text
        yield turn

    def _turns_before_the_script(self, record: Sequence[Entry], turns: int) -> int:
        """Return how many turns a conversation had before this model first spoke in it."""
        entries = tuple(record)
        for known, earlier_turns in zip(self.records, self._earlier_turns, strict=True):
            if entries[: len(known)] == known:
                return earlier_turns
        return turns


def _turn_of(line: Line, record: Sequence[Entry], number: int) -> Turn:
    said = line(record) if callable(line) else line
    if isinstance(said, str):
        return Turn(text=said)
    if isinstance(said, Turn):
        return said
    calls = (_call_of(each, f"call_{number}_{index}") for index, each in enumerate(_wanted(said)))
    return Turn(calls=tuple(calls))


def _wanted(said: _Wanted | Sequence[_Wanted]) -> Sequence[_Wanted]:
    """Return the calls that a line stands for, also where it is only one."""
    is_one = isinstance(said, Call) or (isinstance(said, tuple) and isinstance(said[0], str))
    return [cast("_Wanted", said)] if is_one else cast("Sequence[_Wanted]", said)


def _call_of(wanted: _Wanted, call_id: str) -> Call:
    if isinstance(wanted, Call):
        return wanted if wanted.id else Call(wanted.tool, wanted.arguments, id=call_id)
    tool, arguments = wanted
    return Call(tool, arguments, id=call_id)
