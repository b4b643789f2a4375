"""A report in, an OpenAPI Overlay with a TODO at each place that needs a word out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools import pointer

if TYPE_CHECKING:
    from openapi2tools.lint.report import Report
    from openapi2tools.model import JsonObject


def fix_overlay(report: Report) -> JsonObject:
    """Give an Overlay (1.0.0) that applies as it is: fill in its TODOs, leave out what needs no change."""
    actions = [{"target": json_path(place), "update": update} for place, update in sorted(report.fixes.items())]
    return {"overlay": "1.0.0", "info": {"title": f"Fixes for {report.title}", "version": "1.0.0"}, "actions": actions}


def json_path(place: str) -> str:
    """Write a JSON pointer as a normalized JSONPath (RFC 9535, section 2.7), list indexes as the keys they are."""
    return "$" + "".join(f"[{token}]" if token.isdecimal() else f"['{_quoted(token)}']" for token in pointer.split(place))


def _quoted(key: str) -> str:
    return "".join({"'": "\\'", "\\": "\\\\"}.get(c, c if c >= " " else f"\\u{ord(c):04x}") for c in key)
