"""The document while it is read: its dialect, its references, and the problems found so far."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from openapi2tools._core import hints
from openapi2tools._core import pointer as json_pointer
from openapi2tools._core.hints import HINTS_KEY
from openapi2tools.model import Json, JsonObject, Parameter, Problem, RequestBody
from openapi2tools.spec.read.values import describe_type, is_reference
from openapi2tools.spec.references.walk import find_references

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openapi2tools.model import Schema, Severity
    from openapi2tools.spec.read.authors import Authors

_Described = TypeVar("_Described", Parameter, RequestBody)

NO_HINTS: Final[Mapping[str, Json]] = {}
"""One empty mapping for all parts without hints."""

_SIBLINGS: Final = frozenset(("description", HINTS_KEY))  # what counts beside a `$ref`


class Located(NamedTuple):
    """A value of the document, and its JSON Pointer."""

    value: Json
    pointer: str


class Source:
    """The document being read.

    It returns each part as the type that the part should have, and lists a problem where it has
    another, so that a faulty part costs no more than itself.
    """

    def __init__(self, document: JsonObject, dialect: str, authors: Authors | None = None) -> None:
        self.document = document
        self._authors = authors
        self.dialect = dialect
        self.is_swagger = dialect == "2.0"
        self.problems: list[Problem] = []
        self._targets: dict[str, Located] = {}
        self._broken: dict[str, bool] = {}  # of each reference: does it lead nowhere
        self._reported: set[str] = set()  # references

    def author_of(self, words: Iterable[tuple[str, Json]]) -> str | None:
        """Return the address of whom these fields came from; None for the document itself."""
        return self._authors.address_of(words) if self._authors else None

    def report(
        self,
        kind: str,
        message: str,
        pointer: str,
        advice: str = "",
        *,
        severity: Severity = "warning",
        lost: str | None = None,
    ) -> None:
        """Note a problem."""
        self.problems.append(Problem(kind, message, pointer, severity, advice, lost=lost))

    # --- parts as the type they should have ---

    def as_object(self, value: Json, pointer: str, what: str) -> JsonObject:
        """Return an object; anything else counts as an empty one, and is reported unless null."""
        if isinstance(value, dict):
            return value
        if value is not None:
            message = f"{what} should be an object, but this is {describe_type(value)}."
            self.report("wrong-type", message, pointer)
        return {}

    def as_list(self, value: Json, pointer: str, what: str) -> list[Json]:
        """Return a list; anything else counts as an empty one, and is reported unless null."""
        if isinstance(value, list):
            return value
        if value is not None:
            message = f"{what} should be a list, but this is {describe_type(value)}."
            self.report("wrong-type", message, pointer)
        return []

    def as_schema(self, value: Json, pointer: str) -> Schema | None:
        """Return a schema, which may be a boolean; None where something else stands."""
        if isinstance(value, (dict, bool)):
            return value
        self.as_object(value, pointer, "a schema")
        return None

    def as_map(self, value: Json, pointer: str, what: str) -> Located:
        """Return a map of names, and its pointer.

        Some documents put a reference in place of the whole map, against the standard.
        """
        if is_reference(value):
            value, pointer = self.resolve(value, pointer)
            if value is json_pointer.MISSING:
                value = None
        return Located(self.as_object(value, pointer, what), pointer)

    # --- references ---

    def resolve(self, value: Json, pointer: str) -> Located:
        """Follow references to what they lead to.

        Where that cannot be reached, the reason is reported and the value is `MISSING`.
        """
        followed: set[str] = set()
        located = Located(value, pointer)
        while is_reference(located.value):
            reference = located.value["$ref"]
            target = self._target(reference)
            if target is None or reference in followed:
                self._report_unreachable(reference, located.pointer, is_circular=target is not None)
                return Located(json_pointer.MISSING, located.pointer)
            followed.add(reference)
            located = target
        return located

    def report_broken_references(
        self, doubtful: Iterable[str], known_problems: Iterable[Problem]
    ) -> None:
        """Report the local references that lead nowhere and that no operation met.

        `doubtful` are the references that may be broken. Each is reported once, at its first
        pointer, unless a known problem stands there. References to other documents have been
        reported when the documents were joined.
        """
        local = {reference for reference in doubtful if reference.startswith("#")}
        unmet = local - self._reported
        broken = {reference for reference in unmet if self._leads_nowhere(reference)}
        if not broken:
            return
        known_pointers = {problem.pointer for problem in known_problems}
        for pointer, reference in find_references(self.document, broken):
            if reference not in broken or pointer in known_pointers:
                continue
            broken.remove(reference)
            is_circular = self._target(reference) is not None
            consequence = " Any value is taken there."
            self._report_unreachable(
                reference, pointer, is_circular=is_circular, consequence=consequence
            )
            if not broken:
                return

    def _target(self, reference: str) -> Located | None:
        """Return what a local reference leads to, None where that does not exist."""
        target = self._targets.get(reference)
        if target is None:
            pointer = json_pointer.from_fragment(reference)
            is_pointer = not pointer or pointer.startswith("/")
            if reference.startswith("#") and is_pointer:
                value = json_pointer.lookup(self.document, pointer)
            else:
                value = json_pointer.MISSING
            target = self._targets[reference] = Located(value, pointer)
        return None if target.value is json_pointer.MISSING else target

    def _leads_nowhere(self, reference: str) -> bool:
        """Return whether a reference dangles, or leads to nothing but references, in a circle."""
        followed: set[str] = set()
        while reference not in self._broken:
            target = self._target(reference)
            if target is None or reference in followed:
                self._broken[reference] = True
            elif is_reference(target.value):
                followed.add(reference)
                reference = target.value["$ref"]
            else:
                self._broken[reference] = False
        is_broken = self._broken[reference]
        # so that a long chain is walked once, not from each of its links
        self._broken.update(dict.fromkeys(followed, is_broken))
        return is_broken

    def _report_unreachable(
        self, reference: str, pointer: str, *, is_circular: bool, consequence: str = ""
    ) -> None:
        self._reported.add(reference)
        kind = "circular-reference" if is_circular else "dangling-reference"
        if is_circular:
            destination = "back to itself"
        elif reference.startswith("#"):
            destination = "nowhere"
        else:
            destination = "to another document, which could not be had"
        message = f"the reference {reference!r} leads {destination}.{consequence}"
        advice = "Correct it, or add what it names."
        self.report(kind, message, pointer, advice, severity="error")

    # --- hints and descriptions ---

    def hints(self, raw: JsonObject, pointer: str, allowed: tuple[str, ...]) -> Mapping[str, Json]:
        """Return the hints under `x-openapi2tools`; those that cannot be followed are reported."""
        if HINTS_KEY not in raw:
            return NO_HINTS
        valid, faults = hints.read_hints(raw[HINTS_KEY], allowed)
        for fault in faults:
            self.report("bad-hint", fault, f"{pointer}/{HINTS_KEY}", "It is left out.")
        return valid

    def report_misplaced_hints(self, pointer: str) -> None:
        """Report hints on a part that can have none."""
        self.report("bad-hint", hints.MISPLACED_HINT, f"{pointer}/{HINTS_KEY}", "Move it there.")

    def with_siblings(
        self, part: _Described, raw: JsonObject, pointer: str, allowed: tuple[str, ...]
    ) -> _Described:
        """Return a referenced part with the description and hints beside its reference."""
        description = raw.get("description")
        if not isinstance(description, str):
            description = part.description
        merged_hints = {**part.hints, **self.hints(raw, pointer, allowed)}
        return replace(part, description=description, hints=merged_hints)


def has_siblings(raw: JsonObject) -> bool:
    """Return whether a description or hints stand beside a reference."""
    return not _SIBLINGS.isdisjoint(raw)
