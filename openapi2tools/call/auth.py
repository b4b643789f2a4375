"""A tool and credentials in, an `httpx.Auth` out that puts them on exactly the requests they belong on.

The security of an operation is any-of all-of (OpenAPI 3.1, section 4.8.30). The first alternative,
in the document's order, whose credentials are all given is used; then the first that a stored login
completes; `{}` (anybody may call) only when there is none. Where a credential may travel is in
`trust`, what it writes in `signing`, `digest` and `renewal`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

import httpx
from anyio import to_thread

from openapi2tools.call.credentials import signing
from openapi2tools.call.credentials import trust as trusting
from openapi2tools.call.credentials.digest import DigestAuth
from openapi2tools.call.credentials.schemes import (
    TOKEN_SCHEME_TYPES,
    api_base_url,
    effective_security,
)
from openapi2tools.call.credentials.sources import (
    SINGLE_API,
    ApiScope,
    Credential,
    CredentialFinder,
    Credentials,
    Secret,
    as_fields,
    environment_name,
    find_credential,
    resolve_credential,
)
from openapi2tools.call.credentials.trust import Trust, decide_trust
from openapi2tools.call.oauth.config import OAuthConfig, OAuthCredential, how_to_get_a_token
from openapi2tools.call.oauth.refresh import BearerAuth
from openapi2tools.call.oauth.token_sources import ClientTokenSource, StoredLoginSource
from openapi2tools.call.oauth.token_store import StoreUnusable, TokenStore
from openapi2tools.errors import MissingCredential
from openapi2tools.model import Server

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openapi2tools.model import Call, SecurityRequirement, SecurityScheme, Tool

Part: TypeAlias = "signing.RequestSigner | httpx.Auth"


@dataclass(frozen=True, slots=True)
class Need:
    """One scheme of an alternative, and what was given for it. `scheme` is None where the document does not define it.

    `logins` says that a stored login may serve: not where a callable decides for whom a call is.
    """

    key: str
    scheme: SecurityScheme | None
    scopes: tuple[str, ...]
    authority: OAuthConfig | None
    found: Credential | CredentialFinder | None = field(repr=False)
    logins: bool = False

    @property
    def given(self) -> bool:
        """Whether something was given, be it a callable that may have nothing for this call."""
        return self.found is not None and (
            self.scheme is not None or isinstance(self.found, httpx.Auth)
        )

    @property
    def anywhere(self) -> frozenset[str]:
        """The origins of token servers that may be on a private network: trusted ones, and the one that the user named."""
        named = self.found.get("token_url") if isinstance(self.found, Mapping) else None
        place = trusting.origin_of(named if isinstance(named, str) else None)
        return (self.authority.trust.private_network_origins if self.authority else frozenset()) | (
            {place} if place else frozenset()
        )

    async def part(self, call: Call) -> Part | None:
        """Read the secret, and make what writes it: a stamp at once, or a dialogue; None when there is nothing for this call."""
        credential = await resolve_credential(self.found, self.scheme, call)
        if isinstance(credential, httpx.Auth):
            return credential
        if self.scheme is None:
            return None
        if self.authority is not None:
            return await self._token(self.authority, credential)
        return None if credential is None else _stamp(self.scheme, credential)

    async def _token(self, authority: OAuthConfig, credential: Credential | None) -> Part | None:
        fields = None if credential is None else as_fields(credential, self.key)
        if credential is not None and fields is None:
            return signing.authorization_signer(authority.scheme, credential)
        settings = OAuthCredential.read(self.key, fields or {})
        if (
            settings.refresh_token
            or settings.password
            or (settings.client_secret and "authorizationCode" not in authority.flow_types)
        ):
            return BearerAuth(ClientTokenSource(authority, self.scopes, settings))
        if settings.token:
            return signing.authorization_signer(authority.scheme, settings.token)
        login = await to_thread.run_sync(self._login, authority, settings) if self.logins else None
        if (
            login is None
            and settings.client_secret
            and (authority.flow("clientCredentials") or not authority.flow_types)
        ):
            return BearerAuth(ClientTokenSource(authority, self.scopes, settings))
        return login

    def _login(self, authority: OAuthConfig, settings: OAuthCredential) -> BearerAuth | None:
        store = TokenStore()
        try:
            login = store.find(
                authority.key, client_id=settings.client_id, account=settings.account
            )
        except StoreUnusable:
            return None
        return BearerAuth(StoredLoginSource(store, authority, login)) if login else None

    def __str__(self) -> str:
        scopes = f" (scopes {', '.join(self.scopes)})" if self.scopes else ""
        return (
            f"{self.key}{scopes}"
            if self.scheme
            else f"{self.key} (which the document does not define)"
        )


@dataclass(frozen=True, slots=True)
class AuthPlan:
    """How a call authenticates, without any secret.

    `fills` are the places that authentication writes to: location, name on the wire, and a
    placeholder to show (`Bearer <bearerAuth>`). `missing` is what MissingCredential will say when
    no credential turns up, empty when the operation can do without. `anywhere` are the origins that
    the call may reach even on a private network: servers, and where tokens come from.
    """

    fills: tuple[signing.Placeholder, ...] = ()
    missing: str = ""
    trust: Trust = field(default_factory=Trust, repr=False)
    candidates: tuple[tuple[Need, ...], ...] = field(default=(), repr=False)

    @property
    def anywhere(self) -> frozenset[str]:
        """Give the origins of trusted servers and token servers that may be on a private network."""
        return self.trust.private_network_origins.union(
            *(need.anywhere for needs in self.candidates for need in needs)
        )

    async def auth(self, call: Call) -> httpx.Auth:
        """Read the secrets for this call; raises MissingCredential. What comes back raises Refused on a request to an untrusted origin."""
        for needs in self.candidates:
            parts = [await need.part(call) for need in needs]
            ready = [part for part in parts if part is not None]
            if len(ready) == len(needs):
                return self._sign(needs, ready)
        if self.missing:
            trouble = await to_thread.run_sync(_trouble, self.candidates)
            raise MissingCredential(" ".join(filter(None, (self.missing, trouble))))
        return httpx.Auth()

    def _sign(self, needs: Sequence[Need], parts: Sequence[Part]) -> httpx.Auth:
        keys = [need.key for need in needs]
        dialogues = [part for part in parts if isinstance(part, httpx.Auth)]
        stamps = [part for part in parts if not isinstance(part, httpx.Auth)]
        if len(dialogues) > 1:
            raise MissingCredential(
                f"Give one of {', '.join(keys)} as a ready-made token: two cannot negotiate for one request."
            )
        if twice := _written_twice(needs, parts):
            raise MissingCredential(
                f"{' and '.join(keys)} are asked for together, and two of them write the one header {twice}: if the document means either, "
                f"give only one and correct its security (an overlay can)."
            )
        return signing.CredentialAuth(keys, stamps, dialogues[0] if dialogues else None, self.trust)


def plan(
    tool: Tool,
    credentials: Credentials | None = None,
    *,
    server: str | None = None,
    server_variables: Mapping[str, str] | None = None,
    certificate: bool = False,
    others: ApiScope = SINGLE_API,
) -> AuthPlan:
    """Choose how to authenticate; pure: no secret is read, and `AuthPlan.auth` raises what is missing.

    `server` (a URL) and `server_variables` are what the user named, and thereby trusts.
    `certificate` says that the connections show one, which is all that mutual TLS asks for.
    `others` are the APIs whose credentials may be among these, too.
    """
    api = tool.api
    credentials = others.own_credentials(credentials)
    security, schemes = effective_security(tool, credentials)
    servers = tool.operation.servers or (Server("/"),)
    trusted = decide_trust(
        api.address, servers, named=[server] if server else (), variables=server_variables
    )
    base = api_base_url(api, server, server_variables)
    hosts = (
        [others.host]
        if others.host
        else sorted(urlsplit(place).netloc for place in trusted.origins)
    )
    needs = _Needs(schemes, api.address, credentials, base, hosts, certificate, others)
    alternatives = [needs.of(requirement) for requirement in security if requirement]
    candidates = [each for each in alternatives if all(need.given or need.logins for need in each)]
    candidates.sort(key=lambda each: not all(need.given for need in each))
    anonymous = len(alternatives) < len(security) or not security
    certain = [each for each in candidates if all(need.given for need in each)]
    shown = certain[0] if certain else () if anonymous else (*candidates, *alternatives)[0]
    return AuthPlan(
        fills=tuple(place for need in shown if (place := _fill(need))),
        missing="" if anonymous else _missing(tool, alternatives, others),
        trust=trusted,
        candidates=tuple(candidates),
    )


@dataclass(frozen=True, slots=True)
class _Needs:
    schemes: Mapping[str, SecurityScheme]
    address: str | None
    credentials: Credentials | None = field(repr=False)
    base: str
    hosts: Sequence[str]
    certificate: bool
    others: ApiScope

    def of(self, requirement: SecurityRequirement) -> tuple[Need, ...]:
        return tuple(self._need(key, tuple(scopes)) for key, scopes in requirement.items())

    def _need(self, key: str, scopes: tuple[str, ...]) -> Need:
        scheme = self.schemes.get(key)
        found = find_credential(key, self.credentials, self.hosts, self.others)
        if found is None and self.certificate and scheme is not None and scheme.type == "mutualTLS":
            found = Secret("shown by the connection")
        if scheme is None or scheme.type not in TOKEN_SCHEME_TYPES:
            return Need(key, scheme, scopes, None, found)
        return Need(
            key,
            scheme,
            scopes,
            OAuthConfig(scheme, self.address, self.base),
            found,
            logins=not callable(found),
        )


def _written_twice(needs: Sequence[Need], parts: Sequence[Part]) -> str:
    """Name a header that two schemes would write, empty where there is none; nobody knows what an Auth of the user's own writes."""
    ours = [
        need
        for need, part in zip(needs, parts, strict=True)
        if not isinstance(part, httpx.Auth) or isinstance(part, DigestAuth | BearerAuth)
    ]
    places = [place for need in ours if (place := _fill(need)) and place[0] == "header"]
    names = [name.lower() for _, name, _ in places if name.lower() != "cookie"]  # cookies join
    return next((name.title() for name in names if names.count(name) > 1), "")


def _trouble(candidates: Iterable[Sequence[Need]]) -> str:
    """Say why no stored login could be looked for, empty where it could."""
    for authority in (
        need.authority for needs in candidates for need in needs if need.logins and need.authority
    ):
        try:
            TokenStore().find(authority.key)
        except StoreUnusable as error:
            return str(error)
    return ""


def _stamp(scheme: SecurityScheme, credential: Credential) -> Part:
    if scheme.type == "mutualTLS":
        return lambda _: None  # the connection shows the certificate, nothing is written
    if scheme.type == "apiKey":
        return signing.api_key_signer(scheme, credential)
    if scheme.scheme == "digest":
        return DigestAuth(*signing.user_and_password(scheme, credential))
    return signing.authorization_signer(scheme, credential)


def _fill(need: Need) -> signing.Placeholder | None:
    return (
        signing.placeholder_for(need.scheme)
        if need.scheme
        else signing.Placeholder("header", "Authorization", f"<{need.key}>")
    )


def _missing(tool: Tool, alternatives: Iterable[tuple[Need, ...]], others: ApiScope) -> str:
    ways = " or ".join(" and ".join(map(str, needs)) for needs in alternatives)
    known = [need for needs in alternatives for need in needs if need.scheme]
    if not known:
        return f"{tool.name} needs {ways}: add it under securitySchemes (an overlay can), or give it an httpx.Auth in credentials=."
    key = known[0].key
    tokens = " ".join(
        how_to_get_a_token(need.authority, need.scopes) for need in known if need.authority
    )
    how = f"{{{key!r}: …}}, with --auth {key}=VALUE (or {key}=env:NAME), or in the environment variable {environment_name(key)}"
    if others.shares_variable(key):
        how = f"{{{f'{others.host}/{key}'!r}: …}}, since another API whose tools are here has a scheme of that name, too"
    return f"{tool.name} needs a credential for {ways}. Give it with credentials={how}.{' ' + tokens if tokens else ''}"
