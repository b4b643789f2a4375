"""Several pages in one call, where the operator allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.call.policy import Decision
from openapi2tools.call.response.model_text import joined_pages
from openapi2tools.call.sending.one_call import next_page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from openapi2tools.call.prepared import Prepared
    from openapi2tools.model import Call, Result


async def with_more_pages(
    prepared: Prepared,
    first: Result,
    prepare: Callable[[Call], Prepared],
    send: Callable[[Prepared], Awaitable[Result]],
    limit_tokens: int,
) -> Result:
    """Return the first page of an answer joined with those that follow, as many as are wanted.

    A page that somebody would have to agree to is not asked for.
    """
    results, seen = [first], [prepared.call.arguments]
    while len(results) < prepared.pages:
        following = next_page(results[-1], seen)
        if following is None:
            break
        page = prepare(following)
        if page.decision is not Decision.ALLOW:
            break
        results.append(await send(page))
    return joined_pages(results, prepared.tool, prepared.selection, limit_tokens)
