"""Find the schemas that references name, and give each a short name for `$defs`.

A component is known by its JSON Pointer. Schemas are returned as the document writes them.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from openapi2tools._core import pointer as json_pointer
from openapi2tools._core.naming import to_ascii
from openapi2tools.tools.walk import COMPOSITION_KEYWORDS, iter_applied

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openapi2tools.model import Json, JsonObject

Variant: TypeAlias = Literal["whole", "own", "file"]

MAX_NAME_CHARS: Final = 64
_SHORTENED_NAME_CHARS: Final = 55  # leaves room for `_` and the digest
_DIGEST_CHARS: Final = 8
# the shortest word that makes an ending of a dotted name speak: `v1` alone does not
_MIN_SPEAKING_CHARS: Final = 3
_CONTAINERS: Final = ("/components/schemas", "/definitions")
_ILLEGAL_CHARACTERS: Final = re.compile(r"[^A-Za-z0-9_.-]+")
# words of pointers that say where a schema stands, and not what it is
_STRUCTURAL_WORDS: Final = frozenset(
    {
        "components",
        "definitions",
        "schemas",
        "schema",
        "properties",
        "items",
        "content",
        "allOf",
        "anyOf",
        "oneOf",
        "parameters",
        "paths",
        "responses",
        "requestBody",
        "requestBodies",
        "headers",
        "additionalProperties",
        "$defs",
    }
)
_STRUCTURED_KEYWORDS: Final = frozenset({"properties", "items", *COMPOSITION_KEYWORDS})
_ANCHOR_PREFIXES: Final = (("$anchor", "#"), ("$dynamicAnchor", "#"), ("$id", ""))
# what the name of a base class's own part is kept under: no JSON Pointer ends like this
_OWN_SUFFIX: Final = "~own"


class ComponentRef(NamedTuple):
    """What an entry of `$defs` is made from.

    - `whole`: the component at the pointer.
    - `own`: what a base class says itself, without the classes that are built on it.
    - `file`: the schema of a file, which is ours; the pointer is empty.
    """

    pointer: str
    variant: Variant = "whole"


FILE_REF: Final = ComponentRef("", "file")


class ComponentResolver:
    """The schemas of one document that references can name."""

    def __init__(self, document: JsonObject) -> None:
        self.document = document
        self._found: dict[str, str | None] = {}  # by reference
        self._raw: dict[str, Json] = {}  # by pointer
        self._name_owners: dict[str, str] = {}  # by name

    # --- references ---

    def find(self, reference: Json) -> str | None:
        """Return the pointer of the schema that a `$ref` names, None when it leads nowhere.

        A component that is nothing but a `$ref` is passed through.
        """
        if not isinstance(reference, str):
            return None
        if reference not in self._found:
            self._found[reference] = self._follow(reference)
        return self._found[reference]

    def _follow(self, reference: str) -> str | None:
        seen: set[str] = set()
        pointer = self._locate(reference)
        while pointer is not None and pointer not in seen:
            seen.add(pointer)
            raw = self.raw(pointer)
            if not isinstance(raw, dict) or not isinstance(raw.get("$ref"), str) or len(raw) > 1:
                return pointer
            pointer = self._locate(raw["$ref"])
        return None

    def _locate(self, reference: str) -> str | None:
        for pointer in self._candidates(reference):
            value = json_pointer.lookup(self.document, pointer)
            if isinstance(value, dict) and isinstance(value.get("schema"), dict) and "in" in value:
                return pointer + "/schema"  # a parameter's schema is meant
            if isinstance(value, (dict, bool)):
                return pointer
        return None

    def _candidates(self, reference: str) -> Iterator[str]:
        """Yield the pointers that a reference may mean: its letter first, then likely mistakes."""
        if reference.startswith("#/"):
            yield json_pointer.from_fragment(reference)
            yield reference[1:]
        elif reference.startswith("#") and reference in self._anchors:
            yield self._anchors[reference]
        if reference != "#":
            name = _name_in(reference)
            yield from (json_pointer.join(container, name) for container in _CONTAINERS)
        if "/" in reference and reference in self._anchors:
            yield self._anchors[reference]

    @cached_property
    def _anchors(self) -> dict[str, str]:
        """The pointers of all `$anchor`, `$dynamicAnchor` and `$id` (2020-12, section 8.2).

        This walks the whole document, so it is asked for last: few documents use them.
        """
        found: dict[str, str] = {}
        waiting: list[tuple[str, Json]] = [("", self.document)]
        while waiting:
            pointer, value = waiting.pop()
            for anchor in _anchors_of(value):
                found.setdefault(anchor, pointer)
            waiting += [
                (json_pointer.join(pointer, key), item)
                for key, item in _entries(value)
                if isinstance(item, (dict, list))
            ]
        return found

    # --- schemas as written ---

    def raw(self, pointer: str) -> Json:
        """Return the schema at a pointer, as written."""
        if pointer not in self._raw:
            self._raw[pointer] = json_pointer.lookup(self.document, pointer)
        return self._raw[pointer]

    def resolve(self, raw: Json) -> Json:
        """Return the schema that a reference names, and every other schema itself."""
        if isinstance(raw, dict) and "$ref" in raw:
            return self._target_of(raw["$ref"])
        return raw

    def _target_of(self, reference: Json) -> Json:
        pointer = self.find(reference)
        return None if pointer is None else self.raw(pointer)

    @cached_property
    def schemas(self) -> dict[str, Json]:
        """Every named schema, by its pointer."""
        found: dict[str, Json] = {}
        for container in _CONTAINERS:
            named = json_pointer.lookup(self.document, container)
            if isinstance(named, dict):
                for name, schema in named.items():
                    found[f"{container}/{json_pointer.escape(name)}"] = schema
        return found

    def joined(self, raw: Json) -> Iterator[JsonObject]:
        """Yield a schema and all that its `allOf` and `$ref` join to it, the nearest first.

        A component that is met again is left out.
        """
        return iter_applied(raw, self._target_of)

    def property_names(self, raw: Json) -> set[str]:
        """Return the properties that a schema, or any that applies to the same value, declares."""
        names: set[str] = set()
        for part in iter_applied(raw, self._target_of, COMPOSITION_KEYWORDS):
            properties = part.get("properties")
            if isinstance(properties, dict):
                names.update(properties)
        return names

    def is_structured(self, raw: Json) -> bool:
        """Return whether a schema is of objects or arrays, and not of one text or number."""
        raw = self.resolve(raw)
        if not isinstance(raw, dict):
            return False
        written = raw.get("type")
        types = written if isinstance(written, list) else [written]
        if "object" in types or "array" in types:
            return True
        return not _STRUCTURED_KEYWORDS.isdisjoint(raw)

    # --- names for `$defs` ---

    def name(self, ref: ComponentRef) -> str:
        """Return the name of a component in `$defs`, unique in the document.

        It holds letters, digits, `_`, `.` and `-`.
        """
        if ref.variant == "file":
            taken = "File" in self._names.values()
            return self._claim("FileContent" if taken else "File", "")
        if ref.variant == "own":
            whole = self.name(ComponentRef(ref.pointer))
            return self._claim(whole + "Base", ref.pointer + _OWN_SUFFIX)
        if ref.pointer in self._names:
            return self._names[ref.pointer]
        words = [
            word
            for word in json_pointer.split(ref.pointer)
            if word not in _STRUCTURAL_WORDS and not word.isdecimal()
        ]
        return self._claim(_legal("_".join(words[-2:])), ref.pointer)

    @cached_property
    def _names(self) -> dict[str, str]:
        """The names of the named schemas, by pointer.

        Of a dotted name the fewest last words stay that no other name ends with: `v1.Pod` of
        `io.k8s.api.core.v1.Pod`.
        """
        names = {pointer: _legal(json_pointer.split(pointer)[-1]) for pointer in self.schemas}
        endings = {pointer: _endings(name) for pointer, name in names.items() if "." in name}
        if endings:
            users = Counter(names.values())
            for candidates in endings.values():
                users.update(candidates)
            for pointer, candidates in endings.items():
                unique = (ending for ending in candidates if users[ending] == 1)
                names[pointer] = next(unique, candidates[-1])
        return {pointer: self._claim(name, pointer) for pointer, name in names.items()}

    def _claim(self, name: str, owner: str) -> str:
        """Keep a name for one owner; the second who wants it gets a digest of itself behind it."""
        if len(name) > MAX_NAME_CHARS:
            name = f"{name[:_SHORTENED_NAME_CHARS]}_{_digest(name)}"
        if self._name_owners.setdefault(name, owner) != owner:
            name = f"{name[:_SHORTENED_NAME_CHARS]}_{_digest(owner)}"
            self._name_owners[name] = owner
        return name


def _name_in(reference: str) -> str:
    """Return the component's name in a reference that may be no local pointer."""
    if "#" in reference:
        reference = json_pointer.from_fragment(reference).rpartition("/")[2]
    return json_pointer.split("/" + reference)[0]


def _anchors_of(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for keyword, prefix in _ANCHOR_PREFIXES:
            if isinstance(value.get(keyword), str):
                yield prefix + value[keyword]


def _entries(value: Json) -> Iterable[tuple[str | int, Json]]:
    return value.items() if isinstance(value, dict) else enumerate(value)


def _legal(name: str) -> str:
    if name.isascii() and name.isidentifier() and name[0] != "_" and name[-1] != "_":
        return name
    return _ILLEGAL_CHARACTERS.sub("_", to_ascii(name)).strip("_.") or "Schema"


def _endings(name: str) -> list[str]:
    """Return the endings of a dotted name that say something, the shortest first, itself last."""
    words = name.split(".")
    endings: list[str] = []
    for length in range(1, len(words)):
        ending = words[-length:]
        if max(map(len, ending)) >= _MIN_SPEAKING_CHARS:
            endings.append(".".join(ending))
    return [*endings, name]


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_DIGEST_CHARS]
