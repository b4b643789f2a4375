"""What a document says: the values inside an `Api`, in OpenAPI 3's words whatever the dialect.

They have a module of their own, so that `from openapi2tools import *` brings no `Response` and no
`Parameter` that would hide those of a web framework.
"""

from openapi2tools.model.json import Json, JsonObject, Schema
from openapi2tools.model.openapi import (
    Api,
    Encoding,
    MediaType,
    OAuthFlow,
    Operation,
    Parameter,
    Problem,
    RequestBody,
    Response,
    SecurityRequirement,
    SecurityScheme,
    Server,
    ServerVariable,
    Severity,
    Style,
)

__all__ = [
    "Api",
    "Encoding",
    "Json",
    "JsonObject",
    "MediaType",
    "OAuthFlow",
    "Operation",
    "Parameter",
    "Problem",
    "RequestBody",
    "Response",
    "Schema",
    "SecurityRequirement",
    "SecurityScheme",
    "Server",
    "ServerVariable",
    "Severity",
    "Style",
]
