"""Search tools by what a question says.

What a search gives is made of two parts: the tools whose words fit best, and the entry points that
give the ids these need.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from openapi2tools.tools.search.entry_points import EntryPoints
from openapi2tools.tools.search.index import Posting, WordIndex
from openapi2tools.tools.search.operation_words import operation_words, title_words
from openapi2tools.tools.search.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Tool


_TITLE_BONUS: Final = 0.6  # chosen with benchmarks/retrieval.py
_RERANKED: Final = 50
_FORMAT_VERSION: Final = 2  # of `to_bytes`; another one is not read


class Hit(NamedTuple):
    """A tool that fits a question. An entry point, which gives ids that others need, scores 0."""

    tool: str
    score: float


@dataclass(frozen=True, slots=True)
class SearchIndex:
    """Everything that searching a set of tools takes."""

    names: tuple[str, ...]
    titles: tuple[frozenset[str], ...]  # the words of each summary, or else of the name
    index: WordIndex
    entry_points: EntryPoints

    @classmethod
    def of(cls, tools: Mapping[str, Tool]) -> SearchIndex:
        """Make the index of some tools."""
        documents = [
            operation_words(tool.operation, name, tool.api) for name, tool in tools.items()
        ]
        starts = EntryPoints.of((tool.operation, tool.api) for tool in tools.values())
        titles = tuple(frozenset(title_words(tool.operation, name)) for name, tool in tools.items())
        return cls(tuple(tools), titles, WordIndex.of(documents), starts)

    def search(self, query: str, k: int = 10) -> list[Hit]:
        """Return at most `k` tools that fit a question, the best first, then entry points."""
        best = self._best(words(query), k)
        numbers = [posting.document for posting in best]
        starts = self.entry_points.for_hits(numbers)[: k // 3]
        room = max(k - len(starts), 1)
        kept = [posting for posting in best if posting.document not in starts][:room]
        hits = [Hit(self.names[document], round(score, 2)) for document, score in kept]
        hits += [Hit(self.names[number], 0.0) for number in starts]
        return hits[:k]

    def _best(self, query: list[str], k: int) -> list[Posting]:
        """Return the best operations; those whose whole title the query speaks of come first."""
        asked = set(query)

        def with_title(hit: Posting) -> Posting:
            title = self.titles[hit.document]
            share = len(title & asked) / len(title) if title else 0.0
            return Posting(hit.document, hit.score * (1 + _TITLE_BONUS * share))

        found = map(with_title, self.index.search(query, max(_RERANKED, k)))
        return sorted(found, key=lambda hit: (-hit.score, hit.document))[:k]

    def to_bytes(self) -> bytes:
        """Write the index, for `from_bytes`."""
        return orjson.dumps(
            {
                "version": _FORMAT_VERSION,
                "names": self.names,
                "titles": [sorted(title) for title in self.titles],
                "index": self.index.to_json(),
                "needs": self.entry_points.needs,
                "givers": self.entry_points.givers,
            }
        )

    @classmethod
    def from_bytes(cls, content: bytes) -> SearchIndex | None:
        """Read what `to_bytes` wrote; None for anything else, such as a damaged file."""
        try:
            value = orjson.loads(content)
            if value["version"] != _FORMAT_VERSION:
                return None
            names = tuple(value["names"])
            titles = tuple(frozenset(title) for title in value["titles"])
            entry_points = EntryPoints(tuple(map(tuple, value["needs"])), dict(value["givers"]))
            index = WordIndex.from_json(value["index"])
        except (ValueError, KeyError, TypeError, IndexError):
            return None
        sizes = {len(entry_points.needs), len(titles), len(names)}
        if len(sizes) > 1 or index.size > len(names):
            return None
        return cls(names, titles, index, entry_points)


def search(tools: Mapping[str, Tool], query: str, *, k: int = 10) -> list[Hit]:
    """Find the tools that fit a question.

    Args:
        tools: The tools to choose from, of one API or of several.
        query: What is to be done, in any words; a mistyped one still finds.
        k: How many hits are wanted at most.

    Returns:
        The best hits first. Entry points, which give ids that these need, come last, with score 0.

    Example:
        search(tools, "cancel an order")[0].tool
    """
    return SearchIndex.of(tools).search(query, k)
