"""URLs as they are sent, compared by origin, and shown to people without secrets."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from typing import Final

import httpx

from openapi2tools.errors import NetworkError

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_MAX_PORT: Final = 65535
_MAX_PLAIN_CHARS: Final = 8_192
# Scheme and host of a URL that every parser reads alike: no user, nothing encoded, no brackets.
_PLAIN_BEGINNING: Final = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?(?=[/?#]|$)")


def parse_url(url: str) -> httpx.URL:
    """Return a URL as it will be sent, so that no two parsers can disagree about its host.

    Raises NetworkError when it is no URL.
    """
    try:
        parsed = httpx.URL(url)
        parsed.host  # noqa: B018 -- a bad IDNA name shows only when it is decoded
    except (httpx.InvalidURL, UnicodeError) as error:
        raise NetworkError(f"{_strip_secrets(url)} is no URL: {error}") from None
    if not is_valid_port(parsed):
        raise NetworkError(f"{_strip_secrets(url)} is no URL: there is no port {parsed.port}.")
    return parsed


def origin(url: str) -> str:
    """Return a URL's origin (RFC 6454): `https://host:port`, a default port left out."""
    plain = _PLAIN_BEGINNING.match(url)
    # A call asks for its origin five times, and parsing a whole URL costs as much as signing it.
    if plain is not None and url.isprintable() and len(url) <= _MAX_PLAIN_CHARS:
        return _origin_of_plain(plain[0])
    return _origin(parse_url(url))


@lru_cache(maxsize=256)
def _origin_of_plain(url: str) -> str:
    return _origin(parse_url(url))


def _origin(parsed: httpx.URL) -> str:
    host = bracketed(parsed.raw_host.decode("ascii"))
    if parsed.port in {None, _DEFAULT_PORTS.get(parsed.scheme)}:
        return f"{parsed.scheme}://{host}"
    return f"{parsed.scheme}://{host}:{parsed.port}"


def is_same_or_upgraded(here: str, there: str) -> bool:
    """Return whether two URLs have one origin, or the second is the first's https.

    That is http and https of one host, both at their usual ports: servers redirect there.
    """
    return origin(there) in (origin(here), upgraded(origin(here)))


def upgraded(http_origin: str) -> str | None:
    """Return the https origin of an http one; None where its port is not the usual one."""
    scheme, _, rest = http_origin.partition("://")
    has_port = parse_url(http_origin).port is not None
    return None if scheme != "http" or has_port else f"https://{rest}"


def port_of(url: httpx.URL) -> int:
    """Return the port that a connection for this URL is made to."""
    return url.port or (443 if url.scheme == "https" else 80)


def is_valid_port(url: httpx.URL) -> bool:
    """Return whether the port that a URL names, if it names one, can exist."""
    return (url.port or 0) <= _MAX_PORT


def bracketed(host: str) -> str:
    """Return a host as it stands in a URL: an IPv6 address in brackets."""
    return f"[{host}]" if ":" in host else host


def redact_url(url: str | httpx.URL) -> str:
    """Return a URL for people to read: no user, no password, no fragment.

    Of the query only the names are kept, since a value may be a credential.
    """
    try:
        parsed = httpx.URL(url)
        names = "&".join(f"{name}=…" for name in parsed.params)
        query = f"?{names}" if names else ""
        return origin(str(parsed)) + parsed.path + query
    except (httpx.InvalidURL, UnicodeError, NetworkError):
        return _strip_secrets(str(url))


def printable(text: str, max_chars: int = 200) -> str:
    """Return what a server says, shortened and safe to print.

    Characters that move a terminal's cursor or turn its text round are dropped.
    """
    return "".join(filter(str.isprintable, text))[:max_chars]


def split_userinfo(url: str) -> tuple[str, dict[str, str]]:
    """Return a URL without user and password, and the header that these stand for (RFC 7617).

    The headers are empty when the URL has neither.
    """
    parsed = parse_url(url)
    if not parsed.userinfo:
        return url, {}
    credentials = b64encode(f"{parsed.username}:{parsed.password}".encode()).decode()
    bare = str(parsed.copy_with(userinfo=b""))
    return bare, {"Authorization": f"Basic {credentials}"}


def _strip_secrets(text: str) -> str:
    """Return the beginning of an invalid URL, without query, fragment, user and password."""
    head = text.partition("?")[0].partition("#")[0]
    scheme, separator, rest = head.partition("//")
    return scheme + separator + rest.rpartition("@")[2]
