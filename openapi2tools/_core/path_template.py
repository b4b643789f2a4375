"""Read the variables of a path template, also as routers and RFC 6570 write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

VARIABLE: Final = re.compile(r"\{([^{}]+)\}")
"""A variable of a template; its group is what stands between the braces."""
SEGMENT_SEPARATOR: Final = re.compile(r"/(?![^{}]*\})")
"""A slash between two segments, and not one inside braces."""
_DECORATED: Final = re.compile(
    r"""
    (?P<before> [+\#./;?&] | \*\*? )?
    (?P<name> [^*+:,=]+? )
    (?P<after> \* | \+ | \.\.\. | [:=].* )?
    """,
    re.VERBOSE,
)
_MANY_BEFORE: Final = frozenset({"+", "*", "**"})
_MANY_AFTER: Final = frozenset({"+", "*", "...", ":path", ":*", ":**", ":.*", ":.+"})


class PathVariable(NamedTuple):
    """A variable of a path template.

    `many_segments` says that its value may hold slashes: `{proxy+}` (API Gateway), `{**path}`
    (ASP.NET), `{path*}`, `{path...}` (Go), `{file_path:path}` (Starlette), `{path:.*}` (JAX-RS),
    `{name=items/*}` (gRPC) and `{+path}` (RFC 6570).
    """

    name: str
    many_segments: bool = False


def read_variable(written: str, declared: Collection[str]) -> PathVariable:
    """Return the variable for what stands between braces; a declared name is taken as written."""
    found = _DECORATED.fullmatch(written)
    if found is None:
        return PathVariable(written)
    after = (found["after"] or "").replace(" ", "")
    many_segments = (
        found["before"] in _MANY_BEFORE
        or after in _MANY_AFTER
        or (after.startswith("=") and ("/" in after or "**" in after))
    )
    name = written if written in declared else found["name"].strip()
    return PathVariable(name, many_segments)


def path_variables(path: str, declared: Collection[str]) -> list[PathVariable]:
    """Return the variables of a path template, in its order."""
    if "{" not in path:
        return []
    return [read_variable(written, declared) for written in VARIABLE.findall(path)]
