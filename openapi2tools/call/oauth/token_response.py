"""Read an authorization server's answer: a token, or why there is none (RFC 6749, section 5)."""

from __future__ import annotations

import json
import math
import time
from typing import TYPE_CHECKING, Any, Final, TypeGuard
from urllib.parse import parse_qsl

import httpx

from openapi2tools._core.reader import for_reader
from openapi2tools._core.token_claims import token_claims
from openapi2tools.call.credentials.masking import Masker, find_added_secrets
from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.oauth.tokens import Token
from openapi2tools.errors import MissingCredential
from openapi2tools.transport import origin, printable

if TYPE_CHECKING:
    from openapi2tools.call.oauth.config import OAuthCredential

_DESCRIPTION_FIELDS: Final = ("error_description", "detail", "message")
"""Where a server says what is wrong: RFC 6749's field (section 5.2), then those of frameworks."""
_PERSON_CLAIMS: Final = ("preferred_username", "email", "name", "sub")
_MAX_DESCRIPTION_CHARS: Final = 200
_MAX_ERROR_CODE_CHARS: Final = 79
_HARMLESS_FIELDS: Final = frozenset(
    {"grant_type", "scope", "client_id", "redirect_uri", "response_type", "audience", "resource"}
)
"""What a token request says that is no secret."""
_BOUND: Final = "dpop"
_SENDER_CONSTRAINED: Final = (_BOUND, "mac", "pop")
"""Types of tokens that a client has to sign with."""


class TokenServerUnavailable(MissingCredential):
    """The token server answers, and cannot serve now: nothing is said about the credential.

    `status` is that of the answer.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def is_unavailable(response: httpx.Response) -> bool:
    """Return whether an answer says only that the server cannot serve now."""
    return response.status_code >= 500 or response.status_code == 429


def read_token(
    response: httpx.Response,
    credential: OAuthCredential,
    *,
    old_refresh_token: str | None = None,
    asked_scope: str = "",
) -> Token:
    """Read a token endpoint's answer.

    Args:
        response: The answer.
        credential: Holds what is masked in messages.
        old_refresh_token: Stays valid when no new one comes.
        asked_scope: The scopes that hold when the answer names none.

    Raises:
        MissingCredential: The answer has no token, or one of a type that is not supported.
        TokenServerUnavailable: The server cannot serve now.
    """
    answer = _with_users_token(read_answer(response))
    access = answer.get("access_token")
    if is_unavailable(response):
        message = f"{refusal_message(response, credential)} Try again later."
        raise TokenServerUnavailable(message, response.status_code)
    if response.status_code >= 300 or not _is_sendable(access):
        raise MissingCredential(refusal_message(response, credential))
    token_type = str(answer.get("token_type") or "bearer").lower()
    is_bound = token_type == _BOUND and credential.dpop_key is not None
    if token_type in _SENDER_CONSTRAINED and not is_bound:
        raise MissingCredential(
            f"The token server {origin(str(response.request.url))} gives {token_type} tokens, "
            "which nobody asked for: only bearer tokens are supported, and those of DPoP."
        )
    new_refresh_token = answer.get("refresh_token")
    refresh = new_refresh_token if _is_sendable(new_refresh_token) else old_refresh_token
    lifetime = finite_number(answer.get("expires_in"))
    if lifetime is not None and lifetime <= 0:
        lifetime = None  # a token that just came has not ended: the server does not know
    scope = answer.get("scope")
    scopes = scope if isinstance(scope, str) else asked_scope
    return Token(
        access=Secret(access),
        refresh=Secret(refresh) if refresh else None,
        expires_at=None if lifetime is None else time.time() + lifetime,
        scopes=tuple(scopes.split()),
        lifetime=lifetime,
        person=_person(answer.get("id_token")),
        dpop_key=credential.dpop_key if is_bound else None,
    )


def _with_users_token(answer: dict[str, Any]) -> dict[str, Any]:
    """Read Slack's answer: where no bot was installed, the token is that of the user beside it."""
    user = answer.get("authed_user")
    if isinstance(user, dict) and "access_token" not in answer:
        return {**answer, **user}
    return answer


def _person(id_token: Any) -> str:
    """Return whom an ID token names (OpenID Connect Core 1.0, section 5.1); empty for nobody.

    It came from the token server itself, and is only shown: its signature is not checked.
    """
    claims = token_claims(id_token) if isinstance(id_token, str) else {}
    names = (claims.get(name) for name in _PERSON_CLAIMS)
    return printable(next((name for name in names if isinstance(name, str) and name), ""))


def refusal_message(
    response: httpx.Response, credential: OAuthCredential, what: str = "gave no token"
) -> str:
    """Say what a token server refused, without what it may echo of the request."""
    server = origin(str(response.request.url))
    if 300 <= response.status_code < 400:
        return (
            f"The token server {server} redirects elsewhere, which is not followed with secrets: "
            f"give the right {for_reader('token_url', 'address: --token-url URL')}."
        )
    answer = read_answer(response)
    fields = (answer.get(name) for name in _DESCRIPTION_FIELDS)
    description = next((text for text in fields if isinstance(text, str)), "")
    masker = Masker({*credential.secrets(), *_sent_secrets(response.request)})
    detail = masker.text(printable(description, len(description)))[:_MAX_DESCRIPTION_CHARS]
    reason = masker.text(error_code(response)) or f"status {response.status_code}"
    return f"The token server {server} {what}: {reason}{f' ({detail})' if detail else ''}."


def _sent_secrets(request: httpx.Request) -> set[str]:
    """Return the secrets that a request holds, in its headers and in the fields of its form."""
    bare = httpx.Request(request.method, request.url)
    body = b"".join(request.stream) if isinstance(request.stream, httpx.ByteStream) else b""
    fields = parse_qsl(body.decode("utf-8", "replace"))
    in_form = {value for name, value in fields if name not in _HARMLESS_FIELDS}
    return {*find_added_secrets(request, bare, httpx.Headers()), *in_form}


def read_answer(response: httpx.Response) -> dict[str, Any]:
    """Read an answer's fields: JSON, or the form that some older servers send; else none."""
    if "x-www-form-urlencoded" in response.headers.get("content-type", ""):
        return dict(parse_qsl(response.content.decode("utf-8", "replace")))
    try:
        answer = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def error_code(response: httpx.Response) -> str:
    """Return the error code of an answer (RFC 6749, section 5.2); empty for a good one.

    Where it has none that can be shown, its status stands in: `http_401`.
    """
    answer = read_answer(response)
    if response.status_code < 300 and "error" not in answer:
        return ""
    error = answer.get("error")
    if isinstance(error, str) and error.isprintable() and len(error) <= _MAX_ERROR_CODE_CHARS:
        return error
    return f"http_{response.status_code}"


def finite_number(value: Any) -> float | None:
    """Read a number, which some servers send as a text; None where it is none."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _is_sendable(value: Any) -> TypeGuard[str]:
    """Return whether it is a text that can be sent.

    Tokens are visible ASCII (RFC 6749, appendix A.12). More is let pass, line breaks are not.
    """
    return isinstance(value, str) and value.strip() != "" and value.isprintable()
