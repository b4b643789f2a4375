"""`openapi2tools lint`: say how ready a document is to become tools."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openapi2tools.cli.console import printable, progress, say, table, table_console, write
from openapi2tools.cli.export import replace_file
from openapi2tools.cli.options import ReadingOptions, Source

if TYPE_CHECKING:
    from openapi2tools.linting import Report

# The others are in --json.
_MAX_FINDINGS_SHOWN = 200


def command(
    source: Source,
    *,
    reading: ReadingOptions,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
    fix_overlay: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write an OpenAPI Overlay with a TODO at each place that needs a word.",
        ),
    ] = None,
) -> None:
    """Score how tool-ready a document is, name what is in the way, and where, and how to mend it."""  # noqa: E501 -- the help text
    from openapi2tools.formats.export import dumps  # noqa: PLC0415 -- the help text must not wait for it
    from openapi2tools.linting import lint  # noqa: PLC0415 -- likewise

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
        _show(report)


def _write_fix_overlay(
    path: Path, report: Report, source: str, document: str | bytes, reading: ReadingOptions
) -> None:
    """Write the Overlay to fill in, without the actions that the document does not take."""
    from openapi2tools.formats.export import dumps  # noqa: PLC0415 -- see command
    from openapi2tools.linting import fix_overlay as overlay_of  # noqa: PLC0415 -- likewise
    from openapi2tools.linting.fixes import without_unmatched  # noqa: PLC0415 -- likewise

    overlay = overlay_of(report)
    with_overlay = replace(reading, overlay=[*reading.overlay, dumps(overlay).decode()])
    overlay = without_unmatched(overlay, with_overlay.load(document, None).problems)
    action_count = len(overlay["actions"])
    if action_count:
        replace_file(path, dumps(overlay, indent=True), "--fix-overlay")
        say(f"{action_count} places to fill in: {path}. Then: --overlay {path}")
    else:  # an Overlay has one action at least
        say(f"There is nothing to fill in, and {path} is not written.")
    if len(report.fixes) > action_count:
        say(
            f"{len(report.fixes) - action_count} more stand in other documents than {source}: "
            "mend them there."
        )


def _show(report: Report) -> None:
    """Print the findings, the worst first, and the score."""
    from rich.text import Text  # noqa: PLC0415 -- only a table pays for rich

    shown = table("where", "what", "what to do")
    for finding in report.findings[:_MAX_FINDINGS_SHOWN]:
        where = f"line {finding.line}" if finding.line else finding.pointer or "/"
        cells = (where, f"{finding.severity}: {finding.message}", finding.advice)
        shown.add_row(*(Text(printable(cell)) for cell in cells))
    table_console().print(shown)
    hidden_count = len(report.findings) - _MAX_FINDINGS_SHOWN
    if hidden_count > 0:
        say(f"… and {hidden_count} more: --json has them all.")
    kinds = ", ".join(f"{number} {kind}" for kind, number in report.kinds.items())
    counts = f"; {kinds}" if kinds else ""
    say(
        f"{printable(report.title)}: {report.score} of 100, {report.operations} operations{counts}."
    )
