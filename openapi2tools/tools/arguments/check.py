"""Check the arguments that a model gave against the schema of a tool.

Valid arguments are never changed. What is wrong is repaired where only one thing can be meant
(`repair.py` has the rules), with a note. The rest are faults, each with its path, what was
expected, what came, and the nearest valid name or value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools._core import pointer
from openapi2tools._core.identity import IdentityKey
from openapi2tools._core.json import exact_json
from openapi2tools.tools.arguments.effort import MAX_CHECKED, is_plain, is_within
from openapi2tools.tools.arguments.faults.faults import describe_errors, first_faults
from openapi2tools.tools.arguments.faults.unknown_arguments import unknown_arguments
from openapi2tools.tools.arguments.levels import hidden_fields, move_body_fields, undeclared_fields
from openapi2tools.tools.arguments.repair import ArgumentRepairer, means_absent
from openapi2tools.tools.arguments.validator import argument_validator

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from jsonschema_rs import Validator

    from openapi2tools.model import Json, JsonObject, Tool

_LONE_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LONE_SURROGATE_FAULT: Final = (
    "the arguments hold half of a surrogate pair, which is no character: leave it out."
)

_NOT_CHECKED: Final = (
    "The values were not checked against the schema, which has too many alternatives within "
    "alternatives, or patterns that take too long for texts as long as these."
)


@dataclass(frozen=True, slots=True)
class CheckedArguments:
    """The outcome of a check: `arguments` to send if there are no `faults`, a note per repair."""

    arguments: JsonObject
    notes: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def check_arguments(tool: Tool, arguments: Mapping[str, Json]) -> CheckedArguments:
    """Check arguments against a tool's schema.

    What models get wrong harmlessly is repaired; what else is wrong is listed, as far as somebody
    corrects it at once. Where a check would take longer than about a second, a note says that the
    values were not checked.
    """
    given = dict(arguments)
    if _has_lone_surrogate(given):
        return CheckedArguments(given, faults=(_LONE_SURROGATE_FAULT,))
    checker = _checker(IdentityKey(tool.schema))
    known = tool.schema.get("properties", {})
    moved = move_body_fields(tool, given)
    plain = exact_json.as_floats(moved.arguments)  # the validator knows no other numbers
    is_known = plain.keys() <= known.keys()
    hidden = hidden_fields(tool, plain) if tool.hidden_fields else []
    is_known = is_known and not hidden
    is_affordable = checker.affords(plain)
    may_be_valid = is_affordable and is_known and not _holds_word_for_none(plain)
    if may_be_valid and checker.validator.is_valid(plain):
        return CheckedArguments(moved.arguments, moved.notes)

    repairer = ArgumentRepairer(tool.schema)
    arrange = repairer.repair if is_affordable else repairer.rename
    repaired = arrange(plain, _argument_by_wire_name(tool))
    undeclared = undeclared_fields(tool, repaired)
    about_undeclared = [_undeclared_note(tool, name) for name in undeclared]
    notes = [*moved.notes, *repairer.notes, *about_undeclared]
    faults = _unknown_arguments(tool.schema, {*undeclared}, repaired)
    faults += [f"{name}: there is no such field." for name in hidden]
    if not is_affordable or not checker.affords(repaired):
        notes.append(_NOT_CHECKED)
    elif not checker.validator.is_valid(repaired):
        found = describe_errors(checker.validator, repaired, tool.schema)
        faults += found
        notes += [] if found else [_NOT_CHECKED]  # a pattern was given up
    return CheckedArguments(repaired, tuple(notes), tuple(first_faults(faults)))


def accept_unchecked(tool: Tool, arguments: Mapping[str, Json]) -> CheckedArguments:
    """Return the arguments as they were given, with what the schema has against them as notes.

    Only their names and their level become the tool's: what it cannot place would not be sent.
    """
    checked = check_arguments(tool, arguments)
    if not any(binding.location == "body" for binding in tool.bindings):
        known = tool.schema.get("properties", {})
        if not arguments.keys() <= known.keys():
            return checked  # there is no place for an argument that nobody declares
    moved = move_body_fields(tool, dict(arguments), undeclared=True)
    repairer = ArgumentRepairer(tool.schema)
    named = repairer.rename(moved.arguments, _argument_by_wire_name(tool))
    unchecked = [f"Sent unchecked, though {fault}" for fault in checked.faults]
    return CheckedArguments(named, (*moved.notes, *repairer.notes, *unchecked))


def _undeclared_note(tool: Tool, name: str) -> str:
    fixed = {constant.name for constant in tool.constants if constant.location == "body"}
    if name in tool.fixed_arguments or pointer.join("", name) in fixed:
        return f"{name}: its value is fixed; this one is not sent."
    return f"{name}: the document does not declare it; sent as a field of the body."


def _unknown_arguments(
    schema: JsonObject, undeclared: Collection[str], arguments: JsonObject
) -> list[str]:
    known = schema.get("properties", {})
    names = [name for name in arguments if name not in known and name not in undeclared]
    return unknown_arguments(names, known.keys() - arguments.keys(), schema)


def _holds_word_for_none(value: Json) -> bool:
    """Return whether a text somewhere may stand for a value that is left out."""
    if isinstance(value, dict):
        return any(map(_holds_word_for_none, value.values()))
    if isinstance(value, list):
        return any(map(_holds_word_for_none, value))
    return isinstance(value, str) and means_absent(value)


def _has_lone_surrogate(value: Json) -> bool:
    """Return whether a text in a value holds half of a surrogate pair, which no request can."""
    if isinstance(value, str):
        return not value.isascii() and _LONE_SURROGATE.search(value) is not None
    if isinstance(value, dict):
        return any(map(_has_lone_surrogate, value)) or any(map(_has_lone_surrogate, value.values()))
    return isinstance(value, list) and any(map(_has_lone_surrogate, value))


class _Checker(NamedTuple):
    """What checks the arguments of one tool."""

    schema: JsonObject
    validator: Validator
    is_plain: bool

    def affords(self, arguments: JsonObject) -> bool:
        """Return whether a check of these arguments ends soon."""
        definitions = self.schema.get("$defs", {})
        return self.is_plain or is_within(MAX_CHECKED, self.schema, arguments, definitions)


@lru_cache(maxsize=256)
def _checker(schema: IdentityKey) -> _Checker:
    written: JsonObject = schema.value
    return _Checker(written, argument_validator(written), is_plain(written))


def _argument_by_wire_name(tool: Tool) -> dict[str, str]:
    """Return the argument for each name on the wire.

    Models know these names from elsewhere: `X-Request-Id`, `filter[name]`.
    """
    arguments = {}
    for binding in tool.bindings:
        if not binding.name:
            continue
        wire_name = binding.name
        if binding.location == "body":
            wire_name = pointer.split(binding.name)[-1]
        arguments[wire_name] = binding.argument[0]
    return arguments
