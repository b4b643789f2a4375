"""A document to an `Api`: parameters merged, servers and security inherited; faults are listed, never raised."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import orjson

from openapi2tools._core import pointer
from openapi2tools._core.hints import HINTS_KEY, OPERATION_HINTS
from openapi2tools._core.quick import quick
from openapi2tools.model import (
    Api,
    Json,
    JsonObject,
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
)
from openapi2tools.spec.parse.compact import Survey, survey
from openapi2tools.spec.read import dialect
from openapi2tools.spec.read.dialect import text
from openapi2tools.spec.read.parts import UNREADABLE, Field, Parts
from openapi2tools.spec.read.source import Source, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_Operation = quick(Operation)
_VARIABLE: Final = re.compile(r"\{([^{}]+)\}")
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, section 5.6.2
_EVERY: Final = 200  # operations between two progress events


def read(
    document: JsonObject,
    *,
    address: str | None = None,
    problems: Sequence[Problem] = (),
    seen: Survey | None = None,
    progress: OnProgress | None = None,
) -> Api:
    """Read a document whose references are all local; `seen` saves looking for them again. Raises UnsupportedVersion."""
    reader = _Reader(Source(document, dialect.dialect_of(document, address)))
    info = document.get("info")
    info = info if isinstance(info, dict) else {}
    operations = reader.operations(progress)
    reader.source.report_schemas((seen or survey(document)).doubtful, problems)
    return Api(
        title=text(info.get("title")),
        dialect=reader.source.dialect,
        operations=operations,
        document=document,
        version=str(info.get("version", "")),
        description=text(info.get("description")),
        servers=reader.servers,
        schemes=reader.schemes,
        tags=reader.tags(),
        problems=(*problems, *reader.source.problems),
        address=address,
    )


class _Reader:
    """One document, being read."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._parts = Parts(source)
        self._methods = dialect.methods_of(source.dialect)
        document = source.document
        self._consumes = _media_types(document.get("consumes"))
        self._produces = _media_types(document.get("produces")) or ("application/json",)
        self.schemes = self._schemes()
        self.servers = self._servers(document, "", ())
        self._required: dict[bytes, tuple[SecurityRequirement, ...]] = {}
        self._security = self._requirements(document.get("security"), "/security")

    # --- what all operations share ---

    def tags(self) -> Mapping[str, str]:
        tags = self.source.array(self.source.document.get("tags"), "/tags", "`tags`")
        return {
            tag["name"]: text(tag.get("description"))
            for tag in tags
            if isinstance(tag, dict) and isinstance(tag.get("name"), str)
        }

    def _schemes(self) -> Mapping[str, SecurityScheme]:
        if self.source.swagger:
            raw, place = self.source.document.get("securityDefinitions"), "/securityDefinitions"
        else:
            components = self.source.document.get("components")
            raw, place = (
                (components.get("securitySchemes") if isinstance(components, dict) else None),
                "/components/securitySchemes",
            )
        schemes = {}
        for key, value in self.source.object(raw, place, "the security schemes").items():
            target, there = self.source.resolve(value, pointer.join(place, key))
            scheme = (
                dialect.security_scheme(key, target, there) if isinstance(target, dict) else None
            )
            if scheme:
                schemes[key] = scheme
            elif not key.startswith("x-"):
                self.source.report(
                    "bad-security-scheme",
                    f"the security scheme {key!r} is of no kind we know.",
                    pointer.join(place, key),
                )
        return schemes

    def _servers(
        self, raw: JsonObject, place: str, inherited: tuple[Server, ...]
    ) -> tuple[Server, ...]:
        """Read the servers that an operation, a path item or the document names itself, else those it inherits."""
        if self.source.swagger:
            document = self.source.document
            return (
                dialect.swagger_servers(document, raw.get("schemes"))
                if raw is document or "schemes" in raw
                else inherited
            )
        if not raw.get("servers"):
            return inherited
        found = []
        for index, value in enumerate(
            self.source.array(raw["servers"], f"{place}/servers", "`servers`")
        ):
            server = dialect.server(value) if isinstance(value, dict) else None
            if server:
                found.append(server)
            else:
                self.source.report(
                    "bad-server", "this server has no URL.", f"{place}/servers/{index}"
                )
        return tuple(found) or inherited

    def _requirements(self, raw: Json, place: str) -> tuple[SecurityRequirement, ...]:
        if raw is None:
            return ()
        key = orjson.dumps(raw)  # operations repeat a few
        if key not in self._required:
            told = len(self.source.problems)
            needs = self._read_requirements(raw, place)
            if len(self.source.problems) > told:  # each place is told
                return needs
            self._required[key] = needs
        return self._required[key]

    def _read_requirements(self, raw: Json, place: str) -> tuple[SecurityRequirement, ...]:
        entries = [raw] if isinstance(raw, dict) else self.source.array(raw, place, "`security`")
        found = []
        for index, entry in enumerate(entries):
            needs = self.source.object(entry, f"{place}/{index}", "a security requirement")
            found.append(
                {
                    name: tuple(map(str, scopes)) if isinstance(scopes, list) else ()
                    for name, scopes in needs.items()
                }
            )
            for name in needs:
                if name not in self.schemes:
                    self.source.report(
                        "unknown-scheme",
                        f"there is no security scheme {name!r}.",
                        f"{place}/{index}",
                        "Define it.",
                    )
        return tuple(found)

    # --- paths ---

    def operations(self, progress: OnProgress | None) -> tuple[Operation, ...]:
        source = self.source
        paths, place = source.resolve(source.document.get("paths"), "/paths")
        items = [
            (path, item)
            for path, item in source.object(paths, place, "`paths`").items()
            if not path.startswith("x-")
        ]
        total = sum(len(item) for _, item in items if isinstance(item, dict)) if progress else 0
        found: list[Operation] = []
        for path, item in items:
            before = len(found)
            found.extend(self._path_item(path, item, f"{place}/{pointer.escape(path)}"))
            if progress and len(found) // _EVERY > before // _EVERY:
                progress(Progress("read", len(found), max(total, len(found))))
        if progress:
            progress(Progress("read", len(found), len(found)))
        self._report_ids(found)
        return tuple(found)

    def _path_item(self, path: str, item: Json, place: str) -> Iterator[Operation]:
        if isinstance(item, dict) and isinstance(item.get("$ref"), str):
            target, there = self.source.resolve(item, place)
            if not isinstance(target, dict):
                self.source.report(
                    "bad-path",
                    f"what {path!r} refers to is no path item.",
                    place,
                    severity="error",
                    lost=path,
                )
                target = {}
            own = {key: value for key, value in item.items() if key != "$ref"}
            item, place = ({**target, **own}, place) if own else (target, there)
        if not isinstance(item, dict):
            if item is not None:
                self.source.report(
                    "bad-path",
                    f"a path item should be an object, but this is {name_of(item)}.",
                    place,
                    severity="error",
                    lost=path,
                )
            return
        if HINTS_KEY in item:
            self._parts.misplaced(place)
        shared: list[Parameter | Field] | None = None
        servers = self.servers
        for method, raw, there in self._methods_of(item, place):
            if shared is None:
                shared = self._parameters(item.get("parameters"), place)
                servers = self._servers(item, place, servers)
            operation = self._operation(f"{method} {path}", raw, there, shared, servers)
            if operation:
                yield operation

    def _methods_of(self, item: JsonObject, place: str) -> Iterator[tuple[str, Json, str]]:
        """Give the operations of a path item. Of two of one method (`get` and `GET`) the one written as the standard has it counts."""
        seen = {key.upper() for key in item.keys() & self._methods}
        for key, raw in item.items():
            if key in self._methods or (
                key.lower() in self._methods and self._is_first(key.upper(), seen, f"{place}/{key}")
            ):
                yield key.upper(), raw, f"{place}/{key}"
        if self.source.dialect == "3.2" and "additionalOperations" in item:
            there = f"{place}/additionalOperations"
            for key, raw in self.source.object(
                item["additionalOperations"], there, "`additionalOperations`"
            ).items():
                if not _TOKEN.fullmatch(key):
                    self.source.report(
                        "bad-method",
                        f"{key!r} cannot be an HTTP method.",
                        there,
                        "It is left out.",
                        severity="error",
                        lost=key,
                    )
                elif self._is_first(key, seen, f"{there}/{key}"):
                    yield key, raw, f"{there}/{pointer.escape(key)}"

    def _is_first(self, method: str, seen: set[str], place: str) -> bool:
        """Tell whether a path item has no other operation of a method so far; a second one could not be told from the first."""
        if method not in seen:
            seen.add(method)
            return True
        self.source.report(
            "bad-method",
            f"{method} stands here twice.",
            place,
            "This one is left out.",
            severity="error",
            lost=method,
        )
        return False

    # --- operations ---

    def _operation(
        self,
        key: str,
        raw: Json,
        place: str,
        shared: list[Parameter | Field],
        servers: tuple[Server, ...],
    ) -> Operation | None:
        method, _, path = key.partition(" ")
        if isinstance(raw, dict) and isinstance(raw.get("$ref"), str):
            raw, place = self.source.resolve(raw, place)
        if not isinstance(raw, dict):
            message = f"an operation should be an object, but this is {name_of(raw)}."
            self.source.report(
                "bad-operation", message, place, "It is left out.", severity="error", lost=key
            )
            return None
        parameters = self._merge(shared, self._parameters(raw.get("parameters"), place))
        fields = [p for p in parameters if type(p) is tuple]
        body = self._body(raw, fields, place)
        if body is UNREADABLE:
            message = "nobody can know what to send: its request body cannot be read."
            self.source.report(
                "bad-request-body",
                message,
                f"{place}/requestBody",
                "It is left out.",
                severity="error",
                lost=key,
            )
            return None
        identity = raw.get("operationId")
        tags = raw.get("tags")
        return _Operation(
            method=method,
            path=path,
            id=None
            if identity is None or isinstance(identity, (dict, list)) or identity == ""
            else str(identity),
            summary=text(raw.get("summary")),
            description=text(raw.get("description")),
            tags=tuple([tag for tag in tags if isinstance(tag, str)])
            if isinstance(tags, list)
            else (),
            deprecated=raw.get("deprecated") is True,
            servers=self._servers(raw, place, servers),
            parameters=self._fit(path, [p for p in parameters if type(p) is Parameter], place),
            request_body=body,
            responses=self._responses(raw, place),
            security=self._requirements(raw["security"], f"{place}/security")
            if raw.get("security") is not None
            else self._security,
            hints=self._parts.hints(raw, place, OPERATION_HINTS),
            pointer=place,
        )

    def _parameters(self, raw: Json, place: str) -> list[Parameter | Field]:
        if raw is None:
            return []
        here = f"{place}/parameters"
        # a reference in place of the list, by mistake
        if isinstance(raw, dict) and isinstance(raw.get("$ref"), str):
            raw, here = self.source.resolve(raw, here)
            raw = None if raw is pointer.MISSING else raw
        if isinstance(raw, dict):  # a map of parameters, by mistake
            self.source.report(
                "wrong-type", "`parameters` should be a list, but this is an object.", here
            )
            raw = list(raw.values())
        found = [
            self._parts.parameter(value, f"{here}/{index}")
            for index, value in enumerate(self.source.array(raw, here, "`parameters`"))
        ]
        return self._once([parameter for parameter in found if parameter is not None], place)

    def _once(self, parameters: list[Parameter | Field], place: str) -> list[Parameter | Field]:
        """Keep the first of two equal parameters."""
        if len(parameters) < 2:
            return parameters
        merged = {_identity(parameter): parameter for parameter in reversed(parameters)}
        if len(merged) == len(parameters):
            return parameters
        twice = [
            name for (_, name), count in Counter(map(_identity, parameters)).items() if count > 1
        ]
        self.source.report(
            "duplicate-parameter",
            f"parameters that stand here twice: {', '.join(twice)}.",
            place,
            "Remove one.",
        )
        return list(reversed(merged.values()))

    def _merge(
        self, shared: list[Parameter | Field], own: list[Parameter | Field]
    ) -> list[Parameter | Field]:
        """Put an operation's parameters over its path item's (OpenAPI 3.1, section 4.8.10.1)."""
        if not own or not shared:
            return own or shared
        names = set(map(_identity, own))
        return [*(p for p in shared if _identity(p) not in names), *own]

    def _body(self, raw: JsonObject, fields: list[Field], place: str) -> RequestBody | None:
        body = raw.get("requestBody")
        body = (
            None
            if body is None or (fields and self.source.swagger)
            else self._parts.request_body(body, f"{place}/requestBody")
        )
        if not fields:
            return body
        own = raw.get("consumes")
        of_old = self._parts.swagger_body(
            fields, self._consumes if own is None else _media_types(own), f"{place}/parameters"
        )
        return (
            self._parts.both(body, of_old, f"{place}/parameters")
            if body and body is not UNREADABLE and of_old
            else of_old
        )

    def _responses(self, raw: JsonObject, place: str) -> tuple[Response, ...]:
        own = raw.get("produces")
        produces = self._produces if own is None else _media_types(own) or self._produces
        responses, here = self.source.table(
            raw.get("responses"), f"{place}/responses", "`responses`"
        )
        read_one = self._parts.response
        return tuple(
            [
                response
                for status, value in responses.items()
                if status[:2] != "x-"
                and (response := read_one(status, value, f"{here}/{status}", produces)) is not None
            ]
        )

    def _fit(self, path: str, parameters: list[Parameter], place: str) -> tuple[Parameter, ...]:
        """Bring path parameters and template together: each variable has one parameter, each path parameter a variable."""
        variables = _VARIABLE.findall(path) if "{" in path else []
        declared = [p.name for p in parameters if p.location == "path"]
        if variables == declared or set(variables) == set(declared):
            return tuple(parameters)
        missing = [name for name in dict.fromkeys(variables) if name not in declared]
        surplus = [name for name in declared if name not in variables]
        if len(missing) == len(surplus) == 1:
            self.source.report(
                "path-parameter",
                f"{{{missing[0]}}} is declared as {surplus[0]!r}: taken as the same.",
                place,
                "Use one name.",
            )
            return tuple(
                [
                    replace(p, name=missing[0])
                    if p.location == "path" and p.name == surplus[0]
                    else p
                    for p in parameters
                ]
            )
        for name in surplus:
            self.source.report(
                "path-parameter",
                f"the path has no {{{name}}}: the parameter is left out.",
                place,
                "Remove it.",
            )
        for name in missing:
            self.source.report(
                "path-parameter",
                f"{{{name}}} is declared nowhere: a text is taken.",
                place,
                "Declare it.",
            )
        kept = [p for p in parameters if p.location != "path" or p.name not in surplus]
        return (
            *kept,
            *(
                Parameter(
                    name, "path", {"type": "string"}, required=True, style="simple", pointer=place
                )
                for name in missing
            ),
        )

    def _report_ids(self, operations: list[Operation]) -> None:
        """Report ids that are absent or stand twice: one problem each, however often."""
        nameless = [operation for operation in operations if operation.id is None]
        if nameless:
            message = f"{len(nameless)} operations have no operationId, {nameless[0].key} first: their names are made of method and path."
            self.source.report(
                "no-operation-id", message, nameless[0].pointer, "Add one to each.", severity="hint"
            )
        first: dict[str, Operation] = {}
        counts = Counter(operation.id for operation in operations)
        for operation in operations:
            if (
                operation.id is not None
                and counts[operation.id] > 1
                and first.setdefault(operation.id, operation) is not operation
            ):
                message = f"the operationId {operation.id!r} stands {counts.pop(operation.id)} times, at {first[operation.id].key} first."
                self.source.report(
                    "duplicate-operation-id",
                    message,
                    operation.pointer,
                    "Give each operation its own.",
                )


def _identity(parameter: Parameter | Field) -> tuple[str, str]:
    if isinstance(parameter, Parameter):
        name = parameter.name
        return (parameter.location, name.lower() if parameter.location == "header" else name)
    return (str(parameter[0].get("in")), str(parameter[0].get("name")))


def _media_types(raw: Json) -> tuple[str, ...]:
    if isinstance(raw, str):
        raw = [raw]
    return (
        tuple([name for name in raw if isinstance(name, str) and name])
        if isinstance(raw, list)
        else ()
    )
