"""Change a configuration file: add an API, or remove one. What else stands there stays as it is."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from openapi2tools._core.files.atomic_write import OWNER_ONLY, write_atomically
from openapi2tools.config.files import ConfigFile, user_file
from openapi2tools.config.settings import SETTINGS
from openapi2tools.config.toml_lines import without
from openapi2tools.config.trust import is_trusted, trust
from openapi2tools.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from openapi2tools.model import Json

_READABLE_BY_ALL: Final = 0o644
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_MAX_INLINE_CHARS: Final = 60


def add_api(path: Path, name: str, settings: Mapping[str, Json]) -> ConfigFile:
    """Write an API at the end of a file, which need not be there yet.

    Args:
        path: The file.
        name: What the API is called.
        settings: Its settings, by their full key.

    Raises:
        ConfigError: The file has faults or cannot be written, or has an API of that name.
    """
    before = ConfigFile.read(path) if path.is_file() else None
    text = before.text if before else ""
    if before and name in before.apis:
        raise ConfigError(path, [f"an API is saved as {name} already: remove or edit it."])
    gap = "\n" if text.endswith("\n") or not text else "\n\n"
    return _replace(path, before, f"{text}{gap if text else ''}{toml_of(name, settings)}")


def remove_api(file: ConfigFile, name: str) -> ConfigFile:
    """Remove an API from a file.

    Raises:
        ConfigError: The file cannot be written, or is written in a way that only a person can edit.
    """
    changed = ConfigFile.of_text(file.path, without(file.text, ("apis", name)))
    others = {each: api for each, api in file.apis.items() if each != name}
    if changed.apis != others:
        raise ConfigError(
            file.path, [f"{name} stands on one line with others: remove it in an editor."]
        )
    return _replace(file.path, file, changed.text)


def toml_of(name: str, settings: Mapping[str, Json]) -> str:
    """Return the lines of an API."""
    tables: dict[str, dict[str, Json]] = {"": {}}
    for setting in SETTINGS:
        if setting.key in settings:
            table = ".".join(setting.path[:-1])
            tables.setdefault(table, {})[setting.path[-1]] = settings[setting.key]
    for key, value in list(tables[""].items()):
        if isinstance(value, dict) and len(_value(value)) > _MAX_INLINE_CHARS:
            tables[key] = tables[""].pop(key)
    return "\n".join(_lines(name, tables))


def _lines(name: str, tables: Mapping[str, Mapping[str, Json]]) -> Iterator[str]:
    for table, values in tables.items():
        yield f"[apis.{name}{'.' if table else ''}{table}]"
        for key, value in values.items():
            yield f"{_key(key)} = {_value(value)}"
        yield ""


def _key(text: str) -> str:
    return text if _BARE_KEY.fullmatch(text) else _text(text)


def _value(value: Json) -> str:
    if isinstance(value, dict):
        inner = ", ".join(f"{_key(name)} = {_value(each)}" for name, each in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    """Return a basic string of TOML: one of JSON, in which one more character is escaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _replace(path: Path, before: ConfigFile | None, text: str) -> ConfigFile:
    """Write a file whole; who could use it before, or has just made it, can use it afterwards."""
    file = ConfigFile.of_text(path, text)
    target = path.resolve()
    may_use = before is None or is_trusted(before)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_file():
            permissions = target.stat().st_mode & 0o777
        else:
            permissions = OWNER_ONLY if path == user_file() else _READABLE_BY_ALL
        write_atomically(target, text.encode(), permissions=permissions)
    except OSError as error:
        raise ConfigError(path, [f"it cannot be written ({error.strerror})."]) from None
    if may_use:
        trust(file)
    return file
