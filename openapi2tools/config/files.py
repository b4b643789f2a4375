"""Where `openapi2tools.toml` is: in the project, and among the user's settings."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from openapi2tools.config.check import read_toml
from openapi2tools.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import JsonObject

FILE_NAME: Final = "openapi2tools.toml"
FOLDER_VARIABLE: Final = "OPENAPI2TOOLS_CONFIG"
"""The environment variable that names the folder of the user's settings."""
_PLAIN: Final = "plain:"


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """A configuration file, read.

    Attributes:
        path: Where it is.
        is_users_own: Whether it is among the user's settings; a project's may be by anybody.
        text: What stands in it.
        apis: What it says of each API, by name.
    """

    path: Path
    is_users_own: bool
    text: str = field(repr=False)
    apis: Mapping[str, JsonObject] = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            ConfigError: It cannot be read, or there are faults in it; all of them are named.
        """
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
            raise ConfigError(path, [f"it cannot be read ({reason})."]) from None
        return cls.of_text(path, text)

    @classmethod
    def of_text(cls, path: Path, text: str) -> Self:
        """Return the file that would stand at a path with this text; raises ConfigError."""
        data, faults = read_toml(text)
        is_users_own = path == user_file()
        if not faults and not is_users_own:
            faults = [_open_secret(name) for name, api in _apis(data) if _holds_open_secret(api)]
        if faults:
            raise ConfigError(path, faults)
        return cls(path, is_users_own, text, dict(_apis(data)))


def user_file() -> Path:
    """Return where the user's own file is, or would be."""
    folder = os.environ.get(FOLDER_VARIABLE)
    if folder:
        return Path(folder).absolute() / FILE_NAME
    from platformdirs import user_config_path  # noqa: PLC0415 -- only those who keep something pay for it

    return user_config_path("openapi2tools", appauthor=False) / FILE_NAME


def project_file(folder: Path | None = None) -> Path | None:
    """Return the file of the project: the next one, from a folder upwards; None without one."""
    start = (folder or Path.cwd()).absolute()
    own = user_file()
    for parent in (start, *start.parents):
        path = parent / FILE_NAME
        if path != own and path.is_file():
            return path
    return None


def config_files(folder: Path | None = None) -> list[ConfigFile]:
    """Return the files there are, the project's first; raises ConfigError."""
    paths = [project_file(folder), user_file()]
    return [ConfigFile.read(path) for path in paths if path is not None and path.is_file()]


def _apis(data: JsonObject) -> list[tuple[str, JsonObject]]:
    return list(data.get("apis", {}).items())


def _holds_open_secret(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_open_secret, value.values()))
    return isinstance(value, str) and value.startswith(_PLAIN)


def _open_secret(name: str) -> str:
    return (
        f"apis.{name}: plain: is for the user's own file alone ({user_file()}); a project's file "
        "is shared with others."
    )
