"""What Swagger 2.0 and OpenAPI 3.0, 3.1, 3.2 say differently, answered in 3.x's words; nothing rewrites a document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from openapi2tools.errors import UnsupportedVersion
from openapi2tools.model import (
    Json,
    JsonObject,
    OAuthFlow,
    SecurityScheme,
    Server,
    ServerVariable,
    Style,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

METHODS: Final = frozenset(("get", "put", "post", "delete", "options", "head", "patch", "trace"))
_SUPPORTED: Final = re.compile(r"(2\.0|3\.0|3\.1|3\.2)(?:\.|-|$)")
_ADVICE: Final = "Swagger 2.0 and OpenAPI 3.0, 3.1 and 3.2 can be read."


def dialect_of(document: JsonObject, address: str | None = None) -> str:
    """Give `2.0`, `3.0`, `3.1` or `3.2`. Raises UnsupportedVersion, which says what the document seems to be."""
    version = document.get("openapi", document.get("swagger"))
    if version is not None and not isinstance(version, (dict, list, bool)):
        text = (
            f"{float(version):.1f}"
            if isinstance(version, (int, float))
            else str(version).strip().lstrip("vV")
        )
        text += ".0" if text in ("2", "3") else ""
        if match := _SUPPORTED.match(text):
            return match[1]
        name = "OpenAPI" if "openapi" in document else "Swagger"
        raise UnsupportedVersion(
            f"this is {name} {text[:20]}, which is not supported. {_ADVICE}",
            address=address,
            pointer="",
        )
    raise UnsupportedVersion(f"{_seems(document)} {_ADVICE}", address=address, pointer="")


def _seems(document: JsonObject) -> str:
    signs: tuple[tuple[str, str], ...] = (
        (
            "swaggerVersion",
            "this is Swagger 1.x: convert it to OpenAPI 3 first (api-spec-converter does).",
        ),
        ("asyncapi", "this is an AsyncAPI description: its channels are no HTTP operations."),
        (
            "overlay",
            "this is an OpenAPI Overlay: give it as overlay of the description that it changes.",
        ),
        ("arazzo", "this is an Arazzo workflow: give the description that it works on."),
        ("item", "this seems to be a Postman collection: export it as OpenAPI."),
        ("log", "this seems to be a HAR recording, not an API description."),
        ("raml", "this is RAML: convert it to OpenAPI 3."),
        ("$schema", "this seems to be a JSON Schema, not an API description."),
        ("discoveryVersion", "this is a Google API Discovery document: convert it to OpenAPI 3."),
        ("errors", "this seems to be an error answer of a server, not an API description."),
    )
    for key, sentence in signs:
        if key in document:
            return sentence
    if "paths" in document:
        return "there are paths, but neither `openapi` nor `swagger` says which version: add `openapi: 3.1.0` or `swagger: '2.0'`."
    keys = ", ".join(list(document)[:5]) or "nothing"
    return f"this is no OpenAPI description: it has neither `openapi` nor `swagger` (but {keys})."


def methods_of(dialect: str) -> frozenset[str]:
    """Give the keys of a path item that are operations, in lower case."""
    return METHODS | {"query"} if dialect == "3.2" else METHODS


# --- parameters ---

MEANINGS: Final = frozenset(
    (
        "x-enum-varnames",
        "x-enumNames",
        "x-enum-descriptions",
        "x-enumDescriptions",
        "x-enum-elements",
        "x-ms-enum",
    )
)
"""What generators call the meanings of an enum's values."""

SCHEMA_WORDS: Final = MEANINGS | frozenset(
    (
        *(
            "type",
            "format",
            "items",
            "default",
            "maximum",
            "exclusiveMaximum",
            "minimum",
            "exclusiveMinimum",
            "maxLength",
            "minLength",
        ),
        *(
            "pattern",
            "maxItems",
            "minItems",
            "uniqueItems",
            "enum",
            "multipleOf",
            "x-nullable",
            "nullable",
        ),
        *(
            "title",
            "properties",
            "additionalProperties",
            "allOf",
            "anyOf",
            "oneOf",
            "const",
            "example",
            "$ref",
        ),
    )
)
"""What a 2.0 parameter says about its value, beside its schema-less rest (Swagger 2.0, Parameter Object), and a little more."""

_STYLES: Final[Mapping[str, frozenset[str]]] = {
    "path": frozenset(("simple", "label", "matrix")),
    "query": frozenset(("form", "spaceDelimited", "pipeDelimited", "deepObject")),
    "header": frozenset(("simple",)),
    "cookie": frozenset(("form", "cookie")),
}
DEFAULT_STYLE: Final[Mapping[str, Style]] = {
    "path": "simple",
    "query": "form",
    "header": "simple",
    "cookie": "form",
    "querystring": "form",
    "formData": "form",
}
_COLLECTION: Final[Mapping[str, Style]] = {
    "ssv": "spaceDelimited",
    "tsv": "tabDelimited",
    "pipes": "pipeDelimited",
}


def legal_style(location: str, style: Json) -> Style | None:
    """Give the style if it may stand at that location (OpenAPI 3.2, section 4.12.3), else None."""
    return (
        cast(Style, style)
        if isinstance(style, str) and style in _STYLES.get(location, ())
        else None
    )


def explodes(style: str) -> bool:
    """Tell the default of `explode` (OpenAPI 3.2, section 4.12.2.2)."""
    return style in ("form", "cookie")


def may_keep_reserved(dialect: str, location: str, style: str) -> bool:
    """Tell whether `allowReserved` has a meaning: for queries, and in 3.2 wherever a style percent-encodes (section 4.12.2.2)."""
    return location == "query" or (
        dialect == "3.2" and (location == "path" or (location == "cookie" and style == "form"))
    )


def collection_style(location: str, collection_format: Json) -> tuple[Style, bool]:
    """Give style and explode for 2.0's `collectionFormat`; csv is its default."""
    if collection_format == "multi" and location in ("query", "formData"):
        return "form", True
    return _COLLECTION.get(str(collection_format), DEFAULT_STYLE[location]), False


# --- servers ---


def swagger_servers(document: JsonObject, schemes: Json) -> tuple[Server, ...]:
    """Make servers of 2.0's host, basePath and schemes; what is absent stays relative to the document's address."""
    host, base = document.get("host"), document.get("basePath")
    base = "" if not isinstance(base, str) or base == "/" else "/" + base.strip("/")
    if not isinstance(host, str) or not host:
        return (Server(base),) if base else ()
    host = host.partition("://")[2].strip("/") if "://" in host else host.strip("/")
    wanted = [s for s in schemes if s in ("https", "http")] if isinstance(schemes, list) else []
    return tuple(
        Server(f"{scheme}://{host}{base}") for scheme in sorted(set(wanted), reverse=True)
    ) or (Server(f"//{host}{base}"),)


def server(raw: JsonObject) -> Server | None:
    """Read one 3.x server; None where it has no URL."""
    url = raw.get("url")
    if not isinstance(url, str):
        return None
    variables = raw.get("variables")
    return Server(
        url=url.strip(),
        description=text(raw.get("description")),
        variables={name: _variable(v) for name, v in variables.items() if isinstance(v, dict)}
        if isinstance(variables, dict)
        else {},
        name=text(raw.get("name")),
    )


def _variable(raw: JsonObject) -> ServerVariable:
    choices = raw.get("enum")
    enum = tuple(str(choice) for choice in choices) if isinstance(choices, list) else ()
    default = raw.get("default")
    return ServerVariable(
        str(default) if default is not None else (enum[0] if enum else ""),
        enum,
        text(raw.get("description")),
    )


def text(value: Json) -> str:
    """Give a text, or the empty one where something else stands."""
    return value if isinstance(value, str) else ""


# --- security schemes ---

_FLOW_NAMES: Final = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "clientCredentials": "clientCredentials",
    "accessCode": "authorizationCode",
    "authorizationCode": "authorizationCode",
    "deviceAuthorization": "deviceAuthorization",
}


def security_scheme(key: str, raw: JsonObject, place: str) -> SecurityScheme | None:
    """Read a security scheme of any dialect; None where it is of no kind we know."""
    common: dict[str, Any] = {
        "key": key,
        "description": text(raw.get("description")),
        "deprecated": raw.get("deprecated") is True,
        "pointer": place,
    }
    kind = raw.get("type")
    if kind == "basic":
        return SecurityScheme(type="http", scheme="basic", **common)
    if kind == "http":
        scheme = text(raw.get("scheme")).lower() or "bearer"
        return SecurityScheme(
            type="http", scheme=scheme, bearer_format=text(raw.get("bearerFormat")), **common
        )
    if kind == "apiKey":
        name, location = text(raw.get("name")), raw.get("in")
        return (
            SecurityScheme(type="apiKey", name=name, location=location, **common)
            if name and location in _KEY_PLACES
            else None
        )
    if kind == "oauth2":
        return SecurityScheme(
            type="oauth2",
            flows=_flows(raw),
            oauth2_metadata_url=text(raw.get("oauth2MetadataUrl")),
            **common,
        )
    if kind == "openIdConnect":
        return SecurityScheme(
            type="openIdConnect", openid_connect_url=text(raw.get("openIdConnectUrl")), **common
        )
    return SecurityScheme(type="mutualTLS", **common) if kind == "mutualTLS" else None


_KEY_PLACES: Final = ("header", "query", "cookie")


def _flows(raw: JsonObject) -> tuple[OAuthFlow, ...]:
    flows = raw.get("flows")
    if not isinstance(flows, dict):
        flows = {text(raw.get("flow")): raw}  # 2.0: the scheme itself is the one flow
    return tuple(
        _flow(_FLOW_NAMES[name], flow)
        for name, flow in flows.items()
        if name in _FLOW_NAMES and isinstance(flow, dict)
    )


def _flow(kind: str, raw: JsonObject) -> OAuthFlow:
    scopes = raw.get("scopes")
    return OAuthFlow(
        type=kind,
        authorization_url=text(raw.get("authorizationUrl")),
        token_url=text(raw.get("tokenUrl")),
        refresh_url=text(raw.get("refreshUrl")),
        device_authorization_url=text(raw.get("deviceAuthorizationUrl")),
        scopes={name: text(says) for name, says in scopes.items()}
        if isinstance(scopes, dict)
        else {},
    )
