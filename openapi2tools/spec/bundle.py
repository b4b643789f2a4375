"""A document that refers to others, and the way to fetch them, in; one document whose references are all local, out.

The referenced documents are collected first, past the guard and only where they may be. Then prance joins: it is given the graph of the
references, each target under a private name, and says which targets the root needs, and under which name; its own readers of files and
URLs are never reached, since all it asks for is in its cache. Values are moved, not copied.
"""

from __future__ import annotations

import os
import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote

import anyio
import orjson

from openapi2tools import pointer
from openapi2tools.errors import SpecError
from openapi2tools.model import Json, JsonObject, Problem, Severity
from openapi2tools.spec.fetch import Fetched, is_url
from openapi2tools.spec.grammar import SECTIONS_2, SECTIONS_3, Place, Site, sites
from openapi2tools.spec.limits import Limits
from openapi2tools.spec.parse import parse
from openapi2tools.spec.reach import Reach, base_of, path_of, relative, resolve, shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping

    Fetch: TypeAlias = Callable[[str], Awaitable[Fetched]]

CONCURRENT: Final = 8
"""Documents that are fetched at the same time."""

_TEXTS: Final = (".md", ".markdown", ".txt")
_ILLEGAL: Final = re.compile(r"[^A-Za-z0-9._-]+")
_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_NAME_ROOT: Final = "Write the main document's name before the #."
_CORRECT: Final = "Correct it, or add what it names."
_NO_ADDRESS: Final = "Load the document from its path or URL."
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

    References resolve against the document they stand in. They may lead to the origin, or the folder, of the root at `address`, and to the
    origins and folders of `allow_refs`; one that may not, or that finds nothing, becomes a Problem and stays as it is. The document itself
    is not edited. What a missing document costs is only what refers to it; raises SpecError for a bomb of references.
    """
    if all(site.reference.startswith("#") for site in sites(document, ("one", "document"), set())):
        return document, []
    collection = _Collection(orjson.loads(orjson.dumps(document)), address, fetch, tuple(allow_refs), limits or Limits())
    await collection.collect()
    collection.name_targets()
    collection.join()
    return collection.root.value, collection.problems


@dataclass(slots=True, eq=False)
class _Document:
    """One document: `key` is the address it was asked for by, `base` what its relative references resolve against."""

    key: str
    base: str | None
    value: Json

    size: int = 0
    _places: dict[int, str] = field(default_factory=dict)  # of the objects with a `$ref`, by id
    _anchors: dict[str, Json] = field(default_factory=dict)

    def lookup(self, name: str) -> Json:
        """Find what a fragment names: a pointer (`#/` is often meant to be everything), or an anchor (JSON Schema 2020-12, 8.2.2)."""
        if not name or name.startswith("/"):
            found = pointer.lookup(self.value, name)
            return self.value if found is pointer.MISSING and name == "/" else found
        self._index()
        return self._anchors.get(name, pointer.MISSING)

    def place_of(self, holder: JsonObject) -> str:
        """Give the pointer of an object with a `$ref`."""
        self._index()
        return self._places.get(id(holder), "")

    def _index(self) -> None:
        """Walk the whole document, once, and only for what is rare: faults and anchors."""
        stack: list[tuple[str, Json]] = [] if self._places else [("", self.value)]
        seen: set[int] = set()
        while stack:
            place, item = stack.pop()
            if id(item) in seen:
                continue
            seen.add(id(item))
            if isinstance(item, dict):
                stack.extend((pointer.join(place, key), part) for key, part in item.items() if isinstance(part, dict | list))
                if "$ref" in item:
                    self._places[id(item)] = place
                for name in (item.get("$anchor"), item.get("$dynamicAnchor")):
                    if isinstance(name, str):
                        self._anchors.setdefault(name, item)
            else:
                stack.extend((pointer.join(place, index), part) for index, part in enumerate(item) if isinstance(part, dict | list))
        self._places[0] = ""  # walked


@dataclass(slots=True, eq=False)
class _Target:
    """What references lead to: a value within a document other than the root."""

    document: _Document
    pointer: str
    place: Place
    value: Json
    home: tuple[str, ...] = ()  # the section and name where it stands in the root in the end; what has none is written out where it is used
    links: list[tuple[Site, _Target]] = field(default_factory=list)  # the references within it
    first_met: list[_Target] = field(default_factory=list)  # those that no reference led to before


class _Collection:
    """Everything that hangs together with one root."""

    def __init__(self, value: JsonObject, address: str | None, fetch: Fetch, allow_refs: tuple[str, ...], limits: Limits) -> None:
        if address is not None and not is_url(address):
            address = os.path.abspath(address)  # noqa: PTH100 -- a link stays where it is
        self.root = _Document(address or "", base_of(address), value)
        self.problems: list[Problem] = []
        self._top = _Target(self.root, "", ("one", "document"), value)
        self._fetch = fetch
        self._limits = limits
        self._reach = Reach(address, allow_refs)
        self._documents: dict[str, _Document | None] = {self.root.key: self.root}
        self._targets: dict[tuple[str, str, Place], _Target] = {}
        self._seen: dict[str, set[tuple[int, Place]]] = defaultdict(set)
        self._mappings: dict[_Document, list[JsonObject]] = defaultdict(list)
        self._sections: Mapping[str, tuple[str, ...]] = SECTIONS_2 if "swagger" in value else SECTIONS_3

    # --- collecting ---------------------------------------------------------------------------------------------------

    async def collect(self) -> None:
        """Walk the root, then what it refers to, and so on; the documents of each round are fetched together."""
        walk = [self._top]
        while walk:
            found = [(target, site, *self._resolve(site.reference, target.document)) for target in walk for site in self._sites(target)]
            await self._fetch_all(found)
            walk = []
            for target, site, address, fragment in found:
                if address is None:
                    self._fault(
                        target, site, "dangling-reference", "the document has no address to resolve it against.", advice=_NO_ADDRESS
                    )
                    continue
                document = self._documents.get(address)
                if document is not None:
                    new = self._link(target, site, document, fragment)
                    if new is not None:
                        walk.append(new)

    def _sites(self, target: _Target) -> Iterator[Site]:
        """Give the references of a target that need work: all but those of the root to itself."""
        here = target.document is self.root
        for site in sites(target.value, target.place, self._seen[target.document.key], self._mappings[target.document]):
            if not (here and site.reference.startswith("#")):
                yield site

    def _resolve(self, reference: str, document: _Document) -> tuple[str | None, str]:
        """Give the address of the referenced document, None where it has no base to resolve against, and the fragment."""
        url, _, fragment = reference.partition("#")
        return resolve(url, document.base) if url else document.key, unquote(fragment) if "%" in fragment else fragment

    async def _fetch_all(self, found: Iterable[tuple[_Target, Site, str | None, str]]) -> None:
        """Fetch what is referred to and not there yet; files one by one, URLs together."""
        limiter = anyio.Semaphore(CONCURRENT)

        async def in_turn(address: str, target: _Target, site: Site) -> None:
            async with limiter:
                await self._open(address, target, site)

        async with anyio.create_task_group() as group:
            for target, site, address, _ in found:
                if address is None or address in self._documents:
                    continue
                self._documents[address] = None
                if is_url(address):
                    group.start_soon(in_turn, address, target, site)
                else:
                    await self._open(address, target, site)

    async def _open(self, address: str, target: _Target, site: Site) -> None:
        """Fetch and parse one document; what it costs that it cannot be had is one problem, at the reference that asked first."""
        refusal = self._reach.refusal(address)
        if refusal is not None:
            self._fault(target, site, "reference-not-allowed", refusal[0], advice=refusal[1])
            return
        try:
            fetched = await self._fetch(address)
            self._documents[address] = _Document(address, base_of(fetched.address), self._read(fetched), len(fetched.data))
        except SpecError as error:
            self._fault(target, site, "dangling-reference", f"cannot be followed: {error}", advice=_CORRECT)

    def _read(self, fetched: Fetched) -> Json:
        self.problems += fetched.problems
        if (fetched.address or "").lower().endswith(_TEXTS):
            return fetched.data.decode("utf-8", "replace")
        parsed = parse(fetched.data, address=fetched.address, limits=self._limits)
        self.problems += [replace(problem, address=fetched.address) for problem in parsed.problems]
        return parsed.value

    def _link(self, target: _Target, site: Site, document: _Document, place: str) -> _Target | None:
        """Tie a reference to what it leads to; give that when it is met for the first time."""
        value = document.lookup(place)
        if value is pointer.MISSING and site.reference.startswith("#") and self.root.lookup(place) is not pointer.MISSING:
            self._fault(target, site, "reference-repaired", "it means the main document.", advice=_NAME_ROOT, severity="hint")
            document = self.root
        elif value is pointer.MISSING:
            self._fault(target, site, "dangling-reference", f"there is no {place!r} in {shown(document.key)}.", advice=_CORRECT)
            return None
        if document is self.root:
            site.holder["$ref"] = "#" + site.reference.partition("#")[2]
            return None
        key = (document.key, place, site.place)
        known = self._targets.get(key)
        found = known or self._targets.setdefault(key, _Target(document, place, site.place, value))
        if not found.home and target is self._top:
            found.home = self._home(site)
        target.links.append((site, found))
        if known is not None:
            return None
        target.first_met.append(found)
        return found

    def _home(self, site: Site) -> tuple[str, ...]:
        """Give the place of a component of the root that is a reference and nothing else: what it leads to can stand there itself."""
        section = self._sections.get(site.place[1])
        if section is None or len(site.holder) > 1 or site.parent is None or self._section(section) is not site.parent:
            return ()
        return (*section, site.key)

    def _section(self, section: tuple[str, ...]) -> Json:
        return pointer.lookup(self.root.value, pointer.join("", *section))

    def _fault(self, target: _Target, site: Site, kind: str, message: str, *, advice: str = "", severity: Severity = "error") -> None:
        place = target.document.place_of(site.holder)
        address = None if target.document is self.root else shown(target.document.key)
        self.problems.append(Problem(kind, f"the reference {shown(site.reference)!r}: {message}", place, severity, advice, address=address))

    # --- joining ----------------------------------------------------------------------------------------------------

    def name_targets(self) -> None:
        """Give every target that becomes a component a name of its own, whatever the order in which they were met."""
        taken: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for section in self._sections.values():
            there = self._section(section)
            taken[section].update(there if isinstance(there, dict) else ())
        waiting = [t for t in self._targets.values() if not t.home and self._is_component(t)]
        for level in range(4):
            groups: dict[tuple[tuple[str, ...], str], list[_Target]] = defaultdict(list)
            for target in waiting:
                groups[self._sections[target.place[1]], self._name(target, level)].append(target)
            waiting = []
            for (section, name), group in groups.items():
                if len(group) == 1 and name not in taken[section]:
                    group[0].home = (*section, name)
                    taken[section].add(name)
                else:
                    waiting += group

    def _is_component(self, target: _Target) -> bool:
        return target.place[0] == "one" and target.place[1] in self._sections

    def _name(self, target: _Target, level: int) -> str:
        """Name a target after the end of its pointer, or its file; each further level takes more of its address in, the last a hash."""
        address = relative(target.document.key, self.root.key)
        *folders, file = path_of(address).split("/")
        parts = [*folders, file.rpartition(".")[0] or file, *pointer.split("/" + target.pointer)[-1:]]
        name = _ILLEGAL.sub("_", "_".join([part for part in parts if part][-1 - level :]))
        return name if level < 3 else f"{name}_{sha256(f'{address}#{target.pointer}'.encode()).hexdigest()[:8]}"

    def join(self) -> None:
        """Let prance join the graph, then put every target where it belongs, and write every reference as the way to it."""
        owners = [self._top, *self._targets.values()]
        for target in _reached(self._top):
            self._put(target.home, target.value)
        reference = {target: "#" + pointer.join("", *target.home) for target in owners}
        for site, target in (link for owner in owners for link in owner.links):
            if target.home:
                site.holder["$ref"] = reference[target]
        for document, mappings in self._mappings.items():
            for mapping in mappings:
                self._map(document, mapping, reference)
        self._write_out(
            [(owner, site, target) for owner in owners for site, target in owner.links if not target.home and site.parent is not None]
        )

    def _write_out(self, links: list[tuple[_Target, Site, _Target]]) -> None:
        """Put what no component can hold where it is used; raises SpecError when that would be more than a document may be."""
        owners = {owner.document for owner, _, _ in links if owner is not self._top}
        nested = {target for _, _, target in links if target.document in owners}
        for owner, site, target in sorted(links, key=lambda link: len(link[1].holder) > 1):  # a merge copies: what it copies must be done
            value = self._inlined(owner, site, target)
            site.parent[site.key] = self._circular(owner, site) if target in nested and _holds(value, site.parent) else value
        known: dict[int, int] = {}
        weights = (_weight(target.value, known) if target in nested else target.document.size for _, _, target in links)
        most = self._limits.max_expanded
        if sum(weights) > most and _weight(self.root.value, known) > most:
            message = (
                f"its references write out to more than {most:,} characters and values. Raise Limits.max_expanded if they are meant to."
            )
            raise SpecError(message, address=self.root.key or None)

    def _circular(self, owner: _Target, site: Site) -> JsonObject:
        self._fault(owner, site, "circular-reference", "it leads back to itself, which no document can hold.", advice=_CORRECT)
        return {}

    def _map(self, document: _Document, mapping: JsonObject, reference: Mapping[_Target, str]) -> None:
        """Rewrite a discriminator's mapping where it names a schema that has moved; nothing is fetched for it (OpenAPI 3.1, 4.8.25)."""
        for value, name in mapping.items():
            if not isinstance(name, str) or (document is self.root and name.startswith("#")):
                continue
            bare = document is not self.root and _BARE.fullmatch(name) is not None
            address, place = self._resolve(f"#/components/schemas/{name}" if bare else name, document)
            target = self._targets.get((address or "", place, ("one", "schema")))
            if target is not None and target.home:
                mapping[value] = reference[target]
            elif address == self.root.key and place and not bare:
                mapping[value] = f"#{place}"

    def _put(self, home: tuple[str, ...], value: Json) -> None:
        there = self.root.value
        for name in home[:-1]:
            if not isinstance(there.get(name), dict):
                there[name] = {}
            there = there[name]
        there[home[-1]] = value

    def _inlined(self, owner: _Target, site: Site, target: _Target) -> Json:
        """Give what stands for a reference that no component can stand for: a path item, an operation, a whole map, a text."""
        value, passed = target.value, {target}
        while (further := next((other for inner, other in target.links if inner.holder is value and not other.home), None)) is not None:
            if further in passed:
                return self._circular(owner, site)
            passed.add(further)
            target, value = further, further.value
        siblings = {name: item for name, item in site.holder.items() if name != "$ref"}
        return {**value, **siblings} if siblings and isinstance(value, dict) else value


# --- prance ---------------------------------------------------------------------------------------------------------


def _reached(top: _Target) -> list[_Target]:
    """Let prance follow the references from the root, and give the targets that it puts into the joined document.

    It sees every component once, where it was met first: that is all it needs, and has no circles.
    """
    from prance.util.resolver import (  # type: ignore[import-untyped]  # noqa: PLC0415 -- only documents in parts need prance
        RESOLVE_HTTP,
        TRANSLATE_EXTERNAL,
        RefResolver,
    )

    parts = [top]
    cache: dict[tuple[str, bool], JsonObject] = {}
    for number, part in enumerate(parts):  # grows on the way
        first = len(parts)
        parts += _components(part)
        cache[f"{_PRIVATE}{number}", True] = {"links": [{"$ref": f"{_PRIVATE}{n}"} for n in range(first, len(parts))]}
    resolver = RefResolver(
        cache.pop((f"{_PRIVATE}0", True)),
        "file:///docs/root",
        reference_cache=cache,
        resolve_types=RESOLVE_HTTP,
        resolve_method=TRANSLATE_EXTERNAL,
    )
    resolver.resolve_references()
    joined = resolver.specs.get("components", {}).get("schemas", {})
    return [parts[int(name.rstrip("_"))] for name in joined]


def _components(part: _Target) -> list[_Target]:
    """Give the components that were first met in a part, or in what is written out within it."""
    found = list(part.first_met)
    for target in found:  # grows on the way
        found += () if target.home else target.first_met
    return [target for target in found if target.home]


# --- what was written out -------------------------------------------------------------------------------------------


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
