"""Log a person in through a browser: the authorization code flow with PKCE."""

from __future__ import annotations

import webbrowser
from base64 import urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode, urlsplit, urlunsplit

import anyio

from openapi2tools._core.reader import for_reader
from openapi2tools.call.oauth import flows
from openapi2tools.call.oauth.conversation import converse
from openapi2tools.call.oauth.discovery import check_answering_server
from openapi2tools.call.oauth.login.loopback import (
    DEFAULT_REDIRECT_URI,
    listen_for_redirect,
    redirect_parameters,
)
from openapi2tools.errors import CallError, MissingCredential
from openapi2tools.transport import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import httpx

    from openapi2tools.call.oauth.config import OAuthCredential
    from openapi2tools.call.oauth.discovery import Endpoints
    from openapi2tools.call.oauth.login.loopback import RedirectListener
    from openapi2tools.call.oauth.login.prompt import LoginPrompt
    from openapi2tools.call.oauth.tokens import Token

_VERIFIER_BYTES: Final = 48  # 64 characters; RFC 7636, section 4.1: 43 to 128
_STATE_BYTES: Final = 24
_PASTE_OFFER: Final = (
    "\nWhere the browser cannot come back to this computer, paste the address that it ends at here."
)


async def log_in_with_browser(
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
        raise MissingCredential(
            "The document names no authorization URL: give it with "
            f"{for_reader('authorization_url', '--authorization-url')}."
        )
    if endpoints.wants_signed_requests:
        raise MissingCredential(
            f"{printable(endpoints.issuer)} asks for signed request objects (RFC 9101), which are "
            "not spoken here: get a token elsewhere, and give it as the credential."
        )
    login = _Login(
        endpoints, credential, client, token_urlsafe(_STATE_BYTES), token_urlsafe(_VERIFIER_BYTES)
    )
    if prompt.open_browser is None:
        redirect_uri = credential.redirect_uri or DEFAULT_REDIRECT_URI
        address = await login.address_for(redirect_uri)
        return await login.exchange(_ask_for_redirect(prompt, address, announcement), redirect_uri)
    outcome: Token | CallError
    async with listen_for_redirect(credential.redirect_uri, login.state) as redirect:
        address = await login.address_for(redirect.uri)
        prompt.show(
            f"{announcement}\nLog in with the browser that opens now. If none does, open this "
            f"address:\n\n  {address}\n{_PASTE_OFFER if prompt.read_line else ''}"
        )
        async with anyio.create_task_group() as group:
            group.start_soon(_open_browser, prompt, prompt.open_browser, address)
            group.start_soon(_take_pasted, prompt, redirect, login.state)
            answer = await redirect.answers.receive()
            try:
                outcome = await login.exchange(answer, redirect.uri)
            except CallError as error:  # raised below, where no group wraps it
                outcome = error
            redirect.end(_ending(outcome, title))
            group.cancel_scope.cancel()
    if isinstance(outcome, CallError):
        raise outcome
    return outcome


@dataclass(frozen=True, slots=True)
class _Login:
    """One login: the address that it begins at, and the token for the answer that it ends with."""

    endpoints: Endpoints
    credential: OAuthCredential
    client: httpx.AsyncClient
    state: str = field(repr=False)
    verifier: str = field(repr=False)

    async def address_for(self, redirect_uri: str) -> str:
        """Return where the person logs in, for an answer to this address."""
        asked = _login_parameters(self.credential, redirect_uri, self.state, self.verifier)
        if self.endpoints.pushed:
            pushing = flows.push_login(self.endpoints, self.credential, asked)
            request_uri = await converse(self.client, pushing)
            asked = {"client_id": self.credential.client_id, "request_uri": request_uri}
        return _login_address(self.endpoints, asked)

    async def exchange(self, answer: str, redirect_uri: str) -> Token:
        """Return the token for the address that the browser came back to."""
        parameters = _answer_parameters(answer, self.state)
        await converse(self.client, check_answering_server(self.endpoints, parameters))
        steps = flows.request_token(
            self.endpoints,
            self.credential,
            "authorization_code",
            code=_authorization_code(parameters),
            redirect_uri=redirect_uri,
            code_verifier=self.verifier,
        )
        token = await converse(self.client, steps)
        return token if token.scopes else replace(token, scopes=self.credential.scopes or ())


async def _open_browser(
    prompt: LoginPrompt, open_browser: Callable[[str], object], address: str
) -> None:
    """Open a browser, which may come back only when it is closed."""
    opened: object = False
    with suppress(webbrowser.Error, OSError):
        opened = await anyio.to_thread.run_sync(open_browser, address, abandon_on_cancel=True)
    if opened is False:
        prompt.show("No browser could be opened: open that address yourself.")


async def _take_pasted(prompt: LoginPrompt, redirect: RedirectListener, state: str) -> None:
    """Take the address that the person pastes, where the browser cannot come back to us."""
    if prompt.read_line is None:
        return
    while line := await prompt.read_line():
        address = line.strip()
        if redirect_parameters(address).get("state") == state:
            redirect.offer(address)
            return
        if address:
            prompt.show("That is not the address that this login ends at: paste the whole of it.")


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


def _login_parameters(
    credential: OAuthCredential, redirect_uri: str, state: str, verifier: str
) -> dict[str, str]:
    """Return what is asked of the authorization endpoint (RFC 6749, section 4.1.1)."""
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
    return {name: text for name, text in parameters.items() if text}


def _login_address(endpoints: Endpoints, parameters: Mapping[str, str]) -> str:
    """Return the address at which the person logs in; a query that the endpoint has stays."""
    endpoint = urlsplit(endpoints.authorization)
    query = "&".join(filter(None, (endpoint.query, urlencode(parameters))))
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
