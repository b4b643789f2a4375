"""Where the credential of a scheme is, asked of a person; a secret itself is kept elsewhere."""

from __future__ import annotations

from getpass import getpass
from typing import TYPE_CHECKING, NamedTuple

import typer

from openapi2tools.call.credentials.platform_keyring import keyring_state, write_entry
from openapi2tools.call.credentials.references import is_reference
from openapi2tools.cli.console import ask_line, on_terminal, printable, say
from openapi2tools.config.check import REFERENCE_FORMS
from openapi2tools.errors import MissingCredential

if TYPE_CHECKING:
    from pathlib import Path

    from openapi2tools.model import Json, JsonObject, SecurityScheme


class Place(NamedTuple):
    """Where an API is saved: under which name, in which file, and whether that is a project's."""

    name: str
    path: Path
    is_project: bool


def ask_for_reference(place: Place, scheme: SecurityScheme) -> str:
    """Ask where the credential of a scheme is; empty where that is left open."""
    kind = scheme.scheme or scheme.location or scheme.type
    say(
        f"Where is the credential for {printable(scheme.key)} ({printable(kind)})? "
        f"{REFERENCE_FORMS}; - to type it unseen; empty to leave it open."
    )
    answer = ask_line().strip()
    if not answer or (is_reference(answer) and answer != "-" and not answer.startswith("plain:")):
        return answer
    secret = getpass("The secret: ") if answer == "-" else answer.removeprefix("plain:")
    return keep_secret(place, scheme.key, secret)


def keep_secret(place: Place, scheme: str, secret: str) -> str:
    """Ask where a secret that was typed is to be kept, and return the reference to it.

    The keyring is offered first; a file that holds it takes a second yes, and is the user's own.
    """
    keyring, reason = keyring_state()
    entry = f"{place.name}.{scheme}"
    if not reason and _yes(f"Keep it in the keyring ({keyring}) as {entry}? [Y/n]", default=True):
        try:
            write_entry(entry, secret, scheme)
        except MissingCredential as error:
            say(f"Note: {error}")
        else:
            return f"keyring:{entry}"
    if reason:
        say(f"The keyring{f' ({keyring})' if keyring else ''}: {reason}.")
    if place.is_project:
        say("A project's file holds no secret: it is left open.")
        return ""
    question = (
        f"Write the secret itself into {place.path}, where whoever reads the file has it? [y/N]"
    )
    return f"plain:{secret}" if _yes(question, default=False) else ""


def with_references(place: Place, credentials: Json) -> JsonObject:
    """Return credentials that were typed with a reference for each that is a secret itself.

    Raises:
        BadParameter: There is nobody to ask.
    """
    kept: JsonObject = {}
    for scheme, given in credentials.items() if isinstance(credentials, dict) else ():
        if isinstance(given, str) and (not is_reference(given) or given == "-"):
            if not on_terminal():
                raise typer.BadParameter(
                    f"a saved API keeps no secret: say where it is, {REFERENCE_FORMS}.",
                    param_hint="--auth",
                )
            secret = getpass(f"{scheme}: ") if given == "-" else given
            given = keep_secret(place, scheme, secret)  # noqa: PLW2901
        if given:
            kept[scheme] = given
    return kept


def _yes(question: str, *, default: bool) -> bool:
    answer = ask_line(question).strip().lower()
    return answer in ("y", "yes") or (default and not answer)
