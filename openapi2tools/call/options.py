"""The options of `connect`, and the checks that refuse values they cannot have."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isfinite
from typing import TYPE_CHECKING, Final, TypeAlias

from openapi2tools.call import servers
from openapi2tools.call.credentials.certificates import Certificate
from openapi2tools.call.credentials.schemes import unknown_credentials
from openapi2tools.errors import InvalidOption

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Mapping

    import httpx

    from openapi2tools.call.approval.consent import Answer
    from openapi2tools.call.credentials.sources import Credentials
    from openapi2tools.call.policy import Policy
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.call.serialization import bodies
    from openapi2tools.model import Toolset

Approve: TypeAlias = "Callable[[Prepared], Answer | Awaitable[Answer]]"
"""Asked whether a call may go out; synchronous or asynchronous.

True sends it. `"later"` puts the question off, `"tool"` says yes to every call of this tool in this
run, and whatever else is returned is a no.
"""
Cert: TypeAlias = str | tuple[str, str] | Certificate
"""A client certificate: a PEM file, a pair of certificate and key files, or a `Certificate`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `connect` was given; its docstring says what each option means."""

    credentials: Credentials | None = field(repr=False)
    policy: Policy
    server: str | int | None
    server_variables: Mapping[str, str]
    http: httpx.AsyncClient | None
    approve: Approve | None
    timeout: float
    retries: int
    verify: bool | str | ssl.SSLContext
    cert: Cert | None = field(repr=False)
    headers: httpx.Headers = field(repr=False)
    writer: bodies.BodyWriter
    limit: int
    validate: bool
    defaults: bool
    cookies: bool


def check_credential_names(tools: Toolset, credentials: Credentials | None) -> None:
    """Raise InvalidOption for credentials of a scheme that no tool has."""
    if not tools or credentials is None or callable(credentials):
        return
    unknown, known = unknown_credentials(tools.values(), credentials)
    if unknown:
        raise InvalidOption(
            f"credentials={{{unknown[0]!r}: …}}: no tool here has that security scheme, "
            f"but: {known}."
        )


_HEADERS_OF_EVERY_CLIENT: Final = frozenset(
    {"accept", "accept-encoding", "connection", "user-agent"}
)
"""What httpx sends by itself: no word of the user's."""


def header_names(options: Options) -> tuple[str, ...]:
    """Return the names of the headers that the user sends with every call, where they matter."""
    names = [name.decode() for name, _ in options.headers.raw]
    if options.http is not None:
        names += [name.decode() for name, _ in options.http.headers.raw]
    return tuple(name for name in names if name.lower() not in _HEADERS_OF_EVERY_CLIENT)


def check_server_variables(tools: Toolset, variables: Mapping[str, str]) -> None:
    """Raise InvalidOption for a variable that no server has: a slip would call another server."""
    if not tools or not variables:
        return
    # Tools share their servers: each is looked at once.
    found = {id(server): server for tool in tools.values() for server in tool.operation.servers}
    known = {name for server in found.values() for name in servers.variable_names(server)}
    unknown = sorted(variables.keys() - known)
    if unknown:
        raise InvalidOption(
            f"server_variables={{{unknown[0]!r}: …}}: no server has that variable, "
            f"but: {', '.join(sorted(known)) or 'none'}."
        )


def check_numbers(timeout: float, retries: int, limit: int) -> None:
    """Raise InvalidOption for a number that is out of range, or no number."""
    if not isinstance(timeout, int | float) or not isfinite(timeout) or timeout <= 0:
        raise InvalidOption(
            f"timeout={timeout!r}: give the seconds that a whole call may take, a number above 0."
        )
    if not isinstance(retries, int) or retries < 0:
        raise InvalidOption(
            f"retries={retries!r}: give how often a request may be sent again, "
            "a whole number from 0 on."
        )
    if not isinstance(limit, int) or limit < 1:
        raise InvalidOption(
            f"limit={limit!r}: give the characters that the text of a result may have, "
            "a whole number from 1 on."
        )
