"""Find the examples of requests that their own schema refuses: one of both is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools.linting.fields import offered_parameters
from openapi2tools.linting.finding import Finding, make_finding
from openapi2tools.model import essence
from openapi2tools.tools.arguments.effort import is_within
from openapi2tools.tools.arguments.faults.faults import describe_errors
from openapi2tools.tools.arguments.repair import ArgumentRepairer
from openapi2tools.tools.arguments.validator import argument_validator
from openapi2tools.tools.schema.constraints.contradictions import PLACEHOLDERS
from openapi2tools.tools.schema.convert import Schemas
from openapi2tools.tools.schema.keywords import is_true
from openapi2tools.tools.schema.normalize import examples_of
from openapi2tools.tools.walk import composed_schemas

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jsonschema_rs import Validator

    from openapi2tools.model import Api, Json, JsonObject, Schema, Tool, Toolset

_MAX_NESTING: Final = 64
_SINGLE_KEYWORDS: Final = ("items", "additionalProperties")
_EXAMPLE: Final = "example"  # what a fault calls the value
_MAX_SAMPLES: Final = 10  # of one schema
_MAX_DEFINITIONS: Final = 20_000  # that are read for all schemas with examples: some seconds
_MAX_EFFORT: Final = 100_000  # schemas that are applied to one example
_NOT_ALL_CHECKED: Final = make_finding(
    "not-checked",
    "Not all examples were held against their schemas: these are very many, or very large.",
    "",
    "hint",
    advice="Lint parts of the document by themselves.",
)
_ADVICE: Final = (
    "Correct the example, or the schema if the API takes it: calls are held to the schema."
)


class _Sampled(NamedTuple):
    """A schema as written, where it or its parameter stands, and examples of its values."""

    schema: Schema
    pointer: str
    samples: list[Json]


def check_examples(api: Api, tools: Toolset) -> Iterator[Finding]:
    """Yield a finding for each example of a request that its schema refuses."""
    schemas = Schemas(api)
    collector = _Collector(schemas)
    for tool in tools.values():
        collector.add(tool)
    definitions_left = _MAX_DEFINITIONS
    for sampled in collector.found:
        whole = _whole_schema(schemas, sampled)
        definitions_left -= len(whole["$defs"]) + 1
        if definitions_left < 0:
            yield _NOT_ALL_CHECKED
            return
        validator = argument_validator(whole)
        for sample in sampled.samples[:_MAX_SAMPLES]:
            fault = _find_fault(whole, validator, sample, collector.read_only_names)
            if fault:
                yield make_finding(
                    "refused-example",
                    f"An example is refused by its own schema: {fault}",
                    sampled.pointer,
                    "warning",
                    advice=_ADVICE,
                )


class _Collector:
    """Collects the examples of requests, those of a component once."""

    def __init__(self, schemas: Schemas) -> None:
        self.found: list[_Sampled] = []
        self.read_only_names: set[str] = set()
        self._resolver = schemas.resolver
        self._seen: set[str] = set()

    def add(self, tool: Tool) -> None:
        """Add what the parameters and the body of a tool have."""
        for parameter in offered_parameters(tool):
            if parameter.media_type is None:
                self._add_samples(parameter.schema, parameter.pointer, parameter.examples)
            self._walk(parameter.schema, parameter.pointer, 0)
        media = tool.media_type
        if media is None or media.schema is None:
            return
        if "json" in essence(media.name):  # other examples are written as texts
            self._add_samples(media.schema, media.pointer, media.examples)
        self._walk(media.schema, media.pointer, 0)

    def _add_samples(self, schema: Schema, pointer: str, samples: Iterable[Json]) -> None:
        usable = [sample for sample in samples if sample not in PLACEHOLDERS]
        if usable:
            self.found.append(_Sampled(schema, pointer, usable))

    def _walk(self, schema: Json, pointer: str, depth: int) -> None:
        """Collect the examples that stand in a schema and in the schemas inside it."""
        if not isinstance(schema, dict) or depth > _MAX_NESTING:
            return
        target = self._resolver.find(schema["$ref"]) if "$ref" in schema else None
        if target is not None and target not in self._seen:
            self._seen.add(target)
            self._walk(self._resolver.raw(target), target, 0)
        self._add_samples(schema, pointer, examples_of(schema))
        for name, inner in _parts(schema):
            if isinstance(inner, dict) and is_true(inner.get("readOnly")):
                self.read_only_names.add(name)
            else:
                self._walk(inner, pointer, depth + 1)


def _parts(schema: JsonObject) -> Iterator[tuple[str, Json]]:
    """Yield the schemas inside one, those of properties with their name."""
    properties = schema.get("properties")
    if isinstance(properties, dict):
        yield from properties.items()
    for member in composed_schemas(schema):
        yield "", member
    for keyword in _SINGLE_KEYWORDS:
        yield "", schema.get(keyword)


def _whole_schema(schemas: Schemas, sampled: _Sampled) -> JsonObject:
    """Return the schema of an object that holds an example."""
    converted, uses = schemas.convert(sampled.schema, sampled.pointer)
    converted = schemas.without_contradictions(converted, sampled.samples, sampled.pointer, "")
    return {"properties": {_EXAMPLE: converted}, "$defs": schemas.defs(uses)}


def _find_fault(
    whole: JsonObject, validator: Validator, sample: Json, read_only_names: set[str]
) -> str:
    """Return what is wrong with a sample beyond what a call would repair; empty if nothing is.

    A sample may show what only answers hold, too. One that takes long to check is passed over.
    """
    first = ""
    for value in (sample, _without_names(sample, read_only_names)):
        repaired = ArgumentRepairer(whole).repair({_EXAMPLE: value}, {})
        if not is_within(_MAX_EFFORT, whole, repaired, whole["$defs"]):
            return ""
        faults = describe_errors(validator, repaired, whole)
        if not faults:
            return ""
        first = faults[0]
    return first


def _without_names(value: Json, names: set[str]) -> Json:
    if isinstance(value, dict):
        return {
            key: _without_names(inner, names) for key, inner in value.items() if key not in names
        }
    return [_without_names(item, names) for item in value] if isinstance(value, list) else value
