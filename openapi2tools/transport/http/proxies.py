"""Proxies: one that is given, or those that the environment names.

These are `https_proxy`, `http_proxy`, `all_proxy` and `no_proxy`.
"""

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
    fault = proxy_fault(proxy)
    if fault:
        raise NotSent(
            f"The proxy that {kind}_proxy (or {kind.upper()}_PROXY) in the environment names "
            f"cannot be used: {fault}"
        )
    return proxy_url(proxy)


def proxy_url(text: str) -> str:
    """Return a proxy's URL, which need not say `http://`."""
    return text if "://" in text else f"http://{text}"


def proxy_fault(text: str) -> str:
    """Return why a proxy cannot be used, and what to do; empty when it can.

    Its value is not told: it may hold a password.
    """
    try:
        url = httpx.URL(proxy_url(text))
    except httpx.InvalidURL:
        url = httpx.URL("")
    if url.scheme not in _PROXY_SCHEMES or not url.host or not is_valid_port(url):
        return "write http://host:port, or http://user:password@host:port."
    if url.scheme.startswith("socks") and find_spec("socksio") is None:
        return "for a SOCKS proxy install `httpx[socks]`, or name an http:// one."
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
