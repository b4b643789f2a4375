"""The search for a description, where an address gave something else, or nothing."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeAlias

from openapi2tools.errors import FetchError
from openapi2tools.model import Problem
from openapi2tools.spec.fetch import discover
from openapi2tools.spec.fetch.fetched import Fetched

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openapi2tools.spec.fetch.discover import PageContents

FetchDocument: TypeAlias = Callable[[str], Awaitable[Fetched]]

_MAX_ADDRESSES_TRIED: Final = 60


class DescriptionSearch:
    """Tries addresses, one after the other, until one of them gives a description."""

    def __init__(self, fetch: FetchDocument, address: str) -> None:
        self.address = address
        self._fetch = fetch
        self._outcomes: dict[str, str] = {}  # by each URL that was tried

    async def run(self, start: PageContents, reason: str, advice: str = "") -> Fetched:
        """Try what a page shows, then what its scripts and settings show, then the usual places.

        `reason` says why the address itself is no description, `advice` what to do about it. Raises
        FetchError, which lists what was tried.
        """
        found = await self._search_pages(start)
        if found is None:
            found = await self._search_usual_places()
        if found is not None:
            return found
        address = self.address.partition("?")[0]
        tried = (
            f"no API description there: {_without_advice(reason)}; "
            f"nor at the {len(self._outcomes)} addresses that were tried: "
            f"{_outcomes_in_words(self._outcomes, address)}."
        )
        sentences = (tried, advice, "Give the address of the description itself.")
        raise FetchError(" ".join(filter(None, sentences)), address=address)

    async def _search_usual_places(self) -> Fetched | None:
        """Try the usual places, and then what the pages there show."""
        pages: dict[bytes, PageContents] = {}  # by the page, which may be the same everywhere
        for url in discover.usual_addresses(self.address):
            fetched = await self._try(url)
            if fetched is None:
                continue
            if discover.is_description(fetched.data):
                return fetched
            if discover.is_page(fetched.data) and fetched.data not in pages:
                pages[fetched.data] = _read_page(fetched, url)
        return await self._search_pages(*pages.values())

    async def _search_pages(self, *starts: PageContents) -> Fetched | None:
        pages = deque(starts)
        while pages:
            page = pages.popleft()
            if page.inline is not None:
                return Fetched(page.inline, self.address)
            found = await self._first_description(page.documents, page)
            if found is not None:
                return found
            for url in (*page.scripts, *page.links):
                fetched = await self._try(url)
                if fetched is None:
                    continue
                if url in page.links and discover.is_description(fetched.data):
                    return fetched
                pages.append(_read_page(fetched, url))
        return None

    async def _first_description(
        self, urls: Iterable[str], page: PageContents | None = None
    ) -> Fetched | None:
        for url in urls:
            fetched = await self._try(url)
            if fetched is None or not discover.is_description(fetched.data):
                continue
            if page is None:
                return fetched
            return replace(fetched, problems=(*fetched.problems, *_report_choice(page, url)))
        return None

    async def _try(self, url: str) -> Fetched | None:
        """Fetch a URL that was not tried yet, and note what became of it."""
        if url in self._outcomes or len(self._outcomes) >= _MAX_ADDRESSES_TRIED:
            return None
        try:
            fetched = await self._fetch(url)
        except FetchError as error:
            address = url.partition("?")[0]
            self._outcomes[url] = error.message.removeprefix(address).lstrip("?=…: ")
            return None
        is_login_page = discover.is_login_page(fetched.data, fetched.address or url, url)
        self._outcomes[url] = "leads to a login page" if is_login_page else "no description"
        return None if is_login_page else fetched


def _read_page(fetched: Fetched, url: str) -> PageContents:
    return discover.read_page(fetched.data, fetched.address or url)


def _without_advice(message: str) -> str:
    return message.partition(". ")[0].rstrip(".")


def _outcomes_in_words(outcomes: Mapping[str, str], address: str) -> str:
    """Write what became of some URLs.

    Those of the same outcome stand together, and those of the address's origin as their paths.
    """
    # a document on disk does not need HTTP
    from openapi2tools.transport import origin, redact_url  # noqa: PLC0415

    urls_by_outcome: dict[str, list[str]] = {}
    for url, outcome in outcomes.items():
        urls = urls_by_outcome.setdefault(_without_advice(outcome), [])
        urls.append(redact_url(url).removeprefix(origin(address)))
    return "; ".join(f"{', '.join(urls)} ({outcome})" for outcome, urls in urls_by_outcome.items())


def _report_choice(page: PageContents, url: str) -> list[Problem]:
    """Report which description was taken, where a page lets people choose from several."""
    others = [f"{name or 'unnamed'}: {other}" for other, name in page.names.items() if other != url]
    if url not in page.names or not others:
        return []
    problem = Problem(
        "several-descriptions",
        f"the page shows {len(page.names)} descriptions; this is {page.names[url] or url!r}.",
        severity="hint",
        advice="For another, give its address: " + "; ".join(others) + ".",
    )
    return [problem]
