"""`openapi2tools call`: call one tool and write what the API answers to standard output."""

from __future__ import annotations

import shlex
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from openapi2tools._core.json import exact_json
from openapi2tools.call.policy import Decision
from openapi2tools.call.response.headers import telling_headers
from openapi2tools.cli.console import approval, on_terminal, say, write
from openapi2tools.cli.options import (
    CallOptions,
    OpenBody,
    ReadingOptions,
    SelectionOptions,
    Source,
)
from openapi2tools.cli.steps import connect_tools, read_tools
from openapi2tools.errors import CallError

if TYPE_CHECKING:
    from openapi2tools.call.client import Client
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import JsonObject, Result, Tool


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
    reading: ReadingOptions,
    call_options: CallOptions,
    args: Annotated[
        str, typer.Option(metavar="JSON|@FILE|-", help="The arguments, as a JSON object.")
    ] = "{}",
    open_body: OpenBody = None,
    output: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write the answer to this file as it comes, whatever its size.",
            show_default=False,
        ),
    ] = None,
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
    arguments = _read_arguments(args)
    tools = read_tools(source, reading, SelectionOptions(open_body=open_body), call_options)
    # The limit is for models; here it would cut the answer that a person or a program wants.
    with connect_tools(tools, call_options, reading, limit=sys.maxsize) as client:
        prepared = client.prepare(tool, arguments)
        for note in prepared.notes:
            say(f"Note: {note}")
        if dry_run:
            say(prepared.http())
            write(prepared.curl())
        else:
            result = _send(client, prepared, output)
            for note in result.notes[len(prepared.notes) :]:
                say(f"Note: {note}")
            _show(result, prepared.tool)


def _send(client: Client, prepared: Prepared, output: Path | None) -> Result:
    """Send a request, after the yes that it may need: to what was shown, files included."""
    from openapi2tools.call.approval.consent import Consent  # noqa: PLC0415 -- the help text must not wait for it

    shown = None
    if prepared.decision is Decision.ASK and on_terminal():
        shown = client.wait(partial(client.adescribe, prepared))
    approved: bool | Consent = approval(prepared)
    if shown is not None:
        approved = Consent.to(shown)
    return client.send(prepared, approved=approved, save_to=output)


def _read_arguments(given: str) -> JsonObject:
    """Return the value of `--args`: JSON, `@FILE`, or `-` for standard input."""
    try:
        # It finds the encoding of bytes itself, with or without a byte order mark.
        arguments = exact_json.loads(_argument_text(given))
    except OSError as error:
        raise _bad_arguments(f"{given[1:]} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise _bad_arguments(f"this is no JSON: {error}.") from None
    except RecursionError:
        raise _bad_arguments("this is nested too deeply.") from None
    if not isinstance(arguments, dict):
        raise _bad_arguments('the arguments are one JSON object: {"name": value, ...}.')
    return arguments


def _argument_text(given: str) -> str | bytes:
    if given == "-":
        return sys.stdin.buffer.read()
    if given.startswith("@"):
        return Path(given[1:]).read_bytes()
    return given


def _bad_arguments(message: str) -> typer.BadParameter:
    return typer.BadParameter(message, param_hint="--args")


def _show(result: Result, tool: Tool) -> None:
    """Write what a call returned: data to standard output, what headers tell to standard error.

    Raises:
        CallError: The API did not do it, or this is not the whole of its answer.
    """
    if result.is_error:
        raise CallError(_error_text(result))
    _say_headers(result, tool)
    if result.next is not None:
        arguments = exact_json.dumps(dict(result.next.arguments), ensure_ascii=False)
        say(f"There is more: --args {shlex.quote(arguments)} gives the next page.")
    is_null = result.text.partition("\n")[0] == "null"  # JSON's null is an answer, too
    if result.data is not None or is_null:
        write(_data_text(result, indent=2))
    elif not result.parts:
        say(result.text)
    for part in result.parts:
        if part.data:
            write(part.data)
        else:
            say(f"{part.media_type}: {part.path}")
    if result.truncated:
        raise CallError(
            "this is the first part of the answer only, which is too large or goes on for too "
            "long: ask for less at once."
        )


def _error_text(result: Result) -> str:
    """Return what the API answered, and what to know about the credential where it refuses."""
    from openapi2tools.call.response.advice import find_credential_line  # noqa: PLC0415 -- httpx is only for those who call

    is_redirect = result.status is not None and 300 <= result.status < 400
    if result.data is None or is_redirect:  # the page of a redirect tells less than the advice
        return result.text
    text = f"the API answered {result.status}: {_data_text(result)}"
    return "\n".join(filter(None, (text, find_credential_line(result.text))))


def _say_headers(result: Result, tool: Tool) -> None:
    """Write what the headers tell beside the content; without content, the text has it."""
    has_content = result.data is not None or bool(result.parts)
    told = telling_headers(tool, result.status or 0, result.headers) if has_content else ""
    if told:
        say(f"Headers: {told}")


def _data_text(result: Result, indent: int | None = None) -> str:
    """Return the whole of what the API answered: text as it is, everything else as JSON."""
    if isinstance(result.data, str):
        return result.data
    return exact_json.dumps(result.data, ensure_ascii=False, indent=indent)
