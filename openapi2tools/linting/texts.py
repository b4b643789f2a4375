"""Find texts in a document that hide characters or that give orders to a model.

Whoever wrote the document wrote them, and any of them may reach a model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core import pointer
from openapi2tools.linting.prompt_injection import phrases_for_models
from openapi2tools.model import Problem
from openapi2tools.tools.text.invisible import invisible_characters
from openapi2tools.tools.text.markdown_to_text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Api, Json

_MAX_QUOTED: Final = 5  # characters, or phrases, of one text


class _Suspicions(NamedTuple):
    """What is suspicious in one text."""

    hidden: tuple[str, ...]
    phrases: tuple[str, ...]


def check_texts(api: Api) -> Iterator[Problem]:
    """Yield a problem for each suspicious text: any value and any name may reach a model."""
    known: dict[str, _Suspicions] = {}
    for text_pointer, text, what in _texts(api.document):
        if text not in known:
            known[text] = _Suspicions(invisible_characters(text), _phrases_for_models(text))
        hidden, phrases = known[text]
        if hidden:
            yield Problem(
                "hidden-characters",
                f"This {what} holds characters that nobody sees: {_join(hidden)}.",
                text_pointer,
                "warning",
                "Take them out: a model may read them.",
            )
        if phrases:
            quoted = tuple(map(repr, phrases))
            yield Problem(
                "addresses-model",
                f"This {what} speaks to a model: {_join(quoted)}.",
                text_pointer,
                "error",
                "Read it as an attack until you know who wrote it, and rewrite it.",
            )


def _phrases_for_models(text: str) -> tuple[str, ...]:
    """Search a text as written, and as a model reads it.

    A model reads it without the marks of Markdown, which could keep its words apart.
    """
    found = phrases_for_models(text)
    if found:
        return found
    cleaned = clean_text(text)
    return phrases_for_models(cleaned) if cleaned != text else ()


def _join(found: tuple[str, ...]) -> str:
    further = len(found) - _MAX_QUOTED
    ending = f" and {further} more" if further > 0 else ""
    return ", ".join(found[:_MAX_QUOTED]) + ending


def _texts(document: Json) -> Iterator[tuple[str, str, str]]:
    """Yield the pointer of every text and every name, the text, and which of the two it is."""
    pending: list[tuple[str, Json]] = [("", document)]
    while pending:
        here, value = pending.pop()
        if isinstance(value, str):
            yield here, value, "text"
        elif isinstance(value, dict):
            for key, inner in value.items():
                below = pointer.join(here, key)
                yield below, key, "name"
                pending.append((below, inner))
        elif isinstance(value, list):
            pending += [(pointer.join(here, index), inner) for index, inner in enumerate(value)]
