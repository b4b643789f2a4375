"""What a token says of itself (a JWT, RFC 7519); its signature is not checked."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from typing import Any, Final

_PARTS: Final = 3


def token_claims(token: str) -> dict[str, Any]:
    """Return the claims of a JWT; none for another token."""
    parts = token.split(".")
    if len(parts) != _PARTS:
        return {}
    try:
        claims = json.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}
