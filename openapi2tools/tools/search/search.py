"""Search tools by what a question says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from openapi2tools.tools.search.entry_points import EntryPoints
from openapi2tools.tools.search.index import WordIndex
from openapi2tools.tools.search.operation_words import operation_words
from openapi2tools.tools.search.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Tool


class Hit(NamedTuple):
    """A tool that fits a question. An entry point, which gives ids that others need, scores 0."""

    tool: str
    score: float


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """Everything that searching a set of tools takes."""

    names: tuple[str, ...]
    index: WordIndex
    entry_points: EntryPoints

    @classmethod
    def of(cls, tools: Mapping[str, Tool]) -> SearchIndex:
        """Make the index of some tools."""
        documents = [
            operation_words(tool.operation, name, tool.api) for name, tool in tools.items()
        ]
        starts = EntryPoints.of((tool.operation, tool.api) for tool in tools.values())
        return cls(tuple(tools), WordIndex.of(documents), starts)

    def search(self, query: str, k: int = 10) -> list[Hit]:
        """Return at most `k` tools that fit a question, the best first, and what gives their ids."""
        found = self.index.search(words(query), k)
        starts = self.entry_points.for_hits([each.document for each in found])
        kept = [each for each in found if each.document not in starts][: max(k - len(starts), 1)]
        hits = [Hit(self.names[each.document], round(each.score, 2)) for each in kept]
        return (hits + [Hit(self.names[number], 0.0) for number in starts])[:k]
