"""`openapi2tools remove`: forget a saved API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.call.credentials.platform_keyring import delete_entry
from openapi2tools.cli.by_name.named import Name, named_api
from openapi2tools.cli.console import say
from openapi2tools.config.edit import remove_api

if TYPE_CHECKING:
    from openapi2tools.config.saved_api import SavedApi


EXAMPLES: Final = ("openapi2tools remove shop",)


def command(name: Name) -> None:
    """Forget a saved API, and the secrets that were kept for it.

    Its logins stay: `openapi2tools auth logout NAME` forgets them before.
    """
    api = named_api(name)
    remove_api(api.file, name)
    entries = _own_entries(api)
    for entry in entries:
        delete_entry(entry)
    what = f", and its secret{'s' if len(entries) > 1 else ''} in the keyring" if entries else ""
    say(f"{name} is gone from {api.file.path}{what}.")


def _own_entries(api: SavedApi) -> list[str]:
    """Return the entries of the keyring that were made for this API."""
    credentials = api.settings.get("credentials")
    references = credentials.values() if isinstance(credentials, dict) else ()
    prefix = f"keyring:{api.name}."
    return [
        text.removeprefix("keyring:")
        for text in references
        if isinstance(text, str) and text.startswith(prefix)
    ]
