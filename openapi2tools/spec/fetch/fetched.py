"""The bytes of one document as they were fetched."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openapi2tools.model import Problem


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document's bytes, and where they came from.

    `address` is the one after redirects, without user, query and fragment; None for text and
    standard input. `link_header` is the answer's `Link` header, empty without one. `may_be_kept`
    says that it is no secret of whoever fetched it: it may be written to the cache folder.
    """

    data: bytes = field(repr=False)
    address: str | None = None
    problems: tuple[Problem, ...] = ()
    link_header: str = ""
    may_be_kept: bool = False
