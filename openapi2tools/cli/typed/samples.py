"""An example of a value: the document's own where it has one, or else one that is made up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools.cli.typed.facts import SchemaFacts

if TYPE_CHECKING:
    from openapi2tools.model import Json, JsonObject, Tool

_MAX_NESTING: Final = 4
_FORMATS: Final = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "email": "ada@example.com",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "uri": "https://example.com",
}


def sample_arguments(tool: Tool, *, optional: bool = False) -> JsonObject:
    """Return an example of each argument that must be there, or of each that may be left out."""
    facts = SchemaFacts.of(tool)
    names = [name for name in facts.properties if (name not in facts.required) == optional]
    return {name: sample_of(facts.member(name), name) for name in names}


def example_of(facts: SchemaFacts) -> Json:
    """Return the example that the document gives of a value; None where it gives none."""
    examples = facts.word("examples")
    if isinstance(examples, list) and examples:
        return examples[0]
    return facts.word("example")


def sample_of(facts: SchemaFacts, name: str, depth: int = 0) -> Json:
    """Return a value as its schema wants it; a text of any kind is the name in capitals."""
    given = example_of(facts)
    if given is None:
        given = facts.word("default")
    if given is not None:
        return given
    if facts.values:
        return facts.values[0]
    return _made_up(facts, name, depth)


def _made_up(facts: SchemaFacts, name: str, depth: int) -> Json:
    if facts.is_file:
        return {"path": "FILE"}
    first_type = next((each for each in facts.types if each != "null"), "string")
    match first_type:
        case "integer" | "number":
            least = facts.word("minimum")
            return least if isinstance(least, int | float) and least > 0 else 1
        case "boolean":
            return True
        case "array":
            return [] if depth > _MAX_NESTING else [sample_of(facts.member(0), name, depth + 1)]
        case "object":
            required = facts.required if depth <= _MAX_NESTING else ()
            return {inner: sample_of(facts.member(inner), inner, depth + 1) for inner in required}
    return _FORMATS.get(str(facts.word("format")), name.upper())
