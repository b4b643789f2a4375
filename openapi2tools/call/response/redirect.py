"""Decide where a redirect leads, and what may go there.

Within one origin, and from http to https of one host, a redirect is followed with everything: a
write stays the write that it is, and is sent on once only. To another origin only a reading request
goes, and alone: without credentials, cookies, the caller's headers or a body.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from urllib.parse import urljoin

import httpx

from openapi2tools.transport import is_same_or_upgraded, redact_url

MAX_REDIRECTS: Final = 10
READING_METHODS: Final = ("GET", "HEAD", "OPTIONS", "QUERY")
"""Methods that only read (RFC 9110, section 9.2.1): whether one was carried out does not matter."""
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

    A POST stays a POST after a 301 and 302, too, which browsers send on as a GET: nothing would be
    written, and the answer would look like success. None when the response is no redirect, or one
    that may not be followed.
    """
    if response.status_code not in _REDIRECT_STATUSES or "location" not in response.headers:
        return None
    url = _target_url(request.url, response.headers["location"])
    if url is None:
        return None
    is_head = request.method == "HEAD"
    method = "GET" if response.status_code == 303 and not is_head else request.method
    is_same_origin = is_same_or_upgraded(str(request.url), str(url))
    if not is_same_origin and method not in ("GET", "HEAD"):
        return None
    was_sent_on = bool(response.history)
    if was_sent_on and method not in READING_METHODS:
        return None
    headers = httpx.Headers(
        [
            (name, value)
            for name, value in request.headers.raw
            if is_same_origin or name.decode().lower() in _HEADERS_FOR_OTHER_ORIGINS
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
        has_host = bool(url.host)  # a bad IDNA name shows only when it is decoded
    except (httpx.InvalidURL, ValueError):
        return None
    return url if url.scheme in ("http", "https") and has_host else None


def redirect_notes(response: httpx.Response) -> tuple[str, ...]:
    """Return what is told of the redirects of a call that does more than read.

    `response` is the last one; its history holds the redirects.
    """
    notes = []
    requests = [each.request for each in (*response.history, response)]
    for redirected, following in pairwise(requests):
        method, address = redirected.method, redact_url(following.url)
        if method in READING_METHODS:
            continue
        if following.method == method:
            notes.append(f"The API moved this call: the {method} was sent on to {address}.")
        else:
            notes.append(
                f"This answer is from another address: after the {method} "
                f"the API asked to read {address}."
            )
    return tuple(notes)


def refused_redirect_advice(response: httpx.Response) -> str:
    """Return what is told of a redirect that is not followed, and of what became of a write."""
    location = response.headers.get("location", "nowhere")
    text = f"The API redirects to {location}, where this call does not go by itself."
    method = response.request.method
    if method in READING_METHODS:
        return text
    if response.history:
        text = f"{text} It was sent on once already, and a {method} is not sent on twice."
    if response.status_code == 303 or response.status_code not in _REDIRECT_STATUSES:
        return f"{text} The {method} itself may have taken effect: look before you repeat it."
    if response.status_code == 302:
        return (
            f"{text} The answer does not say whether the {method} took effect: "
            "look before you repeat it."
        )
    return f"{text} By this answer nothing was written: the address has changed."
