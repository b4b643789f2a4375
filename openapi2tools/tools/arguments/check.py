"""A tool and the arguments that a model gave in; the arguments to send, what was repaired, and every fault out.

Valid arguments are never changed. What is wrong is repaired where only one thing can be meant
(`repair.py` has the rules), and noted; the rest are faults, each with its path, what was expected,
what came, and the nearest valid name or value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from openapi2tools._core import pointer
from openapi2tools._core.identity import IdentityKey
from openapi2tools.tools.arguments.repair import Repair
from openapi2tools.tools.schema.normalize import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jsonschema_rs import ValidationError, Validator

    from openapi2tools.model import Json, JsonObject, Tool

_SHOWN: Final = 60  # characters of a value that a message shows: arguments may be long, and private
_HALF: Final = re.compile("[\ud800-\udfff]")
_LISTED: Final = 12  # names or values that a message lists


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check: `arguments` to send if there are no `faults`, and a note for each repair."""

    arguments: JsonObject
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def check(tool: Tool, arguments: Mapping[str, Json]) -> Checked:
    """Check arguments against a tool's schema, repair what models get wrong harmlessly, and list everything else that is wrong."""
    given = dict(arguments)
    if _holds_half(given):
        return Checked(
            given,
            faults=(
                "the arguments hold half of a surrogate pair, which is no character: leave it out.",
            ),
        )
    validator = _validator(IdentityKey(tool.schema))
    known = tool.schema.get("properties", {})
    if given.keys() <= known.keys() and validator.is_valid(given):
        return Checked(given)
    repair = Repair(tool.schema)
    repaired = repair.arguments(given, _wire_names(tool))
    unknown = tuple(
        _unknown(name, known.keys() - repaired.keys()) for name in repaired if name not in known
    )
    wrong = (
        ()
        if validator.is_valid(repaired)
        else _faults(validator.iter_errors(repaired), tool.schema)
    )
    return Checked(repaired, tuple(repair.notes), (*unknown, *wrong))


def _holds_half(value: Json) -> bool:
    """Tell whether a text in a value holds half of a surrogate pair, which no request can."""
    if isinstance(value, str):
        return not value.isascii() and _HALF.search(value) is not None
    if isinstance(value, dict):
        return any(map(_holds_half, value)) or any(map(_holds_half, value.values()))
    return isinstance(value, list) and any(map(_holds_half, value))


@lru_cache(maxsize=256)
def _validator(schema: IdentityKey) -> Validator:
    import jsonschema_rs  # noqa: PLC0415 -- only those who call need it

    return jsonschema_rs.Draft202012Validator(
        schema.value, validate_formats=False, mask="the value"
    )


def _wire_names(tool: Tool) -> dict[str, str]:
    """Give each argument's name on the wire, which models know from elsewhere: `X-Request-Id`, `filter[name]`."""
    return {
        pointer.split(b.name)[-1] if b.location == "body" and b.name else b.name: b.argument[0]
        for b in tool.bindings
        if b.name
    }


# --- what a fault says ---


def _unknown(name: str, free: Iterable[str]) -> str:
    others = sorted(free)
    few = (
        f" There {'is' if len(others) == 1 else 'are'} {', '.join(others)}."
        if 0 < len(others) <= _LISTED
        else ""
    )
    return f"{name}: there is no such argument.{_near(name, others) or few}"


def _faults(errors: Iterable[ValidationError], schema: JsonObject) -> tuple[str, ...]:
    """Say every fault once; of a value of the wrong type nothing else is worth saying."""
    found = list(errors)
    strange = [error.instance_path for error in found if error.kind.name == "type"]
    told = [
        error for error in found if error.kind.name == "type" or error.instance_path not in strange
    ]
    return tuple(dict.fromkeys(text for error in told for text in _told(error, schema)))


def _told(error: ValidationError, schema: JsonObject) -> list[str]:
    """Say what is wrong, in one sentence for each fault; for alternatives, what keeps the value from the nearest one."""
    kind: Any = error.kind
    match kind.name:
        case "required":
            return [
                f"{_path([*error.instance_path, kind.property])}: is missing{_expected(error, kind.property, schema)}."
            ]
        case "additionalProperties" | "unevaluatedProperties":
            return [_alien(error, name, schema) for name in kind.unexpected]
        case "anyOf" | "oneOf" if all(kind.context):
            return _nearest(error, schema)
        case "oneOf":
            return [
                f"{_path(error.instance_path)}: fits more than one of the alternatives, {_came(error)}."
            ]
        case _:
            return [
                f"{_path(error.instance_path)}: {_wanted(error, kind)}, {_came(error)}.{_nearest_value(error, kind)}"
            ]


def _wanted(error: ValidationError, kind: Any) -> str:
    match kind.name:
        case "type":
            return "expected " + " or ".join(_article(name) for name in kind.types)
        case "enum":
            values = [quoted(value, _SHOWN) for value in kind.options]
            more = f" and {len(values) - _LISTED} more" if len(values) > _LISTED else ""
            return "expected one of " + ", ".join(values[:_LISTED]) + more
        case "const":
            return f"expected {quoted(kind.expected_value, _SHOWN)}"
        case _:
            return str(error.message)


def _article(name: str) -> str:
    return name if name == "null" else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _came(error: ValidationError) -> str:
    return f"got {quoted(error.instance, _SHOWN)}"


def _expected(error: ValidationError, name: str, schema: JsonObject) -> str:
    """Say what a missing property should be, as far as its schema says it at once."""
    owner = _owner(error, schema)
    wanted = owner.get("properties", {}).get(name, {}) if isinstance(owner, dict) else {}
    if "enum" in wanted:
        return ", one of " + ", ".join(quoted(value, _SHOWN) for value in wanted["enum"][:_LISTED])
    kind = wanted.get("type")
    return f", {_article(kind)}" if isinstance(kind, str) else ""


def _owner(error: ValidationError, schema: JsonObject) -> Json:
    """Give the schema whose keyword failed."""
    return pointer.lookup(schema, pointer.join("", *error.schema_path[:-1]))


def _alien(error: ValidationError, name: str, schema: JsonObject) -> str:
    owner = _owner(error, schema)
    known = owner.get("properties", {}) if isinstance(owner, dict) else {}
    return f"{_path([*error.instance_path, name])}: there is no such property.{_near(name, known)}"


def _nearest(error: ValidationError, schema: JsonObject) -> list[str]:
    """Say what keeps a value from the alternative that it comes nearest to: where it fails deepest, then least often."""
    kind: Any = error.kind
    depth = len(error.instance_path)
    tries = [branch for branch in kind.context if not _other_kind(branch, depth)] or list(
        kind.context
    )
    branch = min(tries, key=lambda branch: (_picked_otherwise(branch), len(branch)))
    if all(_other_kind(other, depth) for other in kind.context):
        kinds = dict.fromkeys(
            name
            for other in kind.context
            for e in other
            if e.kind.name == "type"
            for name in e.kind.types
        )
        return [
            f"{_path(error.instance_path)}: expected {' or '.join(map(_article, kinds))}, {_came(error)}."
        ]
    return [text for inner in branch for text in _told(inner, schema)]


def _other_kind(branch: Sequence[ValidationError], depth: int) -> bool:
    """Tell whether a value is of another type than an alternative wants."""
    return any(e.kind.name == "type" and len(e.instance_path) == depth for e in branch)


def _picked_otherwise(branch: Sequence[ValidationError]) -> bool:
    """Tell whether a discriminator rules an alternative out."""
    return any(e.kind.name in {"const", "enum"} for e in branch)


def _nearest_value(error: ValidationError, kind: Any) -> str:
    if kind.name != "enum" or not isinstance(error.instance, str):
        return ""
    return _near(error.instance, [option for option in kind.options if isinstance(option, str)])


def _near(name: str, known: Iterable[str]) -> str:
    by_lower = {other.lower(): other for other in known}
    near = get_close_matches(name.lower()[:200], by_lower, n=1, cutoff=0.6)
    return f" Did you mean {by_lower[near[0]]}?" if near else ""


def _path(steps: Sequence[str | int]) -> str:
    """Write a path as people do: `filter.items[0].name`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return text.removeprefix(".") or "the arguments"
