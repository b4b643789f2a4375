"""The validator of arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.tools.schema.patterns import pattern_options

if TYPE_CHECKING:
    from jsonschema_rs import Validator

    from openapi2tools.model import JsonObject


def argument_validator(schema: JsonObject) -> Validator:
    """Return the validator of a schema for arguments, whose messages hold none of their values."""
    import jsonschema_rs  # noqa: PLC0415 -- only those who call need it

    return jsonschema_rs.Draft202012Validator(
        schema, validate_formats=False, mask="the value", pattern_options=pattern_options()
    )
