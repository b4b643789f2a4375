"""A document while it is read: its dialect, its references, and the faults found so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools import pointer
from openapi2tools.model import Json, JsonObject, Problem
from openapi2tools.spec.places import places

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import Severity

_NAMES: Final = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a number",
    float: "a number",
    type(None): "null",
}


class Source:
    """Gives every part of a document as the type it should have, and takes note of each that has another."""

    def __init__(self, document: JsonObject, dialect: str) -> None:
        self.document = document
        self.dialect = dialect
        self.swagger = dialect == "2.0"
        self.problems: list[Problem] = []
        self._targets: dict[str, tuple[Json, str]] = {}
        self._reported: set[str] = set()

    def report(
        self, kind: str, message: str, place: str, advice: str = "", *, severity: Severity = "warning", lost: str | None = None
    ) -> None:
        """Take note of a problem."""
        self.problems.append(Problem(kind, message, place, severity, advice, lost=lost))

    def object(self, value: Json, place: str, what: str) -> JsonObject:
        """Give an object; anything else counts as an empty one, and is reported unless it is null."""
        if isinstance(value, dict):
            return value
        if value is not None:
            self.report("wrong-type", f"{what} should be an object, but this is {name_of(value)}.", place)
        return {}

    def array(self, value: Json, place: str, what: str) -> list[Json]:
        """Give a list; anything else counts as an empty one, and is reported unless it is null."""
        if isinstance(value, list):
            return value
        if value is not None:
            self.report("wrong-type", f"{what} should be a list, but this is {name_of(value)}.", place)
        return []

    def resolve(self, value: Json, place: str) -> tuple[Json, str]:
        """Follow references to what they lead to: the value and its pointer, or `MISSING` after reporting a dangling one."""
        passed: set[str] = set()
        while isinstance(value, dict) and isinstance(reference := value.get("$ref"), str):
            if reference in passed:
                self.report("circular-reference", f"the reference {reference!r} leads back to itself.", place, severity="error")
                return pointer.MISSING, place
            passed.add(reference)
            target = self.target(reference)
            if target is None:
                self.dangling(reference, place)
                return pointer.MISSING, place
            value, place = target
        return value, place

    def target(self, reference: str) -> tuple[Json, str] | None:
        """Give what a local reference leads to, and its pointer; None where that does not exist."""
        found = self._targets.get(reference)
        if found is None:
            place = pointer.from_fragment(reference)
            local = reference.startswith("#") and (not place or place.startswith("/"))
            found = self._targets[reference] = (pointer.lookup(self.document, place) if local else pointer.MISSING), place
        return None if found[0] is pointer.MISSING else found

    def dangling(self, reference: str, place: str, consequence: str = "") -> None:
        """Report a reference that leads nowhere, or out of the document to what could not be fetched."""
        self._reported.add(reference)
        message = f"the reference {reference!r} leads nowhere{consequence}."
        self.report("dangling-reference", message, place, "Correct it, or add what it names.", severity="error")

    def report_dangling(self, mentioned: Iterable[str], known: Iterable[Problem]) -> None:
        """Report the references that no operation stumbled over: those of schemas. The first place of each stands for all."""
        broken = {found for found in mentioned if self.target(found) is None} - self._reported
        told = {problem.pointer for problem in known}
        for place, reference in places(self.document) if broken else ():
            if reference in broken and place not in told:
                broken.remove(reference)
                self.dangling(reference, place, ": any value is taken there")
                if not broken:
                    return


def name_of(value: Json) -> str:
    """Name a value's type for people."""
    return _NAMES.get(type(value), "something else")
