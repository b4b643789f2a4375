"""The nouns: frozen values, no I/O, no client, no secret inside."""

from __future__ import annotations

from openapi2tools.model.call import Call, ErrorKind, Headers, Part, Result
from openapi2tools.model.json import ABSENT, Json, JsonObject, Schema
from openapi2tools.model.openapi import (
    FRAMING_HEADERS,
    IGNORED_HEADERS,
    Api,
    Encoding,
    MediaType,
    OAuthFlow,
    OnProgress,
    Operation,
    Parameter,
    Problem,
    Progress,
    RequestBody,
    Response,
    SecurityRequirement,
    SecurityScheme,
    Server,
    ServerVariable,
    Severity,
    Style,
    essence,
)
from openapi2tools.model.tool import Binding, Constant, Effect, HttpArguments, Location, Tool
from openapi2tools.model.toolset import Toolset

__all__ = [
    "ABSENT",
    "FRAMING_HEADERS",
    "IGNORED_HEADERS",
    "Api",
    "Binding",
    "Call",
    "Constant",
    "Effect",
    "Encoding",
    "ErrorKind",
    "Headers",
    "HttpArguments",
    "Json",
    "JsonObject",
    "Location",
    "MediaType",
    "OAuthFlow",
    "OnProgress",
    "Operation",
    "Parameter",
    "Part",
    "Problem",
    "Progress",
    "RequestBody",
    "Response",
    "Result",
    "Schema",
    "SecurityRequirement",
    "SecurityScheme",
    "Server",
    "ServerVariable",
    "Severity",
    "Style",
    "Tool",
    "Toolset",
    "essence",
]
