"""A request as it went out and as it may be shown in, the secrets that were added out: to mask them where an API echoes them."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from contextlib import suppress
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus, unquote_plus

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import httpx

    from openapi2tools.model import Json

MASK: Final = "[secret]"
SHORTEST: Final = 6
_TELLING: Final = re.compile("auth|cookie|credential|key|passw|secret|session|signature|token")
_PLAIN: Final = frozenset(
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


def added(sent: httpx.Request, shown: httpx.Request, own: httpx.Headers) -> frozenset[str]:
    """Find what authentication added to a request; what is too short to be a secret is left alone.

    `own` are the headers that the user has sent with everything: secrets only where their names say
    so.
    """
    return frozenset(text for text in _added(sent, shown, own) if len(text) >= SHORTEST)


def masked(value: Json, secrets: Iterable[str]) -> Json:
    """Mask secrets in every text of a value, however they are written: plain, in JSON, percent-encoded."""
    forms = {form for secret in secrets for form in _forms(secret)}
    try:
        return _masked(value, sorted(forms, key=len, reverse=True)) if forms else value
    except RecursionError:
        return MASK  # nested beyond reason, with a secret somewhere in it


def _forms(secret: str) -> tuple[str, ...]:
    return (
        secret,
        json.dumps(secret)[1:-1],
        quote(secret),
        quote(secret, safe=""),
        quote_plus(secret),
    )


def _masked(value: Json, forms: Sequence[str]) -> Json:
    if isinstance(value, str):
        for form in forms:
            value = value.replace(form, MASK)
        return value
    if isinstance(value, dict):
        return {_masked(key, forms): _masked(each, forms) for key, each in value.items()}
    return [_masked(each, forms) for each in value] if isinstance(value, list) else value


def _added(sent: httpx.Request, shown: httpx.Request, own: httpx.Headers) -> Iterator[str]:
    for name, value in sent.headers.multi_items():
        harmless = name.lower() in _PLAIN or (
            value in own.get_list(name) and not _TELLING.search(name.lower())
        )
        if not harmless and value not in shown.headers.get_list(name):
            yield from _header(name.lower(), value, shown.headers.get(name, ""))
    before = set(shown.url.query.decode().split("&"))
    yield from (
        unquote_plus(pair.partition("=")[2])
        for pair in sent.url.query.decode().split("&")
        if pair not in before
    )


def _header(name: str, value: str, before: str) -> Iterator[str]:
    if name == "cookie":
        yield from (
            pair.partition("=")[2]
            for pair in re.split(r";\s*", value)
            if pair not in re.split(r";\s*", before)
        )
        return
    yield value
    if name in ("authorization", "proxy-authorization"):
        scheme, _, token = value.partition(" ")
        yield token
        if scheme.lower() == "basic":
            with suppress(ValueError):  # no base64: then it holds no password
                yield b64decode(token + "==").decode("utf-8", "replace").partition(":")[2]
