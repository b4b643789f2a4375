"""How tool-ready a document is: an Api in, a score, what is in the way, and an Overlay to fill in out."""

from openapi2tools.linting.fixes import fix_overlay
from openapi2tools.linting.report import Report, lint

__all__ = ["Report", "fix_overlay", "lint"]
