"""An Api in, its report out: every finding with its place and remedy, and one score."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from openapi2tools.lint.operations import Finding, check_operations
from openapi2tools.lint.texts import check_texts
from openapi2tools.lint.validator import check_standard
from openapi2tools.spec.locate import find
from openapi2tools.tools.build import build_tools

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openapi2tools.model import Api, JsonObject, Problem, Severity

_COST: Final[Mapping[Severity, float]] = {"error": 0.5, "warning": 0.2, "hint": 0.05}
"""What a finding takes from the operation it stands in, of 1."""
_DOCUMENT_COST: Final = 2  # points that an error outside the operations takes from the whole
_MOST_FROM_DOCUMENT: Final = 20
_ORDER: Final[Mapping[Severity, int]] = {"error": 0, "warning": 1, "hint": 2}


@dataclass(frozen=True, slots=True)
class Report:
    """What stands between a document and good tools.

    `score` is 100 when nothing does: the mean over all operations of what their findings leave of 100, less 2 for each error elsewhere.
    `findings` are sorted by severity and place. `fixes` holds, by JSON pointer, what an Overlay would have to write there.
    """

    title: str
    score: int
    operations: int
    findings: tuple[Problem, ...]
    fixes: Mapping[str, JsonObject]

    @property
    def kinds(self) -> Mapping[str, int]:
        """Count the findings of each kind, the commonest first."""
        return dict(Counter(finding.kind for finding in self.findings).most_common())


def lint(api: Api, *, text: bytes | None = None, standard: bool = True) -> Report:
    """Judge how ready a document is to become tools.

    `text`, the document as it was read, gives the findings their lines. `standard` also asks openapi-spec-validator, for some seconds at
    most, whether the document keeps to the standard.
    """
    tools = build_tools(api)
    findings = list(check_operations(api, tools))
    findings += map(Finding, [*api.problems, *tools.problems, *check_texts(api)])
    findings += map(Finding, check_standard(api) if standard else ())
    fixes: dict[str, JsonObject] = {}
    for finding in findings:
        if finding.fix:
            fixes[finding.problem.pointer] = {**fixes.get(finding.problem.pointer, {}), **finding.fix}
    problems = list(dict.fromkeys(finding.problem for finding in findings))
    return Report(api.title, _score(api, problems), len(api.operations), _sorted(_located(problems, api, text)), fixes)


def _score(api: Api, problems: Iterable[Problem]) -> int:
    costs = {operation.pointer: 0.0 for operation in api.operations}
    elsewhere = lost = 0
    for problem in problems:
        place = _operation(problem.pointer)
        if problem.lost:
            lost += 1
        elif place in costs:
            costs[place] = min(1.0, costs[place] + _COST[problem.severity])
        elif problem.severity == "error":
            elsewhere += 1
    operations = len(costs) + lost
    if not operations:
        return 0
    mean = 100 * sum(1 - cost for cost in costs.values()) / operations
    return max(0, round(mean - min(_MOST_FROM_DOCUMENT, _DOCUMENT_COST * elsewhere)))


def _operation(pointer: str) -> str:
    """Give the operation that a pointer leads into: `/paths/~1pets/get`."""
    return "/".join(pointer.split("/")[:4])


def _located(problems: list[Problem], api: Api, text: bytes | None) -> list[Problem]:
    if text is None:
        return problems
    places = find({problem.pointer for problem in problems if problem.line is None}, api.document, text)
    return [
        replace(problem, line=places[problem.pointer][0], column=places[problem.pointer][1])
        if problem.line is None and problem.pointer in places
        else problem
        for problem in problems
    ]


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: (_ORDER[problem.severity], problem.line or 0, problem.pointer, problem.kind)))
