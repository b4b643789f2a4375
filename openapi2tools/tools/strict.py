"""A plain schema in, OpenAI's strict subset out, and the way back: a value of the strict shape in, the plain value out."""

from __future__ import annotations

from dataclasses import dataclass

from openapi2tools.model import Json, JsonObject


@dataclass(frozen=True, slots=True)
class Tightened:
    """A strict schema, or the reasons why there is none."""

    schema: JsonObject | None
    reasons: tuple[str, ...] = ()


class Tightener:
    """Makes schemas strict, and reads each shared component once for all of them."""

    def tighten(self, schema: JsonObject) -> Tightened:  # noqa: ARG002 -- not there yet
        """Give the strict schema, or the reasons why there is none."""
        return Tightened(None, ("strict schemas are not written yet",))

    def loosen(self, schema: JsonObject, value: Json) -> Json:  # noqa: ARG002 -- not there yet
        """Give the plain value for one of the strict shape."""
        return value


def tighten(schema: JsonObject) -> Tightened:
    """Make one schema strict."""
    return Tightener().tighten(schema)


def loosen(schema: JsonObject, value: Json) -> Json:
    """Give the plain value for one of the strict shape of this plain schema."""
    return Tightener().loosen(schema, value)
