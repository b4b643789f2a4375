"""`openapi2tools doctor`: look whether everything is there, and say what to do where it is not."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools.cli.by_name.agreement import require_agreement
from openapi2tools.cli.by_name.named import named_api
from openapi2tools.cli.checkup.api import look_at_api
from openapi2tools.cli.checkup.installation import look_at_installation
from openapi2tools.cli.console import say, write
from openapi2tools.cli.tables import Column, show_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.cli.checkup.finding import Finding

EXAMPLES: Final = ("openapi2tools doctor", "openapi2tools doctor shop")


def command(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="A saved API to look at, too.", show_default=False),
    ] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
) -> None:
    """Look whether everything is there, and say what to do where it is not.

    With the name of a saved API, its document is read, its credentials are looked for, and one
    harmless read is sent to its server. The exit code is 1 where something does not work.
    """
    looks: list[Iterable[Finding]] = [look_at_installation()]
    if name is not None:
        api = named_api(name)
        require_agreement(api.file)
        looks.append(look_at_api(api))
    findings = list(chain.from_iterable(looks))
    if as_json:
        write(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        columns = [
            Column("what", is_name=True),
            Column("", is_name=True),
            Column("found"),
            Column("what to do"),
        ]
        show_table(columns, ([f.what, f.state, f.text, f.remedy] for f in findings))
    faults = sum(finding.state == "fault" for finding in findings)
    if faults:
        say(f"{faults} of {len(findings)} do not work.")
        raise typer.Exit(1)
