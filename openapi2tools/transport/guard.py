"""Which addresses this program talks to: a host and a port in, the IP addresses to connect to out, or a refusal.

What the developer names may be anywhere. What a document or a response names (a redirect, a
reference, a link) must be public, so that no document from the internet can make this program ask
the computer it runs on, its network, or its cloud's metadata service.
"""

from __future__ import annotations

import socket
from base64 import b64encode
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final

import anyio
import anyio.to_thread
import httpx

from openapi2tools.errors import BlockedAddress, NetworkError, NotSent

if TYPE_CHECKING:
    from collections.abc import Sequence

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_PROTOCOLS: Final = IPv4Network("192.0.0.0/24")  # RFC 6890; older Pythons call parts of it global


def parse_url(url: str) -> httpx.URL:
    """Read a URL as it will be sent, so that no two parsers can disagree about its host; raises NetworkError."""
    try:
        parsed = httpx.URL(url)
        parsed.host  # noqa: B018 -- a bad IDNA name shows only when it is decoded
    except (httpx.InvalidURL, UnicodeError) as error:
        raise NetworkError(f"{_without_secrets(url)} is no URL: {error}") from None
    if (parsed.port or 0) > 65535:
        raise NetworkError(f"{_without_secrets(url)} is no URL: there is no port {parsed.port}.")
    return parsed


def origin(url: str) -> str:
    """Give a URL's scheme, host and port (RFC 6454): `https://host:port`, the default port left out."""
    parsed = parse_url(url)
    host = parsed.raw_host.decode("ascii")
    host = f"[{host}]" if ":" in host else host
    return f"{parsed.scheme}://{host}" + (
        f":{parsed.port}" if parsed.port not in {None, _DEFAULT_PORTS.get(parsed.scheme)} else ""
    )


def shown(url: str | httpx.URL) -> str:
    """Write a URL for people: no user, no password, no fragment, and of the query only the names, since a value may be a credential."""
    try:
        parsed = httpx.URL(url)
        names = "&".join(f"{name}=…" for name in parsed.params)
        return origin(str(parsed)) + parsed.path + (f"?{names}" if names else "")
    except (httpx.InvalidURL, UnicodeError, NetworkError):
        return _without_secrets(str(url))


def printable(text: str, most: int = 200) -> str:
    """Give what a server says as it may be shown: so many characters, and none that moves a terminal's cursor or turns its text round."""
    return "".join(filter(str.isprintable, text))[:most]


def without_user(url: str) -> tuple[str, dict[str, str]]:
    """Take user and password out of a URL, and give them as the header that they stand for (RFC 7617), empty where there are none."""
    parsed = parse_url(url)
    if not parsed.userinfo:
        return url, {}
    word = b64encode(f"{parsed.username}:{parsed.password}".encode()).decode()
    return str(parsed.copy_with(userinfo=b"")), {"Authorization": f"Basic {word}"}


def _without_secrets(text: str) -> str:
    head = text.partition("?")[0].partition("#")[0]
    scheme, separator, rest = head.partition("//")
    return scheme + separator + rest.rpartition("@")[2]


def is_public(address: str) -> bool:
    """Say whether an IP address belongs to the public internet, also when IPv6 wraps an IPv4 address (mapped, 6to4, Teredo, NAT64)."""
    ip = ip_address(address.partition("%")[0])
    inner = _wrapped(ip) if isinstance(ip, IPv6Address) else None
    if inner is not None:
        return is_public(str(inner))
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or ip in _PROTOCOLS)


def _wrapped(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


@dataclass(frozen=True, slots=True)
class Guard:
    """Which addresses may be talked to: public ones, those of `origins` wherever they are, and with `allow_private` all."""

    allow_private: bool = False
    origins: frozenset[str] = frozenset()

    def naming(self, *urls: str) -> Guard:
        """Allow the origins of these URLs, too: the developer named them."""
        return replace(self, origins=self.origins | {origin(url) for url in urls})

    def names(self, host: str, port: int) -> bool:
        """Say whether the developer named this host and port."""
        host = f"[{host}]" if ":" in host else host.lower()
        return any(
            origin(f"{scheme}://{host}:{port}") in self.origins for scheme in ("http", "https")
        )

    async def addresses(self, host: str, port: int) -> list[str]:
        """Resolve a host once, to the addresses that a connection may then be made to; raises BlockedAddress or NetworkError.

        One private address among several blocks them all: a name that answers with both is trying
        something.
        """
        found = await _resolve(host, port)
        if not (self.allow_private or self.names(host, port)):
            for address in found:
                if not is_public(address):
                    raise BlockedAddress(
                        f"{host}:{port} is {address}, which is not on the public internet. Only an address that you name yourself may be "
                        f"there: allow it (--allow-ref for a document's references, server= for calls) when it is meant."
                    )
        return found


async def _resolve(host: str, port: int) -> list[str]:
    """Resolve a host, in a thread that nobody has to wait for: not in the loop's executor, whose threads the end of the loop awaits."""
    try:
        name = (
            host if host.isascii() else httpx.URL(scheme="http", host=host).raw_host.decode("ascii")
        )
        asking = partial(socket.getaddrinfo, name, port, type=socket.SOCK_STREAM)
        answers = await anyio.to_thread.run_sync(asking, abandon_on_cancel=True)
    except (socket.gaierror, UnicodeError, httpx.InvalidURL) as error:
        raise NotSent(
            f"No address is known for the host {host}. Check its spelling, and the network. ({error})"
        ) from None
    return list(
        dict.fromkeys(_address(answer[4]) for answer in answers if isinstance(answer[4][0], str))
    )


def _address(found: Sequence[str | int]) -> str:
    """Write an address, with the zone that it may have (RFC 4007)."""
    address = str(found[0]).partition("%")[0]
    return f"{address}%{found[3]}" if len(found) > 3 and found[3] else address
