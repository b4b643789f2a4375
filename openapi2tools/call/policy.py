"""May this call go out: a policy and a tool in, allow, ask or refuse out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from openapi2tools.errors import InvalidOption
from openapi2tools.model import Effect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.model import Tool


Confirm: TypeAlias = Literal["none", "writes", "all"]


class Decision(Enum):
    """What the policy says about one call."""

    ALLOW = "allow"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a client may do without being told each time.

    `confirm` says which calls a person has to agree to, `read_only` refuses every call that does
    not just read, `dry_run` sends nothing: a call then gives the request as text. `reads` are globs
    of the names of tools that only read, whatever their method says: a search by POST. (A
    document's own hint makes a call graver, never more harmless.)
    """

    confirm: Confirm = "none"
    read_only: bool = False
    dry_run: bool = False
    reads: Sequence[str] = ()

    def __post_init__(self) -> None:
        if self.confirm not in get_args(Confirm):
            raise InvalidOption(
                f"Policy(confirm={self.confirm!r}): confirm is one of {', '.join(map(repr, get_args(Confirm)))}."
            )
        if isinstance(self.reads, str):
            raise InvalidOption(
                f"Policy(reads={self.reads!r}): reads is a list of globs: [{self.reads!r}]."
            )

    def effect(self, tool: Tool) -> Effect:
        """Say what a call of this tool does."""
        return (
            Effect.READ if any(fnmatchcase(tool.name, glob) for glob in self.reads) else tool.effect
        )


def decide(policy: Policy, tool: Tool) -> tuple[Decision, str]:
    """Decide about one call, and say why. A dry run shows a request that is not sent: nobody has to agree to it."""
    effect = policy.effect(tool)
    reads = effect is Effect.READ
    does = {
        Effect.READ: "reads",
        Effect.WRITE: "changes something",
        Effect.DESTROY: "destroys something",
    }[effect]
    what = f"{tool.name} ({tool.operation.key}) {does}"
    if policy.read_only and not reads:
        return Decision.REFUSE, f"{what}, and this client is read-only."
    if policy.dry_run or policy.confirm == "none" or (policy.confirm == "writes" and reads):
        return Decision.ALLOW, ""
    return (
        Decision.ASK,
        f"{what}: that needs somebody's approval (approve=, or send(prepared, approved=True)).",
    )
