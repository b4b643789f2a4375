"""An operation as a model sees it; how arguments become the parts of a request, and back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from fnmatch import fnmatchcase
from typing import Final, Literal, TypeAlias

from openapi2tools._core import pointer
from openapi2tools._core.naming import fit_name, to_legal_characters
from openapi2tools._core.on_demand.made_later import MadeLater
from openapi2tools.model.json import ABSENT, Json, JsonObject
from openapi2tools.model.openapi import Api, MediaType, Operation, Problem

_WHOLE_BODY: Final = ""  # as the name of a binding
Location: TypeAlias = Literal["path", "query", "querystring", "header", "cookie", "body"]


class Effect(Enum):
    """What a call does to the world, from harmless to grave.

    It follows from the method (RFC 9110, section 9.2) and the document's hints.
    """

    READ = "read"
    WRITE = "write"
    DESTROY = "destroy"


@dataclass(frozen=True, slots=True)
class Binding:
    """Where one argument goes.

    `argument` is its path in the argument object. `name` is its name on the wire; for `body` it is
    a JSON pointer into the body, `""` being the whole of it; for `querystring` the whole query.
    """

    argument: tuple[str, ...]
    location: Location
    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that the document fixes, sent without asking the model. Names as in `Binding`."""

    location: Location
    name: str
    value: Json


@dataclass(frozen=True, slots=True)
class HttpArguments:
    """The arguments of one request, by location, as values and not yet as text.

    `body` and `querystring` may be `ABSENT`.
    """

    path: Mapping[str, Json] = field(default_factory=dict)
    query: Mapping[str, Json] = field(default_factory=dict)
    header: Mapping[str, Json] = field(default_factory=dict)
    cookie: Mapping[str, Json] = field(default_factory=dict)
    querystring: Json = ABSENT
    body: Json = ABSENT


@dataclass(frozen=True, slots=True)
class Tool(MadeLater):
    """One operation as a model sees it, and all that is needed to call it.

    `schema` is a self-contained JSON Schema 2020-12 of `type: object` that the argument object
    fits. `media_type` names the representation of the request body that the bindings speak of.
    `fixed_arguments` are those that the operator gives for every call: no model is asked for them,
    and one that is `ABSENT` is never sent. `spread` and `arguments_from` are each other's inverse.
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
    body_open: bool = False  # a flat body takes arguments without a binding as fields of its own
    hidden_fields: frozenset[str] = frozenset()  # of the body, which no argument may fill
    problems: tuple[Problem, ...] = ()
    fixed_arguments: Mapping[str, Json] = field(default_factory=dict, repr=False)

    def changed_later(self, change: Callable[[Tool], Tool], *, name: str | None = None) -> Tool:
        """Return what `change` makes of the tool, once somebody looks at it.

        Its operation and its API stay; its name does, unless another is given.
        """
        return Tool.made_later(
            lambda: change(self),
            name=self.name if name is None else name,
            operation=self.operation,
            api=self.api,
        )

    def fix_arguments(self, arguments: Mapping[str, Json]) -> Tool:
        """Return the tool with a value for these arguments, which leave the schema.

        A value of `ABSENT` leaves the argument out of every call. Names that the tool has no
        argument of are passed over.
        """
        fixed = {
            argument: value
            for name, value in arguments.items()
            if (argument := self.argument_named(name)) is not None
        }
        if not fixed:
            return self
        return replace(
            self,
            schema=_without_properties(self.schema, fixed.keys()),
            fixed_arguments={**self.fixed_arguments, **fixed},
        )

    def argument_named(self, name: str) -> str | None:
        """Return the argument of that name, or else of that name on the wire.

        Fixed arguments count, too. None is returned if there is none.
        """
        by_name: dict[str, str] = {}
        for binding in self.bindings:
            by_name.setdefault(_wire_name(binding), binding.argument[0])
        by_name |= {binding.argument[0]: binding.argument[0] for binding in self.bindings}
        return by_name.get(name) or by_name.get(name.lower())

    def argument_at(self, location: str, name: str) -> str | None:
        """Return the argument that a request has at a place; None if there is none.

        The place is a location and a name, which for a header may be in any case.
        """
        wanted = name.lower() if location == "header" else name
        for binding in self.bindings:
            if binding.location == location and _wire_name(binding) == wanted:
                return binding.argument[0]
        return None

    @property
    def names(self) -> tuple[str, ...]:
        """Return what the tool may be called: its name, or its operation's id, also made legal."""
        id_ = self.operation.id
        if not id_:
            return (self.name,)
        return tuple(dict.fromkeys((self.name, id_, fit_name(to_legal_characters(id_)))))

    def is_called(self, glob: str) -> bool:
        """Return whether a glob fits the tool's name, or is one of its other names in full."""
        return glob in self.names or fnmatchcase(self.name, glob)

    def spread(self, arguments: Mapping[str, Json], *, undeclared: bool = False) -> HttpArguments:
        """Sort arguments by their location in the request, and fill in what is fixed.

        Arguments without a binding are fields of the body where it is open, or left out. With
        `undeclared` every flat body is taken for an open one.
        """
        arguments = {**arguments, **self.fixed_arguments}
        by_location: dict[str, dict[str, Json]] = {
            "path": {},
            "query": {},
            "header": {},
            "cookie": {},
            "querystring": {},
            "body": {},
        }
        for binding in self.bindings:
            value = _value_at(arguments, binding.argument)
            if value is not ABSENT:
                by_location[binding.location][binding.name] = value
        if _WHOLE_BODY in by_location["body"]:
            by_location["body"][_WHOLE_BODY] = self._without_hidden(
                by_location["body"][_WHOLE_BODY]
            )
        is_open = self.body_open or (undeclared and self._has_flat_body)
        for name in self._unbound(arguments) if is_open else ():
            by_location["body"].setdefault(pointer.join("", name), arguments[name])
        for constant in self.constants:
            if constant.location != "body" or by_location["body"] or self.body_always:
                by_location[constant.location][constant.name] = constant.value
        body: Json = {} if self.body_always else ABSENT
        for name, value in by_location.pop("body").items():
            body = _with_value(body, pointer.split(name), value)
        querystring = by_location.pop("querystring").get("", ABSENT)
        return HttpArguments(**by_location, querystring=querystring, body=body)

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
        """Return the argument object for values sorted by location: the inverse of `spread`.

        Values without a binding are left out, and so are those of fixed arguments.
        """
        # in any case (RFC 9110, section 5.1)
        headers = {name.lower(): value for name, value in (header or {}).items()}
        whole = {"path": path, "query": query, "cookie": cookie}
        arguments: JsonObject = {}
        for binding in self.bindings:
            if binding.argument[0] in self.fixed_arguments:
                continue
            if binding.location == "body":
                value = ABSENT if body is ABSENT else pointer.lookup(body, binding.name)
            elif binding.location == "querystring":
                value = querystring
            elif binding.location == "header":
                value = headers.get(binding.name.lower(), ABSENT)
            else:
                value = (whole[binding.location] or {}).get(binding.name, ABSENT)
            if value is not ABSENT and value is not pointer.MISSING:
                arguments = _with_value(arguments, binding.argument, value)
        return {**self._undeclared_in(body), **arguments}

    def _undeclared_in(self, body: Json) -> JsonObject:
        """Return the fields of an open body that have no binding."""
        if not self.body_open or not isinstance(body, Mapping):
            return {}
        bound = {binding.name for binding in self.bindings if binding.location == "body"}
        return {
            name: body[name] for name in self._unbound(body) if pointer.join("", name) not in bound
        }

    def _unbound(self, values: Mapping[str, Json]) -> list[str]:
        """Return the names that no argument has, and that are not hidden."""
        known = self.hidden_fields.union(binding.argument[0] for binding in self.bindings)
        return [name for name in values if name not in known]

    def _without_hidden(self, body: Json) -> Json:
        """Return a whole body without the fields that no argument may fill."""
        if not isinstance(body, Mapping) or self.hidden_fields.isdisjoint(body):
            return body
        return {name: value for name, value in body.items() if name not in self.hidden_fields}

    @property
    def _has_flat_body(self) -> bool:
        """Whether the fields of the body are arguments of their own."""
        return any(binding.location == "body" and binding.name for binding in self.bindings)


def _wire_name(binding: Binding) -> str:
    """Return the name that a request has; that of a header in lower case, which is any case's."""
    if binding.location == "header":
        return binding.name.lower()
    return binding.name.removeprefix("/") if binding.location == "body" else binding.name


def _without_properties(schema: JsonObject, names: Collection[str]) -> JsonObject:
    """Return an object's schema without some of its properties, and what only they refer to."""
    properties = {key: value for key, value in schema["properties"].items() if key not in names}
    smaller: JsonObject = {**schema, "properties": properties}
    required = [name for name in schema.get("required", ()) if name not in names]
    smaller.pop("required", None)
    if required:
        smaller["required"] = required
    definitions = smaller.pop("$defs", {})
    reached: set[str] = set()
    waiting = _definitions_in(smaller)
    while waiting:
        name = waiting.pop()
        if name in definitions and name not in reached:
            reached.add(name)
            waiting |= _definitions_in(definitions[name])
    if reached:
        smaller["$defs"] = {name: definitions[name] for name in definitions if name in reached}
    return smaller


def _definitions_in(value: Json) -> set[str]:
    """Return the names of the definitions that a schema refers to."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            reference = value.get("$ref")
            if isinstance(reference, str) and reference.startswith(_DEFINITIONS):
                found.add(pointer.split(reference.removeprefix("#"))[1])
            waiting += value.values()
        elif isinstance(value, list):
            waiting += value
    return found


_DEFINITIONS: Final = "#/$defs/"


def _value_at(value: Json, path: Sequence[str]) -> Json:
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return ABSENT
        value = value[key]
    return value


def _with_value(whole: Json, path: Sequence[str], value: Json) -> Json:
    """Return a copy of `whole` with a value at a path of keys, making objects on the way."""
    if not path:
        return value
    inner = whole if isinstance(whole, dict) else {}
    return {**inner, path[0]: _with_value(inner.get(path[0]), path[1:], value)}
