"""Decide whether a call may be sent: allow it, ask somebody, or refuse it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

from openapi2tools._core.json.json_types import is_number, is_whole_number
from openapi2tools.errors import InvalidOption
from openapi2tools.model import Effect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.model import Tool


Confirm: TypeAlias = Literal["none", "writes", "all"]

_VERBS: Final = {
    Effect.READ: "reads",
    Effect.WRITE: "changes something",
    Effect.DESTROY: "destroys something",
}


class Decision(Enum):
    """What the policy says about one call."""

    ALLOW = "allow"
    ASK = "ask"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Policy:
    """What a client may do without being asked each time.

    Attributes:
        confirm: Which calls a person has to agree to: `none`, `writes` or `all`.
        read_only: Whether to refuse every call that does more than read.
        dry_run: Whether to send nothing: a call then returns its request as text.
        reads: Globs of the names of tools that only read, whatever their method says, such as a
            search by POST; or their operations' ids, in full. (A document's own hint makes a call
            graver, never more harmless.)
        unchecked: Globs of the names of tools whose arguments go out as they came, though the
            document's schema refuses them: for a document that is stricter than its server. The
            notes of a result say what the schema had against them.
        approval_minutes: How long a yes holds until its call is sent: it is for the request that
            was shown, and good once.
        snapshot: Whether an agent reads the state before a write, where the API has a read for it:
            so that the write can be undone, and what became of it be found out.
        settle_seconds: After how long an agent looks a second time for a write that no answer came
            to and that the API does not show: only then it did not take effect.
        pages: How many pages a model may get with one call, joined in one answer. From 2 on, tools
            that page have an optional argument for it.

    Raises:
        InvalidOption: A field has a value that it cannot have.

    Example:
        connect(tools, policy=Policy(confirm="writes", reads=["search_*"]))
    """

    confirm: Confirm = "none"
    read_only: bool = False
    dry_run: bool = False
    reads: Sequence[str] = ()
    unchecked: Sequence[str] = ()
    approval_minutes: float = 60
    snapshot: bool = False
    settle_seconds: float = 10
    pages: int = 1

    def __post_init__(self) -> None:
        if self.confirm not in get_args(Confirm):
            choices = ", ".join(map(repr, get_args(Confirm)))
            raise InvalidOption(f"Policy(confirm={self.confirm!r}): confirm is one of {choices}.")
        for name in ("reads", "unchecked"):
            globs = getattr(self, name)
            if isinstance(globs, str):
                raise InvalidOption(
                    f"Policy({name}={globs!r}): {name} is a list of globs: [{globs!r}]."
                )

        minutes = self.approval_minutes
        if not is_number(minutes) or not minutes > 0:
            raise InvalidOption(
                f"Policy(approval_minutes={minutes!r}): give how long a yes holds, in minutes."
            )
        seconds = self.settle_seconds
        if not is_number(seconds) or not seconds >= 0:
            raise InvalidOption(
                f"Policy(settle_seconds={seconds!r}): give how long to wait before a second look."
            )

        if not is_whole_number(self.pages) or self.pages < 1:
            raise InvalidOption(
                f"Policy(pages={self.pages!r}): give how many pages one call may get, "
                "a whole number from 1 on."
            )

    def effect(self, tool: Tool) -> Effect:
        """Return what a call of this tool does, by the policy's word or else the tool's."""
        if any(map(tool.is_called, self.reads)):
            return Effect.READ
        return tool.effect

    def is_unchecked(self, tool: Tool) -> bool:
        """Return whether arguments for this tool go out though its schema refuses them."""
        return any(map(tool.is_called, self.unchecked))


def check_policy(policy: object) -> None:
    """Raise InvalidOption for what is no policy."""
    if not isinstance(policy, Policy):
        raise InvalidOption(f"policy={policy!r}: give a Policy, such as Policy(confirm='writes').")


def decide(policy: Policy, tool: Tool) -> tuple[Decision, str]:
    """Decide about one call, and say why where it is not simply allowed.

    A dry run shows a request that is not sent: nobody has to agree to it.
    """
    effect = policy.effect(tool)
    only_reads = effect is Effect.READ
    what = f"{tool.name} ({tool.operation.key}) {_VERBS[effect]}"
    if policy.read_only and not only_reads:
        return Decision.REFUSE, f"{what}, and this client is read-only."
    if policy.dry_run or policy.confirm == "none":
        return Decision.ALLOW, ""
    if policy.confirm == "writes" and only_reads:
        return Decision.ALLOW, ""
    return (
        Decision.ASK,
        f"{what}: that needs somebody's approval (approve=, or send(prepared, approved=True)).",
    )
