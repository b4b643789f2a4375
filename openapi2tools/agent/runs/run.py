"""A run that is kept in a database, as people see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Json

RunState: TypeAlias = Literal[
    "queued", "running", "waiting", "answered", "incomplete", "failed", "cancelled"
]
"""Where a run stands.

- `queued`: the next worker that is free takes it;
- `running`: a worker has it;
- `waiting`: somebody has to approve a call, or to settle one;
- `answered`: there is an answer;
- `incomplete`: the run ended at a limit, with what it had;
- `failed`: it could not go on;
- `cancelled`: somebody said so.
"""
STATES: Final[tuple[RunState, ...]] = get_args(RunState)
ENDED: Final[tuple[RunState, ...]] = ("answered", "incomplete", "failed", "cancelled")
"""Those in which nobody does anything, unless somebody has it go on."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that is kept in a database; `Runs.session` is its record.

    Attributes:
        id: What it is called.
        agent: The name of the agent that acts, or of its API.
        question: What it was asked last.
        state: Where it stands.
        text: The answer, or why there is none: what is waited for, what went wrong.
        created: When it was submitted (ISO 8601).
        changed: When something happened last.
        options: What the agent is made with, where that takes more than its name. No secret is
            among it.
        leg: How often it was taken up: a leg lasts until an answer, a question or a limit.
    """

    id: str
    agent: str
    question: str
    state: RunState
    text: str = ""
    created: str = ""
    changed: str = ""
    options: Mapping[str, Json] = field(default_factory=dict, repr=False)
    leg: int = 1
