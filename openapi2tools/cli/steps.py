"""The step that most commands begin with: read a document's tools, and choose among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from openapi2tools._core.slips import nearest_names
from openapi2tools.call.policy import Policy
from openapi2tools.cli.by_name.changes import say_what_changed
from openapi2tools.cli.by_name.source import SavedSource
from openapi2tools.cli.completion.remember import remember_tools
from openapi2tools.cli.completion.store import add_source, key_of, saved_key
from openapi2tools.cli.console import brief, counted, progress, say
from openapi2tools.errors import BuildError
from openapi2tools.model import Effect
from openapi2tools.tools.arguments.open_body import with_open_bodies
from openapi2tools.tools.build import build_tools
from openapi2tools.tools.saved import holds_saved_tools, load_tools

if TYPE_CHECKING:
    from openapi2tools.cli.options.calling import CallOptions
    from openapi2tools.cli.options.reading import ReadingOptions
    from openapi2tools.cli.options.selection import SelectionOptions
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
    if saved_api_of(source) is not None:
        remember_tools(completion_key(source), chosen, tools.keys())
    elif source != "-" and not selection.prefix:
        remember_tools(completion_key(source), tools, tools.keys())
        add_source(source)


def completion_key(source: str) -> str:
    """Return the key under which the tools of a source are kept for completion."""
    api = saved_api_of(source)
    return key_of(source) if api is None else saved_key(api.name)


def saved_api_of(source: str) -> SavedApi | None:
    """Return the saved API of which a source is; None for a URL or a path that was typed."""
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
        similar = nearest_names(unknown_tags[0], tags, most=3, min_similarity=0.5) or tags
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
