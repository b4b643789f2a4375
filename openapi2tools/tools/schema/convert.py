"""One schema of an Api, in its document's dialect, in; self-contained JSON Schema 2020-12 with `$defs` out.

Each component is translated once, and the very same dict stands in the `$defs` of every tool that
reaches it.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

from openapi2tools._core.identity import IdentityKey, cached_by_identity
from openapi2tools.tools.schema.components import Components
from openapi2tools.tools.schema.reachability import Closure, bits
from openapi2tools.tools.schema.readonly import Hidden
from openapi2tools.tools.schema.translate import FILE, Normal, Translator
from openapi2tools.tools.text.describe import success

if TYPE_CHECKING:
    from openapi2tools.model import Api, Json, JsonObject, Problem, Schema, Tool

_FILE_SCHEMA: Final[JsonObject] = {
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


class Schemas:
    """The schemas of one Api in one direction, translated as they are asked for.

    `input` leaves readOnly properties out, `output` writeOnly ones.
    """

    def __init__(self, api: Api, direction: Literal["input", "output"] = "input") -> None:
        self.components = _components_of(IdentityKey(api.document))
        self.hidden = Hidden(self.components, "readOnly" if direction == "input" else "writeOnly")
        self._translator = Translator(self.components, self.hidden, api.dialect, self._refer)
        self._numbers: dict[str, int] = {}  # the number of each reference: of `#/$defs/Pet`
        self._references: dict[str, Normal] = {}  # by the component's pointer
        self._names: list[str] = []  # by number, from here on
        self._schemas: list[JsonObject] = []
        self._uses: list[int] = []
        self._pending: list[tuple[int, str]] = []
        self._known: dict[tuple[int, bool], tuple[Normal, Schema]] = {}
        self._defs: dict[int, dict[str, JsonObject]] = {}
        self._closure = Closure(self._uses)
        self.uses_in = cached_by_identity(self._uses_in)

    @property
    def problems(self) -> list[Problem]:
        """What had to be repaired or left out, so far."""
        return self._translator.problems

    def normal(
        self, raw: Schema, place: str = "", named: str = "", *, files: bool = False
    ) -> Normal:
        """Translate the schema that stands at a pointer as the value of `named`; the same object always gives the same.

        With `files` it is a multipart form, where binary strings are files.
        """
        key = (id(raw), files)
        known = self._known.get(key)
        if known is None:
            # raw is kept, so that its id stays its own
            known = self._known[key] = (
                self._translator.schema(raw, place, named, files=files),
                raw,
            )
            self._finish()
        return known[0]

    def file(self) -> Normal:
        """Give a reference to the schema of a file."""
        return self._refer(FILE)

    # --- components ---

    def _refer(self, place: str) -> Normal:
        """Refer to a component; it is translated after the schema at work."""
        reference = self._references.get(place)
        if reference is None:
            name = (
                self.components.name(place) if place != FILE else self.components.free_name("File")
            )
            number = len(self._names)
            reference = self._references[place] = Normal({"$ref": "#/$defs/" + name}, 1 << number)
            self._numbers[reference.schema["$ref"]] = number
            self._names.append(name)
            self._schemas.append(_FILE_SCHEMA)
            self._uses.append(0)
            if place != FILE:
                self._pending.append((number, place))
        return reference

    def _finish(self) -> None:
        while self._pending:
            number, place = self._pending.pop()
            self._schemas[number], self._uses[number] = self._translator.component(
                place, self._names[number]
            )

    def number_of(self, schema: JsonObject) -> int | None:
        """Give the number of the component that a translated schema refers to, None for every other schema."""
        reference = schema.get("$ref")
        return self._numbers.get(reference) if isinstance(reference, str) else None

    def component(self, number: int) -> JsonObject:
        """Give a component by its number."""
        return self._schemas[number]

    def _uses_in(self, schema: JsonObject) -> int:
        """Give the set of the components that a translated schema refers to itself."""
        uses = 0
        rest: list[Json] = [schema]
        while rest:
            value = rest.pop()
            if isinstance(value, dict):
                number = self.number_of(value)
                uses |= 0 if number is None else 1 << number
                rest += value.values()
            elif isinstance(value, list):
                rest += value
        return uses

    def closure(self, uses: int) -> int:
        """Give everything that a set of components reaches, the set included."""
        return self._closure.of(uses)

    def defs(self, uses: int) -> dict[str, JsonObject]:
        """Give the `$defs` that these components need, sorted by name: one shared dict for each distinct set."""
        reached = self._closure.of(uses)
        if reached not in self._defs:
            self._defs[reached] = dict(
                sorted((self._names[n], self._schemas[n]) for n in bits(reached))
            )
        return self._defs[reached]


@lru_cache(maxsize=4)
def _components_of(document: IdentityKey) -> Components:
    return Components(document.value)


@lru_cache(maxsize=4)
def _outputs_of(api: IdentityKey) -> Schemas:
    return Schemas(api.value, "output")


def output_schema(tool: Tool) -> JsonObject | None:
    """Give the schema of what a call gives when it goes well: of the JSON body of its success response. None when it has none."""
    response = success(tool.operation.responses)
    media = next((m for m in response.content if "json" in m.name), None) if response else None
    if media is None or media.schema is None:
        return None
    schemas = _outputs_of(IdentityKey(tool.api))
    schema, uses = schemas.normal(media.schema, media.pointer)
    defs = schemas.defs(uses)
    return {**schema, "$defs": defs} if defs else schema
