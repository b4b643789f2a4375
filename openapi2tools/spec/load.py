"""An address, or a document in hand, to an `Api`: the steps in order."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openapi2tools._core import portal
from openapi2tools._core.gc_paused import gc_paused
from openapi2tools.errors import UnsupportedVersion
from openapi2tools.model import Api, JsonObject, OnProgress, Problem, Progress
from openapi2tools.spec.fetch.fetch import Fetcher
from openapi2tools.spec.fetch.fetched import Fetched
from openapi2tools.spec.limits import Limits
from openapi2tools.spec.parse.compact import plain
from openapi2tools.spec.parse.locate import locate
from openapi2tools.spec.parse.parse import Parsed, parse
from openapi2tools.spec.parse.survey import survey
from openapi2tools.spec.read.read import read
from openapi2tools.spec.references.bundle import bundle
from openapi2tools.spec.references.identify import identify

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
    """Read an API description (Swagger 2.0, OpenAPI 3.0, 3.1, 3.2) from wherever it is.

    `source` is a URL, a path, `-` (standard input), bytes, text (with a line break, or `{` first),
    or an already parsed document. `overlays` (OpenAPI Overlay; sources as above) are applied in
    order. `headers` go with the fetch, to the origin of `source` only. `allow_refs` are origins and
    folders that references may lead to beside the document's own. What cannot be used is listed in
    `Api.problems`. Raises SpecError when nothing can be read.
    """
    options: dict[str, Any] = {
        "overlays": overlays,
        "headers": headers,
        "allow_refs": allow_refs,
        "cache": cache,
    }
    return portal.run(partial(aload, source, **options, limits=limits, progress=progress))


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
    limits, overlays, allow_refs = limits or Limits(), _several(overlays), _several(allow_refs)
    address = None if _in_hand(source) else str(source)
    named = (*(str(overlay) for overlay in overlays if not _in_hand(overlay)), *allow_refs)
    async with Fetcher(
        address, named=named, headers=headers, cache=cache, limits=limits, progress=progress
    ) as fetch:
        fetched = await fetch.find_description(address) if address is not None else Fetched(_bytes(source))
        with gc_paused():
            parsed = _parse(fetched, limits, progress)
            document, problems = parsed.value, [*fetched.problems, *parsed.problems]
            for overlay in overlays:
                document, more = await _overlaid(document, overlay, fetch, limits)
                problems += more
            seen = survey(document, None if overlays else parsed.compact)
            identified, more = identify(document, seen, fetched.address)
            if identified is not document:
                document, seen = identified, survey(identified)
            problems += more
            if seen.leads_out:
                document, more = await bundle(
                    document, fetched.address, fetch, allow_refs=allow_refs, limits=limits
                )
                seen = survey(document)
                problems += more
            api = read(
                document, address=fetched.address, problems=problems, seen=seen, progress=progress
            )
    return (
        api
        if isinstance(source, dict)
        else replace(api, problems=locate(api.problems, parsed.value, parsed.text))
    )


async def _overlaid(
    document: JsonObject, overlay: str | Path | JsonObject, fetch: Fetcher, limits: Limits
) -> tuple[JsonObject, list[Problem]]:
    from openapi2tools.spec.overlay import apply  # noqa: PLC0415 -- few documents have an overlay

    fetched = Fetched(_bytes(overlay)) if _in_hand(overlay) else await fetch(str(overlay))
    parsed = parse(fetched.data, address=fetched.address, limits=limits)
    document, problems = apply(document, parsed.value, address=fetched.address)
    return document, [*fetched.problems, *problems]


def _several(given: Any) -> tuple[Any, ...]:
    """Give one thing, which may be a text, or several, as several."""
    return (given,) if isinstance(given, (str, Path, dict)) else tuple(given)


def _in_hand(source: str | Path | bytes | JsonObject) -> bool:
    return isinstance(source, (bytes, dict)) or (
        isinstance(source, str) and ("\n" in source or source.lstrip().startswith("{"))
    )


def _bytes(source: str | Path | bytes | JsonObject) -> bytes:
    if isinstance(source, dict):
        return plain(source)
    return source if isinstance(source, bytes) else str(source).encode("utf-8", "replace")


def _parse(fetched: Fetched, limits: Limits, progress: OnProgress | None) -> Parsed:
    """Parse, and insist on an object."""
    size = len(fetched.data)
    if progress:
        progress(Progress("parse", 0, size))
    parsed = parse(fetched.data, address=fetched.address, limits=limits)
    if progress:
        progress(Progress("parse", size, size))
    if not isinstance(parsed.value, dict):
        raise UnsupportedVersion(
            "this is no API description: it is no object.",
            address=fetched.address,
            line=1,
            column=1,
        )
    return parsed
