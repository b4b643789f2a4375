"""The options that were typed, as settings of a saved API: the inverse of `by_name`."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openapi2tools.cli.by_name.source import NAMED_FORMS, name_and_value
from openapi2tools.config.settings import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import Json


def typed_settings(groups: Iterable[object]) -> dict[str, Json]:
    """Return the settings that groups of options give, by their full key; defaults are left out."""
    given: dict[str, Any] = {}
    for group in groups:
        default: Any = type(group)()
        given |= {
            name: value
            for name, value in vars(group).items()
            if hasattr(default, name) and value != getattr(default, name)
        }
    return {
        setting.key: _as_setting(setting.option, given[setting.option])
        for setting in SETTINGS
        if given.get(setting.option)
    }


def _as_setting(option: str, value: Any) -> Json:
    if option in NAMED_FORMS:
        pairs = [name_and_value(option, text) for text in value]
        return {name: _named_value(option, text) for name, text in pairs}
    if isinstance(value, list):
        return [_as_setting(option, each) for each in value]
    if isinstance(value, Path):
        return str(value.absolute())
    return value.value if isinstance(value, Enum) else value


def _named_value(option: str, text: str) -> Json:
    """Return a value that was typed: of a login the fields, of a limit the number."""
    if option == "limit":
        return float(text) if "." in text else int(text)
    if option == "model_option" or (option == "auth" and text.startswith("{")):
        try:
            read: Json = json.loads(text)
        except ValueError:
            return text
        return read
    return text
