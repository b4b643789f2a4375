"""`openapi2tools search`: find the operations of an API that fit a question."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools.agent.tool_search.index_cache import index_of
from openapi2tools.cli.console import counted, say, write
from openapi2tools.cli.options.reading import ReadingOptions, Source
from openapi2tools.cli.options.selection import SelectionOptions
from openapi2tools.cli.steps import read_tools
from openapi2tools.cli.tables import Column, show_table
from openapi2tools.formats.export import dumps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.model import Tool, Toolset
    from openapi2tools.tools.search.search import Hit

EXAMPLES: Final = (
    'openapi2tools search shop.yaml "cancel an order"',
    'openapi2tools search shop.yaml "find a customer" -k 3 --json',
)
_MAX_SUMMARY_CHARS = 200


def command(
    source: Source,
    query: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION", help="What is to be done, in any words.", show_default=False
        ),
    ],
    *,
    k: Annotated[int, typer.Option("-k", min=1, help="How many tools are shown at most.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
    reading: ReadingOptions,
    selection: SelectionOptions,
) -> None:
    """Find the operations of an API that fit a question, and those that give the ids they need."""
    tools = read_tools(source, reading, selection)
    hits = index_of(tools, use_cache=not reading.no_cache).search(query, k)
    if as_json:
        write(dumps([_as_json(tools[hit.tool], hit) for hit in hits], indent=True))
    elif hits:
        _show(tools, hits)
    else:
        say(
            f"Nothing among {counted(len(tools), 'operation')} fits this question: try other words."
        )


def _as_json(tool: Tool, hit: Hit) -> dict[str, object]:
    operation = tool.operation
    return {
        "tool": tool.name,
        "score": hit.score,
        "method": operation.method,
        "path": operation.path,
        "summary": _summary(tool),
    }


def _show(tools: Toolset, hits: Sequence[Hit]) -> None:
    columns = [
        Column("tool", is_name=True),
        Column("method and path", is_name=True),
        Column("what it does"),
    ]
    found = [tools[hit.tool] for hit in hits]
    show_table(columns, ([tool.name, tool.operation.key, _summary(tool)] for tool in found))


def _summary(tool: Tool) -> str:
    """Return the first line of what a model reads of a tool."""
    return tool.description.partition("\n")[0][:_MAX_SUMMARY_CHARS]
