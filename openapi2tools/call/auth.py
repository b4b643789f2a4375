"""A tool and credentials in, an `httpx.Auth` out that puts them on exactly the requests they belong on.

The security of an operation is any-of all-of (OpenAPI 3.1, section 4.8.30). The first alternative, in the document's order, whose
credentials are all given is used; then the first that a stored login completes; `{}` (anybody may call) only when there is none. Where a
credential may travel is in `trust`, what it writes in `signing`, `digest` and `renewal`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import urljoin, urlsplit

import httpx
from anyio import to_thread

from openapi2tools.call import oauth, signing
from openapi2tools.call.credentials import Credential, CredentialFinder, Credentials, as_fields, environment_name, find, resolve
from openapi2tools.call.digest import Digest
from openapi2tools.call.renewal import Bearer, LoggedIn, OwnMeans
from openapi2tools.call.tokens import open_store
from openapi2tools.call.trust import Trust, expand, is_remote, trust
from openapi2tools.errors import MissingCredential
from openapi2tools.model import Server

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from openapi2tools.model import Api, Call, SecurityRequirement, SecurityScheme, Tool

NOWHERE: Final = Trust(frozenset(), {})
WITH_TOKENS: Final = ("oauth2", "openIdConnect")
Part: TypeAlias = "signing.Stamp | httpx.Auth"


@dataclass(frozen=True, slots=True)
class Need:
    """One scheme of an alternative, and what was given for it. `scheme` is None where the document does not define it.

    `logins` says that a stored login may serve: not where a callable decides for whom a call is.
    """

    key: str
    scheme: SecurityScheme | None
    scopes: tuple[str, ...]
    authority: oauth.Authority | None
    found: Credential | CredentialFinder | None = field(repr=False)
    logins: bool = False

    @property
    def given(self) -> bool:
        """Whether something was given, be it a callable that may have nothing for this call."""
        return self.found is not None and (self.scheme is not None or isinstance(self.found, httpx.Auth))

    async def part(self, call: Call) -> Part | None:
        """Read the secret, and make what writes it: a stamp at once, or a dialogue; None when there is nothing for this call."""
        credential = await resolve(self.found, self.scheme, call)
        if isinstance(credential, httpx.Auth):
            return credential
        if self.scheme is None:
            return None
        if self.authority is not None:
            return await self._token(self.authority, credential)
        return None if credential is None else _stamp(self.scheme, credential)

    async def _token(self, authority: oauth.Authority, credential: Credential | None) -> Part | None:
        fields = None if credential is None else as_fields(credential, self.key)
        if credential is not None and fields is None:
            return signing.authorization(authority.scheme, credential)
        settings = oauth.Settings.read(self.key, fields or {})
        if settings.refresh_token or settings.password or (settings.client_secret and "authorizationCode" not in authority.kinds):
            return Bearer(OwnMeans(authority, self.scopes, settings))
        if settings.token:
            return signing.authorization(authority.scheme, settings.token)
        login = await to_thread.run_sync(self._login, authority, settings) if self.logins else None
        if login is None and settings.client_secret and (authority.flow("clientCredentials") or not authority.kinds):
            return Bearer(OwnMeans(authority, self.scopes, settings))
        return login

    def _login(self, authority: oauth.Authority, settings: oauth.Settings) -> Bearer | None:
        store = open_store()
        login = store.find(authority.key, client_id=settings.client_id, account=settings.account)
        return Bearer(LoggedIn(store, authority, login)) if login else None

    def __str__(self) -> str:
        scopes = f" (scopes {', '.join(self.scopes)})" if self.scopes else ""
        return f"{self.key}{scopes}" if self.scheme else f"{self.key} (which the document does not define)"


@dataclass(frozen=True, slots=True)
class AuthPlan:
    """How a call authenticates, without any secret.

    `fills` are the places that authentication writes to: location, name on the wire, and a placeholder to show (`Bearer <bearerAuth>`).
    `missing` is what MissingCredential will say when no credential turns up, empty when the operation can do without. `origins` are those
    that the call may have to reach: servers, and where tokens come from.
    """

    fills: tuple[signing.Fill, ...] = ()
    missing: str = ""
    trust: Trust = field(default=NOWHERE, repr=False)
    candidates: tuple[tuple[Need, ...], ...] = field(default=(), repr=False)

    @property
    def origins(self) -> frozenset[str]:
        """Give the origins of the trusted servers and of the token servers."""
        authorities = [need.authority for needs in self.candidates for need in needs if need.authority]
        return self.trust.origins.union(*(authority.origins for authority in authorities))

    async def auth(self, call: Call) -> httpx.Auth:
        """Read the secrets for this call; raises MissingCredential. What comes back raises Refused on a request to an untrusted origin."""
        for needs in self.candidates:
            parts = [await need.part(call) for need in needs]
            ready = [part for part in parts if part is not None]
            if len(ready) == len(needs):
                return self._sign([need.key for need in needs], ready)
        if self.missing:
            raise MissingCredential(self.missing)
        return httpx.Auth()

    def _sign(self, keys: Sequence[str], parts: Sequence[Part]) -> httpx.Auth:
        dialogues = [part for part in parts if isinstance(part, httpx.Auth)]
        stamps = [part for part in parts if not isinstance(part, httpx.Auth)]
        if len(dialogues) > 1:
            raise MissingCredential(f"Give one of {', '.join(keys)} as a ready-made token: two cannot negotiate for one request.")
        return signing.Signature(keys, stamps, dialogues[0] if dialogues else None, self.trust)


def plan(
    tool: Tool,
    credentials: Credentials | None = None,
    *,
    server: str | None = None,
    server_variables: Mapping[str, str] | None = None,
) -> AuthPlan:
    """Choose how to authenticate; pure: no secret is read, and `AuthPlan.auth` raises what is missing.

    `server` (a URL) and `server_variables` are what the user named, and thereby trusts.
    """
    api, security = tool.api, tool.operation.security
    servers = tool.operation.servers or (Server("/"),)
    trusted = trust(api.address, servers, named=[server] if server else (), variables=server_variables)
    base = base_of(api, server, server_variables)
    needs = _Needs(api, credentials, base, sorted(urlsplit(place).netloc for place in trusted.origins))
    alternatives = [needs.of(requirement) for requirement in security if requirement]
    candidates = [each for each in alternatives if all(need.given or need.logins for need in each)]
    candidates.sort(key=lambda each: not all(need.given for need in each))
    anonymous = len(alternatives) < len(security) or not security
    certain = [each for each in candidates if all(need.given for need in each)]
    shown = certain[0] if certain else () if anonymous else (*candidates, *alternatives)[0]
    return AuthPlan(
        fills=tuple(place for need in shown if (place := _fill(need))),
        missing="" if anonymous else _missing(tool, alternatives),
        trust=trusted,
        candidates=tuple(candidates),
    )


def base_of(api: Api, server: str | None = None, variables: Mapping[str, str] | None = None) -> str:
    """Give the address that an API's relative ones hang on: the server that the user named, or the document's first; empty without any."""
    if server:
        return server
    servers = (*api.servers, *(each for operation in api.operations for each in operation.servers), Server("/"))
    url = expand(servers[0], variables or {})
    url = urljoin(api.address, url) if api.address and is_remote(api.address) else url
    return url if is_remote(url) else ""


@dataclass(frozen=True, slots=True)
class _Needs:
    api: Api
    credentials: Credentials | None = field(repr=False)
    base: str
    hosts: Sequence[str]

    def of(self, requirement: SecurityRequirement) -> tuple[Need, ...]:
        return tuple(self._need(key, tuple(scopes)) for key, scopes in requirement.items())

    def _need(self, key: str, scopes: tuple[str, ...]) -> Need:
        scheme = self.api.schemes.get(key)
        found = find(key, self.credentials, self.hosts)
        if scheme is None or scheme.type not in WITH_TOKENS:
            return Need(key, scheme, scopes, None, found)
        return Need(key, scheme, scopes, oauth.Authority(scheme, self.api.address, self.base), found, logins=not callable(found))


def _stamp(scheme: SecurityScheme, credential: Credential) -> Part:
    if scheme.type == "mutualTLS":
        return lambda _: None  # the connection shows the certificate, nothing is written
    if scheme.type == "apiKey":
        return signing.api_key(scheme, credential)
    if scheme.scheme == "digest":
        return Digest(*signing.user_and_password(scheme, credential))
    return signing.authorization(scheme, credential)


def _fill(need: Need) -> signing.Fill | None:
    return signing.fill(need.scheme) if need.scheme else ("header", "Authorization", f"<{need.key}>")


def _missing(tool: Tool, alternatives: Iterable[tuple[Need, ...]]) -> str:
    ways = " or ".join(" and ".join(map(str, needs)) for needs in alternatives)
    known = [need for needs in alternatives for need in needs if need.scheme]
    if not known:
        return f"{tool.name} needs {ways}: add it under securitySchemes (an overlay can), or give it an httpx.Auth in credentials=."
    key = known[0].key
    tokens = " ".join(oauth.how_to_log_in(need.authority, need.scopes) for need in known if need.authority)
    return (
        f"{tool.name} needs a credential for {ways}. Give it with credentials={{{key!r}: …}}, with --auth {key}=VALUE (or {key}=env:NAME), "
        f"or in the environment variable {environment_name(key)}.{' ' + tokens if tokens else ''}"
    )
