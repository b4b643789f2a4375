"""The words that all nouns share: JSON values, and the absence of one."""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, TypeAlias

Json: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Any]
Schema: TypeAlias = dict[str, Any] | bool


class _Absent(Enum):
    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = _Absent.ABSENT
"""No value at all, where `None` would be JSON's null."""
