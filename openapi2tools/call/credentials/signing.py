"""A security scheme and its credential in, what it writes on a request out: apiKey, http basic, bearer and digest, ready-made tokens."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import quote

import httpx

from openapi2tools.call.credentials.sources import Credential, Secret
from openapi2tools.call.serialization.styles import HEADER_NAME
from openapi2tools.errors import MissingCredential, Refused
from openapi2tools.model import FRAMING_HEADERS

if TYPE_CHECKING:
    from openapi2tools.call.credentials.trust import Trust
    from openapi2tools.model import SecurityScheme

Stamp: TypeAlias = Callable[[httpx.Request], None]
"""Writes a credential on a request."""
Fill: TypeAlias = tuple[str, str, str]
"""Where a scheme writes: location, name on the wire, and a placeholder to show."""

SPOKEN: Final = {"basic": "Basic", "bearer": "Bearer", "digest": "Digest"}


class Signature(httpx.Auth):
    """Puts credentials on a copy of the request, which itself stays without secrets, and only if it goes to a trusted origin.

    `stamps` write at once; `dialogue` is the one part that may talk to servers first (digest,
    OAuth2, the user's own).
    """

    def __init__(
        self,
        schemes: Iterable[str],
        stamps: Iterable[Stamp],
        dialogue: httpx.Auth | None,
        trust: Trust,
    ) -> None:
        self._schemes = ", ".join(schemes)
        self._stamps = tuple(stamps)
        self._dialogue = dialogue or httpx.Auth()
        self._trust = trust

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Refuse (Refused) or sign, then follow the dialogue; httpx's protocol."""
        refusal = self._trust.refusal(str(request.url))
        if refusal:
            raise Refused(
                f"The credential for {self._schemes} is not sent: {refusal} If you mean that server, name it: server= or --server."
            )
        signed = _copy(request)
        for stamp in self._stamps:
            stamp(signed)
        async with aclosing(self._dialogue.async_auth_flow(signed)) as flow:
            outgoing = await anext(flow)
            while True:
                response = yield outgoing
                try:
                    outgoing = await flow.asend(response)
                except StopAsyncIteration:
                    return


class _QuietURL(httpx.URL):
    """An address with a secret in its query: the wire sees it, texts (httpx logs every URL) do not."""

    def __str__(self) -> str:
        return str(httpx.URL(self).copy_with(query=b"***"))

    def __repr__(self) -> str:
        return f"URL({str(self)!r})"


def fill(scheme: SecurityScheme) -> Fill | None:
    """Say where a scheme writes, and what to show there; None for mutual TLS, which is the connection's matter.

    Raises MissingCredential for a place where no credential can stand.
    """
    _check(scheme)
    if scheme.type == "mutualTLS":
        return None
    if scheme.type == "apiKey":
        return (scheme.location or "header", scheme.name, f"<{scheme.key}>")
    spoken = SPOKEN.get(scheme.scheme, scheme.scheme) if scheme.type == "http" else "Bearer"
    return ("header", "Authorization", f"{spoken} <{scheme.key}>")


def api_key(scheme: SecurityScheme, credential: Credential) -> Stamp:
    """Write a key into the header, query parameter or cookie that the document names."""
    _check(scheme)
    key = text(scheme, credential)
    if scheme.location == "query":
        return lambda request: _append_query(
            request, f"{quote(scheme.name, safe='')}={quote(key, safe='')}".encode()
        )
    if scheme.location == "cookie":
        return lambda request: _append_cookie(
            request, f"{scheme.name}={_cookie_value(scheme, key)}"
        )
    if scheme.name.lower() == "cookie":
        return lambda request: _append_cookie(request, key)
    return lambda request: _set_header(request, scheme.name, key)


def _check(scheme: SecurityScheme) -> None:
    """Refuse to write a key into a header that says where a message goes or ends, and any place whose name would break a header."""
    in_header = scheme.type == "apiKey" and scheme.location in ("header", "")
    taken = in_header and (
        scheme.name.lower() in FRAMING_HEADERS or not HEADER_NAME.fullmatch(scheme.name)
    )
    if taken or not (scheme.name + scheme.scheme).isprintable():
        place = repr(scheme.name or scheme.scheme)
        raise MissingCredential(
            f"The scheme {scheme.key} writes to {place}, where no credential can stand: correct it (an overlay can)."
        )


def authorization(scheme: SecurityScheme, credential: Credential) -> Stamp:
    """Write `Authorization` for http basic (RFC 7617), bearer (RFC 6750) and any other http scheme that takes a ready-made text."""
    if scheme.scheme == "basic":
        pair = ":".join(user_and_password(scheme, credential))
        value = "Basic " + b64encode(pair.encode()).decode()
    else:
        spoken = "Bearer" if scheme.type != "http" else SPOKEN.get(scheme.scheme, scheme.scheme)
        token = text(scheme, credential)
        if token.lower().startswith(spoken.lower() + " "):
            token = token[len(spoken) :].strip()
        value = f"{spoken} {token}"
    return lambda request: _set_header(request, "Authorization", value)


def text(scheme: SecurityScheme, credential: Credential) -> str:
    """Give the one text that a scheme needs; raises MissingCredential when it is something else or would break a header."""
    value = credential.reveal() if isinstance(credential, Secret) else credential
    if isinstance(value, Mapping):
        value = value.get("token", value.get("access_token", value.get("value")))
    if not isinstance(value, str):
        raise MissingCredential(
            f"The credential for {scheme.key} has to be one text (the key or token itself)."
        )
    value = value.strip()
    if not value or not value.isprintable():
        raise MissingCredential(
            f"The credential for {scheme.key} is empty, or holds a line break or another control character."
        )
    return value


def user_and_password(scheme: SecurityScheme, credential: Credential) -> tuple[str, str]:
    """Give user and password from a pair, a mapping with `username` and `password`, or `user:password`."""
    value: Any = credential.reveal() if isinstance(credential, Secret) else credential
    if isinstance(value, Mapping):
        value = (value.get("username"), value.get("password"))
    elif isinstance(value, str) and ":" in value:
        value = tuple(value.strip().split(":", 1))
    match value:
        case (str() as user, str() as password) if (
            ":" not in user and (user + password).isprintable()
        ):
            return user, password
    raise MissingCredential(
        f"The credential for {scheme.key} has to be (user, password), or the text user:password."
    )


def _copy(request: httpx.Request) -> httpx.Request:
    return httpx.Request(
        request.method,
        request.url,
        headers=request.headers,
        stream=request.stream,
        extensions=dict(request.extensions),
    )


def _set_header(request: httpx.Request, name: str, value: str) -> None:
    request.headers = httpx.Headers(  # UTF-8, where httpx would take ASCII only
        [
            *(
                (key, text)
                for key, text in request.headers.raw
                if key.lower() != name.lower().encode()
            ),
            (name.encode(), value.encode()),
        ]
    )


def _append_cookie(request: httpx.Request, pair: str) -> None:
    """Add a pair to the one Cookie header (RFC 6265, section 5.4)."""
    _set_header(request, "Cookie", "; ".join(filter(None, (request.headers.get("Cookie"), pair))))


def _cookie_value(scheme: SecurityScheme, key: str) -> str:
    if ";" in key:
        raise MissingCredential(
            f"The credential for {scheme.key} goes into a cookie, and cannot hold a semicolon (RFC 6265, section 4.1.1)."
        )
    return key


def _append_query(request: httpx.Request, pair: bytes) -> None:
    """Add a pair to the query, leaving what stands there as it is."""
    query = b"&".join(filter(None, (request.url.query, pair)))
    request.url = _QuietURL(request.url.copy_with(query=query))
