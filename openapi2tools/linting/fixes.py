"""Make an OpenAPI Overlay of a report, with a TODO wherever a description is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.linting.report import Report
    from openapi2tools.model import JsonObject, Problem


def fix_overlay(report: Report) -> JsonObject:
    """Return an Overlay (1.0.0) with the fixes of a report, to be filled in.

    It applies as it is: fill in its TODOs, and remove the actions of what needs no change. Of a
    document that was joined from several, the root may not hold every target.

    Args:
        report: what `lint` returned for a document.

    Example:
        >>> overlay = fix_overlay(lint(load("openapi.yaml")))
    """
    actions = [{"target": target, "update": update} for target, update in report.fixes.items()]
    return {
        "overlay": "1.0.0",
        "info": {"title": f"Fixes for {report.title}", "version": "1.0.0"},
        "actions": actions,
    }


def without_unmatched(overlay: JsonObject, problems: Iterable[Problem]) -> JsonObject:
    """Return the Overlay without the actions that matched nothing.

    `problems` are those of applying this Overlay.
    """
    unmatched = {
        problem.pointer
        for problem in problems
        if problem.kind == "overlay-no-match" and problem.address is None
    }
    actions = [
        action
        for index, action in enumerate(overlay["actions"])
        if f"/actions/{index}" not in unmatched
    ]
    return {**overlay, "actions": actions}
