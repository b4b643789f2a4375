"""Documentation pages and bare addresses: a page's text in, the addresses of the descriptions it shows out. Pure.

Swagger UI (with its initializer script, `urls`, `configUrl`, NestJS's `swaggerDoc`), ReDoc, Scalar,
RapiDoc, Stoplight Elements, FastAPI's `/docs` and everything else that links to its description the
standard way (RFC 8631: `rel="service-desc"`).
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qs, urljoin, urlsplit

WELL_KNOWN: Final = (
    "openapi.json",
    "openapi.yaml",
    "swagger.json",
    "v3/api-docs",
    "api-docs",
    "openapi.yml",
    "swagger.yaml",
    "v2/api-docs",
    "swagger/v1/swagger.json",
    "api/openapi.json",
    "api/schema/",
    "openapi/v1.json",
    "schema/openapi.json",
    "openapi/openapi.json",
    "docs/openapi.json",
    "apidoc/openapi.json",
    "api/docs/swagger.json",
    ".well-known/openapi.json",
)

_DESCRIPTION: Final = re.compile(rb"""(?<![\w.-])(?:openapi|swagger)["']?\s*:\s*["']?[0-9]""")
_DOCUMENT_SUFFIXES: Final = (".json", ".yaml", ".yml")
_URL_ATTRIBUTES: Final = (
    "spec-url",
    "apidescriptionurl",
    "api-description-url",
    "data-url",
    "specurl",
    "data-spec-url",
    "schema-url",
)
_SCRIPTS: Final = re.compile(r"init|swagger|docs|config|redoc|scalar|api", re.IGNORECASE)
_LIBRARIES: Final = re.compile(
    r"bundle|standalone|preset|\.min\.js|cdn\.|/npm/|runtime|vendor|polyfill", re.IGNORECASE
)

# characters of a page that are looked at; a description within it may be longer
_HEAD: Final = 500_000
_MANY: Final = 50  # lists and objects in it that are looked into

_QUOTED: Final = r"""["'`]([^"'`\s<>]{1,2000})["'`]"""
_NAMED_URL: Final = re.compile(
    r"""\b(?:url|specUrl|spec_url|apiDescriptionUrl|swaggerUrl|openapi_url|definitionUrl)["']?\s*[:=]\s*"""
    + _QUOTED
)
_CONFIG_URL: Final = re.compile(r"""\bconfigUrl["']?\s*[:=]\s*""" + _QUOTED)
_REDOC: Final = re.compile(r"""\bRedoc\.init\(\s*""" + _QUOTED)
_PRIMARY: Final = re.compile(r"""["']?urls\.primaryName["']?\s*[:=]\s*["']([^"']+)["']""")
_URLS: Final = re.compile(r"""\burls["']?\s*[:=]\s*(?=\[)""")
_URLS_ITEM: Final = re.compile(r"\{[^{}]*\}")
_NAME: Final = re.compile(r"""\bname["']?\s*:\s*["']([^"']*)["']""")
_INLINE: Final = re.compile(
    r"""(?:["']?\b(?:swaggerDoc|spec|content|data|apiDescriptionDocument)["']?\s*[:=]|\bRedoc\.init\()\s*(?=\{)"""
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows: addresses of descriptions, the likeliest first, and the names of those it lets people choose from.

    `more` are scripts and settings that may name others; `inline` is a description that stands in
    the page itself.
    """

    documents: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    more: tuple[str, ...] = ()
    inline: bytes | None = None


def is_description(data: bytes) -> bool:
    """Say whether a text calls itself OpenAPI or Swagger: quick, and without reading it as JSON or YAML."""
    if is_page(data):
        return False
    if b"\0" in data[:4]:
        data = data.replace(b"\0", b"")  # UTF-16 and UTF-32: the words looked for are ASCII
    return _DESCRIPTION.search(data) is not None


def is_page(data: bytes) -> bool:
    """Say whether a text is HTML."""
    return data[:400].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")


def names_a_document(url: str) -> bool:
    """Say whether an address ends like a document, so that nothing else is meant by it."""
    return urlsplit(url).path.lower().endswith(_DOCUMENT_SUFFIXES)


def well_known(url: str) -> list[str]:
    """Give the usual places of a description: below the address itself, then below its origin."""
    folder = urljoin(url, urlsplit(url).path.rstrip("/") + "/")
    return list(
        dict.fromkeys(
            urljoin(base, place) for base in (folder, urljoin(url, "/")) for place in WELL_KNOWN
        )
    )


def read_page(data: bytes, url: str, link_header: str = "", query: str = "") -> Shown:
    """Read a documentation page, a script of it, or its settings in JSON; addresses come out absolute.

    `link_header` and `query` are those the page was fetched with.
    """
    text = data.decode("utf-8", "replace")
    page = _Page()
    if is_page(data):
        # what Python's parser raises on `<![x`; what was read before it counts
        with suppress(AssertionError):
            page.feed(text[:_HEAD])
    code = "\n".join(page.code) if is_page(data) else text[:_HEAD]
    chosen, names = _choices(code)
    addresses = [
        *_service_desc(link_header),
        *page.documents,
        *_from_query(query),
        *chosen,
        *_REDOC.findall(code),
        *_NAMED_URL.findall(code),
    ]
    if "drf-yasg" in text or "swagger-settings" in text:
        addresses.append("?format=openapi")
    more = [
        *_CONFIG_URL.findall(code),
        *(script for script in page.scripts if _may_configure(script)),
    ]
    base = _join(url, page.base) or url
    return Shown(
        documents=_absolute(base, addresses),
        names={_join(base, address): name for address, name in names.items()},
        more=_absolute(base, more),
        inline=page.inline or _inline(text),
    )


def _absolute(base: str, addresses: list[str]) -> tuple[str, ...]:
    return tuple(
        url
        for url in dict.fromkeys(_join(base, address) for address in addresses)
        if url.startswith(("http://", "https://"))
    )


def _join(base: str, address: str) -> str:
    """Resolve an address that a page names; what is none gives the empty one."""
    try:
        return "" if address.startswith("#") else urljoin(base, address)
    except ValueError:
        return ""


def _choices(code: str) -> tuple[list[str], dict[str, str]]:
    """Read Swagger UI's `urls`, the list people choose from; the primary one comes first."""
    names: dict[str, str] = {}
    for start in islice(_URLS.finditer(code), _MANY):
        end = code.find("]", start.end(), start.end() + 50_000)
        for item in _URLS_ITEM.findall(code, start.end(), max(end, start.end())):
            address, name = _NAMED_URL.search(item), _NAME.search(item)
            if address is not None:
                names[address[1]] = name[1] if name is not None else ""
    primary = _PRIMARY.search(code)
    wanted = primary[1] if primary is not None else None
    return sorted(names, key=lambda address: names[address] != wanted), names


def _from_query(query: str) -> list[str]:
    """Read Swagger UI's own parameter: `/docs?url=/openapi.json`."""
    return parse_qs(query).get("url", [])


def _service_desc(header: str) -> list[str]:
    return re.findall(r"""<([^<>]+)>[^,<]*;\s*rel=["']?service-desc\b""", header)


def _may_configure(script: str) -> bool:
    return _SCRIPTS.search(script) is not None and _LIBRARIES.search(script) is None


def _inline(code: str) -> bytes | None:
    """Find a description written as JSON within a script."""
    for place in islice(_INLINE.finditer(code), _MANY):
        try:
            value, _ = json.JSONDecoder().raw_decode(code, place.end())
        except (ValueError, RecursionError):
            continue
        if _describes(value):
            return json.dumps(value).encode()
    return None


def _describes(value: Any) -> bool:
    return isinstance(value, dict) and ("openapi" in value or "swagger" in value)


class _Page(HTMLParser):
    """What the tags of a page say; `code` are its scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base = ""
        self.documents: list[str] = []
        self.scripts: list[str] = []
        self.code: list[str] = []
        self.inline: bytes | None = None
        self._inside: dict[str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.documents += [given[name] for name in _URL_ATTRIBUTES if given.get(name)]
        if tag == "base":
            self.base = given.get("href", "")
        elif tag == "link" and "service-desc" in given.get("rel", "").split():
            self.documents.append(given.get("href", ""))
        elif tag == "script":
            self._inside = given
            if given.get("src"):
                self.scripts.append(given["src"])
        for name in ("data-configuration", "configuration"):
            if given.get(name):
                self.code.append(given[name])
        self._keep(given.get("apidescriptiondocument", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside is not None:
            self.code.append(data)
            if "json" in self._inside.get("type", ""):
                self._keep(data)

    def _keep(self, text: str) -> None:
        if is_description(text.lstrip().encode()) and self.inline is None:
            self.inline = text.encode()
