"""Hash everything that is made of documents: exports, names, bindings and problems.

Two runs tell whether a change of the code changed any of it.

    python benchmarks/exports.py FOLDER_OR_DOCUMENT… --write before.json
    python benchmarks/exports.py FOLDER_OR_DOCUMENT… --against before.json

A folder with an `index.json` is a corpus: its entries name the documents; `--ids FILE` chooses some
of them, one id a line.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from openapi2tools import OpenAPI2ToolsError, build_tools, export, load

FORMATS = ("openai-chat", "openai-responses", "anthropic", "gemini", "mcp")


def main() -> None:
    """Write the hashes, or compare them with those of another run."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("places", nargs="+", type=Path)
    parser.add_argument("--ids", type=Path)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--against", type=Path)
    options = parser.parse_args()
    hashes = {
        str(name): fingerprints(path) for name, path in documents(options.places, options.ids)
    }
    if options.write:
        options.write.write_text(json.dumps(hashes, indent=1))
    if options.against:
        sys.exit(compare(json.loads(options.against.read_text()), hashes))


def documents(places: list[Path], ids: Path | None) -> list[tuple[str, Path]]:
    """Return the name and the path of each document."""
    wanted = set(ids.read_text().split()) if ids else None
    found: list[tuple[str, Path]] = []
    for place in places:
        index = place / "index.json"
        if index.is_file():
            entries = json.loads(index.read_text())
            chosen = [entry for entry in entries if wanted is None or entry["id"] in wanted]
            found += [(entry["id"], place / entry["path"]) for entry in chosen]
        elif place.is_dir():
            files = sorted(
                path for path in place.rglob("*") if path.suffix in {".json", ".yaml", ".yml"}
            )
            found += [(str(path), path) for path in files]
        else:
            found.append((str(place), place))
    return found


def fingerprints(path: Path) -> dict[str, str]:
    """Return a hash of each thing made of one document."""
    try:
        api = load(path)
    except OpenAPI2ToolsError as error:
        return {"error": digest(str(error).replace(str(path), path.name))}
    tools = build_tools(api)
    made = {"problems": [repr(problem) for problem in tools.problems]}
    made["tools"] = [
        [tool.name, tool.description, tool.schema, repr(tool.bindings), tool.effect]
        for tool in tools.values()
    ]
    for name in FORMATS:
        for strict in (True, False):
            made[f"{name}{' strict' if strict else ''}"] = export(tools, name, strict=strict)
    return {key: digest(json.dumps(value, default=repr)) for key, value in made.items()}


def digest(text: str) -> str:
    """Return a short hash of a text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def compare(before: dict[str, Any], after: dict[str, Any]) -> int:
    """Print each document that differs, and how many do."""
    shared = before.keys() & after.keys()
    differing = sorted(name for name in shared if before[name] != after[name])
    for name in differing:
        keys = before[name].keys() | after[name].keys()
        print(name, *sorted(key for key in keys if before[name].get(key) != after[name].get(key)))
    print(f"{len(shared)} documents compared, {len(differing)} differ.")
    return 1 if differing else 0


if __name__ == "__main__":
    main()
