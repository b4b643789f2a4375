"""Which security schemes an operation asks for, and what the names of credentials stand for.

A document defines its schemes under `securitySchemes` (OpenAPI 3.1, section 4.8.27). Where it
defines none, the names `bearer`, `basic`, `digest`, `header:NAME`, `query:NAME` and `cookie:NAME`
stand for the schemes that a user would write. Nothing here reads a secret.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING, Final

from openapi2tools.call.credentials import trust
from openapi2tools.model import SecurityScheme, Server

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.call.credentials.sources import Credentials
    from openapi2tools.model import Api, SecurityRequirement, Tool

TOKEN_SCHEME_TYPES: Final = ("oauth2", "openIdConnect")
"""The types of schemes whose credential is a token that an authorization server issues."""

_SHORTHANDS: Final = "bearer, basic, digest, header:NAME, query:NAME, cookie:NAME"


def api_base_url(
    api: Api, server: str | None = None, variables: Mapping[str, str] | None = None
) -> str:
    """Return the URL against which an API's relative URLs are resolved; empty when there is none.

    That is the server that the user named, or else the first one that the document names.
    """
    if server:
        return server
    named = chain(api.servers, *(operation.servers for operation in api.operations))
    first = next(named, Server("/"))
    url = trust.resolve_url(api.address, trust.expand_server_url(first, variables or {}))
    return url if trust.origin_of(url) else ""


def effective_security(
    tool: Tool, credentials: Credentials | None
) -> tuple[tuple[SecurityRequirement, ...], Mapping[str, SecurityScheme]]:
    """Return what an operation asks for, and the schemes that its names stand for.

    A third of real documents ask for nothing anywhere, though their APIs do. There the credentials
    that the user gives by name are used for every operation: those of the schemes that the document
    defines, or, where it defines none, of the schemes that the names are shorthands for.
    """
    api = tool.api
    if not isinstance(credentials, Mapping):
        return tool.operation.security, api.schemes
    if tool.operation.security or any(operation.security for operation in api.operations):
        return tool.operation.security, api.schemes
    names = dict.fromkeys(name.rpartition("/")[2] for name in credentials)
    schemes = api.schemes or _schemes_from_shorthands(names)
    requirement: SecurityRequirement = {name: () for name in names if name in schemes}
    return ((requirement, {}) if requirement else ()), schemes


def unknown_credentials(tools: Iterable[Tool], names: Iterable[str]) -> tuple[list[str], str]:
    """Return the names that no scheme of any tool has, and a text that lists the known ones.

    A name may be preceded by a host: `api.example.com/api_key`.
    """
    apis = {id(tool.api): tool.api for tool in tools}.values()
    names_by_api = [scheme_names(api) for api in apis]
    known = sorted(set().union(*names_by_api))
    takes_shorthands = not all(names_by_api)  # some document defines and asks for no scheme

    def is_known(name: str) -> bool:
        return name in known or (takes_shorthands and scheme_from_shorthand(name) is not None)

    unknown = [
        name for name in names if not is_known(name) and not is_known(name.partition("/")[2])
    ]
    listed = [*known, _SHORTHANDS] if takes_shorthands else known
    return unknown, ", ".join(filter(None, listed))


def scheme_names(api: Api) -> set[str]:
    """Return the names of schemes that a document defines, or asks for without defining them."""
    asked_for = {
        name
        for operation in api.operations
        for requirement in operation.security
        for name in requirement
    }
    return {*api.schemes, *asked_for}


def scheme_from_shorthand(name: str) -> SecurityScheme | None:
    """Return the scheme that a name stands for where a document defines none."""
    if name in ("bearer", "basic", "digest"):
        return SecurityScheme(name, "http", scheme=name)
    location, _, parameter = name.partition(":")
    match location:
        case "header" | "query" | "cookie" if parameter:
            return SecurityScheme(name, "apiKey", name=parameter, location=location)
    return None


def _schemes_from_shorthands(names: Iterable[str]) -> dict[str, SecurityScheme]:
    schemes = ((name, scheme_from_shorthand(name)) for name in names)
    return {name: scheme for name, scheme in schemes if scheme is not None}
