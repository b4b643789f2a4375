"""Run benchmarks, and keep what they print in RESULTS.md: a section each.

    python benchmarks/results.py [NAME…] [--documents FILE…] [--peer VENV] [--runs N]

Without names, those of `make bench` are run: start, calls, speed, tokens and peers. `cases` needs
the embedded model, and is run when it is named. A section stands between two marks; a run replaces
its own sections, and leaves the others and what stands around them as they are. Peers and tokens
need the environment of FastMCP (`--peer`), and are left out without it.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "RESULTS.md"
DOCUMENTS = ("petstore-3.0.json", "adyen-disputes-3.1.json", "spotify-3.0.yaml")
PACKAGES = ("oas2tools", "httpx", "anyio", "orjson", "jsonschema-rs", "typer")
HEADER = """# What was measured

`make bench` runs the benchmarks and writes this page; each section says when, where and by which
command. The figures that carry over to another machine are the ratios.
"""


class Section(NamedTuple):
    """A section: its title, the arguments of its program, and whether that prints Markdown."""

    title: str
    arguments: list[str]
    is_markdown: bool = False


def main() -> None:
    """Run the named benchmarks, one after the other, and keep each as it ends."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--documents", nargs="+", type=Path, default=[])
    parser.add_argument("--peer", type=Path, help="an environment that FastMCP is installed in")
    parser.add_argument("--runs", type=int, help="instead of what each benchmark does by itself")
    given = parser.parse_args()
    documents = given.documents or [ROOT / "specs" / "real" / name for name in DOCUMENTS]
    sections = known_sections(documents, given.peer)
    for name in given.names or [name for name in sections if name != "cases"]:
        if name not in sections:
            parser.error(f"no benchmark {name}; there are {', '.join(sections)}")
        print(f"== {name}", flush=True)
        section = sections[name]
        if given.runs and name not in ("tokens", "cases", "fields"):
            section = section._replace(arguments=[*section.arguments, "--runs", str(given.runs)])
        keep(name, run(section))


def known_sections(documents: list[Path], peer: Path | None) -> dict[str, Section]:
    """Return what can be run with these documents and this environment.

    The second start of a command is measured with GitHub's document, where it is among them.
    """
    paths = [str(path) for path in documents]
    github = [path for path in paths if "github" in Path(path).name]
    second_start = ["--document", github[0], "--tool", "meta_root"] if github else []
    sections = {
        "start": Section("Starting", ["start.py", *second_start]),
        "calls": Section("Calls, beside bare httpx", ["calls.py"]),
        "speed": Section("From a document to tools, beside only parsing it", ["speed.py", *paths]),
        "fields": Section("Answers of the examples, with chosen fields", ["fields.py"]),
        "cases": Section("Cases, by the embedded model", ["cases.py"], is_markdown=True),
    }
    if peer is not None:
        options = ["--peer", str(peer)]
        sections["tokens"] = Section(
            "Tokens of the tools, beside FastMCP's", ["tokens.py", *paths, *options]
        )
        sections["peers"] = Section("Beside FastMCP", ["peers.py", *paths, *options])
    return sections


def run(section: Section) -> str:
    """Run a benchmark, and return its section as Markdown.

    Raises:
        SystemExit: It failed.
    """
    program, *arguments = section.arguments
    command = [sys.executable, str(ROOT / "benchmarks" / program), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    load = f"{os.getloadavg()[0]:.1f}"
    measured = circumstances(load)  # what it needs must not be missed when hours are over
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    print(done.stdout, flush=True)
    if done.returncode:
        sys.exit(f"{program} failed")
    shown = shlex.join(["python", f"benchmarks/{program}", *map(shortened, arguments)])
    body = done.stdout.strip()
    if not section.is_markdown:
        body = f"```\n{body}\n```"
    return f"## {section.title}\n\n{measured}\n\n    {shown}\n\n{body}\n"


def circumstances(load: str) -> str:
    """Return when and where something was measured, and with which versions."""
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} × {processor()}, {platform.system()}, "
        f"load {load} before it began; Python {platform.python_version()}, {versions}."
    )


def processor() -> str:
    """Return the name of the processor, as far as the system tells it."""
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text("utf-8"))
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def shortened(argument: str) -> str:
    """Return an argument without where this checkout, or a folder of documents, happens to be."""
    path = Path(argument)
    if not path.is_absolute():
        return argument
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def keep(name: str, text: str, path: Path = RESULTS) -> None:
    """Replace one section of the page, or add it at its end.

    Args:
        name: The name of the benchmark, by which its marks are found.
        text: The section.
        path: The page.
    """
    page = path.read_text("utf-8") if path.exists() else HEADER
    begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
    section = f"{begin}\n{text.strip()}\n{end}"
    marked = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if marked.search(page):
        page = marked.sub(lambda _: section, page, count=1)
    else:
        page = f"{page.rstrip()}\n\n{section}\n"
    path.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
