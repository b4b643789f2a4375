"""A document in, every text in it that a reader cannot see or that speaks to a model out: descriptions are untrusted input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools import pointer
from openapi2tools.model import Problem
from openapi2tools.tools.describe import addresses_model, hidden_characters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Api, Json

_TEXTS: Final = frozenset({"description", "summary", "title"})


def check_texts(api: Api) -> Iterator[Problem]:
    """Give a problem for each such description, summary and title."""
    for place, text in _texts(api.document):
        if hidden := hidden_characters(text):
            message = f"This text holds characters that nobody sees: {', '.join(hidden)}."
            yield Problem("hidden-characters", message, place, "warning", "Take them out: a model reads them.")
        if spoken := addresses_model(text):
            message = f"This text speaks to a model: {'; '.join(map(repr, spoken))}."
            yield Problem("addresses-model", message, place, "error", "Read it as an attack until you know who wrote it, and rewrite it.")


def _texts(document: Json) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[str, Json]] = [("", document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, dict):
            for key, inner in value.items():
                if isinstance(inner, str):
                    if key in _TEXTS:
                        yield pointer.join(place, key), inner
                elif isinstance(inner, dict | list):
                    waiting.append((pointer.join(place, str(key)), inner))
        elif isinstance(value, list):
            waiting += [(pointer.join(place, index), inner) for index, inner in enumerate(value) if isinstance(inner, dict | list)]
