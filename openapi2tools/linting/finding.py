"""Findings of the checks of operations, fields and costs, and what they advise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from openapi2tools.linting.descriptions import written_text
from openapi2tools.model import Problem

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject, Severity

DESCRIBE_OPERATION: Final = (
    "say in one sentence what this operation does, when to use it, and what it returns."
)
SUMMARIZE_OPERATION: Final = "say in a few words what this operation does."
DESCRIBE_FIELD: Final = "say what this is, in which format, and where a value comes from."


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem, and what an Overlay would have to write at its pointer."""

    problem: Problem
    fix: JsonObject | None = None


def make_finding(
    kind: str,
    message: str,
    pointer: str,
    severity: Severity,
    *,
    advice: str,
    fix: JsonObject | None = None,
) -> Finding:
    """Return a finding with its problem."""
    return Finding(Problem(kind, message, pointer, severity, advice), fix)


def todo_description(task: str, current: str = "") -> JsonObject:
    """Return a fix that asks for a description, and keeps the current one."""
    if written_text(current):
        return {"description": f"TODO: {task} (now: {current})"}
    return {"description": f"TODO: {task}"}


def as_sentence(task: str) -> str:
    """Return a task with a capital letter, for advice."""
    return task[:1].upper() + task[1:]
