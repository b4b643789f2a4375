"""A document that refers to others, and the way to fetch them, in; one document whose references are all local, out.

The referenced documents are collected first, past the guard and only where they may be. Then prance
joins: it is given the graph of the references, each target under a private name, and says which
targets the root needs, and under which name; its own readers of files and URLs are never reached,
since all it asks for is in its cache. Values are moved, not copied.
"""

from __future__ import annotations

import re
from collections import defaultdict
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools._core import pointer
from openapi2tools.errors import SpecError
from openapi2tools.spec.limits import Limits
from openapi2tools.spec.references.collect import CORRECT, Collection, Document, Target
from openapi2tools.spec.references.grammar import sites
from openapi2tools.spec.references.reach import path_of, relative

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openapi2tools.model import Json, JsonObject, Problem
    from openapi2tools.spec.references.collect import Fetch
    from openapi2tools.spec.references.grammar import Site

_ILLEGAL: Final = re.compile(r"[^A-Za-z0-9._-]+")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_PRIVATE: Final = "http://docs/"


async def bundle(
    document: JsonObject,
    address: str | None,
    fetch: Fetch,
    *,
    allow_refs: Iterable[str] = (),
    limits: Limits | None = None,
) -> tuple[JsonObject, list[Problem]]:
    """Join a document with those it refers to.

    References resolve against the document they stand in. They may lead to the origin, or the
    folder, of the root at `address`, and to the origins and folders of `allow_refs`; one that may
    not, or that finds nothing, becomes a Problem and stays as it is. The document itself is not
    edited. What a missing document costs is only what refers to it; raises SpecError for a bomb of
    references.
    """
    if all(site.reference.startswith("#") for site in sites(document, ("one", "document"), set())):
        return document, []
    limits = limits or Limits()
    parts = Collection(orjson.loads(orjson.dumps(document)), address, fetch, allow_refs, limits)
    await parts.collect()
    joining = _Join(parts, limits)
    joining.name()
    joining.join()
    return parts.root.value, parts.problems


class _Join:
    """Makes one document of a collection, whose values it takes."""

    def __init__(self, parts: Collection, limits: Limits) -> None:
        self._parts = parts
        self._limits = limits

    def name(self) -> None:
        """Give every target that becomes a component a name of its own, whatever the order in which they were met."""
        taken: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for section in self._parts.sections.values():
            there = self._parts.section(section)
            taken[section].update(there if isinstance(there, dict) else ())
        waiting = [t for t in self._parts.targets.values() if not t.home and self._is_component(t)]
        for level in range(4):
            groups: dict[tuple[tuple[str, ...], str], list[Target]] = defaultdict(list)
            for target in waiting:
                groups[self._parts.sections[target.place[1]], self._name(target, level)].append(
                    target
                )
            waiting = []
            for (section, name), group in groups.items():
                if len(group) == 1 and name not in taken[section]:
                    group[0].home = (*section, name)
                    taken[section].add(name)
                else:
                    waiting += group

    def _is_component(self, target: Target) -> bool:
        return target.place[0] == "one" and target.place[1] in self._parts.sections

    def _name(self, target: Target, level: int) -> str:
        """Name a target after the end of its pointer, or its file; each further level takes more of its address in, the last a hash."""
        address = relative(target.document.key, self._parts.root.key)
        *folders, file = path_of(address).split("/")
        parts = [
            *folders,
            file.rpartition(".")[0] or file,
            *pointer.split("/" + target.pointer)[-1:],
        ]
        name = _ILLEGAL.sub("_", "_".join([part for part in parts if part][-1 - level :]))
        return (
            name
            if level < 3
            else f"{name}_{sha256(f'{address}#{target.pointer}'.encode()).hexdigest()[:8]}"
        )

    def join(self) -> None:
        """Let prance join the graph, then put every target where it belongs, and write every reference as the way to it."""
        owners = [self._parts.top, *self._parts.targets.values()]
        for target in _reached(self._parts.top):
            self._put(target.home, target.value)
        reference = {target: "#" + pointer.join("", *target.home) for target in owners}
        for site, target in (link for owner in owners for link in owner.links):
            if target.home:
                site.holder["$ref"] = reference[target]
        for document, mappings in self._parts.mappings.items():
            for mapping, value in mappings:
                self._map(document, mapping, value, reference)
        self._write_out(
            [
                (owner, site, target)
                for owner in owners
                for site, target in owner.links
                if not target.home and site.parent is not None
            ]
        )

    def _write_out(self, links: list[tuple[Target, Site, Target]]) -> None:
        """Put what no component can hold where it is used; raises SpecError when that would be more than a document may be."""
        owners = {owner.document for owner, _, _ in links if owner is not self._parts.top}
        nested = {target for _, _, target in links if target.document in owners}
        # a merge copies: what it copies must be done
        for owner, site, target in sorted(links, key=lambda link: len(link[1].holder) > 1):
            value = self._inlined(owner, site, target)
            site.parent[site.key] = (
                self._circular(owner, site)
                if target in nested and _holds(value, site.parent)
                else value
            )
        known: dict[int, int] = {}
        weights = (
            _weight(target.value, known) if target in nested else target.document.size
            for _, _, target in links
        )
        most = self._limits.max_expanded
        if sum(weights) > most and _weight(self._parts.root.value, known) > most:
            message = f"its references write out to more than {most:,} characters and values. Raise Limits.max_expanded if they are meant to."
            raise SpecError(message, address=self._parts.root.key or None)

    def _circular(self, owner: Target, site: Site) -> JsonObject:
        self._parts.fault(
            owner,
            site,
            "circular-reference",
            "it leads back to itself, which no document can hold.",
            advice=CORRECT,
        )
        return {}

    def _map(
        self, document: Document, mapping: JsonObject, value: str, reference: Mapping[Target, str]
    ) -> None:
        """Rewrite a discriminator's word for a schema that has moved; nothing is fetched for it (OpenAPI 3.1, section 4.8.25)."""
        name = mapping[value]
        if not isinstance(name, str) or (document is self._parts.root and name.startswith("#")):
            return
        bare = document is not self._parts.root and _BARE.fullmatch(name) is not None
        address, place = self._parts.resolve(
            f"#/components/schemas/{name}" if bare else name, document
        )
        target = self._parts.targets.get((address or "", place, ("one", "schema")))
        if target is not None and target.home:
            mapping[value] = reference[target]
        elif address == self._parts.root.key and place and not bare:
            mapping[value] = f"#{place}"

    def _put(self, home: tuple[str, ...], value: Json) -> None:
        there = self._parts.root.value
        for name in home[:-1]:
            if not isinstance(there.get(name), dict):
                there[name] = {}
            there = there[name]
        there[home[-1]] = value

    def _inlined(self, owner: Target, site: Site, target: Target) -> Json:
        """Give what stands for a reference that no component can stand for: a path item, an operation, a whole map, a text."""
        value, passed = target.value, {target}
        while (
            further := next(
                (
                    other
                    for inner, other in target.links
                    if inner.holder is value and not other.home
                ),
                None,
            )
        ) is not None:
            if further in passed:
                return self._circular(owner, site)
            passed.add(further)
            target, value = further, further.value
        siblings = {name: item for name, item in site.holder.items() if name != "$ref"}
        return {**value, **siblings} if siblings and isinstance(value, dict) else value


# --- prance ---


def _reached(top: Target) -> list[Target]:
    """Let prance follow the references from the root, and give the targets that it puts into the joined document.

    It sees every component once, among those that were first met in the same part: that is all it
    needs, and has no circles.
    """
    from prance.util.resolver import (  # type: ignore[import-untyped]  # noqa: PLC0415 -- only documents in parts need prance
        RESOLVE_HTTP,
        TRANSLATE_EXTERNAL,
        RefResolver,
    )

    groups = [[top]]
    cache: dict[tuple[str, bool], JsonObject] = {}
    for number, group in enumerate(groups):  # grows on the way
        first = len(groups)
        groups += [components for part in group if (components := _components(part))]
        cache[f"{_PRIVATE}{number}", True] = {
            "links": [{"$ref": f"{_PRIVATE}{n}"} for n in range(first, len(groups))]
        }
    resolver = RefResolver(
        cache.pop((f"{_PRIVATE}0", True)),
        "file:///docs/root",
        reference_cache=cache,
        resolve_types=RESOLVE_HTTP,
        resolve_method=TRANSLATE_EXTERNAL,
    )
    resolver.resolve_references()
    joined = resolver.specs.get("components", {}).get("schemas", {})
    return [target for name in joined for target in groups[int(name.rstrip("_"))]]


def _components(part: Target) -> list[Target]:
    """Give the components that were first met in a part, or in what is written out within it."""
    found = list(part.first_met)
    for target in found:  # grows on the way
        found += () if target.home else target.first_met
    return [target for target in found if target.home]


# --- what was written out ---


def _holds(value: Json, part: Json) -> bool:
    """Say whether an object or array stands somewhere in a value, or is it."""
    stack, seen = [value], set()
    while stack:
        item = stack.pop()
        if item is part:
            return True
        if isinstance(item, dict | list) and id(item) not in seen:
            seen.add(id(item))
            stack.extend(item.values() if isinstance(item, dict) else item)
    return False


def _weight(value: Json, known: dict[int, int]) -> int:
    """Count the characters and values in a value, each as often as it stands there; what is shared is looked at once."""
    stack: list[tuple[Json, bool]] = [(value, False)] if isinstance(value, dict | list) else []
    while stack:
        item, entered = stack.pop()
        held = item.values() if isinstance(item, dict) else item
        parts = [part for part in held if isinstance(part, dict | list)]
        if entered:
            text = sum(len(part) for part in held if isinstance(part, str))
            known[id(item)] = 1 + len(item) + text + sum(known[id(part)] for part in parts)
        elif id(item) not in known:
            stack.append((item, True))
            stack.extend((part, False) for part in parts)
    return known.get(id(value), 1)
