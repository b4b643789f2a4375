"""Values as JSON: dataclasses as objects, bytes as base64, enums as their values."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any


def to_json(value: Any) -> Any:
    """Return a value as JSON: dataclasses as objects, bytes as base64, enums as their values."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if is_dataclass(value):
        return {each.name: to_json(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {name: _member_to_json(member) for name, member in value.items()}
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    return sorted(value) if isinstance(value, frozenset) else value


def _member_to_json(member: Any) -> Any:
    """Return a member of a mapping as JSON; JSON itself is left alone, however deep it is."""
    return to_json(member) if is_dataclass(member) or isinstance(member, tuple) else member
