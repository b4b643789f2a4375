"""May this call go out: a policy and a tool in, allow, ask or refuse out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Literal

from openapi2tools.model import Effect

if TYPE_CHECKING:
    from openapi2tools.model import Tool


class Decision(Enum):
    """What the policy says about one call."""

    ALLOW = "allow"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a client may do without being told each time.

    `confirm` says which calls a person has to agree to, `read_only` refuses every call that does not just read, `dry_run` sends nothing:
    a call then gives the request as text.
    """

    confirm: Literal["none", "writes", "all"] = "none"
    read_only: bool = False
    dry_run: bool = False


def decide(policy: Policy, tool: Tool) -> tuple[Decision, str]:
    """Decide about one call, and say why. A dry run shows a request that is not sent: nobody has to agree to it."""
    reads = tool.effect is Effect.READ
    does = {Effect.READ: "reads", Effect.WRITE: "changes something", Effect.DESTROY: "destroys something"}[tool.effect]
    what = f"{tool.name} ({tool.operation.key}) {does}"
    if policy.read_only and not reads:
        return Decision.REFUSE, f"{what}, and this client is read-only."
    if policy.dry_run or policy.confirm == "none" or (policy.confirm == "writes" and reads):
        return Decision.ALLOW, ""
    return Decision.ASK, f"{what}: that needs somebody's approval (approve=, or send(prepared, approved=True))."
