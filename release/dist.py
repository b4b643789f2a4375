"""Build the wheel and the source distribution, and try them: what `make dist` does.

Both are built twice and must have the same bytes, and the wheel must be the one that the source
distribution makes. Each is then installed into an environment of its own and passes `smoke.py`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import venv
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

PROJECT: Final = Path(__file__).resolve().parents[1]
CONSTRAINTS: Final = PROJECT / "constraints.txt"
SMOKE: Final = PROJECT / "release" / "smoke.py"


def run(*command: str | Path, cwd: Path = PROJECT) -> None:
    """Run a command, and stop here where it fails."""
    subprocess.run(command, cwd=cwd, check=True)


def build(source: Path, folder: Path, *kinds: str) -> dict[str, bytes]:
    """Return the built files by their names; without `kinds`, the wheel is made of the sdist."""
    run(sys.executable, "-m", "build", "--quiet", "--outdir", folder, *kinds, source)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def build_all(work: Path) -> dict[str, bytes]:
    """Return the wheel and the sdist, after a look whether a second build makes the same."""
    copy = work / "copy"  # another folder, and other times of files
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns(".*", "dist", "__pycache__"))
    shutil.copy(PROJECT / ".gitignore", copy)  # what is left out of the files
    direct = build(PROJECT, work / "direct", "--wheel", "--sdist")
    for found in (build(PROJECT, work / "of-sdist"), build(copy, work / "of-copy")):
        if found != direct:
            names = {name for name in found.keys() | direct if found.get(name) != direct.get(name)}
            sys.exit(f"Built twice, these files differ: {', '.join(sorted(names))}.")
    return direct


def try_installed(file: Path, work: Path, version: str) -> None:
    """Install one file into an empty environment, and try it from another folder."""
    venv.create(work, with_pip=True)
    python = work / ("Scripts" if sys.platform == "win32" else "bin") / "python"
    # isolated: a PYTHONPATH would show pip, and the test, another copy
    pip = (python, "-I", "-m", "pip", "--disable-pip-version-check", "--quiet")
    run(*pip, "install", "--constraint", CONSTRAINTS, file)
    run(*pip, "check")
    run(python, "-I", SMOKE, version, cwd=work)


def main() -> None:
    """Build into `dist/`, and try what was built."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    target = PROJECT / "dist"
    with TemporaryDirectory() as temporary:
        work = Path(temporary)
        built = build_all(work)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for number, (name, content) in enumerate(built.items()):
            file = target / name
            file.write_bytes(content)
            sys.stdout.write(f"{sha256(content).hexdigest()}  dist/{name}\n")
            sys.stdout.flush()
            try_installed(file, work / f"env{number}", project["version"])


if __name__ == "__main__":
    main()
