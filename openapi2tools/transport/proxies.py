"""Proxies that the environment names: `https_proxy`, `http_proxy`, `all_proxy`, `no_proxy`."""

from __future__ import annotations

from importlib.util import find_spec
from ipaddress import ip_address
from typing import Final
from urllib.request import getproxies, proxy_bypass

import httpx

from openapi2tools.errors import NotSent
from openapi2tools.transport.urls import is_valid_port, port_of

_PROXY_SCHEMES: Final = frozenset({"http", "https", "socks5", "socks5h"})


def proxy_for(url: httpx.URL) -> str | None:
    """Return the environment's proxy for a URL; the computer itself is never behind one.

    Raises NotSent when the proxy cannot be used.
    """
    if url.host == "localhost" or _is_loopback(url.host):
        return None
    proxies = getproxies()
    kind = url.scheme if proxies.get(url.scheme) else "all"
    proxy = proxies.get(kind)
    if not proxy or proxy_bypass(f"{url.host}:{port_of(url)}"):
        return None
    return _checked_proxy_url(proxy, kind)


def _checked_proxy_url(text: str, kind: str) -> str:
    """Return a proxy's URL, which need not say `http://`.

    Raises NotSent, which names the variable and never its value: it may hold a password.
    """
    problem = (
        f"The proxy that {kind}_proxy (or {kind.upper()}_PROXY) in the environment names "
        "cannot be used"
    )
    try:
        url = httpx.URL(text if "://" in text else f"http://{text}")
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in _PROXY_SCHEMES or not url.host or not is_valid_port(url):
        raise NotSent(f"{problem}: write http://host:port, or http://user:password@host:port.")
    if url.scheme.startswith("socks") and find_spec("socksio") is None:
        raise NotSent(
            f"{problem}: for a SOCKS proxy install `httpx[socks]`, or name an http:// one."
        )
    return str(url)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
