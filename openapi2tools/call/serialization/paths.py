"""Fill in path templates, so that no value can change where a request goes.

A value cannot lead elsewhere: slashes, backslashes, `?` and `#` in it are encoded, and a value that
empties its segment, or makes a step of it (`.` and `..`, also behind an encoded slash, since
proxies decode those), is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

from openapi2tools.call.serialization import styles
from openapi2tools.errors import CallError, InvalidArguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Json, Operation, Parameter

_LITERAL_CHARACTERS: Final = "/:@!$&'()*+,;=~%"
_EXPRESSION: Final = re.compile(r"\{([^{}/]+)\}")
# What some documents borrow from RFC 6570 (`{+a}`, `{a*}`) and from routers (`{a:int}`).
_DECORATED: Final = re.compile(r"[+#./;?&]?([^*:,]+)(?:\*|:.*)?")


def expand_path(operation: Operation, values: Mapping[str, Json]) -> tuple[str, str]:
    """Return the path of an operation, and the query that some documents write into the template.

    A fragment is never sent (RFC 9110, section 7.1).

    Raises InvalidArguments for a value that is missing or would change the path, CallError for a
    place without a parameter.
    """
    template, _, query = operation.path.partition("#")[0].partition("?")
    declared = {
        parameter.name: parameter
        for parameter in operation.parameters
        if parameter.location == "path"
    }
    path = "/".join(
        _segment(segment, declared, values, operation)
        for segment in template.removeprefix("/").split("/")
    )
    fixed = _EXPRESSION.sub(lambda match: _value(match, declared, values, operation), query)
    return "/" + path, quote(fixed, safe=_LITERAL_CHARACTERS + "?")


def _segment(
    template: str,
    declared: Mapping[str, Parameter],
    values: Mapping[str, Json],
    operation: Operation,
) -> str:
    literals = _EXPRESSION.split(template)[::2]
    texts = [_value(match, declared, values, operation) for match in _EXPRESSION.finditer(template)]
    text = "".join(
        quote(literal, safe=_LITERAL_CHARACTERS) + value
        for literal, value in zip(literals, [*texts, ""], strict=True)
    )
    reason = _path_change(text) if texts else ""
    if reason:
        names = ", ".join(_EXPRESSION.findall(template))
        raise InvalidArguments(f"{names}: {reason} would change the path {operation.path}.")
    return text


def _value(
    match: re.Match[str],
    declared: Mapping[str, Parameter],
    values: Mapping[str, Json],
    operation: Operation,
) -> str:
    name = match[1]
    if name not in declared and (plain := _DECORATED.fullmatch(name)):
        name = plain[1]
    if name not in declared:
        raise CallError(
            f"The path {operation.path} has a place {match[0]} "
            "that the document declares no parameter for."
        )
    if name not in values:
        raise InvalidArguments(f"{name}: the path {operation.path} needs a value.")
    try:
        return styles.write_path(declared[name], values[name])
    except ValueError as error:
        raise InvalidArguments(f"{name}: {error}.") from None


def _path_change(segment: str) -> str:
    """Return how a segment would change the path that it stands in; empty when it would not."""
    if not segment:
        return "an empty value"
    steps = re.split(r"[/\\]", unquote(segment))
    return "a step like . or .." if "." in steps or ".." in steps else ""
