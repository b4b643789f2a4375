"""Plan how a call authenticates, and make the `httpx.Auth` that does it.

The security of an operation is a list of alternatives; each names the schemes that it needs
together (OpenAPI 3.1, section 4.8.30). The first alternative, in the document's order, whose
credentials are all given is used; then the first that a stored login completes. `{}` (anybody may
call) counts only when there is none. Where a credential may travel is decided in `trust`; what is
written on a request, in `signing`, `digest` and `refresh`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit

import httpx
from anyio import to_thread

from openapi2tools.call.credentials import signing
from openapi2tools.call.credentials.digest import DigestAuth
from openapi2tools.call.credentials.identity import HoldsCredential
from openapi2tools.call.credentials.schemes import (
    TOKEN_SCHEME_TYPES,
    api_base_url,
    effective_security,
)
from openapi2tools.call.credentials.signing import CredentialAuth, Placeholder, RequestSigner
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
from openapi2tools.call.credentials.trust import Trust, decide_trust, origin_of
from openapi2tools.call.oauth.config import OAuthConfig, OAuthCredential, how_to_get_a_token
from openapi2tools.call.oauth.refresh import BearerAuth
from openapi2tools.call.oauth.token_sources import ClientTokenSource, StoredLoginSource
from openapi2tools.call.oauth.token_store import StoreUnusable, TokenStore
from openapi2tools.errors import MissingCredential
from openapi2tools.model import Server

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from openapi2tools.model import Call, SecurityRequirement, SecurityScheme, Tool

_Signer: TypeAlias = RequestSigner | httpx.Auth
"""What puts one credential on a request: at once, or in a dialogue with servers."""


@dataclass(frozen=True, slots=True)
class SchemeRequirement(HoldsCredential):
    """One scheme that an alternative needs, and what was given for it.

    Attributes:
        key: The name of the scheme.
        scheme: The scheme; None where the document does not define it.
        scopes: The scopes that the operation needs of it.
        oauth: Where its tokens come from; None for a scheme without tokens.
        found: What was given for it, be it a callable; None when nothing was.
        allows_login: Whether a stored login may serve. It may not where a callable decides for
            whom a call is.
    """

    key: str
    scheme: SecurityScheme | None
    scopes: tuple[str, ...]
    oauth: OAuthConfig | None
    found: Credential | CredentialFinder | None = field(repr=False)
    allows_login: bool = False

    @property
    def is_given(self) -> bool:
        """Whether something was given, be it a callable that may have nothing for this call."""
        if self.found is None:
            return False
        return self.scheme is not None or isinstance(self.found, httpx.Auth)

    @property
    def private_network_origins(self) -> frozenset[str]:
        """The origins of token servers that may be on a private network.

        They are the trusted ones, and the one that the user named as `token_url`.
        """
        origins: frozenset[str] = frozenset()
        if self.oauth is not None:
            origins = self.oauth.trust.private_network_origins
        token_url = self.found.get("token_url") if isinstance(self.found, Mapping) else None
        named = origin_of(token_url) if isinstance(token_url, str) else None
        return origins | {named} if named else origins

    async def signer(self, call: Call) -> _Signer | None:
        """Read the secret, and return what writes it; None when there is nothing for this call."""
        credential = await resolve_credential(self.found, self.scheme, call)
        if isinstance(credential, httpx.Auth):
            return credential
        if self.scheme is None:
            return None
        if self.oauth is not None:
            return await self._token_signer(self.oauth, credential)
        return None if credential is None else _signer_for(self.scheme, credential)

    async def _token_signer(
        self, oauth: OAuthConfig, credential: Credential | None
    ) -> _Signer | None:
        """Choose among a ready-made token, the program's own credentials, and a stored login.

        A `client_secret` alone serves at once where only a program could use it. Where the document
        has a flow for persons, too, a stored login goes first.
        """
        fields = None if credential is None else as_fields(credential, self.key)
        if credential is not None and fields is None:
            return signing.authorization_signer(oauth.scheme, credential)
        settings = OAuthCredential.read(self.key, fields or {})
        client_source = ClientTokenSource(oauth, self.scopes, settings)
        is_for_a_program = settings.client_secret and "authorizationCode" not in oauth.flow_types
        if settings.refresh_token or settings.password or is_for_a_program:
            return BearerAuth(client_source)
        if settings.token:
            return signing.authorization_signer(oauth.scheme, settings.token)
        login = None
        if self.allows_login:
            login = await to_thread.run_sync(self._stored_login, oauth, settings)
        if login is None and settings.client_secret and oauth.flow("clientCredentials"):
            return BearerAuth(client_source)
        return login

    def _stored_login(self, oauth: OAuthConfig, settings: OAuthCredential) -> BearerAuth | None:
        store = TokenStore()
        try:
            login = store.find(oauth.key, client_id=settings.client_id, account=settings.account)
        except StoreUnusable:
            return None
        return BearerAuth(StoredLoginSource(store, oauth, login)) if login else None

    def __str__(self) -> str:
        if self.scheme is None:
            return f"{self.key} (which the document does not define)"
        return f"{self.key} (scopes {', '.join(self.scopes)})" if self.scopes else self.key


_Alternative: TypeAlias = tuple[SchemeRequirement, ...]
"""The schemes that are needed together."""


@dataclass(frozen=True, slots=True)
class AuthPlan(HoldsCredential):
    """How a call authenticates, without any secret.

    Attributes:
        placeholders: Where authentication writes, and what to show there: location, name on the
            wire, and a text such as `Bearer <bearerAuth>`.
        missing: What MissingCredential will say when no credential turns up; empty when the
            operation can do without.
        trust: The origins that credentials may travel to.
        candidates: The alternatives that may serve, the best one first.
    """

    placeholders: tuple[Placeholder, ...] = ()
    missing: str = ""
    trust: Trust = field(default_factory=Trust, repr=False)
    candidates: tuple[_Alternative, ...] = field(default=(), repr=False)

    @property
    def private_network_origins(self) -> frozenset[str]:
        """The origins of servers and token servers that may be on a private network."""
        origins = self.trust.private_network_origins
        for alternative in self.candidates:
            for requirement in alternative:
                origins |= requirement.private_network_origins
        return origins

    async def auth(self, call: Call) -> httpx.Auth:
        """Read the secrets for this call, and return what signs its requests.

        What is returned raises Refused on a request to an untrusted origin.

        Raises:
            MissingCredential: There is none for this call, and the operation needs one.
        """
        for alternative in self.candidates:
            signers = [await requirement.signer(call) for requirement in alternative]
            ready = [signer for signer in signers if signer is not None]
            if len(ready) == len(alternative):
                return self._combine(alternative, ready)
        if self.missing:
            problem = await to_thread.run_sync(_token_store_problem, self.candidates)
            raise MissingCredential(" ".join(filter(None, (self.missing, problem))))
        return httpx.Auth()

    def _combine(self, alternative: _Alternative, signers: Sequence[_Signer]) -> httpx.Auth:
        """Make one `httpx.Auth` of the signers of an alternative."""
        keys = [requirement.key for requirement in alternative]
        dialogues = [signer for signer in signers if isinstance(signer, httpx.Auth)]
        writers = [signer for signer in signers if not isinstance(signer, httpx.Auth)]
        if len(dialogues) > 1:
            raise MissingCredential(
                f"Give one of {', '.join(keys)} as a ready-made token: "
                "two cannot negotiate for one request."
            )
        header = _header_written_twice(alternative, signers)
        if header:
            raise MissingCredential(
                f"{' and '.join(keys)} are asked for together, "
                f"and two of them write the one header {header}: if the document means either, "
                "give only one and correct its security (an overlay can)."
            )
        return CredentialAuth(keys, writers, dialogues[0] if dialogues else None, self.trust)


def plan(
    tool: Tool,
    credentials: Credentials | None = None,
    *,
    server: str | None = None,
    server_variables: Mapping[str, str] | None = None,
    certificate: bool = False,
    scope: ApiScope = SINGLE_API,
) -> AuthPlan:
    """Choose how to authenticate; pure: no secret is read.

    Args:
        tool: The tool that is called.
        credentials: What the user gave.
        server: The URL that the user named, and thereby trusts.
        server_variables: The variables that the user gave, likewise.
        certificate: Whether the connections show one, which is all that mutual TLS asks for.
        scope: Which of the credentials may be those of other APIs.
    """
    api = tool.api
    credentials = scope.own_credentials(credentials)
    security, schemes = effective_security(tool, credentials)
    trusted = decide_trust(
        api.address,
        tool.operation.servers or (Server("/"),),
        named=[server] if server else (),
        variables=server_variables,
    )
    finder = _RequirementFinder(
        schemes=schemes,
        address=api.address,
        credentials=credentials,
        base_url=api_base_url(api, server, server_variables),
        hosts=[scope.host] if scope.host else _hosts(trusted.origins),
        certificate=certificate,
        scope=scope,
    )
    alternatives = [finder.alternative(requirement) for requirement in security if requirement]
    # Sorting is stable: those that are given go first, each group in the document's order.
    candidates = sorted(filter(_may_serve, alternatives), key=_is_given, reverse=True)
    is_optional = len(alternatives) < len(security) or not security
    if candidates and _is_given(candidates[0]):
        shown = candidates[0]
    elif is_optional:
        shown = ()
    else:
        shown = (*candidates, *alternatives)[0]
    return AuthPlan(
        placeholders=tuple(filter(None, map(_placeholder, shown))),
        missing="" if is_optional else _missing_message(tool, alternatives, scope),
        trust=trusted,
        candidates=tuple(candidates),
    )


def _is_given(alternative: _Alternative) -> bool:
    return all(requirement.is_given for requirement in alternative)


def _may_serve(alternative: _Alternative) -> bool:
    return all(requirement.is_given or requirement.allows_login for requirement in alternative)


def _hosts(origins: Iterable[str]) -> list[str]:
    return sorted(urlsplit(origin).netloc for origin in origins)


@dataclass(frozen=True, slots=True, kw_only=True)
class _RequirementFinder:
    """Finds what was given for the schemes of one API."""

    schemes: Mapping[str, SecurityScheme]
    address: str | None
    credentials: Credentials | None = field(repr=False)
    base_url: str
    hosts: Sequence[str]
    certificate: bool
    scope: ApiScope

    def alternative(self, requirement: SecurityRequirement) -> _Alternative:
        return tuple(self._requirement(key, tuple(scopes)) for key, scopes in requirement.items())

    def _requirement(self, key: str, scopes: tuple[str, ...]) -> SchemeRequirement:
        scheme = self.schemes.get(key)
        found = find_credential(key, self.credentials, self.hosts, self.scope)
        if found is None and self.certificate and scheme is not None and scheme.type == "mutualTLS":
            found = Secret("shown by the connection")
        if scheme is None or scheme.type not in TOKEN_SCHEME_TYPES:
            return SchemeRequirement(key, scheme, scopes, None, found)
        oauth = OAuthConfig(scheme, self.address, self.base_url)
        allows_login = not callable(found)
        return SchemeRequirement(key, scheme, scopes, oauth, found, allows_login)


def _header_written_twice(alternative: _Alternative, signers: Sequence[_Signer]) -> str:
    """Return the name of a header that two schemes would write; empty where there is none.

    Cookies join, and nobody knows what an `httpx.Auth` of the user's own writes.
    """
    names: list[str] = []
    for requirement, signer in zip(alternative, signers, strict=True):
        if isinstance(signer, httpx.Auth) and not isinstance(signer, DigestAuth | BearerAuth):
            continue
        placeholder = _placeholder(requirement)
        if placeholder is None:
            continue
        name = placeholder.name.lower()
        if placeholder.location == "header" and name != "cookie":
            names.append(name)
    return next((name.title() for name in names if names.count(name) > 1), "")


def _token_store_problem(candidates: Iterable[_Alternative]) -> str:
    """Return why no stored login could be looked for; empty where it could."""
    for alternative in candidates:
        for requirement in alternative:
            if not requirement.allows_login or requirement.oauth is None:
                continue
            try:
                TokenStore().find(requirement.oauth.key)
            except StoreUnusable as error:
                return str(error)
    return ""


def _signer_for(scheme: SecurityScheme, credential: Credential) -> _Signer:
    if scheme.type == "mutualTLS":
        return lambda _: None  # the connection shows the certificate, nothing is written
    if scheme.type == "apiKey":
        return signing.api_key_signer(scheme, credential)
    if scheme.scheme == "digest":
        return DigestAuth(*signing.user_and_password(scheme, credential))
    return signing.authorization_signer(scheme, credential)


def _placeholder(requirement: SchemeRequirement) -> Placeholder | None:
    if requirement.scheme is None:
        return Placeholder("header", "Authorization", f"<{requirement.key}>")
    return signing.placeholder_for(requirement.scheme)


def _missing_message(tool: Tool, alternatives: Sequence[_Alternative], scope: ApiScope) -> str:
    """Return what MissingCredential says: what the operation needs, and each way to give it."""
    ways = " or ".join(" and ".join(map(str, alternative)) for alternative in alternatives)
    requirements = [requirement for alternative in alternatives for requirement in alternative]
    defined = [requirement for requirement in requirements if requirement.scheme]
    if not defined:
        return (
            f"{tool.name} needs {ways}: add it under securitySchemes (an overlay can), "
            "or give it an httpx.Auth in credentials=."
        )
    key = defined[0].key
    if scope.shares_variable(key):
        how = (
            f"{{{f'{scope.host}/{key}'!r}: …}}, since another API whose tools are here "
            "has a scheme of that name, too"
        )
    else:
        how = (
            f"{{{key!r}: …}}, with --auth {key}=VALUE (or {key}=env:NAME), "
            f"or in the environment variable {environment_name(key)}"
        )
    message = f"{tool.name} needs a credential for {ways}. Give it with credentials={how}."
    token_ways = [
        how_to_get_a_token(requirement.oauth, requirement.scopes)
        for requirement in defined
        if requirement.oauth
    ]
    return " ".join([message, *token_ways])
