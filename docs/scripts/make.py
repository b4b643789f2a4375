"""Make all pages and pictures that come from the code: `python -m docs.scripts.make`.

With `--check` nothing is written, and the exit code is 1 when one is not as it would be made.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from docs.scripts.diagrams import diagrams
from docs.scripts.keywords import keywords
from docs.scripts.picture import pictures
from docs.scripts.reference import reference

if TYPE_CHECKING:
    from pathlib import Path


def made() -> dict[Path, str]:
    """Return the text of each file that is made."""
    return {**reference(), **keywords(), **diagrams(), **pictures()}


def stale() -> list[Path]:
    """Return the files that are not as they would be made now."""
    return [
        path
        for path, text in made().items()
        if not path.exists() or path.read_text("utf-8") != text
    ]


def main() -> int:
    if "--check" in sys.argv:
        for path in stale():
            print(f"{path} is not as it would be made: python -m docs.scripts.make")
        return bool(stale())
    for path, text in made().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
