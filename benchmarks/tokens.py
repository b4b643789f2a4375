"""Count what tools cost a model: ours, plain and strict, beside FastMCP's for the same operations.

    python benchmarks/tokens.py DOCUMENT… [--peer VENV]

FastMCP is installed into an environment of its own, in a temporary folder, or found in `--peer`.
Each tool is counted as compact JSON in the shape of Chat Completions, in o200k_base tokens.
Operations are matched by method and path; what only one side offers is not counted.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import venv
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from openapi2tools.formats.export import export
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from openapi2tools.tools.text.tokens import count_json_tokens

PEER = """
import asyncio, json, sys
try:
    import httpx2 as httpx
except ImportError:
    import httpx
from fastmcp import FastMCP

document = json.load(open(sys.argv[1]))
server = FastMCP.from_openapi(openapi_spec=document, client=httpx.AsyncClient(base_url="http://localhost"))
tools = asyncio.run(server.list_tools())
rows = [(f"{t._route.method} {t._route.path}", t.name, t.description, t.parameters) for t in tools]
json.dump(rows, open(sys.argv[2], "w"))
"""
SECONDS = 600


def main() -> None:
    """Print one line for each document."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("documents", nargs="+", type=Path)
    parser.add_argument("--peer", type=Path, help="an environment that FastMCP is installed in")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        python = (options.peer or install(Path(folder) / "peer")) / "bin/python"
        print(
            f"{'document':32} {'tools':>6} {'FastMCP':>10} "
            f"{'plain':>10} {'ratio':>6} {'strict':>10} {'ratio':>6}"
        )
        for document in options.documents:
            compare(document, python, Path(folder))


def install(place: Path) -> Path:
    """Make an environment with FastMCP in it."""
    print("Installing FastMCP …", file=sys.stderr)
    venv.create(place, with_pip=True)
    subprocess.run([place / "bin/python", "-m", "pip", "install", "--quiet", "fastmcp"], check=True)
    return place


def compare(document: Path, python: Path, folder: Path) -> None:
    """Count one document's tools on both sides."""
    api = load(document, cache=False)
    tools = build_tools(api)
    theirs = peer_tools(api.document, python, folder)
    if isinstance(theirs, str):
        print(f"{document.name[-32:]:32} {len(tools):6} {theirs}")
        return
    both = [tool for tool in tools.values() if tool.operation.key in theirs]
    peer = sum(theirs[tool.operation.key] for tool in both)
    plain, strict = (
        sum(map(count_json_tokens, export({t.name: t for t in both}, strict=strict)))
        for strict in (False, True)
    )
    print(
        f"{document.name[-32:]:32} {len(both):6} {peer:10,} "
        f"{plain:10,} {plain / peer:6.2f} {strict:10,} {strict / peer:6.2f}",
        flush=True,
    )


def peer_tools(document: dict[str, Any], python: Path, folder: Path) -> dict[str, int] | str:
    """Give the tokens of each of FastMCP's tools by operation, or what went wrong."""
    source, target = folder / "document.json", folder / "tools.json"
    source.write_bytes(orjson.dumps(document))
    try:
        done = subprocess.run(
            [python, "-c", PEER, source, target],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"FastMCP did not finish in {SECONDS} s"
    if done.returncode:
        return "FastMCP failed: " + (done.stderr.strip().splitlines() or ["?"])[-1][:120]
    return {
        operation: count_json_tokens(
            {
                "type": "function",
                "function": {"name": name, "description": description, "parameters": parameters},
            }
        )
        for operation, name, description, parameters in json.loads(target.read_text())
    }


if __name__ == "__main__":
    main()
