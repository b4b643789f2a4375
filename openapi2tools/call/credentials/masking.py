"""Find the secrets that were added to a request, and mask them where an API echoes them."""

from __future__ import annotations

import re
from base64 import b64decode
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_plus

import httpx

from openapi2tools._core.json.json_types import is_number
from openapi2tools.call.credentials.echoes import Echoes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from openapi2tools.model import Json

MASK: Final = "[secret]"
MIN_SECRET_CHARS: Final = 6
"""A shorter text is not masked: it would be found in many places that hold no secret."""
_SECRET_HEADER: Final = re.compile(
    "auth|cookie|credential|key|passw|secret|session|signature|token"
)
"""What the name of a header with a secret holds."""
_SECRET_FIELD: Final = re.compile(
    r"passw|passphrase|secret|credential|(api|access|private)[-_]?key|authorization"
    r"|(access|refresh|id|auth|bearer|session|security)[-_]?token$|^token$",
    re.IGNORECASE,
)
_HARMLESS_HEADERS: Final = frozenset(
    {
        "host",
        "accept",
        "accept-encoding",
        "connection",
        "user-agent",
        "content-length",
        "content-type",
    }
)


def is_secret_header(name: str) -> bool:
    """Return whether the name of a header says that it holds a secret."""
    return _SECRET_HEADER.search(name.lower()) is not None


def is_secret_field(name: str) -> bool:
    """Return whether the name of an argument, or of a field, says that its value is a secret."""
    return _SECRET_FIELD.search(name) is not None


def find_added_secrets(
    sent: httpx.Request, shown: httpx.Request, own: httpx.Headers
) -> frozenset[str]:
    """Return the texts that authentication added to a request.

    Args:
        sent: The request as it went out.
        shown: The request as it may be shown, before authentication.
        own: The headers that the user has sent with everything. They are secrets only where their
            names say so.
    """
    texts = (*_from_headers(sent, shown, own), *_from_query(sent, shown))
    return frozenset(text for text in texts if len(text) >= MIN_SECRET_CHARS)


class Masker:
    """Masks secrets, in every form that an API may repeat them in.

    A short secret is masked as a whole word only: it may well be part of other words.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = frozenset(secrets)
        self._echoes = Echoes(self._secrets)

    @property
    def has_secrets(self) -> bool:
        """Whether there is anything to mask."""
        return bool(self._secrets)

    def text(self, text: str) -> str:
        """Return a text with the secrets in it masked."""
        return self._echoes.replace(text, MASK) if self._secrets else text

    def value(self, value: Json) -> Json:
        """Return a value with the secrets in its texts masked, and numbers that are secrets."""
        if not self._secrets:
            return value
        try:
            return self._value(value)
        except RecursionError:
            return MASK  # nested beyond reason, with a secret somewhere in it

    def data(self, data: bytes) -> bytes:
        """Return bytes with the secrets masked that stand in them as they are."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            data = data.replace(secret.encode("utf-8", "surrogatepass"), MASK.encode())
        return data

    def headers(self, headers: httpx.Headers) -> httpx.Headers:
        """Return headers with the secrets in their values masked."""
        masked = [(name, self.text(value)) for name, value in headers.multi_items()]
        return httpx.Headers(masked, encoding="utf-8")

    def _value(self, value: Json) -> Json:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {self.text(key): self._value(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self._value(each) for each in value]
        return MASK if is_number(value) and str(value) in self._secrets else value


def mask_secrets(text: str, secrets: Iterable[str]) -> str:
    """Return a text with the secrets in it masked, in whatever form they stand there."""
    return Masker(secrets).text(text)


def _from_headers(sent: httpx.Request, shown: httpx.Request, own: httpx.Headers) -> Iterator[str]:
    own_headers = set(own.multi_items())
    shown_headers = set(shown.headers.multi_items())
    for name, value in sent.headers.multi_items():  # their names are in lower case
        is_users_own = (name, value) in own_headers and not is_secret_header(name)
        if name in _HARMLESS_HEADERS or is_users_own:
            continue
        if (name, value) not in shown_headers:
            yield from _header_secrets(name, value, shown.headers.get(name, ""))


def _header_secrets(name: str, value: str, before: str) -> Iterator[str]:
    """Yield the secrets in a header that had the value `before`."""
    if name == "cookie":
        pairs_before = _cookie_pairs(before)
        for pair in _cookie_pairs(value):
            if pair not in pairs_before:
                yield pair.partition("=")[2]
        return
    yield value
    if name in ("authorization", "proxy-authorization"):
        scheme, _, token = value.partition(" ")
        yield token
        if scheme.lower() == "basic":
            with suppress(ValueError):  # no base64: then it holds no password
                user_and_password = b64decode(token + "==").decode("utf-8", "replace")
                yield user_and_password.partition(":")[2]


def _cookie_pairs(header: str) -> list[str]:
    return re.split(r";\s*", header)


def _from_query(sent: httpx.Request, shown: httpx.Request) -> Iterator[str]:
    pairs_before = set(shown.url.query.decode().split("&"))
    for pair in sent.url.query.decode().split("&"):
        if pair not in pairs_before:
            yield unquote_plus(pair.partition("=")[2])
