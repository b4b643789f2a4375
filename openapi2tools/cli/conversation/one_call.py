"""Make one call for the person, by the policy and the approvals of a run."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING

from openapi2tools.agent.calls import CallRunner
from openapi2tools.agent.events import CallFinished
from openapi2tools.agent.files.handles import RecordFiles
from openapi2tools.agent.record.entries import Sent, Settled, Turn
from openapi2tools.agent.record.session import Hold, Session

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.agent.caller import Caller
    from openapi2tools.agent.settling import Settle
    from openapi2tools.model import Call, Result


async def make_call(
    call: Call,
    caller: Caller,
    session: Session,
    settle: Settle | None,
    earlier: Sequence[Result] = (),
) -> Result | None:
    """Make a call as a run makes it, in a record of its own; None where it waits for a yes.

    Its handles lead to the files of the conversation, and of what the person called before. A yes
    to all calls of a tool is that of the session, and so are writes that nobody knows the
    outcome of: they block this call, and what becomes unknown by it is kept there.

    Args:
        call: The call.
        caller: Makes it.
        session: The record of the conversation.
        settle: Asks what became of a write that no answer came to.
        earlier: What calls of the person were answered before, of which the session has nothing.

    Raises:
        InvalidArguments: A handle leads nowhere.
    """
    call = RecordFiles([*session, *earlier]).follow(call, caller)
    known = session.unknown
    record = Session([*known, Turn(calls=(call,))])
    record.allowed_tools = session.allowed_tools
    runner = CallRunner([caller], record, Hold(record), caller.approve, settle=settle)
    result: Result | None = None
    try:
        async with aclosing(runner.run(record.pending)) as events:
            async for event in events:
                if isinstance(event, CallFinished):
                    result = event.result
    finally:
        for entry in record:
            is_new = isinstance(entry, Sent) and entry not in known and entry in record.unknown
            if is_new or isinstance(entry, Settled):
                session.add(entry)
    return result
