"""`openapi2tools serve ... --config HOST`: print the host's configuration, or add to its file."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from openapi2tools.cli.by_name.source import find_api
from openapi2tools.cli.console import ask_line, on_terminal, replace_file, say, write
from openapi2tools.cli.hosts.command import needed_variables, program, server_name, typed_words
from openapi2tools.cli.hosts.forms import (
    TITLES,
    Host,
    ServerEntry,
    Unmergeable,
    file_of,
    merged,
    passes_variables,
    text_of,
)
from openapi2tools.cli.usage import UsageError
from openapi2tools.config.files import FOLDER_VARIABLE
from openapi2tools.errors import OpenAPI2ToolsError
from openapi2tools.serve.mcp import require_sdk

if TYPE_CHECKING:
    import typer

    from openapi2tools.config.saved_api import SavedApi


def configure(ctx: typer.Context, host: Host, *, should_write: bool) -> None:
    """Print the configuration with which a host starts this command, or add it to its file.

    Args:
        ctx: What was typed.
        host: Whose configuration.
        should_write: Whether it is added to the host's file, after a yes.
    """
    entry = _entry(ctx)
    path = file_of(host)
    if not passes_variables(host) and entry.variables:
        say(
            f"Note: {TITLES[host]} starts programs without the variables of your shell, and this "
            f"needs {', '.join(entry.variables)}: give credentials as keyring:NAME or file:PATH."
        )
    _say_whether_it_can_start()
    if not should_write:
        say(f"{TITLES[host]} reads this from {path} (--write adds it there):")
        write(text_of(host, entry))
        return
    _write(host, entry, path)


def _say_whether_it_can_start() -> None:
    """Say what is not installed: a host shows little of a server that ends at once."""
    try:
        require_sdk()
    except OpenAPI2ToolsError as error:
        say(f"Note: the host cannot start this yet. {error}")


def _entry(ctx: typer.Context) -> ServerEntry:
    words = typed_words(ctx, without={"config", "should_write"})
    first, *others = program()
    sources = ctx.params.get("sources") or [ctx.params["source"]]
    saved = [api for api in map(find_api, sources) if api is not None]
    settings = [json.dumps(api.settings.get("credentials", {})) for api in saved]
    return ServerEntry(
        server_name(sources[0]),
        first,
        [*others, "serve", *words],
        needed_variables([*words, *settings]),
        _settings(saved),
    )


def _settings(saved: list[SavedApi]) -> dict[str, str]:
    """Return where the file of saved APIs is, unless that is where it is looked for anyway."""
    folders = {str(api.file.path.parent) for api in saved}
    if len(folders) > 1:
        raise UsageError(
            "these saved APIs are in several files: serve those of each by themselves."
        )
    is_usual = not saved or (saved[0].file.is_users_own and FOLDER_VARIABLE not in os.environ)
    return {} if is_usual else {FOLDER_VARIABLE: folders.pop()}


def _write(host: Host, entry: ServerEntry, path: Path) -> None:
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = merged(host, entry, before)
    except (OSError, UnicodeDecodeError, Unmergeable) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(
            f"{path} cannot be added to: {reason}. Without --write, the text to add is printed."
        ) from None
    if before.strip() == after.strip():
        say(f"{path} has {entry.name} already, just so.")
        return
    if not _agrees(host, entry, path):
        say("Nothing was written.")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, after.rstrip("\n").encode() + b"\n", "--write")
    say(f"{entry.name} is in {path}. Start {TITLES[host]} again, and it has the tools.")


def _agrees(host: Host, entry: ServerEntry, path: Path) -> bool:
    if not on_terminal():
        raise UsageError(
            f"--write: nobody is here to ask about {path}. Without it, the text to add is printed."
        )
    say(text_of(host, entry))
    reply = ask_line(f"Add this to {path}? Whatever else is in it stays. [y/N]")
    return reply.strip().lower() in ("y", "yes")
