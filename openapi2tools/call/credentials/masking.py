"""Find the secrets that were added to a request, and mask them where an API echoes them."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import httpx

    from openapi2tools.model import Json

MASK: Final = "[secret]"
MIN_SECRET_CHARS: Final = 6
"""A shorter text is not masked: it would be found in many places that hold no secret."""
_MIN_UNMISTAKABLE_CHARS: Final = 16
"""A shorter secret is masked only where it stands as a whole word."""
_SECRET_HEADER: Final = re.compile(
    "auth|cookie|credential|key|passw|secret|session|signature|token"
)
"""What the name of a header with a secret holds."""
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


def mask_secrets(value: Json, secrets: Iterable[str]) -> Json:
    """Mask secrets in every text of a value: plain, in JSON, or percent-encoded.

    A short secret is masked as a whole word only: it may well be part of other words.
    """
    patterns = {
        spelling: _pattern(secret, spelling)
        for secret in secrets
        for spelling in _spellings(secret)
    }
    if not patterns:
        return value
    # The longest spelling comes first, as it may hold a shorter one.
    longest_first = sorted(patterns, key=len, reverse=True)
    pattern = re.compile("|".join(patterns[spelling] for spelling in longest_first))
    try:
        return _mask(value, pattern)
    except RecursionError:
        return MASK  # nested beyond reason, with a secret somewhere in it


def _pattern(secret: str, spelling: str) -> str:
    pattern = re.escape(spelling)
    return pattern if len(secret) >= _MIN_UNMISTAKABLE_CHARS else rf"(?<!\w){pattern}(?!\w)"


def _spellings(secret: str) -> tuple[str, ...]:
    return (
        secret,
        json.dumps(secret)[1:-1],
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
    )


def _mask(value: Json, secrets: re.Pattern[str]) -> Json:
    if isinstance(value, str):
        return secrets.sub(MASK, value)
    if isinstance(value, dict):
        return {_mask(key, secrets): _mask(each, secrets) for key, each in value.items()}
    if isinstance(value, list):
        return [_mask(each, secrets) for each in value]
    return value


def _from_headers(sent: httpx.Request, shown: httpx.Request, own: httpx.Headers) -> Iterator[str]:
    for header, value in sent.headers.multi_items():
        name = header.lower()
        is_users_own = value in own.get_list(header) and not _SECRET_HEADER.search(name)
        if name in _HARMLESS_HEADERS or is_users_own:
            continue
        if value not in shown.headers.get_list(header):
            yield from _header_secrets(name, value, shown.headers.get(header, ""))


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
