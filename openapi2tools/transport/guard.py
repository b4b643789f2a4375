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

from openapi2tools._core.reader import for_reader
from openapi2tools.errors import BlockedAddress, NotSent
from openapi2tools.transport.urls import bracketed, origin, upgraded

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAT64: Final = IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address
_NOT_PUBLIC: Final = (
    IPv4Network("192.0.0.0/24"),  # RFC 6890; older Pythons call parts of it global
    IPv4Network("192.88.99.0/24"),  # relays of 6to4, given up by RFC 7526
    IPv4Network("168.63.129.16/32"),  # Azure's, inside its virtual networks only
    IPv6Network("fec0::/10"),  # site-local, given up by RFC 3879
)
_METADATA_ADDRESSES: Final = frozenset(
    {
        IPv4Address("100.100.100.200"),  # Alibaba Cloud
        IPv4Address("168.63.129.16"),  # Azure
        IPv4Address("192.0.0.192"),  # Oracle Cloud
        IPv6Address("fd00:42::42"),  # Scaleway
        IPv6Address("fd00:ec2::254"),  # AWS
        IPv6Address("fd20:ce::254"),  # Google Cloud
        IPv6Address("fe80::a9fe:a9fe"),  # OpenStack
    }
)
"""Where clouds hand out the credentials of a machine, beside IPv4's link-local addresses."""
_METADATA_NAMES: Final = frozenset(
    {
        "instance-data",
        "instance-data.ec2.internal",
        "metadata",
        "metadata.azure.internal",
        "metadata.goog",
        "metadata.google.internal",
        "metadata.tencentyun.com",
    }
)


@dataclass(frozen=True, slots=True)
class Guard:
    """The rule that decides whether an address may be connected to.

    Public addresses may. Those of `origins` may be private, though not where clouds hand out
    credentials; those of `user_origins` may be anywhere. With `allow_private` all may.
    """

    allow_private: bool = False
    origins: frozenset[str] = frozenset()
    user_origins: frozenset[str] = frozenset()

    def allowing(self, *urls: str) -> Guard:
        """Return a guard that allows the origins of these URLs, too: the developer named them."""
        return replace(self, user_origins=self.user_origins | {origin(url) for url in urls})

    def allows_anywhere(self, host: str, port: int) -> bool:
        """Return whether this host and port may be wherever they are."""
        return self.allow_private or _is_among(self.user_origins, host, port)

    def allows_private(self, host: str, port: int) -> bool:
        """Return whether this host and port may be on a private network."""
        return self.allows_anywhere(host, port) or _is_among(self.origins, host, port)

    def check_host(self, host: str, port: int) -> None:
        """Raise BlockedAddress for a host that, as it is written, is a cloud's metadata service.

        That needs no DNS, where a proxy does the resolving.
        """
        if is_metadata_host(host) and not self.allows_anywhere(host, port):
            raise _metadata_error(host, port)

    async def resolve(self, host: str, port: int) -> list[str]:
        """Resolve a host once, to the IP addresses that a connection may then be made to.

        One private address among several blocks them all: a name that answers with both is trying
        something. Raises BlockedAddress, and NotSent when the name cannot be resolved.
        """
        self.check_host(host, port)
        addresses = await _resolve(host, port)
        self._check(host, port, addresses)
        return addresses

    def check_as_written(self, host: str, port: int) -> None:
        """Raise BlockedAddress for a host that, as it is written, is private.

        Other names are not resolved: there may be no network.
        """
        self.check_host(host, port)
        address = _literal_address("127.0.0.1" if host == "localhost" else host)
        self._check(host, port, [] if address is None else [str(address)])

    def _check(self, host: str, port: int, addresses: Sequence[str]) -> None:
        if self.allows_anywhere(host, port):
            return
        if any(map(_is_metadata, addresses)):
            raise _metadata_error(host, port)
        if self.allows_private(host, port):
            return
        for address in addresses:
            if not is_public(address):
                raise BlockedAddress(
                    f"{host}:{port} is {address}, which is not on the public internet. "
                    "Only an address that you name yourself may be there: allow it when it is "
                    f"meant ({how_to_name_it()})."
                )


def how_to_name_it() -> str:
    """Return which options name an address that may be private."""
    option = for_reader("allow_refs=", "--allow-ref")
    return f"{option} for a document's references, {how_to_name_server()}"


def how_to_name_server() -> str:
    """Return which option names the server that calls go to."""
    return for_reader("server= for calls", "--server for calls")


def is_public(address: str) -> bool:
    """Return whether an IP address belongs to the public internet.

    An IPv4 address wrapped in an IPv6 one (mapped, 6to4, Teredo, NAT64) is judged as itself.
    """
    ip = _meant_address(address)
    is_special = ip.is_multicast or ip.is_reserved or any(ip in each for each in _NOT_PUBLIC)
    return ip.is_global and not is_special


def is_metadata_host(host: str) -> bool:
    """Return whether a host is a cloud's metadata service by its name or literal address.

    Every way to write an address counts that a system's resolver takes (`0xa9fea9fe`), and every
    link-local address.
    """
    host = host.strip("[]").rstrip(".").lower()
    if host in _METADATA_NAMES:
        return True
    ip = _literal_address(host)
    return ip is not None and (ip.is_link_local or _is_metadata(str(ip)))


def _literal_address(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host is written as; None for a name."""
    try:
        if ":" in host:
            return ip_address(host.partition("%")[0])
        return IPv4Address(socket.inet_aton(host))
    except (OSError, ValueError):
        return None


def _is_metadata(address: str) -> bool:
    """Return whether clouds hand out credentials at an IP address, or at the IPv4 one within it.

    IPv6's link-local addresses in general are not meant: every name of a local network has one.
    """
    ip = _meant_address(address)
    is_link_local_ipv4 = isinstance(ip, IPv4Address) and ip.is_link_local
    return is_link_local_ipv4 or ip in _METADATA_ADDRESSES


def _is_among(origins: frozenset[str], host: str, port: int) -> bool:
    """Return whether one of these origins is this host and port.

    Who names `http://host` names `https://host`, too: servers redirect there.
    """
    host = bracketed(host.lower())
    candidates = {origin(f"{scheme}://{host}:{port}") for scheme in ("http", "https")}
    https = {upgraded(each) for each in origins}
    return not candidates.isdisjoint(origins | https)


def _metadata_error(host: str, port: int) -> BlockedAddress:
    return BlockedAddress(
        f"{host}:{port} is where clouds hand out a machine's own credentials. "
        "No document may send a request there: name the address yourself "
        f"({how_to_name_server()}) when it is meant."
    )


def _meant_address(address: str) -> IPv4Address | IPv6Address:
    """Return an IP address, or the IPv4 one that is wrapped in it; a zone is left out."""
    ip = ip_address(address.partition("%")[0])
    return (_embedded_ipv4(ip) if isinstance(ip, IPv6Address) else None) or ip


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
