"""Options of making tools: which operations, and their names."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from typing import Annotated

import typer

_selection_option = partial(typer.Option, rich_help_panel="Choosing tools")

OpenBody = Annotated[
    list[str] | None,
    _selection_option(
        metavar="GLOB",
        help="Let these tools send a body that the document does not declare: 'import_*'.",
    ),
]


@dataclass(frozen=True)
class SelectionOptions:
    """Which operations become tools.

    An operation has to fit every option given, and one value of each.
    """

    tag: Annotated[
        list[str], _selection_option(metavar="TAG", help="Only operations with this tag.")
    ] = field(default_factory=list)
    operation: Annotated[
        list[str],
        _selection_option(
            metavar="GLOB",
            help="Only operations whose operationId or tool name fits as a whole: 'pets_*'.",
        ),
    ] = field(default_factory=list)
    path: Annotated[
        list[str], _selection_option(metavar="GLOB", help="Only paths that fit: '/pets/*'.")
    ] = field(default_factory=list)
    method: Annotated[
        list[str], _selection_option(metavar="METHOD", help="Only this HTTP method.")
    ] = field(default_factory=list)
    read_only: Annotated[
        bool,
        _selection_option(
            "--read-only/--no-read-only", help="Only operations that change nothing."
        ),
    ] = False
    no_deprecated: Annotated[
        bool,
        _selection_option("--no-deprecated/--deprecated", help="Leave deprecated operations out."),
    ] = False
    prefix: Annotated[
        str, _selection_option(metavar="TEXT", help="Put this before every tool's name.")
    ] = ""
    name_length: Annotated[
        int,
        _selection_option(
            min=24,
            max=64,
            metavar="N",
            help="At most N characters a tool's name, for hosts that put 'mcp__server__' before.",
        ),
    ] = 64
    open_body: OpenBody = None
