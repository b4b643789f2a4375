"""Which logins there are for a document's schemes, and the end of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from openapi2tools._core.reader import for_reader
from openapi2tools.call.credentials.schemes import TOKEN_SCHEME_TYPES, api_base_url
from openapi2tools.call.credentials.sources import environment_name
from openapi2tools.call.credentials.trust import origin_of
from openapi2tools.call.oauth.config import OAuthConfig
from openapi2tools.call.oauth.storage.token_store import StoreOutOfReach, TokenStore
from openapi2tools.errors import MissingCredential

if TYPE_CHECKING:
    from openapi2tools.call.oauth.tokens import Login
    from openapi2tools.model import Api, SecurityScheme


@dataclass(frozen=True, slots=True)
class SchemeStatus:
    """What there is for a scheme of a document: its environment variable and its login.

    `problem` says why a login may be there and not be found; else it is empty.
    """

    scheme: SecurityScheme
    variable: str
    variable_set: bool = False
    login: Login | None = None
    problem: str = ""


def find_oauth_config(api: Api, key: str, server: str | None = None) -> OAuthConfig:
    """Return what the document says of a scheme that a person logs in for.

    Raises:
        MissingCredential: There is no such scheme; it names those there are. Or `server` is no URL.
    """
    available = [name for name, scheme in api.schemes.items() if scheme.type in TOKEN_SCHEME_TYPES]
    if key not in available:
        if available:
            advice = f"It has {', '.join(available)}."
        else:
            variable = environment_name(key)
            how = for_reader(f"credentials={{{key!r}: …}}", f"--auth {key}=VALUE")
            advice = f"Give the credential with {how} or in {variable}."
        raise MissingCredential(
            f"{api.title} has no OAuth2 or OpenID Connect scheme named {key!r}. {advice}"
        )
    if server and not origin_of(server):
        raise MissingCredential(
            f"{server!r} is no URL: a login is for the server that calls go to, named by its URL."
        )
    return OAuthConfig(api.schemes[key], api.address, api_base_url(api, server))


def scheme_statuses(
    api: Api, server: str | None = None, store: TokenStore | None = None
) -> list[SchemeStatus]:
    """Return the status of every scheme of a document, without any secret to be shown."""
    logins = store or TokenStore()
    return [_scheme_status(api, scheme, server, logins) for scheme in api.schemes.values()]


def log_out(api: Api, key: str, server: str | None = None, store: TokenStore | None = None) -> bool:
    """Forget the logins of a scheme; return whether there was any."""
    return (store or TokenStore()).remove(find_oauth_config(api, key, server).key)


def _scheme_status(
    api: Api, scheme: SecurityScheme, server: str | None, store: TokenStore
) -> SchemeStatus:
    variable = environment_name(scheme.key)
    login, problem = None, ""
    if scheme.type in TOKEN_SCHEME_TYPES:
        try:
            login = store.find(find_oauth_config(api, scheme.key, server).key)
        except StoreOutOfReach as error:
            problem = str(error)
    return SchemeStatus(scheme, variable, bool(os.environ.get(variable)), login, problem)
