"""A report in, an OpenAPI Overlay with a TODO at each place that needs a word out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools._core import pointer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.linting.report import Report
    from openapi2tools.model import Json, JsonObject, Problem


def fix_overlay(report: Report) -> JsonObject:
    """Give an Overlay (1.0.0) that applies as it is: fill in its TODOs, leave out what needs no change.

    Of a document that was joined from several, the root may not hold every target.
    """
    actions = [{"target": target, "update": update} for target, update in report.fixes.items()]
    return {
        "overlay": "1.0.0",
        "info": {"title": f"Fixes for {report.title}", "version": "1.0.0"},
        "actions": actions,
    }


def without(overlay: JsonObject, problems: Iterable[Problem]) -> JsonObject:
    """Leave out the actions that matched nothing, as the problems of applying this Overlay tell."""
    idle = {
        problem.pointer
        for problem in problems
        if problem.kind == "overlay-no-match" and problem.address is None
    }
    actions = [
        action for index, action in enumerate(overlay["actions"]) if f"/actions/{index}" not in idle
    ]
    return {**overlay, "actions": actions}


def json_path(place: str, document: JsonObject) -> str:
    """Write a JSON pointer into a document as a normalized JSONPath (RFC 9535, section 2.7)."""
    path = "$"
    value: Json = document
    for token in pointer.split(place):
        path += f"[{token}]" if isinstance(value, list) else f"['{_quoted(token)}']"
        value = pointer.lookup(value, pointer.join("", token))
    return path


def _quoted(key: str) -> str:
    return "".join(
        {"'": "\\'", "\\": "\\\\"}.get(c, c if c >= " " else f"\\u{ord(c):04x}") for c in key
    )
