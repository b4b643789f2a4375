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
    path_variables,
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
    """A filled place of a template: its text, encoded, and whether it may be empty."""

    text: str
    may_be_empty: bool


def expand_path(
    operation: Operation, values: Mapping[str, Json], document: JsonObject | None = None
) -> tuple[str, str]:
    """Return the path of an operation, and the query that some documents write into the template.

    A fragment is never sent (RFC 9110, section 7.1). References in schemas lead into `document`.

    Raises InvalidArguments for a value that is missing or would change the path, CallError for a
    place without a parameter.
    """
    template, _, query = operation.path.partition("#")[0].partition("?")
    places = _Places(operation, values, document or {})
    path = "/".join(map(places.fill_segment, SEGMENT_SEPARATOR.split(template.removeprefix("/"))))
    fixed = VARIABLE.sub(lambda match: places.fill(match).text, query)
    return "/" + path, quote(fixed, safe=_LITERAL_CHARACTERS + "?")


class _Places:
    """Fills the places of one operation's path."""

    def __init__(
        self, operation: Operation, values: Mapping[str, Json], document: JsonObject
    ) -> None:
        self._operation = operation
        self._values = values
        self._document = document
        self._declared = {
            parameter.name: parameter
            for parameter in operation.parameters
            if parameter.location == "path"
        }

    def fill_segment(self, template: str) -> str:
        """Return a segment with the values in their places."""
        literals = VARIABLE.split(template)[::2]
        places = [self.fill(match) for match in VARIABLE.finditer(template)]
        texts = [place.text for place in places]
        segment = "".join(
            quote(literal, safe=_LITERAL_CHARACTERS) + text
            for literal, text in zip(literals, [*texts, ""], strict=True)
        )
        may_be_empty = all(place.may_be_empty for place in places)
        reason = "" if may_be_empty and not segment else _path_change(segment)
        if places and reason:
            names = ", ".join(
                variable.name for variable in path_variables(template, self._declared)
            )
            raise InvalidArguments(f"{names}: {reason} would change the path {self._path}.")
        return segment

    def fill(self, match: re.Match[str]) -> _Place:
        """Return the value of one variable, encoded."""
        variable = read_variable(match[1], self._declared)
        name = variable.name
        parameter = self._declared.get(name)
        if parameter is None:
            raise CallError(
                f"The path {self._path} has a place {match[0]} "
                "that the document declares no parameter for."
            )
        if name not in self._values:
            raise InvalidArguments(f"{name}: the path {self._path} needs a value.")
        value = self._values[name]
        parts = [value]
        if variable.many_segments and isinstance(value, str):
            parts = [*value.split("/")]
        try:
            text = "/".join(styles.write_path(parameter, part) for part in parts)
        except ValueError as error:
            raise InvalidArguments(f"{name}: {error}.") from None
        return _Place(text, value == "" and self._has_empty_value(parameter))

    def _has_empty_value(self, parameter: Parameter) -> bool:
        """Return whether the enum of a parameter has an empty text."""
        keywords = read_body_schema(parameter.schema, self._document).keywords
        return "" in (keywords.get("enum") or ()) or keywords.get("const") == ""

    @property
    def _path(self) -> str:
        return self._operation.path


def _path_change(segment: str) -> str:
    """Return how a segment would change the path that it stands in; empty when it would not."""
    if not segment:
        return "an empty value"
    steps = re.split(r"[/\\]", unquote(segment))
    return "a step like . or .." if "." in steps or ".." in steps else ""
