"""A person's login: a scheme of a document in, a login in the token store out.

The browser is sent to the authorization server with PKCE (RFC 7636) and comes back to a listener on
loopback (RFC 8252), or, where no browser can reach this computer, the person copies the address
there and back; or a code is typed in on another device (RFC 8628).
"""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

import anyio

from openapi2tools.call.credentials.schemes import TOKEN_SCHEME_TYPES, api_base_url
from openapi2tools.call.credentials.sources import environment_name
from openapi2tools.call.credentials.trust import origin_of, origins_of
from openapi2tools.call.oauth import flows as oauth
from openapi2tools.call.oauth.config import Authority, Settings, how_to_get_a_token
from openapi2tools.call.oauth.loopback import answer_in, listener
from openapi2tools.call.oauth.tokens import Login, Token, TokenStore
from openapi2tools.errors import MissingCredential, TimedOut
from openapi2tools.transport import Guard, open_client, printable

if TYPE_CHECKING:
    import httpx

    from openapi2tools.model import Api, SecurityScheme

Show: TypeAlias = Callable[[str], None]
"""Tells the person something."""
Ask: TypeAlias = Callable[[str], str]
"""Asks the person for a line."""

PATIENCE: Final = 600.0
"""Seconds that a person has for logging in."""


@dataclass(frozen=True, slots=True)
class Desk:
    """How this program talks with the person, and with a clock: what tests replace.

    `open_browser` is given an address and says whether a browser took it; None: the person copies
    addresses, with `ask`.
    """

    show: Show
    ask: Ask
    open_browser: Callable[[str], object] | None = webbrowser.open
    pause: Callable[[float], Awaitable[None]] = anyio.sleep
    patience: float = PATIENCE


@dataclass(frozen=True, slots=True)
class Standing:
    """How a scheme of a document stands: what it is, the variable that gives its credential when set, and the login that there is."""

    scheme: SecurityScheme
    variable: str
    variable_set: bool = False
    login: Login | None = None


def authority_of(api: Api, key: str, server: str | None = None) -> Authority:
    """Find a scheme that a person logs in for; raises MissingCredential naming those there are."""
    able = [name for name, scheme in api.schemes.items() if scheme.type in TOKEN_SCHEME_TYPES]
    if key not in able:
        there = (
            f"It has {', '.join(able)}."
            if able
            else f"Give the credential with --auth {key}=VALUE or in {environment_name(key)}."
        )
        raise MissingCredential(
            f"{api.title} has no OAuth2 or OpenID Connect scheme named {key!r}. {there}"
        )
    if server and not origin_of(server):
        raise MissingCredential(
            f"{server!r} is no URL: a login is for the server that calls go to, named by its URL."
        )
    return Authority(api.schemes[key], api.address, api_base_url(api, server))


def standings(
    api: Api, server: str | None = None, store: TokenStore | None = None
) -> list[Standing]:
    """Tell how every scheme of a document stands, without any secret to be shown."""
    shelf = store or TokenStore()
    return [_standing(api, scheme, server, shelf) for scheme in api.schemes.values()]


def log_out(api: Api, key: str, server: str | None = None, store: TokenStore | None = None) -> bool:
    """Forget the logins of a scheme; say whether there was any."""
    return (store or TokenStore()).remove(authority_of(api, key, server).key)


async def log_in(
    api: Api,
    key: str,
    settings: Settings,
    desk: Desk,
    *,
    device: bool = False,
    server: str | None = None,
    store: TokenStore | None = None,
    verify: bool | str = True,
) -> Login:
    """Log in for a scheme with the flow that the document offers, and keep the login.

    `settings.scopes` None asks for those that the document's operations need. Raises
    MissingCredential, Refused, NetworkError, TimedOut.
    """
    authority = authority_of(api, key, server)
    if settings.scopes is None:
        settings = replace(settings, scopes=scopes_of(api, key))
    named = [
        url
        for url in (
            settings.token_url,
            settings.authorization_url,
            settings.device_authorization_url,
        )
        if url
    ]
    guard = Guard(origins=authority.trust.anywhere).naming(*named)
    async with open_client(guard=guard, verify=verify) as client:
        try:
            with anyio.fail_after(desk.patience):
                login = replace(
                    await _flow(authority, settings, desk, client, device=device),
                    origins=origins_of(api),
                )
        except TimeoutError:
            raise TimedOut(
                f"Nobody logged in within {desk.patience:g} seconds. Try again."
            ) from None
    await anyio.to_thread.run_sync((store or TokenStore()).save, authority.key, login)
    return login


def scopes_of(api: Api, key: str) -> tuple[str, ...]:
    """Give the scopes that a document's operations need of a scheme, in the document's order."""
    needed = {
        scope: None
        for operation in api.operations
        for each in operation.security
        for scope in each.get(key, ())
    }
    return tuple(needed) or (("openid",) if api.schemes[key].type == "openIdConnect" else ())


async def _flow(
    authority: Authority, settings: Settings, desk: Desk, client: httpx.AsyncClient, *, device: bool
) -> Login:
    kind = _kind(authority, settings, device=device)
    found = await oauth.converse(client, oauth.endpoints(authority, settings, kind))
    settings = replace(settings, token_url=found.token)
    if kind == "authorizationCode":
        token = await _by_browser(found, settings, desk, client)
    elif kind == "deviceAuthorization":
        token = await _by_device(found, settings, desk, client)
    else:
        token = await oauth.converse(
            client, oauth.obtain(authority, settings.scopes or (), settings)
        )
    grant = "client_credentials" if kind == "clientCredentials" else ""
    return Login(
        token,
        found.token,
        settings.client_id,
        settings.client_secret,
        settings.auth_method,
        settings.account,
        grant,
    )


def _standing(api: Api, scheme: SecurityScheme, server: str | None, store: TokenStore) -> Standing:
    able = scheme.type in TOKEN_SCHEME_TYPES
    variable = environment_name(scheme.key)
    login = store.find(authority_of(api, scheme.key, server).key) if able else None
    return Standing(scheme, variable, bool(os.environ.get(variable)), login)


def _kind(authority: Authority, settings: Settings, *, device: bool) -> str:
    """Choose the flow: as asked, else the one that a person's browser serves, else what was given serves."""
    kinds = authority.kinds
    if device:
        wanted = ("deviceAuthorization",)
    elif settings.password:
        wanted = ("password",)
    else:
        wanted = (
            "authorizationCode",
            "deviceAuthorization",
            *(("clientCredentials",) if settings.client_secret else ()),
        )
    kind = next((each for each in wanted if each in kinds), None)
    kind = kind or next(
        (each for each in wanted if not kinds or settings.device_authorization_url), None
    )
    if kind is None:
        raise MissingCredential(how_to_get_a_token(authority, settings.scopes or ()))
    if not settings.client_id and kind != "password":
        raise MissingCredential(
            f"Logging in for {authority.scheme.key} needs the client_id that the API's owner registered: --client-id."
        )
    return kind


# --- through the browser ---


async def _by_browser(
    found: oauth.Endpoints, settings: Settings, desk: Desk, client: httpx.AsyncClient
) -> Token:
    """Go through the authorization code flow with PKCE (RFC 6749, section 4.1; RFC 7636)."""
    from authlib.common.security import generate_token  # noqa: PLC0415 -- loads slowly, and few need it

    if not found.authorization:
        raise MissingCredential("The document names no authorization URL: give authorization_url.")
    verifier, state = generate_token(64), generate_token(32)
    if desk.open_browser is None:
        redirect = settings.redirect_uri or "http://127.0.0.1/callback"
        desk.show(
            f"Open this address in a browser, and log in:\n\n  {_address(found, settings, redirect, state, verifier)}\n"
        )
        question = (
            "The browser ends at an address that may not open. Paste that whole address here:"
        )
        back = desk.ask(question).strip()
    else:
        async with listener(settings.redirect_uri, state) as (redirect, answers):
            address = _address(found, settings, redirect, state, verifier)
            desk.show(
                f"Log in with the browser that opens now. If none does, open this address:\n\n  {address}\n"
            )
            await anyio.to_thread.run_sync(desk.open_browser, address, abandon_on_cancel=True)
            back = await answers.receive()
    code = _code(back, state)
    steps = oauth.request_token(
        found,
        settings,
        "authorization_code",
        code=code,
        redirect_uri=redirect,
        code_verifier=verifier,
    )
    token = await oauth.converse(client, steps)
    return token if token.scopes else replace(token, scopes=settings.scopes or ())


def _address(
    found: oauth.Endpoints, settings: Settings, redirect: str, state: str, verifier: str
) -> str:
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # noqa: PLC0415 -- loads slowly, and few need it
    from authlib.oauth2.rfc7636 import create_s256_code_challenge  # noqa: PLC0415 -- loads slowly, and few need it

    return str(
        prepare_grant_uri(
            found.authorization,
            settings.client_id,
            "code",
            redirect,
            " ".join(settings.scopes or ()),
            state,
            code_challenge=create_s256_code_challenge(verifier),  # type: ignore[no-untyped-call]
            code_challenge_method="S256",
            **settings.extra,
        )
    )


def _code(back: str, state: str) -> str:
    """Read the code from the address that the browser came back to (RFC 6749, section 4.1.2)."""
    answer = answer_in(back)
    if not back.strip():
        raise MissingCredential(
            "No address came back, so nobody has logged in: start the login again, where somebody can paste it."
        )
    if answer.get("state") != state:
        raise MissingCredential(
            "That address is not the answer to this login (its state differs). Start the login again."
        )
    if "code" not in answer:
        why = printable(answer.get("error_description") or answer.get("error") or "it gave no code")
        raise MissingCredential(f"The authorization server let nobody in: {why}.")
    return answer["code"]


# --- through another device ---


async def _by_device(
    found: oauth.Endpoints, settings: Settings, desk: Desk, client: httpx.AsyncClient
) -> Token:
    """Go through the device authorization flow (RFC 8628)."""
    grant = await oauth.converse(client, oauth.request_device_code(found, settings))
    whole = f" (or open {grant.complete_uri})" if grant.complete_uri else ""
    desk.show(f"Open {grant.uri} on any device, and enter the code {grant.user_code}{whole}.")
    interval = grant.interval
    while True:
        await desk.pause(interval)
        answer = await oauth.converse(client, oauth.poll_device(found, settings, grant))
        if isinstance(answer, Token):
            return answer
        interval += answer
