"""Resolve which API a credential or a server belongs to, where the tools are of several APIs.

A plain name (`bearer`) belongs to the API whose document has a scheme of that name; where none has,
to the one whose document has no scheme at all. When that are several, the name needs a host before
it (`api.example.com/bearer`). Documents that name the same origins are one API.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from openapi2tools.call.credentials.schemes import scheme_from_shorthand, scheme_names
from openapi2tools.call.credentials.sources import SINGLE_API, ApiScope
from openapi2tools.call.credentials.trust import origin_of, server_origins
from openapi2tools.call.servers import is_url
from openapi2tools.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.call.credentials.sources import Credentials
    from openapi2tools.model import Api, Tool


class Apis:
    """The APIs that the tools are of.

    Each is known by the origins of its servers, in the document's order.
    """

    def __init__(self, tools: Iterable[Tool], variables: Mapping[str, str]) -> None:
        apis = {id(tool.api): tool.api for tool in tools}
        self._origins_by_id: dict[int, tuple[str, ...]] = {}
        if len(apis) > 1:
            self._origins_by_id = {key: server_origins(api, variables) for key, api in apis.items()}
        self._schemes_by_origins: dict[tuple[str, ...], frozenset[str]] = {}
        for key, origins in self._origins_by_id.items():
            schemes = self._schemes_by_origins.get(origins, frozenset())
            self._schemes_by_origins[origins] = schemes | _shareable_schemes(apis[key])
        self._hosts = frozenset(
            urlsplit(origin).netloc for origins in self._schemes_by_origins for origin in origins
        )

    @property
    def are_several(self) -> bool:
        """Whether a name or a URL alone may not say whose it is."""
        return len(self._schemes_by_origins) > 1

    def scope_of(self, api: Api, url: str) -> ApiScope:
        """Return what tells the credentials of an API, called at this URL, from those of others."""
        if not self.are_several:
            return SINGLE_API
        own_origins = self._origins_by_id.get(id(api))
        others_schemes: frozenset[str] = frozenset()
        for origins, schemes in self._schemes_by_origins.items():
            if origins and origins != own_origins:
                others_schemes |= schemes
        return ApiScope(others_schemes, self._hosts, urlsplit(origin_of(url) or "").netloc)

    def check(self, credentials: Credentials | None, server: str | int | None) -> None:
        """Raise InvalidOption for a credential or a server that may be meant for several APIs."""
        if not self.are_several:
            return
        if is_url(server):
            raise InvalidOption(
                "server= is a URL, and these tools are of several APIs "
                f"({', '.join(sorted(self._hosts))}), whose calls and credentials "
                "would all go there: connect the tools of each API by themselves, "
                "or give the index or name of a server of the documents."
            )
        for name in credentials if isinstance(credentials, Mapping) else ():
            origins = self._origins_with_scheme(name)
            if len(origins) > 1:
                ways = " or ".join(repr(f"{urlsplit(origin).netloc}/{name}") for origin in origins)
                raise InvalidOption(
                    f"credentials={{{name!r}: …}}: several APIs here may mean that by it. "
                    f"Say which one: {ways}."
                )

    def _origins_with_scheme(self, name: str) -> list[str]:
        """Return the first origin of each API that a plain name belongs to.

        An API without any origin gets no credential.
        """
        by_name = [
            origins[0]
            for origins, schemes in self._schemes_by_origins.items()
            if origins and name in schemes
        ]
        if by_name or scheme_from_shorthand(name) is None:
            return by_name
        return [
            origins[0]
            for origins, schemes in self._schemes_by_origins.items()
            if origins and not schemes
        ]


def _shareable_schemes(api: Api) -> frozenset[str]:
    """Return the names of a document's schemes, but for mutual TLS.

    Its certificate is the connections', whatever they are for.
    """
    names = scheme_names(api)
    mutual_tls = {name for name, scheme in api.schemes.items() if scheme.type == "mutualTLS"}
    return frozenset(names - mutual_tls)
