"""Join a document with those it refers to, into one document whose references are all local.

The referenced documents are fetched first. Then prance is given the graph of the references, with a
private URL for each group of targets, and tells which of them the root needs. Its own readers of
files and URLs are never reached, since all it asks for is in its cache. Values are moved into the
root, not copied.
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
from openapi2tools.spec.references.collect import CORRECT_ADVICE, ReferenceGraph
from openapi2tools.spec.references.expansion import contains, expanded_size
from openapi2tools.spec.references.grammar import DOCUMENT, NodeType
from openapi2tools.spec.references.walk import find_sites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from openapi2tools.model import Json, JsonObject, Problem
    from openapi2tools.spec.references.collect import Fetch
    from openapi2tools.spec.references.documents import Document, Keys, Link, Target
    from openapi2tools.spec.references.walk import SchemaNameSite

_ILLEGAL_IN_NAME: Final = re.compile(r"[^A-Za-z0-9._-]+")
_BARE_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_PRIVATE_URL: Final = "http://docs/"  # is never opened
_SCHEMA: Final = NodeType("one", "schema")

# a name that is taken gets one more part of the target's address, and at the last level a hash
_NAME_LEVELS: Final = 4


async def bundle(
    document: JsonObject,
    address: str | None,
    fetch: Fetch,
    *,
    allow_refs: Iterable[str] = (),
    limits: Limits | None = None,
    on_document: Callable[[str, bytes], None] | None = None,
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
        on_document: Called with the address and the compact JSON of every other document.

    Raises:
        SpecError: The references write out to more than the limits allow.
    """
    sites = find_sites(document, DOCUMENT, set())
    if all(site.reference.startswith("#") for site in sites):
        return document, []
    limits = limits or Limits()
    copy = orjson.loads(orjson.dumps(document))
    graph = ReferenceGraph(copy, address, fetch, allow_refs, limits)
    await graph.collect()
    if on_document is not None:
        for other in graph.other_documents():
            on_document(other.address, python_to_json(other.value))
    joiner = _Joiner(graph, limits)
    joiner.name_components()
    joiner.join()
    return graph.root.value, graph.problems


class _Joiner:
    """Moves the targets of a graph into its root, until all references are local."""

    def __init__(self, graph: ReferenceGraph, limits: Limits) -> None:
        self._graph = graph
        self._limits = limits

    # --- names ---

    def name_components(self) -> None:
        """Choose a unique name for every target that can be a component.

        Names do not depend on the order in which the targets were met.
        """
        taken: dict[Keys, set[str]] = defaultdict(set)
        for keys in self._graph.sections.values():
            section = self._graph.section(keys)
            if isinstance(section, dict):
                taken[keys].update(section)
        unnamed = [
            target
            for target in self._graph.targets.values()
            if not target.component_keys and self._can_be_component(target)
        ]
        for level in range(_NAME_LEVELS):
            unnamed = self._name_at_level(unnamed, level, taken)

    def _can_be_component(self, target: Target) -> bool:
        container, object_type = target.node_type
        return container == "one" and object_type in self._graph.sections

    def _name_at_level(
        self, unnamed: list[Target], level: int, taken: dict[Keys, set[str]]
    ) -> list[Target]:
        """Name the targets whose name at a level is unique; return the others."""
        groups: dict[tuple[Keys, str], list[Target]] = defaultdict(list)
        for target in unnamed:
            section = self._graph.sections[target.node_type.object_type]
            groups[section, self._name(target, level)].append(target)
        left: list[Target] = []
        for (section, name), group in groups.items():
            if len(group) == 1 and name not in taken[section]:
                group[0].component_keys = (*section, name)
                taken[section].add(name)
            else:
                left += group
        return left

    def _name(self, target: Target, level: int) -> str:
        """Return a name: the last key of the fragment, or the file, with parts of the address."""
        address = relative(target.document.address, self._graph.root.address)
        *folders, file = path_of(address).split("/")
        stem = file.rpartition(".")[0] or file
        last_key = json_pointer.split("/" + target.fragment)[-1]
        parts = [part for part in (*folders, stem, last_key) if part]
        name = _ILLEGAL_IN_NAME.sub("_", "_".join(parts[-1 - level :]))
        if level < _NAME_LEVELS - 1:
            return name
        digest = sha256(f"{address}#{target.fragment}".encode()).hexdigest()
        return f"{name}_{digest[:8]}"

    # --- joining ---

    def join(self) -> None:
        """Make every target a component, or inline it, and make every reference local."""
        owners = [self._graph.top, *self._graph.targets.values()]
        for target in _needed_components(self._graph.top):
            self._add_component(target.component_keys, target.value)
        references = {
            target: "#" + json_pointer.join("", *target.component_keys) for target in owners
        }
        links = [link for owner in owners for link in owner.links]
        for link in links:
            if link.target.component_keys:
                link.site.holder["$ref"] = references[link.target]
        for document, sites in self._graph.schema_names.items():
            for site in sites:
                self._rewrite_schema_name(document, site, references)
        without_component = [link for link in links if not link.target.component_keys]
        self._inline_links([link for link in without_component if link.site.parent is not None])

    def _add_component(self, keys: Keys, value: Json) -> None:
        """Add a component to the root."""
        parent = self._graph.root.value
        for key in keys[:-1]:
            if not isinstance(parent.get(key), dict):
                parent[key] = {}
            parent = parent[key]
        parent[keys[-1]] = value

    def _rewrite_schema_name(
        self, document: Document, site: SchemaNameSite, references: Mapping[Target, str]
    ) -> None:
        """Rewrite a discriminator's name for a schema that has moved.

        Nothing is fetched for it (OpenAPI 3.1, section 4.8.25).
        """
        name = site.holder[site.key]
        is_root = document is self._graph.root
        if not isinstance(name, str) or (is_root and name.startswith("#")):
            return
        is_bare = not is_root and _BARE_NAME.fullmatch(name) is not None
        reference = f"#/components/schemas/{name}" if is_bare else name
        address, fragment = self._graph.resolve(reference, document)
        target = self._graph.targets.get((address or "", fragment, _SCHEMA))
        if target is not None and target.component_keys:
            site.holder[site.key] = references[target]
        elif address == self._graph.root.address and fragment and not is_bare:
            site.holder[site.key] = f"#{fragment}"

    # --- what cannot be a component ---

    def _inline_links(self, links: list[Link]) -> None:
        """Put what cannot be a component in place of the references to it.

        Raises:
            SpecError: The document would be larger than the limits allow.
        """
        top = self._graph.top
        owners = {link.owner.document for link in links if link.owner is not top}
        # only these can hold references that are inlined, too
        nested = {link.target for link in links if link.target.document in owners}
        # plain references go first: a merge with siblings copies, and what it copies must be done
        for link in sorted(links, key=lambda link: len(link.site.holder) > 1):
            site = link.site
            value = self._inlined_value(link)
            if link.target in nested and contains(value, site.parent):
                value = self._report_circular(link)
            site.parent[site.key] = value
        self._check_size(links, nested)

    def _check_size(self, links: list[Link], nested: set[Target]) -> None:
        """Raise SpecError where inlining made the document larger than the limits allow."""
        sizes: dict[int, int] = {}
        added = 0
        for link in links:
            target = link.target
            if target in nested:
                added += expanded_size(target.value, sizes)
            else:
                added += target.document.size
        limit = self._limits.max_expanded
        root = self._graph.root
        if added <= limit or expanded_size(root.value, sizes) <= limit:
            return
        message = (
            f"its references write out to more than {limit:,} characters and values."
            f" {raise_limit('max_expanded')} if they are meant to."
        )
        raise SpecError(message, address=root.address or None)

    def _inlined_value(self, link: Link) -> Json:
        """Return what stands in place of a reference to what cannot be a component.

        That is a path item, an operation, a whole map or a text.
        """
        target = link.target
        followed = {target}
        while (next_target := _next_in_chain(target)) is not None:
            if next_target in followed:
                return self._report_circular(link)
            followed.add(next_target)
            target = next_target
        holder = link.site.holder
        siblings = {name: value for name, value in holder.items() if name != "$ref"}
        if siblings and isinstance(target.value, dict):
            return {**target.value, **siblings}
        return target.value

    def _report_circular(self, link: Link) -> JsonObject:
        """Report a circle; return the empty object that stands in its place."""
        message = "it leads back to itself, which no document can hold."
        self._graph.report(link, "circular-reference", message, CORRECT_ADVICE)
        return {}


def _next_in_chain(target: Target) -> Target | None:
    """Return what a target that is a reference itself leads to; None where that is a component."""
    for link in target.links:
        if link.site.holder is target.value and not link.target.component_keys:
            return link.target
    return None


# --- prance ---


def _needed_components(top: Target) -> list[Target]:
    """Return the components that the root needs, as prance finds them by following references.

    The components that were first met in one target are a group, and each group is a document for
    prance. So it sees every component once, and no circles.
    """
    from prance.util.resolver import (  # type: ignore[import-untyped]  # noqa: PLC0415 -- only documents in parts need prance
        RESOLVE_HTTP,
        TRANSLATE_EXTERNAL,
        RefResolver,
    )

    groups = [[top]]
    cache: dict[tuple[str, bool], JsonObject] = {}
    for number, group in enumerate(groups):  # grows on the way
        first_linked = len(groups)
        for target in group:
            components = _first_met_components(target)
            if components:
                groups.append(components)
        links = [{"$ref": f"{_PRIVATE_URL}{linked}"} for linked in range(first_linked, len(groups))]
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


def _first_met_components(target: Target) -> list[Target]:
    """Return the components that were first met in a target, or in what is inlined within it."""
    found = list(target.first_met)
    for met in found:  # grows on the way
        if not met.component_keys:
            found += met.first_met
    return [met for met in found if met.component_keys]
