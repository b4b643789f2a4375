"""Synchronous code reaches asynchronous code from wherever it is called."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import anyio
import anyio.lowlevel
import pytest

from openapi2tools._core import portal

if TYPE_CHECKING:
    from collections.abc import Callable

WHO = ContextVar("WHO", default="nobody")


async def told(greeting: str) -> str:
    await anyio.lowlevel.checkpoint()
    return f"{greeting} {WHO.get()}"


async def in_the_loop() -> str:
    return portal.run(told, "hello")


async def in_a_thread_of_asyncio() -> str:
    return await asyncio.to_thread(portal.run, told, "hello")


async def in_a_thread_of_anyio() -> str:
    return await anyio.to_thread.run_sync(portal.run, told, "hello")


@pytest.mark.parametrize("run", [asyncio.run, lambda coroutine: anyio.run(lambda: coroutine)])
@pytest.mark.parametrize("place", [in_the_loop, in_a_thread_of_asyncio, in_a_thread_of_anyio])
def test_a_loop_runs_already(run: Callable[[Any], str], place: Callable[[], Any]) -> None:
    WHO.set("world")
    assert run(place()) == "hello world"


def test_no_loop_runs() -> None:
    WHO.set("again")
    assert portal.run(told, "hello") == "hello again"


def test_the_loop_that_a_program_has_set_stays() -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        portal.run(told, "hello")
        assert asyncio.get_event_loop() is loop
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def test_what_is_raised_comes_out() -> None:
    async def fail() -> None:
        raise LookupError("nothing here")

    with pytest.raises(LookupError, match="nothing here"):
        portal.run(fail)
