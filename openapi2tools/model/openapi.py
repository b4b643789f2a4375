"""What a document says, in OpenAPI 3's words whatever its dialect, as frozen values.

JSON inside a value (schemas, examples, the document itself) is never edited in place: it is shared
between values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, Literal, TypeAlias

from openapi2tools._core.on_demand.made_later import MadeLater
from openapi2tools.model.json import Json, JsonObject, Schema

Severity: TypeAlias = Literal["error", "warning", "hint"]
Style: TypeAlias = Literal[
    "simple",
    "label",
    "matrix",
    "form",
    "spaceDelimited",
    "pipeDelimited",
    "deepObject",
    "cookie",
    "tabDelimited",
]  # tabDelimited is Swagger 2.0's `collectionFormat: tsv`, which 3.x has no name for


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a document that cannot be used as it stands, or that deserves a second look.

    `kind` is a stable slug (`dangling-reference`), `pointer` is RFC 6901, `line` and `column` count
    from 1, `address` names the document where several were joined, `advice` says what to do. `lost`
    names the operation ("GET /pets") that is left out for it.
    """

    kind: str
    message: str
    pointer: str = ""
    severity: Severity = "warning"
    advice: str = ""
    line: int | None = None
    column: int | None = None
    address: str | None = None
    lost: str | None = None

    def __str__(self) -> str:
        source = self.address or ""
        if self.line and source:
            source += f":{self.line}:{self.column or 1}"
        elif self.line:
            source = f"line {self.line}, column {self.column or 1}"
        pointer = self.pointer or "/"
        where = f"{source} {pointer}" if source else pointer
        text = f"{self.severity}: {where}: {self.message}"
        return f"{text} {self.advice}" if self.advice else text


@dataclass(frozen=True, slots=True)
class ServerVariable:
    """A variable of a server's URL template (OpenAPI 3.1, section 4.8.6)."""

    default: str
    enum: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """Where an API answers (OpenAPI 3.1, section 4.8.5).

    `url` may be a template, and relative to the document's address. `address` is where its host was
    named, when not in the document itself: an Overlay's or a referenced document's, empty for text.
    """

    url: str
    description: str = ""
    variables: Mapping[str, ServerVariable] = field(default_factory=dict)
    name: str = ""
    address: str | None = None


@dataclass(frozen=True, slots=True)
class OAuthFlow:
    """One OAuth2 flow (OpenAPI 3.1, section 4.8.30).

    `type` is 3.x's word: implicit, password, clientCredentials, authorizationCode or
    deviceAuthorization.
    """

    type: str
    authorization_url: str = ""
    token_url: str = ""
    refresh_url: str = ""
    device_authorization_url: str = ""
    scopes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """One way to authenticate, in 3.x's words (OpenAPI 3.1, section 4.8.27)."""

    key: str
    type: Literal["apiKey", "http", "oauth2", "openIdConnect", "mutualTLS"]
    name: str = ""  # apiKey: the header's, query parameter's or cookie's name
    location: Literal["header", "query", "cookie", ""] = ""  # apiKey
    prefix: str = ""  # apiKey: what goes before the value, by the description: "Bearer "
    scheme: str = ""  # http: basic, bearer, digest, lower case
    bearer_format: str = ""
    flows: tuple[OAuthFlow, ...] = ()
    openid_connect_url: str = ""
    oauth2_metadata_url: str = ""
    description: str = ""
    deprecated: bool = False
    pointer: str = ""
    address: str | None = None  # where its URLs were named, as in `Server`


SecurityRequirement: TypeAlias = Mapping[str, tuple[str, ...]]
"""Schemes that are needed together, each with its scopes. The empty mapping allows anybody."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter in 3.x's words, whatever dialect wrote it (OpenAPI 3.1, section 4.8.12).

    `schema` is in the document's dialect, with references into `Api.document`. `media_type` and
    `encoding` are set when the parameter has `content` instead of a style. `hints` is what stands
    under `x-openapi2tools`.
    """

    name: str
    location: Literal["path", "query", "querystring", "header", "cookie"]
    schema: Schema = True
    required: bool = False
    style: Style = "form"
    explode: bool = False
    allow_reserved: bool = False
    allow_empty: bool = False
    media_type: str | None = None
    description: str = ""
    deprecated: bool = False
    examples: tuple[Json, ...] = ()
    hints: Mapping[str, Json] = field(default_factory=dict)
    pointer: str = ""
    encoding: Mapping[str, Encoding] = field(default_factory=dict)


IGNORED_HEADERS: Final = frozenset(
    {"accept", "content-type", "authorization", "proxy-authorization"}
)
"""Header parameters without meaning (OpenAPI 3.1, section 4.8.12.2.1), and a proxy's credential."""
FRAMING_HEADERS: Final = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "expect",
        "proxy-connection",
        "te",
        "trailer",
        "upgrade",
    }
)
"""Headers that say where a message goes and where it ends.

Only the client sets them: otherwise two readers could see two different messages.
"""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one property of a form body is written (OpenAPI 3.1, section 4.8.15). None: not said."""

    content_type: str | None = None
    headers: tuple[Parameter, ...] = ()
    style: Style | None = None
    explode: bool | None = None
    allow_reserved: bool | None = None


@dataclass(frozen=True, slots=True)
class MediaType:
    """One representation of a body (OpenAPI 3.1, section 4.8.14).

    `name` is as written, parameters included.
    """

    name: str
    schema: Schema | None = None
    item_schema: Schema | None = None  # 3.2: of each item of a sequence
    encoding: Mapping[str, Encoding] = field(default_factory=dict)
    examples: tuple[Json, ...] = ()
    pointer: str = ""


@lru_cache(maxsize=256)  # documents repeat a few
def essence(media_type: str) -> str:
    """Return a media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class RequestBody:
    """What an operation takes: 3.x's request body, or 2.0's body and formData parameters.

    `content` is in document order.
    """

    content: tuple[MediaType, ...]
    required: bool = False
    description: str = ""
    hints: Mapping[str, Json] = field(default_factory=dict)
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """What an operation answers; `status` as written: `200`, `4XX`, `default`.

    Operations that refer to one component share one object; its `pointer` leads there.
    """

    status: str
    description: str = ""
    content: tuple[MediaType, ...] = ()
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Operation(MadeLater):
    """One operation with everything that it inherits: parameters, servers, security.

    `id` is the document's operationId, None where it gives none. `servers` is never empty when the
    document, the path item or the operation names any. `security` is any-of all-of: `({},)` says
    that anybody may call, and the empty tuple that the document says nothing about it. `pointer`
    leads to the operation object.
    """

    method: str  # upper case
    path: str  # the template, as written
    id: str | None = None
    summary: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    deprecated: bool = False
    servers: tuple[Server, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    request_body: RequestBody | None = None
    responses: tuple[Response, ...] = ()
    security: tuple[SecurityRequirement, ...] = ()
    hints: Mapping[str, Json] = field(default_factory=dict)
    pointer: str = ""

    @property
    def key(self) -> str:
        """Method and path, `GET /pets/{id}`: unique in its document."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Api(MadeLater):
    """A document, read. References in its schemas are local and lead into `document`.

    `dialect` is `2.0`, `3.0`, `3.1` or `3.2`; `address` is where the document came from (the URL or
    path after redirects), None for text.
    """

    title: str
    dialect: str
    operations: tuple[Operation, ...] = field(repr=False)
    document: JsonObject = field(repr=False)
    version: str = ""
    description: str = ""
    servers: tuple[Server, ...] = ()
    schemes: Mapping[str, SecurityScheme] = field(default_factory=dict)
    # a tag's name and description
    tags: Mapping[str, str] = field(default_factory=dict, repr=False)
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long step is: `done` of `total`, which is None when it is unknown.

    The unit is bytes for fetching and parsing, operations after that.
    """

    stage: Literal["fetch", "parse", "read", "build"]
    done: int
    total: int | None = None


OnProgress: TypeAlias = Callable[[Progress], None]
