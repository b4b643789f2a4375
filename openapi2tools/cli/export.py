"""`openapi2tools export`: a document in, the JSON that a vendor's `tools` parameter takes out."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated

import typer

from openapi2tools.cli.console import write
from openapi2tools.cli.options import Choosing, Reading, Source, read_tools


class Format(StrEnum):
    """Whose tools: the keys of `formats.export.FORMATS`, which is loaded later."""

    OPENAI_CHAT = "openai-chat"
    OPENAI_RESPONSES = "openai-responses"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    MCP = "mcp"


def command(
    source: Source,
    *,
    reading: Reading,
    choosing: Choosing,
    format: Annotated[Format, typer.Option(help="Whose tools.")] = Format.OPENAI_CHAT,  # noqa: A002 -- the option's name
    strict: Annotated[bool, typer.Option("--strict/--no-strict", help="Strict schemas, for every tool that can have one.")] = True,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead of to standard output.")] = None,
) -> None:
    """Write an API's operations as a model's tools, in JSON."""
    from openapi2tools.formats.export import dumps, export  # noqa: PLC0415 -- the help text must not wait for it

    tools = read_tools(source, reading, choosing)
    text = dumps(export(tools, format.value, strict=strict), indent=True)
    if output is None:
        write(text)
    else:
        replace_file(output, text)


def replace_file(path: Path, data: bytes) -> None:
    """Write a file as a whole or not at all."""
    try:
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as new:
            new.write(data)
        Path(new.name).chmod(0o666 & ~_umask())
        Path(new.name).replace(path)
    except OSError as error:
        raise typer.BadParameter(f"{path} cannot be written: {error.strerror}.", param_hint="--output") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
