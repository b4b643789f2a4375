"""How much a document may cost: bytes, documents, seconds and values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from openapi2tools._core.reader import for_reader

_MIB: Final = 1024 * 1024


def raise_limit(name: str) -> str:
    """Return the words that tell to raise a limit."""
    return for_reader(f"Raise Limits.{name}", f"Raise --limit {name.replace('_', '-')}=N")


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds that keep a hostile document from taking this program down.

    Beyond one of them, a `SpecError` says which. The defaults are about ten times what the largest
    public documents need.
    """

    max_bytes: int = 64 * _MIB
    """Bytes of one document, after decompression."""
    max_values: int = 8 * _MIB
    """Values in one document.

    What is counted are the signs that divide them (commas, brackets, line breaks), those within
    texts included.
    """
    max_total_bytes: int = 256 * _MIB
    """Bytes of all documents that are joined into one."""
    max_documents: int = 10_000
    """Documents that are joined into one, the first included."""
    max_expanded: int = 32 * _MIB
    """Characters and values that are written out, where a text is repeated by reference.

    Counted are YAML aliases, and references that no component can stand for. A bomb's are
    billions.
    """
    seconds: float = 30.0
    """Seconds of one fetch, from connecting to the last byte."""
    total_seconds: float = 120.0
    """Seconds of all fetches of one load."""
