"""Remember the tools of a document, for the completion of the next command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from openapi2tools.cli.completion import store
from openapi2tools.cli.console import brief
from openapi2tools.cli.typed.facts import SchemaFacts, type_text

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from openapi2tools.model import Tool

_MAX_READ_TOOLS: Final = 100
"""The arguments of so many tools are read at once; of more, those of a tool that is used."""
_MAX_ABOUT_CHARS: Final = 70
_MAX_VALUES: Final = 60
_BOOLEAN: Final = ["true", "false"]


def remember_tools(key: str, tools: Mapping[str, Tool], there_are: Collection[str]) -> None:
    """Keep the names of a source's tools, and of few tools the arguments, too.

    Args:
        key: `key_of` the address of the document, or `saved_key` of an API.
        tools: Those that are chosen; others of the source that are kept stay.
        there_are: The names of all tools of the source.
    """
    kept = _kept(key)
    staying = {name: entry for name, entry in kept.items() if name in there_are}
    if kept.keys() == staying.keys() and tools.keys() <= kept.keys():
        return
    is_read = len(tools) <= _MAX_READ_TOOLS
    new = {
        name: _entry(tool, is_read=is_read) for name, tool in tools.items() if name not in staying
    }
    entries = {**staying, **new}
    store.write(key, {"tools": {name: entries[name] for name in there_are if name in entries}})


def remember_arguments(key: str, tools: Mapping[str, Tool]) -> None:
    """Keep the arguments of those tools of a source that are used or shown.

    Where they are many, only of those that are not kept yet.
    """
    kept = _kept(key)
    is_few = len(tools) <= _MAX_READ_TOOLS
    wanted = [
        tool
        for name, tool in tools.items()
        if name in kept and (is_few or not kept[name]["arguments"])
    ]
    if wanted:
        entries = {tool.name: _entry(tool, is_read=True) for tool in wanted}
        store.write(key, {"tools": {**kept, **entries}})


def _kept(key: str) -> dict[str, Any]:
    kept = store.read(key)
    return kept["tools"] if kept else {}


def _entry(tool: Tool, *, is_read: bool) -> dict[str, Any]:
    about = brief(tool.operation.summary or tool.operation.key, _MAX_ABOUT_CHARS)
    return {"about": about, "arguments": _arguments(tool) if is_read else {}}


def _arguments(tool: Tool) -> dict[str, Any]:
    facts = SchemaFacts.of(tool)
    names = sorted(facts.properties, key=lambda name: name not in facts.required)
    return {name: _argument(facts.member(name), name in facts.required) for name in names}


def _argument(facts: SchemaFacts, is_required: bool) -> dict[str, Any]:  # noqa: FBT001 -- a fact of the two
    values = facts.values or (facts.member(0).values if facts.is_list else ())
    texts = [str(value) for value in values if isinstance(value, (str, int, float))]
    is_boolean = "boolean" in facts.types and not facts.takes_text
    required = ", required" if is_required else ""
    return {
        "about": brief(f"{type_text(facts)}{required}", _MAX_ABOUT_CHARS),
        "values": _BOOLEAN if is_boolean else texts[:_MAX_VALUES],
        "is_list": facts.is_list,
        "is_file": facts.is_file or facts.member(0).is_file,
    }
