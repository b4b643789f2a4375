"""Which security schemes an operation asks for, and what the names of credentials stand for.

A document defines its schemes under `securitySchemes` (OpenAPI 3.1, section 4.8.27). Besides those,
the names `bearer`, `basic`, `digest`, `header:NAME`, `query:NAME` and `cookie:NAME` stand for the
schemes that a user would write. Nothing here shows a secret.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from openapi2tools.call.credentials import trust
from openapi2tools.call.credentials.sources import SINGLE_API, find_credential
from openapi2tools.model import SecurityScheme, Server

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from openapi2tools.call.credentials.sources import ApiScope, Credentials
    from openapi2tools.model import Api, Operation, SecurityRequirement, Tool

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


class EffectiveSecurity(NamedTuple):
    """What an operation asks for, by the document and by what the user gives.

    Attributes:
        security: The alternatives, as in `Operation.security`.
        schemes: The schemes that their names stand for.
        is_optional: Whether the operation can do without any of them.
        generic: The names of those that the user gives and the document does not define. They go
            with every alternative, and are one by themselves.
    """

    security: tuple[SecurityRequirement, ...]
    schemes: Mapping[str, SecurityScheme]
    is_optional: bool
    generic: frozenset[str] = frozenset()


def effective_security(
    tool: Tool, credentials: Credentials | None, scope: ApiScope = SINGLE_API
) -> EffectiveSecurity:
    """Return what an operation asks for, and the schemes that its names stand for.

    Many documents say nothing about an operation, though their APIs want a credential. There those
    that the user gives by the names of schemes are used; a callable is asked for each scheme.
    `security: []` is a word where the document knows schemes, and nothing goes with it but what
    fills a parameter.

    Args:
        tool: The tool that is called.
        credentials: What was given for its API, by the plain names of schemes.
        scope: Which environment variables may be meant for other APIs.
    """
    api, operation = tool.api, tool.operation
    security = operation.security
    if callable(credentials):
        is_optional = not security or {} in security
        security = security or tuple({name: ()} for name in api.schemes)
        return EffectiveSecurity(security, api.schemes, is_optional)
    credentials = credentials or {}
    generic = _generic_schemes(tool, credentials)
    schemes = {**api.schemes, **generic}
    if not security:
        security = _security_of_given(credentials, api.schemes, scope)
    is_optional = {} in security or not (security or generic)
    security = tuple(_with_generic(requirement, schemes, generic) for requirement in security)
    if generic:
        security += (dict.fromkeys(generic, ()),)
    return EffectiveSecurity(security, schemes, is_optional, frozenset(generic))


def _generic_schemes(tool: Tool, names: Iterable[str]) -> dict[str, SecurityScheme]:
    """Return the schemes that the user gives by their kind, and the document does not define."""
    operation, known_names = tool.operation, scheme_names(tool.api)
    schemes = {name: scheme_from_shorthand(name) for name in names if name not in known_names}
    # A document without any scheme may write `security: []` everywhere (Kinto's does), and its API
    # asks for a credential all the same.
    is_public = bool(tool.api.schemes) and bool(operation.security) and not any(operation.security)
    return {
        name: scheme
        for name, scheme in schemes.items()
        if scheme is not None and (not is_public or _fills(scheme, operation))
    }


def _security_of_given(
    credentials: Iterable[str], schemes: Mapping[str, SecurityScheme], scope: ApiScope
) -> tuple[SecurityRequirement, ...]:
    """Return the schemes that something is given for; of two that write to one place, the first.

    The environment counts where nothing is given by name.
    """
    names = [name for name in credentials if name in schemes]
    by_place = {place_of(schemes[name]): name for name in reversed(names)}
    given = {name: () for name in names if name in by_place.values()}
    if given:
        return (given,)
    in_environment = [name for name in schemes if find_credential(name, None, scope)]
    return tuple({name: ()} for name in in_environment)


def _with_generic(
    requirement: SecurityRequirement,
    schemes: Mapping[str, SecurityScheme],
    generic: Mapping[str, SecurityScheme],
) -> SecurityRequirement:
    """Add what the user gives besides, but for what would write where the requirement does."""
    if not requirement:
        return requirement
    places = {place_of(schemes.get(name) or undeclared_scheme(name)) for name in requirement}
    added = [name for name, scheme in generic.items() if place_of(scheme) not in places]
    return {**requirement, **dict.fromkeys(added, ())}


def place_of(scheme: SecurityScheme) -> tuple[str, str]:
    """Return where a scheme writes: location and name, a header's in lower case."""
    if scheme.type == "mutualTLS":
        return "connection", scheme.key
    if scheme.type != "apiKey":
        return "header", "authorization"
    if scheme.location in ("query", "cookie"):
        return scheme.location, scheme.name
    return "header", scheme.name.lower()


def _fills(scheme: SecurityScheme, operation: Operation) -> bool:
    """Return whether a scheme writes where the operation declares a parameter."""
    return any(
        (each.location, each.name.lower()) == (scheme.location, scheme.name.lower())
        for each in operation.parameters
    )


def undeclared_scheme(name: str, credential: object = None) -> SecurityScheme:
    """Return the scheme that a name means which a document asks for and does not define.

    It is what the name says, basic for a user and a password, or else a bearer token.
    """
    if (scheme := scheme_from_shorthand(name)) is not None:
        return scheme
    is_basic = isinstance(credential, tuple) or "basic" in name.lower()
    return SecurityScheme(name, "http", scheme="basic" if is_basic else "bearer")


def unknown_credentials(
    tools: Iterable[Tool],
    names: Iterable[str],
    *,
    servers: Iterable[str] = (),
    variables: Mapping[str, str] | None = None,
) -> tuple[list[str], str]:
    """Return the names that no scheme of any tool has, and a text that lists the known ones.

    A name may be preceded by a host, or by the title or source of a document:
    `api.example.com/api_key`. The shorthands, such as `bearer`, are known for every API.

    Args:
        tools: The tools that are called.
        names: What the credentials are given for.
        servers: The URLs of servers that the user named.
        variables: The user's values for the variables of the documents' servers.
    """
    apis = {id(tool.api): tool.api for tool in tools}.values()
    known = sorted(set().union(*(scheme_names(api) for api in apis)))
    prefixes = {urlsplit(trust.origin_of(server) or "").netloc for server in servers}
    for api in apis:
        hosts = (urlsplit(origin).netloc for origin in trust.server_origins(api, variables))
        prefixes |= {api.title, api.address or "", *hosts}

    def is_known(name: str) -> bool:
        return any(
            (end in known or scheme_from_shorthand(end)) and (not prefix or prefix in prefixes)
            for prefix, end in _splits(name)
        )

    unknown = [name for name in names if not is_known(name)]
    return unknown, ", ".join([*known, _SHORTHANDS])


def _splits(name: str) -> Iterator[tuple[str, str]]:
    """Yield a name with no prefix, and then what stands before and after each slash in it."""
    yield "", name
    for index, character in enumerate(name):
        if character == "/":
            yield name[:index], name[index + 1 :]


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
    """Return the scheme that a name stands for which the document does not define."""
    if name in ("bearer", "basic", "digest"):
        return SecurityScheme(name, "http", scheme=name)
    location, _, parameter = name.partition(":")
    match location:
        case "header" | "query" | "cookie" if parameter:
            return SecurityScheme(name, "apiKey", name=parameter, location=location)
    return None
