"""One change of a tool, as a model meets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

ChangeKind: TypeAlias = Literal[
    "tool-added",
    "tool-removed",
    "tool-renamed",
    "argument-added",
    "argument-removed",
    "argument-required",
    "argument-narrowed",
    "argument-widened",
    "description-changed",
    "effect-changed",
]
"""What kind of change it is; these words are also those of `diff --json`."""
_ALWAYS_BREAKING: Final = frozenset(
    {
        "tool-removed",
        "tool-renamed",
        "argument-removed",
        "argument-required",
        "argument-narrowed",
    }
)


@dataclass(frozen=True, slots=True)
class Change:
    """What is not as it was, of one tool or of one of its arguments.

    Attributes:
        kind: What kind of change it is.
        tool: The tool's name; of one that is gone, its old name.
        message: What changed, in a sentence without the tool's name.
        argument: The argument, with the fields within it: `filter.min`; empty for the tool itself.
        is_breaking: Whether a call that was right before may be wrong now, or graver.
    """

    kind: ChangeKind
    tool: str
    message: str
    argument: str = ""
    is_breaking: bool = False


def change_of(kind: ChangeKind, tool: str, message: str, argument: str = "") -> Change:
    """Return a change; whether it breaks calls follows from its kind."""
    return Change(kind, tool, message, argument, kind in _ALWAYS_BREAKING)
