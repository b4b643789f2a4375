"""The tools of a client in, whose a credential or a server is out: with tools of several APIs, a name or a URL alone does not say it.

A plain name (`bearer`) is of the API whose document has a scheme of that name; where none has, of
the one whose document has no scheme at all. When that are several, the name has to have a host
before it. Documents that name the same origins are one API.
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
    """The APIs that the tools are of, each known by the origins of its servers, in the document's order."""

    def __init__(self, tools: Iterable[Tool], variables: Mapping[str, str]) -> None:
        apis = {id(tool.api): tool.api for tool in tools}
        self._origins = (
            {key: server_origins(api, variables) for key, api in apis.items()}
            if len(apis) > 1
            else {}
        )
        self._names: dict[tuple[str, ...], frozenset[str]] = {}
        for key, origins in self._origins.items():
            self._names[origins] = self._names.get(origins, frozenset()) | _shareable(apis[key])
        self._hosts = frozenset(
            urlsplit(origin).netloc for origins in self._names for origin in origins
        )

    @property
    def several(self) -> bool:
        """Whether a name or a URL alone may not say whose it is."""
        return len(self._names) > 1

    def others(self, api: Api, url: str) -> ApiScope:
        """Give what tells the credentials of an API, called at this address, from those of the others."""
        if not self.several:
            return SINGLE_API
        own = self._origins.get(id(api))
        names = frozenset[str]().union(
            *(names for origins, names in self._names.items() if origins and origins != own)
        )
        return ApiScope(names, self._hosts, urlsplit(origin_of(url) or "").netloc)

    def check(self, credentials: Credentials | None, server: str | int | None) -> None:
        """Raise InvalidOption for a credential or a server that does not say which API it is for."""
        if not self.several:
            return
        if is_url(server):
            raise InvalidOption(
                f"server= is a URL, and these tools are of several APIs ({', '.join(sorted(self._hosts))}), whose calls and credentials "
                f"would all go there: connect the tools of each API by themselves, or give the index or name of a server of the documents."
            )
        for name in credentials if isinstance(credentials, Mapping) else ():
            takers = self._takers(name)
            if len(takers) > 1:
                ways = " or ".join(repr(f"{urlsplit(origin).netloc}/{name}") for origin in takers)
                raise InvalidOption(
                    f"credentials={{{name!r}: …}}: several APIs here may mean that by it. Say which one: {ways}."
                )

    def _takers(self, name: str) -> list[str]:
        """Give the first origin of each API that a plain name is of; one without any gets no credential."""
        by_name = [
            origins[0] for origins, names in self._names.items() if origins and name in names
        ]
        return by_name or [
            origins[0]
            for origins, names in self._names.items()
            if origins and not names and scheme_from_shorthand(name)
        ]


def _shareable(api: Api) -> frozenset[str]:
    """Give the names of a document's schemes, but for mutual TLS: its certificate is of the connections, whatever they are for."""
    return frozenset(
        name
        for name in scheme_names(api)
        if name not in api.schemes or api.schemes[name].type != "mutualTLS"
    )
