"""Sockets to checked addresses only.

A name is resolved once, every address checked, and the connection made to a checked address, so
that DNS cannot change its answer in between. Host header and TLS keep the name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import anyio
import httpcore

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.transport.guard import Guard

# one dead address of several must not use up the time of the others
_TIMEOUT_PER_ADDRESS_SECONDS: Final = 3.0


class GuardedSockets(httpcore.AsyncNetworkBackend):
    """httpcore's sockets behind a guard."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._sockets = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 -- httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address of the host that takes a connection."""
        try:
            with anyio.fail_after(timeout):
                addresses = await self._guard.resolve(host, port)
        except TimeoutError:
            raise httpcore.ConnectTimeout from None
        *first_addresses, last_address = addresses
        short_timeout = min(timeout or _TIMEOUT_PER_ADDRESS_SECONDS, _TIMEOUT_PER_ADDRESS_SECONDS)
        for address in first_addresses:
            try:
                return await self._sockets.connect_tcp(
                    address, port, short_timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._sockets.connect_tcp(
            last_address, port, timeout, local_address, socket_options
        )

    async def sleep(self, seconds: float) -> None:
        """Wait, as httpcore does between its own attempts."""
        await anyio.sleep(seconds)
