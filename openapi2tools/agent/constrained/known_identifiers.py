"""A record in, the identifiers in it out, each with the kind of thing it names: so that a small model cannot invent one."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from openapi2tools.agent.entries import Question
from openapi2tools.model import Effect, Result
from openapi2tools.tools.schema.keywords import types_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from openapi2tools.agent.entries import Entry
    from openapi2tools.model import Binding, Json, Schema, Tool

_ID: Final = re.compile(r"^(?P<kind>.*?)[_-]?(?:(?<![a-zA-Z])(?:id|uuid|guid)s?|I[dD]s?)$")
_WORD: Final = re.compile(r"[\w@.:/+-]*[\w/]")
_MOST: Final = 200  # values: the latest


def identifies(name: str) -> str | None:
    """Give the kind of thing that a name identifies: `pet` for `pet_id`, `petId` and `pet-uuid`, nothing for `id`, None for `paid`."""
    match = _ID.match(name)
    return _kind(match["kind"]) if match else None


def _kind(name: str) -> str:
    """Write the name of a kind of thing in one way: `Pets`, `pet` and `pet_` are one."""
    word = re.sub(r"[^a-z0-9]", "", name.lower())
    return (
        word[:-3] + "y"
        if word.endswith("ies")
        else word[:-1]
        if word.endswith("s") and not word.endswith("ss")
        else word
    )


def _place(tool: Tool) -> str:
    """Give the kind of thing that a tool's path speaks of: `pet` for `/pets/{id}`."""
    named = [part for part in tool.operation.path.split("/") if part and "{" not in part]
    return _kind(named[-1]) if named else ""


class Known:
    """The identifiers of a record: those in its results, and those that its questions name."""

    def __init__(self, record: Iterable[Entry], tools: Mapping[str, Tool]) -> None:
        entries = list(record)
        self._tools = tools
        self._kinds = {_place(tool) for tool in tools.values()}
        self._questions = [entry.text for entry in entries if isinstance(entry, Question)]
        self._found: dict[str, list[int | str]] = defaultdict(list)
        for entry in entries:
            if isinstance(entry, Result) and not entry.is_error and entry.tool in tools:
                for kind, value in _identifiers(entry.data, _place(tools[entry.tool]), self._kinds):
                    self._found[kind].append(value)

    def values(self, tool: Tool, argument: str) -> list[int | str] | None:
        """Give what may stand for an argument; None when it is no identifier."""
        kind, type_ = self.kind(tool, argument), _type(tool.schema["properties"][argument])
        if kind is None or type_ is None:
            return None
        asked: list[int | str] = [*(self._numbers(kind) if type_ is int else self._words())]
        found = (
            self._found[kind]
            if kind in self._kinds
            else [value for values in self._found.values() for value in values]
        )
        return list(
            dict.fromkeys([*asked, *(value for value in found if isinstance(value, type_))])
        )[-_MOST:]

    def kind(self, tool: Tool, argument: str) -> str | None:
        """Give the kind of thing that an argument identifies; a new thing's own `id` may be a new one, and is none."""
        kind = identifies(argument)
        binding = next((b for b in tool.bindings if b.argument == (argument,)), None)
        if kind == "" and binding is not None:
            return None if binding.location == "body" else _before(tool, binding)
        return kind

    def mentions(self, name: str, schema: Schema) -> bool:
        """Tell whether the questions mention an argument: a word of its name, or one of the values that it may have."""
        mentioned = [*_plain(name).split(), *(_plain(value) for value in _enumerated(schema))]
        return any(
            len(words) > 2 and words in text
            for words in mentioned
            for text in map(_plain, self._questions)
        )

    def mentioned(self, schema: Schema) -> Schema:
        """Leave of the values that a schema lists those that a question mentions, when it mentions any."""
        if not isinstance(schema, dict):
            return schema
        if "items" in schema:
            return {**schema, "items": self.mentioned(schema["items"])}
        if "anyOf" in schema:
            return {**schema, "anyOf": [self.mentioned(branch) for branch in schema["anyOf"]]}
        texts = [_plain(question) for question in self._questions]
        values = [
            value
            for value in schema.get("enum", ())
            if isinstance(value, str) and any(_plain(value) in text for text in texts)
        ]
        return {**schema, "enum": values} if values else schema

    def sources(self, kind: str) -> list[str]:
        """Name the tools that find things of a kind without knowing any."""
        return [
            tool.name
            for tool in self._tools.values()
            if tool.effect is Effect.READ
            and _place(tool) == kind
            and not any(self.kind(tool, name) is not None for name in _required(tool))
        ]

    def _numbers(self, kind: str) -> list[int]:
        """Give the numbers of the questions that are called so: `pet 7`, `id 7`, `#7`."""
        called = r"\bids?\b|\bnumbers?\b|\bno\.?|#" + (rf"|\b{re.escape(kind)}\w*" if kind else "")
        place = re.compile(
            rf"(?:{called})\W{{0,3}}(\d+(?:(?:,| and| or|, and)\s*#?\d+)*)", re.IGNORECASE
        )
        return [
            int(number)
            for text in self._questions
            for match in place.finditer(text)
            for number in re.findall(r"\d+", match[1])
        ]

    def _words(self) -> list[str]:
        return [word for text in self._questions for word in _WORD.findall(text)]


def is_text(schema: Schema) -> bool:
    """Tell whether a value may be any text."""
    if not isinstance(schema, dict):
        return False
    return any(
        "string" in types_of(one) and "enum" not in one
        for one in (schema, *schema.get("anyOf", ()))
        if isinstance(one, dict)
    )


def _plain(text: str) -> str:
    """Write a text in small letters with single spaces, `maxPrice` and `max_price` alike."""
    return " ".join(re.findall(r"[a-z]+|[0-9]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower()))


def _enumerated(schema: Schema) -> list[str]:
    """Give the texts that a value, or an item of a list, may be."""
    if not isinstance(schema, dict):
        return []
    inner = [*([schema["items"]] if "items" in schema else []), *schema.get("anyOf", ())]
    return [value for value in schema.get("enum", ()) if isinstance(value, str)] + [
        value for one in inner for value in _enumerated(one)
    ]


def _required(tool: Tool) -> Iterable[str]:
    return [
        name
        for name in tool.schema.get("required", ())
        if name in tool.schema.get("properties", {})
    ]


def _before(tool: Tool, binding: Binding) -> str:
    """Give the kind of thing that stands before `{id}` in a path."""
    before = tool.operation.path.partition(f"{{{binding.name}}}")[0].rstrip("/").rpartition("/")[2]
    return _kind(before) if binding.location == "path" else _place(tool)


def _type(schema: Schema) -> type[int | str] | None:
    if not isinstance(schema, dict) or "enum" in schema:
        return None
    branches = [branch for branch in schema.get("anyOf", [schema]) if isinstance(branch, dict)]
    kinds = {kind for branch in branches for kind in types_of(branch) or ("any",)} - {"null"}
    return int if kinds == {"integer"} else str if kinds == {"string"} else None


def _identifiers(value: Json, around: str, kinds: set[str]) -> Iterator[tuple[str, int | str]]:
    """Find the identifiers in a result; `around` is the kind of thing that a bare `id` is of."""
    if isinstance(value, list):
        for inner in value:
            yield from _identifiers(inner, around, kinds)
    elif isinstance(value, dict):
        for key, inner in value.items():
            kind = identifies(key)
            for one in inner if isinstance(inner, list) else [inner]:
                if kind is not None and isinstance(one, int | str) and not isinstance(one, bool):
                    yield kind or around, one
                elif isinstance(one, dict):
                    yield from _identifiers(
                        one, _kind(key) if _kind(key) in kinds else around, kinds
                    )
