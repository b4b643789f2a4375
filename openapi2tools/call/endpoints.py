"""What is the same for every call of an operation, worked out once for a client and its views.

That is where its calls go, which origins its credentials may travel to, and how its requests are
written. How a call authenticates is not: the environment and the user's mapping of credentials are
looked at for each call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from openapi2tools._core.identity import IdentityKey
from openapi2tools.call.auth import trust_of
from openapi2tools.call.request import RequestWriter
from openapi2tools.call.servers import is_url, server_url

if TYPE_CHECKING:
    from openapi2tools.call.apis import Apis
    from openapi2tools.call.credentials.sources import ApiScope
    from openapi2tools.call.credentials.trust import Trust
    from openapi2tools.call.options import Options
    from openapi2tools.model import Tool


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the calls of one operation go.

    Attributes:
        url: The address that the path is appended to.
        named_url: The same, where the user named it and thereby trusts it; else None.
        trust: The origins that credentials may travel to.
        scope: Which credentials are those of its API.
        writer: Writes its requests.
    """

    url: str
    named_url: str | None
    trust: Trust
    scope: ApiScope
    writer: RequestWriter


class Endpoints:
    """The endpoints of the operations that a client calls.

    A view shares them: the server is none of what it may change.
    """

    def __init__(self, options: Options, apis: Apis) -> None:
        self._options = options
        self._apis = apis
        self._known: dict[tuple[IdentityKey, IdentityKey], Endpoint] = {}

    def of(self, tool: Tool) -> Endpoint:
        """Return the endpoint of a tool's operation.

        Raises:
            CallError: There is no usable server; it says which option to give.
        """
        # One operation may be that of two APIs, of one document from two addresses.
        key = (IdentityKey(tool.api), IdentityKey(tool.operation))
        endpoint = self._known.get(key)
        if endpoint is None:
            endpoint = self._known[key] = self._find(tool)
        return endpoint

    def _find(self, tool: Tool) -> Endpoint:
        options = self._options
        server = options.server_of(tool)
        url = server_url(tool, server, options.server_variables)
        named_url = url if is_url(server) else None
        return Endpoint(
            url,
            named_url,
            trust=trust_of(tool, named_url, options.server_variables),
            scope=self._apis.scope_of(tool.api, url),
            writer=RequestWriter(tool, url, options.writer),
        )
