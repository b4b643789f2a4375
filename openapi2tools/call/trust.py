"""Where credentials may go: an Api, its servers and what the user named in, the trusted origins out.

A credential travels to an origin (scheme, host and port) only when

1. the user named it (`server=`, or a server variable that is part of it), whatever it is; or
2. it is the origin of a server that the document named when it was loaded, and the document may speak for that host:
   - a document that the developer gave as a file, as text or as a dict may name any host;
   - a document that came over the network may name its own origin, and any host that is at most as private as its own: a public
     document (`raw.githubusercontent.com`) may name another public host (`api.github.com`), which is the normal case, but not
     `localhost`, `10.0.0.5` or `billing.internal`, where it would turn the user's credential, or the user's place in the
     network, against the user; a document from an intranet may name the intranet, one from loopback may name anything;
   - not in clear text over the public internet: `http:` to a public host has to be named by the user.

Nothing that happens later adds an origin: not a redirect, not a link in a response, not an argument of the model. The check stands where
the credential is put on the request, against the address that this very request goes to.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from openapi2tools.transport import origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openapi2tools.model import Server

INTERNAL_SUFFIXES: Final = (".local", ".internal", ".intranet", ".lan", ".corp", ".private", ".home", ".home.arpa", ".localdomain")


class Reach(IntEnum):
    """How far away a host is to be reached from; a document may name hosts of its own reach or a wider one."""

    LOOPBACK = 0
    PRIVATE = 1
    PUBLIC = 2


@dataclass(frozen=True, slots=True)
class Trust:
    """The origins that a credential may travel to, and why not to the document's others."""

    origins: frozenset[str]
    refused: Mapping[str, str]

    def refusal(self, url: str) -> str | None:
        """Say why a credential does not go to this address; None when it may."""
        place = origin(url)
        if place in self.origins:
            return None
        return self.refused.get(place, f"{place} is not a server of the document.")


def trust(
    address: str | None, servers: Iterable[Server], *, named: Iterable[str] = (), variables: Mapping[str, str] | None = None
) -> Trust:
    """Decide for the servers of a document from `address`; `named` are URLs, `variables` server variables, that the user gave."""
    origins = {origin(url) for url in named}
    refused: dict[str, str] = {}
    for server in servers:
        url = expand(server, variables or {})
        url = urljoin(address, url) if is_remote(address) and address else url
        if not is_remote(url):
            continue
        reason = None if _chosen(server, variables or {}) else _reason(url, address)
        if reason is None:
            origins.add(origin(url))
        else:
            refused[origin(url)] = reason
    return Trust(frozenset(origins), refused)


def expand(server: Server, variables: Mapping[str, str]) -> str:
    """Fill a server's template with the user's variables and the document's defaults."""
    url = server.url
    for name, variable in server.variables.items():
        url = url.replace("{" + name + "}", variables.get(name, variable.default))
    return url


def is_remote(address: str | None) -> bool:
    """Tell an address on the network from a file's path, and from no address at all."""
    return bool(address) and str(address).lower().startswith(("http://", "https://"))


def reach(host: str) -> Reach:
    """Judge a host by its name or literal address; where a public name leads is the transport's matter, which checks every address."""
    host = host.strip("[]").rstrip(".").lower()
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        number = host.rpartition(".")[2]
        if host == "localhost" or host.endswith(".localhost") or number.isdecimal() or number.startswith("0x"):  # 127.1, 0x7f000001
            return Reach.LOOPBACK
        return Reach.PRIVATE if "." not in host or host.endswith(INTERNAL_SUFFIXES) else Reach.PUBLIC
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if ip.is_loopback or ip.is_unspecified:
        return Reach.LOOPBACK
    return Reach.PUBLIC if ip.is_global else Reach.PRIVATE


def _chosen(server: Server, variables: Mapping[str, str]) -> bool:
    """Whether the user's variables decide the host: then it is named by the user."""
    authority = urlsplit(server.url.replace("{", "").replace("}", "")).netloc
    return any("{" + name + "}" in server.url and name in authority for name in variables if name in server.variables)


def _reason(url: str, address: str | None) -> str | None:
    theirs = reach(urlsplit(url).hostname or "")
    if is_remote(address) and address:
        ours = reach(urlsplit(address).hostname or "")
        if theirs < ours and origin(url) != origin(address):
            return f"{origin(url)} is an internal host, and the document that names it comes from {origin(address)}."
    if theirs is Reach.PUBLIC and url.lower().startswith("http://"):
        return f"{origin(url)} would get it in clear text."
    return None
