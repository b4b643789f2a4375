"""One scheme that an operation needs: what was given for it, what writes it, and what lacks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypeAlias

import httpx
from anyio import to_thread

from openapi2tools._core.reader import for_reader
from openapi2tools.call.credentials import signing
from openapi2tools.call.credentials.digest import DigestAuth
from openapi2tools.call.credentials.foreign_auth import as_httpx_auth, is_auth_flow
from openapi2tools.call.credentials.identity import HoldsCredential
from openapi2tools.call.credentials.signing import RequestSigner
from openapi2tools.call.credentials.sources import (
    ApiScope,
    Credential,
    CredentialFinder,
    Secret,
    as_fields,
    as_user_and_password,
    environment_name,
    resolve_credential,
)
from openapi2tools.call.credentials.trust import origin_of
from openapi2tools.call.oauth.config import OAuthConfig, OAuthCredential, how_to_get_a_token
from openapi2tools.call.oauth.refresh import BearerAuth
from openapi2tools.call.oauth.storage.token_store import StoreUnusable, TokenStore
from openapi2tools.call.oauth.token_sources import ClientTokenSource, StoredLoginSource

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openapi2tools.model import Call, SecurityScheme, Tool

Signer: TypeAlias = RequestSigner | httpx.Auth
"""What puts one credential on a request: at once, or in a dialogue with servers."""


@dataclass(frozen=True, slots=True)
class SchemeRequirement(HoldsCredential):
    """One scheme that an alternative needs, and what was given for it.

    Attributes:
        scheme: The scheme, or what its name stands for where the document does not define it.
        scopes: The scopes that the operation needs of it.
        oauth: Where its tokens come from; None for a scheme without tokens.
        found: What was given for it, be it a callable; None when nothing was.
        source: Where that was found, in words.
        allows_login: Whether a stored login may serve. It may not where a callable decides for
            whom a call is.
        is_defined: Whether the document defines the scheme.
        account: Whose stored login serves; empty for the newest one.
    """

    scheme: SecurityScheme
    scopes: tuple[str, ...]
    oauth: OAuthConfig | None
    found: Credential | CredentialFinder | None = field(repr=False)
    source: str = ""
    allows_login: bool = False
    is_defined: bool = True
    account: str = ""

    @property
    def key(self) -> str:
        """The name of the scheme."""
        return self.scheme.key

    @property
    def is_given(self) -> bool:
        """Whether something was given, be it a callable that may have nothing for this call."""
        return self.found is not None

    @property
    def private_network_origins(self) -> frozenset[str]:
        """The origins of token servers that may be on a private network.

        They are the trusted ones, and the one that the user named as `token_url`.
        """
        if self.oauth is None:
            return self.user_origins
        return self.oauth.trust.private_network_origins | self.user_origins

    @property
    def user_origins(self) -> frozenset[str]:
        """The origin of the token server that the user named, if any."""
        fields = self.found if isinstance(self.found, Mapping) else {}
        token_url = fields.get("token_url") or fields.get("token_uri")  # or that of a key file
        named = origin_of(token_url) if isinstance(token_url, str) else None
        return frozenset({named} if named else ())

    async def signer(self, call: Call) -> Signer | None:
        """Read the secret, and return what writes it; None when there is nothing for this call."""
        credential = await resolve_credential(self.found, self.scheme, call)
        if is_auth_flow(credential):
            return as_httpx_auth(credential)
        if credential is WRITTEN_ALREADY:
            return write_nothing
        if self.oauth is not None:
            return await self._token_signer(self.oauth, credential)
        if credential is None:
            return None
        if self.scheme.scheme in ("basic", "digest"):
            # a command may be run
            credential = await to_thread.run_sync(as_user_and_password, credential, self.key)
        return _signer_for(self.scheme, credential)

    def description(self) -> str:
        """Return what a request carries for this scheme, without its value."""
        placeholder = signing.placeholder_for(self.scheme)
        if is_auth_flow(self.found):
            where = "by an httpx.Auth"
        elif placeholder is None:
            where = "by the connection's certificate"
        else:
            word = placeholder.text.partition(" <")[0] if " <" in placeholder.text else ""
            where = f"in the {_PLACE_WORDS[placeholder.location]} {placeholder.name}"
            where += f" as {word}" if word else ""
        return f"{self.key} ({where}, from {self.source or 'a stored login'})"

    async def _token_signer(
        self, oauth: OAuthConfig, credential: Credential | None
    ) -> Signer | None:
        """Choose among a ready-made token, the program's own credentials, and a stored login.

        A `client_secret` alone serves at once where only a program could use it. Where the document
        has a flow for persons, too, a stored login goes first.
        """
        fields = None
        if credential is not None:
            fields = await to_thread.run_sync(as_fields, credential, self.key)  # may run a command
        if credential is not None and fields is None:
            return signing.authorization_signer(oauth.scheme, credential)
        settings = OAuthCredential.read(self.key, fields or {})
        client_source = ClientTokenSource(oauth, self.scopes, settings)
        is_for_a_program = settings.is_service_account or (
            settings.proves_client and "authorizationCode" not in oauth.flow_types
        )
        if settings.refresh_token or settings.password or is_for_a_program:
            return BearerAuth(client_source)
        if settings.token:
            return signing.authorization_signer(oauth.scheme, settings.token)
        login = None
        if self.allows_login:
            login = await to_thread.run_sync(self._stored_login, oauth, settings)
        if login is None and settings.proves_client and oauth.flow("clientCredentials"):
            return BearerAuth(client_source)
        return login

    def _stored_login(self, oauth: OAuthConfig, settings: OAuthCredential) -> BearerAuth | None:
        store = TokenStore()
        try:
            account = settings.account or self.account
            login = store.find(oauth.key, client_id=settings.client_id, account=account)
        except StoreUnusable:
            return None
        return BearerAuth(StoredLoginSource(store, oauth, login)) if login else None

    def login_problem(self) -> str:
        """Return why no stored login could serve that may be there; may read a disk."""
        if not self.allows_login or self.oauth is None:
            return ""
        given = self.found.get("account", "") if isinstance(self.found, Mapping) else ""
        account = given or self.account
        try:
            accounts = [login.account for login in TokenStore().find_all(self.oauth.key)]
        except StoreUnusable as error:
            return str(error)
        if not account or not accounts or account in accounts:
            return ""
        named = ", ".join(sorted(filter(None, accounts))) or "one without a name"
        return f"No login for {self.key} is of the account {account!r}; there is {named}."

    def __str__(self) -> str:
        if not self.is_defined:
            return f"{self.key} (which the document does not define)"
        return f"{self.key} (scopes {', '.join(self.scopes)})" if self.scopes else self.key


WRITTEN_ALREADY: Final = Secret("what the connection shows, or a header that goes with every call")
"""Stands for a credential that a request has without us."""
_PLACE_WORDS: Final = {"header": "header", "query": "query parameter", "cookie": "cookie"}


def write_nothing(_: httpx.Request) -> None:
    """Sign a request that has its credential already."""


Alternative: TypeAlias = tuple[SchemeRequirement, ...]
"""The schemes that are needed together."""


def _signer_for(scheme: SecurityScheme, credential: Credential) -> Signer:
    if scheme.type == "mutualTLS":
        return write_nothing  # the connection shows the certificate
    if scheme.type == "apiKey":
        return signing.api_key_signer(scheme, credential)
    if scheme.scheme == "digest":
        return DigestAuth(*signing.user_and_password(scheme, credential))
    return signing.authorization_signer(scheme, credential)


def missing_message(tool: Tool, alternatives: Sequence[Alternative], scope: ApiScope) -> str:
    """Return what MissingCredential says: what the operation needs, and each way to give it."""
    ways = " or ".join(" and ".join(map(str, alternative)) for alternative in alternatives)
    missing, given = _nearest_missing(alternatives)
    key = missing[0].key
    if scope.shares_variable(key):
        name = f"{scope.prefix}/{key}"
        how = (
            f"{for_reader(f'credentials={{{name!r}: …}}', f'--auth {name}=VALUE')}, "
            "since another API whose tools are here has a scheme of that name, too"
        )
    else:
        way = for_reader(f"credentials={{{key!r}: …}}", f"--auth {key}=VALUE (or {key}=env:NAME)")
        variable = f", or in the environment variable {environment_name(key)}"
        how = f"{way}{variable if scope.reads_variable(key) else ''}"
    if given:
        need = f"{', '.join(map(str, missing))}, which it needs together with {', '.join(given)}"
        message = f"{tool.name} has no credential for {need}. Give it with {how}."
    else:
        message = f"{tool.name} needs a credential for {ways}. Give it with {how}."
    if not missing[0].is_defined:
        message += (
            f" It is sent as {_placeholder_text(missing[0])}; where the API wants it elsewhere, "
            "give header:NAME or query:NAME in its place."
        )
    token_ways = [
        how_to_get_a_token(requirement.oauth, requirement.scopes)
        for alternative in alternatives
        for requirement in alternative
        if requirement.oauth
    ]
    return " ".join([message, *token_ways])


def _placeholder_text(requirement: SchemeRequirement) -> str:
    placeholder = signing.placeholder_for(requirement.scheme)
    return f"{placeholder.name}: {placeholder.text}" if placeholder else "a certificate"


def _nearest_missing(
    alternatives: Sequence[Alternative],
) -> tuple[Sequence[SchemeRequirement], list[str]]:
    """Return what lacks of the alternative of which most is given, and the names of what is given.

    Of equal ones the first counts. Where nothing is given, that is every scheme of the operation.
    """
    nearest = max(alternatives, key=_given_count)
    if not _given_count(nearest):
        everything = [requirement for alternative in alternatives for requirement in alternative]
        return [one for one in everything if one.is_defined] or everything, []
    missing = [requirement for requirement in nearest if not requirement.is_given]
    given = [requirement.key for requirement in nearest if requirement.is_given]
    return missing or nearest, given if missing else []


def _given_count(alternative: Alternative) -> int:
    return sum(requirement.is_given for requirement in alternative)
