"""The options of one source, of a command that takes several."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from openapi2tools.cli.by_name.source import SavedSource
from openapi2tools.cli.options.calling import CallOptions
from openapi2tools.cli.options.reading import ReadingOptions
from openapi2tools.cli.options.selection import SelectionOptions

GROUPS_OF_A_SOURCE: Final = {
    "reading": ReadingOptions,
    "selection": SelectionOptions,
    "call_options": CallOptions,
}


@dataclass(frozen=True)
class SourceOptions:
    """A source, and what is typed or saved of it; `typed` is what is typed, for all sources."""

    source: str
    reading: ReadingOptions
    selection: SelectionOptions
    call_options: CallOptions
    typed: CallOptions

    @property
    def is_saved(self) -> bool:
        """Whether it is a saved API, with settings of its own."""
        return isinstance(self.source, SavedSource)

    @property
    def label(self) -> str:
        """The name of a saved API; empty for a document."""
        return self.source.api.name if isinstance(self.source, SavedSource) else ""


OfSource: TypeAlias = Callable[[str], SourceOptions]
"""Returns the options of a source."""
