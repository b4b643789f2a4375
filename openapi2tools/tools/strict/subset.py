"""What a vendor's strict schemas may say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_FORMATS: Final = frozenset(
    {"date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"}
)


@dataclass(frozen=True, slots=True)
class Subset:
    """The keywords and formats that one vendor takes beside types, enums, `anyOf` and references.

    `absence` says that an optional property may be missing; elsewhere each is required, and null
    stands for "left out".
    """

    formats: frozenset[str]
    keywords: frozenset[str]
    absence: bool = False


OPENAI: Final = Subset(
    _FORMATS,
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
ANTHROPIC: Final = Subset(_FORMATS | {"uri"}, frozenset({"pattern"}), absence=True)
"""https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations"""
