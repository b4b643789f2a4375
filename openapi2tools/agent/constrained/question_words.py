"""What the questions of a record say: the arguments they mention, and the numbers they name.

Chinese writes words without spaces between them, nor around what stands there in Latin letters.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.model import Schema

_WORD: Final = re.compile(r"[\w@.:/+-]*[\w/]")
_NUMBER_LIST: Final = r"(\d+(?:(?:,|\ and|\ or|,\ and|、|和|或)\s*\#?\d+)*)"
# Shorter words are in too many questions to mean anything.
_MIN_MENTION_CHARS: Final = 3
_HAN: Final = r"[\u3400-\u9fff]"
_HAN_EDGE: Final = re.compile(rf"(?<={_HAN})(?=[a-zA-Z0-9])|(?<=[a-zA-Z0-9])(?={_HAN})")
# 订单12, 宠物 7 的名字, 7号; no date, no amount.
_HAN_NUMBERS: Final = re.compile(
    rf"""
    (?: (?<={_HAN}) (?<![年月日]) \s? \#? {_NUMBER_LIST} | (?<![年月日\d]) (\d+) (?=\s?号) )
    (?! \d | [.:/-]\d | \s?[%个本只件张台条次元块年月日天晚夜周岁位份度点分] )
    """,
    re.VERBOSE,
)


class QuestionWords:
    """The texts of the questions of a record."""

    def __init__(self, questions: Sequence[str]) -> None:
        self._questions = questions
        self._normalized_questions = [_normalized(question) for question in questions]

    def mentions(self, name: str, schema: Schema) -> bool:
        """Return whether an argument is mentioned: a word of its name, or one of its values.

        Of a description in Chinese it is two characters that stand together in what comes first.
        """
        candidates = _normalized(name).split()
        candidates += [_normalized(value) for value in _listed_texts(schema)]
        candidates += _han_pairs(schema)
        return any(_is_telling(candidate) and self._contains(candidate) for candidate in candidates)

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
            for match in (*pattern.finditer(question), *_HAN_NUMBERS.finditer(question)):
                numbers += [
                    int(digits) for digits in re.findall(r"\d+", match[match.lastindex or 0])
                ]
        return numbers

    def words(self) -> list[str]:
        """Return every word, each of which may be an identifier."""
        return words_of(self._questions)

    def _contains(self, normalized_text: str) -> bool:
        return any(normalized_text in question for question in self._normalized_questions)


def words_of(texts: Sequence[str]) -> list[str]:
    """Return every word of texts; what stands between Chinese characters is one of its own, too."""
    return [
        word
        for text in texts
        for spaced in (text, _HAN_EDGE.sub(" ", text))
        for word in _WORD.findall(spaced)
    ]


def _normalized(text: str) -> str:
    """Return a text's words in lower case: `max price` for `maxPrice` and `max_price`."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return " ".join(re.findall(r"[^\W\d_]+|\d+", spaced.lower()))


def _is_telling(candidate: str) -> bool:
    """Return whether a text is long enough to mean something; a Chinese word has two characters."""
    is_han = re.match(_HAN, candidate) is not None
    return len(candidate) >= (2 if is_han else _MIN_MENTION_CHARS)


def _han_pairs(schema: Schema) -> list[str]:
    """Return each two Chinese characters that stand together where a description begins."""
    description = schema.get("description") if isinstance(schema, dict) else None
    beginning = re.match(r"[\w\s]*", str(description or ""))
    text = beginning[0] if beginning else ""
    return re.findall(rf"(?=({_HAN}{{2}}))", text)


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
