"""Tell whose credential signs a request, so that a yes for one account is none for another.

What is returned may be the secret itself: it is compared by a hash, and never shown.
"""

from __future__ import annotations

import json
from base64 import b64decode
from typing import TYPE_CHECKING, Final, Never

import httpx

from openapi2tools._core.token_claims import token_claims

if TYPE_CHECKING:
    from collections.abc import Mapping

_IDENTITY_CLAIMS: Final = ("iss", "sub", "client_id", "azp", "act")
"""The claims of a token that say whose it is (RFC 7519, RFC 8693, RFC 9068)."""


class HoldsCredential:
    """Refuses to be copied and pickled, and so does `dataclasses.asdict` of what holds one."""

    __slots__ = ()

    def __reduce_ex__(self, protocol: object) -> Never:
        raise TypeError(
            f"{type(self).__name__} holds how a call is signed: it cannot be copied, pickled or "
            "made a dict. Keep the call (its tool and arguments), and prepare it again."
        )


def identity_of(auth: object) -> str:
    """Return what tells the account that signs from other accounts; empty where nobody signs.

    An `httpx.Auth` of the user's own may say it as `identity`; else the texts that it holds do.
    """
    identity = getattr(auth, "identity", None)
    if isinstance(identity, str):
        return identity
    if type(auth) is httpx.Auth:
        return ""
    texts = [
        f"{name}={value!r}"
        for name, value in sorted(_attributes(auth).items())
        if isinstance(value, str | bytes | int)
    ]
    return "\n".join([type(auth).__qualname__, *texts])


def identity_in_value(value: str) -> str:
    """Return whose a value is that a request carries: a key, or what `Authorization` holds.

    A token that says whose it is (a JWT) is the same after its renewal, and a user with another
    password is the same user.
    """
    auth_scheme, _, token = value.rpartition(" ")
    if auth_scheme.lower() == "basic":
        return _basic_user(token) or value
    return _token_subject(token) or value


def _basic_user(text: str) -> str:
    try:
        return b64decode(text).partition(b":")[0].decode()
    except ValueError:
        return ""


def _token_subject(token: str) -> str:
    """Return who a JWT is for; empty for another token."""
    claims = token_claims(token)
    if not claims.get("sub"):
        return ""
    return json.dumps({name: claims.get(name) for name in _IDENTITY_CLAIMS}, sort_keys=True)


def _attributes(auth: object) -> Mapping[str, object]:
    return getattr(auth, "__dict__", {})
