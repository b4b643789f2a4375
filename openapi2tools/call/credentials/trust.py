"""Decide to which origins credentials may go.

A credential travels to an origin (scheme, host and port) only when

1. the user named it (`server=`, or a server variable that is part of it), whatever it is; or
2. it is the origin of a server that the document named when it was loaded, and the document may
   speak for that host:

   - A document that the developer gave as a file, as text or as a dict may name any host.
   - A document that came over the network may name its own origin, and any host that is at most as
     private as its own. A public document (`raw.githubusercontent.com`) may name another public
     host (`api.github.com`), which is the normal case, but not `localhost`, `10.0.0.5` or
     `billing.internal`: it would turn the user's credential, or the user's place in the network,
     against the user. A document from an intranet may name the intranet, one from loopback may
     name anything.
   - No document may name a place where clouds hand out a machine's own credentials
     (169.254.169.254, and every other way to write it).
   - No document may name `http:` on a public host, which sends in clear text over the internet: the
     user has to name it.

An Overlay or a document that is referred to speaks for itself alone: what it names is judged by its
own address (`Server.address`), not by that of the document it became a part of.

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

from openapi2tools._core.urls import is_url
from openapi2tools.errors import NetworkError
from openapi2tools.model import Server
from openapi2tools.transport import is_metadata_host, is_public, origin, upgraded

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
"""The ends of host names that exist only inside a network."""

_DEFAULT_SERVER: Final = Server("/")  # OpenAPI 3.1, section 4.8.1: where none is named
_TEMPLATE_VARIABLE: Final = re.compile(r"\{([^{}]+)\}")
_SCHEME_VALUE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_NOT_IN_A_HOST: Final = re.compile(r"[/?#@\\\s]")
_NOT_IN_A_PATH: Final = re.compile(r"[?#\\\s]")


class Reach(IntEnum):
    """From how far away a host can be reached.

    A document may name hosts of its own reach or a wider one.
    """

    LOOPBACK = 0
    PRIVATE = 1
    PUBLIC = 2


@dataclass(frozen=True, slots=True)
class Trust:
    """The origins that a credential may travel to, and why not to the document's others.

    Attributes:
        origins: Where a credential may travel.
        private_network_origins: Those of `origins` that may be on a private network: the user named
            them, or a document that is itself at hand or there. The others must turn out to be
            public when their name is resolved.
        user_origins: Those that may be anywhere: the user named them, or the document by its
            address.
        refused: The document's other origins, each with the reason why not.
    """

    origins: frozenset[str] = frozenset()
    private_network_origins: frozenset[str] = frozenset()
    user_origins: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)

    def refusal(self, url: str) -> str | None:
        """Return why a credential does not go to this URL; None when it may."""
        url_origin = origin(url)
        if url_origin in self.origins:
            return None
        return self.refused.get(url_origin, f"{url_origin} is not a server of the document.")


def decide_trust(
    address: str | None,
    servers: Iterable[Server],
    *,
    named: Iterable[str] = (),
    variables: Mapping[str, str] | None = None,
) -> Trust:
    """Decide which servers of a document a credential may go to.

    Args:
        address: Where the document came from; None when it was given as text or as a dict.
        servers: The servers that the document names.
        named: The URLs that the user named.
        variables: The server variables that the user gave.
    """
    given = variables or {}
    by_user = {origin(url) for url in named}
    by_document: list[tuple[str, str | None]] = []  # with the address of whom named it
    refused: dict[str, str] = {}
    for server in servers:
        server_origin = _server_origin(server, address, given)
        if server_origin is None:
            continue
        author = address if server.address is None else server.address
        if _is_host_chosen_by_user(server, given):
            by_user.add(server_origin)
        elif reason := _refusal_reason(server_origin, author):
            refused[server_origin] = reason
        else:
            by_document.append((server_origin, author))
    private = {each for each, author in by_document if _may_be_private(each, author)}
    by_address = {each for each, author in by_document if each == origin_of(author)}
    return Trust(
        origins=_with_https_upgrades(by_user.union(each for each, _ in by_document)),
        private_network_origins=frozenset(by_user | private),
        user_origins=frozenset(by_user | by_address),
        refused=refused,
    )


def _may_be_private(server_origin: str, author: str | None) -> bool:
    """Return whether an origin may be on a private network, as far as who named it goes."""
    if not is_remote(author) or server_origin == origin_of(author):
        return True
    return _reach(server_origin) is not Reach.PUBLIC


def resolve_url(address: str | None, url: str) -> str:
    """Resolve a document's URL against where the document came from.

    It stays as it stands when the document did not come over the network.
    """
    if not is_remote(address) or not address:
        return url
    try:
        return urljoin(address, url)
    except ValueError:  # brackets that hold no IPv6 address
        return url


def origin_of(url: str | None) -> str | None:
    """Return the origin of an http URL; None for a path, and for what is no URL at all."""
    if not url or not is_remote(url):
        return None
    try:
        return origin(url)
    except NetworkError:
        return None


def server_origins(api: Api, variables: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Return the origins of all servers of a document and of its operations, in its order."""
    of_operations = (operation.servers or (_DEFAULT_SERVER,) for operation in api.operations)
    named = chain(api.servers, *of_operations)
    servers = {id(server): server for server in named}.values()
    origins = (_server_origin(server, api.address, variables or {}) for server in servers)
    return tuple(dict.fromkeys(each for each in origins if each))


def _server_origin(server: Server, address: str | None, variables: Mapping[str, str]) -> str | None:
    return origin_of(resolve_url(address, expand_server_url(server, variables)))


def expand_server_url(server: Server, variables: Mapping[str, str]) -> str:
    """Fill in the variables of a server's URL: the user's values, else the document's defaults.

    The document need not declare the variables that the user gives. One without a value stays, and
    so does one that the user gives a value that would leave its place.
    """
    defaults = {name: variable.default for name, variable in server.variables.items()}

    def value_of(match: re.Match[str]) -> str:
        name = match[1]
        if name not in variables:
            return defaults.get(name, match[0])
        return variables[name] if stays_in_place(match, variables[name]) else match[0]

    return _TEMPLATE_VARIABLE.sub(value_of, server.url)


def stays_in_place(variable: re.Match[str], value: str) -> bool:
    """Return whether a variable of a URL's template takes a value that changes nothing around it.

    A slash in a part of the host, say, would cut off the rest of the host.
    """
    before, after = variable.string[: variable.start()], variable.string[variable.end() :]
    if not before and after.startswith("://"):
        return _SCHEME_VALUE.fullmatch(value) is not None
    _, slashes, authority = before.partition("//")
    is_in_host = "/" not in authority if slashes else not before
    cuts_host = is_in_host and after != "" and not after.startswith("/")
    return (_NOT_IN_A_HOST if cuts_host else _NOT_IN_A_PATH).search(value) is None


def is_remote(address: str | None) -> bool:
    """Return whether an address is an http URL, not a file's path and not missing."""
    return address is not None and is_url(address)


def reach_of(host: str) -> Reach:
    """Judge a host by its name or literal address.

    Where a public name leads is for the transport to check, which sees every address.
    """
    host = host.strip("[]").rstrip(".").lower()
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return _reach_of_name(host)
    if is_public(host):
        return Reach.PUBLIC
    ip = getattr(ip, "ipv4_mapped", None) or ip
    return Reach.LOOPBACK if ip.is_loopback or ip.is_unspecified else Reach.PRIVATE


def _reach_of_name(host: str) -> Reach:
    if host == "localhost" or host.endswith(".localhost"):
        return Reach.LOOPBACK
    last_label = host.rpartition(".")[2]
    if last_label.isdecimal() or last_label.startswith("0x"):
        return Reach.LOOPBACK  # 127.1 and 0x7f000001 are ways to write 127.0.0.1
    if "." not in host or host.endswith(INTERNAL_SUFFIXES):
        return Reach.PRIVATE
    return Reach.PUBLIC


def _reach(origin_url: str) -> Reach:
    return reach_of(urlsplit(origin_url).hostname or "")


def _is_host_chosen_by_user(server: Server, variables: Mapping[str, str]) -> bool:
    """Return whether the user's variables decide scheme or host: then the user names them."""
    scheme, slashes, rest = server.url.partition("//")
    if not slashes:
        scheme, rest = "", server.url
    host = rest.partition("/")[0]
    return any("{" + name + "}" in scheme + host for name in variables)


def _refusal_reason(server_origin: str, address: str | None) -> str | None:
    """Return why a document from this address may not name an origin; None when it may."""
    document_origin = origin_of(address)
    is_foreign = server_origin != document_origin
    reach = _reach(server_origin)
    if document_origin is not None and is_foreign and reach < _reach(document_origin):
        return (
            f"{server_origin} is an internal host, and the document that names it comes from "
            f"{document_origin}."
        )
    if is_foreign and is_metadata_host(urlsplit(server_origin).hostname or ""):
        return f"{server_origin} is where clouds hand out a machine's own credentials."
    if reach is Reach.PUBLIC and server_origin.startswith("http://"):
        return f"{server_origin} would get it in clear text."
    return None


def _with_https_upgrades(origins: set[str]) -> frozenset[str]:
    """Add https where http is trusted, with both at their usual ports: servers redirect there."""
    return frozenset(origins.union(filter(None, map(upgraded, origins))))
