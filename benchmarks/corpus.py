"""Load every document of a folder, each in a process of its own, and say how it went.

    python benchmarks/corpus.py FOLDER [--ids FILE] [--tools] [--export DIR] [--floor]
                                       [--jobs N] [-v]

FOLDER is either a corpus with an `index.json` (a list of objects with `id`, `path` and, if known,
`operations`), or any folder of descriptions. `--ids` names a file with one id (or relative path) a
line. `--tools` also builds tools; `--export DIR` also writes them, in OpenAI's chat format, as
`DIR/<id>.json`. `--floor N` compares a load with the time that parsing the same bytes takes at the
least: CPU seconds, imports done, the best of N fresh processes each. The exit status is 1 when
anything but a `SpecError` was raised, or a document ran over 60 seconds or 2 GiB.
"""

from __future__ import annotations

import argparse
import gc
import json
import multiprocessing
import resource
import sys
import time
import traceback
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 60
MEMORY = 2 * 1024**3
SUFFIXES = (".json", ".yaml", ".yml")
TINY = (
    '{"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, '
    '"paths": {"/a": {"get": {"responses": {}}}}}'
)


@dataclass
class Document:
    """One document of the folder; `members` are the files that it is joined from."""

    id: str
    path: Path
    members: list[Path] = field(default_factory=list)
    operations: int | None = None


@dataclass
class Outcome:
    """What came of one document; `error` is a SpecError's text, `crash` any other failure."""

    seconds: float = 0.0
    floor: float = 0.0
    memory: int = 0
    found: int = 0
    offered: int | None = None
    lost: int = 0
    problems: dict[str, int] = field(default_factory=dict)
    error: str = ""
    crash: str = ""


# --- in the child process ---


def work(document: Document, options: argparse.Namespace, answer: Any) -> None:
    # address space is more than memory: the table has the exact figure
    resource.setrlimit(resource.RLIMIT_AS, (2 * MEMORY, 2 * MEMORY))
    outcome = Outcome()
    try:
        process(document, options, outcome)
    except Exception:  # noqa: BLE001 -- whatever comes out is what this program is looking for
        outcome.crash = traceback.format_exc()
    outcome.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    answer.send(outcome)


def process(document: Document, options: argparse.Namespace, outcome: Outcome) -> None:
    from openapi2tools.errors import SpecError  # noqa: PLC0415 -- the child's imports, so that the parent stays small
    from openapi2tools.spec.load import load  # noqa: PLC0415 -- as above

    load(TINY)  # imports and the first event loop are no part of a document's cost
    if options.floor:
        outcome.floor = (
            parse_all(document.members)
            if options.bare
            else timed(lambda: load(document.path, cache=False))
        )
        return
    start = time.perf_counter()
    try:
        api = load(document.path, cache=False)
    except SpecError as error:
        outcome.seconds, outcome.error = time.perf_counter() - start, str(error)
        return
    outcome.found = len(api.operations)
    problems = api.problems
    if options.tools:
        from openapi2tools.tools.build import build_tools  # noqa: PLC0415 -- as above

        tools = build_tools(api)
        outcome.offered = len(tools)
        problems += tools.problems
    outcome.seconds = time.perf_counter() - start
    outcome.problems = Counter(problem.kind for problem in problems)
    outcome.lost = sum(problem.lost is not None for problem in problems)
    if options.export:
        from openapi2tools.formats.export import export  # noqa: PLC0415 -- as above

        (options.export / f"{document.id}.json").write_text(
            json.dumps(export(tools, "openai-chat"))
        )


def timed(task: Callable[[], object]) -> float:
    gc.collect()
    gc.freeze()  # what was imported is not for the task to walk over
    start = time.process_time()
    kept = task()
    seconds = time.process_time() - start
    del kept
    return seconds


def parse_all(paths: list[Path]) -> float:
    read = [(path.suffix, path.read_bytes()) for path in paths if path.suffix in SUFFIXES]
    parse_only(".yaml", b"a: 1")
    return timed(lambda: [parse_only(suffix, data) for suffix, data in read])


def parse_only(suffix: str, data: bytes) -> object:
    """Parse bytes as fast as anything can: orjson for JSON, rapidyaml and orjson for YAML."""
    import orjson  # noqa: PLC0415 -- as above
    import ryml  # noqa: PLC0415 -- as above

    if suffix == ".json":
        return orjson.loads(data)
    try:
        tree = ryml.parse_in_arena(data)
        return orjson.loads(
            bytes(ryml.emit_json_in_place(tree, bytearray(ryml.compute_json_length(tree))))
        )
    except (ryml.ExceptionBasic, orjson.JSONDecodeError):
        return None


# --- in the parent ---


def documents(folder: Path, ids: set[str] | None) -> Iterator[Document]:
    index = folder / "index.json"
    if index.exists():
        for entry in json.loads(index.read_text()):
            if ids is None or entry["id"] in ids:
                path = folder / entry["path"]
                root = (
                    Path(str(path).removesuffix(entry["source"]["path"]))
                    if entry.get("members")
                    else folder
                )
                members = [root / member for member in entry.get("members", [])] or [path]
                yield Document(
                    entry["id"], path, [m for m in members if m.exists()], entry.get("operations")
                )
    else:
        for path in sorted(folder.rglob("*")):
            name = str(path.relative_to(folder))
            if path.suffix in SUFFIXES and path.is_file() and (ids is None or name in ids):
                yield Document(name, path, [path])


def run(document: Document, options: argparse.Namespace, context: Any) -> tuple[Document, Outcome]:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=work, args=(document, options, theirs))
    process.start()
    theirs.close()
    try:
        outcome = ours.recv() if ours.poll(SECONDS) else Outcome(crash=f"over {SECONDS} s")
    except EOFError:
        process.join()
        outcome = Outcome(crash=f"the process ended with {process.exitcode}")
    process.kill()
    process.join()
    if outcome.memory > MEMORY:
        outcome.crash = f"{outcome.memory >> 20} MiB of memory"
    return document, outcome


def compare(
    document: Document, options: argparse.Namespace, context: Any
) -> tuple[Document, Outcome]:
    """Run the bare parse and the load in turns, each in its own process; keep the best of each."""
    best = Outcome(floor=float("inf"), seconds=float("inf"))
    for _ in range(options.floor):
        for options.bare in (True, False):
            outcome = run(document, options, context)[1]
            best.crash = best.crash or outcome.crash
            if options.bare:
                best.floor = min(best.floor, outcome.floor)
            else:
                best.seconds = min(best.seconds, outcome.floor)
    return document, best


def table(results: list[tuple[Document, Outcome]], *, verbose: bool) -> None:
    loaded = [(d, o) for d, o in results if not o.error and not o.crash]
    known = [(d, o) for d, o in loaded if d.operations is not None]
    problems: Counter[str] = Counter()
    for _, outcome in loaded:
        problems.update(outcome.problems)
    line("documents", len(results))
    line("loaded", len(loaded), len(results))
    line("refused with a SpecError", sum(bool(o.error) for _, o in results))
    line("crashed", sum(bool(o.crash) for _, o in results))
    if known:
        present = sum(d.operations or 0 for d, _ in known)
        line("operations present", present)
        line("operations found", sum(min(o.found, d.operations or 0) for d, o in known), present)
    line("operations found, all documents", sum(o.found for _, o in loaded))
    if any(o.offered is not None for _, o in loaded):
        line(
            "operations offered",
            sum(o.offered or 0 for _, o in loaded),
            sum(o.found for _, o in loaded),
        )
    line("left out, with a problem", sum(o.lost for _, o in loaded))
    line("seconds", round(sum(o.seconds for _, o in results), 1))
    print("\nproblems by kind")
    for kind, count in problems.most_common():
        line("  " + kind, count)
    top("slowest, seconds", results, lambda o: o.seconds, "{:8.2f}")
    top("largest memory, MiB", results, lambda o: o.memory / 1024**2, "{:8.0f}")
    short = [(d, o) for d, o in known if o.found < (d.operations or 0)]
    listing(
        "fewer operations than known",
        [
            f"{d.id} {d.path}: {o.found} of {d.operations}, {o.lost} with a problem"
            for d, o in short
        ],
    )
    listing("refused", [f"{d.id} {o.error}" for d, o in results if o.error] if verbose else [])
    listing("crashed", [f"{d.id} {d.path}\n{o.crash}" for d, o in results if o.crash])


def line(name: str, value: float, of: int = 0) -> None:
    print(f"{name:<40} {value:>9,}" + (f"  {100 * value / of:6.2f} %" if of else ""))


def top(
    title: str, results: list[tuple[Document, Outcome]], key: Callable[[Outcome], float], form: str
) -> None:
    print(f"\n{title}")
    for document, outcome in sorted(results, key=lambda result: -key(result[1]))[:8]:
        print(form.format(key(outcome)), document.id, document.path.name)


def listing(title: str, lines: list[str]) -> None:
    if lines:
        print(f"\n{title}\n  " + "\n  ".join(lines))


def floors(results: list[tuple[Document, Outcome]]) -> None:
    print(f"{'id':<10}{'files':>7}{'MiB':>8}{'floor s':>10}{'load s':>10}{'ratio':>8}")
    for document, outcome in results:
        size = sum(path.stat().st_size for path in document.members) / 1024**2
        ratio = outcome.seconds / outcome.floor if outcome.floor else 0
        times = f"{outcome.floor:>10.4f}{outcome.seconds:>10.4f}{ratio:>8.2f}"
        print(
            f"{document.id:<10}{len(document.members):>7}{size:>8.1f}{times}"
            f"  {document.path.name} {outcome.crash}"
        )
    line("largest ratio", round(max(o.seconds / o.floor for _, o in results if o.floor), 2))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ids", type=Path)
    parser.add_argument("--tools", action="store_true")
    parser.add_argument("--export", type=Path)
    parser.add_argument(
        "--floor",
        type=int,
        nargs="?",
        const=5,
        default=0,
        help="compare with parsing alone, best of N processes (5)",
    )
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="name the documents that were refused, and why"
    )
    options = parser.parse_args()
    options.tools = options.tools or options.export is not None
    if options.export:
        options.export.mkdir(parents=True, exist_ok=True)
    ids = set(options.ids.read_text().split()) if options.ids else None
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["openapi2tools.spec.load", *(["openapi2tools.tools.build"] if options.tools else [])]
    )
    with ThreadPoolExecutor(options.jobs) as pool:
        step = compare if options.floor else run
        results = list(
            pool.map(
                lambda document: step(document, options, context), documents(options.folder, ids)
            )
        )
    if not results:
        sys.exit("no documents there")
    floors(results) if options.floor else table(results, verbose=options.verbose)
    return int(any(outcome.crash for _, outcome in results))


if __name__ == "__main__":
    sys.exit(main())
