"""Fetch the documents that a document refers to, and note what each reference leads to."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias
from urllib.parse import unquote

import anyio

from openapi2tools._core import pointer as json_pointer
from openapi2tools._core.urls import is_url
from openapi2tools.errors import SpecError
from openapi2tools.model import Json, JsonObject, Problem, Severity
from openapi2tools.spec.parse.parse import parse
from openapi2tools.spec.parse.survey import survey
from openapi2tools.spec.references.addresses import base_of, redacted, resolve
from openapi2tools.spec.references.allowed import AllowedAddresses, Refusal
from openapi2tools.spec.references.documents import Document, Keys, Link, Target
from openapi2tools.spec.references.grammar import DOCUMENT, SECTIONS_2, SECTIONS_3, NodeType
from openapi2tools.spec.references.identify import names_to_pointers, own_name
from openapi2tools.spec.references.walk import ReferenceSite, SchemaNameSite, find_sites

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping

    from openapi2tools.spec.fetch.fetched import Fetched
    from openapi2tools.spec.limits import Limits

    Fetch: TypeAlias = Callable[[str], Awaitable[Fetched]]

MAX_CONCURRENT_FETCHES: Final = 8

CORRECT_ADVICE: Final = "Correct it, or add what it names."
_NAME_ROOT_ADVICE: Final = "Write the main document's name before the #."
_ADDRESS_ADVICE: Final = "Load the document from its path or URL."
_TEXT_SUFFIXES: Final = (".md", ".markdown", ".txt")


class Reference(NamedTuple):
    """A reference that is still to be followed.

    `owner` is the target that the reference stands in; `address` is the document that it leads to,
    None where there is no base to resolve it against.
    """

    owner: Target
    site: ReferenceSite
    address: str | None
    fragment: str


class ReferenceGraph:
    """A root document and all that its references lead to, directly or through others.

    - `targets`: what references lead to, by the document's address, the fragment and the type.
    - `top`: the root itself as a target; it is not among `targets`.
    - `sections`: where the root's dialect keeps each type of component.
    - `schema_names`: where the discriminators of each document name schemas.
    - `problems`: what could not be fetched, and what is wrong with the documents.
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
        self.top = Target(self.root, "", DOCUMENT, value)
        self.targets: dict[tuple[str, str, NodeType], Target] = {}
        self.sections: Mapping[str, Keys] = SECTIONS_2 if "swagger" in value else SECTIONS_3
        self.schema_names: dict[Document, list[SchemaNameSite]] = defaultdict(list)
        self.problems: list[Problem] = []
        self._fetch = fetch
        self._limits = limits
        self._allowed = AllowedAddresses(address, allow_refs)
        # by address; None while it is fetched, and where that failed
        self._documents: dict[str, Document | None] = {self.root.address: self.root}
        self._documents_by_own_url: dict[str, Document] = {}  # by the document's `$id` or `$self`
        self._refusal_by_address: dict[str, Refusal] = {}
        self._refused_references: list[Reference] = []
        self._seen: dict[str, set[tuple[int, NodeType]]] = defaultdict(set)

    async def collect(self) -> None:
        """Follow the references of the root, then those of what they lead to, and so on.

        The documents of each round are fetched together.
        """
        unwalked = [self.top]
        while unwalked:
            references = [
                Reference(owner, site, *self.resolve(site.reference, owner.document))
                for owner in unwalked
                for site in self._sites_to_follow(owner)
            ]
            self._report_backslashes(references)
            await self._fetch_all(references)
            unwalked = self._link_all(references) or self._link_refused()
        self._report_refusals()

    def resolve(self, reference: str, document: Document) -> tuple[str | None, str]:
        """Return the address of the document that a reference leads to, and the fragment.

        The address is None where the document has no base to resolve the reference against.
        """
        url, _, fragment = reference.partition("#")
        url = url.replace("\\", "/")
        if "%" in fragment:
            fragment = unquote(fragment)
        address = resolve(url, document.base) if url else document.address
        return address, fragment

    def other_documents(self) -> list[Document]:
        """Return the documents beside the root, in the order in which they were met."""
        documents = self._documents.values()
        return [each for each in documents if each is not None and each is not self.root]

    def section(self, keys: Keys) -> Json:
        """Return a section of the root's components, or `MISSING`."""
        return json_pointer.lookup(self.root.value, json_pointer.join("", *keys))

    def report(
        self,
        reference: Reference | Link,
        kind: str,
        message: str,
        advice: str,
        *,
        severity: Severity = "error",
    ) -> None:
        """Note a problem with a reference, at its pointer in the document it stands in."""
        document = reference.owner.document
        problem = Problem(
            kind,
            f"the reference {redacted(reference.site.reference)!r}: {message}",
            document.pointer_of(reference.site.holder),
            severity,
            advice,
            address=None if document is self.root else redacted(document.address),
        )
        self.problems.append(problem)

    def _report_backslashes(self, references: Iterable[Reference]) -> None:
        """Report the references whose URL is written as a path of Windows."""
        for reference in references:
            if "\\" in reference.site.reference.partition("#")[0]:
                message = "its backslashes are read as slashes."
                advice = "Write slashes."
                self.report(reference, "reference-repaired", message, advice, severity="hint")

    def _sites_to_follow(self, owner: Target) -> Iterator[ReferenceSite]:
        """Yield the references in a target, but not those of the root into itself."""
        document = owner.document
        seen = self._seen[document.address]
        schema_names = self.schema_names[document]
        for site in find_sites(owner.value, owner.node_type, seen, schema_names):
            if document is not self.root or not site.reference.startswith("#"):
                yield site

    # --- fetching ---

    async def _fetch_all(self, references: Iterable[Reference]) -> None:
        """Fetch the documents that are not there yet: files one by one, URLs together."""
        limiter = anyio.Semaphore(MAX_CONCURRENT_FETCHES)

        async def fetch_when_free(address: str, reference: Reference) -> None:
            async with limiter:
                await self._fetch_document(address, reference)

        async with anyio.create_task_group() as group:
            for reference in references:
                address = reference.address
                if address is None or address in self._documents:
                    continue
                self._documents[address] = None
                if is_url(address):
                    group.start_soon(fetch_when_free, address, reference)
                else:
                    await self._fetch_document(address, reference)

    async def _fetch_document(self, address: str, reference: Reference) -> None:
        """Fetch and parse one document; a failure is a problem at the reference that led to it."""
        refusal = self._allowed.refusal(address)
        if refusal is not None:
            self._refusal_by_address[address] = refusal
            return
        try:
            fetched = await self._fetch(address)
            value = self._parse(fetched)
        except SpecError as error:
            message = f"cannot be followed: {error}"
            self.report(reference, "dangling-reference", message, CORRECT_ADVICE)
            return
        document = Document(address, base_of(fetched.address), value, len(fetched.data))
        self._documents[address] = document
        own_url = _own_url(document)
        if own_url is not None:
            self._documents_by_own_url.setdefault(own_url, document)

    def _parse(self, fetched: Fetched) -> Json:
        """Return the value of what was fetched; it may be a plain text, for a description."""
        self.problems += fetched.problems
        if (fetched.address or "").lower().endswith(_TEXT_SUFFIXES):
            return fetched.data.decode("utf-8", "replace")
        parsed = parse(fetched.data, address=fetched.address, limits=self._limits)
        self.problems += [replace(problem, address=fetched.address) for problem in parsed.problems]
        if isinstance(parsed.value, dict) and survey(parsed.value, parsed.compact).has_names:
            return names_to_pointers(parsed.value, fetched.address)
        return parsed.value

    # --- linking references to targets ---

    def _link_all(self, references: Iterable[Reference]) -> list[Target]:
        """Link the references to what they lead to; return the targets met for the first time."""
        new_targets: list[Target] = []
        for reference in references:
            if reference.address is None:
                message = "the document has no address to resolve it against."
                self.report(reference, "dangling-reference", message, _ADDRESS_ADVICE)
                continue
            document = self._documents.get(reference.address)
            if document is not None:
                new_targets += self._link(reference, document)
            elif reference.address in self._refusal_by_address:
                self._refused_references.append(reference)
        return new_targets

    def _link_refused(self) -> list[Target]:
        """Link what was refused, where a fetched document has that URL as its own.

        See JSON Schema 2020-12, section 8.2.1. Returns the targets met for the first time.
        """
        refused = self._refused_references
        self._refused_references = []
        new_targets: list[Target] = []
        for reference in refused:
            document = self._documents_by_own_url.get(reference.address or "")
            if document is None:
                self._refused_references.append(reference)
            else:
                new_targets += self._link(reference, document)
        return new_targets

    def _report_refusals(self) -> None:
        """Report each refused address, once, at the reference that asked for it first."""
        for reference in self._refused_references:
            refusal = self._refusal_by_address.pop(reference.address or "", None)
            if refusal is not None:
                self.report(reference, "reference-not-allowed", refusal.reason, refusal.advice)

    def _link(self, reference: Reference, document: Document) -> list[Target]:
        """Link a reference to its target; return the target if it is met for the first time."""
        key = (document.address, reference.fragment, reference.site.node_type)
        known = self.targets.get(key)
        target = known or self._new_target(reference, document)
        if target is None:
            return []
        if not target.component_keys and reference.owner is self.top:
            target.component_keys = self._component_at(reference.site)
        reference.owner.links.append(Link(reference.owner, reference.site, target))
        return [] if known else [target]

    def _new_target(self, reference: Reference, document: Document) -> Target | None:
        """Return the target of a reference that leads to it first.

        Returns None where it leads into the root, which makes it a local reference, or nowhere,
        which is a problem.
        """
        owner, site, _, fragment = reference
        value = document.lookup(fragment)
        if value is json_pointer.MISSING:
            if not self._is_meant_for_root(site, fragment):
                message = f"there is no {fragment!r} in {redacted(document.address)}."
                self.report(reference, "dangling-reference", message, CORRECT_ADVICE)
                return None
            message = "it means the main document."
            self.report(
                reference, "reference-repaired", message, _NAME_ROOT_ADVICE, severity="hint"
            )
            document = self.root
        if document is self.root:
            site.holder["$ref"] = "#" + site.reference.partition("#")[2]
            return None
        target = Target(document, fragment, site.node_type, value)
        self.targets[document.address, fragment, site.node_type] = target
        owner.first_met.append(target)
        return target

    def _is_meant_for_root(self, site: ReferenceSite, fragment: str) -> bool:
        """Return whether a local reference, dangling in its own document, leads into the root."""
        if not site.reference.startswith("#"):
            return False
        return self.root.lookup(fragment) is not json_pointer.MISSING

    def _component_at(self, site: ReferenceSite) -> Keys:
        """Return the keys of the component that a reference of the root is, else no keys.

        `components: {schemas: {Pet: {$ref: pet.yaml}}}` is one: what is in `pet.yaml` can become
        the component `Pet` itself.
        """
        keys = self.sections.get(site.node_type.object_type)
        if keys is None or len(site.holder) > 1 or site.parent is None:
            return ()
        if self.section(keys) is not site.parent:
            return ()
        return (*keys, site.key)


def _own_url(document: Document) -> str | None:
    """Return the URL that a document calls itself, None where it does not."""
    if not isinstance(document.value, dict):
        return None
    name = own_name(document.value)
    return None if name is None else resolve(name.partition("#")[0], document.base)
