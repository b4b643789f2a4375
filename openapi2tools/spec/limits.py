"""How much a document may cost: bytes, documents, seconds and expanded values."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds that keep a hostile document from taking this program down; beyond one, a `SpecError` says which.

    The defaults are about ten times what the largest public documents need.
    """

    max_bytes: int = 64 * MIB
    """One document, after decompression."""
    max_values: int = 8 * MIB
    """Values in one document, by the signs that divide them (commas, brackets, line breaks), those within texts included."""
    max_total_bytes: int = 256 * MIB
    """All documents that are joined into one."""
    max_documents: int = 10_000
    """Documents that are joined into one, the first included."""
    max_expanded: int = 32 * MIB
    """Characters and values that YAML aliases, or references that no component can stand for, write out; a bomb's are billions."""
    seconds: float = 30.0
    """One fetch, from connecting to the last byte."""
    total_seconds: float = 120.0
    """All fetches of one load."""
