"""Make many calls at a time, a few of them at once."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, TypeAlias

from openapi2tools._core.json.json_types import is_whole_number
from openapi2tools.errors import InvalidOption

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from openapi2tools.model import Json, Result

OnResult: TypeAlias = "Callable[[int, Result], Awaitable[object] | object]"
"""Told the result of each call as it comes, with its place in the list; may be asynchronous."""


async def call_all(
    make: Callable[[Mapping[str, Json]], Awaitable[Result]],
    rows: Iterable[Mapping[str, Json]],
    concurrency: int,
    on_result: OnResult | None,
) -> list[Result]:
    """Make a call for each row of arguments, and return the results in the order of the rows.

    A call that raises ends the others; `on_result` has had the results that came before.

    Args:
        make: Makes one call.
        rows: The arguments of each; they are taken one by one, as there is time for them.
        concurrency: How many calls may be under way at once.
        on_result: Told each result as it comes.
    """
    if not is_whole_number(concurrency) or concurrency < 1:
        raise InvalidOption(
            f"concurrency={concurrency!r}: give how many calls may be under way at once, "
            "a whole number from 1 on."
        )
    waiting = enumerate(rows)
    results: dict[int, Result] = {}

    async def work() -> None:
        for index, arguments in waiting:
            results[index] = await make(arguments)
            if on_result is not None:
                answer = on_result(index, results[index])
                if inspect.isawaitable(answer):
                    await answer

    await finish_all([asyncio.create_task(work()) for _ in range(concurrency)])
    return [results[index] for index in sorted(results)]


async def finish_all(tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Wait for all of some tasks; one that raises cancels the others."""
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
