"""End a login where it was made, too (RFC 7009)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.call.oauth.client_authentication import post_form
from openapi2tools.call.oauth.discovery import Endpoints, find_revocation_url
from openapi2tools.call.oauth.token_response import error_code, refusal_message
from openapi2tools.call.oauth.token_sources import credential_of
from openapi2tools.transport import origin

if TYPE_CHECKING:
    from openapi2tools.call.oauth.conversation import Steps
    from openapi2tools.call.oauth.tokens import Login


def revoke(login: Login) -> Steps[str]:
    """Revoke the tokens of a login; return why that was not done, empty when it was.

    With its refresh token a login ends. An access token that lives on is revoked as well, where
    the server can do that.
    """
    url = login.revocation_url or (yield from find_revocation_url(login.token_url))
    if not url:
        return (
            f"{origin(login.token_url)} names no way to end it there (RFC 7009), "
            "where it lasts until its time is over."
        )
    credential, endpoints = credential_of(login), Endpoints(token=login.token_url)
    token = login.token
    texts = {"refresh_token": token.refresh, "access_token": token.access}
    if token.refresh and not token.is_alive():
        del texts["access_token"]
    for hint, text in texts.items():
        if text is None:
            continue
        form = {"token": text.reveal(), "token_type_hint": hint}
        response = yield from post_form(url, endpoints, credential, form)
        is_beside = hint == "access_token" and token.refresh is not None
        if is_beside and error_code(response) == "unsupported_token_type":
            continue
        if response.status_code >= 300:
            return refusal_message(response, credential, "did not end the login")
    return ""
