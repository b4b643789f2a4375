"""The guard: which addresses this program may connect to.

What the developer names may be anywhere. What a document or a response names (a redirect, a
reference, a link) must be public, so that no document from the internet can make this program ask
the computer it runs on, its network, or its cloud's metadata service.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Final

import anyio
import anyio.to_thread
import httpx

from openapi2tools.errors import BlockedAddress, NotSent
from openapi2tools.transport.urls import bracketed, origin, upgraded

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
# RFC 6890; older Pythons call parts of it global
_PROTOCOL_ASSIGNMENTS: Final = IPv4Network("192.0.0.0/24")


@dataclass(frozen=True, slots=True)
class Guard:
    """The rule that decides whether an address may be connected to.

    Public addresses may; those of `origins` may wherever they are; with `allow_private` all may.
    """

    allow_private: bool = False
    origins: frozenset[str] = frozenset()

    def allowing(self, *urls: str) -> Guard:
        """Return a guard that allows the origins of these URLs, too: the developer named them."""
        return replace(self, origins=self.origins | {origin(url) for url in urls})

    def is_named(self, host: str, port: int) -> bool:
        """Return whether the developer named this host and port.

        Who names `http://host` names `https://host`, too: servers redirect there.
        """
        host = bracketed(host.lower())
        candidates = {origin(f"{scheme}://{host}:{port}") for scheme in ("http", "https")}
        https = {upgraded(each) for each in self.origins}
        return not candidates.isdisjoint(self.origins | https)

    async def resolve(self, host: str, port: int) -> list[str]:
        """Resolve a host once, to the IP addresses that a connection may then be made to.

        One private address among several blocks them all: a name that answers with both is trying
        something. Raises BlockedAddress, and NotSent when the name cannot be resolved.
        """
        addresses = await _resolve(host, port)
        if self.allow_private or self.is_named(host, port):
            return addresses
        for address in addresses:
            if not is_public(address):
                raise BlockedAddress(
                    f"{host}:{port} is {address}, which is not on the public internet. "
                    "Only an address that you name yourself may be there: allow it "
                    "(--allow-ref for a document's references, server= for calls) "
                    "when it is meant."
                )
        return addresses


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet.

    An IPv4 address wrapped in an IPv6 one (mapped, 6to4, Teredo, NAT64) is judged as itself.
    """
    ip = ip_address(address.partition("%")[0])
    embedded = _embedded_ipv4(ip) if isinstance(ip, IPv6Address) else None
    if embedded is not None:
        return is_public(str(embedded))
    is_special = ip.is_multicast or ip.is_reserved or ip in _PROTOCOL_ASSIGNMENTS
    return ip.is_global and not is_special


def _embedded_ipv4(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    teredo_client = ip.teredo[1] if ip.teredo else None
    return ip.ipv4_mapped or ip.sixtofour or teredo_client


async def _resolve(host: str, port: int) -> list[str]:
    """Resolve a host in a thread that nobody has to wait for.

    The loop's own executor is not used: the end of the loop awaits its threads.
    """
    try:
        lookup = partial(socket.getaddrinfo, _ascii_host(host), port, type=socket.SOCK_STREAM)
        answers = await anyio.to_thread.run_sync(lookup, abandon_on_cancel=True)
    except (socket.gaierror, UnicodeError, httpx.InvalidURL) as error:
        raise NotSent(
            f"No address is known for the host {host}. "
            f"Check its spelling, and the network. ({error})"
        ) from None
    sockaddrs = [answer[4] for answer in answers]
    addresses = [_with_zone(sockaddr) for sockaddr in sockaddrs if isinstance(sockaddr[0], str)]
    return list(dict.fromkeys(addresses))


def _ascii_host(host: str) -> str:
    if host.isascii():
        return host
    return httpx.URL(scheme="http", host=host).raw_host.decode("ascii")


def _with_zone(sockaddr: Sequence[str | int]) -> str:
    """Return the IP address of a socket address, with the zone that it may have (RFC 4007)."""
    address = str(sockaddr[0]).partition("%")[0]
    zone = sockaddr[3] if len(sockaddr) > 3 else 0
    return f"{address}%{zone}" if zone else address
