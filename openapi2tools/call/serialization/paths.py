"""Fill in path templates, so that no value can change where a request goes.

A value cannot lead elsewhere: slashes, backslashes, `?` and `#` in it are encoded, and a value that
empties its segment, or makes a step of it (`.` and `..`, also behind an encoded slash, since
proxies decode those), is refused. Two things are the document's own word: slashes stay in the value
of a variable that stands for many segments, and `""` is sent where an enum has it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import quote, unquote

from openapi2tools._core.path_template import (
    SEGMENT_SEPARATOR,
    VARIABLE,
    PathVariable,
    read_variable,
)
from openapi2tools.call.serialization import styles
from openapi2tools.call.serialization.body_schema import read_body_schema
from openapi2tools.errors import CallError, InvalidArguments

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.model import Json, JsonObject, Operation, Parameter

_LITERAL_CHARACTERS: Final = "/:@!$&'()*+,;=~%"


class _Place(NamedTuple):
    """A place of a template: as it is written, its variable, and the parameter that fills it."""

    written: str
    variable: PathVariable
    parameter: Parameter | None


class _Segment(NamedTuple):
    """A segment of a template: the literal texts, encoded, and the places between them."""

    literals: tuple[str, ...]
    places: tuple[_Place, ...]


def expand_path(
    operation: Operation, values: Mapping[str, Json], document: JsonObject | None = None
) -> tuple[str, str]:
    """Return the path of an operation with the values in it; see `PathTemplate.expand`."""
    return PathTemplate(operation, document).expand(values)


class PathTemplate:
    """The path of an operation, read once and filled for each call.

    Args:
        operation: The operation.
        document: Where references in schemas lead into.
    """

    def __init__(self, operation: Operation, document: JsonObject | None = None) -> None:
        self._path = operation.path
        self._document = document or {}
        self._declared = {
            parameter.name: parameter
            for parameter in operation.parameters
            if parameter.location == "path"
        }
        template, _, self._query = self._path.partition("#")[0].partition("?")
        texts = SEGMENT_SEPARATOR.split(template.removeprefix("/"))
        self._segments = [self._read_segment(text) for text in texts]

    def expand(self, values: Mapping[str, Json]) -> tuple[str, str]:
        """Return the path, and the query that some documents write into the template.

        A fragment is never sent (RFC 9110, section 7.1).

        Raises InvalidArguments for a value that is missing or would change the path, CallError for
        a place without a parameter.
        """
        path = "/".join([self._fill_segment(segment, values) for segment in self._segments])
        query = VARIABLE.sub(
            lambda match: self._fill(self._read_place(match), values)[0], self._query
        )
        return "/" + path, quote(query, safe=_LITERAL_CHARACTERS + "?")

    def _read_segment(self, text: str) -> _Segment:
        literals = [quote(text, safe=_LITERAL_CHARACTERS) for text in VARIABLE.split(text)[::2]]
        return _Segment(tuple(literals), tuple(map(self._read_place, VARIABLE.finditer(text))))

    def _read_place(self, match: re.Match[str]) -> _Place:
        variable = read_variable(match[1], self._declared)
        return _Place(match[0], variable, self._declared.get(variable.name))

    def _fill_segment(self, segment: _Segment, values: Mapping[str, Json]) -> str:
        """Return a segment with the values in their places."""
        if not segment.places:
            return segment.literals[0]
        pieces = [segment.literals[0]]
        may_be_empty = True
        for place, literal in zip(segment.places, segment.literals[1:], strict=True):
            filled, may_place_be_empty = self._fill(place, values)
            pieces += [filled, literal]
            may_be_empty = may_be_empty and may_place_be_empty
        text = "".join(pieces)
        reason = "" if may_be_empty and not text else _path_change(text)
        if reason:
            names = ", ".join(place.variable.name for place in segment.places)
            raise InvalidArguments(f"{names}: {reason} would change the path {self._path}.")
        return text

    def _fill(self, place: _Place, values: Mapping[str, Json]) -> tuple[str, bool]:
        """Return the value of one variable, encoded, and whether it may be empty."""
        name = place.variable.name
        parameter = place.parameter
        if parameter is None:
            raise CallError(
                f"The path {self._path} has a place {place.written} "
                "that the document declares no parameter for."
            )
        if name not in values:
            raise InvalidArguments(f"{name}: the path {self._path} needs a value.")
        value = values[name]
        parts = [value]
        if place.variable.many_segments and isinstance(value, str):
            parts = [*value.split("/")]
        try:
            text = "/".join([styles.write_path(parameter, part) for part in parts])
        except ValueError as error:
            raise InvalidArguments(f"{name}: {error}.") from None
        return text, value == "" and self._has_empty_value(parameter)

    def _has_empty_value(self, parameter: Parameter) -> bool:
        """Return whether the enum of a parameter has an empty text."""
        keywords = read_body_schema(parameter.schema, self._document).keywords
        return "" in (keywords.get("enum") or ()) or keywords.get("const") == ""


def _path_change(segment: str) -> str:
    """Return how a segment would change the path that it stands in; empty when it would not."""
    if not segment:
        return "an empty value"
    steps = re.split(r"[/\\]", unquote(segment))
    return "a step like . or .." if "." in steps or ".." in steps else ""
