"""A document at a URL: through the cache, past the guard, and with the developer's headers only where they belong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from openapi2tools.errors import BlockedAddress, CallError, FetchError, NetworkError
from openapi2tools.model import Problem
from openapi2tools.spec.fetch.cache import Cache, Stored
from openapi2tools.spec.fetch.fetch import Fetched, is_url
from openapi2tools.transport import (
    Download,
    Guard,
    download,
    open_client,
    origin,
    shown,
    without_user,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

ACCEPT: Final = "application/json, application/yaml, application/vnd.oai.openapi+json, text/yaml;q=0.9, text/html;q=0.5, */*;q=0.4"


class Missing(FetchError):
    """Nothing is there: another address may have it."""


class Web:
    """Fetches from URLs.

    `root` is the description's own: its origin alone gets `headers`, and user and password if
    `root` has them. `named` may be on private addresses, too. What is fetched with a credential is
    not cached.
    """

    def __init__(
        self,
        root: str | None,
        named: Iterable[str],
        *,
        headers: Mapping[str, str],
        cache: bool,
        seconds: float,
        on_bytes: Callable[[int, int | None], None],
    ) -> None:
        self._home = origin(root) if root is not None and is_url(root) else None
        self._headers = {
            **(without_user(root)[1] if root is not None and is_url(root) else {}),
            **headers,
        }
        self._cache = Cache.of_user() if cache else None
        self._on_bytes = on_bytes
        self._client = open_client(
            guard=Guard().naming(*filter(is_url, (root or "", *named))), timeout=seconds
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get(self, url: str, max_bytes: int, seconds: float) -> Fetched:
        """Fetch a document, or its stored copy when there is one and the server cannot be reached. Raises FetchError (Missing)."""
        try:
            own = self._headers if origin(url) == self._home else without_user(url)[1]
        except NetworkError as error:
            raise FetchError(str(error)) from None
        cache = None if own else self._cache
        stored = cache.get(url) if cache is not None else None
        conditions = stored.conditions if stored is not None else {}
        try:
            answer = await download(
                self._client,
                url,
                max_bytes=max_bytes,
                seconds=seconds,
                headers={"Accept": ACCEPT, **conditions},
                private=own,
                on_bytes=self._on_bytes,
            )
        except CallError as error:
            if stored is None or isinstance(error, BlockedAddress):
                raise FetchError(str(error)) from error
            return _copy(stored, str(error))
        if stored is not None and answer.status == 304:
            return _fetched(
                replace(answer, url=stored.address, body=stored.body, headers={"link": stored.link})
            )
        if stored is not None and answer.status >= 500:
            return _copy(stored, f"{shown(url)} answers {answer.status}.")
        _judge(answer, url, with_headers=bool(own))
        if cache is not None:
            cache.put(url, answer)
        return _fetched(answer)


def _judge(answer: Download, url: str, *, with_headers: bool) -> None:
    """Raise for every status but 200."""
    status, place = answer.status, shown(url)
    if status in {401, 403}:
        advice = (
            "Check the headers given for it."
            if with_headers
            else "Give a credential for it: --spec-header 'Authorization: …' (headers=)."
        )
        raise FetchError(
            f"{place} answers {status}: it does not show the document to everybody. {advice}"
        )
    if status in {404, 405, 406, 410}:
        raise Missing(f"{place} answers {status}: there is nothing. Check the address.")
    if status == 429:
        raise FetchError(
            f"{place} answers 429: it was asked too often. Try again later, or save the document to a file."
        )
    if status != 200:
        raise FetchError(f"{place} answers {status}. Open it in a browser to see what is wrong.")


def _fetched(answer: Download) -> Fetched:
    return Fetched(answer.body, _without_query(answer.url), link=answer.headers.get("link", ""))


def _copy(stored: Stored, why: str) -> Fetched:
    problem = Problem(
        "stored-copy",
        f"the document could not be fetched; this is the copy of {stored.time:%Y-%m-%d %H:%M} UTC. ({why})",
        severity="hint",
        advice="Use --no-cache (cache=False) to insist on the present one.",
        address=_without_query(stored.address),
    )
    return Fetched(stored.body, problem.address, (problem,), stored.link)


def _without_query(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))
