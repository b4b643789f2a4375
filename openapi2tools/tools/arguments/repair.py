"""Arguments that do not fit in; the arguments that were meant, where that is plain, and a note for each change, out.

The rules. Only what does not fit is touched, and a change stays only where the schema takes it:

1.  `"3"` is 3, `"true"` is true, and 3 or true is `"3"` or `"true"`, where only the other type
fits. 2.  A text that holds a JSON object or array is that object or array, where one is wanted. 3.
A single value is a list of it, where a list is wanted. 4.  An optional argument or property given
as null or `""` is left out, where neither is valid. 5.  A value of an enum in other letters is that
value: `Open` is `open`. 6.  An argument under its name on the wire, or in other letters, has the
tool's name for it: `per-page` is `per_page`. 7.  A required argument that can have one value only
has it.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from openapi2tools._core.identity import cached_by_identity
from openapi2tools._core.json_types import has_json_type
from openapi2tools.tools.schema.keywords import DROPPED, read_number, types_of
from openapi2tools.tools.schema.normalize import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema_rs import Validator

    from openapi2tools.model import Json, JsonObject

_SHOWN: Final = 40
_DEEPEST: Final = 64
# values that one repair looks at: alternatives within alternatives double with each level
_MOST: Final = 1000


class Repair:
    """One repair under one schema. `notes` tells what was done, in the order of the arguments."""

    def __init__(self, schema: JsonObject) -> None:
        self._root = schema
        self._defs = schema.get("$defs", {})
        self.notes: list[str] = []
        self._fitting = cached_by_identity(self._validator)
        self._left = _MOST
        self._listed: set[str] = set()  # where a list was made of a value, which is made once

    def arguments(self, given: JsonObject, wire_names: Mapping[str, str]) -> JsonObject:
        """Repair a whole argument object; `wire_names` gives the argument for each name on the wire."""
        return self._object(self._root, self._renamed(given, wire_names), "", 0)

    def _renamed(self, given: JsonObject, wire_names: Mapping[str, str]) -> JsonObject:
        known = self._root.get("properties", {})
        letters: dict[str, list[str]] = {}
        for name in known:
            letters.setdefault(_letters(name), []).append(name)
        named: JsonObject = {}
        for name, value in given.items():
            meant = name
            if name not in known:
                alike = letters.get(_letters(name), [])
                meant = wire_names.get(name) or (alike[0] if len(alike) == 1 else name)
                meant = name if meant in given or meant in named else meant
            if meant != name:
                self.notes.append(f"{name}: taken for {meant}.")
            named[meant] = value
        return named

    # --- values ---

    def _value(self, schema: Json, value: Json, path: str, depth: int) -> Json:
        self._left -= 1
        if not isinstance(schema, dict) or depth > _DEEPEST or self._left < 0:
            return value
        if isinstance(schema.get("$ref"), str):
            value = self._value(
                self._defs.get(schema["$ref"].rpartition("/")[2]), value, path, depth + 1
            )
        for member in schema.get("allOf", ()):
            value = self._value(member, value, path, depth + 1)
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                value = self._alternative(schema[keyword], value, path, depth)
        value = self._cast(schema, value, path)
        if isinstance(value, dict):
            return self._object(schema, value, path, depth)
        return self._array(schema, value, path, depth) if isinstance(value, list) else value

    def _alternative(self, schemas: list[Json], value: Json, path: str, depth: int) -> Json:
        """Repair for the first alternative that takes the repaired value; a value that fits one already stays."""
        if any(self._fits(schema, value) for schema in schemas):
            return value
        # a list of it is meant last
        for schema in sorted(
            schemas, key=lambda one: isinstance(one, dict) and "array" in types_of(one)
        ):
            noted = len(self.notes)
            repaired = self._value(schema, value, path, depth + 1)
            if self._fits(schema, repaired):
                return repaired
            del self.notes[noted:]
        return value

    def _cast(self, schema: JsonObject, value: Json, path: str) -> Json:
        kinds = types_of(schema)
        if kinds and not any(has_json_type(value, kind) for kind in kinds):
            in_list = path.endswith("[0]") and path.removesuffix("[0]") in self._listed
            for cast in (_scalar, _parsed) if in_list else (_scalar, _parsed, _listed):
                meant = cast(value, kinds)
                if cast is _listed and meant is not DROPPED:
                    self._listed.add(path)
                if meant is not DROPPED:
                    return self._noted(
                        path, f"read {quoted(value, _SHOWN)} as {quoted(meant, _SHOWN)}.", meant
                    )
        values = schema.get("enum", [schema["const"]] if "const" in schema else [])
        if values and isinstance(value, str) and value not in values:
            meant_values = [
                v for v in values if isinstance(v, str) and v.casefold() == value.strip().casefold()
            ]
            if len(meant_values) == 1:
                return self._noted(
                    path,
                    f"read {quoted(value, _SHOWN)} as {quoted(meant_values[0], _SHOWN)}.",
                    meant_values[0],
                )
        return value

    def _noted(self, path: str, note: str, value: Json) -> Json:
        self.notes.append(f"{path or 'the arguments'}: {note}")
        return value

    def _object(self, schema: JsonObject, value: JsonObject, path: str, depth: int) -> JsonObject:
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        rest = schema.get("additionalProperties")
        kept: JsonObject = {}
        for name, item in value.items():
            place = f"{path}.{name}" if path else name
            inner = properties.get(name, rest)
            if (
                name in properties
                and name not in required
                and item in (None, "")
                and not self._fits(inner, item)
            ):
                self.notes.append(f"{place}: left out, for {quoted(item)} is not valid there.")
            else:
                kept[name] = self._value(inner, item, place, depth + 1)
        for name in required:
            if name not in kept and (only := self._only(properties.get(name))) is not DROPPED:
                kept[name] = self._noted(
                    f"{path}.{name}" if path else name,
                    f"filled in with {quoted(only, _SHOWN)}.",
                    only,
                )
        return kept if kept != value else value

    def _only(self, schema: Json) -> Json:
        """Give the one value that a schema takes, if it says so."""
        if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
            schema = self._defs.get(schema["$ref"].rpartition("/")[2])
        if not isinstance(schema, dict):
            return DROPPED
        if "const" in schema:
            return schema["const"]
        return schema["enum"][0] if len(schema.get("enum", ())) == 1 else DROPPED

    def _array(self, schema: JsonObject, value: list[Json], path: str, depth: int) -> list[Json]:
        prefix = schema.get("prefixItems", [])
        rest = schema.get("items")
        return [
            self._value(prefix[i] if i < len(prefix) else rest, item, f"{path}[{i}]", depth + 1)
            for i, item in enumerate(value)
        ]

    def _fits(self, schema: Json, value: Json) -> bool:
        return (
            self._fitting(schema).is_valid(value)
            if isinstance(schema, dict)
            else schema is not False
        )

    def _validator(self, schema: JsonObject) -> Validator:
        import jsonschema_rs  # noqa: PLC0415 -- only those who call need it

        whole = {**schema, "$defs": self._defs} if self._defs else schema
        return jsonschema_rs.Draft202012Validator(whole, validate_formats=False)


# --- casts: a value and the wanted types in, the meant value or DROPPED out ---

_BOOLEANS: Final = {"true": True, "false": False}


def _scalar(value: Json, kinds: tuple[str, ...]) -> Json:
    if isinstance(value, str):
        text = value.strip()
        if "boolean" in kinds and text.lower() in _BOOLEANS:
            return _BOOLEANS[text.lower()]
        meant = read_number(text) if {"integer", "number"} & set(kinds) else DROPPED
        return (
            meant
            if meant is not DROPPED and any(has_json_type(meant, kind) for kind in kinds)
            else DROPPED
        )
    if "string" in kinds and isinstance(value, (bool, int, float)):
        return str(value).lower() if isinstance(value, bool) else json.dumps(value)
    return DROPPED


def _parsed(value: Json, kinds: tuple[str, ...]) -> Json:
    if not isinstance(value, str) or not re.match(r"\s*[\[{]", value):
        return DROPPED
    try:
        meant: Any = orjson.loads(value)
    except orjson.JSONDecodeError:
        return DROPPED
    return meant if any(has_json_type(meant, kind) for kind in kinds) else DROPPED


def _listed(value: Json, kinds: tuple[str, ...]) -> Json:
    return [value] if "array" in kinds and value is not None and value != "" else DROPPED


def _letters(name: str) -> str:
    return "".join(filter(str.isalnum, name)).lower()
