"""Groups of options: a command takes a dataclass, and the command line shows an option a field."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass
from functools import wraps
from inspect import Parameter, signature
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints

import typer

from openapi2tools.cli.by_name.source import converted, with_saved_api
from openapi2tools.cli.options.calling import CallOptions
from openapi2tools.cli.source_options import GROUPS_OF_A_SOURCE, SourceOptions
from openapi2tools.cli.usage import TooManyArguments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from openapi2tools.cli.source_options import OfSource

_T = TypeVar("_T")


def with_flat_options(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command whose groups of options are options of their own.

    Each field of a dataclass among its parameters becomes an option. A command that has a parameter
    `ctx` gets typer's context. The returned function's signature (PEP 362) is what typer reads.

    Where SOURCE is the name of a saved API, what is saved of it stands for what was not typed. A
    command of several sources has a parameter `of_source`, which returns the options of each. One
    that has a parameter `typed` gets what was typed, by the names of the parameters.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, type] = {
        name: hint for name, hint in hints.items() if isinstance(hint, type) and is_dataclass(hint)
    }

    @wraps(command)
    def flattened(ctx: typer.Context, **given: Any) -> None:
        if ctx.args:
            raise TooManyArguments(ctx)
        typed = _Typed(given, flattened.__annotations__, _typed_names(ctx, given))
        values = typed.values()
        special = {"ctx": ctx, "of_source": typed.of_source, "typed": typed.typed()}
        arguments = {name: value for name, value in (values | special).items() if name in hints}
        arguments |= {name: _made(group, values) for name, group in groups.items()}
        command(**arguments)

    context = Parameter("ctx", Parameter.KEYWORD_ONLY, annotation=typer.Context)
    parameters = [context, *_flat_parameters(command, hints, groups)]
    vars(flattened)["__signature__"] = signature(command).replace(parameters=parameters)
    flattened.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return flattened


@dataclass(frozen=True)
class _Typed:
    """What was typed and what was not, before a saved API's settings stand for the latter."""

    given: Mapping[str, Any]
    annotations: Mapping[str, Any]
    names: set[str]

    def values(self) -> dict[str, Any]:
        """Return the parameters, for the first source where there are several."""
        sources = self.given.get("sources")
        source = sources[0] if sources else self.given.get("source")
        return dict(self.given) if source is None else self._resolved(source)

    def typed(self) -> dict[str, Any]:
        """Return the parameters that were typed."""
        return {name: value for name, value in self.given.items() if name in self.names}

    def of_source(self, source: str) -> SourceOptions:
        """Return the options of one source."""
        values = self._resolved(source)
        made: dict[str, Any] = {
            name: _made(group, values) for name, group in GROUPS_OF_A_SOURCE.items()
        }
        typed = _made(CallOptions, self.given)
        return SourceOptions(values["source"], typed=typed, **made)

    def _resolved(self, source: str) -> dict[str, Any]:
        return with_saved_api({**self.given, "source": source}, self.annotations, self.names)


def options_again(source: str, typed: Mapping[str, Any], group: type[_T]) -> tuple[OfSource, _T]:
    """Return the options of a source, and another group, of what was typed earlier.

    Args:
        source: The document, or the name of a saved API.
        typed: The values by the names of the parameters, as JSON has them.
        group: The other group.
    """
    parameters = [*chain.from_iterable(map(_parameters_of, GROUPS_OF_A_SOURCE.values()))]
    parameters += _parameters_of(group)
    annotations = {parameter.name: parameter.annotation for parameter in parameters}
    given = {
        parameter.name: converted(typed[parameter.name], parameter.annotation, parameter.default)
        if parameter.name in typed
        else parameter.default
        for parameter in parameters
    }
    again = _Typed({**given, "source": source}, annotations, set(typed))
    return again.of_source, _made(group, again.values())


def _flat_parameters(
    command: Callable[..., None], hints: dict[str, Any], groups: dict[str, type]
) -> list[Parameter]:
    """Return a command's parameters, with those of its groups in their place."""
    flat: list[Parameter] = []
    for name, parameter in signature(command).parameters.items():
        if name in groups:
            flat += _parameters_of(groups[name])
        elif name == "of_source":
            flat += chain.from_iterable(map(_parameters_of, GROUPS_OF_A_SOURCE.values()))
        elif name not in ("ctx", "typed"):
            flat.append(parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[name]))
    return flat


def _typed_names(ctx: typer.Context, given: Iterable[str]) -> set[str]:
    """Return the names of the parameters that were typed, and are no defaults."""
    sources = {name: ctx.get_parameter_source(name) for name in given}
    return {name for name, source in sources.items() if source and source.name == "COMMANDLINE"}


def _made(group: type[_T], values: Mapping[str, Any]) -> _T:
    """Return a group of options, of the values of its fields."""
    names = [field.name for field in fields(group)]  # type: ignore[arg-type]
    return group(**{name: values[name] for name in names})


def _parameters_of(group: type) -> list[Parameter]:
    """Return a parameter for every field of a group."""
    hints = get_type_hints(group, include_extras=True)
    return [
        Parameter(
            field.name,
            Parameter.KEYWORD_ONLY,
            annotation=hints[field.name],
            default=field.default_factory() if callable(field.default_factory) else field.default,
        )
        for field in fields(group)
    ]
