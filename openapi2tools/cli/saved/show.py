"""`openapi2tools show`: what is saved of an API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools.cli.by_name.named import Name, named_api
from openapi2tools.cli.console import say, write
from openapi2tools.config.edit import toml_of
from openapi2tools.config.trust import is_trusted

if TYPE_CHECKING:
    from openapi2tools.model import Json

EXAMPLES: Final = (
    "openapi2tools show shop",
    "openapi2tools show shop --json",
)
_PLAIN = "plain:"


def command(
    name: Name,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of TOML.")] = False,
) -> None:
    """Show what is saved of an API.

    Where credentials are is shown, and no secret.
    """
    api = named_api(name)
    settings = {key: _without_secrets(value) for key, value in api.settings.items()}
    say(f"From {api.file.path}:")
    if not is_trusted(api.file):
        say("Note: nobody agreed to this file yet; `openapi2tools trust` does.")
    if as_json:
        write(json.dumps(settings, indent=2, ensure_ascii=False))
    else:
        write(toml_of(name, settings).rstrip())


def _without_secrets(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: _without_secrets(each) for name, each in value.items()}
    if isinstance(value, str) and value.startswith(_PLAIN):
        return f"{_PLAIN}***"
    return value
