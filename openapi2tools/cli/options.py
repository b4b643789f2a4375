"""The options that several commands share, in groups: what stands on the command line in, values for our verbs out."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, is_dataclass, replace
from difflib import get_close_matches
from functools import partial, wraps
from inspect import Parameter, signature
from math import inf
from pathlib import Path  # noqa: TC003 -- typer reads annotations at run time
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

import typer

from openapi2tools.cli.console import brief, progress, say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from openapi2tools.call.client import Client
    from openapi2tools.call.credentials.sources import Credential
    from openapi2tools.model import Api, OnProgress, Toolset
    from openapi2tools.spec.limits import Limits

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="The OpenAPI document: a URL, a path, or - for standard input.",
        show_default=False,
    ),
]

_reading = partial(typer.Option, rich_help_panel="Reading the document")
_choosing = partial(typer.Option, rich_help_panel="Choosing tools")
_calling = partial(typer.Option, rich_help_panel="Calling the API")


@dataclass(frozen=True)
class Reading:
    """How the document is found and read."""

    spec_header: Annotated[
        list[str],
        _reading(
            metavar="'NAME: VALUE'",
            help="A header for fetching the document, sent to its own origin only.",
        ),
    ] = field(default_factory=list)
    overlay: Annotated[
        list[str],
        _reading(metavar="FILE|URL", help="An OpenAPI Overlay to apply; several go in order."),
    ] = field(default_factory=list)
    allow_ref: Annotated[
        list[str],
        _reading(metavar="ORIGIN|FOLDER", help="Another place that references may lead to."),
    ] = field(default_factory=list)
    no_cache: Annotated[
        bool, _reading("--no-cache", help="Fetch anew, whatever the disk cache holds.")
    ] = False
    limit: Annotated[
        list[str],
        _reading(
            metavar="NAME=N",
            help="What the document may cost: max-bytes=67108864, max-values, max-documents, seconds ...",
        ),
    ] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.headers()
        self.limits()

    def headers(self) -> dict[str, str]:
        """Read `--spec-header`."""
        return _pairs(self.spec_header, ":", "--spec-header", "'NAME: VALUE'")

    def limits(self) -> Limits:
        """Read `--limit`."""
        from openapi2tools.spec.limits import Limits  # noqa: PLC0415 -- the package is read by those who read documents

        kinds: dict[str, Any] = {
            limit.name: float if isinstance(limit.default, float) else int
            for limit in fields(Limits)
        }
        given = {
            name.replace("-", "_"): value
            for name, value in _pairs(self.limit, "=", "--limit", "NAME=N").items()
        }
        try:
            return replace(
                Limits(), **{name: _positive(kinds[name](value)) for name, value in given.items()}
            )
        except (KeyError, ValueError):
            names = ", ".join(name.replace("_", "-") for name in kinds)
            raise typer.BadParameter(
                f"write NAME=N, a number above 0 for one of {names}.", param_hint="--limit"
            ) from None

    def load(self, source: str | bytes, on_progress: OnProgress | None) -> Api:
        """Read the document."""
        from openapi2tools.spec.load import load  # noqa: PLC0415 -- the help text must not wait for it

        return load(
            source,
            overlays=self.overlay,
            headers=self.headers(),
            allow_refs=self.allow_ref,
            cache=not self.no_cache,
            limits=self.limits(),
            progress=on_progress,
        )


@dataclass(frozen=True)
class Choosing:
    """Which operations become tools: those that fit every option given; within one option any value will do."""

    tag: Annotated[list[str], _choosing(help="Only operations with this tag.")] = field(
        default_factory=list
    )
    operation: Annotated[
        list[str],
        _choosing(metavar="GLOB", help="Only operations whose operationId fits: 'pets_*'."),
    ] = field(default_factory=list)
    path: Annotated[
        list[str], _choosing(metavar="GLOB", help="Only paths that fit: '/pets/*'.")
    ] = field(default_factory=list)
    method: Annotated[list[str], _choosing(help="Only this HTTP method.")] = field(
        default_factory=list
    )
    read_only: Annotated[
        bool, _choosing("--read-only", help="Only operations that change nothing.")
    ] = False
    no_deprecated: Annotated[
        bool, _choosing("--no-deprecated", help="Leave deprecated operations out.")
    ] = False
    prefix: Annotated[str, _choosing(help="Put this before every tool's name.")] = ""


@dataclass(frozen=True)
class Calling:
    """Where calls go and what opens the door."""

    server: Annotated[
        str | None,
        _calling(
            metavar="URL|INDEX|NAME", help="Which server to call, instead of the document's first."
        ),
    ] = None
    server_var: Annotated[
        list[str], _calling(metavar="NAME=VALUE", help="A variable of the server's URL.")
    ] = field(default_factory=list)
    auth: Annotated[
        list[str],
        _calling(
            metavar="SCHEME=VALUE|SCHEME=env:NAME",
            help="A credential for one of the document's security schemes; env:NAME reads an environment variable.",
        ),
    ] = field(default_factory=list)
    files: Annotated[
        list[Path],
        _calling(metavar="FOLDER", help="A folder from which an argument may name a file to send."),
    ] = field(default_factory=list)
    reads: Annotated[
        list[str],
        _calling(metavar="GLOB", help="Tools that only read, whatever their method: 'search_*'."),
    ] = field(default_factory=list)
    yes: Annotated[bool, _calling("--yes", "-y", help="Let writes go out without asking.")] = False

    def __post_init__(self) -> None:
        self.variables()
        _pairs(self.auth, "=", "--auth", "SCHEME=VALUE or SCHEME=env:NAME")

    def variables(self) -> dict[str, str]:
        """Read `--server-var`."""
        return _pairs(self.server_var, "=", "--server-var", "NAME=VALUE")

    def credentials(self) -> dict[str, Credential]:
        """Read `--auth`."""
        from openapi2tools.call.credentials.sources import read_options  # noqa: PLC0415 -- httpx is only for those who call

        return read_options(self.auth)


def _positive(number: Any) -> Any:
    if not 0 < number < inf:  # nan is no such number, either
        raise ValueError
    return number


def _pairs(given: Iterable[str], separator: str, option: str, form: str) -> dict[str, str]:
    """Split names from values; one that has no name is not repeated, since it may be a secret."""
    pairs = [one.partition(separator) for one in given]
    if not all(name.strip() and found for name, found, _ in pairs):
        raise typer.BadParameter(f"write {form}.", param_hint=option)
    return {name.strip(): value.strip() for name, _, value in pairs}


def read_tools(source: str, reading: Reading, choosing: Choosing) -> Toolset:
    """Read a document, make its tools and keep those that are wanted."""
    from openapi2tools.tools.build import build_tools  # noqa: PLC0415 -- the help text must not wait for it

    with progress() as on_progress:
        api = reading.load(source, on_progress)
        tools = build_tools(api, prefix=choosing.prefix, progress=on_progress)
    chosen = tools.only(
        tags=choosing.tag,
        operations=choosing.operation,
        paths=choosing.path,
        methods=choosing.method,
        read_only=choosing.read_only,
        deprecated=not choosing.no_deprecated,
    )
    tags = sorted({tag for tool in tools.values() for tag in tool.operation.tags})
    if unknown := [tag for tag in choosing.tag if tag not in tags]:
        near = get_close_matches(unknown[0], tags, cutoff=0.5) or tags
        say(
            f"Note: no operation has the tag {unknown[0]!r}. Tags: {brief(', '.join(near)) or 'none'}."
        )
    elif not chosen:
        say(
            f"Note: none of {len(tools)} operations fits these options. Tags: {brief(', '.join(tags)) or 'none'}."
        )
    if lost := sum(problem.lost is not None for problem in (*api.problems, *tools.problems)):
        say(
            f"Note: {lost} operations of this document cannot be offered; openapi2tools lint says why."
        )
    return chosen


def connect_tools(tools: Toolset, calling: Calling, **options: Any) -> Client:
    """Make the client that calls these tools; writes need a yes unless `--yes` gave it for all. `options` are others of `connect`."""
    from openapi2tools.call.client import connect  # noqa: PLC0415 -- httpx is only for those who call
    from openapi2tools.call.credentials.schemes import (  # noqa: PLC0415 -- likewise
        unknown_credentials,
    )
    from openapi2tools.call.policy import Policy  # noqa: PLC0415 -- likewise

    credentials = calling.credentials()
    wrong, known = unknown_credentials(tools.values(), credentials)
    if wrong:  # it is not repeated: it may be a mistyped secret
        raise typer.BadParameter(
            f"the document's security schemes are: {known}.", param_hint="--auth"
        )
    return connect(
        tools,
        credentials=credentials,
        policy=Policy(confirm="none" if calling.yes else "writes", reads=calling.reads),
        server=calling.server,
        server_variables=calling.variables(),
        files=calling.files,
        **options,
    )


def flat(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take groups of options: each field of a dataclass among its parameters becomes an option of its own."""
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, type] = {
        name: hint for name, hint in hints.items() if isinstance(hint, type) and is_dataclass(hint)
    }

    @wraps(command)
    def flattened(ctx: typer.Context, **given: Any) -> None:
        if ctx.args:  # they may be secrets, so they are counted, not shown
            raise typer.BadParameter(
                "there are arguments too many; a text with spaces needs quotes.", ctx
            )
        for name, group in groups.items():
            given[name] = group(**{one.name: given.pop(one.name) for one in fields(group)})
        command(**given)

    parameters = [Parameter("ctx", Parameter.KEYWORD_ONLY, annotation=typer.Context)]
    for name, parameter in signature(command).parameters.items():
        parameters += (
            _options(groups[name])
            if name in groups
            else [parameter.replace(kind=Parameter.KEYWORD_ONLY, annotation=hints[name])]
        )
    vars(flattened)["__signature__"] = signature(command).replace(parameters=parameters)  # PEP 362
    flattened.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return flattened


def _options(group: type) -> list[Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        Parameter(
            one.name,
            Parameter.KEYWORD_ONLY,
            annotation=hints[one.name],
            default=one.default_factory() if callable(one.default_factory) else one.default,
        )
        for one in fields(group)
    ]
