"""Judge what an operation does to the world: by its method, and by what may override the method.

Frameworks take another method than the request's own from a header, a query parameter or a field of
a form (`_method=DELETE`), and another path from a header (`X-Original-URL`). Such a call counts as
what it can be turned into.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from openapi2tools._core import pointer
from openapi2tools._core.http_methods import SAFE_METHODS
from openapi2tools.model import Effect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from openapi2tools.model import Json, JsonObject, Operation
    from openapi2tools.tools.arguments.gather import GatheredArguments

_UNSAFE_METHODS: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_METHOD_OVERRIDES: Final = frozenset(
    {
        "_http_method",
        "_method",
        "http_method",
        "x_http_method",
        "x_http_method_override",
        "x_method_override",
        "x_original_method",
    }
)
"""Names of what overrides the method, in any place, with `_` for `-`."""
_METHOD_WORDS: Final = frozenset({"method"})
"""Names that may mean something else (a way to pay): they count where a value is such a method."""
_PATH_OVERRIDES: Final = frozenset({"x_original_url", "x_rewrite_url"})
_GRAVITY: Final = list(Effect)


def effect_of(operation: Operation, arguments: GatheredArguments) -> Effect:
    """Return what an operation does to the world.

    A hint can only make that graver: who wrote the document may not decide what goes out unasked.
    """
    effects = [_effect_of_method(operation.method), *_overriding_effects(operation, arguments)]
    hint = operation.hints.get("effect")
    effects += [each for each in Effect if each.value == hint]
    return max(effects, key=_GRAVITY.index)


def _effect_of_method(method: str) -> Effect:
    if method in SAFE_METHODS:
        return Effect.READ
    if method == "DELETE":
        return Effect.DESTROY
    return Effect.WRITE


def _overriding_effects(operation: Operation, arguments: GatheredArguments) -> Iterator[Effect]:
    """Yield the effect of everything that may override the method or the path."""
    template_query = operation.path.partition("#")[0].partition("?")[2]
    for name, value in parse_qsl(template_query):
        yield from _effect_of_field(name, None if "{" in value else [value])
    for constant in arguments.constants:
        if constant.location != "path":
            yield from _effect_of_field(_field_name(constant.name), [constant.value])
    for binding in arguments.bindings:
        name = _field_name(binding.name)
        if binding.location != "path" and _is_override(name):
            values = _possible_values(arguments.schema, binding.argument)
            yield from _effect_of_field(name, values)


def _effect_of_field(name: str, values: Sequence[Json] | None) -> Iterator[Effect]:
    """Yield the effects of a field with these values; None when it may have any value."""
    plain = _plain(name)
    if plain in _PATH_OVERRIDES:
        yield Effect.DESTROY
    elif plain in _METHOD_OVERRIDES:
        yield from [Effect.DESTROY] if values is None else map(_effect_of_method, _upper(values))
    elif plain in _METHOD_WORDS:
        yield from map(_effect_of_method, _UNSAFE_METHODS.intersection(_upper(values or ())))


def _is_override(name: str) -> bool:
    plain = _plain(name)
    return plain in _METHOD_OVERRIDES or plain in _METHOD_WORDS or plain in _PATH_OVERRIDES


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_")


def _field_name(wire_name: str) -> str:
    """Return a parameter's name, or the last step of a pointer into a body."""
    return pointer.split(wire_name)[-1] if wire_name.startswith("/") else wire_name


def _upper(values: Iterable[Json]) -> list[str]:
    return [str(value).strip().upper() for value in values if value is not None]


def _possible_values(schema: JsonObject, argument: Sequence[str]) -> list[Json] | None:
    """Return the values that an argument may have; None when it may have any."""
    found: Json = schema
    for name in argument:
        properties = pointer.resolve(schema, found).get("properties")
        found = properties.get(name) if isinstance(properties, dict) else None
    found = pointer.resolve(schema, found)
    if "const" in found:
        return [found["const"]]
    values = found.get("enum")
    return values if isinstance(values, list) else None
