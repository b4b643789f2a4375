"""Repair arguments that do not fit, where it is plain what was meant.

Only what does not fit is touched, and a change stays only where the schema accepts it. The rules:

1. `"3"` becomes 3, `"true"` becomes true, and 3 or true becomes `"3"` or `"true"`, where only the
   other type fits.
2. A text that holds a JSON object or array becomes that object or array, where one is wanted.
3. A single value becomes a list of it, where a list is wanted.
4. An optional argument or property given as null, `""`, or a word for none (`"null"`, `"None"`,
   `"undefined"`), is left out, where that is not valid.
5. A value of an enum in other letters becomes that value: `Open` becomes `open`.
6. An argument under its name on the wire, or in other letters, gets the tool's name for it:
   `per-page` becomes `per_page`.
7. A required argument that can have only one value gets it.
8. An object or array for a text that is described as JSON becomes JSON text.

Each change is noted for the model.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import orjson

from openapi2tools._core.identity import cached_by_identity
from openapi2tools._core.json.json_types import has_json_type
from openapi2tools.tools.arguments.effort import is_within
from openapi2tools.tools.arguments.faults.value_paths import inner_path
from openapi2tools.tools.arguments.validator import argument_validator
from openapi2tools.tools.schema.keywords import DROPPED, read_number, types_of
from openapi2tools.tools.text.sentences import quoted
from openapi2tools.tools.walk import UNION_KEYWORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jsonschema_rs import Validator

    from openapi2tools.model import Json, JsonObject

_MAX_VALUE_CHARS: Final = 40  # in a note
_MAX_NESTING: Final = 64
# Values that one repair visits: alternatives within alternatives double with each level.
_MAX_VISITS: Final = 1000
# Of values whose check takes longer, none is repaired: a repair checks many times.
_MAX_EFFORT: Final = 100_000
# Each schema that is asked whether it fits is read with all definitions first.
_DEFINITIONS_AT_A_VISIT: Final = 20
_ABSENT_WORDS: Final = frozenset({"", "null", "none", "undefined", "nil"})
_JSON_TEXT: Final = re.compile(
    r"\bjson[- ]?(encoded|string|text|formatted|serialized|object|array|map|list|document)"
    r"|\b(stringified|serialized|encoded|valid)( as)?( an?)? json\b|\bas( an?)? json\b"
    r"|\bin json\b|\bjson\.(stringify|dumps)\b",
    re.IGNORECASE,
)
_BOOLEANS: Final = {"true": True, "false": False}
_JSON_CONTAINER_START: Final = re.compile(r"\s*[\[{]")


class ArgumentRepairer:
    """Repairs one object of arguments under one schema; `notes` says what was changed."""

    def __init__(self, schema: JsonObject) -> None:
        self.notes: list[str] = []
        self._schema = schema
        self._definitions = schema.get("$defs", {})
        self._validator = cached_by_identity(self._make_validator)
        self._visits_left = _MAX_VISITS
        # paths of values that were made a list already, which happens once
        self._wrapped_paths: set[str] = set()

    def repair(self, given: JsonObject, argument_by_wire_name: Mapping[str, str]) -> JsonObject:
        """Return the repaired arguments; those that need no repair stay as they are."""
        renamed = self.rename(given, argument_by_wire_name)
        if not is_within(_MAX_EFFORT, self._schema, renamed, self._definitions):
            return renamed
        return self._repair_object(self._schema, renamed, "", 0)

    def rename(self, given: JsonObject, argument_by_wire_name: Mapping[str, str]) -> JsonObject:
        """Return the arguments under the tool's own names for them."""
        known = self._schema.get("properties", {})
        names_by_letters: dict[str, list[str]] = {}
        for name in known:
            names_by_letters.setdefault(_letters(name), []).append(name)
        renamed: JsonObject = {}
        for name, value in given.items():
            new_name = name
            if name not in known:
                alike = names_by_letters.get(_letters(name), [])
                meant = argument_by_wire_name.get(name) or (alike[0] if len(alike) == 1 else name)
                if meant not in given and meant not in renamed:
                    new_name = meant
            if new_name != name:
                self.notes.append(f"{name}: taken for {new_name}.")
            renamed[new_name] = value
        return renamed

    # --- values ---

    def _repair_value(self, schema: Json, value: Json, path: str, depth: int) -> Json:
        self._visits_left -= 1
        if not isinstance(schema, dict) or depth > _MAX_NESTING or self._visits_left < 0:
            return value
        if isinstance(schema.get("$ref"), str):
            value = self._repair_value(self._resolve(schema["$ref"]), value, path, depth + 1)
        for member in schema.get("allOf", ()):
            value = self._repair_value(member, value, path, depth + 1)
        for keyword in UNION_KEYWORDS:
            if keyword in schema:
                value = self._repair_for_alternatives(schema[keyword], value, path, depth)
        value = self._repair_type_or_spelling(schema, value, path)
        if isinstance(value, dict):
            return self._repair_object(schema, value, path, depth)
        if isinstance(value, list):
            return self._repair_array(schema, value, path, depth)
        return value

    def _repair_for_alternatives(
        self, alternatives: list[Json], value: Json, path: str, depth: int
    ) -> Json:
        """Repair a value for the first alternative that accepts the repaired value.

        A value that fits one already stays. Alternatives that accept a list come last, because a
        list of the value is the least likely to be meant.
        """
        if any(self._fits(schema, value) for schema in alternatives):
            return value
        for schema in sorted(alternatives, key=_accepts_array):
            note_count = len(self.notes)
            repaired = self._repair_value(schema, value, path, depth + 1)
            if self._fits(schema, repaired):
                return repaired
            del self.notes[note_count:]
        return value

    def _repair_type_or_spelling(self, schema: JsonObject, value: Json, path: str) -> Json:
        types = types_of(schema)
        if types and not _has_any_type(value, types):
            cast = _encode_json(value, schema)
            if cast is DROPPED:
                cast = self._cast(value, types, path)
            if cast is not DROPPED:
                return self._note_reading(path, value, cast)
        spelled = _spelled_as_allowed(value, schema)
        if spelled is not DROPPED:
            return self._note_reading(path, value, spelled)
        return value

    def _cast(self, value: Json, types: tuple[str, ...], path: str) -> Json:
        """Return the value as one of the types; DROPPED when it is none of them in disguise."""
        cast = _cast_scalar(value, types)
        if cast is DROPPED:
            cast = _parse_container(value, types)
        if cast is DROPPED and not self._is_wrapped_item(path):
            cast = _wrap_in_list(value, types)
            if cast is not DROPPED:
                self._wrapped_paths.add(path)
        return cast

    def _is_wrapped_item(self, path: str) -> bool:
        """Return whether a value is the item of a list that a repair made."""
        return path.endswith("[0]") and path.removesuffix("[0]") in self._wrapped_paths

    def _repair_object(
        self, schema: JsonObject, value: JsonObject, path: str, depth: int
    ) -> JsonObject:
        properties = schema.get("properties", {})
        required = schema.get("required", ())
        other_properties = schema.get("additionalProperties")
        repaired: JsonObject = {}
        for name, item in value.items():
            item_path = inner_path(path, name)
            item_schema = properties.get(name, other_properties)
            is_optional = name in properties and name not in required
            if is_optional and means_absent(item) and not self._may_be(item_schema, item):
                self._note(item_path, f"left out, for {quoted(item)} is not valid there.")
            else:
                repaired[name] = self._repair_value(item_schema, item, item_path, depth + 1)
        missing = [name for name in required if name not in repaired]
        repaired |= self._fill_in(missing, properties, path)
        return repaired if repaired != value else value

    def _fill_in(self, missing: Sequence[str], properties: JsonObject, path: str) -> JsonObject:
        """Return those of the missing properties that can have only one value."""
        filled: JsonObject = {}
        for name in missing:
            value = self._only_value(properties.get(name))
            if value is not DROPPED:
                filled[name] = value
                item_path = inner_path(path, name)
                self._note(item_path, f"filled in with {quoted(value, _MAX_VALUE_CHARS)}.")
        return filled

    def _repair_array(
        self, schema: JsonObject, value: list[Json], path: str, depth: int
    ) -> list[Json]:
        first_schemas = schema.get("prefixItems", [])
        other_schema = schema.get("items")
        repaired = []
        for index, item in enumerate(value):
            item_schema = first_schemas[index] if index < len(first_schemas) else other_schema
            repaired.append(
                self._repair_value(item_schema, item, inner_path(path, index), depth + 1)
            )
        return repaired

    # --- schemas ---

    def _resolve(self, reference: str) -> Json:
        return self._definitions.get(reference.rpartition("/")[2])

    def _only_value(self, schema: Json) -> Json:
        """Return the one value that a schema accepts, or DROPPED if it accepts others as well."""
        if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
            schema = self._resolve(schema["$ref"])
        if not isinstance(schema, dict):
            return DROPPED
        if "const" in schema:
            return schema["const"]
        enum = schema.get("enum", ())
        return enum[0] if len(enum) == 1 else DROPPED

    def _may_be(self, schema: Json, value: Json) -> bool:
        """Return whether a schema accepts null or a word for it, formats of texts included.

        Where it takes too long to tell, it may.
        """
        if self._visits_left < 0:
            return True
        if not isinstance(schema, dict) or not isinstance(value, str):
            return self._fits(schema, value)
        import jsonschema_rs  # noqa: PLC0415 -- only those who call need it

        validator = jsonschema_rs.Draft202012Validator(self._whole(schema), validate_formats=True)
        spellings = (value, value.lower(), value.upper(), value.capitalize())
        return any(map(validator.is_valid, spellings))

    def _fits(self, schema: Json, value: Json) -> bool:
        if self._visits_left < 0:
            return False
        if isinstance(schema, dict):
            return self._validator(schema).is_valid(value)
        return schema is not False

    def _make_validator(self, schema: JsonObject) -> Validator:
        self._visits_left -= len(self._definitions) // _DEFINITIONS_AT_A_VISIT
        return argument_validator(self._whole(schema))

    def _whole(self, schema: JsonObject) -> JsonObject:
        return {**schema, "$defs": self._definitions} if self._definitions else schema

    # --- notes ---

    def _note_reading(self, path: str, value: Json, meant: Json) -> Json:
        """Note that a value was read as another one, and return that."""
        before, after = quoted(value, _MAX_VALUE_CHARS), quoted(meant, _MAX_VALUE_CHARS)
        self._note(path, f"read {before} as {after}.")
        return meant

    def _note(self, path: str, text: str) -> None:
        self.notes.append(f"{path or 'the arguments'}: {text}")


def means_absent(value: Json) -> bool:
    """Return whether a value is null, or a text that models write for it."""
    return value is None or (isinstance(value, str) and value.strip().lower() in _ABSENT_WORDS)


# --- readings of one value: each returns the value that was meant, or DROPPED ---


def _cast_scalar(value: Json, types: tuple[str, ...]) -> Json:
    if isinstance(value, str):
        return _read_boolean_or_number(value.strip(), types)
    if "string" not in types:
        return DROPPED
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return json.dumps(value)
    return DROPPED


def _read_boolean_or_number(text: str, types: tuple[str, ...]) -> Json:
    if "boolean" in types and text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    if "integer" in types or "number" in types:
        meant = read_number(text)
        if meant is not DROPPED and _has_any_type(meant, types):
            return meant
    return DROPPED


def _encode_json(value: Json, schema: JsonObject) -> Json:
    """Write an object or array as JSON text, for a text that says that it is JSON."""
    if not isinstance(value, dict | list) or "string" not in types_of(schema):
        return DROPPED
    media_type = schema.get("contentMediaType", "")
    is_json = schema.get("format") == "json" or media_type.endswith("json")
    if is_json or _JSON_TEXT.search(schema.get("description", "")):
        return json.dumps(value, ensure_ascii=False)
    return DROPPED


def _parse_container(value: Json, types: tuple[str, ...]) -> Json:
    """Read a text as the JSON object or array that it holds."""
    if not isinstance(value, str) or not _JSON_CONTAINER_START.match(value):
        return DROPPED
    try:
        meant: Any = orjson.loads(value)
    except orjson.JSONDecodeError:
        return DROPPED
    return meant if _has_any_type(meant, types) else DROPPED


def _wrap_in_list(value: Json, types: tuple[str, ...]) -> Json:
    if "array" not in types or value is None or value == "":
        return DROPPED
    return [value]


def _spelled_as_allowed(value: Json, schema: JsonObject) -> Json:
    """Return the one allowed value that differs from a text only in case and outer spaces."""
    fixed = [schema["const"]] if "const" in schema else []
    allowed: Sequence[Json] = schema.get("enum", fixed)
    if not isinstance(value, str) or value in allowed:
        return DROPPED
    folded = value.strip().casefold()
    alike = [one for one in allowed if isinstance(one, str) and one.casefold() == folded]
    return alike[0] if len(alike) == 1 else DROPPED


def _has_any_type(value: Json, types: tuple[str, ...]) -> bool:
    return any(has_json_type(value, json_type) for json_type in types)


def _accepts_array(schema: Json) -> bool:
    return isinstance(schema, dict) and "array" in types_of(schema)


def _letters(name: str) -> str:
    """Return the letters and digits of a name in lower case."""
    return "".join(filter(str.isalnum, name)).lower()
