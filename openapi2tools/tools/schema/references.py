"""Convert a `$ref`: keep it as `#/$defs/…`, inline its target, or drop it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from openapi2tools._core.hints import HINTS_KEY
from openapi2tools.tools.schema.components.resolver import FILE_REF, ComponentRef
from openapi2tools.tools.schema.context import NO_NAMES, NULLABLE_KEYWORDS, ReferenceAction
from openapi2tools.tools.schema.keywords import is_file
from openapi2tools.tools.schema.normalize import ANNOTATIONS, is_nullable, with_null
from openapi2tools.tools.schema.objects import closes_out_siblings

if TYPE_CHECKING:
    from openapi2tools.model import JsonObject
    from openapi2tools.tools.schema.context import ConversionContext, Converter

# annotations that OpenAPI 3.0 ignores beside `$ref`, and writers mean
_MEANT_BESIDE_REF: Final = ("description", "default", "deprecated", HINTS_KEY)
_ANNOTATIONS: Final = frozenset(ANNOTATIONS)


def convert_reference(
    converter: Converter, raw: JsonObject, context: ConversionContext, name: str
) -> JsonObject:
    """Convert a schema with a `$ref`, together with the keywords beside it."""
    pointer = converter.resolver.find(raw["$ref"])
    if pointer is None:  # it leads nowhere
        return _convert_siblings_alone(converter, raw, context, name)
    match _choose_action(converter, pointer, context):
        case ReferenceAction.DROP:
            return _convert_siblings_alone(converter, raw, context, name)
        case ReferenceAction.INLINE:
            target = _convert_target(converter, pointer, context)
        case ReferenceAction.KEEP_REF:
            target = converter.refer(ComponentRef(pointer))
    return target if len(raw) == 1 else add_siblings(converter, raw, target, context, name)


# --- the target ---


def _choose_action(
    converter: Converter, pointer: str, context: ConversionContext
) -> ReferenceAction:
    if context.same_value and context.depth == 0 and _leads_back(converter, pointer, context):
        return ReferenceAction.DROP
    if context.in_form and _is_of_form(converter, pointer, context):
        return ReferenceAction.INLINE
    return converter.usual_action(pointer)


def _leads_back(converter: Converter, pointer: str, context: ConversionContext) -> bool:
    """Return whether a component applies the schema being converted to the very same value."""
    if pointer == context.pointer:
        return True
    return context.pointer in converter.hierarchy.same_value_components(pointer)


def _is_of_form(converter: Converter, pointer: str, context: ConversionContext) -> bool:
    """Return whether a component is a file, a form or a part of one here, and not elsewhere."""
    target = converter.resolver.raw(pointer)
    if not isinstance(target, dict):
        return False
    if is_file(target):
        return True
    if not converter.may_inline(pointer, context):
        return False
    return context.same_value or "properties" not in target


def _convert_target(converter: Converter, pointer: str, context: ConversionContext) -> JsonObject:
    """Convert a component where a reference to it stands."""
    target = converter.resolver.raw(pointer)
    if not context.in_form or not _is_of_form(converter, pointer, context):
        return converter.convert_schema(target, context.inside())
    if is_file(target):
        return converter.refer(FILE_REF)
    alone = context._replace(excluded=NO_NAMES, joined=None)
    return converter.convert_inlined(target, pointer, alone)


# --- what stands beside a reference ---


def _convert_siblings_alone(
    converter: Converter, raw: JsonObject, context: ConversionContext, name: str
) -> JsonObject:
    siblings = {keyword: value for keyword, value in raw.items() if keyword != "$ref"}
    within = context.deeper()._replace(excluded=NO_NAMES, joined=None)
    return converter.convert_schema(siblings, within, name)


def add_siblings(
    converter: Converter,
    raw: JsonObject,
    target: JsonObject,
    context: ConversionContext,
    name: str = "",
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
    converted = converter.convert_schema(siblings, within, name)
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
