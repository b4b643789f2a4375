"""`openapi2tools trust`: agree to a project's openapi2tools.toml, as it is now."""

from __future__ import annotations

from typing import Final

from openapi2tools.cli.console import say
from openapi2tools.config.files import ConfigFile, project_file
from openapi2tools.config.trust import is_trusted, trust

EXAMPLES: Final = ("openapi2tools trust",)


def command() -> None:
    """Agree to the openapi2tools.toml of this project, as it is now.

    It says which commands run, where credentials go and what needs no question, so that nothing of
    it is used before. When the file changes, the question comes again.
    """
    path = project_file()
    if path is None:
        say("There is no openapi2tools.toml here or above; your own needs no such word.")
        return
    file = ConfigFile.read(path)
    if is_trusted(file):
        say(f"You have agreed to {path} already.")
        return
    say(f"{path}:\n\n{file.text.rstrip()}\n")
    trust(file)
    say(f"{path} is used from now on, as it is.")
