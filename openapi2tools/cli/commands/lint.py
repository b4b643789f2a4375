"""`openapi2tools lint`: say how ready a document is to become tools."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools.cli.console import counted, progress, replace_file, say, write
from openapi2tools.cli.options.reading import ReadingOptions, Source
from openapi2tools.cli.tables import Column, print_text, show_table
from openapi2tools.formats.export import dumps
from openapi2tools.linting import fix_overlay as overlay_of
from openapi2tools.linting import lint
from openapi2tools.linting.fixes import without_unmatched

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.linting import Report
    from openapi2tools.model import Problem

EXAMPLES: Final = (
    "openapi2tools lint shop.yaml",
    "openapi2tools lint shop.yaml --fix-overlay fixes.yaml",
    "openapi2tools lint shop.yaml --overlay fixes.yaml",
)
_TEXT_COLUMNS = [Column("what"), Column("what to do")]


def command(
    source: Source,
    *,
    reading: ReadingOptions,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Show each finding with its place.")
    ] = False,
    fail_under: Annotated[
        int,
        typer.Option(min=0, max=100, metavar="N", help="Exit with 1 when the score is lower, too."),
    ] = 0,
    fix_overlay: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write an OpenAPI Overlay with a TODO at each place that needs a word.",
        ),
    ] = None,
) -> None:
    """Score how tool-ready a document is, and name what is in the way.

    Each kind of finding has its remedy, and --verbose each its place. The exit code is 1 when the
    document has errors.
    """
    from_stdin = sys.stdin.buffer.read() if source == "-" else None
    document: str | bytes = source if from_stdin is None else from_stdin
    with progress() as on_progress:
        api = reading.load(document, on_progress)
    text = from_stdin
    if text is None and Path(source).is_file():
        text = Path(source).read_bytes()
    # An Overlay changes the document, so its text is not what was read.
    report = lint(api, text=None if reading.overlay else text)
    if fix_overlay is not None:
        _write_fix_overlay(fix_overlay, report, source, document if text is None else text, reading)
    if as_json:
        write(dumps(asdict(report), indent=True))
    else:
        _show(report, verbose=verbose)
    _fail_where_asked(report, fail_under)


def _write_fix_overlay(
    path: Path, report: Report, source: str, document: str | bytes, reading: ReadingOptions
) -> None:
    """Write the Overlay to fill in, without the actions that the document does not take."""
    overlay = overlay_of(report)
    with_overlay = replace(reading, overlay=[*reading.overlay, dumps(overlay).decode()])
    overlay = without_unmatched(overlay, with_overlay.load(document, None).problems)
    action_count = len(overlay["actions"])
    if action_count:
        replace_file(path, dumps(overlay, indent=True), "--fix-overlay")
        say(f"{counted(action_count, 'place')} to fill in: {path}. Then: --overlay {path}")
    else:  # an Overlay has one action at least
        say(f"There is nothing to fill in, and {path} is not written.")
    if len(report.fixes) > action_count:
        say(
            f"{len(report.fixes) - action_count} more stand in other documents than {source}: "
            "mend them there."
        )


def _show(report: Report, *, verbose: bool) -> None:
    """Print the score, and the findings below it, the worst first."""
    print_text(_summary(report))
    if not report.findings:
        return
    print_text("")
    if verbose:
        rows = [[_place(finding), *_texts(finding)] for finding in report.findings]
        show_table([Column("where", is_name=True), *_TEXT_COLUMNS], rows)
        return
    groups = _groups(report.findings)
    show_table(
        [Column("where", is_name=True), Column("count", is_number=True), *_TEXT_COLUMNS],
        map(_group_cells, groups),
    )
    if len(groups) < len(report.findings):
        say("--verbose shows each finding with its place.")


def _summary(report: Report) -> str:
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in report.kinds.items())
    return (
        f"{report.title}: {report.score} of 100, {counted(report.operations, 'operation')}"
        f"{f'; {kinds}' if kinds else ''}."
    )


def _groups(findings: Iterable[Problem]) -> list[list[Problem]]:
    """Put together what is of one kind and asks for the same remedy, in the order it stands."""
    groups: dict[tuple[str, str, str], list[Problem]] = {}
    for finding in findings:
        key = (finding.severity, finding.kind, finding.advice)
        groups.setdefault(key, []).append(finding)
    return list(groups.values())


def _group_cells(group: list[Problem]) -> list[str]:
    """Return a line about findings: how many, the place of the first, and what it says."""
    first = group[0]
    what, advice = _texts(first)
    if any(finding.message != first.message for finding in group):
        what += f" (and {len(group) - 1:,} like it)"
    return [_place(first), f"{len(group):,}", what, advice]


def _place(finding: Problem) -> str:
    return f"line {finding.line}" if finding.line else finding.pointer or "/"


def _texts(finding: Problem) -> list[str]:
    return [f"{finding.severity}: {finding.message}", finding.advice]


def _fail_where_asked(report: Report, fail_under: int) -> None:
    """End with exit code 1 when the document has errors, or too low a score."""
    error_count = sum(finding.severity == "error" for finding in report.findings)
    if error_count:
        say(f"The document has {counted(error_count, 'error')}.")
    if report.score < fail_under:
        say(f"The score is {report.score}, and --fail-under is {fail_under}.")
    if error_count or report.score < fail_under:
        raise typer.Exit(1)
