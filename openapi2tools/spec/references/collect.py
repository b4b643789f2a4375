"""A document and the way to fetch others in; it and everything it refers to, tied together, out.

Documents are fetched past the guard, and only from where references may lead; what cannot be had
becomes a problem.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import unquote

import anyio

from openapi2tools._core import pointer
from openapi2tools.errors import SpecError
from openapi2tools.model import Json, JsonObject, Problem, Severity
from openapi2tools.spec.fetch.fetch import Fetched, is_url
from openapi2tools.spec.parse.compact import survey
from openapi2tools.spec.parse.parse import parse
from openapi2tools.spec.references.grammar import SECTIONS_2, SECTIONS_3, Place, Site, sites
from openapi2tools.spec.references.identify import by_pointer
from openapi2tools.spec.references.reach import Reach, base_of, resolve, shown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping

    from openapi2tools.spec.limits import Limits

    Fetch: TypeAlias = Callable[[str], Awaitable[Fetched]]

CONCURRENT: Final = 8
"""Documents that are fetched at the same time."""

CORRECT: Final = "Correct it, or add what it names."
_NAME_ROOT: Final = "Write the main document's name before the #."
_NO_ADDRESS: Final = "Load the document from its path or URL."
_TEXTS: Final = (".md", ".markdown", ".txt")


@dataclass(slots=True, eq=False)
class Document:
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
        stack: list[tuple[str, Json]] = (
            [("", self.value)] if isinstance(self.value, dict | list) and not self._places else []
        )
        seen: set[int] = set()
        while stack:
            place, item = stack.pop()
            if id(item) in seen:
                continue
            seen.add(id(item))
            if isinstance(item, dict):
                stack.extend(
                    (pointer.join(place, key), part)
                    for key, part in item.items()
                    if isinstance(part, dict | list)
                )
                if "$ref" in item:
                    self._places[id(item)] = place
                for name in (item.get("$anchor"), item.get("$dynamicAnchor")):
                    if isinstance(name, str):
                        self._anchors.setdefault(name, item)
            else:
                stack.extend(
                    (pointer.join(place, index), part)
                    for index, part in enumerate(item)
                    if isinstance(part, dict | list)
                )
        self._places[0] = ""  # walked


@dataclass(slots=True, eq=False)
class Target:
    """What references lead to: a value within a document other than the root."""

    document: Document
    pointer: str
    place: Place
    value: Json
    # the section and name where it stands in the root in the end; what has none is written out
    # where it is used
    home: tuple[str, ...] = ()
    links: list[tuple[Site, Target]] = field(default_factory=list)  # the references within it
    first_met: list[Target] = field(default_factory=list)  # those that no reference led to before


_Found: TypeAlias = "tuple[Target, Site, str | None, str]"
"""A reference: what it stands in, itself, the address it leads to, and the fragment."""


class Collection:
    """Everything that hangs together with one root.

    `targets` are what references lead to, by document, pointer and kind; `top` is the root itself,
    and not among them. `sections` say where the root's dialect keeps each kind of component;
    `mappings` are where the discriminators of each document name schemas.
    """

    def __init__(
        self,
        value: JsonObject,
        address: str | None,
        fetch: Fetch,
        allow_refs: Iterable[str],
        limits: Limits,
    ) -> None:
        if address is not None and not is_url(address):
            address = os.path.abspath(address)  # noqa: PTH100 -- a link stays where it is
        self.root = Document(address or "", base_of(address), value)
        self.problems: list[Problem] = []
        self.top = Target(self.root, "", ("one", "document"), value)
        self._fetch = fetch
        self._limits = limits
        self._reach = Reach(address, allow_refs)
        self._documents: dict[str, Document | None] = {self.root.key: self.root}
        self._named: dict[str, Document] = {}  # by what they call themselves
        self._refusals: dict[str, tuple[str, str]] = {}  # by address
        self._refused: list[_Found] = []
        self.targets: dict[tuple[str, str, Place], Target] = {}
        self._seen: dict[str, set[tuple[int, Place]]] = defaultdict(set)
        self.mappings: dict[Document, list[tuple[JsonObject, str]]] = defaultdict(list)
        self.sections: Mapping[str, tuple[str, ...]] = (
            SECTIONS_2 if "swagger" in value else SECTIONS_3
        )

    async def collect(self) -> None:
        """Walk the root, then what it refers to, and so on; the documents of each round are fetched together."""
        walk = [self.top]
        while walk:
            found = [
                (target, site, *self.resolve(site.reference, target.document))
                for target in walk
                for site in self._sites(target)
            ]
            await self._fetch_all(found)
            walk = []
            for target, site, address, fragment in found:
                if address is None:
                    self.fault(
                        target,
                        site,
                        "dangling-reference",
                        "the document has no address to resolve it against.",
                        advice=_NO_ADDRESS,
                    )
                    continue
                document = self._documents.get(address)
                if document is not None:
                    new = self._link(target, site, document, fragment)
                    if new is not None:
                        walk.append(new)
                elif address in self._refusals:
                    self._refused.append((target, site, address, fragment))
            walk = walk or self._link_by_name()
        for target, site, address, _ in self._refused:
            if address is not None and (refusal := self._refusals.pop(address, None)) is not None:
                self.fault(target, site, "reference-not-allowed", refusal[0], advice=refusal[1])

    def _link_by_name(self) -> list[Target]:
        """Tie what was refused, where a document that is here calls itself so (JSON Schema 2020-12, section 8.2.1); give what is new."""
        refused, self._refused = self._refused, []
        new: list[Target | None] = []
        for target, site, address, fragment in refused:
            document = self._named.get(address or "")
            if document is None:
                self._refused.append((target, site, address, fragment))
            else:
                new.append(self._link(target, site, document, fragment))
        return [target for target in new if target is not None]

    def _sites(self, target: Target) -> Iterator[Site]:
        """Give the references of a target that need work: all but those of the root to itself."""
        here = target.document is self.root
        for site in sites(
            target.value,
            target.place,
            self._seen[target.document.key],
            self.mappings[target.document],
        ):
            if not (here and site.reference.startswith("#")):
                yield site

    def resolve(self, reference: str, document: Document) -> tuple[str | None, str]:
        """Give the address of the referenced document, None where it has no base to resolve against, and the fragment."""
        url, _, fragment = reference.partition("#")
        return resolve(url, document.base) if url else document.key, unquote(
            fragment
        ) if "%" in fragment else fragment

    async def _fetch_all(self, found: Iterable[_Found]) -> None:
        """Fetch what is referred to and not there yet; files one by one, URLs together."""
        limiter = anyio.Semaphore(CONCURRENT)

        async def in_turn(address: str, target: Target, site: Site) -> None:
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

    async def _open(self, address: str, target: Target, site: Site) -> None:
        """Fetch and parse one document; what it costs that it cannot be had is one problem, at the reference that asked first."""
        refusal = self._reach.refusal(address)
        if refusal is not None:
            self._refusals[address] = refusal
            return
        try:
            fetched = await self._fetch(address)
            document = self._documents[address] = Document(
                address, base_of(fetched.address), self._read(fetched), len(fetched.data)
            )
            own = (
                document.value.get("$id", document.value.get("$self"))
                if isinstance(document.value, dict)
                else None
            )
            if (
                isinstance(own, str)
                and (name := resolve(own.partition("#")[0], document.base)) is not None
            ):
                self._named.setdefault(name, document)
        except SpecError as error:
            self.fault(
                target, site, "dangling-reference", f"cannot be followed: {error}", advice=CORRECT
            )

    def _read(self, fetched: Fetched) -> Json:
        self.problems += fetched.problems
        if (fetched.address or "").lower().endswith(_TEXTS):
            return fetched.data.decode("utf-8", "replace")
        parsed = parse(fetched.data, address=fetched.address, limits=self._limits)
        self.problems += [replace(problem, address=fetched.address) for problem in parsed.problems]
        if isinstance(parsed.value, dict) and survey(parsed.value, parsed.compact).names:
            return by_pointer(parsed.value, fetched.address)
        return parsed.value

    def _link(self, target: Target, site: Site, document: Document, place: str) -> Target | None:
        """Tie a reference to what it leads to; give that when it is met for the first time."""
        known = self.targets.get((document.key, place, site.place))
        found = known or self._meet(target, site, document, place)
        if found is None:
            return None
        if not found.home and target is self.top:
            found.home = self._home(site)
        target.links.append((site, found))
        return None if known else found

    def _meet(self, target: Target, site: Site, document: Document, place: str) -> Target | None:
        """Find what a reference leads to; None where that is in the root, or nowhere."""
        value = document.lookup(place)
        if (
            value is pointer.MISSING
            and site.reference.startswith("#")
            and self.root.lookup(place) is not pointer.MISSING
        ):
            self.fault(
                target,
                site,
                "reference-repaired",
                "it means the main document.",
                advice=_NAME_ROOT,
                severity="hint",
            )
            document = self.root
        elif value is pointer.MISSING:
            self.fault(
                target,
                site,
                "dangling-reference",
                f"there is no {place!r} in {shown(document.key)}.",
                advice=CORRECT,
            )
            return None
        if document is self.root:
            site.holder["$ref"] = "#" + site.reference.partition("#")[2]
            return None
        found = self.targets[document.key, place, site.place] = Target(
            document, place, site.place, value
        )
        target.first_met.append(found)
        return found

    def _home(self, site: Site) -> tuple[str, ...]:
        """Give the place of a component of the root that is a reference and nothing else: what it leads to can stand there itself."""
        section = self.sections.get(site.place[1])
        if (
            section is None
            or len(site.holder) > 1
            or site.parent is None
            or self.section(section) is not site.parent
        ):
            return ()
        return (*section, site.key)

    def section(self, section: tuple[str, ...]) -> Json:
        """Give what the root has in a section."""
        return pointer.lookup(self.root.value, pointer.join("", *section))

    def fault(
        self,
        target: Target,
        site: Site,
        kind: str,
        message: str,
        *,
        advice: str = "",
        severity: Severity = "error",
    ) -> None:
        """Report a reference, with its place in the document it stands in."""
        place = target.document.place_of(site.holder)
        address = None if target.document is self.root else shown(target.document.key)
        self.problems.append(
            Problem(
                kind,
                f"the reference {shown(site.reference)!r}: {message}",
                place,
                severity,
                advice,
                address=address,
            )
        )
