"""Search tools by what a question says.

What a search gives is made of two parts: the tools whose words fit best, and the entry points that
give the ids these need.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import orjson

from openapi2tools.tools.search.entry_points import EntryPoints
from openapi2tools.tools.search.index import WordIndex
from openapi2tools.tools.search.operation_words import operation_words
from openapi2tools.tools.search.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Tool


_FORMAT_VERSION: Final = 1  # of `to_bytes`; another one is not read


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
        """Return at most `k` tools that fit a question, the best first, then entry points."""
        found = self.index.search(words(query), k)
        starts = self.entry_points.for_hits([each.document for each in found])[: k // 3]
        kept = [each for each in found if each.document not in starts][: max(k - len(starts), 1)]
        hits = [Hit(self.names[each.document], round(each.score, 2)) for each in kept]
        return (hits + [Hit(self.names[number], 0.0) for number in starts])[:k]

    def to_bytes(self) -> bytes:
        """Write the index, for `from_bytes`."""
        return orjson.dumps(
            {
                "version": _FORMAT_VERSION,
                "names": self.names,
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
            entry_points = EntryPoints(tuple(map(tuple, value["needs"])), dict(value["givers"]))
            index = WordIndex.from_json(value["index"])
        except (ValueError, KeyError, TypeError, IndexError):
            return None
        if len(entry_points.needs) != len(names) or index.size > len(names):
            return None
        return cls(names, index, entry_points)


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
