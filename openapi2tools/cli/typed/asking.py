"""Ask the person at the terminal for each argument that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.call.serialization.files import set_files_aside
from openapi2tools.cli.console import ask_line, brief, say
from openapi2tools.cli.typed.facts import SchemaFacts, type_text
from openapi2tools.cli.typed.paths import path_text
from openapi2tools.cli.typed.values import read_text
from openapi2tools.cli.typed.words import WrongWord, names_of, read_words
from openapi2tools.errors import Refused
from openapi2tools.tools.arguments.check import check_arguments
from openapi2tools.tools.text.sentences import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.model import Json, JsonObject, Tool

_MAX_NESTING: Final = 4
_MAX_TEXT_CHARS: Final = 100
_MAX_LISTED: Final = 12


def ask_for_missing(tool: Tool, given: Mapping[str, Json]) -> JsonObject:
    """Return the arguments with what the person answers; what has faults is asked again.

    What must be there is asked for by name. The rest may be given after it, as `name=value`.

    Raises:
        Refused: The person ended the input.
    """
    arguments = dict(given)
    for path in _missing(SchemaFacts.of(tool), arguments):
        arguments = _ask_for(tool, path, arguments)
    return _ask_for_more(tool, arguments)


def _missing(
    facts: SchemaFacts, given: Json, path: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Yield the path of each value that must be there and is not."""
    values = given if isinstance(given, dict) else {}
    begun = [name for name, value in values.items() if isinstance(value, dict)]
    for name in dict.fromkeys([*facts.required, *begun]):
        member = facts.member(name)
        is_object = bool(member.required) and not member.is_file and len(path) < _MAX_NESTING
        if is_object:
            yield from _missing(member, values.get(name), (*path, name))
        elif name not in values:
            yield (*path, name)


def _ask_for(tool: Tool, path: tuple[str, ...], arguments: JsonObject) -> JsonObject:
    facts = SchemaFacts.of(tool).at(path)
    name = path_text(path)
    about = brief(str(facts.word("description") or ""), _MAX_TEXT_CHARS)
    question = f"{name} ({type_text(facts)}){': ' if about else ''}{about}"
    while True:
        text = _line(question)
        value = [] if facts.is_list and not text else read_text(text, facts)
        with_value = _with(arguments, path, value)
        faults = [fault for fault in _faults(tool, with_value) if fault.startswith(name)]
        if not faults:
            return with_value
        say("\n".join(faults))


def _ask_for_more(tool: Tool, arguments: JsonObject) -> JsonObject:
    """Return the arguments with those that the person adds, until an empty line."""
    path_names = {path: name for name, path in names_of(tool).items()}
    others = [name for path, name in path_names.items() if not _is_given(arguments, path)]
    if not others:
        return arguments
    question = f"More, as name=value ({listed(others, _MAX_LISTED)})? An empty line ends it."
    while text := _line(question):
        try:
            with_word = read_words(tool, [text], given=arguments)
        except WrongWord as error:
            say(str(error))
            continue
        before = _faults(tool, arguments)
        new_faults = [fault for fault in _faults(tool, with_word) if fault not in before]
        if new_faults:
            say("\n".join(new_faults))
        else:
            arguments = with_word
    return arguments


def _is_given(value: Json, path: tuple[str, ...]) -> bool:
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return False
        value = value[name]
    return True


def _line(question: str) -> str:
    line = ask_line(question)
    if not line:
        raise Refused("Nothing was sent.")
    return line.strip()


def _with(arguments: JsonObject, path: tuple[str, ...], value: Json) -> JsonObject:
    if len(path) == 1:
        return {**arguments, path[0]: value}
    inner = arguments.get(path[0])
    return {**arguments, path[0]: _with(inner if isinstance(inner, dict) else {}, path[1:], value)}


def _faults(tool: Tool, arguments: JsonObject) -> tuple[str, ...]:
    return check_arguments(tool, set_files_aside(arguments, {})).faults
