"""The options that several commands share, in groups, and what they mean to our public verbs."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from openapi2tools.call.credentials.sources import Credential
    from openapi2tools.model import Api, OnProgress
    from openapi2tools.spec.limits import Limits

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help="The OpenAPI document: a URL, a path, or - for standard input.",
        show_default=False,
    ),
]

_reading_option = partial(typer.Option, rich_help_panel="Reading the document")
_selection_option = partial(typer.Option, rich_help_panel="Choosing tools")
_call_option = partial(typer.Option, rich_help_panel="Calling the API")


@dataclass(frozen=True)
class ReadingOptions:
    """How the document is found and read."""

    spec_header: Annotated[
        list[str],
        _reading_option(
            metavar="'NAME: VALUE'",
            help="A header for fetching the document, sent to its own origin only.",
        ),
    ] = field(default_factory=list)
    overlay: Annotated[
        list[str],
        _reading_option(
            metavar="FILE|URL", help="An OpenAPI Overlay to apply; several go in order."
        ),
    ] = field(default_factory=list)
    allow_ref: Annotated[
        list[str],
        _reading_option(metavar="ORIGIN|FOLDER", help="Another place that references may lead to."),
    ] = field(default_factory=list)
    no_cache: Annotated[
        bool, _reading_option("--no-cache", help="Fetch anew, whatever the disk cache holds.")
    ] = False
    limit: Annotated[
        list[str],
        _reading_option(
            metavar="NAME=N",
            help=(
                "What the document may cost: max-bytes=67108864, max-values, max-documents, "
                "seconds ..."
            ),
        ),
    ] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.headers()
        self.limits()

    def headers(self) -> dict[str, str]:
        """Return the value of `--spec-header`."""
        return _pairs(self.spec_header, ":", "--spec-header", "'NAME: VALUE'")

    def limits(self) -> Limits:
        """Return the value of `--limit`."""
        from openapi2tools.spec.limits import Limits  # noqa: PLC0415 -- the package is read by those who read documents

        number_types: dict[str, Any] = {
            limit.name: float if isinstance(limit.default, float) else int
            for limit in fields(Limits)
        }
        given = {
            name.replace("-", "_"): value
            for name, value in _pairs(self.limit, "=", "--limit", "NAME=N").items()
        }
        try:
            numbers = {name: _positive(number_types[name](value)) for name, value in given.items()}
            return replace(Limits(), **numbers)
        except (KeyError, ValueError):
            names = ", ".join(name.replace("_", "-") for name in number_types)
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
class SelectionOptions:
    """Which operations become tools.

    An operation has to fit every option given, and one value of each.
    """

    tag: Annotated[list[str], _selection_option(help="Only operations with this tag.")] = field(
        default_factory=list
    )
    operation: Annotated[
        list[str],
        _selection_option(metavar="GLOB", help="Only operations whose operationId fits: 'pets_*'."),
    ] = field(default_factory=list)
    path: Annotated[
        list[str], _selection_option(metavar="GLOB", help="Only paths that fit: '/pets/*'.")
    ] = field(default_factory=list)
    method: Annotated[list[str], _selection_option(help="Only this HTTP method.")] = field(
        default_factory=list
    )
    read_only: Annotated[
        bool, _selection_option("--read-only", help="Only operations that change nothing.")
    ] = False
    no_deprecated: Annotated[
        bool, _selection_option("--no-deprecated", help="Leave deprecated operations out.")
    ] = False
    prefix: Annotated[str, _selection_option(help="Put this before every tool's name.")] = ""


@dataclass(frozen=True)
class CallOptions:
    """Where calls go, with which credentials, and what may go out."""

    server: Annotated[
        str | None,
        _call_option(
            metavar="URL|INDEX|NAME", help="Which server to call, instead of the document's first."
        ),
    ] = None
    server_var: Annotated[
        list[str], _call_option(metavar="NAME=VALUE", help="A variable of the server's URL.")
    ] = field(default_factory=list)
    auth: Annotated[
        list[str],
        _call_option(
            metavar="SCHEME=VALUE|SCHEME=env:NAME",
            help=(
                "A credential for one of the document's security schemes; env:NAME reads an "
                "environment variable."
            ),
        ),
    ] = field(default_factory=list)
    files: Annotated[
        list[Path],
        _call_option(
            metavar="FOLDER", help="A folder from which an argument may name a file to send."
        ),
    ] = field(default_factory=list)
    reads: Annotated[
        list[str],
        _call_option(
            metavar="GLOB", help="Tools that only read, whatever their method: 'search_*'."
        ),
    ] = field(default_factory=list)
    yes: Annotated[bool, _call_option("--yes", "-y", help="Let writes go out without asking.")] = (
        False
    )

    def __post_init__(self) -> None:
        self.variables()
        _pairs(self.auth, "=", "--auth", "SCHEME=VALUE or SCHEME=env:NAME")

    def variables(self) -> dict[str, str]:
        """Return the value of `--server-var`."""
        return _pairs(self.server_var, "=", "--server-var", "NAME=VALUE")

    def credentials(self) -> dict[str, Credential]:
        """Return the value of `--auth`."""
        from openapi2tools.call.credentials.sources import read_options  # noqa: PLC0415 -- httpx is only for those who call

        return read_options(self.auth)


def _positive(number: Any) -> Any:
    if not 0 < number < inf:  # nan is no such number, either
        raise ValueError
    return number


def _pairs(given: Iterable[str], separator: str, option: str, form: str) -> dict[str, str]:
    """Split names from values.

    What has no name is not repeated in the error, because it may be a secret.
    """
    pairs = [text.partition(separator) for text in given]
    if not all(name.strip() and found for name, found, _ in pairs):
        raise typer.BadParameter(f"write {form}.", param_hint=option)
    return {name.strip(): value.strip() for name, _, value in pairs}
