"""Options of reading a document: its address, connections, limits."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property, partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openapi2tools.cli.console import say
from openapi2tools.cli.options.given import (
    HEADER_FORM,
    pairs,
    read_headers,
)
from openapi2tools.errors import CallError, InvalidOption

if TYPE_CHECKING:
    from openapi2tools.model import Api, OnProgress
    from openapi2tools.spec.limits import Limits
    from openapi2tools.transport import Verify

Source = Annotated[
    str,
    typer.Argument(
        metavar="SOURCE",
        help=(
            "The OpenAPI document: a URL, a path, or - for standard input; or the name of a saved "
            "API (`openapi2tools add`)."
        ),
        show_default=False,
    ),
]

_connection_option = partial(typer.Option, rich_help_panel="Connections")
_reading_option = partial(typer.Option, rich_help_panel="Reading the document")


@dataclass(frozen=True)
class ConnectionOptions:
    """How connections are made, for the document as for calls and logins."""

    ca: Annotated[
        Path | None,
        _connection_option(
            metavar="FILE",
            help="Certificate authorities (PEM) to trust beside the usual ones.",
            show_default=False,
        ),
    ] = None
    insecure: Annotated[
        bool, _connection_option("--insecure", help="Do not check servers' certificates.")
    ] = False
    timeout: Annotated[
        float | None,
        _connection_option(
            metavar="SECONDS",
            help="How long a fetch (30), a call (60) and a turn of a model (600) may take.",
            show_default=False,
        ),
    ] = None

    def __post_init__(self) -> None:
        if self.timeout is not None and not 0 < self.timeout < inf:
            raise typer.BadParameter("give seconds, a number above 0.", param_hint="--timeout")
        if self.insecure and self.ca:
            raise typer.BadParameter(
                "--ca says whom to trust, and --insecure trusts everybody: give one of them.",
                param_hint="--insecure",
            )
        if self.insecure:
            say(
                "Warning: --insecure: no server's certificate is checked, so anybody on the way "
                "can read and change what is sent, credentials too."
            )

    @cached_property
    def verify(self) -> Verify:
        """What `--ca` and `--insecure` are to `verify=`."""
        if self.ca is None:
            return not self.insecure
        from openapi2tools.transport import trusting  # noqa: PLC0415 -- httpx is only for those who connect

        try:
            return trusting(str(self.ca))
        except CallError as error:
            raise typer.BadParameter(str(error), param_hint="--ca") from None

    def connection(self) -> dict[str, Any]:
        """Return what `connect` and `log_in` take of it."""
        given = {} if self.timeout is None else {"timeout": self.timeout}
        return {"verify": self.verify, **given}


@dataclass(frozen=True)
class ReadingOptions(ConnectionOptions):
    """How the document is found and read."""

    spec_header: Annotated[
        list[str],
        _reading_option(
            metavar="'NAME: VALUE'",
            help=(
                "A header for fetching the document, sent to its own origin only; a value may be "
                "env:NAME and so on, as for --header."
            ),
        ),
    ] = field(default_factory=list)
    spec_address: Annotated[
        str | None,
        _reading_option(
            metavar="URL",
            help="Where a document from a file or from standard input is published.",
        ),
    ] = None
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
        bool,
        _reading_option("--no-cache", help="Fetch and read anew, whatever the disk cache holds."),
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
        super().__post_init__()
        pairs(self.spec_header, ":", "--spec-header", HEADER_FORM)
        self.limits()

    def headers(self) -> dict[str, str]:
        """Return the value of `--spec-header`."""
        return read_headers(self.spec_header, "--spec-header")

    def limits(self) -> Limits:
        """Return the value of `--limit`, with that of `--timeout` for one fetch."""
        from openapi2tools.spec.limits import Limits  # noqa: PLC0415 -- the package is read by those who read documents

        number_types: dict[str, Any] = {
            limit.name: float if isinstance(limit.default, float) else int
            for limit in fields(Limits)
        }
        for text in self.limit:
            if text.isdigit():
                raise typer.BadParameter(
                    "write NAME=N, for what the document may cost; an argument of a tool is "
                    f"limit={text}.",
                    param_hint="--limit",
                )
        given = {
            name.replace("-", "_"): value
            for name, value in pairs(self.limit, "=", "--limit", "NAME=N").items()
        }
        try:
            numbers = {name: _positive(number_types[name](value)) for name, value in given.items()}
            return replace(self._default_limits(), **numbers)
        except (KeyError, ValueError):
            names = ", ".join(name.replace("_", "-") for name in number_types)
            raise typer.BadParameter(
                f"write NAME=N, a number above 0 for one of {names}.", param_hint="--limit"
            ) from None

    def _default_limits(self) -> Limits:
        from openapi2tools.spec.limits import Limits  # noqa: PLC0415 -- as above

        limits = Limits()
        if self.timeout is None:
            return limits
        total = max(self.timeout, limits.total_seconds)
        return replace(limits, seconds=self.timeout, total_seconds=total)

    def load(self, source: str | bytes, on_progress: OnProgress | None) -> Api:
        """Read the document."""
        from openapi2tools.spec.load import load  # noqa: PLC0415 -- the help text must not wait for it

        try:
            return load(
                source,
                address=self.spec_address,
                overlays=self.overlay,
                headers=self.headers(),
                allow_refs=self.allow_ref,
                cache=not self.no_cache,
                verify=self.verify,
                limits=self.limits(),
                progress=on_progress,
            )
        except InvalidOption as error:
            message = str(error).removeprefix("address=: ")
            raise typer.BadParameter(message, param_hint="--spec-address") from None


def _positive(number: Any) -> Any:
    if not 0 < number < inf:  # nan is no such number, either
        raise ValueError
    return number
