"""A tool and credentials in, an `httpx.Auth` out that puts them on exactly the requests they belong on.

The security of an operation is any-of all-of (OpenAPI 3.1, section 4.8.30). The first alternative, in the document's order, whose
credentials are all present is used; `{}` (anybody may call) only when there is none. Where a credential may travel is in `trust`, what
it writes in `signing`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import httpx

from openapi2tools.call import signing
from openapi2tools.call.credentials import Credential, CredentialFinder, Credentials, environment_name, find, resolve
from openapi2tools.call.digest import Digest
from openapi2tools.call.trust import Trust, trust
from openapi2tools.errors import MissingCredential
from openapi2tools.model import Server

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from openapi2tools.model import Api, Call, SecurityRequirement, SecurityScheme, Tool

NOWHERE: Final = Trust(frozenset(), {})


@dataclass(frozen=True, slots=True)
class Need:
    """One scheme of an alternative, and what was given for it. `scheme` is None where the document does not define it."""

    key: str
    scheme: SecurityScheme | None
    scopes: tuple[str, ...]
    found: Credential | CredentialFinder | None = field(repr=False)

    @property
    def given(self) -> bool:
        """Whether something was given, be it a callable that may have nothing for this call."""
        return self.found is not None and (self.scheme is not None or isinstance(self.found, httpx.Auth))

    async def credential(self, call: Call) -> Credential | None:
        """Read the secret."""
        return await resolve(self.found, self.scheme, call)

    def __str__(self) -> str:
        scopes = f" (scopes {', '.join(self.scopes)})" if self.scopes else ""
        return f"{self.key}{scopes}" if self.scheme else f"{self.key} (which the document does not define)"


@dataclass(frozen=True, slots=True)
class AuthPlan:
    """How a call authenticates, without any secret.

    `fills` are the places that authentication writes to: location, name on the wire, and a placeholder to show (`Bearer <bearerAuth>`).
    `missing` is what MissingCredential will say when no credential turns up, empty when the operation can do without.
    """

    fills: tuple[signing.Fill, ...] = ()
    missing: str = ""
    trust: Trust = field(default=NOWHERE, repr=False)
    candidates: tuple[tuple[Need, ...], ...] = field(default=(), repr=False)

    async def auth(self, call: Call) -> httpx.Auth:
        """Read the secrets for this call; raises MissingCredential. What comes back raises Refused on a request to an untrusted origin."""
        for needs in self.candidates:
            pairs = [(need, await need.credential(call)) for need in needs]
            ready = [(need, credential) for need, credential in pairs if credential is not None]
            if len(ready) == len(needs):
                return self._sign(ready)
        if self.missing:
            raise MissingCredential(self.missing)
        return httpx.Auth()

    def _sign(self, ready: Sequence[tuple[Need, Credential]]) -> httpx.Auth:
        stamps: list[signing.Stamp] = []
        dialogues: list[httpx.Auth] = []
        for need, credential in ready:
            match _part(need, credential):
                case httpx.Auth() as dialogue:
                    dialogues.append(dialogue)
                case None:
                    pass
                case stamp:
                    stamps.append(stamp)
        keys = [need.key for need, _ in ready]
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
    hosts = sorted(urlsplit(place).netloc for place in trusted.origins)
    alternatives = [_needs(requirement, api, credentials, hosts) for requirement in security if requirement]
    candidates = tuple(needs for needs in alternatives if all(need.given for need in needs))
    anonymous = len(alternatives) < len(security) or not security
    shown = candidates[0] if candidates else () if anonymous else alternatives[0]
    return AuthPlan(
        fills=tuple(place for need in shown if (place := _fill(need))),
        missing="" if anonymous else _missing(tool, alternatives),
        trust=trusted,
        candidates=candidates,
    )


def _needs(requirement: SecurityRequirement, api: Api, credentials: Credentials | None, hosts: Iterable[str]) -> tuple[Need, ...]:
    return tuple(Need(key, api.schemes.get(key), tuple(scopes), find(key, credentials, hosts)) for key, scopes in requirement.items())


def _fill(need: Need) -> signing.Fill | None:
    return signing.fill(need.scheme) if need.scheme else ("header", "Authorization", f"<{need.key}>")


def _missing(tool: Tool, alternatives: Sequence[tuple[Need, ...]]) -> str:
    ways = " or ".join(" and ".join(map(str, needs)) for needs in alternatives)
    key = next((need.key for needs in alternatives for need in needs if need.scheme), "")
    if not key:
        return f"{tool.name} needs {ways}: add it under securitySchemes (an overlay can), or give it an httpx.Auth in credentials=."
    return (
        f"{tool.name} needs a credential for {ways}. Give it with credentials={{{key!r}: …}}, with --auth {key}=VALUE (or {key}=env:NAME), "
        f"or in the environment variable {environment_name(key)}."
    )


def _part(need: Need, credential: Credential) -> signing.Stamp | httpx.Auth | None:
    """Turn one credential into what writes it: a stamp at once, or a dialogue; None when it is part of the connection."""
    if isinstance(credential, httpx.Auth):
        return credential
    scheme = need.scheme
    if scheme is None:
        raise MissingCredential(f"The document does not define the security scheme {need.key}: give it an httpx.Auth in credentials=.")
    if scheme.type == "mutualTLS":
        return None
    if scheme.type == "apiKey":
        return signing.api_key(scheme, credential)
    if scheme.scheme == "digest":
        return Digest(*signing.user_and_password(scheme, credential))
    return signing.authorization(scheme, credential)
