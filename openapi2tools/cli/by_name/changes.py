"""Say what changed in the document of a saved API, for a model that knew it before."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from openapi2tools.cli.by_name.source import SavedSource
from openapi2tools.cli.console import counted, say

if TYPE_CHECKING:
    from openapi2tools.cli.options.reading import ReadingOptions
    from openapi2tools.cli.options.selection import SelectionOptions
    from openapi2tools.model import Toolset


def say_what_changed(
    source: str, tools: Toolset, reading: ReadingOptions, selection: SelectionOptions
) -> None:
    """Keep the tools of a saved API, and say how they differ from those known before.

    They are comparable only when they were made as the file says.
    """
    if not isinstance(source, SavedSource):
        return
    settings = source.api.settings
    typed = (reading.overlay, selection.prefix, selection.name_length)
    saved = (
        settings.get("overlays", []),
        settings.get("tools.prefix", ""),
        settings.get("tools.name_length", type(selection).name_length),
    )
    if typed != saved:
        return
    from openapi2tools.config.known import KnownTools  # noqa: PLC0415 -- only for who has a saved API

    changes = KnownTools(source.api).update(source.api.choose(tools))
    if not changes:
        return
    kinds = Counter(change.kind.replace("-", " ") for change in changes)
    counts = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items())
    name = source.api.name
    breaking_count = sum(change.is_breaking for change in changes)
    say(
        f"Note: the document of {name} has changed: {counts}; "
        f"{counted(breaking_count, 'change')} may break calls. "
        f"`openapi2tools diff {name}` shows them."
    )
