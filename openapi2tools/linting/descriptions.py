"""Judge whether a description tells a model anything beyond the name of the thing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools._core.hints import HINTS_KEY
from openapi2tools.tools.walk import composed_schemas

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from openapi2tools.model import Json, JsonObject

_PLACEHOLDER: Final = re.compile(
    r"\W*(?:(?:TODO|TBD|FIXME)\b|(?i:(?:todo|tbd|fixme)\W*(?::|$)|lorem ipsum))"
)
_FILLER_WORDS: Final = (
    "a an the this that these of for to by and or with from in on is be "
    "description summary none n na one new test"
)
_OPERATION_WORDS: Final = (
    "api endpoint operation method request response call "
    "get put post patch delete update create list fetch retrieve return all"
)
_VALUE_WORDS: Final = (
    "parameter param value field property string integer int number boolean bool array object "
    "list query header path body"
)
EMPTY_OPERATION_WORDS: Final = frozenset(f"{_FILLER_WORDS} {_OPERATION_WORDS}".split())
"""Words that say nothing in the description of an operation."""
EMPTY_VALUE_WORDS: Final = frozenset(f"{_FILLER_WORDS} {_VALUE_WORDS}".split())
"""Words that say nothing in the description of a parameter or field."""
_MAX_NESTING: Final = 5  # schemas inside schemas that are searched for a description


def written_text(text: Json) -> str:
    """Return a text; empty where it only stands in for one to come: `TODO: ...`."""
    return text if isinstance(text, str) and not _PLACEHOLDER.match(text) else ""


def hinted_description(hints: Mapping[str, Json]) -> str:
    """Return the description that a hint puts in place of the document's own."""
    return written_text(hints.get("description"))


def adds_nothing(text: str, name: str, empty_words: AbstractSet[str]) -> bool:
    """Return whether a text has no word beside those of the name and the empty ones.

    Singular and plural are the same.
    """
    return _stems(text) <= _stems(name) | empty_words


def _stems(text: str) -> set[str]:
    words_apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return {word.rstrip("s") for word in re.findall(r"[^\W\d_]+", words_apart.lower())}


def is_explained(document: JsonObject, schema: Json, name: str, nesting: int = 0) -> bool:
    """Return whether a schema says what it is, in words or by its values.

    It may do so itself, or by what it refers to and combines.
    """
    if not isinstance(schema, dict) or nesting > _MAX_NESTING:
        return False
    if _explains_itself(schema, name):
        return True
    members = [*composed_schemas(schema)]
    if isinstance(schema.get("$ref"), str):
        members.append(pointer.target_of(document, schema["$ref"]))
    return any(is_explained(document, member, name, nesting + 1) for member in members)


def _explains_itself(schema: JsonObject, name: str) -> bool:
    if written_text(schema.get("description")) or schema.get("enum") or "const" in schema:
        return True
    hints = schema.get(HINTS_KEY)
    if isinstance(hints, dict) and hinted_description(hints):
        return True
    title = written_text(schema.get("title"))
    return bool(title) and not adds_nothing(title, name, EMPTY_VALUE_WORDS)
