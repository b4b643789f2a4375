"""Turn references by name (`$id`, `$anchor`, `$self`, a bare name) into references by pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import quote, urldefrag, urljoin

from openapi2tools._core import pointer as json_pointer
from openapi2tools.model import Json, JsonObject, Problem
from openapi2tools.spec.references.walk import find_references

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openapi2tools.spec.parse.survey import Survey

    _Change: TypeAlias = Callable[[str, str], str]

_SCHEMA_SECTIONS: Final = ("/components/schemas", "/definitions", "/$defs")
_REFERENCE_KEYWORDS: Final = ("$ref", "$dynamicRef")


def identify(
    document: JsonObject, survey: Survey, address: str | None = None
) -> tuple[JsonObject, list[Problem]]:
    """Make every reference that leads into this very document a pointer, `#/...`.

    Names are resolved as JSON Schema 2020-12 says (section 8.2) and OpenAPI 3.2 (`$self`, section
    4.1.2). A slip whose meaning is clear (`#definitions/Pet`, `Pet`, 2.0's `#/definitions/Pet` in a
    3.x document) is corrected, and reported. The document itself is not edited.
    """
    suspects = survey.indirect_references
    if survey.has_names:
        document = names_to_pointers(document, address)
        suspects = survey.references
    corrections = _find_corrections(document, suspects)
    if not corrections:
        return document, []
    problems = [
        Problem(
            "odd-reference",
            f"{reference!r} is taken as {intended!r}.",
            _first_pointer(document, reference),
            advice="Correct it.",
        )
        for reference, intended in sorted(corrections.items())
    ]
    corrected: JsonObject = _rewrite(
        document, lambda reference, _: corrections.get(reference, reference), ""
    )
    return corrected, problems


def names_to_pointers(document: JsonObject, address: str | None) -> JsonObject:
    """Make every reference by name that leads into this very document a pointer."""
    names = _SchemaNames(document, address)
    changed: JsonObject = _rewrite(document, names.to_pointer, names.base)
    return changed


def own_name(document: JsonObject) -> str | None:
    """Return what a document calls itself; None where it does not.

    In an OpenAPI document that is `$self` (OpenAPI 3.2, section 4.1.2), in a schema `$id` (JSON
    Schema 2020-12, section 8.2.1). The other one counts where the right one is not there.
    """
    is_schema = "openapi" not in document and "swagger" not in document
    keywords = ("$id", "$self") if is_schema else ("$self", "$id")
    names = (document.get(keyword) for keyword in keywords)
    return next((name for name in names if isinstance(name, str)), None)


# --- slips ---


def _find_corrections(document: JsonObject, references: Iterable[str]) -> dict[str, str]:
    """Return those of the references that have a slip in them, each with what it means."""
    corrections: dict[str, str] = {}
    for reference in references:
        intended = _intended_reference(document, reference)
        if intended is not None:
            corrections[reference] = intended
    return corrections


def _intended_reference(document: JsonObject, reference: str) -> str | None:
    """Return what a reference with a slip in it means.

    Returns None where the reference is right, or where nobody can know.
    """
    for pointer in _candidates(document, reference):
        if _exists(document, pointer):
            return _to_reference(pointer)
    return None


def _candidates(document: JsonObject, reference: str) -> list[str]:
    """Return the pointers that a reference may mean, the likeliest first."""
    if "#" not in reference:
        if any(sign in reference for sign in "/.:"):  # a path or a URL, no bare name
            return []
        name = json_pointer.escape(reference)
        return [f"{section}/{name}" for section in _SCHEMA_SECTIONS]
    pointer = json_pointer.from_fragment(reference)
    if not reference.startswith("#") or _exists(document, pointer):
        return []
    candidates = [
        reference[1:],  # a `%` that was meant as it stands
        f"/{pointer}",  # a `/` that was forgotten
    ]
    if pointer.startswith((*_SCHEMA_SECTIONS, "/components/schema/")):
        name = pointer.rpartition("/")[2]
        candidates += [f"{section}/{name}" for section in _SCHEMA_SECTIONS]
    return candidates


def _to_reference(pointer: str) -> str:
    return "#" + quote(pointer, safe="/~!$&'()*+,;=:@?")


def _exists(document: JsonObject, pointer: str) -> bool:
    if pointer and not pointer.startswith("/"):
        return False
    return json_pointer.lookup(document, pointer) is not json_pointer.MISSING


def _first_pointer(document: JsonObject, reference: str) -> str:
    return next((pointer for pointer, _ in find_references(document, {reference})), "")


# --- names ---


class _SchemaNames:
    """The names that the schemas of a document give themselves, with their pointers.

    `base` is the URL of the document itself.
    """

    def __init__(self, document: JsonObject, address: str | None) -> None:
        self._document = document
        self.base, _ = _resolve(address or "", own_name(document) or "")
        self._resources: dict[str, str] = {self.base: ""}  # pointers by URL
        self._anchors: dict[tuple[str, str], str] = {}  # pointers by URL and anchor
        self._collect()

    def _collect(self) -> None:
        stack: list[tuple[Json, str, str]] = [(self._document, "", self.base)]
        while stack:
            node, pointer, base = stack.pop()
            if isinstance(node, dict):
                base = self._note_names(node, pointer, base)
            members = node.items() if isinstance(node, dict) else enumerate(node)
            stack.extend(
                (child, json_pointer.join(pointer, key), base)
                for key, child in members
                if isinstance(child, (dict, list))
            )

    def _note_names(self, node: JsonObject, pointer: str, base: str) -> str:
        """Note what an object calls itself; return the URL that names within it resolve against."""
        if pointer and isinstance(node.get("$id"), str):
            base, fragment = _resolve(base, node["$id"])
            if fragment:
                self._anchors.setdefault((base, fragment), pointer)
            else:
                self._resources.setdefault(base, pointer)
        for keyword in ("$anchor", "$dynamicAnchor"):
            if isinstance(node.get(keyword), str):
                self._anchors.setdefault((base, node[keyword]), pointer)
        return base

    def to_pointer(self, reference: str, base: str) -> str:
        """Return a reference as a pointer, or unchanged where it leads elsewhere or nowhere."""
        resource, fragment = _resolve(base, reference)
        if resource not in self._resources:
            return reference
        if fragment and not fragment.startswith("/"):
            pointer = self._anchors.get((resource, fragment))
            return reference if pointer is None else _to_reference(pointer)
        local = _to_reference(self._resources[resource]) + fragment
        target = json_pointer.target_of(self._document, local)
        if target is json_pointer.MISSING:
            return reference  # perhaps meant from the root of the document, as OpenAPI 3.0 had it
        return local


def _resolve(base: str, reference: str) -> tuple[str, str]:
    """Return the URL that a reference means, and its fragment (RFC 3986, section 5)."""
    try:
        url, fragment = urldefrag(urljoin(base, reference))
    except ValueError:  # brackets that hold no address
        return reference, ""
    return url, fragment


# --- rewriting ---


def _rewrite(node: Json, change: _Change, base: str) -> Json:
    """Return a value with its references changed; what has no changed one in it is shared.

    `change` gets a reference and the URL that it resolves against, and returns the new reference.
    Recursion is safe: `compact` bounds the nesting.
    """
    copy = node.copy()
    is_changed = False
    for key, child in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(child, (dict, list)):
            copy[key] = _rewrite(child, change, _base_in(child, base))
            is_changed |= copy[key] is not child
    if isinstance(node, dict):
        for keyword in _REFERENCE_KEYWORDS:
            reference = node.get(keyword)
            if isinstance(reference, str):
                copy[keyword] = change(reference, base)
                is_changed |= copy[keyword] is not reference
    return copy if is_changed else node


def _base_in(node: Json, base: str) -> str:
    """Return the URL that references in a node resolve against: its own `$id`, if it has one."""
    if isinstance(node, dict) and isinstance(node.get("$id"), str):
        base, _ = _resolve(base, node["$id"])
    return base
