"""Convert the schemas of an Api to self-contained JSON Schema 2020-12, with `$defs`.

Each component is converted once, and the very same dict stands in the `$defs` of every tool that
reaches it. A set of components is an integer: bit n stands for the component of number n.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from openapi2tools._core.identity import IdentityKey, cached_by_identity
from openapi2tools.tools.schema.components.hierarchy import ClassHierarchy
from openapi2tools.tools.schema.components.resolver import FILE_REF, ComponentResolver
from openapi2tools.tools.schema.context import ConversionContext, ConvertedSchema
from openapi2tools.tools.schema.converter import SchemaConverter
from openapi2tools.tools.schema.normalize import relaxed
from openapi2tools.tools.schema.reachability import Reachability, bits
from openapi2tools.tools.schema.readonly import PropertyFilter
from openapi2tools.tools.text.describe import success_response

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import Api, Json, JsonObject, Problem, Schema, Tool
    from openapi2tools.tools.schema.components.resolver import ComponentRef

_CACHED_DOCUMENTS: Final = 4
FILE_SCHEMA: Final[JsonObject] = {
    "type": "object",
    "description": "A file.",
    "properties": {
        "path": {"type": "string", "description": "Path of a local file."},
        "text": {"type": "string", "description": "The content, as text."},
        "base64": {"type": "string", "description": "The content, in base64."},
        "filename": {"type": "string"},
        "content_type": {"type": "string"},
    },
    "oneOf": [{"required": ["path"]}, {"required": ["text"]}, {"required": ["base64"]}],
}
"""What a model may give for a file; `tools/arguments/handles` adds what only a run can resolve."""


class Schemas:
    """The schemas of one Api in one direction, converted as they are asked for.

    `input` leaves readOnly properties out, `output` writeOnly ones. Components have numbers, in
    the order in which they are first referred to.
    """

    def __init__(self, api: Api, direction: Literal["input", "output"] = "input") -> None:
        keyword = "readOnly" if direction == "input" else "writeOnly"
        self.resolver, hierarchy = _components_of(IdentityKey(api.document))
        self.property_filter = PropertyFilter(self.resolver, keyword)
        self._converter = SchemaConverter(
            self.resolver, hierarchy, self.property_filter, api.dialect, self._refer
        )
        self._references: dict[ComponentRef, ConvertedSchema] = {}
        self._numbers: dict[str, int] = {}  # by reference: `#/$defs/Pet`
        # by number
        self._names: list[str] = []
        self._components: list[JsonObject] = []
        self._uses: list[int] = []
        self._pending: list[tuple[int, ComponentRef]] = []
        # by the id of the schema as written, which is kept so that its id stays its own
        self._converted: dict[tuple[int, bool], tuple[ConvertedSchema, Schema]] = {}
        self._defs: dict[int, dict[str, JsonObject]] = {}  # by set
        self._reachability = Reachability(self._uses)
        self.uses_in = cached_by_identity(self._find_uses)

    @property
    def problems(self) -> list[Problem]:
        """What had to be repaired or left out, so far."""
        return self._converter.problems

    def convert(
        self, raw: Schema, pointer: str = "", name: str = "", *, in_form: bool = False
    ) -> ConvertedSchema:
        """Convert the schema that stands at a pointer; a title that repeats `name` is dropped.

        The same object is converted once. With `in_form` it is a multipart form, where binary
        strings are files.
        """
        key = (id(raw), in_form)
        known = self._converted.get(key)
        if known is None:
            converted = self._converter.convert(raw, pointer, name, in_form=in_form)
            known = self._converted[key] = (converted, raw)
            self._convert_pending()
        return known[0]

    def without_contradictions(
        self, schema: JsonObject, samples: Iterable[Json], pointer: str, named: str
    ) -> JsonObject:
        """Return a converted schema without the constraints that these samples of it break.

        Each is reported as a problem of the schema at `pointer`.
        """

        def report(message: str) -> None:
            self._converter.report_constraint(ConversionContext(pointer), named, message)

        return relaxed(schema, samples, report)

    def file_reference(self) -> ConvertedSchema:
        """Return a reference to the schema of a file."""
        return self._refer(FILE_REF)

    # --- components ---

    def _refer(self, ref: ComponentRef) -> ConvertedSchema:
        """Return a reference to a component, which is converted after the schema at work."""
        known = self._references.get(ref)
        if known is not None:
            return known
        name = self.resolver.name(ref)
        reference = "#/$defs/" + name
        number = len(self._names)
        self._numbers[reference] = number
        self._names.append(name)
        self._components.append(FILE_SCHEMA)  # until it is converted
        self._uses.append(0)
        if ref != FILE_REF:
            self._pending.append((number, ref))
        converted = ConvertedSchema({"$ref": reference}, 1 << number)
        self._references[ref] = converted
        return converted

    def _convert_pending(self) -> None:
        while self._pending:
            number, ref = self._pending.pop()
            converted = self._converter.convert_component(ref, self._names[number])
            self._components[number], self._uses[number] = converted

    def component_number(self, schema: JsonObject) -> int | None:
        """Return the number of the component that a converted schema refers to, or None."""
        reference = schema.get("$ref")
        return self._numbers.get(reference) if isinstance(reference, str) else None

    def component(self, number: int) -> JsonObject:
        """Return a converted component by its number."""
        return self._components[number]

    def _find_uses(self, schema: JsonObject) -> int:
        """Return the set of the components that a converted schema refers to itself."""
        uses = 0
        waiting: list[Json] = [schema]
        while waiting:
            value = waiting.pop()
            if isinstance(value, dict):
                number = self.component_number(value)
                if number is not None:
                    uses |= 1 << number
                waiting += value.values()
            elif isinstance(value, list):
                waiting += value
        return uses

    def reached_from(self, uses: int) -> int:
        """Return everything that a set of components reaches, the set included."""
        return self._reachability.reached_from(uses)

    def defs(self, uses: int) -> dict[str, JsonObject]:
        """Return the `$defs` that these components need, sorted by name.

        Equal sets share one dict.
        """
        reached = self.reached_from(uses)
        if reached not in self._defs:
            named = [(self._names[number], self._components[number]) for number in bits(reached)]
            self._defs[reached] = dict(sorted(named))
        return self._defs[reached]


@lru_cache(maxsize=_CACHED_DOCUMENTS)
def _components_of(document: IdentityKey) -> tuple[ComponentResolver, ClassHierarchy]:
    resolver = ComponentResolver(document.value)
    return resolver, ClassHierarchy(resolver)


@lru_cache(maxsize=_CACHED_DOCUMENTS)
def _outputs_of(api: IdentityKey) -> Schemas:
    return Schemas(api.value, "output")


def output_schema(tool: Tool) -> JsonObject | None:
    """Return the schema of what a successful call returns, None when there is none.

    It is that of the JSON body of the success response.
    """
    response = success_response(tool.operation.responses)
    if response is None:
        return None
    media = next((media for media in response.content if "json" in media.name), None)
    if media is None or media.schema is None:
        return None
    schemas = _outputs_of(IdentityKey(tool.api))
    schema, uses = schemas.convert(media.schema, media.pointer)
    defs = schemas.defs(uses)
    return {**schema, "$defs": defs} if defs else schema
