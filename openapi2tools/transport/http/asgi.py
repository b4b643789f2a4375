"""HTTP to an ASGI app in this process."""

from __future__ import annotations

from typing import Any, Final

import httpx

from openapi2tools.errors import FetchError

BASE_URL: Final = "http://testserver"
"""Where an app is, to itself and to its document."""


def asgi_transport(app: Any) -> httpx.AsyncBaseTransport:
    """Return a transport whose requests go to an app, whatever their origin."""
    return httpx.ASGITransport(app)


async def fetch_from_app(app: Any, path: str) -> bytes:
    """Return what an app serves at a path. Raises FetchError."""
    async with httpx.AsyncClient(transport=asgi_transport(app), base_url=BASE_URL) as client:
        answer = await client.get(path)
    if answer.status_code != httpx.codes.OK:
        raise FetchError(
            f"the app answers {answer.status_code}. Say where its document is (document=), or give "
            "tools=.",
            address=f"{BASE_URL}{path}",
        )
    return answer.content
