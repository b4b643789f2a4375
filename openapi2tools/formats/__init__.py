"""Write a `Toolset` as one vendor's JSON, read its calls and write results: pure, without SDKs.

Each vendor is a module with the functions of `Format`: `openai_chat.read_calls(message, tools)`.
For a format of your own, `read_call` reads the arguments of a model, `full_text` is what a model
should be told of a result, and `viewable_parts` are the images and PDF files that it can look at. A
`StrictConverter` makes schemas strict; `read_call` takes it to read the arguments.
"""

from openapi2tools.formats import anthropic, gemini, mcp, openai_chat, openai_responses
from openapi2tools.formats.export import ReportRow, report
from openapi2tools.formats.format import Format, FormatName
from openapi2tools.formats.legal_keys import LegalKeys
from openapi2tools.formats.reading import only_objects, read_call, to_plain_json
from openapi2tools.formats.writing import (
    ViewableKind,
    full_text,
    to_base64,
    viewable_kind,
    viewable_parts,
)
from openapi2tools.tools.strict.converter import StrictConverter
from openapi2tools.tools.strict.subset import ANTHROPIC as ANTHROPIC_STRICT
from openapi2tools.tools.strict.subset import OPENAI as OPENAI_STRICT

__all__ = [
    "ANTHROPIC_STRICT",
    "OPENAI_STRICT",
    "Format",
    "FormatName",
    "LegalKeys",
    "ReportRow",
    "StrictConverter",
    "ViewableKind",
    "anthropic",
    "full_text",
    "gemini",
    "mcp",
    "only_objects",
    "openai_chat",
    "openai_responses",
    "read_call",
    "report",
    "to_base64",
    "to_plain_json",
    "viewable_kind",
    "viewable_parts",
]
