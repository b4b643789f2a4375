"""A document while it is read: its dialect, its references, and the faults found so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools.model import Json, JsonObject, Problem
from openapi2tools.spec.references.places import places

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
        self._ends: dict[str, bool] = {}  # of each reference: does it lead nowhere
        self._reported: set[str] = set()

    def report(
        self,
        kind: str,
        message: str,
        place: str,
        advice: str = "",
        *,
        severity: Severity = "warning",
        lost: str | None = None,
    ) -> None:
        """Take note of a problem."""
        self.problems.append(Problem(kind, message, place, severity, advice, lost=lost))

    def object(self, value: Json, place: str, what: str) -> JsonObject:
        """Give an object; anything else counts as an empty one, and is reported unless it is null."""
        if isinstance(value, dict):
            return value
        if value is not None:
            self.report(
                "wrong-type", f"{what} should be an object, but this is {name_of(value)}.", place
            )
        return {}

    def array(self, value: Json, place: str, what: str) -> list[Json]:
        """Give a list; anything else counts as an empty one, and is reported unless it is null."""
        if isinstance(value, list):
            return value
        if value is not None:
            self.report(
                "wrong-type", f"{what} should be a list, but this is {name_of(value)}.", place
            )
        return []

    def table(self, value: Json, place: str, what: str) -> tuple[JsonObject, str]:
        """Give a map of names and its pointer, also where, against the standard, a reference stands for the whole of it."""
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            value, place = self.resolve(value, place)
            value = None if value is pointer.MISSING else value
        return self.object(value, place, what), place

    def resolve(self, value: Json, place: str) -> tuple[Json, str]:
        """Follow references to what they lead to: the value and its pointer, or `MISSING` after reporting why it cannot be reached."""
        passed: set[str] = set()
        while isinstance(value, dict) and isinstance(reference := value.get("$ref"), str):
            target = self.target(reference)
            if reference in passed or target is None:
                self._unreachable(reference, place, circular=target is not None)
                return pointer.MISSING, place
            passed.add(reference)
            value, place = target
        return value, place

    def target(self, reference: str) -> tuple[Json, str] | None:
        """Give what a local reference leads to, and its pointer; None where that does not exist."""
        found = self._targets.get(reference)
        if found is None:
            place = pointer.from_fragment(reference)
            local = reference.startswith("#") and (not place or place.startswith("/"))
            found = self._targets[reference] = (
                (pointer.lookup(self.document, place) if local else pointer.MISSING),
                place,
            )
        return None if found[0] is pointer.MISSING else found

    def report_schemas(self, doubtful: Iterable[str], known: Iterable[Problem]) -> None:
        """Report the local references, of those in doubt, that lead nowhere and that no operation met: the first place of each."""
        # of the others, `bundle` has told
        local = {reference for reference in doubtful if reference.startswith("#")}
        broken = {
            reference for reference in local - self._reported if self._leads_nowhere(reference)
        }
        told = {problem.pointer for problem in known}
        for place, reference in places(self.document, broken) if broken else ():
            if reference in broken and place not in told:
                broken.remove(reference)
                self._unreachable(
                    reference,
                    place,
                    circular=self.target(reference) is not None,
                    cost=" Any value is taken there.",
                )
                if not broken:
                    return

    def _leads_nowhere(self, reference: str) -> bool:
        """Tell whether a reference dangles, or leads to references only, in a circle."""
        passed: dict[str, None] = {}
        while (
            reference not in passed
            and reference not in self._ends
            and (target := self.target(reference)) is not None
        ):
            passed[reference] = None
            if not (isinstance(target[0], dict) and isinstance(target[0].get("$ref"), str)):
                self._ends[reference] = False
            else:
                reference = target[0]["$ref"]
        end = self._ends.setdefault(reference, True)
        # so that a long chain is walked once, not from each of its links
        self._ends.update(dict.fromkeys(passed, end))
        return end

    def _unreachable(self, reference: str, place: str, *, circular: bool, cost: str = "") -> None:
        self._reported.add(reference)
        kind, where = (
            ("circular-reference", "back to itself")
            if circular
            else ("dangling-reference", "nowhere")
        )
        where = (
            where
            if circular or reference.startswith("#")
            else "to another document, which could not be had"
        )
        message = f"the reference {reference!r} leads {where}.{cost}"
        self.report(kind, message, place, "Correct it, or add what it names.", severity="error")


def name_of(value: Json) -> str:
    """Name a value's type for people."""
    return _NAMES.get(type(value), "something else")
