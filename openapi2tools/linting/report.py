"""Gather every finding on a document, with its location and remedy, and one score."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools.linting.examples import check_examples
from openapi2tools.linting.operations import check_operations
from openapi2tools.linting.places import json_path
from openapi2tools.linting.score import score
from openapi2tools.linting.texts import check_texts
from openapi2tools.linting.validator import check_standard
from openapi2tools.spec.parse.locate import find_positions
from openapi2tools.tools.build import build_tools

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openapi2tools.linting.finding import Finding
    from openapi2tools.model import Api, Json, JsonObject, Problem, Severity

_REPORTED_BY_LINT: Final = frozenset({"hidden-characters", "no-operation-id"})
"""Problems that loading and building report once, or in some parts, and lint wherever they are."""
_SEVERITY_ORDER: Final[Mapping[Severity, int]] = {"error": 0, "warning": 1, "hint": 2}


@dataclass(frozen=True, slots=True)
class Report:
    """What stands between a document and good tools.

    Attributes:
        title: the title of the API.
        score: 100 when nothing does. It is the mean over all operations of what their findings
            leave of 100, less 2 for each error elsewhere. A finding in what several operations
            refer to counts in each.
        operations: how many operations are offered to models.
        findings: sorted by severity and line.
        fixes: by JSONPath, what an Overlay would have to write there.
    """

    title: str
    score: int
    operations: int
    findings: tuple[Problem, ...]
    fixes: Mapping[str, JsonObject]

    @property
    def kinds(self) -> Mapping[str, int]:
        """The number of findings of each kind, the most common first."""
        return dict(Counter(finding.kind for finding in self.findings).most_common())


def lint(api: Api, *, text: bytes | None = None, standard: bool = True) -> Report:
    """Judge how ready a document is to become tools.

    Args:
        api: the document, as `load` returned it.
        text: the document as it was read; with it, findings have their lines.
        standard: also ask openapi-spec-validator, for some seconds at most, whether the document
            keeps to the standard.

    Example:
        >>> report = lint(load("openapi.yaml"))
        >>> print(report.score, report.kinds)
    """
    tools = build_tools(api)
    findings = [*check_operations(api, tools), *check_examples(api, tools)]
    found_before = [
        problem
        for problem in (*api.problems, *tools.problems)
        if problem.kind not in _REPORTED_BY_LINT
    ]
    all_problems = [
        *(finding.problem for finding in findings),
        *found_before,
        *check_texts(api),
        *(check_standard(api) if standard else ()),
    ]
    problems = list(dict.fromkeys(all_problems))
    return Report(
        title=api.title,
        score=score(api, tools, problems),
        operations=len(tools),
        findings=_sort(_add_lines(problems, api, text)),
        fixes=_fixes_by_path(findings, api.document),
    )


def _fixes_by_path(findings: Iterable[Finding], document: JsonObject) -> dict[str, JsonObject]:
    """Return the fixes by JSONPath; those of one object are joined."""
    fixes: dict[str, JsonObject] = {}
    for finding in findings:
        target = finding.problem.pointer
        if finding.fix and _is_applicable(finding.fix, pointer.lookup(document, target)):
            fixes[target] = {**fixes.get(target, {}), **finding.fix}
    return {json_path(target, document): fix for target, fix in sorted(fixes.items())}


def _is_applicable(fix: JsonObject, target: Json) -> bool:
    """Return whether an Overlay could write a fix there.

    What is read from elsewhere (a path item that refers to another) does not stand at its pointer.
    """
    if not isinstance(target, dict):
        return False
    return not any(isinstance(target.get(key), (dict, list)) for key in fix)


def _add_lines(problems: list[Problem], api: Api, text: bytes | None) -> list[Problem]:
    if text is None:
        return problems
    unlocated = {problem.pointer for problem in problems if problem.line is None}
    positions = find_positions(unlocated, api.document, text)
    located = []
    for problem in problems:
        if problem.line is None and problem.pointer in positions:
            position = positions[problem.pointer]
            located.append(replace(problem, line=position[0], column=position[1]))
        else:
            located.append(problem)
    return located


def _sort(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=_sort_key))


def _sort_key(problem: Problem) -> tuple[int, int, str, str]:
    return (_SEVERITY_ORDER[problem.severity], problem.line or 0, problem.pointer, problem.kind)
