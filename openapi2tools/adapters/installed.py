"""Whether the package that an adapter is for is installed."""

from __future__ import annotations

from importlib.util import find_spec

from openapi2tools._core.installed import install_command
from openapi2tools.errors import OpenAPI2ToolsError


def require(module: str, extra: str) -> None:
    """Raise OpenAPI2ToolsError when a module that an extra brings is not there."""
    if find_spec(module) is None:
        raise OpenAPI2ToolsError(f"{extra} is not installed: {install_command(extra)}")
