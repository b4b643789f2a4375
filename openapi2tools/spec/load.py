"""An address, or a document in hand, to an `Api`: the steps in order."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from openapi2tools import portal
from openapi2tools.errors import FetchError, UnsupportedVersion
from openapi2tools.model import Api, Json, JsonObject, OnProgress
from openapi2tools.spec.limits import Limits
from openapi2tools.spec.parse import parse
from openapi2tools.spec.read import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def load(
    source: str | Path | bytes | JsonObject,
    *,
    overlays: Iterable[str | Path | JsonObject] = (),
    headers: Mapping[str, str] | None = None,
    allow_refs: Iterable[str] = (),
    cache: bool = True,
    limits: Limits | None = None,
    progress: OnProgress | None = None,
) -> Api:
    """Read a document: a URL, a path, `-` (standard input), bytes, text, or the values of an already parsed one."""
    return portal.run(_load, source, tuple(overlays), headers, tuple(allow_refs), cache, limits or Limits(), progress)


async def _load(
    source: str | Path | bytes | JsonObject,
    overlays: tuple[Json, ...],
    headers: Mapping[str, str] | None,
    allow_refs: tuple[str, ...],
    cache: bool,  # noqa: FBT001
    limits: Limits,
    progress: OnProgress | None,
) -> Api:
    return await aload(source, overlays=overlays, headers=headers, allow_refs=allow_refs, cache=cache, limits=limits, progress=progress)


async def aload(
    source: str | Path | bytes | JsonObject,
    *,
    overlays: Iterable[str | Path | JsonObject] = (),
    headers: Mapping[str, str] | None = None,
    allow_refs: Iterable[str] = (),
    cache: bool = True,
    limits: Limits | None = None,
    progress: OnProgress | None = None,
) -> Api:
    """Do what `load` does, inside a running event loop."""
    address: str | None = None
    if isinstance(source, dict):
        return read(source, address=None, progress=progress)
    if isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{")):
        source = source.encode()
    elif source == "-":
        source = sys.stdin.buffer.read()
    elif not isinstance(source, bytes):
        address = str(source)
        try:
            source = Path(source).read_bytes()  # noqa: ASYNC240
        except OSError as error:
            raise FetchError(f"cannot read it: {error.strerror}.", address=address) from None
    parsed = parse(source, address=address, limits=limits)
    if not isinstance(parsed.value, dict):
        raise UnsupportedVersion("the document is no object.", address=address)
    return read(parsed.value, address=address, problems=parsed.problems, progress=progress)
