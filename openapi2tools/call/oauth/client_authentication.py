"""Name the client to an authorization server, in a way that the server takes.

That is with its secret, with what its key signs (RFC 7523, section 2.2), or by its name alone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_plus

import httpx

from openapi2tools._core.reader import for_reader
from openapi2tools.call.oauth import signed_tokens
from openapi2tools.call.oauth.conversation import STANDARD_HEADERS
from openapi2tools.call.oauth.token_response import error_code
from openapi2tools.errors import MissingCredential
from openapi2tools.transport import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.call.oauth.config import OAuthCredential
    from openapi2tools.call.oauth.conversation import Steps
    from openapi2tools.call.oauth.discovery import Endpoints

JWT_BEARER_GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_UNENCODED_BASIC: Final = "client_secret_basic, not encoded"
_ANONYMOUS: Final = "anonymous"
"""A service account signs who it is; no client is named besides (RFC 7521, section 4.1)."""
_SECRET_METHODS: Final = ("client_secret_basic", "client_secret_post", "client_secret_jwt")
_CLIENT_AUTH_ERRORS: Final = (
    "invalid_client",
    "unauthorized_client",
    "invalid_request",
    "http_401",
)
"""The errors of a server that may want its client named in another way."""


def post_form(
    url: str, endpoints: Endpoints, credential: OAuthCredential, form: Mapping[str, str]
) -> Steps[httpx.Response]:
    """Post a form, naming the client in a way that the server accepts.

    Fields without a value are left out.
    """
    for method in _methods_for(form, endpoints, credential):
        headers, named = _name_client(credential, method, endpoints)
        fields = {name: text for name, text in {**form, **named}.items() if text}
        response = yield from _post(url, credential, headers, fields)
        error = error_code(response)
        is_vague_refusal = error == "http_400" and method == "client_secret_basic"
        if error not in _CLIENT_AUTH_ERRORS and not is_vague_refusal:
            break
    return response


def _post(
    url: str, credential: OAuthCredential, headers: Mapping[str, str], fields: Mapping[str, str]
) -> Steps[httpx.Response]:
    """Post once; and with the server's nonce, where it wants one in a proof (RFC 9449, 8)."""
    nonce = ""
    while True:
        proof = {}
        if credential.dpop_key is not None:
            proof = {"DPoP": signed_tokens.dpop_proof(credential.dpop_key, "POST", url, nonce)}
        response = yield httpx.Request(
            "POST", url, headers={**STANDARD_HEADERS, **headers, **proof}, data=fields
        )
        new_nonce = response.headers.get("dpop-nonce", "")
        if nonce or not proof or not new_nonce or error_code(response) != "use_dpop_nonce":
            return response
        nonce = new_nonce


def settled_method(endpoints: Endpoints, credential: OAuthCredential) -> str:
    """Return the one way to name the client that serves at a server; empty where several may."""
    methods = _auth_methods(endpoints, credential)
    return methods[0] if len(methods) == 1 else ""


def with_signing_details(endpoints: Endpoints, credential: OAuthCredential) -> OAuthCredential:
    """Return a credential that knows how and for whom it signs, when it signs anything."""
    key = credential.private_key or credential.client_secret
    if key is None:
        return credential
    is_signed_with_secret = credential.private_key is None
    if is_signed_with_secret and "client_secret_jwt" not in _auth_methods(endpoints, credential):
        return credential
    return replace(
        credential,
        assertion_audience=_audience(endpoints, credential),
        signing_alg=signed_tokens.choose_algorithm(
            key,
            credential.signing_alg,
            endpoints.signing_algs,
            is_shared_secret=is_signed_with_secret,
        ),
    )


def _methods_for(
    form: Mapping[str, str], endpoints: Endpoints, credential: OAuthCredential
) -> list[str]:
    is_service_account = form.get("grant_type") == JWT_BEARER_GRANT
    if is_service_account and credential.client_secret is None:
        return [_ANONYMOUS]
    return _auth_methods(endpoints, credential)


def _auth_methods(endpoints: Endpoints, credential: OAuthCredential) -> list[str]:
    """Return the ways to name the client, to be tried in this order.

    Servers differ, and documents do not say. RFC 6749 (section 2.3.1) wants what stands in the
    header form-encoded first. Some servers do not decode it, which shows when it has a special
    character.

    Raises:
        MissingCredential: The server takes none that can be used with what was given.
    """
    if credential.auth_method:
        return _with_unencoded([credential.auth_method], credential)
    if credential.private_key is not None:
        return ["private_key_jwt"]
    if credential.client_secret is None:
        return ["none"]
    accepted: list[str] = [method for method in _SECRET_METHODS if method in endpoints.auth_methods]
    if endpoints.auth_methods and not accepted:
        raise MissingCredential(_no_use_for_a_secret(endpoints))
    methods = [method for method in accepted if method != "client_secret_jwt"] or accepted
    methods = methods or ["client_secret_basic", "client_secret_post"]
    return _with_unencoded(methods, credential)


def _with_unencoded(methods: list[str], credential: OAuthCredential) -> list[str]:
    """Add the way of servers that do not decode what stands in the header, where it differs."""
    is_same = credential.basic(quote_plus) == credential.basic(str)
    if is_same or "client_secret_basic" not in methods:
        return methods
    return [*methods, _UNENCODED_BASIC]


def _no_use_for_a_secret(endpoints: Endpoints) -> str:
    offered = printable(", ".join(map(str, endpoints.auth_methods)))
    if "private_key_jwt" in endpoints.auth_methods:
        field = for_reader("give private_key", "give its key: --private-key file:PATH")
        how = f"{field} in place of the secret"
    elif "none" in endpoints.auth_methods:
        how = "leave the secret out"
    else:
        how = "none of them is spoken here"
    return (
        f"The client's secret is not sent: {endpoints.issuer or 'the authorization server'} takes "
        f"only {offered} ({how}). If its metadata is wrong, say how: "
        f"{for_reader('auth_method', '--auth-method')}."
    )


def _name_client(
    credential: OAuthCredential, method: str, endpoints: Endpoints
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the headers and the form fields that name the client (RFC 6749, section 2.3.1)."""
    secret = credential.client_secret.reveal() if credential.client_secret else ""
    match method:
        case "client_secret_basic" | "client_secret_basic, not encoded":
            encode = quote_plus if method == "client_secret_basic" else str
            return {"Authorization": "Basic " + credential.basic(encode)}, {}
        case "client_secret_post":
            return {}, {"client_id": credential.client_id, "client_secret": secret}
        case "client_secret_jwt" | "private_key_jwt":
            assertion = _sign(credential, endpoints, method, credential.client_id)
            return {}, {
                "client_id": credential.client_id,
                "client_assertion_type": _ASSERTION_TYPE,
                "client_assertion": assertion,
            }
        case "anonymous":
            return {}, {}
    return {}, {"client_id": credential.client_id}


def bearer_assertion(endpoints: Endpoints, credential: OAuthCredential, scope: str) -> str:
    """Return what a service account signs in place of a login (RFC 7523, section 2.1).

    Google reads the scopes there; others read them in the form.
    """
    claims = {"scope": scope} if scope else {}
    return _sign(credential, endpoints, "private_key_jwt", credential.subject, **claims)


def _sign(
    credential: OAuthCredential, endpoints: Endpoints, method: str, subject: str, **claims: str
) -> str:
    is_shared_secret = method == "client_secret_jwt"
    key = credential.client_secret if is_shared_secret else credential.private_key
    if key is None:
        raise MissingCredential(
            f"auth_method {method} needs the client's "
            f"{'client_secret' if is_shared_secret else 'private_key'}."
        )
    return signed_tokens.sign_assertion(
        key,
        {
            "iss": credential.client_id,
            "sub": subject,
            "aud": _audience(endpoints, credential),
            **claims,
        },
        algorithm=signed_tokens.choose_algorithm(
            key,
            credential.signing_alg,
            endpoints.signing_algs,
            is_shared_secret=is_shared_secret,
        ),
        key_id="" if is_shared_secret else credential.key_id,
    )


def _audience(endpoints: Endpoints, credential: OAuthCredential) -> str:
    """Return for whom something is signed: the issuer, where its metadata was read.

    Else it is where the token comes from (RFC 7523, section 3). An issuer that stands for many
    tenants is nobody's name.
    """
    is_template = "{" in endpoints.issuer
    issuer = "" if is_template else endpoints.issuer
    return credential.assertion_audience or issuer or endpoints.token
