"""Answer a shell that asks what to complete, in the form that it reads."""

from __future__ import annotations

import re
from typing import Final

from openapi2tools.cli.completion.complete import Candidate, complete, split_line

# Readline takes these for the ends of words, and replaces what comes after the last one alone.
_BASH_BREAK: Final = re.compile(r".*[=:@]", re.DOTALL)


def answer(shell: str, given: list[str]) -> str:
    """Return a candidate a line, in zsh and fish with what it means after a tab.

    Args:
        shell: bash, zsh or fish.
        given: In bash the whole line up to the cursor; in others the words after the program's
            name, the last one up to the cursor.
    """
    if shell == "bash":
        words = split_line(given[0] if given else "")[1:]
        return _for_bash(complete(words), words[-1] if words else "")
    return "".join(f"{value}\t{_in_one_line(about)}\n" for value, about in complete(given))


def _for_bash(candidates: list[Candidate], current: str) -> str:
    kept = _BASH_BREAK.match(current)
    length = len(kept.group()) if kept else 0
    return "".join(f"{_quoted(value[length:])}\n" for value, _ in candidates)


def _quoted(value: str) -> str:
    """Return a candidate with a backslash before what a shell would read."""
    return re.sub(r"([\s'\"\\$&;|<>()*?\[\]{}#!`])", r"\\\1", value)


def _in_one_line(text: str) -> str:
    return " ".join(text.split())
