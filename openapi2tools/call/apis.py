"""Resolve which API a credential or a server belongs to, where the tools are of several APIs.

A plain name (`bearer`) belongs to the API whose document has a scheme of that name; where none has,
to the one whose document has no scheme at all. When that are several, the name needs a host before
it (`api.example.com/bearer`), or the title or the source of the document where the APIs share a
host (`Petstore/bearer`). Documents of one title and source that name the same origins are one API.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from openapi2tools.call.credentials.schemes import scheme_from_shorthand, scheme_names
from openapi2tools.call.credentials.sources import SINGLE_API, ApiScope
from openapi2tools.call.credentials.trust import origin_of, server_origins
from openapi2tools.call.servers import is_url
from openapi2tools.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openapi2tools.call.credentials.sources import Credentials
    from openapi2tools.model import Api, Tool


class _ApiKey(NamedTuple):
    """What tells one API from another: the origins of its servers, in order, and its document."""

    origins: tuple[str, ...]
    title: str
    source: str

    @property
    def host(self) -> str:
        return urlsplit(self.origins[0]).netloc if self.origins else ""

    @property
    def hosts(self) -> frozenset[str]:
        return frozenset(urlsplit(origin).netloc for origin in self.origins)

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What may stand before the name of a scheme, the shortest to write first."""
        return tuple(filter(None, (self.host, self.title, self.source)))


class Apis:
    """The APIs that the tools are of."""

    def __init__(
        self, tools: Iterable[Tool], variables: Mapping[str, str], beside: Iterable[Tool] = ()
    ) -> None:
        apis = {id(tool.api): tool.api for tool in tools}
        others = {id(tool.api): tool.api for tool in beside}
        self._beside_schemes = frozenset().union(
            *(_shareable_schemes(api) for key, api in others.items() if key not in apis)
        )
        self._variables = variables
        self._keys: dict[int, _ApiKey] = {}
        if len(apis) > 1:
            self._keys = {
                key: _ApiKey(server_origins(api, variables), api.title, api.address or "")
                for key, api in apis.items()
            }
        self._schemes: dict[_ApiKey, frozenset[str]] = {}
        for number, key in self._keys.items():
            known = self._schemes.get(key, frozenset())
            self._schemes[key] = known | _shareable_schemes(apis[number])
        self._hosts = frozenset(host for key in self._schemes for host in key.hosts)

    @property
    def are_several(self) -> bool:
        """Whether a name or a URL alone may not say whose it is."""
        return len(self._schemes) > 1

    def scope_of(self, api: Api, url: str) -> ApiScope:
        """Return what tells the credentials of an API, called at this URL, from those of others."""
        own = self._keys.get(id(api))
        host = urlsplit(origin_of(url) or "").netloc
        if not self.are_several or own is None:
            return replace(SINGLE_API, beside_schemes=self._beside_schemes, prefix=host)
        others = [key for key in self._schemes if key != own]
        own_prefixes = {host, own.title, own.source}
        return ApiScope(
            own_schemes=self._schemes[own],
            beside_schemes=self._beside_schemes,
            other_schemes=frozenset().union(*(self._schemes[key] for key in others if key.origins)),
            other_prefixes=self._hosts.union(*(key.prefixes for key in others)) - own_prefixes,
            host=host,
            prefix=_unique_prefix(own._replace(origins=(origin_of(url) or "",)), others),
            takes_shorthands=own in self._owners_of_shorthands(),
        )

    def named(self, name: str, option: str, apis: Iterable[Api]) -> list[Api]:
        """Return the API that a host, or the title or source of a document, names.

        It is several where one document was loaded several times. Raises InvalidOption where
        nothing here is called so, or several APIs are.
        """
        keys = {
            id(api): _ApiKey(server_origins(api, self._variables), api.title, api.address or "")
            for api in apis
        }
        found = [api for api in apis if name in (*keys[id(api)].prefixes, *keys[id(api)].hosts)]
        several = {keys[id(api)] for api in found}
        if len(several) == 1:
            return found
        known = sorted({prefix for key in several or keys.values() for prefix in key.prefixes})
        problem = "several APIs are called so" if several else "no API here is called so"
        raise InvalidOption(f"{option}={{{name!r}: …}}: {problem}. Names: {', '.join(known)}.")

    def check(self, credentials: Credentials | None, server: object) -> None:
        """Raise InvalidOption for a credential or a server that may be meant for several APIs."""
        if not self.are_several:
            return
        if isinstance(server, str) and is_url(server):
            raise InvalidOption(
                "server= is a URL, and these tools are of several APIs "
                f"({', '.join(sorted(self._hosts))}), whose calls and credentials "
                "would all go there: connect the tools of each API by themselves, "
                "or say for which API it is: server={'host or title': 'URL'}."
            )
        for name in credentials if isinstance(credentials, Mapping) else ():
            owners = self._owners(name)
            if len(owners) > 1:
                raise InvalidOption(
                    f"credentials={{{name!r}: …}}: several APIs here may mean that by it. "
                    f"Say which one: {_ways(name, owners)}."
                )

    def _owners(self, name: str) -> list[_ApiKey]:
        """Return each API that a plain name belongs to.

        An API without any origin gets no credential.
        """
        owners = [key for key, names in self._schemes.items() if key.origins and name in names]
        if owners or scheme_from_shorthand(name) is None:
            return owners
        return self._owners_of_shorthands()

    def _owners_of_shorthands(self) -> list[_ApiKey]:
        """Return the APIs that a plain `bearer` is meant for: those that define no scheme, or all.

        That is where nobody's document has a scheme of that name.
        """
        reachable = [key for key in self._schemes if key.origins]
        return [key for key in reachable if not self._schemes[key]] or reachable


def _ways(name: str, owners: Sequence[_ApiKey]) -> str:
    """Return each way to say which API a credential is for."""
    ways = []
    for owner in owners:
        prefix = _unique_prefix(owner, [other for other in owners if other != owner])
        ways.append(repr(f"{prefix}/{name}"))
    text = " or ".join(dict.fromkeys(ways))
    hosts = {owner.host for owner in owners}
    return f"{text}; {f'{hosts.pop()}/{name}'!r} is for all of them" if len(hosts) == 1 else text


def _unique_prefix(own: _ApiKey, others: Iterable[_ApiKey]) -> str:
    """Return what names an API alone: its host, or the title or the source of its document."""
    taken = {prefix for other in others for prefix in (*other.hosts, other.title, other.source)}
    first_hosts = {other.host for other in others}
    if own.host and own.host not in first_hosts:
        return own.host
    free = [prefix for prefix in own.prefixes if prefix not in taken]
    return free[0] if free else own.host


def _shareable_schemes(api: Api) -> frozenset[str]:
    """Return the names of a document's schemes, but for mutual TLS.

    Its certificate is the connections', whatever they are for.
    """
    names = scheme_names(api)
    mutual_tls = {name for name, scheme in api.schemes.items() if scheme.type == "mutualTLS"}
    return frozenset(names - mutual_tls)
