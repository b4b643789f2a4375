"""Convert a `$ref`: keep it as `#/$defs/…`, write its target in place, or drop it."""

from __future__ import annotations

from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from openapi2tools._core.hints import HINTS_KEY
from openapi2tools.tools.schema.components.resolver import FILE_REF, ComponentRef
from openapi2tools.tools.schema.context import NO_NAMES, NULLABLE_KEYWORDS
from openapi2tools.tools.schema.keywords import is_file
from openapi2tools.tools.schema.normalize import ANNOTATIONS, is_nullable, with_null
from openapi2tools.tools.schema.objects import closes_out_siblings

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject
    from openapi2tools.tools.schema.context import ConversionContext, Converter

# annotations that OpenAPI 3.0 ignores beside `$ref`, and writers mean
_MEANT_BESIDE_REF: Final = ("description", "default", "deprecated", HINTS_KEY)
_ANNOTATIONS: Final = frozenset(ANNOTATIONS)


class ReferenceAction(Enum):
    """What becomes of a reference."""

    KEEP_REF = auto()
    INLINE = auto()
    DROP = auto()


def convert_reference(
    converter: Converter, raw: JsonObject, context: ConversionContext, named: str
) -> JsonObject:
    """Convert a schema with a `$ref`, together with the keywords beside it."""
    pointer = converter.resolver.find(raw["$ref"])
    if pointer is None:  # it leads nowhere
        return _convert_siblings_alone(converter, raw, context, named)
    match _choose_action(converter, pointer, context):
        case ReferenceAction.DROP:
            return _convert_siblings_alone(converter, raw, context, named)
        case ReferenceAction.INLINE:
            target = _convert_target(converter, pointer, context)
        case ReferenceAction.KEEP_REF:
            target = converter.refer(ComponentRef(pointer))
    return add_siblings(converter, raw, target, context, named)


# --- the target ---


def _choose_action(
    converter: Converter, pointer: str, context: ConversionContext
) -> ReferenceAction:
    if _is_circular(converter, pointer, context):
        return ReferenceAction.DROP
    target = converter.resolver.raw(pointer)
    if not isinstance(target, dict):  # `true` or `false`
        return ReferenceAction.INLINE
    if context.in_form and (is_file(target) or _is_form(converter, target, pointer, context)):
        return ReferenceAction.INLINE
    return ReferenceAction.INLINE if converter.is_small(pointer) else ReferenceAction.KEEP_REF


def _is_circular(converter: Converter, pointer: str, context: ConversionContext) -> bool:
    """Return whether a schema is nothing but a reference that leads back to itself."""
    if context.depth > 0 or not context.same_value:
        return False
    if pointer == context.pointer:
        return True
    return context.pointer in converter.hierarchy.same_value_components(pointer)


def _is_form(
    converter: Converter, target: JsonObject, pointer: str, context: ConversionContext
) -> bool:
    """Return whether a component is a form, or a part of one, here; elsewhere it may be neither."""
    if not converter.may_write_in_place(pointer, context):
        return False
    return context.same_value or "properties" not in target


def _convert_target(converter: Converter, pointer: str, context: ConversionContext) -> JsonObject:
    """Convert a component where a reference to it stands."""
    target = converter.resolver.raw(pointer)
    if context.in_form and isinstance(target, dict):
        if is_file(target):
            return converter.refer(FILE_REF)
        if _is_form(converter, target, pointer, context):
            alone = context._replace(excluded=NO_NAMES, joined=None)
            return converter.convert_in_place(target, pointer, alone)
    return converter.convert_schema(target, context.inside())


# --- what stands beside a reference ---


def _convert_siblings_alone(
    converter: Converter, raw: JsonObject, context: ConversionContext, named: str
) -> JsonObject:
    siblings = {keyword: value for keyword, value in raw.items() if keyword != "$ref"}
    within = context.deeper()._replace(excluded=NO_NAMES, joined=None)
    return converter.convert_schema(siblings, within, named)


def add_siblings(
    converter: Converter,
    raw: JsonObject,
    target: JsonObject,
    context: ConversionContext,
    named: str = "",
) -> JsonObject:
    """Add to a converted target what stands beside its `$ref`; `raw` holds both, as written."""
    if len(raw) == 1:
        return target
    siblings = _relevant_siblings(converter, raw)
    within = context.inside()
    if "required" in siblings:
        within = within._replace(excluded=converter.property_filter.excluded_names(raw))
    siblings.pop("$ref", None)
    for keyword in NULLABLE_KEYWORDS:
        siblings.pop(keyword, None)
    converted = converter.convert_schema(siblings, within, named)
    if "default" in converted:
        converted = converter.property_filter.without_excluded_values(raw, converted)
    if "$ref" not in target and not converted.keys() <= _ANNOTATIONS:
        target = {"allOf": [target], **converted}
    elif converted:
        target = {**target, **converted}
    return with_null(target) if is_nullable(raw) else target


def _relevant_siblings(converter: Converter, raw: JsonObject) -> JsonObject:
    """Return a fresh dict of the keywords beside `$ref` that count."""
    if not converter.combines_siblings:
        return {keyword: raw[keyword] for keyword in _MEANT_BESIDE_REF if keyword in raw}
    siblings = dict(raw)
    if closes_out_siblings(converter, raw, raw):
        del siblings["additionalProperties"]
    return siblings
