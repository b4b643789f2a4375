"""`openapi2tools call`: call one tool and write what the API answers to standard output."""

from __future__ import annotations

import sys
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from openapi2tools._core.json import exact_json
from openapi2tools._core.slips import did_you_mean
from openapi2tools.call.approval.consent import Consent
from openapi2tools.call.policy import Decision
from openapi2tools.call.response.advice import find_credential_line
from openapi2tools.call.response.headers import telling_headers
from openapi2tools.cli import help  # noqa: A004 -- the word of those who ask for it
from openapi2tools.cli.all_pages import AllPages, check_options
from openapi2tools.cli.completion.remember import remember_arguments
from openapi2tools.cli.connecting import connect_tools
from openapi2tools.cli.console import approval, data_text, on_terminal, say, write, write_json
from openapi2tools.cli.options.calling import CallOptions
from openapi2tools.cli.options.reading import ReadingOptions, Source
from openapi2tools.cli.options.selection import OpenBody, SelectionOptions
from openapi2tools.cli.steps import completion_key, read_tools
from openapi2tools.cli.tables import page_width, print_lines
from openapi2tools.cli.tool_page import page_lines
from openapi2tools.cli.typed.asking import ask_for_missing
from openapi2tools.cli.typed.words import WrongWord, read_words
from openapi2tools.cli.typed.writing import shell_line, write_words
from openapi2tools.cli.usage import TooManyArguments, UsageError, option_names
from openapi2tools.errors import CallError, InvalidArguments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.call.client import Client
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import JsonObject, Result, Tool


EXAMPLES: Final = (
    "openapi2tools call shop.yaml search_books q=tolkien genre=fiction genre=fantasy",
    "openapi2tools call shop.yaml create_order --help",
    "openapi2tools call shop.yaml create_order book_id=102 quantity:=2 --dry-run",
    "openapi2tools call shop.yaml create_order -i --auth bearerAuth=env:TOKEN",
    "openapi2tools call shop.yaml search_books genre=fiction --all-pages --fields items.title",
    "openapi2tools call shop.yaml upload_cover book_id=102 picture@cover.png",
    "openapi2tools call shop.yaml create_order --args '{\"book_id\": 102}' quantity=2",
)


Words = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[NAME=VALUE ...]",
        help=(
            "The arguments: name=text, name:=JSON, name@FILE, or --name VALUE; a name that is "
            "repeated makes a list, and a dot leads into an object (filter.min=3)."
        ),
        show_default=False,
    ),
]
SETTINGS: Final = {"ignore_unknown_options": True}
"""An option that the command does not have may be an argument of the tool."""


class Command(help.Command):
    """`call`, whose help is about the tool where one is named."""

    def parse_args(self, ctx: Any, args: list[str]) -> Any:
        """Read the command line; `SOURCE TOOL --help` asks for what the tool takes."""
        args = _with_own_limit(args)
        others = [word for word in args if word not in help.HELP_NAMES]
        if len(others) < len(args) and self._names_tool(ctx, others):
            args = [*others, "--about"]
        return super().parse_args(ctx, args)

    def _names_tool(self, ctx: Any, args: list[str]) -> bool:
        try:
            values, _, _ = self.make_parser(ctx).parse_args(args=list(args))
        except typer.TyperException:
            return False
        return all(isinstance(values.get(name), str) for name in ("source", "tool"))


def _with_own_limit(args: list[str]) -> list[str]:
    """Return the words with `--limit 5` as the tool's argument: ours is of the form NAME=N."""
    for index, word in enumerate(args):
        following = args[index + 1 : index + 2]
        if word == "--limit" and following and following[0].isdigit():
            return [*args[:index], *args[index + 2 :], f"limit={following[0]}"]
        if word.startswith("--limit=") and word.removeprefix("--limit=").isdigit():
            return [*args[:index], *args[index + 1 :], word.removeprefix("--")]
    return args


def command(
    ctx: typer.Context,
    source: Source,
    tool: Annotated[
        str,
        typer.Argument(
            metavar="TOOL",
            help="The tool's name, as `openapi2tools inspect` shows it.",
            show_default=False,
        ),
    ],
    words: Words = None,
    *,
    reading: ReadingOptions,
    call_options: CallOptions,
    args: Annotated[
        str,
        typer.Option(
            metavar="JSON|@FILE|-",
            help="All arguments, as one JSON object.",
            show_default=False,
        ),
    ] = "{}",
    ask: Annotated[
        bool, typer.Option("--ask", "-i", help="Ask for each argument that is missing.")
    ] = False,
    open_body: OpenBody = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Write the answer to this file as it comes, whatever its size.",
            show_default=False,
        ),
    ] = None,
    all_pages: Annotated[
        bool,
        typer.Option("--all-pages", help="Call for every page, and write the items as one list."),
    ] = False,
    max_items: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="With --all-pages: so many items at most.", show_default=False
        ),
    ] = None,
    show_headers: Annotated[
        bool, typer.Option("--headers", help="Show the status and the headers of the answer.")
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run", help="Show the request as curl and as HTTP text, and send nothing."
        ),
    ] = False,
    about: Annotated[bool, typer.Option("--about", hidden=True)] = False,
) -> None:
    """Call one operation and write what it answers.

    With SOURCE and TOOL, --help tells what that tool does, takes and returns.
    """
    if about:
        tools = read_tools(source, reading, SelectionOptions(open_body=open_body), call_options)
        print_lines(page_lines(tools[tool], ctx.params["source"], page_width()))
        return
    words = words or []
    options = option_names(ctx)
    _check_words(ctx, [source, tool, *words], options)
    if source == "-" and args == "-":
        raise typer.BadParameter(
            "the document comes from standard input already; use @FILE.", param_hint="--args"
        )
    if ask and not on_terminal():
        raise typer.BadParameter(
            "there is no terminal to ask at: give name=VALUE.", param_hint="--ask"
        )
    check_options(all_pages=all_pages, output=output, max_items=max_items)
    given = _read_arguments(args)
    tools = read_tools(source, reading, SelectionOptions(open_body=open_body), call_options)
    # The limit is for models; here it would cut the answer that a person or a program wants.
    with connect_tools(tools, call_options, reading, limit_tokens=sys.maxsize) as client:
        chosen = client.tools[tool]
        remember_arguments(completion_key(source), {chosen.name: chosen})
        arguments = _typed_arguments(chosen, words, given, options)
        if ask:
            arguments = ask_for_missing(chosen, arguments)
        prepared = _prepare(client, chosen, arguments, ctx.params["source"])
        for note in prepared.notes:
            say(f"Note: {note}")
        if dry_run:
            say(prepared.http())
            write(prepared.curl())
        elif all_pages:
            AllPages(client, partial(_send, client, output=None), max_items).write(prepared)
        else:
            result = _send(client, prepared, output)
            _say_beside(result, prepared, show_headers=show_headers)
            _show(result, prepared.tool, with_headers=not show_headers)


def _check_words(ctx: typer.Context, words: Sequence[str], options: Sequence[str]) -> None:
    """Refuse what can be no argument of any tool, before a document is read.

    It is not repeated, because it may be a secret.
    """
    for position, word in enumerate(words[:2]):
        if word.startswith("--"):
            name = word.partition("=")[0]
            place = "TOOL" if position else "SOURCE"
            raise UsageError(
                f"there is no option {name} before {place}.{did_you_mean(name, options)}"
            )
    is_value = False  # of the flag before
    for word in words[2:]:
        if not (is_value or word.startswith("-") or "=" in word or "@" in word):
            raise TooManyArguments(ctx, "the tool's arguments as name=value")
        is_value = word.startswith("--") and "=" not in word


def _typed_arguments(
    tool: Tool, words: Sequence[str], given: JsonObject, options: Sequence[str]
) -> JsonObject:
    """Return the arguments that are typed, beside those of `--args`."""
    try:
        return read_words(tool, words, given=given, options=options)
    except WrongWord as error:
        raise UsageError(f"{tool.name}: {error}") from None


def _prepare(client: Client, tool: Tool, arguments: JsonObject, source: str) -> Prepared:
    """Prepare the call; of arguments with faults, say where they are described."""
    try:
        return client.prepare(tool.name, arguments)
    except InvalidArguments as error:
        if "\n" not in str(error):  # it is about a file
            raise
        command = shell_line(["openapi2tools", "inspect", source, tool.name])
        raise InvalidArguments(f"{error}\n`{command}` describes them; -i asks for them.") from None


def _send(client: Client, prepared: Prepared, output: Path | None) -> Result:
    """Send a request, after the yes that it may need: to what was shown, files included."""
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


def _show(result: Result, tool: Tool, *, with_headers: bool) -> None:
    """Write what a call returned: data to standard output, what headers tell to standard error.

    Raises:
        CallError: The API did not do it, or this is not the whole of its answer.
    """
    if result.is_error:
        raise CallError(_error_text(result))
    if with_headers:
        _say_headers(result, tool)
    if result.next is not None:
        words = shell_line(write_words(tool, result.next.arguments))
        say(f"There is more: {words} gives the next page.")
    is_null = result.text.partition("\n")[0] == "null"  # JSON's null is an answer, too
    if isinstance(result.shown, str):
        write(result.shown)
    elif result.shown is not None or is_null:
        write_json(result.shown)
    elif not result.parts:
        say(result.text)
    for part in result.parts:
        if not part.data:
            say(f"{part.media_type}: {part.path}")
        elif sys.stdout.isatty():
            name = part.name or "FILE"
            say(f"{part.media_type}, {len(part.data):,} bytes: -o {shell_line([name])} keeps it.")
        else:
            write(part.data)
    if result.truncated:
        raise CallError(
            "this is the first part of the answer only, which is too large or goes on for too "
            "long: ask for less at once."
        )


def _error_text(result: Result) -> str:
    """Return what the API answered, and what to know about the credential where it refuses."""
    is_redirect = result.status is not None and 300 <= result.status < 400
    if result.data is None or is_redirect:  # the page of a redirect tells less than the advice
        return result.text
    text = f"the API answered {result.status}: {data_text(result.data)}"
    return "\n".join(filter(None, (text, find_credential_line(result.text))))


def _say_beside(result: Result, prepared: Prepared, *, show_headers: bool) -> None:
    """Write the notes on an answer, and its headers where they are wanted."""
    for note in result.notes[len(prepared.notes) :]:
        say(f"Note: {note}")
    if show_headers:
        _say_all_headers(result)


def _say_headers(result: Result, tool: Tool) -> None:
    """Write what the headers tell beside the content; without content, the text has it."""
    has_content = result.data is not None or bool(result.parts)
    told = telling_headers(tool, result.status or 0, result.headers) if has_content else ""
    if told:
        say(f"Headers: {told}")


def _say_all_headers(result: Result) -> None:
    """Write the status and the headers of an answer, but for the values of cookies."""
    if result.status is None:
        return
    say(f"{result.status} {_status_phrase(result.status)}".rstrip())
    for name, value in result.headers.items():
        say(f"{name}: {'(not shown)' if name == 'set-cookie' else value}")
    say("")


def _status_phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # some APIs have statuses of their own
        return ""
