"""The steps that several commands begin with: read a document's tools, and connect to its API."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import typer

from openapi2tools.cli.by_name.changes import say_what_changed
from openapi2tools.cli.console import brief, counted, progress, say
from openapi2tools.errors import BuildError, InvalidOption

if TYPE_CHECKING:
    from openapi2tools.call.client import Client
    from openapi2tools.cli.options import CallOptions, ReadingOptions, SelectionOptions
    from openapi2tools.config.saved_api import SavedApi
    from openapi2tools.model import Problem, Toolset


def read_tools(
    source: str,
    reading: ReadingOptions,
    selection: SelectionOptions,
    call_options: CallOptions | None = None,
) -> Toolset:
    """Read a document, or saved tools, and return the tools that are wanted.

    With the options of calls, `--read-only` keeps what only reads by the user's word, too.
    """
    from openapi2tools.tools.arguments.open_body import with_open_bodies  # noqa: PLC0415 -- likewise
    from openapi2tools.tools.saved import holds_saved_tools, load_tools  # noqa: PLC0415 -- likewise

    if holds_saved_tools(source):
        _check_options_of_saved_tools(reading, selection)
        tools = load_tools(source)
        tools = tools.prefixed(selection.prefix) if selection.prefix else tools
        problems: tuple[Problem, ...] = ()
    else:
        tools, problems = _build_tools(source, reading, selection)
    say_what_changed(source, tools, reading, selection)
    chosen = tools.only(
        tags=selection.tag,
        operations=selection.operation,
        paths=selection.path,
        methods=selection.method,
        deprecated=not selection.no_deprecated,
    )
    if selection.read_only:
        chosen = _only_reading(chosen, call_options)
    for problem in problems:
        if problem.kind == "no-operations":
            say(f"Note: {problem.message}")
    _check_choice(tools, chosen, selection)
    _remember(source, tools, chosen, selection)
    if chosen and selection.open_body:
        chosen = with_open_bodies(chosen, selection.open_body, "--open-body")
    lost_count = sum(problem.lost is not None for problem in problems)
    if lost_count:
        say(
            f"Note: {counted(lost_count, 'operation')} of this document cannot be offered; "
            "openapi2tools lint says why."
        )
    return chosen


def _remember(source: str, tools: Toolset, chosen: Toolset, selection: SelectionOptions) -> None:
    """Keep what the shell completes, under the name of a saved API or the address of a document."""
    from openapi2tools.cli.completion.remember import remember_tools  # noqa: PLC0415 -- the help text must not wait for it
    from openapi2tools.cli.completion.store import add_source  # noqa: PLC0415 -- likewise

    if saved_api_of(source) is not None:
        remember_tools(completion_key(source), chosen, tools.keys())
    elif source != "-" and not selection.prefix:
        remember_tools(completion_key(source), tools, tools.keys())
        add_source(source)


def completion_key(source: str) -> str:
    """Return the key under which the tools of a source are kept for completion."""
    from openapi2tools.cli.completion.store import key_of, saved_key  # noqa: PLC0415 -- likewise

    api = saved_api_of(source)
    return key_of(source) if api is None else saved_key(api.name)


def saved_api_of(source: str) -> SavedApi | None:
    """Return the saved API of which a source is; None for a URL or a path that was typed."""
    from openapi2tools.cli.by_name.source import SavedSource  # noqa: PLC0415 -- likewise

    return source.api if isinstance(source, SavedSource) else None


def _check_options_of_saved_tools(reading: ReadingOptions, selection: SelectionOptions) -> None:
    """Refuse what only a document can have done to it: it would do nothing."""
    is_given = {
        "--overlay": bool(reading.overlay),
        "--spec-address": bool(reading.spec_address),
        "--name-length": selection.name_length != type(selection).name_length,
    }
    for option, given in is_given.items():
        if given:
            raise typer.BadParameter(
                "these tools were saved, and stay as they are: give it to `export --save`.",
                param_hint=option,
            )


def _build_tools(
    source: str, reading: ReadingOptions, selection: SelectionOptions
) -> tuple[Toolset, tuple[Problem, ...]]:
    """Read a document; return its tools, and the problems of the document."""
    from openapi2tools.tools.build import build_tools  # noqa: PLC0415 -- the help text must not wait for it

    with progress() as on_progress:
        api = reading.load(source, on_progress)
        tools = build_tools(
            api,
            prefix=selection.prefix,
            name_length=selection.name_length,
            progress=on_progress,
        )
    return tools, api.problems


def _only_reading(tools: Toolset, call_options: CallOptions | None) -> Toolset:
    """Return the tools that only read, by their own word or by that of `--reads`."""
    from openapi2tools.call.policy import Policy  # noqa: PLC0415 -- only for those who choose so
    from openapi2tools.model import Effect  # noqa: PLC0415 -- likewise

    policy = Policy(reads=call_options.reads if call_options else ())
    return tools.where(lambda tool: policy.effect(tool) is Effect.READ)


def _check_choice(tools: Toolset, chosen: Toolset, selection: SelectionOptions) -> None:
    """Say why nothing fits, and name the tags there are when an unknown one is given.

    Raises:
        BuildError: There are tools, and none of them fits the options.
    """
    tags = sorted({tag for tool in tools.values() for tag in tool.operation.tags})
    unknown_tags = [tag for tag in selection.tag if tag not in tags]
    if unknown_tags:
        similar = get_close_matches(unknown_tags[0], tags, cutoff=0.5) or tags
        text = f"no operation has the tag {unknown_tags[0]!r}. {_tag_list(similar)}"
    elif selection.operation and not tools.only(operations=selection.operation):
        glob = selection.operation[0]
        text = (
            f"no operationId or tool name fits {glob!r} as a whole; "
            f"'*{glob.strip('*')}*' fits those that hold it."
        )
    else:
        text = f"none of {counted(len(tools), 'operation')} fits these options. {_tag_list(tags)}"
    if tools and not chosen:
        raise BuildError(text)
    if unknown_tags:
        say(f"Note: {text}")


def _tag_list(tags: list[str]) -> str:
    return f"Tags: {brief(', '.join(tags)) or 'none'}."


def connect_tools(
    tools: Toolset, call_options: CallOptions, reading: ReadingOptions, **options: Any
) -> Client:
    """Return the client that calls these tools; `options` are others of `connect`.

    Writes need a yes unless `--yes` gave it for all.
    """
    from openapi2tools.call.arguments import with_fixed_arguments  # noqa: PLC0415 -- as below
    from openapi2tools.call.connect import connect  # noqa: PLC0415 -- httpx is only for those who call
    from openapi2tools.call.credentials.schemes import (  # noqa: PLC0415 -- likewise
        unknown_credentials,
    )
    from openapi2tools.tools.text.slips import did_you_mean  # noqa: PLC0415 -- likewise

    credentials = call_options.credentials()
    unknown_names, known_names = unknown_credentials(
        tools.values(),
        credentials,
        servers=filter(None, [call_options.server]),
        variables=call_options.variables(),
    )
    if unknown_names:  # they are not repeated: one may be a mistyped secret
        advice = did_you_mean(unknown_names[0], known_names.split(", "))
        raise typer.BadParameter(
            f"the security schemes here are: {known_names}.{advice}", param_hint="--auth"
        )
    _say_kept_path(tools, call_options)
    if call_options.max_result is not None:
        options.setdefault("limit", call_options.max_result)
    policy = call_options.policy()
    try:
        tools = with_fixed_arguments(tools, call_options.arguments(), policy)
    except InvalidOption as error:
        raise typer.BadParameter(str(error), param_hint="--set") from None
    return connect(
        tools,
        credentials=credentials,
        account=call_options.account,
        headers=call_options.headers(),
        policy=policy,
        server=call_options.server,
        server_variables=call_options.variables(),
        files=call_options.files,
        cookies=call_options.cookies,
        recording=call_options.recording(),
        **reading.connection(),
        **options,
    )


def _say_kept_path(tools: Toolset, call_options: CallOptions) -> None:
    """Say where calls go when `--server` has no path, and the document's server has one."""
    from openapi2tools.call.servers import kept_path  # noqa: PLC0415 -- httpx is only for those who call

    server = call_options.server
    paths = {kept_path(tool, server, call_options.variables()) for tool in tools.values()}
    kept = sorted(path.rstrip("/") for path in paths if path.strip("/"))
    if kept:
        say(
            f"Note: calls go to {server}{kept[0]}, with the path of the document's server; "
            f"--server {server}/ goes without it."
        )
