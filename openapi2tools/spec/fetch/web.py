"""Documents at URLs: cached, guarded, and with credentials only where they belong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit, urlunsplit

from openapi2tools._core.reader import for_reader
from openapi2tools._core.urls import is_url
from openapi2tools.errors import BlockedAddress, CallError, FetchError, NetworkError
from openapi2tools.model import Problem
from openapi2tools.spec.fetch.cache import Cache, StoredCopy
from openapi2tools.spec.fetch.fetched import Fetched
from openapi2tools.transport import (
    Download,
    Guard,
    Verify,
    download,
    is_same_or_upgraded,
    open_client,
    redact_url,
    split_userinfo,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_ACCEPT: Final = (
    "application/json, application/yaml, application/vnd.oai.openapi+json, "
    "text/yaml;q=0.9, text/html;q=0.5, */*;q=0.4"
)

_LOOK_ADVICE: Final = "Open it in a browser to see what is wrong."


class NothingThere(FetchError):
    """The server answers, and gives nothing at this address: another one may have it.

    `advice` is what to do where no other one has it, either.
    """

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(" ".join(filter(None, (message, advice))))
        self.advice = advice


class WebFetcher:
    """Fetches documents from URLs.

    `root` is the description's own URL: its origin alone gets `headers`, and user and password if
    `root` has them. `named` may be on private addresses, too. What is fetched with a credential, or
    from a server whose certificate is not checked, is not cached.
    """

    def __init__(
        self,
        root: str | None,
        named: Iterable[str],
        *,
        headers: Mapping[str, str],
        cache: bool,
        verify: Verify,
        seconds: float,
        on_bytes: Callable[[int, int | None], None],
    ) -> None:
        root_url = root if root is not None and is_url(root) else None
        user_header = split_userinfo(root_url)[1] if root_url is not None else {}
        self._root_url = root_url
        self._root_headers = {**user_header, **headers}
        self._cache = Cache.of_user() if cache and verify is not False else None
        self._on_bytes = on_bytes
        guard = Guard().allowing(*filter(is_url, (root or "", *named)))
        try:
            self._client = open_client(guard=guard, timeout=seconds, verify=verify)
        except CallError as error:  # the authorities cannot be read
            raise FetchError(str(error)) from None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def get(self, url: str, max_bytes: int, seconds: float) -> Fetched:
        """Fetch a document, or its stored copy when there is one and the server cannot be reached.

        Raises FetchError (NothingThere).
        """
        credentials = self._credentials_for(url)
        cache = self._cache if not credentials else None
        stored = cache.get(url) if cache is not None else None
        conditions = stored.conditions if stored is not None else {}
        try:
            answer = await download(
                self._client,
                url,
                max_bytes=max_bytes,
                seconds=seconds,
                headers={"Accept": _ACCEPT, **conditions},
                credentials=credentials,
                on_bytes=self._on_bytes,
            )
        except CallError as error:
            if stored is None or isinstance(error, BlockedAddress):
                raise FetchError(str(error)) from error
            return _fetched_from_copy(stored, str(error))
        if stored is not None and answer.status == 304:
            headers = {"link": stored.link_header}
            answer = replace(answer, url=stored.address, body=stored.body, headers=headers)
            return _fetched(answer, may_be_kept=True)
        if stored is not None and answer.status >= 500:
            return _fetched_from_copy(stored, f"{redact_url(url)} answers {answer.status}.")
        _raise_for_status(answer, url, with_headers=bool(credentials))
        is_stored = cache is not None and cache.put(url, answer)
        return _fetched(answer, may_be_kept=is_stored)

    def _credentials_for(self, url: str) -> Mapping[str, str]:
        try:
            if self._root_url is not None and is_same_or_upgraded(self._root_url, url):
                return self._root_headers
            return split_userinfo(url)[1]
        except NetworkError as error:
            raise FetchError(str(error)) from None


def _raise_for_status(answer: Download, url: str, *, with_headers: bool) -> None:
    """Raise FetchError for every status but 200."""
    address = redact_url(url)
    match answer.status:
        case 200:
            return
        case 401 | 403 as status:
            how = for_reader("headers={'Authorization': '…'}", "--spec-header 'Authorization: …'")
            advice = f"Give a credential for it: {how}."
            if with_headers:
                advice = "Check the headers given for it."
            raise NothingThere(
                f"{address} answers {status}: it does not show the document to everybody.", advice
            )
        case 404 | 405 | 406 | 410 as status:
            raise NothingThere(f"{address} answers {status}: there is nothing. Check the address.")
        case 429:
            raise FetchError(
                f"{address} answers 429: it was asked too often. "
                "Try again later, or save the document to a file."
            )
        case 500 | 501 as status:
            raise NothingThere(f"{address} answers {status}.", _LOOK_ADVICE)
        case status:
            raise FetchError(f"{address} answers {status}. {_LOOK_ADVICE}")


def _fetched(answer: Download, *, may_be_kept: bool) -> Fetched:
    return Fetched(
        answer.body,
        _without_query(answer.url),
        link_header=answer.headers.get("link", ""),
        may_be_kept=may_be_kept,
    )


def _fetched_from_copy(stored: StoredCopy, reason: str) -> Fetched:
    address = _without_query(stored.address)
    problem = Problem(
        "stored-copy",
        "the document could not be fetched; "
        f"this is the copy of {stored.time:%Y-%m-%d %H:%M} UTC. ({reason})",
        severity="hint",
        advice=f"Use {for_reader('cache=False', '--no-cache')} to insist on the present one.",
        address=address,
    )
    return Fetched(stored.body, address, (problem,), stored.link_header, may_be_kept=True)


def _without_query(url: str) -> str:
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))
