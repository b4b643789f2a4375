"""The command that a host starts: what was typed, so that it means the same in another folder."""

from __future__ import annotations

import os
import re
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from openapi2tools.cli.usage import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import typer

_FILE_WORDS: Final = ("FILE", "FOLDER", "PATH")
_FILE_REFERENCE: Final = re.compile(r"((?:^|[=:] ?)file:)(?=[^/~])")
_VARIABLE_REFERENCE: Final = re.compile(r"\benv:([A-Za-z_]\w*)")
_NOT_LEGAL: Final = re.compile(r"[^A-Za-z0-9_-]+")
_PREFIX: Final = "OPENAPI2TOOLS_"
# Variables of the program that are no credentials.
_SETTINGS: Final = ("CACHE", "CONFIG", "DATABASE", "SESSIONS", "LLAMA", "RECORD")
_MAX_NAME_CHARS: Final = 24


def program() -> list[str]:
    """Return the words that start this program, wherever they are said."""
    script = Path(sys.executable).with_name("openapi2tools")
    if script.is_file():
        return [str(script)]
    return [sys.executable, "-m", "openapi2tools"]


def typed_words(ctx: typer.Context, without: set[str]) -> list[str]:
    """Return the arguments and options that were typed, with absolute paths.

    Raises:
        UsageError: A secret was typed, which a configuration file must not hold.
    """
    words: list[str] = []
    for parameter in ctx.command.params:
        name = parameter.name or ""
        source = ctx.get_parameter_source(name)
        if source is None or source.name != "COMMANDLINE" or name in without:
            continue
        value = ctx.params[name]
        values = value if isinstance(value, (list, tuple)) else [value]
        for each in values:
            words += _words_of(parameter, each)
    return words


def _words_of(parameter: Any, value: Any) -> Iterator[str]:
    if parameter.param_type_name == "argument":
        yield _absolute(str(value))
        return
    long_name = next((name for name in parameter.opts if name.startswith("--")), parameter.opts[0])
    if isinstance(value, bool):
        yield long_name if value else next(iter(parameter.secondary_opts), long_name)
        return
    yield long_name
    text = str(value.value if isinstance(value, Enum) else value)
    if long_name in ("--auth", "--header", "--spec-header"):
        _refuse_secret(long_name, text)
        yield _FILE_REFERENCE.sub(lambda found: f"{found.group(1)}{Path.cwd()}/", text)
    else:
        is_file = any(word in (parameter.metavar or "") for word in _FILE_WORDS)
        yield _absolute(text) if is_file or isinstance(value, Path) else text


def _refuse_secret(option: str, text: str) -> None:
    from openapi2tools.call.credentials.masking import is_secret_header  # noqa: PLC0415 -- httpx is only for who gives one
    from openapi2tools.call.credentials.references import is_reference  # noqa: PLC0415 -- likewise

    name, _, value = text.partition("=" if option == "--auth" else ":")
    value = value.strip()
    is_secret = option == "--auth" or is_secret_header(name)
    if is_secret and (value == "-" or not is_reference(value)):
        raise UsageError(
            f"{option}: a configuration file must not hold a secret: give it as env:NAME, "
            "file:PATH, keyring:NAME or cmd:COMMAND."
        )


def _absolute(text: str) -> str:
    return text if "://" in text or not Path(text).exists() else str(Path(text).absolute())


def server_name(source: str) -> str:
    """Return what a host calls the server of a source: a saved API's name, a host, or a file's."""
    host = urlsplit(source).hostname if "://" in source else None
    name = host or Path(source).name.partition(".")[0]
    legal = _NOT_LEGAL.sub("-", name).strip("-")[:_MAX_NAME_CHARS]
    return legal or "api"


def needed_variables(texts: list[str]) -> list[str]:
    """Return the variables that texts refer to, and those that are set for credentials."""
    named = [name for text in texts for name in _VARIABLE_REFERENCE.findall(text)]
    set_here = [
        name
        for name in os.environ
        if name.startswith(_PREFIX) and not name.removeprefix(_PREFIX).startswith(_SETTINGS)
    ]
    return list(dict.fromkeys([*named, *sorted(set_here)]))
