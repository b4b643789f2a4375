"""What the questions of a record say: the arguments they mention, and the numbers they name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.model import Schema

_WORD: Final = re.compile(r"[\w@.:/+-]*[\w/]")
_NUMBER_LIST: Final = r"(\d+(?:(?:,| and| or|, and)\s*#?\d+)*)"
# Shorter words are in too many questions to mean anything.
_MIN_MENTION_CHARS: Final = 3


class QuestionWords:
    """The texts of the questions of a record."""

    def __init__(self, questions: Sequence[str]) -> None:
        self._questions = questions
        self._normalized_questions = [_normalized(question) for question in questions]

    def mentions(self, name: str, schema: Schema) -> bool:
        """Return whether an argument is mentioned: a word of its name, or one of its values."""
        candidates = _normalized(name).split()
        candidates += [_normalized(value) for value in _listed_texts(schema)]
        return any(
            len(candidate) >= _MIN_MENTION_CHARS and self._contains(candidate)
            for candidate in candidates
        )

    def only_mentioned_values(self, schema: Schema) -> Schema:
        """Return a schema whose enum has only the values that are mentioned; all if none is."""
        if not isinstance(schema, dict):
            return schema
        if "items" in schema:
            return {**schema, "items": self.only_mentioned_values(schema["items"])}
        if "anyOf" in schema:
            branches = [self.only_mentioned_values(branch) for branch in schema["anyOf"]]
            return {**schema, "anyOf": branches}
        values = [
            value
            for value in schema.get("enum", ())
            if isinstance(value, str) and self._contains(_normalized(value))
        ]
        return {**schema, "enum": values} if values else schema

    def numbers_of(self, resource: str) -> list[int]:
        """Return the numbers that identify a resource: `pet 7`, `id 7`, `#7`, `pets 1, 2`."""
        introductions = r"\bids?\b|\bnumbers?\b|\bno\.?|#"
        if resource:
            introductions += rf"|\b{re.escape(resource)}\w*"
        pattern = re.compile(rf"(?:{introductions})\W{{0,3}}{_NUMBER_LIST}", re.IGNORECASE)
        numbers: list[int] = []
        for question in self._questions:
            for match in pattern.finditer(question):
                numbers += [int(digits) for digits in re.findall(r"\d+", match[1])]
        return numbers

    def words(self) -> list[str]:
        """Return every word, each of which may be an identifier."""
        return [word for question in self._questions for word in _WORD.findall(question)]

    def _contains(self, normalized_text: str) -> bool:
        return any(normalized_text in question for question in self._normalized_questions)


def _normalized(text: str) -> str:
    """Return a text's words in lower case: `max price` for `maxPrice` and `max_price`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return " ".join(re.findall(r"[a-z]+|[0-9]+", spaced.lower()))


def _listed_texts(schema: Schema) -> list[str]:
    """Return the texts in the enum of a value, or of a list's items."""
    if not isinstance(schema, dict):
        return []
    texts = [value for value in schema.get("enum", ()) if isinstance(value, str)]
    if "items" in schema:
        texts += _listed_texts(schema["items"])
    for branch in schema.get("anyOf", ()):
        texts += _listed_texts(branch)
    return texts
