"""OAuth2 (RFC 6749) and OpenID Connect: what the document and the user say in, conversations that end with a token out.

A conversation (`Steps`) is a plain generator that yields requests, is sent their responses (read to
the end), and returns what it was for. It knows no client: `converse` holds it with the one that a
call goes out with, or a login's own; both through the guarded transport. Secrets go to the token
URL that the document names (https, or on this computer) or the user, never after a redirect.
"""

from __future__ import annotations

import json
import math
import time
from base64 import b64encode
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeAlias, TypeGuard, TypeVar
from urllib.parse import parse_qsl, quote_plus

import httpx

from openapi2tools.call.credentials.masking import masked
from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.oauth.config import Authority, Settings, how_to_get_a_token
from openapi2tools.call.oauth.tokens import Token
from openapi2tools.errors import MissingCredential, NetworkError
from openapi2tools.model import OAuthFlow
from openapi2tools.transport import USER_AGENT, origin, printable, unpacked

T = TypeVar("T")
Steps: TypeAlias = Generator[httpx.Request, httpx.Response, T]

DEVICE_GRANT: Final = "urn:ietf:params:oauth:grant-type:device_code"
RAW_BASIC: Final = "client_secret_basic, not encoded"
NOT_NAMED_SO: Final = ("invalid_client", "unauthorized_client", "invalid_request", "http_401")
"""The errors of a server that wants its client named in another way."""
# the standard's word first (RFC 6749, section 5.2), then frameworks'
_DESCRIBED: Final = ("error_description", "detail", "message")
MOST: Final = 1_000_000
"""Bytes of an answer, unpacked; a token has some thousands."""
STANDARD_HEADERS: Final = {"Accept": "application/json", "User-Agent": USER_AGENT}


class Conversation(Generic[T]):
    """Steps on their way: the `request` that waits for its answer, None at the end, when there is a `result`."""

    def __init__(self, steps: Steps[T]) -> None:
        self._steps = steps
        self._result: list[T] = []
        self.request: httpx.Request | None = None
        self._go(lambda: next(steps))

    @property
    def result(self) -> T:
        """What the conversation was for."""
        return self._result[0]

    def answer(self, response: httpx.Response) -> None:
        """Go on with a response, read to its end."""
        self._go(lambda: self._steps.send(response))

    def _go(self, step: Callable[[], httpx.Request]) -> None:
        try:
            self.request = step()
        except StopIteration as end:
            self.request = None
            self._result = [end.value]


async def converse(client: httpx.AsyncClient, steps: Steps[T], **extensions: Any) -> T:
    """Hold a conversation with a client, without its own auth; `extensions` go with each request. Raises NetworkError, TimedOut."""
    talk = Conversation(steps)
    while talk.request is not None:
        talk.request.extensions = {
            "timeout": client.timeout.as_dict(),
            **talk.request.extensions,
            **extensions,
        }
        response = await client.send(
            talk.request, auth=httpx.Auth(), stream=True, follow_redirects=False
        )
        try:
            answer = await _whole(response)
        finally:
            await response.aclose()
        talk.answer(answer)
    return talk.result


async def _whole(response: httpx.Response) -> httpx.Response:
    """Read a response to its end, within bounds."""
    body = bytearray()
    async for piece in unpacked(response):
        body += piece
        if len(body) > MOST:
            place = origin(str(response.request.url))
            raise NetworkError(
                f"The token server {place} answers with more than {MOST:,} bytes: is its address the right one?"
            )
    kind = response.headers.get("content-type", "")
    return httpx.Response(
        response.status_code,
        headers={"Content-Type": kind},
        content=bytes(body),
        request=response.request,
    )


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of an authorization server; `auth_methods` is empty when it does not say how clients are named."""

    token: str = ""
    authorization: str = ""
    device: str = ""
    auth_methods: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a person types in on another device, and where, fit to be shown; `interval` is the pause between two questions in seconds."""

    code: Secret
    user_code: str
    uri: str
    complete_uri: str
    interval: float


def endpoints(authority: Authority, settings: Settings, kind: str) -> Steps[Endpoints]:
    """Find the addresses for a flow: the user's word, the flow's own, then discovery (OpenID Connect Discovery 1.0, RFC 8414)."""
    scheme, flow = authority.scheme, authority.flow(kind) or OAuthFlow(kind)
    metadata = scheme.openid_connect_url or scheme.oauth2_metadata_url
    found = Endpoints()
    if metadata and not settings.token_url and not flow.token_url:
        found = yield from _discover(authority, authority.url(metadata))

    def address(mine: str, theirs: str, discovered: str) -> str:
        return mine or (authority.url(theirs) if theirs else discovered)

    return Endpoints(
        address(settings.token_url, flow.token_url, found.token),
        address(settings.authorization_url, flow.authorization_url, found.authorization),
        address(settings.device_authorization_url, flow.device_authorization_url, found.device),
        found.auth_methods,
    )


def obtain(authority: Authority, scopes: tuple[str, ...], settings: Settings) -> Steps[Token]:
    """Get a token with the user's own means: a refresh token, user and password, or the client's credentials; else MissingCredential."""
    scope = " ".join(scopes if settings.scopes is None else settings.scopes)
    if settings.refresh_token:
        return (yield from refresh(authority, settings, settings.refresh_token))
    if settings.username and settings.password:
        found = yield from _declared(authority, settings, "password")
        people = {"username": settings.username, "password": settings.password.reveal()}
        return (yield from request_token(found, settings, "password", scope=scope, **people))
    if settings.client_secret and _grants(authority, settings, "clientCredentials"):
        found = yield from _declared(authority, settings, "clientCredentials")
        return (yield from request_token(found, settings, "client_credentials", scope=scope))
    raise MissingCredential(how_to_get_a_token(authority, scopes))


def refresh(authority: Authority, settings: Settings, token: Secret) -> Steps[Token]:
    """Get a new token for a refresh token (RFC 6749, section 6); the old refresh token stays when no new one comes."""
    kind = next(
        (
            kind
            for kind in (
                "authorizationCode",
                "deviceAuthorization",
                "password",
                "clientCredentials",
            )
            if authority.flow(kind)
        ),
        "",
    )
    flow = authority.flow(kind)
    found = yield from endpoints(authority, settings, kind)
    if flow and flow.refresh_url and not settings.token_url:
        found = Endpoints(authority.url(flow.refresh_url), auth_methods=found.auth_methods)
    return (
        yield from request_token(found, settings, "refresh_token", refresh_token=token.reveal())
    )


def request_token(
    found: Endpoints, settings: Settings, grant_type: str, **parameters: str
) -> Steps[Token]:
    """Ask the token endpoint (RFC 6749, section 3.2)."""
    if not found.token:
        raise MissingCredential(
            "The document names no token URL: give token_url among the credential's fields."
        )
    response = yield from _ask(
        found.token, found, settings, {"grant_type": grant_type, **parameters, **settings.extra}
    )
    return read_token(
        response, settings, kept=parameters.get("refresh_token"), asked=parameters.get("scope", "")
    )


def request_device_code(found: Endpoints, settings: Settings) -> Steps[DeviceCode]:
    """Ask for a code to be typed in on another device (RFC 8628, section 3.1)."""
    if not found.device:
        raise MissingCredential(
            "The document names no device authorization URL: give device_authorization_url."
        )
    form = {
        "client_id": settings.client_id,
        "scope": " ".join(settings.scopes or ()),
        **settings.extra,
    }
    response = yield from _ask(found.device, found, settings, form)
    answer = answer_of(response)
    try:
        code, user_code = Secret(str(answer["device_code"])), printable(str(answer["user_code"]))
        uri = printable(str(answer.get("verification_uri") or answer["verification_url"]), 2000)
    except KeyError:
        raise MissingCredential(refusal_of(response, settings)) from None
    complete = printable(str(answer.get("verification_uri_complete") or ""), 2000)
    interval = _number(answer.get("interval"))
    return DeviceCode(
        code, user_code, uri, complete, interval if interval and interval > 0 else 5.0
    )


def poll_device(found: Endpoints, settings: Settings, code: DeviceCode) -> Steps[Token | float]:
    """Ask whether the person has agreed (RFC 8628, section 3.5): the token, or how many seconds more to wait between two questions."""
    response = yield from _ask(
        found.token,
        found,
        settings,
        {"grant_type": DEVICE_GRANT, "device_code": code.code.reveal()},
    )
    match _error(response):
        case "authorization_pending":
            return 0.0
        case "slow_down":
            return 5.0
        case _:
            return read_token(response, settings, asked=" ".join(settings.scopes or ()))


def read_token(
    response: httpx.Response, settings: Settings, *, kept: str | None = None, asked: str = ""
) -> Token:
    """Read a token endpoint's answer (RFC 6749, section 5).

    `kept` is the refresh token that stays valid without a new one, `asked` the scopes that hold
    when the answer names none.
    """
    answer = answer_of(response)
    access = answer.get("access_token")
    if response.status_code >= 300 or not _is_text(access):
        raise MissingCredential(refusal_of(response, settings))
    kind = str(answer.get("token_type") or "bearer").lower()
    if kind in ("dpop", "mac", "pop"):
        raise MissingCredential(
            f"The token server {origin(str(response.request.url))} gives {kind} tokens; only bearer tokens are supported."
        )
    again = answer["refresh_token"] if _is_text(answer.get("refresh_token")) else kept
    seconds = _number(answer.get("expires_in"))
    scope = answer.get("scope")
    return Token(
        Secret(access),
        Secret(again) if again else None,
        None if seconds is None else time.time() + seconds,
        tuple((scope if isinstance(scope, str) else asked).split()),
        seconds,
    )


def refusal_of(response: httpx.Response, settings: Settings) -> str:
    """Say what a token server refused, without what it may echo of the request."""
    place, error = origin(str(response.request.url)), _error(response)
    if 300 <= response.status_code < 400:
        return f"The token server {place} redirects elsewhere, which is not followed with secrets: give the right token_url."
    answer = answer_of(response)
    said = next((answer[word] for word in _DESCRIBED if isinstance(answer.get(word), str)), "")
    detail = masked(printable(said, len(said)), settings.secrets())[:200]
    return f"The token server {place} gave no token: {error or f'status {response.status_code}'}{f' ({detail})' if detail else ''}."


def answer_of(response: httpx.Response) -> dict[str, Any]:
    """Read an answer: JSON, or the form that some older servers send."""
    if "x-www-form-urlencoded" in response.headers.get("content-type", ""):
        return dict(parse_qsl(response.content.decode("utf-8", "replace")))
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def _discover(authority: Authority, url: str) -> Steps[Endpoints]:
    response = yield httpx.Request("GET", url, headers=STANDARD_HEADERS)
    answer = answer_of(response)
    if response.status_code != 200 or not isinstance(answer.get("token_endpoint"), str):
        raise MissingCredential(
            f"{authority.scheme.key}: {url} gave no metadata of an authorization server (status {response.status_code})."
        )

    methods = answer.get("token_endpoint_auth_methods_supported")

    def place(name: str) -> str:
        return authority.url(str(answer[name]), by=url) if answer.get(name) else ""

    return Endpoints(
        place("token_endpoint"),
        place("authorization_endpoint"),
        place("device_authorization_endpoint"),
        tuple(methods) if isinstance(methods, list) else (),
    )


def _grants(authority: Authority, settings: Settings, kind: str) -> bool:
    return bool(authority.flow(kind) or not authority.kinds or settings.token_url)


def _declared(authority: Authority, settings: Settings, kind: str) -> Steps[Endpoints]:
    if not _grants(authority, settings, kind):
        flows = ", ".join(authority.kinds)
        raise MissingCredential(
            f"The credential for {authority.scheme.key} is one for the flow {kind}; the document offers {flows}."
        )
    return (yield from endpoints(authority, settings, kind))


def _auth_methods(found: Endpoints, settings: Settings) -> list[str]:
    """Give the ways to name the client, to be tried in this order: servers differ, and documents do not say.

    RFC 6749 wants what stands in the header form-encoded first; some servers do not decode it,
    which shows when it has a special character.
    """
    if settings.auth_method:
        return [settings.auth_method]
    if settings.client_secret is None:
        return ["none"]
    ways = ["client_secret_basic", "client_secret_post"]
    ways = [way for way in ways if way in found.auth_methods] or ways
    plain = settings.client_id + settings.client_secret.reveal()
    return (
        [*ways, RAW_BASIC] if "client_secret_basic" in ways and quote_plus(plain) != plain else ways
    )


def _ask(
    url: str, found: Endpoints, settings: Settings, form: Mapping[str, str]
) -> Steps[httpx.Response]:
    """Post a form, naming the client in the way that the server accepts; fields without a value are left out."""
    methods = _auth_methods(found, settings)
    for method in methods:
        headers, named = _client(settings, method)
        fields = {name: text for name, text in {**form, **named}.items() if text}
        response = yield httpx.Request(
            "POST", url, headers={**STANDARD_HEADERS, **headers}, data=fields
        )
        if _error(response) not in NOT_NAMED_SO:
            break
    return response


def _client(settings: Settings, method: str) -> tuple[dict[str, str], dict[str, str]]:
    """Name the client, in headers and in the form (RFC 6749, section 2.3.1)."""
    secret = settings.client_secret.reveal() if settings.client_secret else ""
    if method in ("client_secret_basic", RAW_BASIC):
        write = quote_plus if method == "client_secret_basic" else str
        pair = f"{write(settings.client_id)}:{write(secret)}"
        return {"Authorization": "Basic " + b64encode(pair.encode()).decode()}, {}
    return {}, {
        "client_id": settings.client_id,
        **({"client_secret": secret} if method == "client_secret_post" else {}),
    }


def _error(response: httpx.Response) -> str:
    """Give the error code of an answer (RFC 6749, section 5.2)."""
    if response.status_code < 300 and "error" not in answer_of(response):
        return ""
    error = answer_of(response).get("error")
    known = isinstance(error, str) and error.isprintable() and len(error) < 80
    return str(error) if known else f"http_{response.status_code}"


def _is_text(value: Any) -> TypeGuard[str]:
    """Whether it is a text that can be sent: tokens are visible ASCII (RFC 6749, appendix A.12), more is let pass, line breaks are not."""
    return isinstance(value, str) and value.strip() != "" and value.isprintable()


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
