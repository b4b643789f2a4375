"""What a schema says of one value, with all that its references and alternatives say of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from openapi2tools._core import pointer
from openapi2tools._core.json.json_types import json_type
from openapi2tools.tools.schema.keywords import distinct, types_of
from openapi2tools.tools.text.sentences import listed, quoted
from openapi2tools.tools.walk import COMPOSITION_KEYWORDS, iter_applied

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import Json, JsonObject, Schema, Tool

_MAX_VALUES: Final = 20
_FILE_KEYS: Final = frozenset({"path", "text", "base64"})


@dataclass(frozen=True)
class SchemaFacts:
    """What the schema at one place says; alternatives are taken together.

    Attributes:
        schema: The schema there.
        root: The schema of all arguments, which has the definitions.
    """

    schema: Schema
    root: JsonObject

    @classmethod
    def of(cls, tool: Tool) -> SchemaFacts:
        """Return what is said of the object of all arguments."""
        return cls(tool.schema, tool.schema)

    @cached_property
    def parts(self) -> tuple[JsonObject, ...]:
        """The schemas that say something of the value, the nearest first."""
        return tuple(iter_applied(self.schema, self._find, COMPOSITION_KEYWORDS))

    @cached_property
    def types(self) -> tuple[str, ...]:
        """The types that the value may have; none at all where that is left open."""
        named = [each for part in self.parts for each in types_of(part)]
        return tuple(distinct(named or [json_type(value) for value in self.values]))

    @cached_property
    def values(self) -> tuple[Json, ...]:
        """The values that it may have, where they are listed."""
        listed: list[Json] = []
        for part in self.parts:
            listed += [part["const"]] if "const" in part else part.get("enum", [])
        return tuple(distinct(listed))

    @cached_property
    def properties(self) -> dict[str, Schema]:
        """The properties that it may have."""
        found: dict[str, Schema] = {}
        for part in self.parts:
            for name, schema in part.get("properties", {}).items():
                found.setdefault(name, schema)
        return found

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The properties that it must have, whichever alternative it is."""
        parts = iter_applied(self.schema, self._find)
        return tuple(distinct([name for part in parts for name in part.get("required", ())]))

    @property
    def is_file(self) -> bool:
        """Whether it is a file to send."""
        return self.properties.keys() >= _FILE_KEYS

    @property
    def is_list(self) -> bool:
        """Whether it may be a list."""
        return "array" in self.types

    @property
    def takes_text(self) -> bool:
        """Whether it may be any text."""
        return "string" in self.types or not self.types

    def word(self, keyword: str) -> Json:
        """Return what a keyword says of it; None where nothing has the keyword."""
        return next((part[keyword] for part in self.parts if keyword in part), None)

    def member(self, step: str | int) -> SchemaFacts:
        """Return what is said of the value under a name or an index within it."""
        keyword = "additionalProperties" if isinstance(step, str) else "items"
        schemas = [part[keyword] for part in self.parts if keyword in part]
        if isinstance(step, str) and step in self.properties:
            schemas = [self.properties[step]]
        first = self.word("prefixItems") if isinstance(step, int) else None
        if isinstance(step, int) and isinstance(first, list) and step < len(first):
            schemas = [first[step]]
        return SchemaFacts(schemas[0] if schemas else True, self.root)

    def at(self, path: Iterable[str | int]) -> SchemaFacts:
        """Return what is said of the value at a path within it."""
        facts = self
        for step in path:
            facts = facts.member(step)
        return facts

    def _find(self, reference: str) -> Json:
        return pointer.target_of(self.root, reference)


def type_text(facts: SchemaFacts) -> str:
    """Return what a value may be, in words: `integer, 1 to 100`, `list of: new, old`."""
    if facts.is_file:
        return "file"
    if facts.values and "array" not in facts.types:
        return _listed(facts)
    names = [_type_name(name, facts) for name in facts.types]
    text = " or ".join(distinct(names)) or "anything"
    limits = _limits(facts)
    return f"{text}, {limits}" if limits else text


def _listed(facts: SchemaFacts) -> str:
    """Return the values that are listed, and null where it is one."""
    values = [value if isinstance(value, str) else quoted(value) for value in facts.values]
    text = listed(values, _MAX_VALUES)
    return f"one of {text}" if len(values) > 1 else text


def _type_name(name: str, facts: SchemaFacts) -> str:
    if name == "array":
        item_facts = facts.member(0)
        item = type_text(item_facts)
        if item_facts.values:
            return f"any of {item.removeprefix('one of ')}"
        return "list" if item == "anything" else f"list of {item}"
    if name == "string":
        return str(facts.word("format") or "text")
    return name


def _limits(facts: SchemaFacts) -> str:
    """Return the limits of a number or of a text's length, in words."""
    if not {"integer", "number"}.isdisjoint(facts.types):
        return _range(facts.word("minimum"), facts.word("maximum"), "")
    if "string" in facts.types:
        return _range(facts.word("minLength"), facts.word("maxLength"), " characters")
    return ""


def _range(least: Json, most: Json, unit: str) -> str:
    if least is not None and most is not None:
        return f"{least} to {most}{unit}" if least != most else f"{most}{unit}"
    if most is not None:
        return f"at most {most}{unit}"
    is_told = least is not None and not (unit and least == 0)
    return f"at least {least}{unit}" if is_told else ""
