"""The search index of a set of tools, made once and kept in the user's cache folder."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools._core.files.cache_folder import CacheFolder
from openapi2tools.tools.search.search import SearchIndex

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Tool

MAX_INDEXES: Final = 50
"""How many indexes are kept; the oldest give way."""
MIN_KEPT_TOOLS: Final = 200
"""An index of fewer tools is made faster than it is found."""


def index_of(tools: Mapping[str, Tool], *, use_cache: bool = True) -> SearchIndex:
    """Return the index of some tools, from the cache where it is there and whole.

    Several processes may use the cache at once; what is damaged is made again.
    """
    if not use_cache or len(tools) < MIN_KEPT_TOOLS:
        return SearchIndex.of(tools)
    folder = CacheFolder.of_user("indexes", MAX_INDEXES)
    key = _fingerprint(tools)
    kept = folder.get(key)
    index = None if kept is None else SearchIndex.from_bytes(kept)
    if index is not None and index.names == tuple(tools):
        return index
    index = SearchIndex.of(tools)
    folder.put(key, index.to_bytes())
    return index


def _fingerprint(tools: Mapping[str, Tool]) -> str:
    """Return a hash of the names and of the documents that the tools are made of."""
    digest = sha256(orjson.dumps(list(tools)))
    documents = {id(tool.api.document): tool.api.document for tool in tools.values()}
    for document in documents.values():
        try:
            digest.update(orjson.dumps(document))
        except TypeError:  # nested too deeply, or whole numbers beyond 64 bits
            digest.update(repr(document).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()
