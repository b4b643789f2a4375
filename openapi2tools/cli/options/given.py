"""What is given as NAME=VALUE, and where a secret may be instead of itself."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

import typer

from openapi2tools.cli.console import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


REFERENCE_METAVAR: Final = "env:NAME|file:PATH|keyring:NAME|cmd:COMMAND|-"
"""Where a secret may be, in place of the secret itself."""

HEADER_FORM: Final = "'NAME: VALUE' or 'NAME: env:NAME'"


def pairs(given: Iterable[str], separator: str, option: str, form: str) -> dict[str, str]:
    """Split names from values.

    What has no name is not repeated in the error, because it may be a secret.
    """
    pairs = [text.partition(separator) for text in given]
    if not all(name.strip() and found for name, found, _ in pairs):
        raise typer.BadParameter(f"write {form}.", param_hint=option)
    return {name.strip(): value.strip() for name, _, value in pairs}


def read_headers(given: Iterable[str], option: str) -> dict[str, str]:
    """Return headers by name, each with its value or what that refers to."""
    from openapi2tools.call.credentials.references import read_value  # noqa: PLC0415 -- httpx is only for those who call

    names_and_values = pairs(given, ":", option, HEADER_FORM)
    return {name: read_value(value, f"{option} {name}") for name, value in names_and_values.items()}


def warn_of_typed_secrets(given: Mapping[str, Iterable[str]]) -> None:
    """Warn once of secrets that were typed, by the options that they were typed for."""
    from openapi2tools.call.credentials.references import is_reference  # noqa: PLC0415 -- httpx is only for those who call

    texts = {option: chain.from_iterable(map(secret_texts, given[option])) for option in given}
    typed = [option for option in given if not all(map(is_reference, filter(None, texts[option])))]
    if typed:
        say(
            f"Note: others on this computer can see the value of {typed[0]} in the list of "
            "processes, and your shell keeps it. Give it as env:NAME, file:PATH, keyring:NAME, "
            "cmd:COMMAND or -."
        )


def secret_texts(value: str) -> list[str]:
    """Return what of a credential may be secret: of a JSON object, the values of its fields."""
    import json  # noqa: PLC0415 -- only for who gives a credential

    try:
        fields = json.loads(value)
    except ValueError:
        return [value]
    if not isinstance(fields, dict):
        return [value]
    names = ("client_secret", "password", "token", "access_token", "refresh_token", "api_key")
    return [str(fields[name]) for name in names if fields.get(name)]
