"""A document in; what its references name out: targets, short names, alternatives, base classes. Schemas are read as written."""

from __future__ import annotations

import re
from collections import Counter
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools.tools.schema.keywords import meant_type
from openapi2tools.tools.walk import iter_applied

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openapi2tools.model import Json, JsonObject

_CONTAINERS: Final = ("/components/schemas", "/definitions")
_ILLEGAL: Final = re.compile(r"[^A-Za-z0-9_.-]+")
_STRUCTURE: Final = frozenset(
    [
        *(
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
        ),
        *(
            "paths",
            "responses",
            "requestBody",
            "requestBodies",
            "headers",
            "additionalProperties",
            "$defs",
        ),
    ]
)
_KINDS: Final = {"number": ("number", "integer")}
_IN_PLACE: Final = ("allOf", "anyOf", "oneOf")
_PARTED: Final = frozenset({"properties", "items", *_IN_PLACE})
# behind the pointer of a base class: what it says itself, without the classes that are built on it
OWN: Final = "~own"


class Components:
    """The schemas of one document that references can name; a target is known by its pointer."""

    def __init__(self, document: JsonObject) -> None:
        self.document = document
        self._targets: dict[str, str | None] = {}
        self._raw: dict[str, Json] = {}
        self._in_place: dict[str, frozenset[str]] = {}
        self._taken: dict[str, str] = {}

    # --- targets ---

    def find(self, reference: Json) -> str | None:
        """Give the pointer of the schema that a `$ref` names, through references that stand alone; None when it leads nowhere."""
        if not isinstance(reference, str):
            return None
        if reference not in self._targets:
            self._targets[reference] = self._follow(reference)
        return self._targets[reference]

    def _follow(self, reference: str) -> str | None:
        seen: set[str] = set()
        place = self._place(reference)
        while place is not None and place not in seen:
            seen.add(place)
            raw = self.raw(place)
            if not isinstance(raw, dict) or not isinstance(raw.get("$ref"), str) or len(raw) > 1:
                return place
            place = self._place(raw["$ref"])
        return None

    def _place(self, reference: str) -> str | None:
        for place in self._candidates(reference):
            value = pointer.lookup(self.document, place)
            if isinstance(value, dict) and isinstance(value.get("schema"), dict) and "in" in value:
                return place + "/schema"  # a parameter's schema is meant
            if isinstance(value, (dict, bool)):
                return place
        return None

    def _candidates(self, reference: str) -> Iterator[str]:
        """Give the pointers that a reference may mean, the letter of it first, then what writers mistake for it."""
        if reference.startswith("#/"):
            yield pointer.from_fragment(reference)
            yield reference[1:]
        elif reference.startswith("#") and reference in self._anchors:
            yield self._anchors[reference]
        if reference != "#":
            last = pointer.split(
                "/" + pointer.from_fragment(reference).rpartition("/")[2]
                if "#" in reference
                else "/" + reference
            )[0]
            yield from (pointer.join(container, last) for container in _CONTAINERS)
        if "/" in reference and reference in self._anchors:
            yield self._anchors[reference]

    @cached_property  # walks the whole document: asked for last
    def _anchors(self) -> dict[str, str]:
        """Find `$anchor`s, `$dynamicAnchor`s and `$id`s (JSON Schema 2020-12, section 8.2), which few documents use."""
        found: dict[str, str] = {}
        rest: list[tuple[str, Json]] = [("", self.document)]
        while rest:
            place, value = rest.pop()
            if isinstance(value, dict):
                rest += [
                    (pointer.join(place, key), item)
                    for key, item in value.items()
                    if isinstance(item, (dict, list))
                ]
                for keyword, mark in (("$anchor", "#"), ("$dynamicAnchor", "#"), ("$id", "")):
                    if isinstance(value.get(keyword), str):
                        found.setdefault(mark + value[keyword], place)
            elif isinstance(value, list):
                rest += [
                    (pointer.join(place, i), item)
                    for i, item in enumerate(value)
                    if isinstance(item, (dict, list))
                ]
        return found

    def raw(self, place: str) -> Json:
        """Give the schema at a pointer, as written."""
        if place not in self._raw:
            self._raw[place] = pointer.lookup(self.document, place)
        return self._raw[place]

    @cached_property
    def schemas(self) -> dict[str, Json]:
        """Every named schema by its pointer."""
        found: dict[str, Json] = {}
        for container in _CONTAINERS:
            held = pointer.lookup(self.document, container)
            if isinstance(held, dict):
                found.update(
                    (f"{container}/{pointer.escape(name)}", schema) for name, schema in held.items()
                )
        return found

    # --- names ---

    def name(self, place: str) -> str:
        """Give the short name of a schema for `$defs`: letters, digits, `_`, `.` and `-`, unique in the document."""
        if place in self._names:
            return self._names[place]
        if place.endswith(OWN):
            return self._fresh(self.name(place.removesuffix(OWN)) + "Base", place)
        words = [
            word for word in pointer.split(place) if word not in _STRUCTURE and not word.isdecimal()
        ]
        return self._fresh(_legal("_".join(words[-2:])), place)

    @cached_property
    def _names(self) -> dict[str, str]:
        """Name every component by the fewest last words (`v1.Pod` of `io.k8s.api.core.v1.Pod`) that no other component ends with."""
        whole = {place: _legal(pointer.split(place)[-1]) for place in self.schemas}
        endings = {place: _endings(name) for place, name in whole.items() if "." in name}
        holders = Counter(
            [*(e for several in endings.values() for e in several), *whole.values()]
            if endings
            else ()
        )
        for place, several in endings.items():
            whole[place] = next((ending for ending in several if holders[ending] == 1), several[-1])
        return {place: self._fresh(name, place) for place, name in whole.items()}

    def free_name(self, name: str) -> str:
        """Give this name, or one like it, for a schema that is not in the document."""
        return self._fresh(name if name not in self._names.values() else name + "Content", "")

    def _fresh(self, name: str, place: str) -> str:
        """Keep a name to one place: the second one who wants it gets a hash of its pointer behind it."""
        name = name if len(name) <= 64 else f"{name[:55]}_{_digest(name)}"
        if self._taken.setdefault(name, place) != place:
            name = f"{name[:55]}_{_digest(place)}"
            self._taken[name] = place
        return name

    # --- alternatives ---

    def disjoint(self, members: Json) -> bool:
        """Tell whether no value can fit two of these schemas, as far as their types and enums show it."""
        seen: set[str] = set()
        for member in members if isinstance(members, list) else ():
            kinds = self._kinds(member)
            if (
                kinds is None
                or kinds & seen
                or ("string" in kinds and any(kind.startswith("string") for kind in seen))
            ):
                return False
            if "string" in seen and any(kind.startswith("string") for kind in kinds):
                return False
            seen |= kinds
        return True

    def _kinds(self, raw: Json) -> frozenset[str] | None:
        """Give the types that a schema takes, `string:open` for a listed string; None when it does not say."""
        raw = self.meant(raw)
        if not isinstance(raw, dict) or raw.get("nullable") or raw.get("x-nullable"):
            return None
        kinds, listed = raw.get("type"), raw.get("enum")
        if kinds == "string" and isinstance(listed, list):
            return frozenset(f"string:{value}" for value in listed)
        several = isinstance(kinds, list)
        meant = [
            meant_type(kind, among=several)
            for kind in (kinds if isinstance(kinds, list) else [kinds])
        ]
        if None in meant or not meant:
            return None
        return frozenset(
            narrow for each in meant if each for narrow in _KINDS.get(each[0], (each[0],))
        )

    def contradicts(self, kinds: Iterable[str], members: Json) -> bool:
        """Tell whether each of these schemas only takes values of other types than these."""
        allowed = {narrow for kind in kinds for narrow in _KINDS.get(kind, (kind,))}
        taken = (
            [self._kinds(member) for member in members]
            if isinstance(members, list) and members
            else [None]
        )
        return all(
            one is not None and allowed.isdisjoint(kind.partition(":")[0] for kind in one)
            for one in taken
        )

    def properties(self, raw: Json) -> set[str]:
        """Name the properties that a schema knows: its own, and those of all that applies to the same value."""
        parts = iter_applied(raw, self._named, _IN_PLACE)
        return {
            name
            for part in parts
            if isinstance(part.get("properties"), dict)
            for name in part["properties"]
        }

    def joined(self, raw: Json) -> Iterator[JsonObject]:
        """Give a schema and all that its `allOf` and `$ref` join to it, the nearest first; a component that is met again adds nothing."""
        return iter_applied(raw, self._named)

    def _named(self, reference: Json) -> Json:
        place = self.find(reference)
        return None if place is None else self.raw(place)

    def meant(self, raw: Json) -> Json:
        """Give the schema that a reference names, and every other schema itself."""
        if isinstance(raw, dict) and "$ref" in raw:
            place = self.find(raw["$ref"])
            return None if place is None else self.raw(place)
        return raw

    def structured(self, raw: Json) -> bool:
        """Tell whether a schema is of objects or arrays, and not of one text or number."""
        raw = self.meant(raw)
        if not isinstance(raw, dict):
            return False
        kinds = raw.get("type")
        return any(
            kind in ("object", "array") for kind in (kinds if isinstance(kinds, list) else [kinds])
        ) or not _PARTED.isdisjoint(raw)

    # --- base classes ---

    def in_place(self, place: str) -> frozenset[str]:
        """Give the schemas that apply to the very value that this one applies to: its `$ref`, `allOf`, `anyOf`, `oneOf`, and theirs."""
        if place not in self._in_place:
            found: set[str] = set()
            rest = [place]
            while rest:
                new = set(self._applied(self.raw(rest.pop()))) - found
                found |= new
                rest += new
            self._in_place[place] = frozenset(found)
        return self._in_place[place]

    def _applied(self, raw: Json, depth: int = 0) -> Iterator[str]:
        if not isinstance(raw, dict) or depth > 8:
            return
        if (target := self.find(raw.get("$ref"))) is not None:
            yield target
        for keyword in _IN_PLACE:
            for member in raw.get(keyword) or () if isinstance(raw.get(keyword), list) else ():
                yield from self._applied(member, depth + 1)

    @cached_property
    def children(self) -> dict[str, tuple[str, ...]]:
        """Every schema that others name in their `allOf`, with those others, by pointer."""
        found: dict[str, list[str]] = {}
        for place, raw in self.schemas.items():
            for parent in self.parents(raw):
                found.setdefault(parent, []).append(place)
        return {parent: tuple(sorted(children)) for parent, children in found.items()}

    def parents(self, raw: Json) -> list[str]:
        """Give the schemas that a schema names in its `allOf`."""
        members = raw.get("allOf") if isinstance(raw, dict) else None
        found = (
            [self.find(m.get("$ref")) for m in members if isinstance(m, dict)]
            if isinstance(members, list)
            else []
        )
        return [place for place in found if place is not None]

    def bases(self, place: str) -> frozenset[str]:
        """Give the parents of a schema, theirs and so on."""
        found: set[str] = set()
        rest = [place]
        while rest:
            new = set(self.parents(self.raw(rest.pop()))) - found
            found |= new
            rest += new
        return frozenset(found)

    def discriminator_of(self, place: str) -> tuple[str, Json] | None:
        """Give the base class that tells a schema from others built on it, perhaps the schema itself, and its discriminator as written."""
        raw = self.raw(place)
        if isinstance(raw, dict) and "discriminator" in raw:
            return place, raw["discriminator"]
        if not isinstance(raw, dict) or "allOf" not in raw:
            return None  # nothing to be built on
        for base in sorted(self.bases(place)):
            raw = self.raw(base)
            if isinstance(raw, dict) and "discriminator" in raw:
                return base, raw["discriminator"]
        return None

    def value_of(self, place: str) -> str:
        """Give the discriminator's value for a schema that no mapping names: what it says itself, else its name."""
        raw = self.raw(place)
        said = raw.get("x-ms-discriminator-value") if isinstance(raw, dict) else None
        return said if isinstance(said, str) else pointer.split(place)[-1]

    def descendants(self, place: str) -> list[str]:
        """Give the children of a schema, theirs and so on, each once, sorted."""
        found: set[str] = set()
        rest = [place]
        while rest:
            new = set(self.children.get(rest.pop(), ())) - found
            found |= new
            rest += new
        return sorted(found - {place})


def _legal(name: str) -> str:
    if name.isascii() and name.isidentifier() and name[0] != "_" != name[-1]:
        return name
    return _ILLEGAL.sub("_", name).strip("_.") or "Schema"


def _endings(name: str) -> list[str]:
    """Give the endings of a dotted name that say something (`v1` does not), the shortest first; the whole name is the last one."""
    if "." not in name:
        return [name]
    words = name.split(".")
    endings = [
        ".".join(words[-length:])
        for length in range(1, len(words))
        if max(map(len, words[-length:])) > 2
    ]
    return [*endings, name]


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:8]
