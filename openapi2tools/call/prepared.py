"""A call that is ready to be sent, and safe to show: it holds no secret."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from openapi2tools.call import display
from openapi2tools.call.auth import AuthPlan

if TYPE_CHECKING:
    import httpx

    from openapi2tools.call.policy import Decision
    from openapi2tools.model import Call, Tool


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call, ready to be sent and safe to show: `request` holds no secret.

    Attributes:
        call: The call as it was asked for.
        tool: The tool that it names.
        request: The HTTP request, exactly as it will be sent, but for credentials.
        decision: Whether the policy allows the call, wants somebody asked, or refuses it.
        reason: The policy's sentence where it does not simply allow the call; else empty.
        notes: Sentences that say which arguments were repaired.
        plan: How the call will authenticate.
        server_advice: What to do where nothing answers there; empty where the user named the
            server.
    """

    call: Call
    tool: Tool = field(repr=False)
    request: httpx.Request
    decision: Decision
    reason: str = ""
    notes: tuple[str, ...] = ()
    plan: AuthPlan = field(default_factory=AuthPlan, repr=False)
    server_advice: str = field(default="", repr=False)

    def curl(self) -> str:
        """Return the request as a curl command for a POSIX shell; placeholders stand for secrets.

        Example:
            print(client.prepare("get_pet", {"petId": 7}).curl())
        """
        return display.curl(self.request, self.plan.placeholders)

    def http(self) -> str:
        """Return the request as HTTP/1.1 text; placeholders stand for secrets.

        Example:
            print(client.prepare("get_pet", {"petId": 7}).http())
        """
        return display.http(self.request, self.plan.placeholders)
