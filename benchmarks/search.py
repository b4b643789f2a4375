"""Measure searching: time to index, time and memory of queries, for sets of any size.

    python benchmarks/search.py DOCUMENT… [--sizes 1000 10000 100000] [--queries N]

The sets are made by repeating the documents' operations under other names. Queries are summaries of
operations, drawn at random.
"""

from __future__ import annotations

import argparse
import random
import resource
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import TYPE_CHECKING

from openapi2tools import SearchIndex, Toolset, build_tools, load

if TYPE_CHECKING:
    from openapi2tools import Tool


def main() -> None:
    """Print a line for each size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("documents", nargs="+", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--queries", type=int, default=500)
    options = parser.parse_args()
    tools = Toolset()
    for number, document in enumerate(options.documents):
        tools |= build_tools(load(document)).prefixed(f"d{number}_")
    print(f"{'operations':>10} {'index':>9} {'p50':>9} {'p99':>9} {'memory':>9}")
    for size in options.sizes:
        line(list(tools.values()), size, options.queries)


def line(tools: list[Tool], size: int, queries: int) -> None:
    """Measure one size."""
    named = {f"{tools[n % len(tools)].name}_{n}": tools[n % len(tools)] for n in range(size)}
    asked = random.Random(1).choices(  # noqa: S311 -- a draw, no secret
        [t.operation.summary for t in tools if t.operation.summary], k=queries
    )
    before = resident_bytes()
    start = perf_counter()
    index = SearchIndex.of(named)
    made = perf_counter() - start
    memory = resident_bytes() - before
    times = []
    for query in asked:
        start = perf_counter()
        index.search(query, 10)
        times.append(perf_counter() - start)
    cuts = quantiles(times, n=100)
    times_text = f"{cuts[49] * 1e3:>7.2f}ms {cuts[98] * 1e3:>7.2f}ms"
    print(f"{size:>10,} {made:>8.2f}s {times_text} {memory / 1e6:>6.0f} MB", flush=True)


def resident_bytes() -> int:
    """Return the memory that this process holds now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    main()
