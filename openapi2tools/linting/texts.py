"""A document in, every text in it that a reader cannot see or that speaks to a model out: whoever wrote the document wrote them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools.linting.addressing import addresses_model
from openapi2tools.model import Problem
from openapi2tools.tools.text.invisible import invisible_characters
from openapi2tools.tools.text.markdown_to_text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.model import Api, Json

_SHOWN: Final = 5  # characters, or phrases, of one text


def check_texts(api: Api) -> Iterator[Problem]:
    """Give a problem for each such text: any value and any name may reach a model."""
    known: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for place, text, what in _texts(api.document):
        if text not in known:
            known[text] = invisible_characters(text), _spoken(text)
        hidden, spoken = known[text]
        if hidden:
            message = f"This {what} holds characters that nobody sees: {_listed(hidden)}."
            yield Problem(
                "hidden-characters",
                message,
                place,
                "warning",
                "Take them out: a model may read them.",
            )
        if spoken:
            message = f"This {what} speaks to a model: {_listed(tuple(map(repr, spoken)))}."
            yield Problem(
                "addresses-model",
                message,
                place,
                "error",
                "Read it as an attack until you know who wrote it, and rewrite it.",
            )


def _spoken(text: str) -> tuple[str, ...]:
    """Look at a text as written, and as a model reads it, without the marks that could keep its words apart."""
    read = clean_text(text)
    return addresses_model(text) or (addresses_model(read) if read != text else ())


def _listed(found: tuple[str, ...]) -> str:
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return ", ".join(found[:_SHOWN]) + more


def _texts(document: Json) -> Iterator[tuple[str, str, str]]:
    """Give every text of a document with its pointer, the names of things as well as what is said of them."""
    waiting: list[tuple[str, Json]] = [("", document)]
    while waiting:
        place, value = waiting.pop()
        if isinstance(value, str):
            yield place, value, "text"
        elif isinstance(value, dict):
            for key, inner in value.items():
                here = pointer.join(place, key)
                yield here, key, "name"
                waiting.append((here, inner))
        elif isinstance(value, list):
            waiting += [(pointer.join(place, index), inner) for index, inner in enumerate(value)]
