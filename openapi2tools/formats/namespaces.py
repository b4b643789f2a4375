"""Group the functions of OpenAI's Responses into namespaces that the model searches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core.naming import shorten_with_hash, to_legal_characters
from openapi2tools.tools.names import make_unique
from openapi2tools.tools.text.markdown_to_text import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import JsonObject, Tool

# OpenAI's old limit on descriptions, and more than a choice among namespaces needs.
_MAX_DESCRIPTION_CHARS: Final = 1024
_FALLBACK_NAME: Final = "api"


def group_into_namespaces(
    definitions: Iterable[tuple[Tool, JsonObject]], max_functions: int | None = None
) -> list[JsonObject]:
    """Group definitions by their API and their operation's first tag.

    A group of more than `max_functions` becomes several, numbered from 2 on.

    The definitions are deferred, and a search tool lets the model find them.
    """
    groups: dict[tuple[int, str], list[tuple[Tool, JsonObject]]] = {}
    for tool, definition in definitions:
        groups.setdefault((id(tool.api), _title(tool)), []).append((tool, definition))
    named_groups = [
        (title if number == 1 else f"{title} {number}", part)
        for (_, title), group in groups.items()
        for number, part in enumerate(_parts(group, max_functions), 1)
    ]
    names = make_unique((_legal_name(title), title) for title, _ in named_groups)
    namespaces: list[JsonObject] = []
    for name, (_, group) in zip(names, named_groups, strict=True):
        first_tool, _ = group[0]
        functions = [{**definition, "defer_loading": True} for _, definition in group]
        namespaces.append(
            {
                "type": "namespace",
                "name": name,
                "description": _description(first_tool),
                "tools": functions,
            }
        )
    return [*namespaces, {"type": "tool_search"}]


def _parts(
    group: list[tuple[Tool, JsonObject]], size: int | None
) -> list[list[tuple[Tool, JsonObject]]]:
    if size is None:
        return [group]
    return [group[start : start + size] for start in range(0, len(group), size)]


def _title(tool: Tool) -> str:
    """Return the title of a tool's namespace: its first tag, or else its API."""
    return tool.operation.tags[0] if tool.operation.tags else tool.api.title


def _legal_name(title: str) -> str:
    name = to_legal_characters(title).strip("_")
    return shorten_with_hash(name or _FALLBACK_NAME)


def _description(tool: Tool) -> str:
    """Say what the tools of a tool's namespace are about."""
    title = _title(tool)
    text = tool.api.tags.get(title, "") if tool.operation.tags else tool.api.description
    return clean_text(text, _MAX_DESCRIPTION_CHARS) or clean_text(
        f"{title} of {tool.api.title}", _MAX_DESCRIPTION_CHARS
    )
