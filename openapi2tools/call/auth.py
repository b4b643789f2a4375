"""Plan how a call authenticates, and make the `httpx.Auth` that does it.

The security of an operation is a list of alternatives; each names the schemes that it needs
together (OpenAPI 3.1, section 4.8.30). The first alternative, in the document's order, whose
credentials are all given is used; then the first that a stored login completes; then what the user
gives and the document does not define. `{}` (anybody may call) counts only when there is none.
Where a credential may travel is decided in `trust`; what is written on a request, in `signing`,
`digest` and `refresh`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
from anyio import to_thread

from openapi2tools.call.credentials import signing
from openapi2tools.call.credentials.digest import DigestAuth
from openapi2tools.call.credentials.foreign_auth import is_auth_flow
from openapi2tools.call.credentials.identity import HoldsCredential
from openapi2tools.call.credentials.schemes import (
    TOKEN_SCHEME_TYPES,
    api_base_url,
    effective_security,
    place_of,
    undeclared_scheme,
)
from openapi2tools.call.credentials.signing import CredentialAuth, Placeholder
from openapi2tools.call.credentials.sources import (
    SINGLE_API,
    ApiScope,
    Credentials,
    Found,
    environment_credential,
    given_credential,
)
from openapi2tools.call.credentials.trust import Trust, decide_trust
from openapi2tools.call.oauth.config import OAuthConfig
from openapi2tools.call.oauth.refresh import BearerAuth
from openapi2tools.call.requirements import (
    WRITTEN_ALREADY,
    Alternative,
    SchemeRequirement,
    Signer,
    missing_message,
    write_nothing,
)
from openapi2tools.errors import MissingCredential
from openapi2tools.model import FRAMING_HEADERS, Call, Server

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from openapi2tools.model import SecurityRequirement, SecurityScheme, Tool


@dataclass(frozen=True, slots=True)
class AuthPlan(HoldsCredential):
    """How a call authenticates, without any secret.

    Attributes:
        placeholders: Where authentication writes, and what to show there: location, name on the
            wire, and a text such as `Bearer <bearerAuth>`.
        missing: What MissingCredential will say when no credential turns up; empty when the
            operation can do without.
        conflict: Why what was given cannot go out together; empty where it can.
        trust: The origins that credentials may travel to.
        candidates: The alternatives that may serve, the best one first.
        is_anything_given: Whether something was given for any scheme of the operation, but for the
            connection's certificate. A callable is, whatever it has for this call.
        schemes: The names of the schemes that the document defines.
    """

    placeholders: tuple[Placeholder, ...] = ()
    missing: str = ""
    conflict: str = ""
    trust: Trust = field(default_factory=Trust, repr=False)
    candidates: tuple[Alternative, ...] = field(default=(), repr=False)
    is_anything_given: bool = False
    schemes: tuple[str, ...] = ()

    @property
    def private_network_origins(self) -> frozenset[str]:
        """The origins of servers and token servers that may be on a private network."""
        origins = self.trust.private_network_origins
        for alternative in self.candidates:
            for requirement in alternative:
                origins |= requirement.private_network_origins
        return origins

    @property
    def user_origins(self) -> frozenset[str]:
        """The origins of servers and token servers that the user named."""
        origins = self.trust.user_origins
        for alternative in self.candidates:
            for requirement in alternative:
                origins |= requirement.user_origins
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
            raise MissingCredential(await self._why_missing())
        return httpx.Auth()

    async def missing_credential(self) -> str:
        """Return why a call would have no credential; empty when it has one, or needs none.

        What was given is believed: no callable is asked, and no token is renewed.
        """
        if not self.missing or any(map(_is_given, self.candidates)):
            return ""
        for alternative in self.candidates:
            logins = [requirement for requirement in alternative if not requirement.is_given]
            signers = [await requirement.signer(Call("")) for requirement in logins]
            if None not in signers:
                return ""
        return await self._why_missing()

    async def _why_missing(self) -> str:
        problem = await to_thread.run_sync(_login_problem, self.candidates)
        return " ".join(filter(None, (self.missing, problem)))

    def _combine(self, alternative: Alternative, signers: Sequence[Signer]) -> httpx.Auth:
        """Make one `httpx.Auth` of the signers of an alternative."""
        keys = [requirement.key for requirement in alternative]
        dialogues = [signer for signer in signers if isinstance(signer, httpx.Auth)]
        writers = [
            signer
            for signer in signers
            if not isinstance(signer, httpx.Auth) and signer is not write_nothing
        ]
        if len(dialogues) > 1:
            raise MissingCredential(
                f"Give one of {', '.join(keys)} as a ready-made token: "
                "two cannot negotiate for one request."
            )
        written = [
            requirement
            for requirement, signer in zip(alternative, signers, strict=True)
            if not isinstance(signer, httpx.Auth) or isinstance(signer, DigestAuth | BearerAuth)
        ]
        if conflict := _conflict(written):
            raise MissingCredential(conflict)
        inner = dialogues[0] if dialogues else None
        sent = ", ".join(requirement.description() for requirement in alternative)
        return CredentialAuth(keys, writers, inner, self.trust, description=sent)


def plan(
    tool: Tool,
    credentials: Credentials | None = None,
    *,
    server: str | None = None,
    server_variables: Mapping[str, str] | None = None,
    certificate: bool = False,
    headers: Collection[str] = (),
    scope: ApiScope = SINGLE_API,
    trust: Trust | None = None,
) -> AuthPlan:
    """Choose how to authenticate; pure: no secret is read.

    Args:
        tool: The tool that is called.
        credentials: What the user gave.
        server: The URL that the user named, and thereby trusts.
        server_variables: The variables that the user gave, likewise.
        certificate: Whether the connections show one, which is all that mutual TLS asks for.
        headers: The names of the headers that go with every call: a scheme that writes one of them
            has its credential.
        scope: Which of the credentials may be those of other APIs.
        trust: What `trust_of` says of the tool and this server, where that is known already.
    """
    api = tool.api
    trusted = trust or trust_of(tool, server, server_variables)
    hosts = [scope.host] if scope.host else _hosts(trusted.origins)
    prefixes = [prefix for prefix in (api.address, api.title, *hosts) if prefix]
    credentials = scope.own_credentials(credentials, prefixes)
    effective = effective_security(tool, credentials, scope)
    finder = _RequirementFinder(
        schemes=effective.schemes,
        address=api.address,
        credentials=credentials,
        base_url=api_base_url(api, server, server_variables),
        certificate=certificate,
        headers=frozenset(name.lower() for name in headers),
        scope=scope,
    )
    alternatives = [
        finder.alternative(requirement) for requirement in effective.security if requirement
    ]

    def rank(alternative: Alternative) -> tuple[bool, bool]:
        """Put what the document asks for first, and then what is given."""
        is_generic = all(requirement.key in effective.generic for requirement in alternative)
        return is_generic, not _is_given(alternative)

    # Sorting is stable: each group stays in the document's order.
    candidates = sorted(
        (one for one in alternatives if _may_serve(one, effective.generic)), key=rank
    )
    if candidates and _is_given(candidates[0]):
        shown = candidates[0]
    elif effective.is_optional:
        shown = ()
    else:
        shown = (*candidates, *alternatives)[0]
    conflict = _conflict(filter(_is_known_writer, shown), effective.generic)
    placeholders = [*filter(None, (signing.placeholder_for(one.scheme) for one in shown))]
    placeholders += _header_placeholders(headers, placeholders)
    missing = "" if effective.is_optional else missing_message(tool, alternatives, scope)
    return AuthPlan(
        placeholders=tuple(placeholders),
        missing=conflict or missing,
        conflict=conflict,
        trust=trusted,
        candidates=() if conflict else tuple(candidates),
        is_anything_given=callable(credentials)
        or any(_is_for_request(requirement) for one in alternatives for requirement in one),
        schemes=tuple(api.schemes),
    )


def trust_of(
    tool: Tool, server: str | None, server_variables: Mapping[str, str] | None = None
) -> Trust:
    """Decide which origins the credentials of a tool may travel to.

    Args:
        tool: The tool that is called.
        server: The URL that the user named, and thereby trusts.
        server_variables: The variables that the user gave, likewise.
    """
    return decide_trust(
        tool.api.address,
        tool.operation.servers or (Server("/"),),
        named=[server] if server else (),
        variables=server_variables,
    )


def _header_placeholders(
    headers: Iterable[str], others: Iterable[Placeholder]
) -> Iterator[Placeholder]:
    """Yield what to show for the headers of every call, whose values may be secrets."""
    shown = {one.name.lower() for one in others if one.location == "header"}
    for name in headers:
        if name.lower() not in shown | FRAMING_HEADERS | {"content-type"}:
            yield Placeholder("header", name, f"<{name}>")


def _is_for_request(requirement: SchemeRequirement) -> bool:
    """Return whether something was given that requests carry, and not the connection."""
    return requirement.is_given and requirement.scheme.type != "mutualTLS"


def _is_given(alternative: Alternative) -> bool:
    return all(requirement.is_given for requirement in alternative)


def _may_serve(alternative: Alternative, generic: Collection[str]) -> bool:
    """Return whether all of an alternative may turn up.

    A stored login does not displace what the user gives besides.
    """
    if _is_given(alternative):
        return True
    keys = {requirement.key for requirement in alternative}
    return keys.issuperset(generic) and all(
        requirement.is_given or requirement.allows_login for requirement in alternative
    )


def _hosts(origins: Iterable[str]) -> list[str]:
    return sorted(urlsplit(origin).netloc for origin in origins)


@dataclass(frozen=True, slots=True, kw_only=True)
class _RequirementFinder:
    """Finds what was given for the schemes of one API."""

    schemes: Mapping[str, SecurityScheme]
    address: str | None
    credentials: Credentials | None = field(repr=False)
    base_url: str
    certificate: bool
    headers: frozenset[str]
    scope: ApiScope

    def alternative(self, requirement: SecurityRequirement) -> Alternative:
        return tuple(self._requirement(key, tuple(scopes)) for key, scopes in requirement.items())

    def _requirement(self, key: str, scopes: tuple[str, ...]) -> SchemeRequirement:
        given = given_credential(key, self.credentials)
        in_environment = None if given else environment_credential(key, self.scope)
        found = given or in_environment
        credential = found.credential if found else None
        defined = self.schemes.get(key)
        scheme = defined or undeclared_scheme(key, credential)
        # What is said for this program outweighs what happens to be in its environment.
        found = given or self._written_already(scheme) or in_environment
        is_token = scheme.type in TOKEN_SCHEME_TYPES
        return SchemeRequirement(
            scheme,
            scopes,
            OAuthConfig(scheme, self.address, self.base_url) if is_token else None,
            found.credential if found else None,
            found.source if found else "",
            allows_login=is_token and not callable(credential) and not self.scope.is_for_one_user,
            is_defined=defined is not None,
            account=self.scope.account,
        )

    def _written_already(self, scheme: SecurityScheme) -> Found | None:
        """Return what goes with every call: the connection's certificate, or a header."""
        if self.certificate and scheme.type == "mutualTLS":
            return Found(WRITTEN_ALREADY, "the connection")
        location, name = place_of(scheme)
        if location == "header" and name in self.headers:
            return Found(WRITTEN_ALREADY, "the headers of every call")
        if location == "cookie" and "cookie" in self.headers:
            return Found(WRITTEN_ALREADY, "the headers of every call")
        return None


def _conflict(requirements: Iterable[SchemeRequirement], generic: Collection[str] = ()) -> str:
    """Return why schemes cannot be written on one request; empty where they can.

    Cookies join.

    Args:
        requirements: The schemes, but for those of which nobody knows what they write.
        generic: Those that the user named by their kind, whatever the document says.
    """
    keys_by_header: dict[str, list[str]] = {}
    for requirement in requirements:
        placeholder = signing.placeholder_for(requirement.scheme)
        if placeholder is not None and placeholder.location == "header":
            keys_by_header.setdefault(placeholder.name.title(), []).append(requirement.key)
    keys_by_header.pop("Cookie", None)
    for header, keys in keys_by_header.items():
        if len(keys) > 1 and set(keys) <= set(generic):
            return f"{' and '.join(keys)} write the one header {header}: give only one of them."
        if len(keys) > 1:
            return (
                f"{' and '.join(keys)} are asked for together, and write the one header {header}: "
                "if the document means either, give only one and correct its security (an overlay "
                "can)."
            )
    return ""


def _is_known_writer(requirement: SchemeRequirement) -> bool:
    """Return whether something is given, and what writes it is known before it is read."""
    if not requirement.is_given:
        return False
    return not callable(requirement.found) and not is_auth_flow(requirement.found)


def _login_problem(candidates: Iterable[Alternative]) -> str:
    """Return why a stored login that may be there does not serve; else nothing."""
    for alternative in candidates:
        for requirement in alternative:
            if problem := requirement.login_problem():
                return problem
    return ""
