"""Measure the way from a document to OpenAI tools JSON against the least that any tool must do.

Its memory is measured against the parsed document.

    python benchmarks/speed.py DOCUMENT… [--runs N] [--no-strict]

The floor parses the same bytes (orjson for JSON, rapidyaml → orjson for YAML; all the files that a
document is joined from) and writes our own output with orjson. Both sides run in fresh processes,
in turns, imports done before the clock starts. The median of N counts, of the ratios that of the
pairs: where a machine's clock changes, a short floor is more likely to have caught its best moment
than we are. Memory is what the process holds at its peak beyond its imports.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

FILE = re.compile(r"""\$ref["']?\s*:\s*["']?([^#"'\s{}]+)""")
TINY = """{"openapi": "3.1.0", "info": {"title": "t", "version": "1"},
  "paths": {"/{t}": {"get": {"parameters": [
  {"name": "t", "in": "path", "required": true,
   "schema": {"type": "string", "pattern": "^t$"}}]}}}}
"""
TINY_YAML = """openapi: 3.1.0
info: {title: t, version: '1'}
paths: {'/{t}': {get: {parameters: [
  {name: t, in: path, required: true, schema: {type: string, pattern: ^t$}}]}}}
"""


def main() -> None:
    """Print one line for each document."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("documents", nargs="+", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-strict", action="store_true")
    parser.add_argument("--child", choices=["floor", "tools", "members"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(CHILDREN[options.child](*options.documents, strict=not options.no_strict)))
        return
    print(
        f"{'document':32} {'tools':>6} {'floor':>9} {'ours':>9} {'ratio':>6} "
        f"{'parsed':>9} {'peak':>9} {'ratio':>6}"
    )
    for document in options.documents:
        with TemporaryDirectory() as folder:
            output = Path(folder) / "tools.json"
            runs = [
                (
                    child("tools", options, document, output),
                    child("floor", options, document, output),
                )
                for _ in range(options.runs)
            ]
        (ours, ours_held), (floor, floor_held) = (
            [median(run[side][figure] for run in runs) for figure in ("seconds", "memory")]
            for side in (0, 1)
        )
        ratio = median(one["seconds"] / other["seconds"] for one, other in runs)
        print(
            f"{document.name[-32:]:32} {runs[0][0]['tools']:6} "
            f"{floor:8.3f}s {ours:8.3f}s {ratio:6.1f} "
            f"{floor_held / 1e6:6.0f} MB {ours_held / 1e6:6.0f} MB {ours_held / floor_held:6.1f}"
        )


def child(kind: str, options: argparse.Namespace, document: Path, output: Path) -> dict[str, Any]:
    flags = ["--no-strict"] if options.no_strict else []
    # looked for in a process of its own: a child counts the memory of its parent as its own peak
    others = child("members", options, document, output)["others"] if kind == "floor" else []
    command = [
        sys.executable,
        __file__,
        "--child",
        kind,
        *flags,
        *map(str, (document, output, *others)),
    ]
    result: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, capture_output=True, text=True).stdout
    )
    return result


def floor(document: Path, output: Path, *others: Path, strict: bool) -> dict[str, Any]:  # noqa: ARG001 -- as its twin
    """Parse the document's bytes and write our own output."""
    import orjson  # noqa: PLC0415 -- each side measures what it imports itself
    import ryml  # type: ignore[import-untyped]  # noqa: PLC0415 -- as above

    def parse(suffix: str, text: bytes) -> Any:
        if suffix == ".json":
            return orjson.loads(text)
        tree = ryml.parse_in_arena(text)
        return orjson.loads(
            bytes(ryml.emit_json_in_place(tree, bytearray(ryml.compute_json_length(tree))))
        )

    texts = [(path.suffix, path.read_bytes()) for path in (document, *others)]
    held, began = peak(), time.process_time()
    value = [parse(suffix, text) for suffix, text in texts]
    seconds, memory = time.process_time() - began, peak() - held
    written = orjson.loads(output.read_bytes())
    began = time.process_time()
    orjson.dumps(written)
    return {
        "seconds": seconds + time.process_time() - began,
        "memory": max(memory, 1),
        "keys": len(value),
    }


def members(document: Path, output: Path, *, strict: bool) -> dict[str, Any]:  # noqa: ARG001 -- as its twins
    """Find the files beside itself that a document is joined from."""
    found = [document.resolve()]
    known = set(found)
    for path in found:
        named = {
            (path.parent / name).resolve()
            for name in FILE.findall(path.read_text("utf-8"))
            if "://" not in name
        }
        new = sorted(other for other in named - known if other.is_file())
        known.update(new)
        found += new  # which are looked through in their turn
    return {"others": [str(path) for path in found[1:]]}


def tools(document: Path, output: Path, *, strict: bool) -> dict[str, Any]:
    """Do the whole journey, and leave the output for the other side."""
    from openapi2tools.formats.export import dumps, export  # noqa: PLC0415 -- as above
    from openapi2tools.spec.load import load  # noqa: PLC0415 -- as above
    from openapi2tools.tools.build import build_tools  # noqa: PLC0415 -- as above

    # imports what is imported late
    export(build_tools(load(TINY if document.suffix == ".json" else TINY_YAML, cache=False)))
    held, began = peak(), time.process_time()
    made = build_tools(load(document, cache=False))
    written = dumps(export(made, "openai-chat", strict=strict))
    seconds, memory = time.process_time() - began, peak() - held
    output.write_bytes(written)
    return {"seconds": seconds, "memory": memory, "tools": len(made)}


def peak() -> int:
    """Give the most memory that this process has held, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


CHILDREN = {"floor": floor, "tools": tools, "members": members}

if __name__ == "__main__":
    main()
