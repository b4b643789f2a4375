"""Tell whether a request has the credential that its operation asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.call.credentials.masking import MASK, is_secret_field
from openapi2tools.mock.bodies import Fault

if TYPE_CHECKING:
    from openapi2tools.mock.request import Request
    from openapi2tools.model import Api, Operation, SecurityScheme

_CHALLENGES = {
    "basic": 'Basic realm="mock"',
    "digest": 'Digest realm="mock", nonce="mock", qop="auth", algorithm=SHA-256',
}


def check_credential(operation: Operation, api: Api, request: Request) -> None:
    """Raise a Fault where a request has no credential, of whatever value, that is asked for."""
    if not operation.security:
        return
    wanted: list[list[SecurityScheme]] = []
    for requirement in operation.security:
        schemes = [api.schemes[name] for name in requirement if name in api.schemes]
        if all(_has(scheme, request) for scheme in schemes):
            return
        wanted.append(schemes)
    ways = " or ".join(dict.fromkeys(" and ".join(map(_words, each)) for each in wanted))
    first = next(scheme for schemes in wanted for scheme in schemes)
    challenge = _CHALLENGES.get(first.scheme, "Bearer")
    raise Fault(401, f"A credential is missing: send {ways}.", {"www-authenticate": challenge})


def shown_query(api: Api, query: str) -> str:
    """Return a query without the values of what holds a credential."""
    secret = {scheme.name for scheme in api.schemes.values() if scheme.location == "query"}
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return "&".join(
        f"{name}={MASK}" if name in secret or is_secret_field(name) else f"{name}{sign}{text}"
        for name, sign, text in pairs
    )


def _has(scheme: SecurityScheme, request: Request) -> bool:
    authorization = request.headers.get("authorization", "").lower()
    match scheme.type:
        case "apiKey" if scheme.location == "query":
            return bool(dict(request.pairs()).get(scheme.name))
        case "apiKey" if scheme.location == "cookie":
            return bool(dict(request.cookies()).get(scheme.name))
        case "apiKey":
            return bool(request.headers.get(scheme.name.lower()))
        case "http":
            return authorization.startswith(f"{scheme.scheme} ")
        case "mutualTLS":
            return True  # nobody here can see a certificate
    return authorization.startswith("bearer ")


def _words(scheme: SecurityScheme) -> str:
    match scheme.type:
        case "apiKey":
            kind = {"query": "query parameter", "cookie": "cookie"}.get(scheme.location, "header")
            return f"the {kind} {scheme.name}"
        case "http":
            return f"Authorization: {scheme.scheme.title()}"
    return "Authorization: Bearer"
