"""What documentation pages show: the addresses of descriptions. Nothing is fetched here.

Pages that are understood:

- Swagger UI, with its initializer script, `urls`, `configUrl`, and NestJS's `swaggerDoc`;
- ReDoc, Scalar, RapiDoc, Stoplight Elements, FastAPI's `/docs`;
- everything else that links to its description the standard way (RFC 8631, `rel="service-desc"`),
  in a header, in HTML or in JSON (OGC API), or with a link that says OpenAPI or Swagger.
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

from openapi2tools._core.urls import is_url

_USUAL_PATHS: Final = (
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
    "openapi",
    "q/openapi",
    "api/docs",
    "api/schema",
    "api/v1/_openapi",
    "__api__",
    "server/specs/oas",
)

_DOCUMENT_SUFFIXES: Final = (".json", ".yaml", ".yml")
_DESCRIPTION: Final = re.compile(rb"""(?<![\w.-])(?:openapi|swagger)["']?\s*:\s*["']?[0-9]""")

# characters of a page that are looked at; a description within it may be longer
_MAX_PAGE_CHARS: Final = 500_000
# lists and objects in a page that are looked into
_MAX_CANDIDATES: Final = 50
_MAX_URLS_LIST_CHARS: Final = 50_000
# links of a page that are followed
_MAX_LINKS: Final = 5

# --- attributes and scripts that name a description, by page generator ---

_URL_ATTRIBUTES: Final = (
    "spec-url",
    "apidescriptionurl",
    "api-description-url",
    "data-url",
    "specurl",
    "data-spec-url",
    "schema-url",
)
_CONFIGURATION_ATTRIBUTES: Final = ("data-configuration", "configuration")
_CONFIGURING_SCRIPT: Final = re.compile(r"init|swagger|docs|config|redoc|scalar|api", re.IGNORECASE)
_LIBRARY_SCRIPT: Final = re.compile(
    r"bundle|standalone|preset|\.min\.js|cdn\.|/npm/|runtime|vendor|polyfill", re.IGNORECASE
)

# --- what the code of a page says ---

_QUOTED: Final = r"""["'`]([^"'`\s<>]{1,2000})["'`]"""
# matches `url: "/openapi.json"`
_NAMED_URL: Final = re.compile(
    r"""\b(?:url|specUrl|spec_url|apiDescriptionUrl|swaggerUrl|openapi_url|definitionUrl)"""
    r"""["']?\s*[:=]\s*""" + _QUOTED
)
# matches `configUrl: "/v3/api-docs/swagger-config"`
_CONFIG_URL: Final = re.compile(r"""\bconfigUrl["']?\s*[:=]\s*""" + _QUOTED)
# matches `Redoc.init("/openapi.json"`
_REDOC_URL: Final = re.compile(r"""\bRedoc\.init\(\s*""" + _QUOTED)
# matches `"urls.primaryName": "v2"`
_PRIMARY_NAME: Final = re.compile(r"""["']?urls\.primaryName["']?\s*[:=]\s*["']([^"']+)["']""")
# matches `urls: ` before `[{url: "/v1.json", name: "v1"}, …]`
_URLS_START: Final = re.compile(r"""\burls["']?\s*[:=]\s*(?=\[)""")
_URLS_ITEM: Final = re.compile(r"\{[^{}]*\}")
_NAME: Final = re.compile(r"""\bname["']?\s*:\s*["']([^"']*)["']""")
# matches `swaggerDoc: ` and `Redoc.init(` before `{…}`
_INLINE_START: Final = re.compile(
    r"""(?:["']?\b(?:swaggerDoc|spec|content|data|apiDescriptionDocument)["']?\s*[:=]"""
    r"""|\bRedoc\.init\()\s*(?=\{)"""
)
# matches `<https://example.com/openapi.json>; rel="service-desc"`
_SERVICE_DESC: Final = re.compile(r"""<([^<>]+)>[^,<]*;\s*rel=["']?service-desc\b""")

_SAYS_DESCRIPTION: Final = re.compile(r"open\s?api|swagger", re.IGNORECASE)
_PASSWORD_FIELD: Final = re.compile(
    rb"""<input\b[^>]{0,500}?\btype\s*=\s*["']?password""", re.IGNORECASE
)
# within the path of a login page
_LOG_IN: Final = re.compile(
    r"log[-_]?(?:in|on)|sign[-_]?in|\b(?:sso|auth|saml|oauth2?|authorize)\b"
)


@dataclass(frozen=True, slots=True)
class PageContents:
    """What a page shows.

    Attributes:
        documents: Addresses that may be descriptions, the likeliest first.
        names: The names of those that the page lets people choose from, by address.
        scripts: Scripts and settings that may name other addresses.
        links: Links that say OpenAPI or Swagger: to a description, or to a page that shows it.
        inline: A description that stands in the page itself.
    """

    documents: tuple[str, ...] = ()
    names: dict[str, str] = field(default_factory=dict)
    scripts: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    inline: bytes | None = None


def is_description(data: bytes) -> bool:
    """Return whether a text calls itself OpenAPI or Swagger, without reading it as JSON or YAML."""
    if is_page(data):
        return False
    if b"\0" in data[:4]:
        data = data.replace(b"\0", b"")  # UTF-16 and UTF-32: the words looked for are ASCII
    return _DESCRIPTION.search(data) is not None


def is_page(data: bytes) -> bool:
    """Return whether a text is HTML."""
    head = data[:400].replace(b"\0", b"")
    return head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").startswith(b"<")


def has_document_suffix(url: str) -> bool:
    """Return whether an address ends like a document, so that nothing else is meant by it."""
    return urlsplit(url).path.lower().endswith(_DOCUMENT_SUFFIXES)


def usual_addresses(url: str) -> list[str]:
    """Return the usual addresses of a description: below the URL itself, then below its origin."""
    folder = urljoin(url, urlsplit(url).path.rstrip("/") + "/")
    root = urljoin(url, "/")
    addresses = [urljoin(base, path) for base in (folder, root) for path in _USUAL_PATHS]
    return list(dict.fromkeys(addresses))


def read_page(data: bytes, url: str, link_header: str = "", query: str = "") -> PageContents:
    """Read a documentation page, a script of it, or its settings in JSON.

    `link_header` and `query` are those the page was fetched with. The addresses returned are
    absolute.
    """
    text = data.decode("utf-8", "replace")
    page = _PageParser()
    if is_page(data):
        # what Python's parser raises on `<![x`; what was read before it counts
        with suppress(AssertionError):
            page.feed(text[:_MAX_PAGE_CHARS])
        code = "\n".join(page.code)
    else:
        code = text[:_MAX_PAGE_CHARS]
    names = _names_to_choose_from(code)
    documents = [
        *_SERVICE_DESC.findall(link_header),
        *page.documents,
        *_urls_in_query(query),
        *_primary_first(names, code),
        *_REDOC_URL.findall(code),
        *_NAMED_URL.findall(code),
    ]
    if "drf-yasg" in text or "swagger-settings" in text:
        documents.append("?format=openapi")
    configuring_scripts = [script for script in page.scripts if _may_configure(script)]
    base = _resolve(url, page.base) or url
    return PageContents(
        documents=_resolve_all(base, documents),
        names={_resolve(base, address): name for address, name in names.items()},
        scripts=_resolve_all(base, [*_CONFIG_URL.findall(code), *configuring_scripts]),
        links=_links_to_follow(url, _resolve_all(base, page.links)),
        inline=page.inline or _find_inline(text),
    )


def read_landing(data: bytes, url: str, link_header: str = "") -> PageContents:
    """Read what stands at the root of an API: JSON with links (OGC API, HAL), or anything."""
    documents = [*_SERVICE_DESC.findall(link_header), *_service_desc_in_json(data)]
    return PageContents(documents=_resolve_all(url, documents))


def is_login_page(data: bytes, url: str, asked: str, page: PageContents | None = None) -> bool:
    """Return whether a page is there to log in.

    `url` is where it was found, `asked` what was asked for; `page` is what it shows, where it has
    been read.
    """
    if not is_page(data):
        return False
    found, wanted = urlsplit(url.lower()), urlsplit(asked.lower())
    is_redirected = (found.netloc, found.path) != (wanted.netloc, wanted.path)
    if is_redirected and _LOG_IN.search(found.netloc + found.path):
        return True
    shows_nothing = page is None or not (page.documents or page.inline or page.links)
    return shows_nothing and _PASSWORD_FIELD.search(data[:_MAX_PAGE_CHARS]) is not None


def _service_desc_in_json(data: bytes) -> list[str]:
    """Return the addresses of `links` and `_links` in JSON whose relation is `service-desc`."""
    try:
        value = json.loads(data[:_MAX_PAGE_CHARS])
    except (ValueError, RecursionError):
        return []
    if not isinstance(value, dict):
        return []
    links = [link for link in _as_list(value.get("links")) if _is_service_desc(link)]
    by_relation = value.get("_links")
    if isinstance(by_relation, dict):
        links += _as_list(by_relation.get("service-desc"))
    addresses = [link.get("href") for link in links if isinstance(link, dict)]
    return [address for address in addresses if isinstance(address, str)]


def _is_service_desc(link: Any) -> bool:
    return isinstance(link, dict) and "service-desc" in _as_list(link.get("rel"))


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _links_to_follow(url: str, links: tuple[str, ...]) -> tuple[str, ...]:
    """Return the first links that stay on the page's host, or lead to a document."""
    host = urlsplit(url).netloc
    near = [each for each in links if urlsplit(each).netloc == host or has_document_suffix(each)]
    return tuple(near[:_MAX_LINKS])


def _resolve_all(base: str, addresses: list[str]) -> tuple[str, ...]:
    resolved = dict.fromkeys(_resolve(base, address) for address in addresses)
    return tuple(url for url in resolved if is_url(url))


def _resolve(base: str, address: str) -> str:
    """Return an address of a page as an absolute one; the empty text when it is none."""
    if address.startswith("#"):
        return ""
    try:
        return urljoin(base, address)
    except ValueError:
        return ""


def _names_to_choose_from(code: str) -> dict[str, str]:
    """Return Swagger UI's `urls`, the list that people choose from: names by address."""
    names: dict[str, str] = {}
    for start in islice(_URLS_START.finditer(code), _MAX_CANDIDATES):
        begin = start.end()
        end = code.find("]", begin, begin + _MAX_URLS_LIST_CHARS)
        for item in _URLS_ITEM.findall(code, begin, max(end, begin)):
            address = _NAMED_URL.search(item)
            name = _NAME.search(item)
            if address is not None:
                names[address[1]] = name[1] if name is not None else ""
    return names


def _primary_first(names: dict[str, str], code: str) -> list[str]:
    """Return the addresses of the names, that of Swagger UI's `urls.primaryName` first."""
    primary = _PRIMARY_NAME.search(code)
    primary_name = primary[1] if primary is not None else None
    return sorted(names, key=lambda address: names[address] != primary_name)


def _urls_in_query(query: str) -> list[str]:
    """Return what Swagger UI's own parameter names: `/docs?url=/openapi.json`."""
    return parse_qs(query).get("url", [])


def _may_configure(script: str) -> bool:
    is_library = _LIBRARY_SCRIPT.search(script) is not None
    return not is_library and _CONFIGURING_SCRIPT.search(script) is not None


def _find_inline(code: str) -> bytes | None:
    """Return a description that is written as JSON within a script."""
    for start in islice(_INLINE_START.finditer(code), _MAX_CANDIDATES):
        try:
            value, _end = json.JSONDecoder().raw_decode(code, start.end())
        except (ValueError, RecursionError):
            continue
        if _looks_like_description(value):
            return json.dumps(value).encode()
    return None


def _looks_like_description(value: Any) -> bool:
    return isinstance(value, dict) and ("openapi" in value or "swagger" in value)


class _PageParser(HTMLParser):
    """Collects what the tags of a page say; `code` holds its scripts and settings."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.base = ""
        self.documents: list[str] = []
        self.scripts: list[str] = []
        self.code: list[str] = []
        self.links: list[str] = []
        self.inline: bytes | None = None
        self._open_script: dict[str, str] | None = None  # its attributes
        self._open_link = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.documents += self._values(attributes, _URL_ATTRIBUTES)
        if tag == "base":
            self.base = attributes.get("href", "")
        elif tag == "link" and "service-desc" in attributes.get("rel", "").split():
            self.documents.append(attributes.get("href", ""))
        elif tag == "a":
            self._open_link = attributes.get("href", "")
            self._keep_link(self._open_link)
        elif tag == "script":
            self._open_script = attributes
            self.scripts += self._values(attributes, ("src",))
        self.code += self._values(attributes, _CONFIGURATION_ATTRIBUTES)
        self._keep_description(attributes.get("apidescriptiondocument", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._open_script = None
        elif tag == "a":
            self._open_link = ""

    def handle_data(self, data: str) -> None:
        self._keep_link(data)
        if self._open_script is None:
            return
        self.code.append(data)
        if "json" in self._open_script.get("type", ""):
            self._keep_description(data)

    def _keep_link(self, text: str) -> None:
        if self._open_link and _SAYS_DESCRIPTION.search(text):
            self.links.append(self._open_link)

    @staticmethod
    def _values(attributes: dict[str, str], names: tuple[str, ...]) -> list[str]:
        """Return the values of those attributes that have one."""
        return [attributes[name] for name in names if attributes.get(name)]

    def _keep_description(self, text: str) -> None:
        if self.inline is None and is_description(text.lstrip().encode()):
            self.inline = text.encode()
