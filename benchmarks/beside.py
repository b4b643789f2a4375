"""What other tools make of the documents in specs/real: `python benchmarks/beside.py TOOL`.

TOOL is `fastmcp`, `google-adk`, `mcp2cli` or `openapi-mcp-generator`, each of which has to be
installed in the environment that runs this (the last with npm, in the working directory); or
`openapi2tools`. A document is counted when tools come of it; the operations beside it are counted
in the document itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable

REAL = Path(__file__).parents[1] / "specs/real"
METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace", "query"}


def documents() -> list[Path]:
    return [
        path
        for path in (
            *sorted(REAL.glob("*.*")),
            REAL / "museum-3.1/openapi.yaml",
            REAL / "cafe-3.2/cafe.yaml",
        )
        if path.suffix in {".json", ".yaml"}
    ]


def parsed(path: Path) -> Any:
    """Return a document as JSON has it: keys are texts, and so are dates."""
    return json.loads(json.dumps(yaml.safe_load(path.read_text("utf-8")), default=str))


def openapi2tools(path: Path) -> int:
    from openapi2tools import build_tools, load

    return len(build_tools(load(str(path))))


def fastmcp(path: Path) -> int:
    import httpx
    from fastmcp import FastMCP

    client = httpx.AsyncClient(base_url="http://127.0.0.1:9")
    server = FastMCP.from_openapi(openapi_spec=parsed(path), client=client)
    return len(asyncio.run(server.list_tools()))


def google_adk(path: Path) -> int:
    from google.adk.tools.openapi_tool.openapi_spec_parser.openapi_toolset import OpenAPIToolset

    return len(asyncio.run(OpenAPIToolset(spec_dict=parsed(path)).get_tools()))


def mcp2cli(path: Path) -> int:
    command = [shutil.which("mcp2cli") or "mcp2cli", "--spec", str(path), "--list"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
    return len(re.findall(r"^ +\S+ +(?:GET|PUT|POST|DELETE|PATCH|HEAD) ", shown, re.MULTILINE))


def openapi_mcp_generator(path: Path) -> int:
    with tempfile.TemporaryDirectory() as folder:
        generator = str(Path("node_modules/.bin/openapi-mcp-generator").absolute())
        command = [generator, "--input", str(path), "--output", folder, "--force"]
        subprocess.run(command, capture_output=True, text=True, timeout=240, check=True)
        source = (Path(folder) / "src/index.ts").read_text("utf-8")
    return len(re.findall(r'^\s+method: "', source, re.MULTILINE))


TOOLS: dict[str, Callable[[Path], int]] = {
    "openapi2tools": openapi2tools,
    "fastmcp": fastmcp,
    "google-adk": google_adk,
    "mcp2cli": mcp2cli,
    "openapi-mcp-generator": openapi_mcp_generator,
}


def main() -> None:
    logging.disable()
    count = TOOLS[sys.argv[1]]
    whole = made = 0
    for path in documents():
        paths = parsed(path).get("paths") or {}
        items = [item for item in paths.values() if isinstance(item, dict)]
        inline = sum(len(METHODS & set(item)) for item in items)
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                tools = count(path)
        except Exception as error:  # noqa: BLE001 -- whatever another tool raises is its answer
            told = getattr(error, "stderr", "") or str(error)
            last = str(told).strip().splitlines()[-1:] or [""]
            print(f"{path.relative_to(REAL)}: {type(error).__name__}: {last[0][:110]}")
            continue
        print(f"{path.relative_to(REAL)}: {tools} tools ({inline or 'in other files'} operations)")
        whole += bool(tools)
        made += tools
    print(json.dumps({"documents": whole, "of": len(documents()), "tools": made}))


if __name__ == "__main__":
    main()
