"""Decide where a redirect leads, and what may go there.

Within one origin, and from http to https of one host, a redirect is followed with everything. To
another origin only a reading request goes, and alone: without credentials, cookies, the caller's
headers or a body.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

import httpx

from openapi2tools.transport import is_same_or_upgraded

MAX_REDIRECTS: Final = 10
_REDIRECT_STATUSES: Final = (301, 302, 303, 307, 308)
_BODY_HEADERS: Final = (
    "Content-Type",
    "Content-Length",
    "Content-Encoding",
    "Content-Language",
    "Transfer-Encoding",
)
_HEADERS_FOR_OTHER_ORIGINS: Final = ("accept", "accept-encoding", "user-agent")


@dataclass(frozen=True, slots=True)
class RedirectedRequest:
    """The request after a redirect.

    `is_same_origin` says that it goes to the origin that the call was meant for.
    """

    request: httpx.Request
    is_same_origin: bool


def follow(request: httpx.Request, response: httpx.Response) -> RedirectedRequest | None:
    """Return the request that a redirect asks for (RFC 9110, section 15.4).

    None when the response is no redirect, or one that may not be followed.
    """
    if response.status_code not in _REDIRECT_STATUSES or "location" not in response.headers:
        return None
    url = _target_url(request.url, response.headers["location"])
    if url is None:
        return None
    method = _redirected_method(request.method, response.status_code)
    is_same_origin = is_same_or_upgraded(str(request.url), str(url))
    if not is_same_origin and method not in ("GET", "HEAD"):
        return None
    headers = httpx.Headers(
        [
            (name, text)
            for name, text in request.headers.multi_items()
            if is_same_origin or name.lower() in _HEADERS_FOR_OTHER_ORIGINS
        ]
    )
    headers["Host"] = url.netloc.decode()
    if is_same_origin and method == request.method:
        redirected = httpx.Request(method, url, headers=headers, stream=request.stream)
        return RedirectedRequest(redirected, is_same_origin)
    for name in _BODY_HEADERS:
        headers.pop(name, None)
    return RedirectedRequest(httpx.Request(method, url, headers=headers), is_same_origin)


def _target_url(base: httpx.URL, location: str) -> httpx.URL | None:
    try:
        url = httpx.URL(urljoin(str(base), location))
    except (httpx.InvalidURL, ValueError):
        return None
    return url if url.scheme in ("http", "https") and url.host else None


def _redirected_method(method: str, status: int) -> str:
    if status == 303 and method != "HEAD":
        return "GET"
    if status in (301, 302) and method == "POST":
        return "GET"
    return method
