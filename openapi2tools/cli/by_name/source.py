"""SOURCE may be the name of a saved API: what is saved of it stands for options not typed.

This is the one place where options are resolved: what is typed goes before the file, and the file
before the defaults. Of options with names in them (`--auth`, `--header`, `--set`, `--server-var`,
`--limit`, `--fields`, `--model-option`, `--spec-header`) this holds for each name.
"""

from __future__ import annotations

import json
import re
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import typer

from openapi2tools._core.slips import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.config.saved_api import SavedApi
    from openapi2tools.model import Json

NAMED_FORMS: Final = {
    "auth": "{}={}",
    "set": "{}={}",
    "fields": "{}={}",
    "server_var": "{}={}",
    "limit": "{}={}",
    "model_option": "{}={}",
    "header": "{}: {}",
    "spec_header": "{}: {}",
}
"""How an option that is given once a name writes the name and the value."""


class SavedSource(str):
    """The source of a saved API: its address, which knows of which API it is."""

    __slots__ = ("api",)
    api: SavedApi

    @classmethod
    def of(cls, api: SavedApi) -> SavedSource:
        """Return the source of an API."""
        source = cls(api.source)
        source.api = api
        return source


def with_saved_api(
    given: Mapping[str, Any], annotations: Mapping[str, Any], typed: set[str]
) -> dict[str, Any]:
    """Return the parameters of a command, with a saved API's where its name is the source.

    Args:
        given: The parameters as typer gives them.
        annotations: Their types.
        typed: The names of those that were typed.

    Raises:
        ConfigError: The file of the API has faults, or nobody agreed to it.
    """
    source = given.get("source")
    api = find_api(source) if isinstance(source, str) else None
    if api is None:
        return dict(given)
    from openapi2tools.cli.by_name.agreement import require_agreement  # noqa: PLC0415 -- only for who uses a file
    from openapi2tools.config.settings import SETTINGS  # noqa: PLC0415 -- likewise

    require_agreement(api.file)
    resolved = {**given, "source": SavedSource.of(api)}
    for setting in SETTINGS:
        name = setting.option
        if name not in given or setting.key not in api.settings:
            continue
        value = api.settings[setting.key]
        if name in NAMED_FORMS:
            resolved[name] = [*_not_typed(name, value, given[name]), *given[name]]
        elif name not in typed and not _is_contradicted(name, typed):
            resolved[name] = converted(value, annotations[name], given[name])
    return resolved


def name_and_value(option: str, text: str) -> tuple[str, str]:
    """Return the name and the value that were typed together: the inverse of a named form."""
    name, _, value = text.partition(NAMED_FORMS[option].format("", "").strip())
    return name.strip(), value.strip()


def find_api(name: str) -> SavedApi | None:
    """Return the saved API of that name; None for what is a path or a URL.

    Raises:
        ConfigError: A file has faults.
        BadParameter: It is neither the name of a saved API, nor that of a file.
    """
    from openapi2tools.config.settings import NAME_PATTERN  # noqa: PLC0415 -- the help text must not wait for it

    if not re.fullmatch(NAME_PATTERN, name):
        return None
    from openapi2tools.config.saved_api import saved_apis  # noqa: PLC0415 -- likewise

    apis = saved_apis()
    if name in apis or not apis or Path(name).exists():
        return apis.get(name)
    hint = did_you_mean(name, apis, min_similarity=0.5) or f" Saved are: {', '.join(apis)}."
    raise typer.BadParameter(
        f"there is no saved API and no file named {name!r}.{hint}", param_hint="SOURCE"
    )


def _not_typed(option: str, saved: Json, typed: list[str]) -> list[str]:
    """Return what is saved under names that were not typed, as it would be typed."""
    form = NAMED_FORMS[option]
    same = str.lower if ":" in form else str  # the name of a header is in any case
    names = {same(name_and_value(option, text)[0]) for text in typed}
    return [
        form.format(name, value if isinstance(value, str) else json.dumps(value))
        for name, value in (saved.items() if isinstance(saved, dict) else ())
        if same(name) not in names
    ]


def _is_contradicted(option: str, typed: set[str]) -> bool:
    """Return whether an option that was typed says the opposite of one of the file."""
    return option == "ca" and "insecure" in typed


def converted(value: Json, annotation: Any, default: Any) -> Any:
    """Return a value as typer would give it: paths and choices are objects.

    A choice that this command does not have is passed over.
    """
    wanted = _types(annotation)
    if isinstance(value, list):
        return [Path(str(each)) for each in value] if Path in wanted else value
    choices = next((each for each in wanted if issubclass(each, Enum)), None)
    if choices is not None:
        members = {member.value: member for member in choices}
        return members.get(value, default)
    return Path(str(value)) if Path in wanted else value


def _types(annotation: Any) -> list[type]:
    """Return the plain types in an annotation: of `Annotated[list[Path] | None, …]` Path."""
    arguments = get_args(annotation)
    if hasattr(annotation, "__metadata__"):
        arguments = arguments[:1]
    if not arguments:
        return [annotation] if isinstance(annotation, type) and annotation is not type(None) else []
    return [each for argument in arguments for each in _types(argument)]
