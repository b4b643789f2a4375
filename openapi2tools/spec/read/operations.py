"""Read an operation: parameters merged with the path item's, servers and security inherited."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from openapi2tools._core import pointer as json_pointer
from openapi2tools._core.hints import OPERATION_HINTS
from openapi2tools._core.path_template import path_variables
from openapi2tools.model import Json, JsonObject, Operation, Parameter, RequestBody, Response
from openapi2tools.spec.read.bodies.request_bodies import UNREADABLE, RequestBodyReader
from openapi2tools.spec.read.bodies.swagger_bodies import BodyField, SwaggerBodyReader
from openapi2tools.spec.read.parameters import ParameterReader
from openapi2tools.spec.read.responses import ResponseReader
from openapi2tools.spec.read.values import describe_type, is_reference, media_type_names, text

if TYPE_CHECKING:
    from openapi2tools.model import SecurityRequirement, Server
    from openapi2tools.spec.read.security import SecurityReader
    from openapi2tools.spec.read.servers import ServerReader
    from openapi2tools.spec.read.source import Source


_AnyParameter: TypeAlias = Parameter | BodyField


@dataclass(frozen=True, slots=True)
class PathItem:
    """What the operations of one path share."""

    path: str
    parameters: list[_AnyParameter]
    servers: tuple[Server, ...]


class OperationReader:
    """Reads the operations of one document."""

    def __init__(self, source: Source, servers: ServerReader, security: SecurityReader) -> None:
        self._source = source
        self._servers = servers
        self._security = security
        self._parameters = ParameterReader(source)
        self._bodies = RequestBodyReader(source, self._parameters.media_types)
        self._swagger_bodies = SwaggerBodyReader(source)
        self._responses = ResponseReader(source, self._parameters.media_types)
        document = source.document
        self._consumes = media_type_names(document.get("consumes"))
        self._produces = media_type_names(document.get("produces")) or ("application/json",)

    def read(self, method: str, raw: Json, pointer: str, path_item: PathItem) -> Operation | None:
        """Read an operation; return None, after a report, where it cannot be used."""
        key = f"{method} {path_item.path}"
        if is_reference(raw):
            raw, pointer = self._source.resolve(raw, pointer)
        if not isinstance(raw, dict):
            message = f"an operation should be an object, but this is {describe_type(raw)}."
            self._reject("bad-operation", message, pointer, key)
            return None
        own = self.read_parameters(raw.get("parameters"), pointer)
        parameters = _merge(path_item.parameters, own)
        fields = [parameter for parameter in parameters if isinstance(parameter, BodyField)]
        body = self._read_body(raw, fields, pointer)
        if body is UNREADABLE:
            message = "nobody can know what to send: its request body cannot be read."
            self._reject("bad-request-body", message, f"{pointer}/requestBody", key)
            return None
        in_request = [parameter for parameter in parameters if isinstance(parameter, Parameter)]
        return Operation(
            method=method,
            path=path_item.path,
            id=_operation_id(raw.get("operationId")),
            summary=text(raw.get("summary")),
            description=text(raw.get("description")),
            tags=_tags(raw.get("tags")),
            deprecated=raw.get("deprecated") is True,
            servers=self._servers.read(raw, pointer, path_item.servers),
            parameters=self._match_path(path_item.path, in_request, pointer),
            request_body=body,
            responses=self._read_responses(raw, pointer),
            security=self._read_security(raw, pointer),
            hints=self._source.hints(raw, pointer, OPERATION_HINTS),
            pointer=pointer,
        )

    def _reject(self, kind: str, message: str, pointer: str, key: str) -> None:
        advice = "It is left out."
        self._source.report(kind, message, pointer, advice, severity="error", lost=key)

    # --- parameters ---

    def read_parameters(self, raw: Json, pointer: str) -> list[_AnyParameter]:
        """Read the `parameters` of the operation or path item at a pointer."""
        if raw is None:
            return []
        here = f"{pointer}/parameters"
        if is_reference(raw):  # in place of the list, by mistake
            raw, here = self._source.resolve(raw, here)
            if raw is json_pointer.MISSING:
                raw = None
        if isinstance(raw, dict):  # a map of parameters, by mistake
            message = "`parameters` should be a list, but this is an object."
            self._source.report("wrong-type", message, here)
            raw = list(raw.values())
        found = []
        for index, value in enumerate(self._source.as_list(raw, here, "`parameters`")):
            parameter = self._parameters.read(value, f"{here}/{index}")
            if parameter is not None:
                found.append(parameter)
        return self._without_duplicates(found, pointer)

    def _without_duplicates(
        self, parameters: list[_AnyParameter], pointer: str
    ) -> list[_AnyParameter]:
        """Keep the first of two parameters of one name and location."""
        if len(parameters) < 2:
            return parameters
        first = {_identity(parameter): parameter for parameter in reversed(parameters)}
        if len(first) == len(parameters):
            return parameters
        counts = Counter(map(_identity, parameters))
        names = ", ".join([name for (_, name), count in counts.items() if count > 1])
        message = f"parameters that stand here twice: {names}."
        self._source.report("duplicate-parameter", message, pointer, "Remove one.")
        return list(reversed(first.values()))

    def _match_path(
        self, path: str, parameters: list[Parameter], pointer: str
    ) -> tuple[Parameter, ...]:
        """Make path parameters and path template agree.

        Each variable of the template has one parameter then, and each path parameter a variable.
        """
        declared = [parameter.name for parameter in parameters if parameter.location == "path"]
        variables = self._variables(path, declared, pointer)
        if variables == declared or set(variables) == set(declared):
            return tuple(parameters)
        missing = [name for name in dict.fromkeys(variables) if name not in declared]
        surplus = [name for name in declared if name not in variables]
        if len(missing) == len(surplus) == 1:
            return self._rename(parameters, surplus[0], missing[0], pointer)
        for name in surplus:
            message = f"the path has no {{{name}}}: the parameter is left out."
            self._source.report("path-parameter", message, pointer, "Remove it.")
        for name in missing:
            message = f"{{{name}}} is declared nowhere: a text is taken."
            self._source.report("path-parameter", message, pointer, "Declare it.")
        kept = [
            parameter
            for parameter in parameters
            if parameter.location != "path" or parameter.name not in surplus
        ]
        return (*kept, *(_text_in_path(name, pointer) for name in missing))

    def _variables(self, path: str, declared: list[str], pointer: str) -> list[str]:
        """Return the names of a path's variables; those of many segments are reported."""
        variables = path_variables(path, declared)
        for name, many_segments in variables:
            if many_segments:
                message = f"{name} stands for many segments of the path: slashes in it stay."
                advice = "Say so in its description: OpenAPI itself has no such variables."
                self._source.report("path-parameter", message, pointer, advice, severity="hint")
        return [variable.name for variable in variables]

    def _rename(
        self, parameters: list[Parameter], old: str, new: str, pointer: str
    ) -> tuple[Parameter, ...]:
        """Rename the only path parameter without a variable to the only variable without one."""
        message = f"{{{new}}} is declared as {old!r}: taken as the same."
        self._source.report("path-parameter", message, pointer, "Use one name.")
        renamed = list(parameters)
        for index, parameter in enumerate(parameters):
            if parameter.location == "path" and parameter.name == old:
                renamed[index] = replace(parameter, name=new)
        return tuple(renamed)

    # --- bodies, responses, security ---

    def _read_body(
        self, raw: JsonObject, fields: list[BodyField], pointer: str
    ) -> RequestBody | None:
        """Read 3.x's request body, or make one of 2.0's body fields; some documents have both."""
        body = None
        if raw.get("requestBody") is not None and not (fields and self._source.is_swagger):
            body = self._bodies.read(raw["requestBody"], f"{pointer}/requestBody")
        if not fields:
            return body
        here = f"{pointer}/parameters"
        consumes = self._consumes
        if raw.get("consumes") is not None:
            consumes = media_type_names(raw["consumes"])
        fields_body = self._swagger_bodies.read(fields, consumes, here)
        if body is None or body is UNREADABLE:
            return fields_body
        return self._swagger_bodies.join(body, fields_body, here)

    def _read_responses(self, raw: JsonObject, pointer: str) -> tuple[Response, ...]:
        produces = media_type_names(raw.get("produces")) or self._produces
        responses, here = self._source.as_map(
            raw.get("responses"), f"{pointer}/responses", "`responses`"
        )
        found = []
        for status, value in responses.items():
            if status.startswith("x-"):
                continue
            response = self._responses.read(status, value, f"{here}/{status}", produces)
            if response is not None:
                found.append(response)
        return tuple(found)

    def _read_security(self, raw: JsonObject, pointer: str) -> tuple[SecurityRequirement, ...]:
        if raw.get("security") is None:
            return self._security.of_document
        return self._security.read(raw["security"], f"{pointer}/security")


def _operation_id(value: Json) -> str | None:
    if value is None or value == "" or isinstance(value, (dict, list)):
        return None
    return str(value)


def _tags(value: Json) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple([tag for tag in value if isinstance(tag, str)])


def _merge(shared: list[_AnyParameter], own: list[_AnyParameter]) -> list[_AnyParameter]:
    """Put an operation's own parameters over its path item's (OpenAPI 3.1, section 4.8.10.1)."""
    if not own or not shared:
        return own or shared
    identities = set(map(_identity, own))
    kept = [parameter for parameter in shared if _identity(parameter) not in identities]
    return kept + own


def _identity(parameter: _AnyParameter) -> tuple[str, str]:
    """Return location and name, which tell a parameter from all others; headers ignore case."""
    if isinstance(parameter, BodyField):
        return (str(parameter.raw.get("in")), str(parameter.raw.get("name")))
    name = parameter.name.lower() if parameter.location == "header" else parameter.name
    return (parameter.location, name)


def _text_in_path(name: str, pointer: str) -> Parameter:
    """Make a parameter for a variable of the path that the document does not declare."""
    schema = {"type": "string"}
    return Parameter(name, "path", schema, required=True, style="simple", pointer=pointer)
