"""Signatures of other HTTP libraries that speak httpx's protocol, such as those of httpx2."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Protocol, TypeGuard, runtime_checkable

import httpx

from openapi2tools.call.credentials.identity import HoldsCredential, identity_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


@runtime_checkable
class AuthFlow(Protocol):
    """What signs requests in a dialogue with servers: an `httpx.Auth`, or httpx2's.

    The requests and responses that it gets are httpx's; the requests that it makes may be of its
    own library.
    """

    def async_auth_flow(self, request: Any, /) -> AsyncGenerator[Any, Any]:
        """Yield each request to send, and take its response."""
        ...


def is_auth_flow(credential: object) -> TypeGuard[AuthFlow]:
    """Return whether a credential signs by itself; also one that can be called."""
    return isinstance(credential, AuthFlow) and not isinstance(credential, type)


def as_httpx_auth(auth: AuthFlow) -> httpx.Auth:
    """Return a signature as httpx takes it."""
    return auth if isinstance(auth, httpx.Auth) else _ForeignAuth(auth)


class _ForeignAuth(HoldsCredential, httpx.Auth):
    """A signature of another library, whose requests become httpx's."""

    def __init__(self, auth: AuthFlow) -> None:
        self._auth = auth

    @property
    def identity(self) -> str:
        """Whose credential it holds."""
        return identity_of(self._auth)

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        async with aclosing(self._auth.async_auth_flow(request)) as flow:
            outgoing = await anext(flow)
            while True:
                response = yield _as_httpx_request(outgoing, request)
                try:
                    outgoing = await flow.asend(response)
                except StopAsyncIteration:
                    return


def _as_httpx_request(outgoing: Any, signed: httpx.Request) -> httpx.Request:
    """Return a request as httpx's; one for a token, say, goes by the deadline of the call."""
    if isinstance(outgoing, httpx.Request):
        return outgoing
    return httpx.Request(
        outgoing.method,
        str(outgoing.url),
        headers=list(outgoing.headers.raw),
        content=outgoing.content,
        extensions=dict(signed.extensions),
    )
