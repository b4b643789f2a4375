"""The options that were typed for a run, as a database keeps them: by reference, without secrets.

They are resolved where the worker runs: what is saved of an API is read there, and so are the
credentials that they name.
"""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import typer

from openapi2tools._core.urls import is_url
from openapi2tools.call.credentials.masking import is_secret_field, is_secret_header
from openapi2tools.call.credentials.references import is_reference
from openapi2tools.cli.by_name.source import NAMED_FORMS, SavedSource, name_and_value
from openapi2tools.cli.options.given import secret_texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.model import Json

_NOT_KEPT: Final = frozenset({"source", "question", "database"})
_OF_ADDRESSES: Final = ("overlay", "allow_ref")
_FILE_REFERENCE: Final = re.compile(r"^file:(?!/)(?=.)")
_MAY_BE_SECRET: Final[Mapping[str, Any]] = {
    "auth": lambda _: True,
    "header": is_secret_header,
    "spec_header": is_secret_header,
    "model_option": is_secret_field,
}
"""Options with values by name, and which of these are secret."""


def kept_source(source: str) -> str:
    """Return a source as a worker elsewhere is to read it: a name, a URL or a whole path.

    Raises:
        BadParameter: It is standard input, or it holds a password.
    """
    if source == "-":
        raise typer.BadParameter(
            "a worker reads the document again and again: give a URL, a path or a name.",
            param_hint="SOURCE",
        )
    if isinstance(source, SavedSource):
        return source.api.name
    _refuse_password(source, "SOURCE")
    return source if is_url(source) else str(Path(source).absolute())


def kept_options(typed: Mapping[str, Any]) -> dict[str, Json]:
    """Return the options that were typed, as JSON.

    Raises:
        BadParameter: One of them is a secret, and not where one is.
    """
    kept = {name: value for name, value in typed.items() if name not in _NOT_KEPT}
    for name, value in kept.items():
        for option, text in _secrets(name, value):
            if not is_reference(text) or text == "-" or text.startswith("plain:"):
                raise typer.BadParameter(
                    "a run is kept in a database, which holds no secret: say where it is, as "
                    "env:NAME, file:PATH, keyring:NAME or cmd:COMMAND; the worker reads it.",
                    param_hint=option,
                )
        for text in value if isinstance(value, list) else [value]:
            _refuse_password(str(text), f"--{name.replace('_', '-')}")
    return {name: _as_json(name, value) for name, value in kept.items()}


def _secrets(name: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield each text of an option that may be a secret, with the option."""
    is_secret = _MAY_BE_SECRET.get(name)
    if is_secret is None:
        return
    for given in value:
        key, text = name_and_value(name, given)
        if is_secret(key):
            option = f"--{name.replace('_', '-')}"
            yield from ((option, each) for each in secret_texts(text) if each)


def _as_json(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_as_json(name, each) for each in value]
    if isinstance(value, Path):
        return str(value.absolute())
    if isinstance(value, Enum):
        return str(value.value)
    if name in _OF_ADDRESSES and not is_url(value) and Path(value).exists():
        return str(Path(value).absolute())
    if name in _MAY_BE_SECRET:
        key, text = name_and_value(name, value)
        return NAMED_FORMS[name].format(key, _FILE_REFERENCE.sub(f"file:{Path.cwd()}/", text))
    return value


def _refuse_password(text: str, option: str) -> None:
    """Refuse a URL with a password in it; nothing of it is repeated."""
    if is_url(text) and urlsplit(text).password:
        raise typer.BadParameter(
            "a run is kept in a database, which holds no secret: this URL has a password.",
            param_hint=option,
        )
