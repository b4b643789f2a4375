"""Recognize URLs among paths and names."""

from __future__ import annotations

from typing import Final

LOOPBACK_HOSTS: Final = ("127.0.0.1", "localhost", "::1")
_SCHEMES: Final = ("http://", "https://")


def is_url(address: str) -> bool:
    """Return whether a text is an http or https URL rather than a path or a name."""
    return address[:8].lower().startswith(_SCHEMES)
