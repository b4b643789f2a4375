"""An Api in, its report out: every finding with its place and remedy, and one score."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools.linting.fixes import json_path
from openapi2tools.linting.operations import check_operations
from openapi2tools.linting.score import score
from openapi2tools.linting.texts import check_texts
from openapi2tools.linting.validator import check_standard
from openapi2tools.spec.parse.locate import find_positions
from openapi2tools.tools.build import build_tools

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openapi2tools.model import Api, Json, JsonObject, Problem, Severity

_TOLD_BETTER: Final = frozenset({"hidden-characters", "no-operation-id"})
"""What loading and building tell of once or of some places, and lint at each place."""
_ORDER: Final[Mapping[Severity, int]] = {"error": 0, "warning": 1, "hint": 2}


@dataclass(frozen=True, slots=True)
class Report:
    """What stands between a document and good tools.

    `score` is 100 when nothing does: the mean over all operations of what their findings leave of
    100, less 2 for each error elsewhere; a finding in what several operations refer to counts in
    each. `operations` are those that are offered to models. `findings` are sorted by severity and
    place. `fixes` holds, by JSONPath, what an Overlay would have to write there.
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

    `text`, the document as it was read, gives the findings their lines. `standard` also asks
    openapi-spec-validator, for some seconds at most, whether the document keeps to the standard.
    """
    tools = build_tools(api)
    found = list(check_operations(api, tools))
    told = [
        problem for problem in (*api.problems, *tools.problems) if problem.kind not in _TOLD_BETTER
    ]
    standard_says = check_standard(api) if standard else ()
    problems = list(
        dict.fromkeys(
            (*(finding.problem for finding in found), *told, *check_texts(api), *standard_says)
        )
    )
    fixes: dict[str, JsonObject] = {}
    for finding in found:
        if finding.fix and _fits(
            finding.fix, pointer.lookup(api.document, finding.problem.pointer)
        ):
            fixes[finding.problem.pointer] = {
                **fixes.get(finding.problem.pointer, {}),
                **finding.fix,
            }
    actions = {json_path(place, api.document): update for place, update in sorted(fixes.items())}
    return Report(
        api.title,
        score(api, tools, problems),
        len(tools),
        _sorted(_located(problems, api, text)),
        actions,
    )


def _fits(fix: JsonObject, there: Json) -> bool:
    """Tell whether an Overlay could write a fix: what is read elsewhere (a path item that refers to another) stands not in its place."""
    return isinstance(there, dict) and not any(
        isinstance(there.get(key), (dict, list)) for key in fix
    )


def _located(problems: list[Problem], api: Api, text: bytes | None) -> list[Problem]:
    if text is None:
        return problems
    places = find_positions(
        {problem.pointer for problem in problems if problem.line is None}, api.document, text
    )
    return [
        replace(problem, line=places[problem.pointer][0], column=places[problem.pointer][1])
        if problem.line is None and problem.pointer in places
        else problem
        for problem in problems
    ]


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(
        sorted(
            problems,
            key=lambda problem: (
                _ORDER[problem.severity],
                problem.line or 0,
                problem.pointer,
                problem.kind,
            ),
        )
    )
