"""Ask about a project's openapi2tools.toml, which somebody else may have written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.cli.console import ask_line, on_terminal, say
from openapi2tools.errors import ConfigError

if TYPE_CHECKING:
    from openapi2tools.config.files import ConfigFile


def require_agreement(file: ConfigFile) -> None:
    """Ask the person at the terminal about a file that nobody agreed to.

    Raises:
        ConfigError: There is nobody to ask, or the answer was no.
    """
    from openapi2tools.config.trust import is_trusted, require_trust, trust  # noqa: PLC0415 -- only for who uses a file

    if is_trusted(file):
        return
    if not on_terminal():
        require_trust(file)
    say(f"{file.path} is not by you, or has changed:\n\n{file.text.rstrip()}\n")
    answer = ask_line("Use it from now on, with the credentials and commands it names? [y/N]")
    if answer.strip().lower() not in ("y", "yes"):
        raise ConfigError(file.path, ["nothing of it was used."])
    trust(file)
