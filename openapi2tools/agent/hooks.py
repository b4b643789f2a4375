"""What a program does before and after each call of a run."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from anyio import to_thread

from openapi2tools.agent.files.keeping import save_files
from openapi2tools.model import Call, Result

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

BeforeCall: TypeAlias = "Callable[[Call], Awaitable[Call | Result | None] | Call | Result | None]"
"""Sees a call before it is checked: returns another call, a result that answers it, or None."""
AfterCall: TypeAlias = "Callable[[Call, Result], Awaitable[Result | None] | Result | None]"
"""Sees a result before it is recorded and the model reads it: returns another one, or None."""


@dataclass(frozen=True, slots=True)
class CallHooks:
    """What a program does before and after each call of a run; `save_to` gets the files."""

    before: BeforeCall | None = None
    after: AfterCall | None = None
    noted: Callable[[Result], Result] | None = None
    """Adds what the loop has to say of a result."""
    save_to: Path | None = None

    async def save(self, result: Result) -> Result:
        """Write the files of a result to the folder that gets them, where there is one."""
        if self.save_to is None or not result.parts:
            return result
        return await to_thread.run_sync(save_files, result, self.save_to)

    async def intercept(self, call: Call) -> Call | Result:
        """Return the call to make, or the result that answers it; either has the call's id."""
        if self.before is None or call.fault:
            return call
        given = self.before(call)
        answer = await given if inspect.isawaitable(given) else given
        if isinstance(answer, Result):
            return replace(answer, call_id=call.id, caller=call.caller)
        return call if answer is None else replace(answer, id=call.id, caller=call.caller)

    async def revise(self, call: Call, result: Result) -> Result:
        """Return the result that the model reads."""
        if self.after is not None:
            given = self.after(call, result)
            answer = await given if inspect.isawaitable(given) else given
            if answer is not None:
                result = replace(answer, call_id=call.id, caller=call.caller)
        return result if self.noted is None else self.noted(result)
