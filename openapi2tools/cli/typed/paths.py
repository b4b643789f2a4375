"""Where a typed word puts its value: `filter.items[0].name=x`, `labels["a.b"]:=1`.

The path is the one that messages about arguments print. A name that the tool knows is taken as a
whole, whatever characters it has: `filter[min]=3`.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openapi2tools.cli.typed.facts import SchemaFacts

Operator: TypeAlias = Literal["=", ":=", "@", ""]
Step: TypeAlias = str | int

_OPERATOR: Final = re.compile(r":=|=|@|\Z")
_NAME: Final = re.compile(r"(?:[^.\[=@:]|:(?!=))+")
_BRACKET: Final = re.compile(
    r"""
    \[ (?: (?P<index> \d{1,9} )
      | (?P<quoted> " (?: [^"\\] | \\["\\/bfnrt] | \\u[0-9a-fA-F]{4} )* " )
      | (?P<key> [^\]"=]* )
    ) \]
    """,
    re.VERBOSE,
)
_PLAIN: Final = re.compile(r"[^\s.\[\]\"=@:-][^\s.\[\]\"=@:]*")


@dataclass(frozen=True)
class Word:
    """One typed argument: where its value goes, how it was given, and its text."""

    path: tuple[Step, ...]
    operator: Operator
    text: str


def read_word(text: str, facts: SchemaFacts, names: Mapping[str, tuple[str, ...]]) -> Word | None:
    """Return what a word says; None where it is no argument.

    Args:
        text: The word.
        facts: What the tool's schema says of all arguments.
        names: The names that an argument has, and the path of each.
    """
    path: list[Step] = []
    position = 0
    while True:
        known = names if not path else {name: (name,) for name in facts.at(path).properties}
        found = _read_step(text, position, known, is_first=not path)
        if found is None:
            return None
        steps, position = found
        path += steps
        operator = _OPERATOR.match(text, position)
        if operator is not None:
            value = text[operator.end() :]
            return Word(tuple(path), cast("Operator", operator.group()), value)
        position += text.startswith(".", position)


def path_text(path: Sequence[Step]) -> str:
    """Write a path so that `read_word` finds the same."""
    written = ""
    for step in path:
        if isinstance(step, int):
            written += f"[{step}]"
        elif _PLAIN.fullmatch(step):
            written += f".{step}" if written else step
        else:
            written += f"[{json.dumps(step, ensure_ascii=False)}]"
    return written


def letters(name: str) -> str:
    """Return the letters and digits of a name in lower case, by which alike names are found."""
    return "".join(filter(str.isalnum, name)).lower()


def _read_step(
    text: str, position: int, known: Mapping[str, tuple[str, ...]], *, is_first: bool
) -> tuple[tuple[Step, ...], int] | None:
    """Return the steps that begin at a position, and where they end; None where none does."""
    is_name = is_first or text.startswith(".", position - 1)
    if is_name:
        for name in sorted(known, key=len, reverse=True):
            if name and text.startswith(name, position) and _ends_name(text, position + len(name)):
                return known[name], position + len(name)
    bracket = _BRACKET.match(text, position)
    if bracket is not None:
        return _bracket_steps(bracket), bracket.end()
    name_found = _NAME.match(text, position) if is_name else None
    if name_found is None:
        return None
    return _alike(name_found.group(), known), name_found.end()


def _ends_name(text: str, position: int) -> bool:
    return text.startswith((".", "["), position) or _OPERATOR.match(text, position) is not None


def _bracket_steps(bracket: re.Match[str]) -> tuple[Step, ...]:
    """Return the step in brackets; empty ones, which some write for a list, are none."""
    if bracket["index"] is not None:
        return (int(bracket["index"]),)
    if bracket["quoted"] is not None:
        return (str(json.loads(bracket["quoted"], strict=False)),)
    return (bracket["key"],) if bracket["key"] else ()


def _alike(name: str, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the path of the one known name with the same letters, or else the name itself."""
    alike = [path for other, path in known.items() if letters(other) == letters(name)]
    return alike[0] if len(set(alike)) == 1 else (name,)
