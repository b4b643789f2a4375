"""An index of words, scored by BM25 with weighted fields."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from heapq import nlargest
from math import log
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from openapi2tools.tools.search.words import stem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SATURATION: Final = 2.0  # BM25's k1: how soon more of the same word adds nothing
_LENGTH_SHARE: Final = 0.4  # BM25's b: how much long texts are held back
_MAX_POSTINGS: Final = 500  # of one word; one that stands everywhere tells little
_PREFIX_SHARE: Final = 0.6  # what a word counts that only begins like one in the index
_TYPO_SHARE: Final = 0.5  # what a word counts that is one mistyped character away
_MIN_PREFIX_CHARS: Final = 4
_MAX_EXPANSIONS: Final = 8
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


class Posting(NamedTuple):
    """One document that holds a word, and what the word adds to its score."""

    document: int
    score: float


@dataclass(frozen=True, slots=True)
class WordIndex:
    """Which documents hold a word, the best first.

    `words` is sorted; the postings of each word stand at its index in `postings`.
    """

    words: tuple[str, ...]
    postings: tuple[tuple[Posting, ...], ...]

    @classmethod
    def of(cls, documents: Iterable[Mapping[str, float]]) -> WordIndex:
        """Make an index of documents, each given as its words and their weighted counts."""
        counted = [Counter(document) for document in documents]
        lengths = [sum(document.values()) for document in counted]
        average = (sum(lengths) / len(lengths) if lengths else 0) or 1.0
        holders: dict[str, list[tuple[int, float]]] = {}
        for number, document in enumerate(counted):
            norm = _SATURATION * (1 - _LENGTH_SHARE + _LENGTH_SHARE * lengths[number] / average)
            for word, count in document.items():
                part = count * (_SATURATION + 1) / (count + norm)
                holders.setdefault(word, []).append((number, part))
        words = tuple(sorted(holders))
        return cls(words, tuple(_scored(holders[word], len(counted)) for word in words))

    @property
    def size(self) -> int:
        """One more than the highest number of a document."""
        return max((each.document for found in self.postings for each in found), default=-1) + 1

    def search(self, query: Sequence[str], limit: int) -> list[Posting]:
        """Return the best documents for the words of a query, the best first."""
        scores: dict[int, float] = {}
        for word, count in Counter(query).items():
            for index, share in self._matches(word):
                weight = share * min(count, 2)
                for document, score in self.postings[index]:
                    scores[document] = scores.get(document, 0.0) + weight * score
        best = nlargest(limit, scores.items(), key=lambda item: (item[1], -item[0]))
        return [Posting(document, score) for document, score in best]

    def _matches(self, word: str) -> list[tuple[int, float]]:
        """Return the words of the index that a word of a query means, and what each counts."""
        found = self._find(word)
        if found is not None:
            return [(found, 1.0)]
        longer = self._with_prefix(word)
        if longer:
            return [(index, _PREFIX_SHARE) for index in longer]
        found_typos = {self._find(stem(other)) for other in _one_edit_away(word)}
        typos = [index for index in found_typos if index is not None]
        return [(index, _TYPO_SHARE) for index in sorted(typos)[:_MAX_EXPANSIONS]]

    def _find(self, word: str) -> int | None:
        index = bisect_left(self.words, word)
        return index if index < len(self.words) and self.words[index] == word else None

    def _with_prefix(self, word: str) -> list[int]:
        if len(word) < _MIN_PREFIX_CHARS:
            return []
        start = bisect_left(self.words, word)
        end = start
        while end < len(self.words) and self.words[end].startswith(word):
            end += 1
        return list(range(start, min(end, start + _MAX_EXPANSIONS)))

    def to_json(self) -> dict[str, Any]:
        """Return the index as JSON: the words, and for each its documents and scores."""
        return {
            "words": self.words,
            "documents": [[each.document for each in found] for found in self.postings],
            "scores": [[round(each.score, 4) for each in found] for found in self.postings],
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> WordIndex:
        """Read what `to_json` wrote."""
        postings = zip(value["documents"], value["scores"], strict=True)
        return cls(
            tuple(value["words"]),
            tuple(tuple(map(Posting, *each)) for each in postings),
        )


def _scored(holders: list[tuple[int, float]], total: int) -> tuple[Posting, ...]:
    rarity = log(1 + (total - len(holders) + 0.5) / (len(holders) + 0.5))
    best = nlargest(_MAX_POSTINGS, holders, key=lambda item: (item[1], -item[0]))
    return tuple(Posting(number, part * rarity) for number, part in best)


def _one_edit_away(word: str) -> set[str]:
    """Return the words that one wrong, missing, additional or swapped character away are."""
    if len(word) < _MIN_PREFIX_CHARS or not word.isascii():
        return set()
    splits = [(word[:index], word[index:]) for index in range(len(word) + 1)]
    shorter = {left + right[1:] for left, right in splits if right}
    swapped = {left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1}
    replaced = {left + char + right[1:] for left, right in splits if right for char in _ALPHABET}
    longer = {left + char + right for left, right in splits for char in _ALPHABET}
    return shorter | swapped | replaced | longer
