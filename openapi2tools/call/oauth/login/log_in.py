"""Log a person in for a scheme of a document, and keep the login in the token store.

There are three ways:

- The browser is sent to the authorization server with PKCE (RFC 7636), and comes back to a listener
  on loopback (RFC 8252).
- Where no browser can reach this computer, the person copies the address there and back.
- A code is typed in on another device (RFC 8628).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import anyio

from openapi2tools._core.reader import for_reader
from openapi2tools.call.credentials.trust import origin_of, server_origins
from openapi2tools.call.oauth import flows
from openapi2tools.call.oauth.client_authentication import settled_method, with_signing_details
from openapi2tools.call.oauth.config import how_to_get_a_token, needed_scopes
from openapi2tools.call.oauth.conversation import converse
from openapi2tools.call.oauth.discovery import find_endpoints
from openapi2tools.call.oauth.login.browser import log_in_with_browser
from openapi2tools.call.oauth.login.device import log_in_on_device
from openapi2tools.call.oauth.login.logins import find_oauth_config
from openapi2tools.call.oauth.signed_tokens import new_dpop_key
from openapi2tools.call.oauth.storage.token_store import TokenStore
from openapi2tools.call.oauth.tokens import Login
from openapi2tools.errors import MissingCredential, TimedOut
from openapi2tools.transport import Guard, Verify, open_client, printable

if TYPE_CHECKING:
    import httpx

    from openapi2tools.call.oauth.config import OAuthConfig, OAuthCredential
    from openapi2tools.call.oauth.conversation import Steps
    from openapi2tools.call.oauth.discovery import Endpoints
    from openapi2tools.call.oauth.login.prompt import LoginPrompt
    from openapi2tools.model import Api


_SERVICE_ACCOUNT: Final = "serviceAccount"
"""A way that no document can declare: what a key signs stands for the login."""
_GRANTS: Final = {"clientCredentials": "client_credentials", _SERVICE_ACCOUNT: "service_account"}


async def log_in(
    api: Api,
    key: str,
    credential: OAuthCredential,
    prompt: LoginPrompt,
    *,
    device: bool = False,
    server: str | None = None,
    store: TokenStore | None = None,
    verify: Verify = True,
    timeout: float = 30.0,  # noqa: ASYNC109 -- for each answer, not for the whole
) -> Login:
    """Log in for a scheme with the flow that the document offers, and keep the login.

    Args:
        api: The document.
        key: The name of the scheme.
        credential: The client, and what else the user gave. `scopes` None asks for those that the
            document's operations need.
        prompt: How to talk with the person.
        device: Type a code in on another device.
        server: The server that calls go to, when it is not the document's first.
        store: Where to keep the login.
        verify: Whether servers' certificates are checked; or a CA bundle's path, or a context.
        timeout: How many seconds the authorization server has for each answer.

    Raises:
        MissingCredential: Something has to be given, or the person was not let in.
        Refused: The document may not name the address of the token server.
        NetworkError: The authorization server cannot be reached.
        TimedOut: The person, or the server, did not answer in time.
    """
    config = find_oauth_config(api, key, server)
    if credential.scopes is None:
        credential = replace(credential, scopes=needed_scopes(api, key))
    named_by_user = (
        credential.token_url,
        credential.authorization_url,
        credential.device_authorization_url,
    )
    guard = Guard(origins=config.trust.private_network_origins)
    guard = guard.allowing(*(url for url in named_by_user if url))
    async with open_client(guard=guard, verify=verify, timeout=timeout) as client:
        try:
            with anyio.fail_after(prompt.timeout):
                login = await _run_flow(
                    config, credential, prompt, client, device=device, title=api.title
                )
        except TimeoutError:
            raise TimedOut(
                f"Nobody logged in within {prompt.timeout:g} seconds. Try again"
                f"{for_reader('.', ', with more time: --timeout SECONDS.')}"
            ) from None
    login = replace(login, origins=server_origins(api))
    await anyio.to_thread.run_sync((store or TokenStore()).save, config.key, login)
    return login


async def _run_flow(
    config: OAuthConfig,
    credential: OAuthCredential,
    prompt: LoginPrompt,
    client: httpx.AsyncClient,
    *,
    device: bool,
    title: str,
) -> Login:
    flow_type = _choose_flow_type(config, credential, device=device)
    endpoints = await converse(client, _find_endpoints(config, credential, flow_type))
    credential = _settled(replace(credential, token_url=endpoints.token), endpoints)
    who = _announcement(title, config, endpoints)
    match flow_type:
        case "authorizationCode":
            token = await log_in_with_browser(
                endpoints, credential, prompt, client, who, title=title
            )
        case "deviceAuthorization":
            token = await log_in_on_device(endpoints, credential, prompt, client, who)
        case _:
            steps = flows.obtain_token(config, credential.scopes or (), credential)
            token = await converse(client, steps)
    return Login(
        token=token,
        token_url=endpoints.token,
        client_id=credential.client_id,
        client_secret=credential.client_secret,
        private_key=credential.private_key,
        key_id=credential.key_id,
        subject=credential.subject,
        assertion_audience=credential.assertion_audience,
        signing_alg=credential.signing_alg,
        auth_method=credential.auth_method,
        account=credential.account,
        extra=credential.extra,
        grant=_GRANTS.get(flow_type, ""),
        revocation_url=endpoints.revocation,
    )


def _find_endpoints(
    config: OAuthConfig, credential: OAuthCredential, flow_type: str
) -> Steps[Endpoints]:
    if flow_type == _SERVICE_ACCOUNT:
        return (yield from flows.endpoints_of_service_account(config, credential))
    return (yield from find_endpoints(config, credential, flow_type))


def _settled(credential: OAuthCredential, endpoints: Endpoints) -> OAuthCredential:
    """Return a credential that goes on as it began: renewals do not ask the metadata again."""
    if credential.dpop:
        credential = replace(credential, dpop_key=new_dpop_key())
    if not credential.proves_client:
        return credential
    method = credential.auth_method or settled_method(endpoints, credential)
    return with_signing_details(endpoints, replace(credential, auth_method=method))


def _announcement(title: str, config: OAuthConfig, endpoints: Endpoints) -> str:
    """Say for which API a person logs in, and which hosts will have the code and the token.

    A document decides these, so that whoever logs in has to see them first.
    """
    token_host = _host(endpoints.token)
    login_host = _host(endpoints.authorization or endpoints.device)
    text = f"This login is for {printable(title)}"
    if api_host := _host(config.base_url):
        text += f", whose calls carry the token to {api_host}"
    text += f". Its code goes to {token_host}, which gives the token."
    if login_host != token_host:
        text += f" That is another host than {login_host}, where you log in: is it the right one?"
    return text


def _host(url: str) -> str:
    """Return a URL's host and port, empty where it has none."""
    return (origin_of(url) or "").partition("://")[2]


def _choose_flow_type(config: OAuthConfig, credential: OAuthCredential, *, device: bool) -> str:
    """Choose the flow: as asked, else through a browser, else with what was given.

    A flow that the document does not declare is taken when the document declares none, or when the
    user gave the address that it needs.
    """
    wanted: tuple[str, ...]
    if credential.is_service_account:
        return _SERVICE_ACCOUNT
    if device:
        wanted = ("deviceAuthorization",)
    elif credential.password:
        wanted = ("password",)
    elif credential.proves_client:
        wanted = ("authorizationCode", "deviceAuthorization", "clientCredentials")
    else:
        wanted = ("authorizationCode", "deviceAuthorization")
    declared = [flow_type for flow_type in wanted if flow_type in config.flow_types]
    if declared:
        chosen = declared[0]
    elif not config.flow_types or credential.device_authorization_url:
        chosen = wanted[0]
    else:
        raise MissingCredential(how_to_get_a_token(config, credential.scopes or ()))
    if not credential.client_id and chosen != "password":
        raise MissingCredential(
            f"Logging in for {config.scheme.key} needs the client_id that the API's owner "
            f"registered{for_reader('', ': --client-id ID')}."
        )
    return chosen
