"""The strict subset of JSON Schema that each vendor takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_COMMON_FORMATS: Final = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
)


@dataclass(frozen=True, slots=True)
class Subset:
    """The keywords and formats that one vendor takes beside types, enums, `anyOf` and references.

    `optional_may_be_missing` says that an optional property may be left out. Elsewhere each
    property is required, and null stands for "left out".
    """

    formats: frozenset[str]
    keywords: frozenset[str]
    optional_may_be_missing: bool = False


OPENAI: Final = Subset(
    _COMMON_FORMATS,
    frozenset(
        [
            "pattern",
            "minimum",
            "maximum",
            "exclusiveMinimum",
            "exclusiveMaximum",
            "multipleOf",
            "minItems",
            "maxItems",
        ]
    ),
)
"""https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas"""
ANTHROPIC: Final = Subset(
    _COMMON_FORMATS | {"uri"}, frozenset({"pattern"}), optional_may_be_missing=True
)
"""https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations"""
