"""What is said of a thing, and the thing's name, in; whether it tells a model anything out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools._core.hints import HINTS_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from openapi2tools.model import Json, JsonObject

_PLACEHOLDER: Final = re.compile(
    r"\W*(?:(?:TODO|TBD|FIXME)\b|(?i:(?:todo|tbd|fixme)\W*(?::|$)|lorem ipsum))"
)
_FILLERS: Final = "a an the this that these of for to by and or with from in on is be description summary none n na one new test"
_VERBS: Final = "api endpoint operation method request response call get put post patch delete update create list fetch retrieve return all"
_KINDS: Final = "parameter param value field property string integer int number boolean bool array object list query header path body"
EMPTY_OF_OPERATIONS: Final = frozenset(f"{_FILLERS} {_VERBS}".split())
EMPTY_OF_VALUES: Final = frozenset(f"{_FILLERS} {_KINDS}".split())
_DEEPEST: Final = 5


def said(text: Json) -> str:
    """Give a text, empty where it only stands in for one to come: `TODO: ...`."""
    return text if isinstance(text, str) and not _PLACEHOLDER.match(text) else ""


def curated(hints: Mapping[str, Json]) -> str:
    """Give the description that a hint puts in place of the document's own."""
    return said(hints.get("description"))


def adds_nothing(text: str, name: str, empty: AbstractSet[str]) -> bool:
    """Tell whether a text holds no word beside those of the name and the empty ones; one and several are the same."""
    return _stems(text) <= _stems(name) | empty


def _stems(text: str) -> set[str]:
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", text)
    return {word.rstrip("s") for word in re.findall(r"[^\W\d_]+", apart.lower())}


def explained(document: JsonObject, schema: Json, name: str, depth: int = 0) -> bool:
    """Tell whether a schema says what it is, in words or by its values, itself or by what it refers to."""
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return False
    hints, title = schema.get(HINTS_KEY), said(schema.get("title"))
    if (
        said(schema.get("description"))
        or schema.get("enum")
        or "const" in schema
        or (isinstance(hints, dict) and curated(hints))
    ):
        return True
    if title and not adds_nothing(title, name, EMPTY_OF_VALUES):
        return True
    members = [
        member
        for key in ("allOf", "anyOf", "oneOf")
        if isinstance(schema.get(key), list)
        for member in schema[key]
    ]
    if isinstance(schema.get("$ref"), str):
        members.append(pointer.lookup(document, pointer.from_fragment(schema["$ref"])))
    return any(explained(document, member, name, depth + 1) for member in members)
