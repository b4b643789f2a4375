"""Read security schemes, and what operations require of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import orjson

from openapi2tools._core import pointer as json_pointer
from openapi2tools.model import Json, JsonObject, OAuthFlow, SecurityRequirement, SecurityScheme
from openapi2tools.spec.read.value_prefix import value_prefix
from openapi2tools.spec.read.values import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from openapi2tools.spec.read.source import Source

_API_KEY_LOCATIONS: Final = ("header", "query", "cookie")

_ADDRESS_FIELDS: Final = (
    "authorizationUrl",
    "tokenUrl",
    "refreshUrl",
    "deviceAuthorizationUrl",
    "openIdConnectUrl",
    "oauth2MetadataUrl",
)

# 2.0's names of flows and 3.x's, to 3.x's
_FLOW_TYPES: Final = {
    "implicit": "implicit",
    "password": "password",
    "application": "clientCredentials",
    "clientCredentials": "clientCredentials",
    "accessCode": "authorizationCode",
    "authorizationCode": "authorizationCode",
    "deviceAuthorization": "deviceAuthorization",
}


class SecurityReader:
    """Reads the security requirements of the document and its operations."""

    def __init__(self, source: Source, schemes: Mapping[str, SecurityScheme]) -> None:
        self._source = source
        self._schemes = schemes
        self._known: dict[bytes, tuple[SecurityRequirement, ...]] = {}
        self.of_document = self.read(source.document.get("security"), "/security")

    def read(self, raw: Json, pointer: str) -> tuple[SecurityRequirement, ...]:
        """Read a list of requirements; equal ones, which operations repeat, are read once.

        An empty list says that anybody may call, which no list does not.
        """
        if raw is None:
            return ()
        key = orjson.dumps(raw)
        if key not in self._known:
            problem_count = len(self._source.problems)
            requirements = self._read_new(raw, pointer)
            # a faulty list is read again, so that each is reported where it stands
            if len(self._source.problems) > problem_count:
                return requirements
            self._known[key] = requirements
        return self._known[key]

    def _read_new(self, raw: Json, pointer: str) -> tuple[SecurityRequirement, ...]:
        if raw == []:
            return ({},)
        if isinstance(raw, dict):
            raw = [raw]
        requirements = []
        for index, value in enumerate(self._source.as_list(raw, pointer, "`security`")):
            here = f"{pointer}/{index}"
            scopes_by_scheme = self._source.as_object(value, here, "a security requirement")
            requirements.append(
                {name: _scopes(scopes) for name, scopes in scopes_by_scheme.items()}
            )
            for name in scopes_by_scheme:
                if name not in self._schemes:
                    message = f"there is no security scheme {name!r}."
                    self._source.report("unknown-scheme", message, here, "Define it.")
        return tuple(requirements)


def _scopes(raw: Json) -> tuple[str, ...]:
    return tuple(map(str, raw)) if isinstance(raw, list) else ()


def read_schemes(source: Source) -> Mapping[str, SecurityScheme]:
    """Read the security schemes that the document defines; those of no known type are reported."""
    raw, pointer = _raw_schemes(source)
    schemes = {}
    for key, value in source.as_object(raw, pointer, "the security schemes").items():
        here = json_pointer.join(pointer, key)
        target = source.resolve(value, here)
        scheme = None
        if isinstance(target.value, dict):
            scheme = _security_scheme(key, target.value, target.pointer)
        if scheme:
            author = source.author_of(_words_of_addresses(target.value))
            schemes[key] = scheme if author is None else replace(scheme, address=author)
        elif not key.startswith("x-"):
            message = f"the security scheme {key!r} is of no kind we know."
            source.report("bad-security-scheme", message, here)
    return schemes


def _words_of_addresses(raw: JsonObject) -> Iterator[tuple[str, Json]]:
    """Yield the fields that name a host: those of a scheme and of its flows that are no paths."""
    flows = raw.get("flows")
    parts = [raw, *(flows.values() if isinstance(flows, dict) else ())]
    for part in parts:
        for name in _ADDRESS_FIELDS if isinstance(part, dict) else ():
            if "//" in text(part.get(name)):
                yield name, part[name]


def _raw_schemes(source: Source) -> tuple[Json, str]:
    """Return the security schemes as written, and their pointer."""
    if source.is_swagger:
        return source.document.get("securityDefinitions"), "/securityDefinitions"
    components = source.document.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else None
    return schemes, "/components/securitySchemes"


def _security_scheme(key: str, raw: JsonObject, pointer: str) -> SecurityScheme | None:
    """Read a security scheme of any dialect; return None where its type is unknown."""
    common: dict[str, Any] = {
        "key": key,
        "description": text(raw.get("description")),
        "deprecated": raw.get("deprecated") is True,
        "pointer": pointer,
    }
    match raw.get("type"):
        case "basic":  # 2.0
            return SecurityScheme(type="http", scheme="basic", **common)
        case "http":
            scheme = text(raw.get("scheme")).lower() or "bearer"
            bearer_format = text(raw.get("bearerFormat"))
            return SecurityScheme(type="http", scheme=scheme, bearer_format=bearer_format, **common)
        case "apiKey":
            name = text(raw.get("name"))
            location = raw.get("in")
            if not name or location not in _API_KEY_LOCATIONS:
                return None
            prefix = value_prefix(raw)
            return SecurityScheme(
                type="apiKey", name=name, location=location, prefix=prefix, **common
            )
        case "oauth2":
            metadata_url = text(raw.get("oauth2MetadataUrl"))
            return SecurityScheme(
                type="oauth2", flows=_flows(raw), oauth2_metadata_url=metadata_url, **common
            )
        case "openIdConnect":
            url = text(raw.get("openIdConnectUrl"))
            return SecurityScheme(type="openIdConnect", openid_connect_url=url, **common)
        case "mutualTLS":
            return SecurityScheme(type="mutualTLS", **common)
        case _:
            return None


def _flows(raw: JsonObject) -> tuple[OAuthFlow, ...]:
    """Read the OAuth flows of a scheme; in 2.0 the scheme itself is the one flow."""
    flows = raw.get("flows")
    if not isinstance(flows, dict):
        flows = {text(raw.get("flow")): raw}
    return tuple(
        _flow(_FLOW_TYPES[name], flow)
        for name, flow in flows.items()
        if name in _FLOW_TYPES and isinstance(flow, dict)
    )


def _flow(flow_type: str, raw: JsonObject) -> OAuthFlow:
    scopes = raw.get("scopes")
    if not isinstance(scopes, dict):
        scopes = {}
    return OAuthFlow(
        type=flow_type,
        authorization_url=text(raw.get("authorizationUrl")),
        token_url=text(raw.get("tokenUrl")),
        refresh_url=text(raw.get("refreshUrl")),
        device_authorization_url=text(raw.get("deviceAuthorizationUrl")),
        scopes={name: text(description) for name, description in scopes.items()},
    )
