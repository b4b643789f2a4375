"""`openapi2tools call`: a tool's name and arguments in, one request out, its answer on standard output."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openapi2tools.cli.console import approval, say, write
from openapi2tools.cli.options import Calling, Choosing, Reading, Source, connect_tools, read_tools
from openapi2tools.errors import CallError

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject, Result


def command(
    source: Source,
    tool: Annotated[
        str,
        typer.Argument(
            metavar="TOOL",
            help="The tool's name, as `openapi2tools inspect` shows it.",
            show_default=False,
        ),
    ],
    *,
    reading: Reading,
    calling: Calling,
    args: Annotated[
        str, typer.Option(metavar="JSON|@FILE|-", help="The arguments, as a JSON object.")
    ] = "{}",
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show the request as curl and as HTTP text, and send nothing."
        ),
    ] = False,
) -> None:
    """Call one operation and write what it answers."""
    if source == "-" and args == "-":
        raise typer.BadParameter(
            "the document comes from standard input already; use @FILE.", param_hint="--args"
        )
    arguments = read_arguments(args)
    tools = read_tools(source, reading, Choosing())
    # which is for models: what is cut here is the answer itself
    with connect_tools(tools, calling, limit=sys.maxsize) as client:
        prepared = client.prepare(tool, arguments)
        for note in prepared.notes:
            say(f"Note: {note}")
        if dry_run:
            say(prepared.http())
            write(prepared.curl())
        else:
            show(client.send(prepared, approved=approval(prepared)))


def read_arguments(given: str) -> JsonObject:
    """Read `--args`: JSON, `@FILE`, or `-` for standard input."""
    try:
        text = (
            sys.stdin.buffer.read()
            if given == "-"
            else Path(given[1:]).read_bytes()
            if given.startswith("@")
            else given
        )
        # finds the encoding of bytes itself, with or without a byte order mark
        arguments = json.loads(text)
    except OSError as error:
        raise typer.BadParameter(
            f"{given[1:]} cannot be read: {error.strerror}.", param_hint="--args"
        ) from None
    except ValueError as error:
        raise typer.BadParameter(f"this is no JSON: {error}.", param_hint="--args") from None
    except RecursionError:
        raise typer.BadParameter("this is nested too deeply.", param_hint="--args") from None
    if not isinstance(arguments, dict):
        raise typer.BadParameter(
            'the arguments are one JSON object: {"name": value, ...}.', param_hint="--args"
        )
    return arguments


def show(result: Result) -> None:
    """Write what a call gave. Raises CallError when the API did not do it, or when this is not the whole."""
    if result.is_error:
        raise CallError(
            result.text
            if result.data is None
            else f"the API answered {result.status}: {as_text(result)}"
        )
    if result.next is not None:
        arguments = json.dumps(dict(result.next.arguments), ensure_ascii=False)
        say(f"There is more: --args {shlex.quote(arguments)} gives the next page.")
    if result.data is not None or result.text == "null":  # JSON's null is an answer, too
        write(as_text(result, indent=2))
    elif not result.parts:
        say(result.text)
    for part in result.parts:
        write(part.data) if part.data else say(f"{part.media_type}: {part.path}")
    if result.truncated:
        raise CallError(
            "this is the first part of the answer only, which is too large or goes on for too long: ask for less at once."
        )


def as_text(result: Result, indent: int | None = None) -> str:
    """Give the whole of what the API answered: text as it is, everything else as JSON."""
    return (
        result.data
        if isinstance(result.data, str)
        else json.dumps(result.data, ensure_ascii=False, indent=indent)
    )
