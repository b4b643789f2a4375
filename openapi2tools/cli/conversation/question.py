"""Tell the sources from the question among the arguments of `run`, and read the question."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from openapi2tools._core.urls import is_url

if TYPE_CHECKING:
    from collections.abc import Sequence


def split_words(words: Sequence[str]) -> tuple[list[str], str | None]:
    """Return the sources and the question; None where no question stands there.

    The last of several words is the question, unless it names a document.

    Raises:
        BadParameter: There is no source.
    """
    if not words:
        raise typer.BadParameter("give the OpenAPI document.", param_hint="SOURCE")
    last = words[-1]
    if len(words) == 1 or _is_document(last):
        return [*words], None
    return [*words[:-1]], last


def read_question(question: str | None, sources: Sequence[str], *, goes_on: bool) -> str | None:
    """Return the question, from standard input where it is `-` or missing.

    Args:
        question: What stands on the command line.
        sources: The documents, of which one may come from standard input.
        goes_on: Whether the run has something to go on with, so that no question is needed.

    Raises:
        BadParameter: There is no question, and nothing to go on with.
    """
    if question is not None and question != "-":
        return question
    is_taken = "-" in sources
    if question == "-" and is_taken:
        raise typer.BadParameter(
            "the document comes from standard input already; give the question here.",
            param_hint="QUESTION",
        )
    if question is None and (goes_on or is_taken or sys.stdin.isatty()):
        text = ""
    else:
        text = sys.stdin.read().strip()
    if text:
        return text
    if goes_on and question is None:
        return None
    raise typer.BadParameter(
        "say what the model is to find out or to do, here or on standard input.",
        param_hint="QUESTION",
    )


def _is_document(word: str) -> bool:
    if any(character.isspace() for character in word):
        return False
    if is_url(word) or Path(word).is_file():
        return True
    from openapi2tools.config.saved_api import saved_apis  # noqa: PLC0415 -- only where it may be a name

    return word in saved_apis()
