"""Measure what everybody pays at every start, beside programs that do as little as can be.

    python benchmarks/start.py [--runs N] [--document FILE --tool NAME] [--against CHECKOUT]

Each line is a program of ours and one that it is compared with, run in turns, each in a process of
its own: the median CPU time of both, and their ratio. With a document, the first and the second
start of `call FILE NAME --dry-run` follow; with another checkout of the project, those of that.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from openapi2tools.cli.app import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parents[1]
COMMAND_LINE = "import sys; from openapi2tools.cli.main import main; main(sys.argv[1:])"
# shows the same help text, and does nothing else
EMPTY_PROGRAM = """
import json, sys
import typer
app = typer.Typer(add_completion=False, context_settings={"help_option_names": ["-h", "--help"]})
def nothing() -> None: ...
def options(debug: bool = False, version: bool = False) -> None: ...
app.callback(help="Point it at an OpenAPI document, and a model can use that API.")(options)
for name, line in json.loads(sys.argv.pop(1)).items():
    app.command(name, help=line)(nothing)
app()
"""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--document", type=Path)
    parser.add_argument("--tool")
    parser.add_argument("--against", type=Path, help="Another checkout, to compare calls with.")
    given = parser.parse_args()
    print(f"{'ours':<46} {'ms':>6}   {'beside':<22} {'ms':>6} {'ratio':>6}")
    for title, program, other_title, other in _pairs():
        _show(title, other_title, *_medians(program, other, given.runs))
    if given.document and given.tool:
        _show_calls(given.document, given.tool, given.against, given.runs)


def _pairs() -> list[tuple[str, Sequence[str], str, Sequence[str]]]:
    httpx = ("import httpx", ["-c", "import httpx"])
    empty = ("an empty typer program", ["-c", EMPTY_PROGRAM, json.dumps(COMMANDS), "--help"])
    imports = [
        "import openapi2tools",
        "from openapi2tools import load",
        "from openapi2tools import build_tools, export",
        "from openapi2tools import load, build_tools, export",
        "from openapi2tools import connect",
    ]
    return [
        *((line, ["-c", line], *httpx) for line in imports),
        ("--help", ["-c", COMMAND_LINE, "--help"], *empty),
        ("--version", ["-c", COMMAND_LINE, "--version"], "python -c pass", ["-c", "pass"]),
    ]


def _show_calls(document: Path, tool: str, against: Path | None, runs: int) -> None:
    """Compare the first and the second start of a call, and that of another checkout."""
    arguments = ["-c", COMMAND_LINE, "call", str(document.resolve()), tool, "--dry-run"]
    with TemporaryDirectory() as cache, TemporaryDirectory() as other_cache:
        first = _cpu_ms([*arguments, "--no-cache"])
        _cpu_ms(arguments, cache=cache)  # it keeps what it reads

        def second() -> float:
            return _cpu_ms(arguments, cache=cache)

        if against is None:
            times = [second() for _ in range(runs)]
            _show("call, the second start", "with --no-cache", median(times), first)
            return
        folder = against.resolve()

        def theirs() -> float:
            return _cpu_ms(arguments, root=folder, cache=other_cache)

        theirs()
        _show("call, the second start", folder.name, *_in_turns(second, theirs, runs))


def _medians(program: Sequence[str], other: Sequence[str], runs: int) -> tuple[float, float]:
    return _in_turns(lambda: _cpu_ms(program), lambda: _cpu_ms(other), runs)


def _in_turns(
    one: Callable[[], float], other: Callable[[], float], runs: int
) -> tuple[float, float]:
    one(), other()  # what is compiled to bytecode is compiled now
    times = [(one(), other()) for _ in range(runs)]
    return median(time for time, _ in times), median(time for _, time in times)


def _cpu_ms(arguments: Sequence[str], *, root: Path = ROOT, cache: str = "") -> float:
    """Run Python with these arguments; return the CPU time of its process."""
    environment = {**os.environ, "PYTHONPATH": str(root)}
    if cache:
        environment["OPENAPI2TOOLS_CACHE"] = cache
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *arguments], cwd=root, env=environment, check=True, capture_output=True
    )
    after = getrusage(RUSAGE_CHILDREN)
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return 1000 * seconds


def _show(title: str, other_title: str, ours: float, other: float) -> None:
    print(f"{title:<46} {ours:6.0f}   {other_title:<22} {other:6.0f} {ours / other:6.2f}")


if __name__ == "__main__":
    main()
