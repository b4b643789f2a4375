"""Put FastMCP's `from_openapi` beside us: time, memory and tools for the same documents.

    python benchmarks/peers.py DOCUMENT… --peer VENV [--runs N] [--seconds N]

Each side goes from the file to the JSON of all its MCP tools, in fresh processes and in turns,
imports done before the clock starts. Times are of CPU, the median of the runs; memory is what a
process holds at its peak beyond its imports. FastMCP's environment is its own: VENV, which `make
bench` makes. A side that does not finish in time is said to, and not run again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import NamedTuple

OURS = """
from openapi2tools.formats.export import dumps, export
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools

def tools(path):
    made = build_tools(load(path, cache=False))
    return len(made), dumps(export(made, "mcp"))

tiny = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}
export(build_tools(load(tiny, cache=False)), "mcp")  # imports what is imported late
"""
THEIRS = """
import asyncio, json, warnings
warnings.simplefilter("ignore")
try:
    import httpx2 as httpx
except ImportError:
    import httpx
from fastmcp import FastMCP

def tools(path):
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    client = httpx.AsyncClient(base_url="http://localhost")
    made = asyncio.run(FastMCP.from_openapi(openapi_spec=document, client=client).list_tools())
    rows = [tool.to_mcp_tool().model_dump(mode="json", exclude_none=True) for tool in made]
    return len(rows), json.dumps(rows).encode()

def empty():
    tiny = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}
    client = httpx.AsyncClient(base_url="http://localhost")
    return asyncio.run(FastMCP.from_openapi(openapi_spec=tiny, client=client).list_tools())

empty()  # imports what is imported late
"""
MEASURE = """
import resource, sys, time
held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.process_time()
count, written = tools(sys.argv[1])
seconds = time.process_time() - began
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held
print(json.dumps([seconds, peak * (1 if sys.platform == "darwin" else 1024), count, len(written)]))
"""


class Run(NamedTuple):
    """What one run of one side took, and made."""

    seconds: float
    memory: float
    tools: int
    size: int


def main() -> None:
    """Print a line for each side of each document."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("documents", nargs="+", type=Path)
    parser.add_argument("--peer", type=Path, required=True, help="FastMCP's environment")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=300)
    options = parser.parse_args()
    python = options.peer / "bin" / "python"
    sides = {
        "openapi2tools": ([sys.executable], "import json\n" + OURS),
        f"FastMCP {version(python)}": ([str(python)], THEIRS),
    }
    print(f"{'document':24} {'by':16} {'tools':>6} {'seconds':>8} {'memory':>8} {'JSON':>8}")
    for document in options.documents:
        compare(document, sides, options.runs, options.seconds)


def compare(
    document: Path, sides: dict[str, tuple[list[str], str]], runs: int, seconds: int
) -> None:
    """Run both sides in turns, and print the medians."""
    done: dict[str, list[Run]] = {side: [] for side in sides}
    failed: dict[str, str] = {}
    for _ in range(runs):
        for side, (python, program) in sides.items():
            if side in failed:
                continue
            try:
                done[side].append(run([*python, "-c", program + MEASURE, str(document)], seconds))
            except RuntimeError as error:
                failed[side] = str(error)
    for side, made in done.items():
        print(f"{document.name[-24:]:24} {side:16} {failed.get(side) or summary(made)}", flush=True)


def summary(runs: list[Run]) -> str:
    """Return the medians of some runs."""
    seconds = median(each.seconds for each in runs)
    memory = median(each.memory for each in runs) / 1e6
    last = runs[-1]
    return f"{last.tools:>6} {seconds:>8.2f} {memory:>5.0f} MB {last.size / 1e6:>5.1f} MB"


def run(command: list[str], seconds: int) -> Run:
    """Measure one side once.

    Raises:
        RuntimeError: It did not finish in time, or failed.
    """
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"did not finish in {seconds} s") from None
    if done.returncode:
        last_line = (done.stderr.strip().splitlines() or ["?"])[-1]
        raise RuntimeError(f"failed: {last_line[:100]}")
    return Run(*json.loads(done.stdout.splitlines()[-1]))


def version(python: Path) -> str:
    """Return the version of FastMCP in an environment."""
    program = "import importlib.metadata; print(importlib.metadata.version('fastmcp'))"
    return subprocess.run(
        [python, "-c", program], capture_output=True, text=True, check=True
    ).stdout.strip()


if __name__ == "__main__":
    main()
