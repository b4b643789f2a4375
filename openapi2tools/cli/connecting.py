"""The step that calling commands go on with: connect to the API of the tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from openapi2tools._core.slips import did_you_mean
from openapi2tools.call.arguments import with_fixed_arguments
from openapi2tools.call.connect import connect
from openapi2tools.call.credentials.schemes import (
    unknown_credentials,
)
from openapi2tools.call.fields.given import checked_fields
from openapi2tools.call.servers import kept_path
from openapi2tools.cli.console import say
from openapi2tools.cli.usage import UsageError
from openapi2tools.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.call.client import Client
    from openapi2tools.cli.options.calling import CallOptions
    from openapi2tools.cli.options.reading import ReadingOptions
    from openapi2tools.model import Toolset


def connect_tools(
    tools: Toolset, call_options: CallOptions, reading: ReadingOptions, **options: Any
) -> Client:
    """Return the client that calls these tools; `options` are others of `connect`.

    Writes need a yes unless `--yes` gave it for all.
    """
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
        options.setdefault("limit_tokens", call_options.max_result)
    selections = call_options.selections()
    _say_unknown_fields(tools, selections)
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
        fields=selections,
        choose_fields=call_options.choose_fields,
        **reading.connection(),
        **options,
    )


def _say_unknown_fields(tools: Toolset, selections: Mapping[str, str]) -> None:
    """Say which of the fields that were chosen for single tools their document does not know."""
    try:
        checked = checked_fields(tools, selections)
    except InvalidOption as error:
        raise UsageError(str(error)) from None
    for glob, selection in checked.items():
        for tool in tools.values() if glob != "*" else ():
            for sentence in selection.unknown_fields(tool) if tool.is_called(glob) else ():
                say(f"Note: {sentence}")


def _say_kept_path(tools: Toolset, call_options: CallOptions) -> None:
    """Say where calls go when `--server` has no path, and the document's server has one."""
    server = call_options.server
    paths = {kept_path(tool, server, call_options.variables()) for tool in tools.values()}
    kept = sorted(path.rstrip("/") for path in paths if path.strip("/"))
    if kept:
        say(
            f"Note: calls go to {server}{kept[0]}, with the path of the document's server; "
            f"--server {server}/ goes without it."
        )
