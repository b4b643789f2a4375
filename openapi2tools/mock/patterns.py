"""Make texts that match a pattern; this is the one door to rstr."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from openapi2tools._core.installed import install_command
from openapi2tools.errors import InvalidOption

if TYPE_CHECKING:
    from random import Random

_TO_FAR_CHARACTERS: Final = re.compile(
    r"(\\u00[0-7][\da-fA-F]|[ -~])-(?:\\u[\da-fA-F]{4}|[^\x00-\x7f])"
)
"""A range from an ASCII character to one far away: each of them would be listed."""
_UNBOUNDED: Final = re.compile(r"(?<![\\*+?}])([*+])(?![+?])")
_MAX_REPEATS: Final = 8
"""What `*` and `+` stand for at the most: nobody wants texts of a hundred characters."""
_MAX_CHARS: Final = 500


def require_extra() -> None:
    """Raise InvalidOption where what a mock stands on is not installed."""
    missing = [name for name in ("rstr", "uvicorn") if find_spec(name) is None]
    if missing:
        raise InvalidOption(f"A mock needs {' and '.join(missing)}: {install_command('mock')}")


def pattern_text(pattern: str, random: Random, least: int = 0) -> str | None:
    """Return a text that matches a pattern; None for one that is none to Python.

    `least` is how many characters it should have, which a repetition may make up.
    """
    import rstr  # noqa: PLC0415 -- of the extra `mock`

    maker = rstr.Rstr(random)
    most = _MAX_REPEATS + 2 * min(least, _MAX_CHARS)
    near = _TO_FAR_CHARACTERS.sub(r"\1-~", pattern)
    bounded = _UNBOUNDED.sub(lambda match: f"{{{int(match[1] == '+')},{most}}}", near)
    for each in (bounded, pattern):
        try:
            return maker.xeger(each)
        except (re.error, KeyError, ValueError, IndexError, OverflowError, RecursionError):
            continue
    return None
