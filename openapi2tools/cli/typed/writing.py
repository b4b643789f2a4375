"""Write arguments as a person would type them: the inverse of `read_words`."""

from __future__ import annotations

import shlex
from itertools import chain
from typing import TYPE_CHECKING

from openapi2tools._core.json import exact_json
from openapi2tools._core.json.json_types import is_same_json
from openapi2tools.cli.typed.facts import SchemaFacts
from openapi2tools.cli.typed.paths import path_text
from openapi2tools.cli.typed.words import WrongWord, read_words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openapi2tools.model import Json, Tool


def write_words(tool: Tool, arguments: Mapping[str, Json]) -> list[str]:
    """Return words that `read_words` reads as these arguments.

    A value is a text where it can be read from one, and JSON where not.

    Example:
        write_words(tool, {"limit": 5, "tags": ["a", "b"]}) == ["limit=5", "tags=a", "tags=b"]
    """
    facts = SchemaFacts.of(tool)
    words: list[str] = []
    for name, value in arguments.items():
        natural = _natural_words((name,), value, facts.member(name))
        is_read = natural and _reads_as(tool, natural, {name: value})
        words += natural if is_read else [_json_word((name,), value)]
    return words


def shell_line(words: Sequence[str]) -> str:
    """Return words as a shell takes them, each in quotes where it needs them."""
    return shlex.join(words)


def _natural_words(path: tuple[str, ...], value: Json, facts: SchemaFacts) -> list[str]:
    """Return what a person would type; it may be read as something else."""
    if facts.is_file and isinstance(value, dict) and value.keys() == {"path"}:
        return [f"{path_text(path)}@{value['path']}"]
    if isinstance(value, dict):
        members = (_natural_words((*path, key), value[key], facts.member(key)) for key in value)
        return list(chain.from_iterable(members))
    if isinstance(value, list):
        item = facts.member(0)
        return list(chain.from_iterable(_natural_words(path, each, item) for each in value))
    text = value if isinstance(value, str) else exact_json.dumps(value, ensure_ascii=False)
    return [f"{path_text(path)}={text}"]


def _json_word(path: tuple[str, ...], value: Json) -> str:
    return f"{path_text(path)}:={exact_json.dumps(value, ensure_ascii=False)}"


def _reads_as(tool: Tool, words: Sequence[str], arguments: Mapping[str, Json]) -> bool:
    try:
        read = read_words(tool, words)
    except WrongWord:
        return False
    return is_same_json(_with_texts(read), arguments)


def _with_texts(value: Json) -> Json:
    """Return a value with the paths of its files as texts."""
    if isinstance(value, dict):
        return {key: _with_texts(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_texts(each) for each in value]
    return value if value is None or isinstance(value, (str, bool, int, float)) else str(value)
