"""`openapi2tools lint`: a document in, how ready it is to become tools out."""

from __future__ import annotations

import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openapi2tools.cli.console import printable, progress, say, table, table_console, write
from openapi2tools.cli.export import replace_file
from openapi2tools.cli.options import Reading, Source  # noqa: TC001 -- typer reads annotations at run time

if TYPE_CHECKING:
    from openapi2tools.linting import Report

SHOWN = 200  # findings in the table: the rest is in --json


def command(
    source: Source,
    *,
    reading: Reading,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
    fix_overlay: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write an OpenAPI Overlay with a TODO at each place that needs a word.",
        ),
    ] = None,
) -> None:
    """Score how tool-ready a document is, name what is in the way, and where, and how to mend it."""
    from openapi2tools.formats.export import dumps  # noqa: PLC0415 -- the help text must not wait for it
    from openapi2tools.linting import fix_overlay as overlay_of  # noqa: PLC0415 -- likewise
    from openapi2tools.linting import lint  # noqa: PLC0415 -- likewise
    from openapi2tools.linting.fixes import without_unmatched  # noqa: PLC0415 -- likewise

    text = sys.stdin.buffer.read() if source == "-" else None
    with progress() as on_progress:
        api = reading.load(source if text is None else text, on_progress)
    if text is None and Path(source).is_file():
        text = Path(source).read_bytes()
    report = lint(api, text=text if not reading.overlay else None)
    if fix_overlay is not None:
        written = overlay_of(report)
        again = replace(reading, overlay=[*reading.overlay, dumps(written).decode()])
        written = without_unmatched(
            written, again.load(source if text is None else text, None).problems
        )
        if fixed := len(written["actions"]):
            replace_file(fix_overlay, dumps(written, indent=True), "--fix-overlay")
            say(f"{fixed} places to fill in: {fix_overlay}. Then: --overlay {fix_overlay}")
        else:  # an Overlay has one action at least
            say(f"There is nothing to fill in, and {fix_overlay} is not written.")
        if len(report.fixes) > fixed:
            say(
                f"{len(report.fixes) - fixed} more stand in other documents than {source}: mend them there."
            )
    if as_json:
        write(dumps(asdict(report), indent=True))
    else:
        show(report)


def show(report: Report) -> None:
    """Print the findings, the worst first, and the score."""
    from rich.text import Text  # noqa: PLC0415 -- only a table pays for rich

    shown = table("where", "what", "what to do")
    for finding in report.findings[:SHOWN]:
        where = f"line {finding.line}" if finding.line else finding.pointer or "/"
        shown.add_row(
            *(
                Text(printable(cell))
                for cell in (where, f"{finding.severity}: {finding.message}", finding.advice)
            )
        )
    table_console().print(shown)
    if len(report.findings) > SHOWN:
        say(f"… and {len(report.findings) - SHOWN} more: --json has them all.")
    kinds = ", ".join(f"{number} {kind}" for kind, number in report.kinds.items())
    say(
        f"{printable(report.title)}: {report.score} of 100, {report.operations} operations{f'; {kinds}' if kinds else ''}."
    )
