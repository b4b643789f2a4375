"""Write a credential on a request.

This covers apiKey, http basic and bearer, and tokens that are ready-made. Schemes that have to talk
to a server first (digest, OAuth2) are an `httpx.Auth` of their own.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias
from urllib.parse import quote

import httpx

from openapi2tools._core.reader import for_reader
from openapi2tools.call.credentials.identity import (
    HoldsCredential,
    identity_in_value,
    identity_of,
)
from openapi2tools.call.credentials.sources import Credential, Secret
from openapi2tools.errors import MissingCredential, Refused
from openapi2tools.model import FRAMING_HEADERS
from openapi2tools.transport import HEADER_NAME
from openapi2tools.transport.http.retries import copied

if TYPE_CHECKING:
    from openapi2tools.call.credentials.trust import Trust
    from openapi2tools.model import SecurityScheme

RequestSigner: TypeAlias = Callable[[httpx.Request], None]
"""Writes a credential on a request."""

_TOKEN_FIELDS: Final = ("token", "access_token", "value")
_PASSWORD_FIELDS: Final = ("username", "password")
_HTTP_SCHEME_NAMES: Final = {"basic": "Basic", "bearer": "Bearer", "digest": "Digest"}
"""How the names of http schemes are written in `Authorization`; others as the document has them."""


class Placeholder(NamedTuple):
    """Where a scheme writes, and what to show there in place of the secret.

    `location` is header, query or cookie, `name` the name on the wire.
    """

    location: str
    name: str
    text: str


class CredentialAuth(HoldsCredential, httpx.Auth):
    """Put credentials on a copy of the request, and only if it goes to a trusted origin.

    The request itself stays without secrets.
    """

    def __init__(
        self,
        schemes: Iterable[str],
        signers: Iterable[RequestSigner],
        inner: httpx.Auth | None,
        trust: Trust,
        description: str = "",
    ) -> None:
        """Take what writes at once, and the one part that may talk to servers first.

        Args:
            schemes: The names of the schemes, for messages.
            signers: What writes at once.
            inner: Digest, OAuth2 or an Auth of the user's own.
            trust: Where the credentials may go.
            description: What is sent, in words and without a value.
        """
        self.description = description
        self._schemes = ", ".join(schemes)
        self._signers = tuple(signers)
        self._inner = inner or httpx.Auth()
        self._trust = trust

    @property
    def writes_nothing(self) -> bool:
        """Whether a request stays as it is, since the connection or a header has it all."""
        return not self._signers and type(self._inner) is httpx.Auth

    @property
    def identity(self) -> str:
        """Whose credentials these are: what the signers write tells it."""
        blank = httpx.Request("GET", "https://unsigned.invalid", headers={})
        unsigned = set(blank.headers.raw)
        for sign in self._signers:
            sign(blank)
        written = [
            text.decode() for pair in blank.headers.raw if pair not in unsigned for text in pair[1:]
        ]
        texts = [
            *map(identity_in_value, written),
            blank.url.query.decode(),
            identity_of(self._inner),
        ]
        return "\n".join([self._schemes, *texts])

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Refuse (Refused) or sign, then follow the inner auth; this is httpx's protocol."""
        refusal = self._trust.refusal(str(request.url))
        if refusal:
            raise Refused(
                f"The credential for {self._schemes} is not sent: {refusal} "
                f"If you mean that server, name it: {for_reader('server=', '--server')}."
            )
        signed = copied(request)
        for sign in self._signers:
            sign(signed)
        async with aclosing(self._inner.async_auth_flow(signed)) as flow:
            outgoing = await anext(flow)
            while True:
                response = yield outgoing
                try:
                    outgoing = await flow.asend(response)
                except StopAsyncIteration:
                    return


class _QuietURL(httpx.URL):
    """A URL with a secret in its query: the wire sees it, texts (httpx logs every URL) do not."""

    def __str__(self) -> str:
        return str(httpx.URL(self).copy_with(query=b"***"))

    def __repr__(self) -> str:
        return f"URL({str(self)!r})"


def placeholder_for(scheme: SecurityScheme) -> Placeholder | None:
    """Return where a scheme writes, and what to show there.

    None for mutual TLS: the connection shows the certificate, and nothing is written.

    Raises:
        MissingCredential: No credential can stand where the scheme writes.
    """
    _check_location(scheme)
    if scheme.type == "mutualTLS":
        return None
    if scheme.type == "apiKey":
        text = f"{scheme.prefix}<{scheme.key}>"
        return Placeholder(scheme.location or "header", scheme.name, text)
    return Placeholder("header", "Authorization", f"{_auth_scheme(scheme)} <{scheme.key}>")


def api_key_signer(scheme: SecurityScheme, credential: Credential) -> RequestSigner:
    """Return what writes a key into the header, query parameter or cookie of the document.

    A prefix that the document describes is written unless the key has it.
    """
    _check_location(scheme)
    key = credential_text(scheme, credential)
    if scheme.prefix and not _has_prefix(key, scheme.prefix):
        key = scheme.prefix + key
    if scheme.location == "query":
        pair = f"{quote(scheme.name, safe='')}={quote(key, safe='')}".encode()
        return lambda request: _append_query(request, pair)
    if scheme.location == "cookie":
        return lambda request: _append_cookie(request, _cookie_pair(scheme, key))
    if scheme.name.lower() == "cookie":
        return lambda request: _append_cookie(request, key)
    return lambda request: _set_header(request, scheme.name, key)


def _has_prefix(key: str, prefix: str) -> bool:
    """Return whether a value is written with its prefix, or with another one, already."""
    return key.lower().startswith(prefix.lower()) or " " in key


def authorization_signer(scheme: SecurityScheme, credential: Credential) -> RequestSigner:
    """Return what writes `Authorization`.

    It serves http basic (RFC 7617), bearer (RFC 6750) and any other http scheme that takes a
    ready-made text.
    """
    if scheme.scheme == "basic":
        pair = ":".join(user_and_password(scheme, credential))
        value = "Basic " + b64encode(pair.encode()).decode()
    else:
        auth_scheme = _auth_scheme(scheme)
        token = credential_text(scheme, credential)
        if token.lower().startswith(auth_scheme.lower() + " "):
            token = token[len(auth_scheme) :].strip()
        value = f"{auth_scheme} {token}"
    return lambda request: _set_header(request, "Authorization", value)


def credential_text(scheme: SecurityScheme, credential: Credential) -> str:
    """Return the one text that a scheme needs.

    Raises:
        MissingCredential: The credential is something else, or would break a header.
    """
    value: Any = credential.reveal() if isinstance(credential, Secret) else credential
    if isinstance(value, Mapping):
        check_fields(scheme, value, _TOKEN_FIELDS)
        value = next((value[name] for name in _TOKEN_FIELDS if name in value), None)
        value = value.reveal() if isinstance(value, Secret) else value
    if not isinstance(value, str):
        raise MissingCredential(
            f"The credential for {scheme.key} has to be one text (the key or token itself)."
        )
    text = value.strip()
    if not text or not text.isprintable():
        raise MissingCredential(
            f"The credential for {scheme.key} is empty, or holds a line break or another control "
            "character."
        )
    return text


def check_fields(
    scheme: SecurityScheme, credential: Mapping[str, Any], known: Sequence[str]
) -> None:
    """Raise MissingCredential for a field that a credential does not have; it lists the others."""
    for name in credential:
        if name not in known:
            raise MissingCredential(
                f"The credential for {scheme.key} has a field {name!r}: "
                f"it takes {', '.join(known)}."
            )


def user_and_password(scheme: SecurityScheme, credential: Credential) -> tuple[str, str]:
    """Return user and password.

    They are given as a pair, as a mapping with `username` and `password`, or as the text
    `user:password`.
    """
    value: Any = credential.reveal() if isinstance(credential, Secret) else credential
    if isinstance(value, Mapping):
        check_fields(scheme, value, _PASSWORD_FIELDS)
        pair = (value.get("username"), value.get("password"))
        value = tuple(one.reveal() if isinstance(one, Secret) else one for one in pair)
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


def _auth_scheme(scheme: SecurityScheme) -> str:
    """Return the first word of `Authorization`."""
    if scheme.type != "http":
        return "Bearer"
    return _HTTP_SCHEME_NAMES.get(scheme.scheme, scheme.scheme)


def _check_location(scheme: SecurityScheme) -> None:
    """Refuse a location where no credential can stand.

    That is a header that says where a message goes or ends, and any name that would break a header.
    """
    is_header = scheme.type == "apiKey" and scheme.location in ("header", "")
    is_bad_header = is_header and (
        scheme.name.lower() in FRAMING_HEADERS or not HEADER_NAME.fullmatch(scheme.name)
    )
    if is_bad_header or not (scheme.name + scheme.scheme).isprintable():
        name = repr(scheme.name or scheme.scheme)
        raise MissingCredential(
            f"The scheme {scheme.key} writes to {name}, where no credential can stand: "
            "correct it (an overlay can)."
        )


def _set_header(request: httpx.Request, name: str, value: str) -> None:
    """Set a header in UTF-8, where httpx would take ASCII only."""
    request.headers = with_header(request.headers, name.encode(), value.encode())


def with_header(headers: httpx.Headers, name: bytes, value: bytes) -> httpx.Headers:
    """Return headers with one set, in bytes: httpx would take ASCII only, or guess an encoding."""
    others = [(key, text) for key, text in headers.raw if key.lower() != name.lower()]
    return httpx.Headers([*others, (name, value)])


def _append_cookie(request: httpx.Request, pair: str) -> None:
    """Add a pair to the one Cookie header (RFC 6265, section 5.4)."""
    cookies = [text for name, text in request.headers.raw if name.lower() == b"cookie"]
    value = b"; ".join([*cookies, pair.encode()])
    request.headers = with_header(request.headers, b"Cookie", value)


def _cookie_pair(scheme: SecurityScheme, key: str) -> str:
    if ";" in key:
        raise MissingCredential(
            f"The credential for {scheme.key} goes into a cookie, and cannot hold a semicolon "
            "(RFC 6265, section 4.1.1)."
        )
    return f"{scheme.name}={key}"


def _append_query(request: httpx.Request, pair: bytes) -> None:
    """Add a pair to the query, leaving what stands there as it is."""
    query = b"&".join(filter(None, (request.url.query, pair)))
    request.url = _QuietURL(request.url.copy_with(query=query))
