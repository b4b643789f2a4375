"""Calls that only read, failed by their arguments, and were not made with better ones since.

A small model goes on with the next part of the question, and forgets the one that failed. When it
comes back, it writes the same text again, though the API's answer names a better one.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools.agent.constrained.argument_schemas import accepts_any_text
from openapi2tools.agent.constrained.question_words import words_of
from openapi2tools.agent.record.entries import turns_with_results
from openapi2tools.model import Call, Effect, Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from openapi2tools.agent.record.entries import Entry
    from openapi2tools.model import Json, JsonObject, Schema, Tool

# Of these an API says what is wrong with the arguments.
_STATUSES_OF_ARGUMENTS: Final = (400, 404, 422)


class Failure(NamedTuple):
    """A call that failed, and what came of it."""

    call: Call
    result: Result


def unsettled_failures(
    record: Iterable[Entry],
    tools: Mapping[str, Tool],
    lookup_tools: Callable[[Call], Iterable[str]],
) -> dict[str, list[Failure]]:
    """Return the failures of each tool that did not answer since, the latest last.

    They are settled, too, when another tool found the identifiers that the call takes.

    Args:
        record: What happened since the last question.
        tools: Those that the model may call.
        lookup_tools: Returns the names of the tools that find the identifiers of a call.
    """
    unsettled: dict[str, list[Failure]] = defaultdict(list)
    for call, result in _calls_with_results(record):
        lacks_identifiers = call.fault and None in call.arguments.values()
        if call.tool not in tools or tools[call.tool].effect is not Effect.READ:
            continue
        if lacks_identifiers:
            continue
        if _is_about_arguments(result):
            unsettled[call.tool].append(Failure(call, result))
            continue
        unsettled.pop(call.tool, None)
        for name, failures in list(unsettled.items()):
            if not result.is_error and call.tool in lookup_tools(failures[-1].call):
                del unsettled[name]
    return unsettled


def refused_texts(failure: Failure, schema: JsonObject) -> dict[str, Schema]:
    """Return, for each argument whose text was refused, the schema of what may replace it.

    That is one of the words with which the API refused it; a text was refused when they repeat it.

    Args:
        failure: The call, and what the API answered.
        schema: Of the tool's arguments.
    """
    texts = list(_texts_in(failure.result.data))
    words = list(dict.fromkeys(words_of(texts)))
    replaced: dict[str, Schema] = {}
    for name, value in failure.call.arguments.items():
        if not isinstance(value, str) or not _is_plain_text(schema["properties"].get(name)):
            continue
        refused = value.strip()
        others = [word for word in words if word != refused]
        if others and any(refused in text for text in texts):
            replaced[name] = {"enum": others}
    return replaced


def _calls_with_results(record: Iterable[Entry]) -> Iterator[tuple[Call, Result]]:
    for turn, results in turns_with_results(record):
        yield from zip(turn.calls, results, strict=False)


def _is_about_arguments(result: Result) -> bool:
    return result.error == "arguments" or result.status in _STATUSES_OF_ARGUMENTS


def _is_plain_text(schema: Schema | None) -> bool:
    """Return whether a schema takes every text, of any form."""
    if not isinstance(schema, dict) or {"format", "pattern"} & schema.keys():
        return False
    return accepts_any_text(schema)


def _texts_in(data: Json) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, list | dict):
        for value in data.values() if isinstance(data, dict) else data:
            yield from _texts_in(value)
