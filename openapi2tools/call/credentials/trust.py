"""Where credentials may go: an Api, its servers and what the user named in, the trusted origins out.

A credential travels to an origin (scheme, host and port) only when

1. the user named it (`server=`, or a server variable that is part of it), whatever it is; or 2. it
is the origin of a server that the document named when it was loaded, and the document may speak for
that host:
   - a document that the developer gave as a file, as text or as a dict may name any host;
   - a document that came over the network may name its own origin, and any host that is at most as private as its own: a public
     document (`raw.githubusercontent.com`) may name another public host (`api.github.com`), which is the normal case, but not
     `localhost`, `10.0.0.5` or `billing.internal`, where it would turn the user's credential, or the user's place in the
     network, against the user; a document from an intranet may name the intranet, one from loopback may name anything;
   - not a link-local address (169.254.169.254 is where clouds hand out their own credentials), whoever wrote the document;
   - not in clear text over the public internet: `http:` to a public host has to be named by the user.

Nothing that happens later adds an origin: not a redirect, not a link in a response, not an argument
of the model. The check stands where the credential is put on the request, against the address that
this very request goes to.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import chain
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from openapi2tools.errors import NetworkError
from openapi2tools.model import Server
from openapi2tools.transport import is_public, origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openapi2tools.model import Api

INTERNAL_SUFFIXES: Final = (
    ".local",
    ".internal",
    ".intranet",
    ".lan",
    ".corp",
    ".private",
    ".home",
    ".home.arpa",
    ".localdomain",
)


_ROOT: Final = Server("/")
_AWS_METADATA: Final = ipaddress.IPv6Address("fd00:ec2::254")


class Reach(IntEnum):
    """How far away a host is to be reached from; a document may name hosts of its own reach or a wider one."""

    LOOPBACK = 0
    PRIVATE = 1
    PUBLIC = 2


@dataclass(frozen=True, slots=True)
class Trust:
    """The origins that a credential may travel to, and why not to the document's others.

    `anywhere` are those among them that may be on a private network: the user named them, or a
    document that is itself at hand or there. The others must turn out to be public when their name
    is resolved.
    """

    origins: frozenset[str] = frozenset()
    anywhere: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)

    def refusal(self, url: str) -> str | None:
        """Say why a credential does not go to this address; None when it may."""
        place = origin(url)
        if place in self.origins:
            return None
        return self.refused.get(place, f"{place} is not a server of the document.")


def trust(
    address: str | None,
    servers: Iterable[Server],
    *,
    named: Iterable[str] = (),
    variables: Mapping[str, str] | None = None,
) -> Trust:
    """Decide for the servers of a document from `address`; `named` are URLs, `variables` server variables, that the user gave."""
    by_user = {origin(url) for url in named}
    by_document: set[str] = set()
    refused: dict[str, str] = {}
    for server in servers:
        place = origin_of(resolve(address, expand(server, variables or {})))
        if place is None:
            continue
        if _chosen(server, variables or {}):
            by_user.add(place)
        elif reason := _reason(place, address):
            refused[place] = reason
        else:
            by_document.add(place)
    if is_remote(address):
        private = {
            place
            for place in by_document
            if place == origin_of(address) or _reach(place) is not Reach.PUBLIC
        }
    else:
        private = by_document
    return Trust(_with_upgrades(by_user | by_document), frozenset(by_user | private), refused)


def resolve(address: str | None, url: str) -> str:
    """Resolve a document's URL against where the document came from; as it stands when that is no address on the network."""
    if not is_remote(address) or not address:
        return url
    try:
        return urljoin(address, url)
    except ValueError:  # brackets that hold no IPv6 address
        return url


def origin_of(url: str | None) -> str | None:
    """Give the origin of an address on the network; None for a path, and for what is no address at all."""
    if not url or not is_remote(url):
        return None
    try:
        return origin(url)
    except NetworkError:
        return None


def origins_of(api: Api, variables: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Give the origins of all servers that a document names, for the whole of it or for an operation, in its order."""
    named = chain(api.servers, *(operation.servers or (_ROOT,) for operation in api.operations))
    servers = {id(server): server for server in named}.values()
    urls = (resolve(api.address, expand(server, variables or {})) for server in servers)
    return tuple(dict.fromkeys(place for url in urls if (place := origin_of(url))))


def expand(server: Server, variables: Mapping[str, str]) -> str:
    """Fill a server's template with the user's variables, which the document need not declare, and with the document's defaults."""
    known = {**{name: variable.default for name, variable in server.variables.items()}, **variables}
    return re.sub(r"\{([^{}]+)\}", lambda match: known.get(match[1], match[0]), server.url)


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
        # 127.1, 0x7f000001
        if (
            host == "localhost"
            or host.endswith(".localhost")
            or number.isdecimal()
            or number.startswith("0x")
        ):
            return Reach.LOOPBACK
        return (
            Reach.PRIVATE if "." not in host or host.endswith(INTERNAL_SUFFIXES) else Reach.PUBLIC
        )
    if is_public(host):
        return Reach.PUBLIC
    inner = getattr(ip, "ipv4_mapped", None) or ip
    return Reach.LOOPBACK if inner.is_loopback or inner.is_unspecified else Reach.PRIVATE


def _is_link_local(host: str) -> bool:
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return host.rstrip(".").lower() == "metadata.google.internal"
    return (getattr(ip, "ipv4_mapped", None) or ip).is_link_local or ip == _AWS_METADATA


def _reach(place: str) -> Reach:
    return reach(urlsplit(place).hostname or "")


def _chosen(server: Server, variables: Mapping[str, str]) -> bool:
    """Whether the user's variables decide the host: then it is named by the user."""
    before, slashes, after = server.url.partition("//")
    decisive = before + after.partition("/")[0] if slashes else before.partition("/")[0]
    return any("{" + name + "}" in decisive for name in variables)


def _reason(place: str, address: str | None) -> str | None:
    home = origin_of(address)
    if home is not None and place != home and _reach(place) < _reach(home):
        return f"{place} is an internal host, and the document that names it comes from {home}."
    if place != home and _is_link_local(urlsplit(place).hostname or ""):
        return f"{place} is a link-local address, where clouds keep their own credentials."
    if _reach(place) is Reach.PUBLIC and place.startswith("http://"):
        return f"{place} would get it in clear text."
    return None


def _with_upgrades(places: set[str]) -> frozenset[str]:
    """Add https where http is trusted, with both at their usual ports: servers redirect there."""
    return frozenset(
        places
        | {
            f"https{place[4:]}"
            for place in places
            if place.startswith("http://") and urlsplit(place).port is None
        }
    )
