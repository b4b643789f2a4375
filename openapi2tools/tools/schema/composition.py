"""Convert the keywords whose schemas apply to one value together: `allOf`, `anyOf`, `if` and so on.

What one of these schemas excludes is excluded in all of them, so a component that shows it is
inlined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from openapi2tools.tools.schema.components.resolver import ComponentRef
from openapi2tools.tools.schema.context import (
    NO_NAMES,
    ReferenceAction,
    members_of,
)
from openapi2tools.tools.schema.enum_notes import is_open_enum
from openapi2tools.tools.schema.keywords import DROPPED, intended_type
from openapi2tools.tools.schema.normalize import is_nullable
from openapi2tools.tools.schema.objects import OPEN, closes_out_siblings, convert_one, shown_names
from openapi2tools.tools.schema.references import add_siblings

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.model import Json, JsonObject
    from openapi2tools.tools.schema.components.resolver import ComponentResolver
    from openapi2tools.tools.schema.context import (
        ConversionContext,
        Converter,
        KeywordConverter,
    )

_ALTERNATIVES: Final = frozenset({"oneOf", "anyOf", "discriminator"})
_CLOSING: Final = frozenset({"additionalProperties"})
_FURTHER_PROPERTIES: Final = ("additionalProperties", "unevaluatedProperties")
# types that take each other's values
_NARROW_TYPES: Final = {"number": ("number", "integer")}


# --- alternatives, conditions ---


def _convert_alternatives(
    converter: Converter, value: Json, _raw: JsonObject, context: ConversionContext
) -> Json:
    """Convert `oneOf` or `anyOf`; an alternative that leads back here by itself says nothing."""
    members = members_of(value)
    if context.same_value:
        members = [
            member
            for member in members
            if not _is_self_recursive(converter, member, context, through_bases=False)
        ]
    possible = [member for member in members if member is not False] or members
    within = context._replace(joined=None)
    return [_convert_applied(converter, member, within) for member in possible] or DROPPED


def _convert_applied(converter: Converter, member: Json, context: ConversionContext) -> JsonObject:
    """Convert an alternative or a condition.

    A component that shows, or requires, what is excluded beside it is inlined.
    """
    is_reference = isinstance(member, dict) and "$ref" in member
    if is_reference and converter.property_filter.exposes(member, context.excluded):
        pointer = converter.resolver.find(member["$ref"])
        if (
            pointer is not None
            and pointer != context.pointer
            and converter.may_inline(pointer, context)
        ):
            return _inline(converter, pointer, context._replace(joined=None))
    return converter.convert_schema(member, context._replace(depth=context.depth + 1, joined=None))


def _convert_conditional(
    converter: Converter, value: Json, _raw: JsonObject, context: ConversionContext
) -> Json:
    """Convert `then` or `else`.

    `if` and `not` may go on asking for what is excluded, which is never there.
    """
    if value is None:
        return DROPPED
    return _convert_applied(converter, value, context._replace(same_value=False)) or DROPPED


def _convert_dependent_schemas(
    converter: Converter, value: Json, raw: JsonObject, context: ConversionContext
) -> Json:
    if not isinstance(value, dict):
        return DROPPED
    within = context._replace(same_value=False)
    kept: dict[str, JsonObject] = {}
    for name in shown_names(converter, value, raw, context.excluded):
        schema = _convert_applied(converter, value[name], within)
        if schema:
            kept[name] = schema
    return kept or DROPPED


# --- allOf ---


class _MemberPlan(NamedTuple):
    """What becomes of a member of `allOf` that is a reference."""

    action: ReferenceAction
    left_out: frozenset[str] = NO_NAMES  # keywords that are not inlined with the others
    own: bool = False  # only what a base class says itself is referred to


def _convert_all_of(
    converter: Converter, value: Json, raw: JsonObject, context: ConversionContext
) -> Json:
    if context.joined is None:
        context = context._replace(joined=set())
    converted = [
        _kept_open(converter, member, _convert_member(converter, member, raw, context))
        for member in members_of(value)
    ]
    return [member for member in converted if member] or DROPPED


def _kept_open(converter: Converter, member: Json, converted: JsonObject) -> JsonObject:
    """Return a converted member that says so when it takes any further property.

    Alone that goes without saying; beside the properties of its neighbours it does not.
    """
    raw = converter.resolver.resolve(member)
    if not converted or not isinstance(raw, dict):
        return converted
    is_open = any(raw.get(keyword) in OPEN for keyword in _FURTHER_PROPERTIES if keyword in raw)
    return {**converted, "additionalProperties": True} if is_open else converted


def _convert_member(
    converter: Converter, member: Json, raw: JsonObject, context: ConversionContext
) -> JsonObject:
    """Convert a member of the `allOf` of the schema `raw`."""
    if not isinstance(member, dict) or not isinstance(member.get("$ref"), str):
        return _convert_plain_member(converter, member, raw, context)
    pointer = converter.resolver.find(member["$ref"])
    if pointer is None:
        return converter.convert_schema(member, context.inside())
    plan = _plan_member(converter, member, pointer, raw, context)
    match plan.action:
        case ReferenceAction.DROP:
            return {}
        case ReferenceAction.INLINE:
            return _inline(converter, pointer, context, plan.left_out)
        case ReferenceAction.KEEP_REF if plan.own:
            own = converter.refer(ComponentRef(pointer, "own"))
            return add_siblings(converter, member, own, context.inside())
        case ReferenceAction.KEEP_REF:
            return converter.convert_schema(member, context.inside())


def _convert_plain_member(
    converter: Converter, member: Json, raw: JsonObject, context: ConversionContext
) -> JsonObject:
    if isinstance(member, dict) and closes_out_siblings(converter, member, raw):
        member = {key: value for key, value in member.items() if key != "additionalProperties"}
    return converter.convert_schema(member, context.deeper())


def _plan_member(
    converter: Converter,
    member: JsonObject,
    pointer: str,
    raw: JsonObject,
    context: ConversionContext,
) -> _MemberPlan:
    """Decide what becomes of a member that refers to the component at `pointer`.

    It is inlined where a reference to it would forbid the properties of its neighbours, would be
    checked without end, or would show what is excluded here.
    """
    target = converter.resolver.raw(pointer)
    if not isinstance(target, dict):
        return _MemberPlan(ReferenceAction.KEEP_REF)
    may_inline = converter.may_inline(pointer, context)
    is_itself = pointer == context.pointer
    if may_inline and not is_itself and closes_out_siblings(converter, target, raw):
        return _MemberPlan(ReferenceAction.INLINE, left_out=_CLOSING)
    if may_inline and context.in_form and context.same_value:
        return _MemberPlan(ReferenceAction.INLINE)
    if context.same_value and _is_self_recursive(converter, member, context):
        if is_itself or not may_inline:
            return _MemberPlan(ReferenceAction.DROP)
        return _MemberPlan(ReferenceAction.INLINE, left_out=_ALTERNATIVES)
    if may_inline and converter.property_filter.exposes(member, context.excluded):
        return _MemberPlan(ReferenceAction.INLINE)
    is_base = _is_base_class(converter, pointer, raw, context)
    own = is_base and bool(converter.discriminators.classes(pointer))
    return _MemberPlan(ReferenceAction.KEEP_REF, own=own)


def _is_base_class(
    converter: Converter, pointer: str, raw: JsonObject, context: ConversionContext
) -> bool:
    """Return whether a member is a base class, and not a value that is only described here."""
    if "properties" in raw or len(raw["allOf"]) > 1:
        return True
    return context.same_value and pointer in converter.hierarchy.bases(context.pointer)


def _inline(
    converter: Converter,
    pointer: str,
    context: ConversionContext,
    left_out: frozenset[str] = NO_NAMES,
) -> JsonObject:
    """Inline a component, but only once in the outermost `allOf` around it."""
    if context.joined is not None:
        if pointer in context.joined:
            return {}
        context.joined.add(pointer)
    target = converter.resolver.raw(pointer)
    raw = {keyword: value for keyword, value in target.items() if keyword not in left_out}
    excluded = context.excluded | converter.property_filter.excluded_names(raw)
    return converter.convert_inlined(raw, pointer, context._replace(excluded=excluded))


def _is_self_recursive(
    converter: Converter, member: Json, context: ConversionContext, *, through_bases: bool = True
) -> bool:
    """Return whether a reference leads back to the schema being converted, within the same value.

    Checking a value would never end. A way back that begins with that schema's base classes is cut
    there, and can be left out of account (`through_bases`).
    """
    if not isinstance(member, dict) or "$ref" not in member:
        return False
    pointer = converter.resolver.find(member["$ref"])
    if pointer is None:
        return False
    if pointer == context.pointer:
        return True
    if context.pointer not in converter.hierarchy.same_value_components(pointer):
        return False
    return through_bases or context.pointer not in converter.hierarchy.bases(pointer)


COMPOSITION_KEYWORDS: Final[dict[str, KeywordConverter]] = {
    "allOf": _convert_all_of,
    "anyOf": _convert_alternatives,
    "oneOf": _convert_alternatives,
    "not": convert_one,
    "if": convert_one,
    "then": _convert_conditional,
    "else": _convert_conditional,
    "dependentSchemas": _convert_dependent_schemas,
}


# --- what alternatives say about each other ---


def are_disjoint(resolver: ComponentResolver, members: Json) -> bool:
    """Return whether no value fits two of these schemas, as far as types and enums show it."""
    seen: set[str] = set()
    for member in members if isinstance(members, list) else ():
        types = _types_taken(resolver, member)
        if types is None or types & seen:
            return False
        # `string` takes the listed strings, too
        if "string" in types and any(taken.startswith("string") for taken in seen):
            return False
        if "string" in seen and any(taken.startswith("string") for taken in types):
            return False
        seen |= types
    return True


def contradicts(resolver: ComponentResolver, types: Iterable[str], members: Json) -> bool:
    """Return whether each of these schemas only takes values of other types than these."""
    if not isinstance(members, list) or not members:
        return False
    allowed = {narrow for name in types for narrow in _NARROW_TYPES.get(name, (name,))}
    for member in members:
        taken = _types_taken(resolver, member)
        if taken is None:
            return False
        if any(name.partition(":")[0] in allowed for name in taken):
            return False
    return True


def _types_taken(resolver: ComponentResolver, raw: Json) -> frozenset[str] | None:
    """Return the types that a schema takes, `string:open` for a listed string.

    None when it does not say.
    """
    raw = resolver.resolve(raw)
    if not isinstance(raw, dict) or is_nullable(raw):
        return None
    written, values = raw.get("type"), raw.get("enum")
    if written == "string" and isinstance(values, list) and not is_open_enum(raw, values):
        return frozenset(f"string:{value}" for value in values)
    several = isinstance(written, list)
    names: list[Json] = written if isinstance(written, list) else [written]
    types: set[str] = set()
    for name in names:
        intended = intended_type(name, among=several)
        if intended is None:
            return None
        types.update(_NARROW_TYPES.get(intended.name, (intended.name,)))
    return frozenset(types) if types else None
