"""Ask the person at the terminal whether a request of a run may go out."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Literal, Protocol

from openapi2tools._core.json import exact_json
from openapi2tools.cli.console import discard_typed_input, say

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from openapi2tools.agent.record.call_history import Settlement
    from openapi2tools.agent.record.entries import Sent
    from openapi2tools.call.approval.consent import Answer
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import JsonObject

_YES: Final = ("y", "yes")
_ALL: Final = ("a", "all")
_EDIT: Final = ("e", "edit")
_SETTLEMENTS: Final[dict[str, Settlement]] = {
    "d": "done",
    "n": "not done",
    "s": "send again",
}


class ReadReply(Protocol):
    """Reads one line that a person types; None where they leave the question open."""

    async def __call__(self, question: str, text: str = "") -> str | None:
        """Ask; `text` stands there already, to be changed."""
        ...


class Approver:
    """Asks about each request: y, n, a (all of this tool) or e (edit the arguments).

    Args:
        read_reply: Reads what the person types.
        paused: Leaves the terminal to the question for a while.
        all_lasts: How long a yes to all calls of a tool lasts: for the run, or the session.
    """

    def __init__(
        self,
        read_reply: ReadReply,
        paused: Callable[[], AbstractContextManager[None]],
        all_lasts: Literal["tool", "session"] = "tool",
    ) -> None:
        self._read_reply = read_reply
        self._paused = paused
        self._all_lasts = all_lasts

    async def __call__(self, prepared: Prepared) -> Answer:
        """Ask about a request, once what happened before is shown."""
        await asyncio.sleep(0)
        with self._paused():
            discard_typed_input()
            for note in prepared.notes:
                say(f"    Note: {note}")
            say(f"\n{prepared.question()}")
            return await self._ask(prepared)

    async def settle(self, write: Sent, known: str) -> Settlement | Literal["later"]:
        """Ask what became of a write that no answer came to."""
        await asyncio.sleep(0)
        with self._paused():
            discard_typed_input()
            say(f"\n{write.method} {write.url} went out at {write.at}, and no answer came. {known}")
            say("It is to go out again. Look whether it took effect the first time.")
            reply = await self._read_reply(
                "[d/n/s] (d: done, n: not done, s: send it again though nobody knows; "
                "Enter: leave it open) "
            )
        return _SETTLEMENTS.get((reply or "").strip().lower()[:1], "later")

    async def _ask(self, prepared: Prepared) -> Answer:
        scope = "in this run" if self._all_lasts == "tool" else "until this session is closed"
        reply = await self._read_reply(
            f"[y/N/a/e] (a: all calls of {prepared.tool.name} {scope}, e: edit the arguments) "
        )
        if reply is None:
            return "later"
        word = reply.strip().lower()
        if word in _ALL:
            return self._all_lasts
        if word in _EDIT:
            arguments = await self._read_arguments(prepared)
            return await self._ask(prepared) if arguments is None else arguments
        return word in _YES

    async def _read_arguments(self, prepared: Prepared) -> JsonObject | None:
        """Return other arguments; None where they stay as they are."""
        text = exact_json.dumps(dict(prepared.call.arguments), ensure_ascii=False)
        while True:
            reply = await self._read_reply("arguments (JSON): ", text)
            if not reply or not reply.strip():
                return None
            try:
                arguments = exact_json.loads(reply)
            except ValueError as error:
                say(f"This is no JSON: {error}.")
            else:
                if isinstance(arguments, dict):
                    return arguments
                say('Give one JSON object: {"name": value, ...}.')
            text = reply
