"""Log a person in for a scheme of a document, and keep the login in the token store.

There are three ways:

- The browser is sent to the authorization server with PKCE (RFC 7636), and comes back to a listener
  on loopback (RFC 8252).
- Where no browser can reach this computer, the person copies the address there and back.
- A code is typed in on another device (RFC 8628).
"""

from __future__ import annotations

import os
import webbrowser
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import urlencode, urlsplit, urlunsplit

import anyio

from openapi2tools._core.reader import for_reader
from openapi2tools.call.credentials.schemes import TOKEN_SCHEME_TYPES, api_base_url
from openapi2tools.call.credentials.sources import environment_name
from openapi2tools.call.credentials.trust import origin_of, server_origins
from openapi2tools.call.oauth import flows
from openapi2tools.call.oauth.config import OAuthConfig, how_to_get_a_token, needed_scopes
from openapi2tools.call.oauth.conversation import converse
from openapi2tools.call.oauth.discovery import check_answering_server, find_endpoints
from openapi2tools.call.oauth.loopback import (
    DEFAULT_REDIRECT_URI,
    listen_for_redirect,
    redirect_parameters,
)
from openapi2tools.call.oauth.token_store import StoreOutOfReach, TokenStore
from openapi2tools.call.oauth.tokens import Login, Token
from openapi2tools.errors import (
    BlockedAddress,
    CallError,
    MissingCredential,
    NetworkError,
    TimedOut,
)
from openapi2tools.transport import Guard, Verify, open_client, printable

if TYPE_CHECKING:
    import httpx

    from openapi2tools.call.oauth.config import OAuthCredential
    from openapi2tools.call.oauth.discovery import Endpoints
    from openapi2tools.model import Api, SecurityScheme

Show: TypeAlias = Callable[[str], None]
"""Shows the person a text."""
Ask: TypeAlias = Callable[[str], str]
"""Asks the person for a line."""

LOGIN_TIMEOUT_SECONDS: Final = 600.0
"""How long a person has for logging in."""
_VERIFIER_BYTES: Final = 48  # 64 characters; RFC 7636, section 4.1: 43 to 128
_STATE_BYTES: Final = 24


@dataclass(frozen=True, slots=True)
class LoginPrompt:
    """How this program talks with the person, and with a clock: what tests replace.

    Attributes:
        show: Shows the person a text.
        ask: Asks the person for a line.
        open_browser: Opens an address; None when the person copies addresses, with `ask`.
        sleep: Waits for some seconds.
        timeout: How many seconds the person has.
    """

    show: Show
    ask: Ask
    open_browser: Callable[[str], object] | None = webbrowser.open
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    timeout: float = LOGIN_TIMEOUT_SECONDS


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
                f"Nobody logged in within {prompt.timeout:g} seconds. Try again."
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
    endpoints = await converse(client, find_endpoints(config, credential, flow_type))
    credential = replace(credential, token_url=endpoints.token)
    who = _announcement(title, config, endpoints)
    match flow_type:
        case "authorizationCode":
            token = await _log_in_with_browser(
                endpoints, credential, prompt, client, who, title=title
            )
        case "deviceAuthorization":
            token = await _log_in_on_device(endpoints, credential, prompt, client, who)
        case _:
            steps = flows.obtain_token(config, credential.scopes or (), credential)
            token = await converse(client, steps)
    return Login(
        token=token,
        token_url=endpoints.token,
        client_id=credential.client_id,
        client_secret=credential.client_secret,
        auth_method=credential.auth_method,
        account=credential.account,
        extra=credential.extra,
        grant="client_credentials" if flow_type == "clientCredentials" else "",
    )


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


def _choose_flow_type(config: OAuthConfig, credential: OAuthCredential, *, device: bool) -> str:
    """Choose the flow: as asked, else through a browser, else with what was given.

    A flow that the document does not declare is taken when the document declares none, or when the
    user gave the address that it needs.
    """
    wanted: tuple[str, ...]
    if device:
        wanted = ("deviceAuthorization",)
    elif credential.password:
        wanted = ("password",)
    elif credential.client_secret:
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


# --- through the browser ---


async def _log_in_with_browser(
    endpoints: Endpoints,
    credential: OAuthCredential,
    prompt: LoginPrompt,
    client: httpx.AsyncClient,
    announcement: str,
    *,
    title: str,
) -> Token:
    """Go through the authorization code flow with PKCE (RFC 6749, section 4.1; RFC 7636)."""
    if not endpoints.authorization:
        raise MissingCredential("The document names no authorization URL: give authorization_url.")
    verifier, state = token_urlsafe(_VERIFIER_BYTES), token_urlsafe(_STATE_BYTES)

    async def exchange(answer: str, redirect_uri: str) -> Token:
        parameters = _answer_parameters(answer, state)
        await converse(client, check_answering_server(endpoints, parameters))
        steps = flows.request_token(
            endpoints,
            credential,
            "authorization_code",
            code=_authorization_code(parameters),
            redirect_uri=redirect_uri,
            code_verifier=verifier,
        )
        token = await converse(client, steps)
        return token if token.scopes else replace(token, scopes=credential.scopes or ())

    if prompt.open_browser is None:
        redirect_uri = credential.redirect_uri or DEFAULT_REDIRECT_URI
        address = _login_address(endpoints, credential, redirect_uri, state, verifier)
        return await exchange(_ask_for_redirect(prompt, address, announcement), redirect_uri)
    outcome: Token | CallError
    async with listen_for_redirect(credential.redirect_uri, state) as redirect:
        address = _login_address(endpoints, credential, redirect.uri, state, verifier)
        prompt.show(
            f"{announcement}\nLog in with the browser that opens now. If none does, open this "
            f"address:\n\n  {address}\n"
        )
        async with anyio.create_task_group() as group:
            group.start_soon(_open_quietly, prompt.open_browser, address)
            answer = await redirect.answers.receive()
            try:
                outcome = await exchange(answer, redirect.uri)
            except CallError as error:  # raised below, where no group wraps it
                outcome = error
            redirect.end(_ending(outcome, title))
            group.cancel_scope.cancel()
    if isinstance(outcome, CallError):
        raise outcome
    return outcome


async def _open_quietly(open_browser: Callable[[str], object], address: str) -> None:
    """Open a browser, which may come back only when it is closed; the address is shown anyway."""
    with suppress(webbrowser.Error, OSError):
        await anyio.to_thread.run_sync(open_browser, address, abandon_on_cancel=True)


def _ending(outcome: Token | CallError, title: str) -> str:
    """Return what the browser's page says of a login."""
    if isinstance(outcome, CallError):
        return f"Nobody is logged in. {outcome}"
    person = f" as {outcome.person}" if outcome.person else ""
    return f"You are logged in to {printable(title)}{person}."


def _ask_for_redirect(prompt: LoginPrompt, address: str, announcement: str) -> str:
    """Let the person open an address, and paste the one that the browser ends at."""
    prompt.show(f"{announcement}\nOpen this address in a browser, and log in:\n\n  {address}\n")
    question = "The browser ends at an address that may not open. Paste that whole address here:"
    return prompt.ask(question).strip()


def _login_address(
    endpoints: Endpoints,
    credential: OAuthCredential,
    redirect_uri: str,
    state: str,
    verifier: str,
) -> str:
    """Return the address at which the person logs in (RFC 6749, section 4.1.1).

    A query that the endpoint has stays (section 3.1).
    """
    challenge = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    parameters = {
        **credential.extra,
        "response_type": "code",
        "client_id": credential.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(credential.scopes or ()),
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    given = {name: text for name, text in parameters.items() if text}
    endpoint = urlsplit(endpoints.authorization)
    query = "&".join(filter(None, (endpoint.query, urlencode(given))))
    return urlunsplit(endpoint._replace(query=query, fragment=""))


def _answer_parameters(address: str, state: str) -> dict[str, str]:
    """Read the address that the browser came back to (RFC 6749, section 4.1.2)."""
    if not address.strip():
        raise MissingCredential(
            "No address came back, so nobody has logged in: start the login again, "
            "where somebody can paste it."
        )
    answer = redirect_parameters(address)
    if answer.get("state") != state:
        raise MissingCredential(
            "That address is not the answer to this login (its state differs). "
            "Start the login again."
        )
    return answer


def _authorization_code(answer: Mapping[str, str]) -> str:
    if "code" not in answer:
        reason = answer.get("error_description") or answer.get("error") or "it gave no code"
        raise MissingCredential(f"The authorization server let nobody in: {printable(reason)}.")
    return answer["code"]


# --- on another device ---


async def _log_in_on_device(
    endpoints: Endpoints,
    credential: OAuthCredential,
    prompt: LoginPrompt,
    client: httpx.AsyncClient,
    announcement: str,
) -> Token:
    """Go through the device authorization flow (RFC 8628)."""
    code = await converse(client, flows.request_device_code(endpoints, credential))
    shortcut = f" (or open {code.complete_uri})" if code.complete_uri else ""
    prompt.show(
        f"{announcement} "
        f"Open {code.uri} on any device, and enter the code {code.user_code}{shortcut}."
    )
    seconds = code.interval
    while True:
        await prompt.sleep(seconds)
        try:
            answer = await converse(client, flows.poll_device(endpoints, credential, code))
        except BlockedAddress:
            raise
        except (NetworkError, TimedOut):  # the person may be agreeing at this very moment
            answer = flows.SLOW_DOWN_SECONDS
        if isinstance(answer, Token):
            return answer
        seconds += answer
