"""Where tokens come from: what the document says of a scheme, and what the user gives for it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from shlex import quote
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import quote_plus, urlsplit

from openapi2tools._core.reader import for_reader
from openapi2tools._core.slips import nearest
from openapi2tools.call.credentials.schemes import TOKEN_SCHEME_TYPES
from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.credentials.trust import (
    Reach,
    Trust,
    decide_trust,
    origin_of,
    reach_of,
    resolve_url,
)
from openapi2tools.call.oauth.signed_tokens import is_service_account, read_key_file
from openapi2tools.call.oauth.tokens import LoginKey
from openapi2tools.errors import MissingCredential, Refused
from openapi2tools.model import Server
from openapi2tools.transport import origin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.call.credentials.challenges import BearerChallenge
    from openapi2tools.model import Api, OAuthFlow, SecurityScheme

_SECRET_FIELDS: Final = (
    "client_secret",
    "private_key",
    "password",
    "token",
    "refresh_token",
    "dpop_key",
)
_EXPECTED_KINDS: Final = {
    "scopes": "a text or a list of texts",
    "extra": "a mapping of texts",
    "dpop": "true or false",
}
"""The fields that are no text, and what they are."""
AUTH_METHODS: Final = (
    "client_secret_basic",
    "client_secret_post",
    "client_secret_jwt",
    "private_key_jwt",
    "none",
)
"""The ways to name the client that are spoken (OpenID Connect Core 1.0, section 9)."""
_OFFLINE_ACCESS: Final = "offline_access"
_IMPLICIT_UNSUPPORTED: Final = (
    "the implicit flow is not supported: it hands the token to whoever reads the browser's address "
    "bar, and gives nothing to renew it with (RFC 9700, section 2.1.2). Get a token elsewhere and "
    "give it as the credential, or ask the API's owner for the authorization code flow"
)


@dataclass(frozen=True, slots=True)
class OAuthCredential:
    """What the user gives for an OAuth2 or OpenID Connect scheme.

    Attributes:
        client_id: The client that the API's owner registered.
        client_secret: The client's secret, if it has one.
        private_key: What the client signs with, in place of a secret: PEM, a JSON web key, or a
            service account's key file.
        key_id: The name of that key at the server.
        subject: For whom a service account asks (RFC 7523), which logs in with its key alone.
        assertion_audience: For whom is signed, where that is not the issuer or the token URL.
        signing_alg: What is signed with, such as PS256; empty: found out.
        username: The person of the password flow.
        password: That person's password.
        scopes: What to ask for; None means what the operation needs.
        token: A ready-made access token.
        refresh_token: What a token can be got with.
        token_url: Overrides the document's address, as the next two do.
        authorization_url: Where a person logs in.
        device_authorization_url: Where a code for another device is asked for.
        auth_method: One of `AUTH_METHODS`; empty: found out.
        dpop: Whether to ask for a token that is bound to a key (RFC 9449).
        dpop_key: That key, once there is one.
        redirect_uri: Where the browser comes back to.
        account: Tells logins of several people apart.
        extra: Parameters that some servers want besides (audience, resource).
    """

    client_id: str = ""
    client_secret: Secret | None = None
    private_key: Secret | None = None
    key_id: str = ""
    subject: str = ""
    assertion_audience: str = ""
    signing_alg: str = ""
    username: str = ""
    password: Secret | None = None
    scopes: tuple[str, ...] | None = None
    token: Secret | None = None
    refresh_token: Secret | None = None
    token_url: str = ""
    authorization_url: str = ""
    device_authorization_url: str = ""
    auth_method: str = ""
    dpop: bool = False
    dpop_key: Secret | None = None
    redirect_uri: str = ""
    account: str = ""
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, scheme: str, given: Mapping[str, Any]) -> Self:
        """Read a mapping of fields; an empty value counts as none.

        The fields of a service account's key file are a credential, too.

        Raises:
            MissingCredential: A field does not exist or is of the wrong kind. It names the field,
                and never a value.
        """
        if is_service_account(given):
            given = {"private_key": json.dumps(dict(given))}
        known = {each.name for each in fields(cls)} - {"dpop_key"}
        values: dict[str, Any] = {}
        for name, value in given.items():
            if name not in known:
                raise MissingCredential(
                    f"The credential for {scheme} has a field {name!r}: {_field_hint(name, known)}"
                )
            plain = value.reveal() if isinstance(value, Secret) else value
            if plain not in (None, ""):
                values[name] = _read_field(scheme, name, plain)
        return cls(**values).checked(scheme)

    @property
    def is_service_account(self) -> bool:
        """Whether what its key signs stands for a login (RFC 7523, section 2.1)."""
        if self.private_key is None:
            return False
        return bool(self.subject) or read_key_file(self.private_key).is_service_account

    @property
    def proves_client(self) -> bool:
        """Whether the client can prove who it is, and so speak for itself."""
        return bool(self.client_secret or self.private_key)

    def checked(self, scheme: str) -> Self:
        """Return it with what its key file says, if its way to name the client can be used."""
        method = self.auth_method
        if method and method not in AUTH_METHODS:
            raise MissingCredential(
                f"The credential for {scheme} has auth_method {method!r}, which is not spoken: "
                f"use {', '.join(AUTH_METHODS)}, or leave it out."
            )
        if method.startswith("client_secret") and not self.client_secret:
            raise MissingCredential(
                f"The credential for {scheme} has auth_method {method}, and no client_secret."
            )
        if self.private_key is None:
            if method == "private_key_jwt" or self.subject:
                field = "auth_method private_key_jwt" if method else "a subject"
                raise MissingCredential(
                    f"The credential for {scheme} has {field}, and no private_key to sign with."
                )
            return self
        file = read_key_file(self.private_key)
        client_id = self.client_id or file.client_id
        if not client_id:
            raise MissingCredential(
                f"The credential for {scheme} has a private_key, and no client_id: whose is it?"
            )
        return replace(self, client_id=client_id, token_url=self.token_url or file.token_url)

    def secrets(self) -> list[str]:
        """Return every secret text, to mask it where a server echoes it."""
        secrets: list[Secret | None] = [getattr(self, name) for name in _SECRET_FIELDS]
        return [
            *(secret.reveal() for secret in secrets if secret is not None),
            *(self.basic(encode) for encode in (quote_plus, str) if self.client_secret),
        ]

    def basic(self, encode: Callable[[str], str]) -> str:
        """Return the client and its secret as `Authorization: Basic` has them (RFC 7617)."""
        secret = self.client_secret.reveal() if self.client_secret else ""
        pair = f"{encode(self.client_id)}:{encode(secret)}"
        return b64encode(pair.encode()).decode()


def _field_hint(name: str, known: Iterable[str]) -> str:
    """Say which fields there are, and the one that is probably meant."""
    similar = nearest(name, known)
    hint = f"did you mean {similar}? It" if similar else "it"
    return (
        f"{hint} takes {', '.join(sorted(known))}. Other parameters that a token server wants, "
        f"such as audience, go into extra: {{'extra': {{{name!r}: …}}}}."
    )


def _read_field(scheme: str, name: str, value: Any) -> Any:
    """Read one field of an `OAuthCredential`; a number stands for its digits."""
    if isinstance(value, int) and name not in _EXPECTED_KINDS:
        value = str(value)
    match name, value:
        case "scopes", str():
            return tuple(value.split())
        case "scopes", list() | tuple() | set() | frozenset() if _are_texts(value):
            return tuple(value)
        case "extra", Mapping():
            return value
        case "dpop", bool():
            return value
        case "private_key", Mapping():
            return Secret(json.dumps(dict(value)))
        case _, str() if name not in _EXPECTED_KINDS:
            return Secret(value) if name in _SECRET_FIELDS else value
    raise MissingCredential(
        f"The credential for {scheme} has a field {name!r} that is not "
        f"{_EXPECTED_KINDS.get(name, 'a text')}."
    )


def _are_texts(values: Iterable[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


@dataclass(frozen=True, slots=True)
class OAuthConfig:
    """What a document says about getting tokens for a scheme.

    Attributes:
        scheme: The scheme.
        address: Where the document came from, which decides where it may send us.
        base_url: What the scheme's addresses are relative to: the API's server in use (OpenAPI 3.1,
            section 4.6).
    """

    scheme: SecurityScheme
    address: str | None
    base_url: str

    def flow(self, flow_type: str) -> OAuthFlow | None:
        """Return the flow of this type that the document declares, else None."""
        return next((flow for flow in self.scheme.flows if flow.type == flow_type), None)

    @property
    def flow_types(self) -> tuple[str, ...]:
        """The types of the flows that the document declares."""
        return tuple(flow.type for flow in self.scheme.flows)

    @property
    def key(self) -> LoginKey:
        """What a login is kept under."""
        urls = [self.scheme.openid_connect_url, self.scheme.oauth2_metadata_url]
        for flow in self.scheme.flows:
            urls += [flow.token_url, flow.authorization_url]
        issuer = next((url for url in urls if url), "")
        return LoginKey(
            origin=origin_of(self.base_url) or "",
            scheme=self.scheme.key,
            issuer=resolve_url(self.base_url, issuer),
        )

    @property
    def trust(self) -> Trust:
        """Where the document may send us for tokens."""
        urls = [self.scheme.openid_connect_url, self.scheme.oauth2_metadata_url]
        for flow in self.scheme.flows:
            urls += [flow.token_url, flow.refresh_url, flow.device_authorization_url]
            urls.append(flow.authorization_url)  # whose metadata may be read
        servers = [Server(resolve_url(self.base_url, url)) for url in urls if url]
        return decide_trust(self._author, servers)

    @property
    def _author(self) -> str | None:
        """Where the scheme's URLs were named."""
        return self.address if self.scheme.address is None else self.scheme.address

    def offline_access_hint(self, scopes: Iterable[str]) -> str:
        """Say how a login would last longer; empty where nothing is known to help.

        OpenID Connect servers give refresh tokens to who asks for `offline_access` (OpenID Connect
        Core 1.0, section 11).
        """
        declared = {scope for flow in self.scheme.flows for scope in flow.scopes}
        is_known = self.scheme.type == "openIdConnect" or _OFFLINE_ACCESS in declared
        asked = tuple(scopes)
        if not is_known or _OFFLINE_ACCESS in asked:
            return ""
        wanted = " ".join((*asked, _OFFLINE_ACCESS))
        return f" With --scopes '{wanted}' it renews itself, where the server allows that."

    def token_server_url(self, url: str, *, named_at: str | None = None) -> str:
        """Resolve an address that the document names, or the discovery document at `named_at`.

        Raises:
            MissingCredential: It is no address on the network.
            Refused: The document may not name it, or it would get secrets in clear text.
        """
        url = resolve_url(named_at or self.base_url, url)
        if origin_of(url) is None:
            raise MissingCredential(
                f"The document gives {url or 'no address'} for the tokens of {self.scheme.key}: "
                f"give its {for_reader('token_url', 'address: --token-url URL')}."
            )
        refusal = decide_trust(named_at or self._author, [Server(url)]).refusal(url)
        if not refusal and _is_clear_text(url):
            refusal = f"{origin(url)} would get it in clear text."
        if refusal:
            raise Refused(
                f"Nothing is sent to the token server of {self.scheme.key}: {refusal} "
                "If you mean it, give its "
                f"{for_reader('token_url', 'address: --token-url URL')}."
            )
        return url


def _is_clear_text(url: str) -> bool:
    """Return whether what is sent there could be read on its way."""
    if not url.lower().startswith("http://"):
        return False
    return reach_of(urlsplit(url).hostname or "") is not Reach.LOOPBACK


def needed_scopes(api: Api, key: str) -> tuple[str, ...]:
    """Return the scopes that a document's operations need of a scheme, in the document's order."""
    scopes = {
        scope: None
        for operation in api.operations
        for requirement in operation.security
        for scope in requirement.get(key, ())
    }
    if scopes:
        return tuple(scopes)
    return ("openid",) if api.schemes[key].type == "openIdConnect" else ()


def how_to_get_a_token(config: OAuthConfig, scopes: tuple[str, ...]) -> str:
    """Say what a scheme takes: what the program can give, or a person's login."""
    key, flow_types = config.scheme.key, config.flow_types
    if flow_types == ("implicit",):
        return f"{key}: {_IMPLICIT_UNSUPPORTED}."
    log_in = f"openapi2tools auth login SOURCE --scheme {key} --client-id …"
    ways = []
    if "clientCredentials" in flow_types:
        command = f"log in with `{log_in} --client-secret env:NAME`"
        ways.append(for_reader("give client_id and client_secret (or private_key)", command))
    if "password" in flow_types:
        command = f"log in with `{log_in} --username NAME`"
        ways.append(for_reader("give client_id, username and password", command))
    if not flow_types or "authorizationCode" in flow_types or "deviceAuthorization" in flow_types:
        ways.append(f"log in once with `{log_in}`")
    ways.append(for_reader("give a token as the credential", f"give a token: --auth {key}=VALUE"))
    needed = f" (scopes {', '.join(scopes)})" if scopes else ""
    return f"{key}{needed} has no token: {', or '.join(ways)}."


def how_to_log_in_for(api: Api, security: Iterable[str], challenge: BearerChallenge) -> str:
    """Say with which login a request would be let in, after a challenge; else nothing.

    Args:
        api: The document.
        security: The names of the schemes that the operation asks for.
        challenge: What the API asked for.
    """
    keys = [key for key in security if key in api.schemes]
    key = next((key for key in keys if api.schemes[key].type in TOKEN_SCHEME_TYPES), None)
    asked = [
        ("scopes", challenge.scopes),
        ("acr_values", challenge.acr_values),
        ("max_age", (challenge.max_age,) if challenge.max_age else ()),
    ]
    wanted = [f"{name} {' '.join(words)}" for name, words in asked if words]
    if challenge.wants_proof:
        wanted.append("a token that is bound to a key (DPoP)")
    if not wanted:
        return ""
    text = f"The API asks for a login with {', '.join(wanted)}"
    return f"{text}: `{_login_command(api, key, challenge)}`." if key else f"{text}."


def _login_command(api: Api, key: str, challenge: BearerChallenge) -> str:
    """Return the command that logs in as a challenge asks for."""
    command = f"openapi2tools auth login SOURCE --scheme {quote(key)}"
    if challenge.scopes:
        scopes = dict.fromkeys((*needed_scopes(api, key), *challenge.scopes))
        command += f" --scopes {quote(' '.join(scopes))}"
    if challenge.acr_values:
        command += f" --parameter acr_values={quote(' '.join(challenge.acr_values))}"
    if challenge.max_age:
        command += f" --parameter max_age={quote(challenge.max_age)}"
    return f"{command} --dpop" if challenge.wants_proof else command
