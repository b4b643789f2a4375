"""Complete the words of a command line, from what is kept of commands and tools.

Nothing is fetched and no document is read: what was never used before has no completions.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from openapi2tools.cli.completion import store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.config.saved_api import SavedApi

Candidate = tuple[str, str]
"""What a word may become, and what that means."""

_DOCUMENTS: Final = (".json", ".yaml", ".yml")
_SOURCES: Final = ("source", "sources", "document", "old", "new")
"""The arguments of commands that are documents, or saved APIs."""
_MAX_CANDIDATES: Final = 500


class _Parsed(NamedTuple):
    """The words of a command before the one that is completed."""

    positional: list[str]
    """Those that are arguments of the command."""
    flags: list[str]
    """The names of the options and flags that are given."""
    waiting: str
    """The option or flag whose value comes next; empty where none does."""


def split_line(line: str) -> list[str]:
    """Split a command line into words, as far as it is typed; the last one may be empty."""
    for closing in ("", "'", '"'):
        try:
            words = shlex.split(line + closing)
        except ValueError:
            continue
        is_begun = not closing and (not line or line[-1].isspace())
        return [*words, ""] if is_begun else words
    return [""]


def complete(words: list[str]) -> list[Candidate]:
    """Return what the last word may become, given those before it.

    Args:
        words: The words after the program's name.
    """
    *before, current = words or [""]
    node, rest = _command_of(before)
    if "commands" in node:
        found = [(name, each["about"]) for name, each in node["commands"].items()]
        found += (
            [(name, each["about"]) for name, each in node["options"].items()] if current else []
        )
    else:
        found = _complete_command(node, rest, current)
    fitting = [each for each in found if each[0].startswith(current)]
    return list(dict.fromkeys(fitting))[:_MAX_CANDIDATES]


def _command_of(words: list[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the command that is given, and the words after it."""
    node = _table()
    for index, word in enumerate(words):
        if word.startswith("-"):
            continue
        if word not in node.get("commands", {}):
            return node, words[index:]
        node = node["commands"][word]
        if "commands" not in node:
            return node, words[index + 1 :]
    return node, []


def _table() -> dict[str, Any]:
    """Return the table of commands, which is made once for each version."""
    key = store.table_key()
    table: dict[str, Any] | None = store.read(key)
    if table is None:
        from openapi2tools.cli.completion.table import command_table  # noqa: PLC0415 -- once

        table = command_table()
        store.write(key, table)
    return table


def _complete_command(node: dict[str, Any], words: list[str], current: str) -> list[Candidate]:
    takes_words = "words" in node["arguments"]
    parsed = _parse(node, words, tools_arguments=takes_words)
    arguments = _arguments_of(node, parsed.positional)
    if parsed.waiting:
        return _values_of_option(node, arguments, parsed.waiting, current, "")
    name, equals, value = current.partition("=")
    if equals and name.startswith("--"):
        return _values_of_option(node, arguments, name, value, f"{name}=")
    if current.startswith("-"):
        options = [(option, each["about"]) for option, each in node["options"].items()]
        flags = _flags(arguments, parsed.flags) if takes_words else []
        return flags + options
    return _complete_argument(node, parsed.positional, arguments, current)


def _parse(node: dict[str, Any], words: list[str], *, tools_arguments: bool) -> _Parsed:
    positional: list[str] = []
    flags: list[str] = []
    waiting = ""
    for word in words:
        if waiting:
            waiting = ""
        elif not word.startswith("-"):
            positional.append(word)
        else:
            name, equals, _ = word.partition("=")
            flags.append(name)
            option = node["options"].get(name)
            takes_value = option["takes_value"] if option else tools_arguments
            is_switch = option is None and _is_switch(_arguments_of(node, positional), name)
            waiting = name if takes_value and not equals and not is_switch else ""
    return _Parsed(positional, flags, waiting)


def _is_switch(arguments: dict[str, Any], flag: str) -> bool:
    argument = arguments.get(flag.removeprefix("--"))
    return argument is not None and argument["values"] == ["true", "false"]


def _arguments_of(node: dict[str, Any], positional: list[str]) -> dict[str, Any]:
    """Return the arguments of the tool that is named, as far as they are known."""
    if "tool" not in node["arguments"] or len(positional) < 2:
        return {}
    tool = _tools_of(positional[0]).get(positional[1])
    return tool["arguments"] if tool else {}


def _tools_of(source: str) -> dict[str, Any]:
    kept = store.read(store.saved_key(source)) or store.read(store.key_of(source))
    if kept is None and source.isidentifier():  # it was saved, and not used under its name yet
        saved = _saved_apis().get(source)
        kept = store.read(store.key_of(saved.source)) if saved else None
    return kept["tools"] if kept else {}


def _values_of_option(
    node: dict[str, Any], arguments: dict[str, Any], name: str, current: str, prefix: str
) -> list[Candidate]:
    option = node["options"].get(name)
    if option is None:
        argument = arguments.get(name.removeprefix("--"))
        return _values(argument, current, prefix) if argument else []
    if option["takes_file"]:
        return [(prefix + path, "") for path in _paths(current)]
    return [(prefix + choice, "") for choice in option["choices"]]


def _complete_argument(
    node: dict[str, Any], positional: list[str], arguments: dict[str, Any], current: str
) -> list[Candidate]:
    names = node["arguments"]
    if not names:
        return []
    name = names[min(len(positional), len(names) - 1)]
    if name in _SOURCES:
        return _sources(current)
    if name == "tool":
        tools = _tools_of(positional[0])
        return [(tool, each["about"]) for tool, each in tools.items()]
    if name == "words":
        return _words(arguments, positional[2:], current)
    is_saved_name = name == "name" and "document" not in names
    return [(saved, "") for saved in _saved_apis()] if is_saved_name else []


def _sources(current: str) -> list[Candidate]:
    saved = [(name, "a saved API") for name in _saved_apis()]
    used = [(source, "used before") for source in store.read_sources()]
    return saved + used + [(path, "") for path in _paths(current, _DOCUMENTS)]


def _saved_apis() -> Mapping[str, SavedApi]:
    from openapi2tools.config.saved_api import saved_apis  # noqa: PLC0415 -- only for who names an API
    from openapi2tools.errors import ConfigError  # noqa: PLC0415 -- likewise

    try:
        return saved_apis()
    except ConfigError:
        return {}


def _words(arguments: dict[str, Any], given: list[str], current: str) -> list[Candidate]:
    for operator in (":=", "=", "@"):
        name, found, value = current.partition(operator)
        if found and name in arguments:
            return _values(arguments[name], value, f"{name}{operator}")
    used = {word.partition("=")[0].removesuffix(":").partition("@")[0] for word in given}
    return [
        (f"{name}{'@' if each['is_file'] else '='}", each["about"])
        for name, each in arguments.items()
        if each["is_list"] or name not in used
    ]


def _flags(arguments: dict[str, Any], given: list[str]) -> list[Candidate]:
    return [
        (f"--{name}", each["about"])
        for name, each in arguments.items()
        if each["is_list"] or f"--{name}" not in given
    ]


def _values(argument: dict[str, Any], current: str, prefix: str) -> list[Candidate]:
    if argument["is_file"] or prefix.endswith("@"):
        return [(prefix + path, "") for path in _paths(current)]
    return [(prefix + value, "") for value in argument["values"]]


def _paths(current: str, endings: tuple[str, ...] = ("",)) -> list[str]:
    """Return the files that a path may become; folders end with a slash."""
    folder, name = os.path.split(current)  # what is typed stays as it is
    found = []
    try:
        with os.scandir(os.path.expanduser(folder) or ".") as entries:  # noqa: PTH111 -- likewise
            for entry in entries:
                is_hidden = entry.name.startswith(".") and not name.startswith(".")
                if is_hidden or not entry.name.startswith(name):
                    continue
                if entry.is_dir():
                    found.append(os.path.join(folder, entry.name, ""))  # noqa: PTH118 -- likewise
                elif entry.name.endswith(endings):
                    found.append(os.path.join(folder, entry.name))  # noqa: PTH118 -- likewise
    except OSError:
        return []
    return sorted(found)
