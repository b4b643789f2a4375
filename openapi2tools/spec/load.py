"""An API description, from wherever it is, to an `Api`: the steps in order."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit, urlunsplit

from openapi2tools._core import portal
from openapi2tools._core.gc_paused import gc_paused
from openapi2tools._core.urls import is_url
from openapi2tools.errors import InvalidOption, NetworkError, ParseError, UnsupportedVersion
from openapi2tools.model import Api, JsonObject, OnProgress, Problem, Progress
from openapi2tools.spec.fetch.discover import is_description
from openapi2tools.spec.fetch.fetch import Fetcher
from openapi2tools.spec.fetch.fetched import Fetched
from openapi2tools.spec.kept import KeptReading
from openapi2tools.spec.limits import Limits
from openapi2tools.spec.other_formats import guess_by_text, guess_by_value
from openapi2tools.spec.parse.compact import python_to_json
from openapi2tools.spec.parse.locate import locate
from openapi2tools.spec.parse.parse import Parsed, parse
from openapi2tools.spec.parse.survey import survey
from openapi2tools.spec.read.authors import Authors
from openapi2tools.spec.read.dialect import ADVICE
from openapi2tools.spec.read.read import read
from openapi2tools.spec.references.identify import identify

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Mapping

    Source: TypeAlias = str | Path | bytes | JsonObject


def load(
    source: str | Path | bytes | JsonObject,
    *,
    address: str | Path | None = None,
    overlays: Iterable[str | Path | JsonObject] = (),
    headers: Mapping[str, str] | None = None,
    allow_refs: Iterable[str] = (),
    cache: bool = True,
    verify: bool | str | ssl.SSLContext = True,
    limits: Limits | None = None,
    progress: OnProgress | None = None,
) -> Api:
    """Read an API description (Swagger 2.0, OpenAPI 3.0, 3.1, 3.2) from wherever it is.

    What cannot be used of it is listed in `Api.problems`; the rest can be used.

    Args:
        source: A URL, a path, `-` (standard input), bytes, text (with a line break, or `{`
            first), or an already parsed document. A URL may be that of a documentation page, or of
            an API's root; a path may be that of a folder with one description in it.
        address: Where a document that you fetched yourself came from, or where it is published: its
            relative references and servers are relative to that.
        overlays: OpenAPI Overlay documents, applied in order; given as `source` is.
        headers: Sent with the fetch, to the origin of `source` only.
        allow_refs: Origins and folders that references may lead to beside the document's own.
        cache: Whether a copy of what is fetched from the web, and what was read of a large
            document, is kept in the cache folder and used again.
        verify: Whether to check servers' certificates; or a CA bundle's path, or an SSL context.
            What comes without a check is not kept.
        limits: How much the document may cost.
        progress: Hears how far fetching, parsing and reading are.

    Raises:
        SpecError: Nothing can be read: FetchError, ParseError or UnsupportedVersion.
        InvalidOption: `address` is no address, or what was given is neither an address nor a
            document, such as an open file.

    Example:
        >>> api = load("https://example.com/openapi.json", allow_refs=["https://schemas.example"])
        >>> tools = build_tools(api)
    """
    options: dict[str, Any] = {
        "address": address,
        "overlays": overlays,
        "headers": headers,
        "allow_refs": allow_refs,
        "cache": cache,
        "verify": verify,
        "limits": limits,
        "progress": progress,
    }
    return portal.run(partial(aload, source, **options))


async def aload(
    source: str | Path | bytes | JsonObject,
    *,
    address: str | Path | None = None,
    overlays: Iterable[str | Path | JsonObject] = (),
    headers: Mapping[str, str] | None = None,
    allow_refs: Iterable[str] = (),
    cache: bool = True,
    verify: bool | str | ssl.SSLContext = True,
    limits: Limits | None = None,
    progress: OnProgress | None = None,
) -> Api:
    """Do what `load` does, inside a running event loop.

    Args:
        source: As for `load`, like all that follow.
        address: Where a document that you fetched yourself came from.
        overlays: OpenAPI Overlay documents, applied in order.
        headers: Sent with the fetch, to the origin of `source` only.
        allow_refs: Origins and folders that references may lead to.
        cache: Whether copies, and what was read, are kept and used again.
        verify: Whether to check servers' certificates; or a CA bundle's path, or an SSL context.
        limits: How much the document may cost.
        progress: Hears how far it is.

    Raises:
        SpecError: Nothing can be read: FetchError, ParseError or UnsupportedVersion.
        InvalidOption: `address` is no address, or what was given is neither an address nor a
            document, such as an open file.

    Example:
        >>> api = await aload("openapi.yaml")
    """
    limits = limits or Limits()
    overlays = _as_tuple(overlays)
    _check_sources(source, *overlays)
    allow_refs = _as_tuple(allow_refs)
    own_address = None if address is None else _checked_address(address)
    source_address = None if _is_content(source) else str(source)
    named = [str(overlay) for overlay in overlays if not _is_content(overlay)]
    if own_address is not None:
        named.append(own_address)
    async with Fetcher(
        source_address or own_address,
        named=[*named, *allow_refs],
        headers=headers,
        cache=cache,
        verify=verify,
        limits=limits,
        progress=progress,
    ) as fetch:
        if source_address is None:
            fetched = Fetched(_content_bytes(source))
        else:
            fetched = await fetch.find_description(source_address)
        if own_address is not None:
            fetched = replace(fetched, address=own_address)
        kept = KeptReading.of(fetched, limits) if cache and not overlays else None
        known = kept.find() if kept else None
        if known:
            return known
        reading = _Reading(fetched, fetch, overlays, allow_refs, limits, progress, kept)
        with gc_paused():
            api = await reading.read()
    if isinstance(source, dict):
        return api  # there is no text that lines could be counted in
    return reading.with_lines(api)


@dataclass
class _Reading:
    """The steps from what was fetched to an `Api`, in order; `kept` is where that is kept."""

    fetched: Fetched
    fetch: Fetcher
    overlays: tuple[str | Path | JsonObject, ...]
    allow_refs: tuple[str, ...]
    limits: Limits
    progress: OnProgress | None
    kept: KeptReading | None
    _parsed: Parsed = field(init=False)

    async def read(self) -> Api:
        fetched = self.fetched
        self._parsed = parsed = _parse_description(fetched, self.limits, self.progress)
        document: JsonObject = parsed.value
        problems = [*fetched.problems, *parsed.problems]

        authors = Authors(fetched.address, document)
        for overlay in self.overlays:
            document, found = await _apply_overlay(
                document, overlay, self.fetch, self.limits, authors
            )
            problems += found
        seen = survey(document, None if self.overlays else parsed.compact)

        identified, found = identify(document, seen, fetched.address)
        problems += found
        if identified is not document:
            document, seen = identified, survey(identified)

        if seen.has_external_references:
            from openapi2tools.spec.references.bundle import bundle  # noqa: PLC0415 -- few refer to others

            self.kept = None  # the other documents may change
            document, found = await bundle(
                document,
                fetched.address,
                self.fetch,
                allow_refs=self.allow_refs,
                limits=self.limits,
                on_document=authors.add,
            )
            problems += found
            seen = survey(document)

        return read(
            document,
            address=fetched.address,
            problems=problems,
            seen=seen,
            authors=authors,
            progress=self.progress,
        )

    def with_lines(self, api: Api) -> Api:
        """Return what was read with the lines of its problems, and keep it."""
        parsed = self._parsed
        api = replace(api, problems=locate(api.problems, parsed.value, parsed.text))
        if self.kept:
            self.kept.keep(api)
        return api


def _parse_description(fetched: Fetched, limits: Limits, progress: OnProgress | None) -> Parsed:
    """Parse a description, which has to be an object."""
    size = len(fetched.data)
    if progress:
        progress(Progress("parse", 0, size))
    try:
        parsed = parse(fetched.data, address=fetched.address, limits=limits)
        if isinstance(parsed.value, str) and is_description(parsed.value.encode()):
            parsed = _parse_inner_text(parsed, fetched, limits)
    except ParseError:
        _refuse_other_format(fetched)
        raise
    if progress:
        progress(Progress("parse", size, size))
    value = parsed.value
    if not isinstance(value, dict) or not ("openapi" in value or "swagger" in value):
        _refuse_other_format(fetched)
    if not isinstance(value, dict):
        message = guess_by_value(value)
        raise UnsupportedVersion(message, address=fetched.address, line=1, column=1)
    return parsed


def _parse_inner_text(outer: Parsed, fetched: Fetched, limits: Limits) -> Parsed:
    """Parse a description that is a text within JSON or YAML: somebody encoded it twice."""
    parsed = parse(str(outer.value), address=fetched.address, limits=limits)
    problem = Problem(
        "encoded-twice",
        "the document is a text within JSON or YAML; what the text holds is read.",
        advice="Write it as it is, and not as a text.",
        line=1,
        column=1,
    )
    return replace(parsed, problems=(problem, *outer.problems, *parsed.problems))


def _refuse_other_format(fetched: Fetched) -> None:
    """Raise UnsupportedVersion where a file is plainly something else."""
    sentence = guess_by_text(fetched.data)
    if sentence is not None:
        raise UnsupportedVersion(
            f"{sentence} {ADVICE}", address=fetched.address, line=1, column=1
        ) from None


async def _apply_overlay(
    document: JsonObject,
    overlay: str | Path | JsonObject,
    fetch: Fetcher,
    limits: Limits,
    authors: Authors,
) -> tuple[JsonObject, list[Problem]]:
    """Return the document as an overlay leaves it, and the problems with the overlay."""
    from openapi2tools.spec.overlay import apply  # noqa: PLC0415 -- few documents have an overlay

    if _is_content(overlay):
        fetched = Fetched(_content_bytes(overlay))
    else:
        fetched = await fetch(str(overlay))
    parsed = parse(fetched.data, address=fetched.address, limits=limits)
    document, problems = apply(document, parsed.value, address=fetched.address)
    authors.add(fetched.address, python_to_json(parsed.value))
    return document, [*fetched.problems, *problems]


def _checked_address(address: str | Path) -> str:
    """Return an address without user, password, query and fragment. Raises InvalidOption."""
    if isinstance(address, Path):
        return str(address)
    if not isinstance(address, str) or _is_content(address) or not address.strip():
        raise InvalidOption("address=: give the URL or the path that the document came from.")
    if not is_url(address):
        return address
    # a document on disk does not need HTTP
    from openapi2tools.transport import split_userinfo  # noqa: PLC0415

    try:
        bare, _user_header = split_userinfo(address)
        parts = urlsplit(bare)
    except (NetworkError, ValueError) as error:
        raise InvalidOption(f"address=: {error}") from None
    if not parts.netloc:
        raise InvalidOption("address=: the URL names no host.")
    return urlunsplit(parts._replace(query="", fragment=""))


def _as_tuple(given: Any) -> tuple[Any, ...]:
    """Return what was given as several, also where it is one text, path or document."""
    return (given,) if isinstance(given, str | Path | dict) else tuple(given)


def _check_sources(*sources: object) -> None:
    """Raise InvalidOption for what is neither an address nor a document, such as an open file."""
    for source in sources:
        if isinstance(source, str | Path | bytes | dict):
            continue
        advice = " (of an open file: file.read())" if hasattr(source, "read") else ""
        raise InvalidOption(
            f"A document is given by its address, a URL or a path, or as its text, bytes{advice} "
            f"or dict: not as a {type(source).__name__}."
        )


def _is_content(source: Source) -> bool:
    """Return whether a source is the document itself, rather than its address."""
    if isinstance(source, str):
        return "\n" in source or source.lstrip().startswith("{")
    return isinstance(source, bytes | dict)


def _content_bytes(source: Source) -> bytes:
    if isinstance(source, dict):
        return python_to_json(source)
    return source if isinstance(source, bytes) else str(source).encode("utf-8", "replace")
