"""Join a document with those it refers to, into one document whose references are all local.

The referenced documents are collected first. Then prance joins: it is given the graph of the
references, each target under a private name, and says which targets the root needs. Its own readers
of files and URLs are never reached, since all it asks for is in its cache. Values are moved, not
copied.
"""

from __future__ import annotations

import re
from collections import defaultdict
from hashlib import sha256
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools._core import pointer as json_pointer
from openapi2tools.errors import SpecError
from openapi2tools.spec.limits import Limits, raise_limit
from openapi2tools.spec.parse.compact import python_to_json
from openapi2tools.spec.references.addresses import path_of, relative
from openapi2tools.spec.references.collect import CORRECT_ADVICE, Collection
from openapi2tools.spec.references.expansion import contains, weigh
from openapi2tools.spec.references.grammar import DOCUMENT, NodeType
from openapi2tools.spec.references.walk import find_sites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from openapi2tools.model import Json, JsonObject, Problem
    from openapi2tools.spec.references.collect import Fetch
    from openapi2tools.spec.references.documents import Document, Keys, Link, Target

_ILLEGAL_IN_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")
_BARE_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_PRIVATE_URL: Final = "http://docs/"
_SCHEMA: Final = NodeType("one", "schema")

# each level takes one part more of a target's address into its name, the last one a hash
_NAME_LEVELS: Final = 4


async def bundle(
    document: JsonObject,
    address: str | None,
    fetch: Fetch,
    *,
    allow_refs: Iterable[str] = (),
    limits: Limits | None = None,
    hear: Callable[[str, bytes], None] | None = None,
) -> tuple[JsonObject, list[Problem]]:
    """Join a document with those it refers to. The document itself is not edited.

    References resolve against the document they stand in. One that may not be followed, or that
    finds nothing, becomes a problem and stays as it is: a missing document costs only what refers
    to it.

    Args:
        document: The root, parsed.
        address: Its URL or path, whose origin or folder references may lead to.
        fetch: Fetches the document at an address.
        allow_refs: Further origins and folders that references may lead to.
        limits: What the result may cost.
        hear: Called with the address and the compact JSON of every other document.

    Raises:
        SpecError: The references write out to more than the limits allow.
    """
    sites = find_sites(document, DOCUMENT, set())
    if all(site.reference.startswith("#") for site in sites):
        return document, []
    limits = limits or Limits()
    copy = orjson.loads(orjson.dumps(document))
    collection = Collection(copy, address, fetch, allow_refs, limits)
    await collection.collect()
    if hear is not None:
        for other in collection.others():
            hear(other.address, python_to_json(other.value))
    joiner = _Joiner(collection, limits)
    joiner.name_components()
    joiner.join()
    return collection.root.value, collection.problems


class _Joiner:
    """Makes one document of a collection, whose values it takes."""

    def __init__(self, collection: Collection, limits: Limits) -> None:
        self._collection = collection
        self._limits = limits

    # --- names ---

    def name_components(self) -> None:
        """Give every target that becomes a component a name of its own.

        Names do not depend on the order in which the targets were met.
        """
        taken: dict[Keys, set[str]] = defaultdict(set)
        for keys in self._collection.sections.values():
            section = self._collection.section(keys)
            if isinstance(section, dict):
                taken[keys].update(section)
        unnamed = [
            target
            for target in self._collection.targets.values()
            if not target.component and self._can_be_component(target)
        ]
        for level in range(_NAME_LEVELS):
            unnamed = self._name_at_level(unnamed, level, taken)

    def _can_be_component(self, target: Target) -> bool:
        shape, kind = target.node_type
        return shape == "one" and kind in self._collection.sections

    def _name_at_level(
        self, unnamed: list[Target], level: int, taken: dict[Keys, set[str]]
    ) -> list[Target]:
        """Name the targets whose name at a level nobody shares; return the others."""
        groups: dict[tuple[Keys, str], list[Target]] = defaultdict(list)
        for target in unnamed:
            section = self._collection.sections[target.node_type.kind]
            groups[section, self._name(target, level)].append(target)
        left: list[Target] = []
        for (section, name), group in groups.items():
            if len(group) == 1 and name not in taken[section]:
                group[0].component = (*section, name)
                taken[section].add(name)
            else:
                left += group
        return left

    def _name(self, target: Target, level: int) -> str:
        """Name a target after the end of its pointer, or its file, and more of its address."""
        address = relative(target.document.address, self._collection.root.address)
        *folders, file = path_of(address).split("/")
        stem = file.rpartition(".")[0] or file
        last_key = json_pointer.split("/" + target.pointer)[-1]
        parts = [part for part in (*folders, stem, last_key) if part]
        name = _ILLEGAL_IN_NAME.sub("_", "_".join(parts[-1 - level :]))
        if level < _NAME_LEVELS - 1:
            return name
        digest = sha256(f"{address}#{target.pointer}".encode()).hexdigest()
        return f"{name}_{digest[:8]}"

    # --- joining ---

    def join(self) -> None:
        """Put every target where it belongs, and make every reference lead there."""
        owners = [self._collection.top, *self._collection.targets.values()]
        for target in _needed_components(self._collection.top):
            self._put(target.component, target.value)
        references = {target: "#" + json_pointer.join("", *target.component) for target in owners}
        links = [link for owner in owners for link in owner.links]
        for link in links:
            if link.target.component:
                link.site.holder["$ref"] = references[link.target]
        for document, mappings in self._collection.mappings.items():
            for mapping, key in mappings:
                self._rewrite_mapping(document, mapping, key, references)
        without_component = [link for link in links if not link.target.component]
        self._write_out([link for link in without_component if link.site.parent is not None])

    def _put(self, keys: Keys, value: Json) -> None:
        """Put a component into the root."""
        parent = self._collection.root.value
        for key in keys[:-1]:
            if not isinstance(parent.get(key), dict):
                parent[key] = {}
            parent = parent[key]
        parent[keys[-1]] = value

    def _rewrite_mapping(
        self,
        document: Document,
        mapping: JsonObject,
        key: str,
        references: Mapping[Target, str],
    ) -> None:
        """Rewrite a discriminator's word for a schema that has moved.

        Nothing is fetched for it (OpenAPI 3.1, section 4.8.25).
        """
        name = mapping[key]
        is_root = document is self._collection.root
        if not isinstance(name, str) or (is_root and name.startswith("#")):
            return
        is_bare = not is_root and _BARE_NAME.fullmatch(name) is not None
        reference = f"#/components/schemas/{name}" if is_bare else name
        address, pointer = self._collection.resolve(reference, document)
        target = self._collection.targets.get((address or "", pointer, _SCHEMA))
        if target is not None and target.component:
            mapping[key] = references[target]
        elif address == self._collection.root.address and pointer and not is_bare:
            mapping[key] = f"#{pointer}"

    # --- what cannot be a component ---

    def _write_out(self, links: list[Link]) -> None:
        """Put what cannot be a component where it is used.

        Raises SpecError when that would be more than a document may be.
        """
        top = self._collection.top
        owners = {link.owner.document for link in links if link.owner is not top}
        # only these can hold what is written out itself
        nested = {link.target for link in links if link.target.document in owners}
        # plain references go first: a merge with siblings copies, and what it copies must be done
        for link in sorted(links, key=lambda link: len(link.site.holder) > 1):
            site = link.site
            value = self._inlined(link)
            if link.target in nested and contains(value, site.parent):
                value = self._report_circular(link)
            site.parent[site.key] = value
        self._check_size(links, nested)

    def _check_size(self, links: list[Link], nested: set[Target]) -> None:
        """Raise SpecError where what was written out is more than a document may be."""
        weights: dict[int, int] = {}
        added = 0
        for link in links:
            target = link.target
            added += weigh(target.value, weights) if target in nested else target.document.size
        limit = self._limits.max_expanded
        root = self._collection.root
        if added <= limit or weigh(root.value, weights) <= limit:
            return
        message = (
            f"its references write out to more than {limit:,} characters and values."
            f" {raise_limit('max_expanded')} if they are meant to."
        )
        raise SpecError(message, address=root.address or None)

    def _inlined(self, link: Link) -> Json:
        """Return what stands in place of a reference that no component can stand for.

        That is a path item, an operation, a whole map or a text.
        """
        target = link.target
        followed = {target}
        further = _leads_on_to(target)
        while further is not None:
            if further in followed:
                return self._report_circular(link)
            followed.add(further)
            target = further
            further = _leads_on_to(target)
        holder = link.site.holder
        siblings = {name: value for name, value in holder.items() if name != "$ref"}
        if siblings and isinstance(target.value, dict):
            return {**target.value, **siblings}
        return target.value

    def _report_circular(self, link: Link) -> JsonObject:
        message = "it leads back to itself, which no document can hold."
        self._collection.report(link, "circular-reference", message, CORRECT_ADVICE)
        return {}


def _leads_on_to(target: Target) -> Target | None:
    """Return what a target that is a reference itself leads to, if that is no component either."""
    for link in target.links:
        if link.site.holder is target.value and not link.target.component:
            return link.target
    return None


# --- prance ---


def _needed_components(top: Target) -> list[Target]:
    """Let prance follow the references from the root; return the components that the root needs.

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
        for part in group:
            components = _first_met_components(part)
            if components:
                groups.append(components)
        links = [{"$ref": f"{_PRIVATE_URL}{linked}"} for linked in range(first, len(groups))]
        cache[f"{_PRIVATE_URL}{number}", True] = {"links": links}
    resolver = RefResolver(
        cache.pop((f"{_PRIVATE_URL}0", True)),
        "file:///docs/root",
        reference_cache=cache,
        resolve_types=RESOLVE_HTTP,
        resolve_method=TRANSLATE_EXTERNAL,
    )
    resolver.resolve_references()
    joined = resolver.specs.get("components", {}).get("schemas", {})
    return [target for name in joined for target in groups[int(name.rstrip("_"))]]


def _first_met_components(part: Target) -> list[Target]:
    """Return the components that were first met in a part, or in what is written out within it."""
    found = list(part.first_met)
    for target in found:  # grows on the way
        if not target.component:
            found += target.first_met
    return [target for target in found if target.component]
