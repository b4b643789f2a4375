"""Measure how often a search finds all the operations that a question takes.

    python benchmarks/retrieval.py FOLDER [--github DOCUMENT]

FOLDER holds RestBench's Spotify document and questions, SOCBench-D, and questions about GitHub's
document.
"""

from __future__ import annotations

import argparse
import json
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from openapi2tools import SearchIndex, Toolset, build_tools, load

if TYPE_CHECKING:
    from collections.abc import Iterator

CUTS = (5, 10, 20)
Question = tuple[str, list[str]]


def main() -> None:
    """Print a line for each set of questions."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--github", type=Path)
    options = parser.parse_args()
    print(
        f"{'questions':32} {'number':>6} "
        + " ".join(f"full@{k:<3}" for k in CUTS)
        + "  one search a step"
    )
    for name, sets in collections(options.folder, options.github):
        line(name, sets)


def collections(
    folder: Path, github: Path | None
) -> Iterator[tuple[str, list[tuple[Toolset, list[Question]]]]]:
    """Yield each collection: its name, and its documents with their questions."""
    spotify = build_tools(load(folder / "restbench_spotify_openapi.json"))
    asked = json.loads((folder / "restbench_spotify_queries.json").read_text())
    yield "RestBench-Spotify", [(spotify, [(each["query"], each["solution"]) for each in asked])]
    if github:
        asked = json.loads((folder / "github_questions.json").read_text())["questions"]
        tools = build_tools(load(github))
        yield "GitHub", [(tools, [(each["question"], each["gold"]) for each in asked])]
    with TemporaryDirectory() as unpacked:
        with tarfile.open(folder / "socbench_d_1_2.tar.gz") as archive:
            archive.extractall(unpacked, filter="data")
        for version in sorted(each for each in Path(unpacked).iterdir() if each.is_dir()):
            yield version.name, [socbench(domain) for domain in sorted(version.iterdir())]


def socbench(domain: Path) -> tuple[Toolset, list[Question]]:
    """Read the five services of a domain as one toolset, and its questions."""
    tools = Toolset()
    for number, document in enumerate(sorted(domain.rglob("openapi.json"))):
        tools |= build_tools(load(document)).prefixed(f"s{number}_")
    asked = json.loads((domain / "queries.json").read_text())["queries"]
    return tools, [(each["query"], each["endpoints"]) for each in asked]


def line(name: str, sets: list[tuple[Toolset, list[Question]]]) -> None:
    """Print how many questions had all their operations within the first hits."""
    full = dict.fromkeys(CUTS, 0)
    count = steps = found_steps = 0
    for tools, questions in sets:
        index = SearchIndex.of(tools)
        for question, gold in questions:
            count += 1
            for k in CUTS:
                keys = [tools[hit.tool].operation.key for hit in index.search(question, k)]
                full[k] += set(gold) <= set(keys)
            for key in gold:
                own = next((t for t in tools.values() if t.operation.key == key), None)
                if own is None:
                    continue
                steps += 1
                text = own.operation.summary or own.operation.description
                found_steps += own.name in [hit.tool for hit in index.search(text, 5)]
    shares = " ".join(f"{100 * full[k] / count:7.0f}%" for k in CUTS)
    print(f"{name:32} {count:6} {shares}  {100 * found_steps / max(steps, 1):.0f}%")


if __name__ == "__main__":
    main()
