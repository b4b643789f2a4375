"""Obtain tokens with the flows of OAuth2 (RFC 6749) and OpenID Connect.

Each flow is a conversation (see `conversation`). Secrets go to the token URL that the user names,
or that the document names with https or on this computer, and never after a redirect.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from openapi2tools._core.reader import for_reader
from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.oauth import signed_tokens
from openapi2tools.call.oauth.client_authentication import (
    JWT_BEARER_GRANT,
    bearer_assertion,
    post_form,
)
from openapi2tools.call.oauth.config import how_to_get_a_token
from openapi2tools.call.oauth.discovery import find_endpoints
from openapi2tools.call.oauth.token_response import (
    error_code,
    finite_number,
    is_unavailable,
    read_answer,
    read_token,
    refusal_message,
)
from openapi2tools.errors import MissingCredential
from openapi2tools.transport import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

    from openapi2tools.call.oauth.config import OAuthConfig, OAuthCredential
    from openapi2tools.call.oauth.conversation import Steps
    from openapi2tools.call.oauth.discovery import Endpoints
    from openapi2tools.call.oauth.tokens import Token

_DEVICE_GRANT_TYPE: Final = "urn:ietf:params:oauth:grant-type:device_code"
_DEFAULT_POLL_SECONDS: Final = 5.0  # RFC 8628, section 3.2
SLOW_DOWN_SECONDS: Final = 5.0  # RFC 8628, section 3.5
_MAX_URI_CHARS: Final = 2000
_REFRESHABLE_FLOW_TYPES: Final = (
    "authorizationCode",
    "deviceAuthorization",
    "password",
    "clientCredentials",
)
"""Whose refresh address is taken, in this order."""


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """What a person types in on another device, and where; all but `code` is fit to be shown.

    `interval` is the pause between two questions to the server, in seconds.
    """

    code: Secret
    user_code: str
    uri: str
    complete_uri: str
    interval: float


def obtain_token(
    config: OAuthConfig, scopes: tuple[str, ...], credential: OAuthCredential
) -> Steps[Token]:
    """Get a token with what the user gave.

    That is a refresh token, user and password, or the client's credentials; else MissingCredential
    says what to give.
    """
    wanted = scopes if credential.scopes is None else credential.scopes
    scope = " ".join(wanted)
    if credential.refresh_token:
        return (yield from renew_token(config, credential, credential.refresh_token))
    if credential.username and credential.password:
        endpoints = yield from _endpoints_of_offered(config, credential, "password")
        person = {"username": credential.username, "password": credential.password.reveal()}
        return (yield from request_token(endpoints, credential, "password", scope=scope, **person))
    if credential.is_service_account:
        endpoints = yield from endpoints_of_service_account(config, credential)
        return (yield from request_token_with_assertion(endpoints, credential, scope))
    if credential.proves_client and _is_offered(config, credential, "clientCredentials"):
        endpoints = yield from _endpoints_of_offered(config, credential, "clientCredentials")
        return (yield from request_token(endpoints, credential, "client_credentials", scope=scope))
    raise MissingCredential(how_to_get_a_token(config, scopes))


def renew_token(
    config: OAuthConfig, credential: OAuthCredential, refresh_token: Secret
) -> Steps[Token]:
    """Get a new token with a refresh token (RFC 6749, section 6).

    The old refresh token stays when no new one comes.
    """
    declared = (config.flow(flow_type) for flow_type in _REFRESHABLE_FLOW_TYPES)
    flow = next((each for each in declared if each), None)
    endpoints = yield from find_endpoints(config, credential, flow.type if flow else "")
    if flow and flow.refresh_url and not credential.token_url:
        endpoints = replace(endpoints, token=config.token_server_url(flow.refresh_url))
    return (
        yield from request_token(
            endpoints, credential, "refresh_token", refresh_token=refresh_token.reveal()
        )
    )


def request_token(
    endpoints: Endpoints, credential: OAuthCredential, grant_type: str, **parameters: str
) -> Steps[Token]:
    """Ask the token endpoint (RFC 6749, section 3.2)."""
    if not endpoints.token:
        raise MissingCredential(
            "The document names no token URL: give it with "
            f"{for_reader('token_url', '--token-url')}."
        )
    form = {"grant_type": grant_type, **parameters, **credential.extra}
    if credential.dpop and credential.dpop_key is None:
        credential = replace(credential, dpop_key=signed_tokens.new_dpop_key())
    response = yield from post_form(endpoints.token, endpoints, credential, form)
    if credential.dpop_key is None and _asks_for_proof(response):
        credential = replace(credential, dpop_key=signed_tokens.new_dpop_key())
        response = yield from post_form(endpoints.token, endpoints, credential, form)
    return read_token(
        response,
        credential,
        old_refresh_token=parameters.get("refresh_token"),
        asked_scope=parameters.get("scope", ""),
    )


def request_token_with_assertion(
    endpoints: Endpoints, credential: OAuthCredential, scope: str
) -> Steps[Token]:
    """Get a token for what a service account signs (RFC 7523, section 2.1)."""
    assertion = bearer_assertion(endpoints, credential, scope)
    grant = JWT_BEARER_GRANT
    return (
        yield from request_token(endpoints, credential, grant, assertion=assertion, scope=scope)
    )


def push_login(
    endpoints: Endpoints, credential: OAuthCredential, parameters: Mapping[str, str]
) -> Steps[str]:
    """Announce a login before the browser opens (RFC 9126), and return what it goes by."""
    response = yield from post_form(endpoints.pushed, endpoints, credential, parameters)
    request_uri = read_answer(response).get("request_uri")
    if response.status_code >= 300 or not isinstance(request_uri, str):
        raise MissingCredential(
            refusal_message(response, credential, "did not let the login begin")
        )
    return request_uri


def _asks_for_proof(response: httpx.Response) -> bool:
    """Return whether a token server refuses since the token has to be bound to a key (RFC 9449).

    Servers say it by different codes: `invalid_dpop_proof`, `invalid_request`, `invalid_grant`.
    """
    said = f"{error_code(response)} {read_answer(response).get('error_description')}"
    return response.status_code in (400, 401) and "dpop" in said.lower()


def request_device_code(endpoints: Endpoints, credential: OAuthCredential) -> Steps[DeviceCode]:
    """Ask for a code to be typed in on another device (RFC 8628, section 3.1)."""
    if not endpoints.device:
        raise MissingCredential(
            "The document names no device authorization URL: give it with "
            f"{for_reader('device_authorization_url', '--device-url')}."
        )
    form = {
        "client_id": credential.client_id,
        "scope": " ".join(credential.scopes or ()),
        **credential.extra,
    }
    response = yield from post_form(endpoints.device, endpoints, credential, form)
    answer = read_answer(response)
    try:
        code = Secret(str(answer["device_code"]))
        user_code = printable(str(answer["user_code"]))
        uri = str(answer.get("verification_uri") or answer["verification_url"])
    except KeyError:
        raise MissingCredential(refusal_message(response, credential)) from None
    complete_uri = str(answer.get("verification_uri_complete") or "")
    interval = finite_number(answer.get("interval"))
    return DeviceCode(
        code=code,
        user_code=user_code,
        uri=printable(uri, _MAX_URI_CHARS),
        complete_uri=printable(complete_uri, _MAX_URI_CHARS),
        interval=interval if interval and interval > 0 else _DEFAULT_POLL_SECONDS,
    )


def poll_device(
    endpoints: Endpoints, credential: OAuthCredential, code: DeviceCode
) -> Steps[Token | float]:
    """Ask whether the person has agreed (RFC 8628, section 3.5).

    Returns the token, or by how many seconds the pause between two questions has to grow.
    """
    form = {
        "grant_type": _DEVICE_GRANT_TYPE,
        "device_code": code.code.reveal(),
        **credential.extra,
    }
    response = yield from post_form(endpoints.token, endpoints, credential, form)
    if is_unavailable(response):
        return SLOW_DOWN_SECONDS
    match error_code(response):
        case "authorization_pending":
            return 0.0
        case "slow_down":
            return SLOW_DOWN_SECONDS
        case _:
            asked_scope = " ".join(credential.scopes or ())
            return read_token(response, credential, asked_scope=asked_scope)


def endpoints_of_service_account(
    config: OAuthConfig, credential: OAuthCredential
) -> Steps[Endpoints]:
    """Find the token server of a service account, whose flow no document can declare."""
    declared = (flow.type for flow in config.scheme.flows if flow.token_url)
    return (yield from find_endpoints(config, credential, next(declared, "")))


def _is_offered(config: OAuthConfig, credential: OAuthCredential, flow_type: str) -> bool:
    """Return whether a flow may be tried: the document offers it, or says nothing against it."""
    return bool(config.flow(flow_type) or not config.flow_types or credential.token_url)


def _endpoints_of_offered(
    config: OAuthConfig, credential: OAuthCredential, flow_type: str
) -> Steps[Endpoints]:
    if not _is_offered(config, credential, flow_type):
        offered = ", ".join(config.flow_types)
        raise MissingCredential(
            f"The credential for {config.scheme.key} is one for the flow {flow_type}; "
            f"the document offers {offered}."
        )
    return (yield from find_endpoints(config, credential, flow_type))
