"""What the document and the user say about getting tokens: where from, for which client, for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.credentials.trust import Reach, Trust, origin_of, reach, resolve, trust
from openapi2tools.call.oauth.tokens import Key
from openapi2tools.errors import MissingCredential, Refused
from openapi2tools.model import Server
from openapi2tools.transport import origin

if TYPE_CHECKING:
    from openapi2tools.model import OAuthFlow, SecurityScheme

SECRET_FIELDS: Final = ("client_secret", "password", "token", "refresh_token")
_NO_TEXTS: Final = {"scopes": "a text or a list of texts", "extra": "a mapping of texts"}
IMPLICIT: Final = (
    "the implicit flow is not supported: it hands the token to whoever reads the browser's address bar, and gives nothing to renew it with "
    "(RFC 9700, section 2.1.2). Get a token elsewhere and give it as the credential, or ask the API's owner for the authorization code flow"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What the user gives for an OAuth2 or OpenID Connect scheme.

    `scopes` None means those that the operation needs. `auth_method` is client_secret_basic,
    client_secret_post or none; empty: found out. `extra` are parameters that some servers want
    besides (audience, resource). `account` tells logins of several people apart.
    """

    client_id: str = ""
    client_secret: Secret | None = None
    username: str = ""
    password: Secret | None = None
    scopes: tuple[str, ...] | None = None
    token: Secret | None = None
    refresh_token: Secret | None = None
    token_url: str = ""
    authorization_url: str = ""
    device_authorization_url: str = ""
    auth_method: str = ""
    redirect_uri: str = ""
    account: str = ""
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def read(cls, scheme: str, given: Mapping[str, Any]) -> Self:
        """Read a mapping; raises MissingCredential naming a field that does not exist or is of the wrong kind, and never a value."""
        known = {each.name for each in fields(cls)}
        values: dict[str, Any] = {}
        for name, value in given.items():
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = (
                    f"did you mean {near[0]}?" if near else f"it takes {', '.join(sorted(known))}."
                )
                raise MissingCredential(f"The credential for {scheme} has a field {name!r}: {hint}")
            plain = value.reveal() if isinstance(value, Secret) else value
            if plain not in (None, ""):
                values[name] = _field(scheme, name, plain)
        return cls(**values)

    def secrets(self) -> list[str]:
        """Every secret text, to mask it where a server echoes it."""
        return [
            secret.reveal() for name in SECRET_FIELDS if (secret := getattr(self, name)) is not None
        ]


def _field(scheme: str, name: str, value: Any) -> Any:
    """Read one field of `Settings`; a number stands for its digits."""
    if isinstance(value, int) and name not in _NO_TEXTS:
        value = str(value)
    match name, value:
        case "scopes", str():
            return tuple(value.split())
        case "scopes", list() | tuple() | set() | frozenset() if all(
            isinstance(each, str) for each in value
        ):
            return tuple(value)
        case "extra", Mapping():
            return value
        case _, str() if name not in _NO_TEXTS:
            return Secret(value) if name in SECRET_FIELDS else value
    raise MissingCredential(
        f"The credential for {scheme} has a field {name!r} that is not {_NO_TEXTS.get(name, 'a text')}."
    )


@dataclass(frozen=True, slots=True)
class Authority:
    """A scheme, and what its addresses are relative to: the API's server in use (OpenAPI 3.1, section 4.6), and whose word they are."""

    scheme: SecurityScheme
    address: str | None
    base: str

    def flow(self, kind: str) -> OAuthFlow | None:
        """Give the flow of this type that the document declares."""
        return next((flow for flow in self.scheme.flows if flow.type == kind), None)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types of the flows that the document declares."""
        return tuple(flow.type for flow in self.scheme.flows)

    @property
    def key(self) -> Key:
        """What a login is kept under."""
        named = [self.scheme.openid_connect_url, self.scheme.oauth2_metadata_url]
        named += [
            url for flow in self.scheme.flows for url in (flow.token_url, flow.authorization_url)
        ]
        issuer = next(filter(None, named), "")
        return Key(origin_of(self.base) or "", self.scheme.key, resolve(self.base, issuer))

    @property
    def trust(self) -> Trust:
        """Decide where the document may send us for tokens."""
        flows = [
            url
            for flow in self.scheme.flows
            for url in (flow.token_url, flow.refresh_url, flow.device_authorization_url)
        ]
        urls = filter(
            None, [self.scheme.openid_connect_url, self.scheme.oauth2_metadata_url, *flows]
        )
        return trust(self.address, [Server(resolve(self.base, url)) for url in urls])

    def url(self, url: str, *, by: str | None = None) -> str:
        """Resolve an address that the document (or the discovery document at `by`) names, and refuse (Refused) one that it may not name."""
        url = resolve(by or self.base, url)
        if origin_of(url) is None:
            raise MissingCredential(
                f"The document gives {url or 'no address'} for the tokens of {self.scheme.key}: give token_url (--token-url)."
            )
        refusal = trust(by or self.address, [Server(url)]).refusal(url)
        if (
            not refusal
            and url.lower().startswith("http://")
            and reach(urlsplit(url).hostname or "") is not Reach.LOOPBACK
        ):
            refusal = f"{origin(url)} would get it in clear text."
        if refusal:
            raise Refused(
                f"Nothing is sent to the token server of {self.scheme.key}: {refusal} If you mean it, give its token_url (--token-url)."
            )
        return url


def how_to_get_a_token(authority: Authority, scopes: tuple[str, ...]) -> str:
    """Say what a scheme takes: what the program can give, or a person's login."""
    key, kinds = authority.scheme.key, authority.kinds
    if kinds == ("implicit",):
        return f"{key}: {IMPLICIT}."
    wanted = f" (scopes {', '.join(scopes)})" if scopes else ""
    ways = []
    if "clientCredentials" in kinds:
        ways.append("give client_id and client_secret")
    if "password" in kinds:
        ways.append("give client_id, username and password")
    if not kinds or "authorizationCode" in kinds or "deviceAuthorization" in kinds:
        ways.append(
            f"log in once with `openapi2tools auth login SOURCE --scheme {key} --client-id …`"
        )
    return f"{key}{wanted} has no token: {', or '.join([*ways, 'give a token as the credential'])}."
