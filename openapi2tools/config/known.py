"""What was last known of a saved API: its document's hash, and the tools that were made of it.

When the document changes, the changes are told once, and what was known before is kept for
`openapi2tools diff NAME`.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

from openapi2tools._core.files.cache_folder import CacheFolder
from openapi2tools._core.identity import content_key
from openapi2tools._core.json import exact_json
from openapi2tools.errors import SpecError
from openapi2tools.tools.changes.diff import diff
from openapi2tools.tools.saved import tools_from_bytes, tools_to_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.config.saved_api import SavedApi
    from openapi2tools.model import Toolset
    from openapi2tools.tools.changes.change import Change

_MAX_FILES: Final = 200
_NOW: Final = "now"
_BEFORE: Final = "before"
_DECIDING: Final = ("source", "overlays", "policy.reads")
"""The settings, beside those of `tools`, that decide which tools a model gets.

With others nothing is compared: that the file changed is no news of the document.
"""


class KnownTools:
    """The tools of a saved API as they were last, and before their document changed."""

    def __init__(self, api: SavedApi) -> None:
        """Take the API; its settings decide what can be compared."""
        deciding = {
            key: value
            for key, value in api.settings.items()
            if key in _DECIDING or key.startswith("tools.")
        }
        self._name = exact_json.dumps([str(api.file.path), api.name, deciding])
        self._folder = CacheFolder.of_user("known", _MAX_FILES)

    def update(self, tools: Toolset) -> Sequence[Change]:
        """Keep the tools that the file chooses now, and return what changed since last time.

        Nothing is compared while the document is the same.
        """
        digest = _digest(tools)
        kept = self._folder.get(self._key(_NOW))
        if kept is not None and kept.startswith(digest):
            return ()
        known = _tools_in(kept)
        self._folder.put(self._key(_NOW), digest + b"\n" + tools_to_bytes(tools))
        if kept is None or known is None:
            return ()
        changes = diff(known, tools)
        if changes:
            self._folder.put(self._key(_BEFORE), kept)
        return changes

    def before(self) -> Toolset | None:
        """Return the tools before the document last changed, or else those known last."""
        for state in (_BEFORE, _NOW):
            found = _tools_in(self._folder.get(self._key(state)))
            if found is not None:
                return found
        return None

    def _key(self, state: str) -> str:
        return f"{self._name}\n{state}"


def _digest(tools: Toolset) -> bytes:
    """Return a hash of the documents that tools are made of."""
    documents = {id(tool.api): tool.api.document for tool in tools.values()}
    digest = sha256()
    for document in documents.values():
        written = content_key(document)
        if not isinstance(written, bytes):  # there are numbers beyond 64 bits
            written = exact_json.dumps(document).encode("utf-8", "surrogatepass")
        digest.update(written)
    return digest.hexdigest().encode()


def _tools_in(kept: bytes | None) -> Toolset | None:
    if kept is None:
        return None
    _, _, data = kept.partition(b"\n")
    try:
        return tools_from_bytes(data, "the tools that were kept")
    except SpecError:
        return None
