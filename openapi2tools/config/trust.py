"""Whether a project's file may be used: somebody else may have written it.

Such a file says which commands run, where credentials go and which model reads the answers. It is
used when the user has agreed to exactly this text, once: what is kept is its path and its hash, in
the folder of the user's settings. The user's own file needs no such word.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from openapi2tools._core.files.atomic_write import write_atomically
from openapi2tools._core.reader import for_reader
from openapi2tools.config.files import user_file
from openapi2tools.errors import ConfigError

if TYPE_CHECKING:
    from openapi2tools.config.files import ConfigFile

_LIST: Final = "trusted.json"


def is_trusted(file: ConfigFile) -> bool:
    """Return whether the user agreed to this file as it is."""
    return file.is_users_own or _agreed().get(str(file.path)) == _hash(file)


def trust(file: ConfigFile) -> None:
    """Keep that the user agrees to this file as it is.

    Raises:
        ConfigError: That cannot be kept.
    """
    if file.is_users_own:
        return
    path = user_file().parent / _LIST
    agreed = {**_agreed(), str(file.path): _hash(file)}
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_atomically(path, json.dumps(agreed, indent=1).encode())
    except OSError as error:
        raise ConfigError(path, [f"it cannot be written ({error.strerror})."]) from None


def require_trust(file: ConfigFile) -> None:
    """Raise ConfigError for a file that the user did not agree to."""
    if not is_trusted(file):
        how = for_reader(
            f"name it: saved_api(…, file={str(file.path)!r})", "say `openapi2tools trust`"
        )
        fault = (
            "it says which commands run and where credentials go, and nobody here has agreed to it "
            f"as it is. Read it, then {how}."
        )
        raise ConfigError(file.path, [fault])


def _agreed() -> dict[str, str]:
    try:
        kept = json.loads((user_file().parent / _LIST).read_bytes())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _hash(file: ConfigFile) -> str:
    return sha256(file.text.encode()).hexdigest()
