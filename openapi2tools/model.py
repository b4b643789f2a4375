"""The nouns: what a document says, as frozen values. No I/O, no client, no secret.

JSON inside a value (schemas, examples, the document itself) is never edited in place: it is shared between values.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from enum import Enum
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Any, Final, Literal, TypeAlias, TypeVar, overload

from openapi2tools import pointer
from openapi2tools.errors import BuildError, UnknownTool
from openapi2tools.naming import LONGEST, fitted, named_by_path, shorten

Json: TypeAlias = Any
JsonObject: TypeAlias = dict[str, Any]
T = TypeVar("T")
Schema: TypeAlias = "dict[str, Any] | bool"
Location: TypeAlias = Literal["path", "query", "querystring", "header", "cookie", "body"]
Severity: TypeAlias = Literal["error", "warning", "hint"]
Style: TypeAlias = Literal[
    "simple", "label", "matrix", "form", "spaceDelimited", "pipeDelimited", "deepObject", "cookie", "tabDelimited"
]  # tabDelimited is Swagger 2.0's `collectionFormat: tsv`, which 3.x has no name for


class _Absent(Enum):
    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"

    def __bool__(self) -> bool:
        return False


ABSENT: Final = _Absent.ABSENT
"""No value at all, where `None` would be JSON's null."""


# --- what a document says -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """A part of a document that cannot be used as it stands, or that deserves a second look.

    `kind` is a stable slug (`dangling-reference`), `pointer` is RFC 6901, `line` and `column` count from 1, `address` names the
    document where several were joined, `advice` says what to do. `lost` names the operation ("GET /pets") that is left out for it.
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
        place = self.address or ""
        if self.line:
            place += f":{self.line}:{self.column or 1}" if place else f"line {self.line}, column {self.column or 1}"
        where = " ".join(part for part in (place, self.pointer or "/") if part)
        return f"{self.severity}: {where}: {self.message}" + (f" {self.advice}" if self.advice else "")


@dataclass(frozen=True, slots=True)
class ServerVariable:
    """A variable of a server's URL template (OpenAPI 3.1, section 4.8.6)."""

    default: str
    enum: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Server:
    """Where an API answers. `url` may be a template, and relative to the document's address (OpenAPI 3.1, section 4.8.5)."""

    url: str
    description: str = ""
    variables: Mapping[str, ServerVariable] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True, slots=True)
class OAuthFlow:
    """One OAuth2 flow: `type` is 3.x's word (implicit, password, clientCredentials, authorizationCode, deviceAuthorization)."""

    type: str
    authorization_url: str = ""
    token_url: str = ""
    refresh_url: str = ""
    device_authorization_url: str = ""
    scopes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """One way to authenticate, in 3.x's words; 2.0's `basic` is http basic (OpenAPI 3.1, section 4.8.27)."""

    key: str
    type: Literal["apiKey", "http", "oauth2", "openIdConnect", "mutualTLS"]
    name: str = ""  # apiKey: the header's, query parameter's or cookie's name
    location: Literal["header", "query", "cookie", ""] = ""  # apiKey
    scheme: str = ""  # http: basic, bearer, digest, lower case
    bearer_format: str = ""
    flows: tuple[OAuthFlow, ...] = ()
    openid_connect_url: str = ""
    oauth2_metadata_url: str = ""
    description: str = ""
    deprecated: bool = False
    pointer: str = ""


SecurityRequirement: TypeAlias = Mapping[str, tuple[str, ...]]
"""All of these schemes together, each with its scopes. The empty one lets anybody in."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter in 3.x's words, whatever dialect wrote it (OpenAPI 3.1, section 4.8.12).

    `schema` is in the document's dialect, with references into `Api.document`. `media_type` and `encoding` are set when the parameter has
    `content` instead of a style. `hints` is what stands under `x-openapi2tools`.
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


IGNORED_HEADERS: Final = frozenset({"accept", "content-type", "authorization"})
"""Header parameters that have no meaning: other parts of a description say these (OpenAPI 3.1, section 4.8.12.2.1)."""
FRAMING_HEADERS: Final = frozenset({"host", "content-length", "transfer-encoding", "connection", "keep-alive", "te", "trailer", "upgrade"})
"""Headers that say where a message goes and where it ends: the client's word alone, or two readers could see two messages."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one property of a form body is written (OpenAPI 3.1, section 4.8.15). None: the document does not say."""

    content_type: str | None = None
    headers: tuple[Parameter, ...] = ()
    style: Style | None = None
    explode: bool | None = None
    allow_reserved: bool | None = None


@dataclass(frozen=True, slots=True)
class MediaType:
    """One representation of a body: `name` as written, parameters included (OpenAPI 3.1, section 4.8.14)."""

    name: str
    schema: Schema | None = None
    item_schema: Schema | None = None  # 3.2: of each item of a sequence
    encoding: Mapping[str, Encoding] = field(default_factory=dict)
    examples: tuple[Json, ...] = ()
    pointer: str = ""


@lru_cache(maxsize=256)  # documents repeat a few
def essence(media_type: str) -> str:
    """Give a media type without its parameters, in lower case."""
    return media_type.partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class RequestBody:
    """What an operation takes: 3.x's request body, or 2.0's body and formData parameters. `content` is in document order."""

    content: tuple[MediaType, ...]
    required: bool = False
    description: str = ""
    hints: Mapping[str, Json] = field(default_factory=dict)
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """What an operation answers; `status` as written: `200`, `4XX`, `default`.

    Operations whose answers say the same share one object; its `pointer` leads to the first of them.
    """

    status: str
    description: str = ""
    content: tuple[MediaType, ...] = ()
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, complete: parameters merged with the path item's, servers and security inherited.

    `id` is the document's operationId, None where it gives none. `servers` is never empty when the document, the path item or the operation
    names any. `security` is any-of all-of: the empty tuple asks for nothing. `pointer` leads to the operation object.
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
class Api:
    """A document, read. References in its schemas are local and lead into `document`.

    `dialect` is `2.0`, `3.0`, `3.1` or `3.2`; `address` is where the document came from (the URL or path after redirects), None for text.
    """

    title: str
    dialect: str
    operations: tuple[Operation, ...] = field(repr=False)
    document: JsonObject = field(repr=False)
    version: str = ""
    description: str = ""
    servers: tuple[Server, ...] = ()
    schemes: Mapping[str, SecurityScheme] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict, repr=False)  # a tag's name and description
    problems: tuple[Problem, ...] = field(default=(), repr=False)
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long step is: `done` of `total` (bytes when fetching and parsing, operations after that), None when unknown."""

    stage: Literal["fetch", "parse", "read", "build"]
    done: int
    total: int | None = None


OnProgress: TypeAlias = Callable[[Progress], None]


# --- tools --------------------------------------------------------------------------------------------------------


class Effect(Enum):
    """What a call does to the world, from the method (RFC 9110, section 9.2) and the document's hints; from harmless to grave."""

    READ = "read"
    WRITE = "write"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True)
class Binding:
    """Where one argument goes.

    `argument` is its path in the argument object. `name` is its name on the wire; for `body` it is a JSON pointer into the body, `""` being
    the whole of it; for `querystring` the whole query.
    """

    argument: tuple[str, ...]
    location: Location
    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that the document fixes, filled in without asking the model. Names as in `Binding`."""

    location: Location
    name: str
    value: Json


@dataclass(frozen=True, slots=True)
class HttpArguments:
    """The arguments of one request, by location, as values and not yet as text. `body` and `querystring` may be `ABSENT`."""

    path: Mapping[str, Json] = field(default_factory=dict)
    query: Mapping[str, Json] = field(default_factory=dict)
    header: Mapping[str, Json] = field(default_factory=dict)
    cookie: Mapping[str, Json] = field(default_factory=dict)
    querystring: Json = ABSENT
    body: Json = ABSENT


@dataclass(frozen=True, slots=True)
class Tool:
    """One operation as a model sees it, and all that is needed to call it.

    `schema` is a self-contained JSON Schema 2020-12 of `type: object` that the argument object fits. `media_type` names the representation
    of the request body that the bindings speak of. `spread` and `arguments_from` are each other's inverse.
    """

    name: str
    description: str
    schema: JsonObject = field(repr=False)
    bindings: tuple[Binding, ...]
    effect: Effect
    operation: Operation
    api: Api = field(repr=False)
    media_type: MediaType | None = None
    constants: tuple[Constant, ...] = ()
    body_always: bool = False  # a flat body is sent as {} when none of its properties is given
    problems: tuple[Problem, ...] = ()

    def spread(self, arguments: Mapping[str, Json]) -> HttpArguments:
        """Give each argument its place in the request, and fill in the constants; arguments without a binding go nowhere."""
        places: dict[str, dict[str, Json]] = {
            "path": {},
            "query": {},
            "header": {},
            "cookie": {},
            "querystring": {},
            "body": {},
        }
        for binding in self.bindings:
            value = _at(arguments, binding.argument)
            if value is not ABSENT:
                places[binding.location][binding.name] = value
        for constant in self.constants:
            if constant.location != "body" or places["body"] or self.body_always:
                places[constant.location][constant.name] = constant.value
        body: Json = {} if self.body_always else ABSENT
        for name, value in places.pop("body").items():
            body = _with(body, pointer.split(name), value)
        querystring = places.pop("querystring").get("", ABSENT)
        return HttpArguments(**places, querystring=querystring, body=body)

    def arguments_from(
        self,
        *,
        path: Mapping[str, Json] | None = None,
        query: Mapping[str, Json] | None = None,
        header: Mapping[str, Json] | None = None,
        cookie: Mapping[str, Json] | None = None,
        querystring: Json = ABSENT,
        body: Json = ABSENT,
    ) -> JsonObject:
        """Give the argument object for values in HTTP's shape: the inverse of `spread`. Values without a binding go nowhere."""
        headers = {name.lower(): value for name, value in (header or {}).items()}  # in any case (RFC 9110, section 5.1)
        whole = {"path": path, "query": query, "cookie": cookie}
        arguments: JsonObject = {}
        for binding in self.bindings:
            if binding.location == "body":
                value = ABSENT if body is ABSENT else pointer.lookup(body, binding.name)
            elif binding.location == "querystring":
                value = querystring
            elif binding.location == "header":
                value = headers.get(binding.name.lower(), ABSENT)
            else:
                value = (whole[binding.location] or {}).get(binding.name, ABSENT)
            if value is not ABSENT and value is not pointer.MISSING:
                arguments = _with(arguments, binding.argument, value)
        return arguments


def _at(value: Json, path: Sequence[str]) -> Json:
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return ABSENT
        value = value[key]
    return value


def _with(whole: Json, path: Sequence[str], value: Json) -> Json:
    """Put a value at a path of keys, making objects on the way; `whole` itself is not changed below its own level."""
    if not path:
        return value
    inner = whole if isinstance(whole, dict) else {}
    return {**inner, path[0]: _with(inner.get(path[0]), path[1:], value)}


class Toolset(Mapping[str, Tool]):
    """Tools by name, in a fixed order, of one Api or of several. Every method that changes something gives a new one."""

    __slots__ = ("_tools", "problems")

    def __init__(self, tools: Iterable[Tool] = (), problems: Iterable[Problem] = ()) -> None:
        self._tools: dict[str, Tool] = {}
        for tool in tools:
            if self._tools.setdefault(tool.name, tool) is not tool:
                raise BuildError(f"Two tools are named {tool.name}: give those of one API a prefix with .prefixed('name_').")
        self.problems = tuple(problems)

    def __getitem__(self, name: str) -> Tool:
        try:
            return self._tools[name]
        except KeyError:
            near = get_close_matches(name, self._tools, n=3, cutoff=0.5)
            hint = f" Did you mean {', '.join(near)}?" if near else ""
            raise UnknownTool(f"There is no tool named {name!r}.{hint}") from None

    @overload
    def get(self, name: str, /) -> Tool | None: ...

    @overload
    def get(self, name: str, /, default: T) -> Tool | T: ...

    def get(self, name: str, /, default: T | None = None) -> Tool | T | None:
        """Give the tool of that name, or `default`."""
        return self._tools.get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._tools)

    def __len__(self) -> int:
        return len(self._tools)

    def __contains__(self, name: object) -> bool:
        return name in self._tools

    def __repr__(self) -> str:
        return f"Toolset({len(self)} tools: {', '.join(list(self)[:5])}{', ...' if len(self) > 5 else ''})"

    def __or__(self, other: Toolset) -> Toolset:
        """Hold the tools of both; two different ones of one name are an error (use `prefixed` first)."""
        return Toolset((*self.values(), *other.values()), dict.fromkeys((*self.problems, *other.problems)))

    def only(
        self,
        *names: str,
        tags: str | Iterable[str] = (),
        operations: str | Iterable[str] = (),
        paths: str | Iterable[str] = (),
        methods: str | Iterable[str] = (),
        read_only: bool = False,
        deprecated: bool = True,
    ) -> Toolset:
        """Keep what fits every condition that is given; within one condition any value will do.

        `names` and `operations` (operationIds) and `paths` are globs (`pets_*`, `/pets/*`), `tags` are exact, `methods` are of any case.
        """
        tag_set, methods_set = set(_several(tags)), {method.upper() for method in _several(methods)}
        operation_globs, path_globs = _several(operations), _several(paths)

        def keep(tool: Tool) -> bool:
            operation = tool.operation
            return (
                (not names or _matches(tool.name, names))
                and (not tag_set or not tag_set.isdisjoint(operation.tags))
                and (not operation_globs or any(_matches(name, operation_globs) for name in _ids(tool)))
                and (not path_globs or _matches(operation.path, path_globs))
                and (not methods_set or operation.method in methods_set)
                and (not read_only or tool.effect is Effect.READ)
                and (deprecated or not operation.deprecated)
            )

        return self._of(filter(keep, self.values()))

    def without(self, *names: str, tags: str | Iterable[str] = ()) -> Toolset:
        """Leave out the tools whose names fit a glob, and those with one of the tags."""
        gone = set(_several(tags))
        return self._of(t for t in self.values() if not _matches(t.name, names) and gone.isdisjoint(t.operation.tags))

    def prefixed(self, prefix: str) -> Toolset:
        """Put a prefix before every name; names stay at 64 characters, and unique."""
        room = max(LONGEST - len(prefix), LONGEST // 2)
        short = {name: fitted(name, room) for name in self}
        taken = Counter(short.values())
        return self.renamed({name: prefix + (one if taken[one] == 1 else shorten(name, room)) for name, one in short.items()})

    def renamed(self, names: Mapping[str, str]) -> Toolset:
        """Give tools other names: old name to new name."""
        tools = [replace(tool, name=names.get(tool.name, tool.name)) for tool in self._known(names)]
        if illegal := [tool.name for tool in tools if not _LEGAL_NAME.fullmatch(tool.name)]:
            raise BuildError(f"{illegal[0]!r} is no name for a tool: it has 1 to 64 letters (a to z), digits, _ and -.")
        if len({tool.name for tool in tools}) < len(tools):
            raise BuildError("Two tools would have one name: " + ", ".join(sorted(names.values())[:5]))
        return self._of(tools)

    def described(self, descriptions: Mapping[str, str]) -> Toolset:
        """Give tools other descriptions: name to description."""
        return self._of(replace(t, description=descriptions.get(t.name, t.description)) for t in self._known(descriptions))

    def _known(self, names: Iterable[str]) -> Iterable[Tool]:
        for name in names:
            self[name]  # raises UnknownTool
        return self.values()

    def _of(self, tools: Iterable[Tool]) -> Toolset:
        return Toolset(tools, self.problems)


def _several(given: str | Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _ids(tool: Tool) -> tuple[str, ...]:
    """Give what an operation is known by: its id, else its tool's name, with a prefix and without."""
    operation = tool.operation
    return (operation.id,) if operation.id else (tool.name, named_by_path(operation.method, operation.path))


def _matches(name: str, globs: Iterable[str]) -> bool:
    return any(name == glob or fnmatchcase(name, glob) for glob in globs)  # `/a[1]` is a path, too


_LEGAL_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")  # what every vendor takes


# --- calls --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that a model (or a program) wants called, with arguments in the plain shape, whatever vendor or strictness they came from.

    `fault` says what is wrong with a call that could not be read (arguments that are no JSON): it is answered, never sent.
    """

    tool: str
    arguments: Mapping[str, Json] = field(default_factory=dict)
    id: str = ""
    fault: str = ""
    caller: Json = None  # what a vendor wants echoed with the result


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a result that is no text: an image, a file. `data` holds the bytes, `path` the file they were kept in."""

    media_type: str
    data: bytes = field(default=b"", repr=False)
    name: str = ""
    path: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a call: `text` for the model, `data` for the program.

    `status` is the HTTP status, None when no answer came: `text` says whether anything was sent. `notes` say which arguments were
    repaired. `truncated` says that `text` was shortened, or an answer without end cut (`data` is then its first part). `next` is the call
    that gives the next page.
    """

    call_id: str
    tool: str
    text: str
    data: Json = field(default=None, repr=False)
    status: int | None = None
    is_error: bool = False
    truncated: bool = False
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    next: Call | None = None
    caller: Json = None
