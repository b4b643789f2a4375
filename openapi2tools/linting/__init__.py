"""Report how ready a document is for tools: a score, findings, and an Overlay to fill in."""

from openapi2tools.linting.fixes import fix_overlay
from openapi2tools.linting.report import Report, lint

__all__ = ["Report", "fix_overlay", "lint"]
