"""References by name (`$id`, `$anchor`, `$self`, a bare name) to references by pointer: a document in, the same or a copy out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urldefrag, urljoin

from openapi2tools._core import pointer
from openapi2tools.model import Json, JsonObject, Problem
from openapi2tools.spec.references.places import places

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools.spec.parse.compact import Survey

_SCHEMAS: Final = ("/components/schemas", "/definitions", "/$defs")


def identify(
    document: JsonObject, seen: Survey, address: str | None = None
) -> tuple[JsonObject, list[Problem]]:
    """Make every reference that leads to a place in this very document a pointer, `#/...`.

    Names are resolved as JSON Schema 2020-12 says (section 8.2) and OpenAPI 3.2 (`$self`, section
    4.1.2). A slip whose meaning is clear (`#definitions/Pet`, `Pet`, 2.0's `#/definitions/Pet` in a
    3.x document) is corrected, and reported.
    """
    if seen.names:
        document = by_pointer(document, address)
    suspects = seen.references if seen.names else seen.doubtful
    slips = {
        reference: meant
        for reference in suspects
        if (meant := _meant(document, reference)) is not None
    }
    if not slips:
        return document, []
    problems = [
        Problem(
            "odd-reference",
            f"{reference!r} is taken as {meant!r}.",
            _first_place(document, reference),
            advice="Correct it.",
        )
        for reference, meant in sorted(slips.items())
    ]
    corrected: JsonObject = _rewritten(
        document, lambda reference, _: slips.get(reference, reference), ""
    )
    return corrected, problems


def by_pointer(document: JsonObject, address: str | None) -> JsonObject:
    """Make every reference by name that leads to a place in this very document a pointer."""
    return _Names(document, address).rewrite(document)


def _meant(document: JsonObject, reference: str) -> str | None:
    """Give what a reference that leads nowhere can only mean; None where it is right, or where nobody can know."""
    place = pointer.from_fragment(reference)
    name = place.rpartition("/")[2]
    if "#" not in reference:
        candidates = (
            []
            if any(sign in reference for sign in "/.:")
            else [f"{schemas}/{pointer.escape(reference)}" for schemas in _SCHEMAS]
        )
    elif not reference.startswith("#") or _exists(document, place):
        candidates = []
    else:
        candidates = [reference[1:], f"/{place}"]  # a `%` that was meant, a `/` that was forgotten
        if place.startswith((*_SCHEMAS, "/components/schema/")):
            candidates += [f"{schemas}/{name}" for schemas in _SCHEMAS]
    return next(
        (_reference(candidate) for candidate in candidates if _exists(document, candidate)), None
    )


def _reference(place: str) -> str:
    return "#" + quote(place, safe="/~!$&'()*+,;=:@?")


def _exists(document: JsonObject, place: str) -> bool:
    return (not place or place.startswith("/")) and pointer.lookup(
        document, place
    ) is not pointer.MISSING


def _first_place(document: JsonObject, reference: str) -> str:
    return next((place for place, _ in places(document, {reference})), "")


class _Names:
    """What the schemas of a document call themselves."""

    def __init__(self, document: JsonObject, address: str | None) -> None:
        own = document.get("$self", document.get("$id"))  # the latter where a document is a schema
        self._root = _resolve(address or "", own if isinstance(own, str) else "")[0]
        self._resources: dict[str, str] = {self._root: ""}
        self._anchors: dict[tuple[str, str], str] = {}
        stack: list[tuple[Json, str, str]] = [(document, "", self._root)]
        while stack:
            node, place, base = stack.pop()
            if isinstance(node, dict):
                base = self._take(node, place, base)
                stack.extend(
                    (child, f"{place}/{pointer.escape(key)}", base)
                    for key, child in node.items()
                    if isinstance(child, (dict, list))
                )
            elif isinstance(node, list):
                stack.extend(
                    (child, f"{place}/{index}", base)
                    for index, child in enumerate(node)
                    if isinstance(child, (dict, list))
                )

    def _take(self, node: JsonObject, place: str, base: str) -> str:
        if place and isinstance(node.get("$id"), str):
            base, fragment = _resolve(base, node["$id"])
            self._anchors.setdefault(
                (base, fragment), place
            ) if fragment else self._resources.setdefault(base, place)
        for key in ("$anchor", "$dynamicAnchor"):
            if isinstance(node.get(key), str):
                self._anchors.setdefault((base, node[key]), place)
        return base

    def rewrite(self, document: JsonObject) -> JsonObject:
        changed: JsonObject = _rewritten(
            document, lambda reference, base: self._pointer(reference, base, document), self._root
        )
        return changed

    def _pointer(self, reference: str, base: str, document: JsonObject) -> str:
        resource, fragment = _resolve(base, reference)
        if resource not in self._resources:
            return reference
        if fragment and not fragment.startswith("/"):
            place = self._anchors.get((resource, fragment))
            return reference if place is None else _reference(place)
        here = _reference(self._resources[resource]) + fragment
        if pointer.lookup(document, pointer.from_fragment(here)) is pointer.MISSING:
            return reference  # perhaps meant from the root of the document, as OpenAPI 3.0 had it
        return here


def _resolve(base: str, reference: str) -> tuple[str, str]:
    """Give the URL that a reference means, and its fragment (RFC 3986, section 5)."""
    try:
        url, fragment = urldefrag(urljoin(base, reference))
    except ValueError:  # brackets that hold no address
        return reference, ""
    return url, fragment


def _rewritten(
    node: Json, change: Callable[[str, str], str], base: str, *, top: bool = True
) -> Json:
    """Copy what has a changed reference in it, share the rest; nesting is bounded by `compact`."""
    if isinstance(node, dict):
        if not top and isinstance(node.get("$id"), str):
            base, _ = _resolve(base, node["$id"])
        copy = {
            key: _rewritten(child, change, base, top=False)
            if isinstance(child, (dict, list))
            else child
            for key, child in node.items()
        }
        for key in ("$ref", "$dynamicRef"):
            if isinstance(node.get(key), str):
                copy[key] = change(node[key], base)
        return copy if any(copy[key] is not child for key, child in node.items()) else node
    if isinstance(node, list):
        items = [
            _rewritten(child, change, base, top=False) if isinstance(child, (dict, list)) else child
            for child in node
        ]
        return items if any(new is not old for new, old in zip(items, node, strict=True)) else node
    return node
