"""Who is asked about a call, where a framework can do so: it, unless the client asks itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.call.policy import Decision, decide
from openapi2tools.errors import CallError

if TYPE_CHECKING:
    from openapi2tools.call.client import Client
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Call


def may_ask_about(client: Client, name: str) -> bool:
    """Return whether the framework has to ask somebody about some calls of a tool."""
    return client.approve is None and decide(client.policy, client.tools[name])[0] is Decision.ASK


def to_ask_about(client: Client, call: Call) -> Prepared | None:
    """Return the call as it would be sent, where the framework has to ask somebody about it.

    Nobody is asked about a call that cannot be made: the model is told what is wrong with it.
    """
    if client.approve is not None:
        return None
    try:
        prepared = client.prepare(call)
    except CallError:
        return None
    return prepared if prepared.decision is Decision.ASK else None
