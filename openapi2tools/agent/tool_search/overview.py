"""An API on one page: what it is for, and its groups of operations, for a model that searches."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from openapi2tools.tools.text.markdown_to_text import clean_text
from openapi2tools.tools.text.tokens import count_tokens

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openapi2tools.model import Api, Tool

MAX_TOKENS: Final = 1_000
"""How much of a request the overview may take."""
_MAX_PURPOSE_CHARS: Final = 400
_MAX_TAG_CHARS: Final = 80
_OTHERS: Final = "other"


def overview(tools: Mapping[str, Tool], max_tokens: int = MAX_TOKENS, *, told: str = "") -> str:
    """Describe the APIs that tools belong to, in at most `max_tokens` o200k_base tokens.

    Each API is named with its purpose, unless that was `told` before, and its groups: tags, or
    first segments of paths where there are no tags, with the number of their operations.
    """
    apis = {id(tool.api): tool.api for tool in tools.values()}
    share = max_tokens // max(len(apis), 1)
    return "\n\n".join(
        _describe(api, [tool for tool in tools.values() if tool.api is api], share, told)
        for api in apis.values()
    )


def purpose_of(api: Api) -> str:
    """Return what an API says it is for, in one line."""
    return clean_text(api.description, _MAX_PURPOSE_CHARS).replace("\n", " ")


def _describe(api: Api, tools: list[Tool], max_tokens: int, told: str) -> str:
    head = f"{api.title}: {len(tools):,} operations."
    purpose = purpose_of(api)
    if purpose and purpose not in told:
        head = f"{head} {purpose}"
    groups = Counter(_group(tool) for tool in tools).most_common()
    described = [_line(name, count, api.tags.get(name, "")) for name, count in groups]
    bare = [_line(name, count, "") for name, count in groups]
    return _longest_that_fits(head, [described, bare], max_tokens)


def _group(tool: Tool) -> str:
    """Return what a tool is listed under: its first tag, else the first fixed path segment."""
    if tool.operation.tags:
        return tool.operation.tags[0]
    segments = tool.operation.path.strip("/").split("/")
    return next((each for each in segments if each and "{" not in each), _OTHERS)


def _line(name: str, count: int, description: str) -> str:
    about = clean_text(description, _MAX_TAG_CHARS).partition("\n")[0]
    return f"- {name} ({count})" + (f": {about}" if about else "")


def _longest_that_fits(head: str, versions: Iterable[list[str]], max_tokens: int) -> str:
    """Return the first version that fits; the last one loses its smallest groups until it does."""
    lines: list[str] = []
    for lines in versions:
        text = "\n".join([head, "Groups:", *lines])
        if count_tokens(text) <= max_tokens:
            return text
    kept = list(lines)
    while kept:
        kept = kept[: len(kept) * 3 // 4]
        rest = len(lines) - len(kept)
        text = "\n".join([head, "Groups:", *kept, f"- and {rest} smaller ones"])
        if count_tokens(text) <= max_tokens:
            return text
    return head
