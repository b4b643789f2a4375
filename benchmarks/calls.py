"""Measure what a call costs beside the same request by bare httpx.

    python benchmarks/calls.py [--calls N] [--runs N]

A small API runs in a process of its own. Both sides read one item by its id, in turns: one after
the other, 50 at a time, and from synchronous code. The ratios are of CPU time of this process, the
median of the runs.

There is one implementation, the asynchronous one: a synchronous call crosses to the thread of its
event loop and back. What of its cost is the crossing, and asyncio's, the last line says: there
httpx's asynchronous client is called in the same way.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import threading
from statistics import median
from time import process_time
from typing import IO, TYPE_CHECKING, cast

import httpx

from openapi2tools import Client, build_tools, connect, load

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Items", "version": "1"},
    "paths": {
        "/items/{id}": {
            "get": {
                "operationId": "get_item",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                    {"name": "q", "in": "query", "schema": {"type": "string"}},
                ],
                "responses": {"200": {"description": "OK"}},
            }
        }
    },
}
SERVER = """
import asyncio
BODY = b'{"id": 7, "name": "a thing", "tags": ["a", "b"], "price": 9.5}'
HEAD = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n"
async def answer(reader, writer):
    try:
        while True:
            await reader.readuntil(b"\\r\\n\\r\\n")
            writer.write(HEAD % len(BODY) + BODY)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""
ARGUMENTS = {"id": 7, "q": "hello world"}
TOGETHER = 50


def main() -> None:
    """Print the ratio of each way to call."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=500)
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE) as server:
        output = cast("IO[bytes]", server.stdout)
        url = f"http://127.0.0.1:{int(output.readline())}"
        tools = build_tools(load(json.dumps(DOCUMENT).encode()))
        print(f"{'way':24} {'httpx':>9} {'ours':>9} {'ratio':>6}")
        for name, bare, own in WAYS:
            pairs = [
                (bare(url, options.calls), own(connect(tools, server=url), options.calls))
                for _ in range(options.runs)
            ]
            ratio = median(ours / theirs for theirs, ours in pairs)
            theirs, ours = (median(pair[side] for pair in pairs) * 1e6 for side in (0, 1))
            print(f"{name:24} {theirs:>6.0f} us {ours:>6.0f} us {ratio:>6.2f}", flush=True)
        server.kill()


def bare_one_by_one(url: str, calls: int, together: int = 1) -> float:
    """Return the seconds of CPU that one request of bare httpx takes."""

    async def run() -> float:
        async with httpx.AsyncClient(base_url=url) as client:

            async def once() -> None:
                answer = await client.get(f"/items/{ARGUMENTS['id']}", params={"q": ARGUMENTS["q"]})
                answer.json()

            return await timed(once, calls, together)

    return asyncio.run(run())


def own_one_by_one(client: Client, calls: int, together: int = 1) -> float:
    """Return the seconds of CPU that one call of ours takes."""

    async def run() -> float:
        async with client:

            async def once() -> None:
                await client.acall("get_item", ARGUMENTS)

            return await timed(once, calls, together)

    return asyncio.run(run())


async def timed(once: Callable[[], object], calls: int, together: int) -> float:
    """Run something so many times, some of it together, after a few times to warm up."""

    async def several(count: int) -> None:
        for _ in range(0, count, together):
            await asyncio.gather(*(once() for _ in range(together)))

    await several(together * 2)
    start = process_time()
    await several(calls)
    return (process_time() - start) / calls


def bare_synchronous(url: str, calls: int) -> float:
    """Return the seconds of CPU that one request of httpx's synchronous client takes."""
    with httpx.Client(base_url=url) as client:
        client.get("/items/7")
        start = process_time()
        for _ in range(calls):
            client.get(f"/items/{ARGUMENTS['id']}", params={"q": ARGUMENTS["q"]}).json()
        return (process_time() - start) / calls


def bare_in_a_threads_loop(url: str, calls: int) -> float:
    """Return the seconds of CPU that a request takes from a thread to httpx in another's loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    client = httpx.AsyncClient(base_url=url)

    async def once() -> None:
        answer = await client.get(f"/items/{ARGUMENTS['id']}", params={"q": ARGUMENTS["q"]})
        answer.json()

    asyncio.run_coroutine_threadsafe(once(), loop).result()
    start = process_time()
    for _ in range(calls):
        asyncio.run_coroutine_threadsafe(once(), loop).result()
    seconds = (process_time() - start) / calls
    asyncio.run_coroutine_threadsafe(client.aclose(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()
    return seconds


def own_synchronous(client: Client, calls: int) -> float:
    """Return the seconds of CPU that one synchronous call of ours takes."""
    with client:
        client.call("get_item", ARGUMENTS)
        start = process_time()
        for _ in range(calls):
            client.call("get_item", ARGUMENTS)
        return (process_time() - start) / calls


WAYS = (
    ("one after the other", bare_one_by_one, own_one_by_one),
    (
        f"{TOGETHER} at a time",
        lambda url, calls: bare_one_by_one(url, calls, TOGETHER),
        lambda client, calls: own_one_by_one(client, calls, TOGETHER),
    ),
    ("synchronous", bare_synchronous, own_synchronous),
    ("the same, by a loop", bare_in_a_threads_loop, own_synchronous),
)


if __name__ == "__main__":
    main()
