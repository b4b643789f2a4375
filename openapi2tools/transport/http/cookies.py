"""Cookies: kept in memory by origin, within bounds, and only for those who ask for it.

httpx's own jar, which grows without end and heeds no origin, is off.
"""

from __future__ import annotations

import re
import threading
from http.cookiejar import CookieJar
from typing import Final

import httpx

from openapi2tools.transport.urls import origin

_MAX_ORIGINS: Final = 32
_MAX_COOKIES_PER_ORIGIN: Final = 50
_MAX_COOKIE_CHARS: Final = 4096
_MIN_SECRET_CHARS: Final = 16
"""A shorter cookie is a preference, such as a language, and no key to a session."""

_LONG_AGE: Final = re.compile(rb"(max-age\s*=\s*\"?[0-9]{15})[0-9]+", re.IGNORECASE)
"""A lifetime that Python's jar cannot calculate with; millions of years are as good."""


def no_cookies() -> CookieJar:
    """Return a jar that takes no cookie."""
    return _ClosedJar()


class _ClosedJar(CookieJar):
    def extract_cookies(self, response: object, request: object) -> None:
        """Take nothing, and look at nothing: Python's jar stumbles over odd cookies."""


class CookieStore:
    """The cookies that servers set, each for its own origin; it may be used from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cookies: dict[str, httpx.Cookies] = {}

    def __repr__(self) -> str:
        return f"CookieStore({len(self._cookies)} origins)"  # cookies are secrets

    def add_to(self, request: httpx.Request, own: bytes) -> None:
        """Write the Cookie header of a request: its `own` cookies, then the kept ones.

        A kept cookie never takes the place of an own one.
        """
        if not self._cookies:
            return
        headers = [pair for pair in request.headers.raw if pair[0].lower() != b"cookie"]
        cookies = self._with_kept(request.url, own)
        request.headers = httpx.Headers([*headers, (b"Cookie", cookies)] if cookies else headers)

    def keep(self, response: httpx.Response) -> None:
        """Keep the cookies that a response sets; of too many, the oldest go."""
        if "set-cookie" not in response.headers:
            return
        key = origin(str(response.url))
        with self._lock:
            cookies = self._cookies.pop(key, None) or httpx.Cookies()
            self._cookies[key] = cookies  # the latest origin is the last
            cookies.extract_cookies(_readable(response))
            _keep_within_bounds(cookies.jar)
            while len(self._cookies) > _MAX_ORIGINS:
                del self._cookies[next(iter(self._cookies))]

    def secrets(self, url: httpx.URL) -> set[str]:
        """Return the values that may open a session at a URL's origin."""
        with self._lock:
            cookies = self._cookies.get(origin(str(url)))
            values = [cookie.value or "" for cookie in cookies.jar] if cookies else []
        return {value for value in values if len(value) >= _MIN_SECRET_CHARS}

    def _with_kept(self, url: httpx.URL, own: bytes) -> bytes:
        request = httpx.Request("GET", url)
        request.headers.encoding = "latin-1"  # as they were kept
        with self._lock:
            cookies = self._cookies.get(origin(str(url)))
            if cookies is not None:
                cookies.set_cookie_header(request)
        own_names = {_name(pair) for pair in _pairs(own)}
        kept = [pair for pair in _pairs(own_cookies(request)) if _name(pair) not in own_names]
        return b"; ".join([own, *kept] if own else kept)


def own_cookies(request: httpx.Request) -> bytes:
    """Return the Cookie header of a request, as it is sent; empty where it has none."""
    cookies = (value for name, value in request.headers.raw if name.lower() == b"cookie")
    return next(cookies, b"")


def _readable(response: httpx.Response) -> httpx.Response:
    """Return what Python's jar reads of a response: the cookies that it sets, byte by byte."""
    headers = [
        (name, _LONG_AGE.sub(rb"\1", value))
        for name, value in response.headers.raw
        if name.lower() == b"set-cookie"
    ]
    readable = httpx.Response(response.status_code, headers=headers, request=response.request)
    readable.headers.encoding = "latin-1"  # so that they go back as they came
    return readable


def _keep_within_bounds(jar: CookieJar) -> None:
    kept = []
    for cookie in list(jar):
        if len(cookie.name) + len(cookie.value or "") <= _MAX_COOKIE_CHARS:
            kept.append(cookie)
        else:
            jar.clear(cookie.domain, cookie.path, cookie.name)
    for cookie in kept[:-_MAX_COOKIES_PER_ORIGIN]:
        jar.clear(cookie.domain, cookie.path, cookie.name)


def _pairs(header: bytes) -> list[bytes]:
    return [pair.strip() for pair in header.split(b";") if pair.strip()]


def _name(pair: bytes) -> bytes:
    return pair.partition(b"=")[0]
