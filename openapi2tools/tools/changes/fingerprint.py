"""One text that stands for a tool as a model sees it: two that differ are two different tools."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from openapi2tools._core.json import exact_json

if TYPE_CHECKING:
    from openapi2tools.model import Tool


def fingerprint(tool: Tool) -> str:
    """Return a hash of what a tool is called, says, takes, does and calls."""
    parts = (
        tool.name,
        tool.description,
        tool.schema,
        tool.effect.value,
        tool.operation.key,
    )
    return sha256(exact_json.dumps(parts, sort_keys=True).encode()).hexdigest()
