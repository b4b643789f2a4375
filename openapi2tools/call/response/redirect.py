"""Where a redirect leads: a request and its response in, the request that follows out, if it may be followed.

Within one origin, and from http to https of one host, a redirect is followed with everything. To
another origin only a reading request goes, and alone: without credentials, cookies, the caller's
headers or a body.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

import httpx

from openapi2tools.transport import origin

LIMIT: Final = 10
_OF_THE_BODY: Final = (
    "Content-Type",
    "Content-Length",
    "Content-Encoding",
    "Content-Language",
    "Transfer-Encoding",
)
_HARMLESS: Final = ("accept", "accept-encoding", "user-agent")


@dataclass(frozen=True, slots=True)
class Following:
    """The request after a redirect; `same` says that it goes to the origin that the call was meant for."""

    request: httpx.Request
    same: bool


def follow(request: httpx.Request, response: httpx.Response) -> Following | None:
    """Give the request that a redirect asks for (RFC 9110, section 15.4); None when there is none, or none that may be followed."""
    if response.status_code not in (301, 302, 303, 307, 308) or "location" not in response.headers:
        return None
    url = _target(request.url, response.headers["location"])
    if url is None:
        return None
    method = _method(request.method, response.status_code)
    same = _same(request.url, url)
    if not same and method not in ("GET", "HEAD"):
        return None
    headers = httpx.Headers(
        [
            (name, text)
            for name, text in request.headers.multi_items()
            if same or name.lower() in _HARMLESS
        ]
    )
    headers["Host"] = url.netloc.decode()
    if same and method == request.method:
        return Following(httpx.Request(method, url, headers=headers, stream=request.stream), same)
    for name in _OF_THE_BODY:
        headers.pop(name, None)
    return Following(httpx.Request(method, url, headers=headers), same)


def _target(base: httpx.URL, location: str) -> httpx.URL | None:
    try:
        url = httpx.URL(urljoin(str(base), location))
    except (httpx.InvalidURL, ValueError):
        return None
    return url if url.scheme in ("http", "https") and url.host else None


def _method(method: str, status: int) -> str:
    if (status == 303 and method != "HEAD") or (status in (301, 302) and method == "POST"):
        return "GET"
    return method


def _same(here: httpx.URL, there: httpx.URL) -> bool:
    if origin(str(here)) == origin(str(there)):
        return True
    upgraded = (
        (here.scheme, there.scheme) == ("http", "https")
        and here.port is None
        and there.port is None
    )
    return upgraded and here.host == there.host
