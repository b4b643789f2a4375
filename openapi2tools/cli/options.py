"""The options that several commands share, in groups, and what they mean to our public verbs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import cached_property, partial
from itertools import chain
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from openapi2tools.cli.console import say
from openapi2tools.errors import CallError, InvalidOption

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openapi2tools.call.credentials.sources import Credential
    from openapi2tools.call.policy import Policy
    from openapi2tools.call.response.recorded import Recording, Replay
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

REFERENCE_METAVAR: Final = "env:NAME|file:PATH|keyring:NAME|cmd:COMMAND|-"
"""Where a secret may be, in place of the secret itself."""

_connection_option = partial(typer.Option, rich_help_panel="Connections")
_reading_option = partial(typer.Option, rich_help_panel="Reading the document")
_selection_option = partial(typer.Option, rich_help_panel="Choosing tools")
_call_option = partial(typer.Option, rich_help_panel="Calling the API")


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
        _pairs(self.spec_header, ":", "--spec-header", _HEADER_FORM)
        self.limits()

    def headers(self) -> dict[str, str]:
        """Return the value of `--spec-header`."""
        return _read_headers(self.spec_header, "--spec-header")

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
            for name, value in _pairs(self.limit, "=", "--limit", "NAME=N").items()
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


OpenBody = Annotated[
    list[str] | None,
    _selection_option(
        metavar="GLOB",
        help="Let these tools send a body that the document does not declare: 'import_*'.",
    ),
]


@dataclass(frozen=True)
class SelectionOptions:
    """Which operations become tools.

    An operation has to fit every option given, and one value of each.
    """

    tag: Annotated[
        list[str], _selection_option(metavar="TAG", help="Only operations with this tag.")
    ] = field(default_factory=list)
    operation: Annotated[
        list[str],
        _selection_option(
            metavar="GLOB",
            help="Only operations whose operationId or tool name fits as a whole: 'pets_*'.",
        ),
    ] = field(default_factory=list)
    path: Annotated[
        list[str], _selection_option(metavar="GLOB", help="Only paths that fit: '/pets/*'.")
    ] = field(default_factory=list)
    method: Annotated[
        list[str], _selection_option(metavar="METHOD", help="Only this HTTP method.")
    ] = field(default_factory=list)
    read_only: Annotated[
        bool, _selection_option("--read-only", help="Only operations that change nothing.")
    ] = False
    no_deprecated: Annotated[
        bool, _selection_option("--no-deprecated", help="Leave deprecated operations out.")
    ] = False
    prefix: Annotated[
        str, _selection_option(metavar="TEXT", help="Put this before every tool's name.")
    ] = ""
    name_length: Annotated[
        int,
        _selection_option(
            min=24,
            max=64,
            metavar="N",
            help="At most N characters a tool's name, for hosts that put 'mcp__server__' before.",
        ),
    ] = 64
    open_body: OpenBody = None


class Confirm(StrEnum):
    """Which calls need a yes: those of `Policy.confirm`."""

    NONE = "none"
    WRITES = "writes"
    ALL = "all"


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
            metavar=f"SCHEME=VALUE|SCHEME={REFERENCE_METAVAR}",
            help=(
                "A credential for one of the document's security schemes, or by its kind: bearer, "
                "basic, digest, header:NAME, query:NAME, cookie:NAME. env:NAME reads an "
                "environment variable, file:PATH a file, keyring:NAME the platform's keyring, "
                "cmd:COMMAND what a command prints, - standard input."
            ),
        ),
    ] = field(default_factory=list)
    account: Annotated[
        str, _call_option(metavar="NAME", help="Whose login to use, when there are several.")
    ] = ""
    header: Annotated[
        list[str],
        _call_option(
            metavar="'NAME: VALUE'",
            help=(
                "A header for every call; 'NAME: env:NAME' reads an environment variable; "
                "likewise file:PATH, keyring:NAME, cmd:COMMAND and -."
            ),
        ),
    ] = field(default_factory=list)
    set: Annotated[
        list[str],
        _call_option(
            metavar="NAME=VALUE|TOOL.NAME=VALUE",
            help=(
                "The value of an argument for every call, which no model is asked for: of all "
                "tools that have it, or of one."
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
    cookies: Annotated[
        bool,
        _call_option(
            "--cookies",
            help="Keep the cookies that the API sets, and send them to the same origin again.",
        ),
    ] = False
    max_result: Annotated[
        int | None,
        _call_option(
            min=1,
            metavar="N",
            help="How many tokens of an answer a model reads: 5000.",
            show_default=False,
        ),
    ] = None
    fields: Annotated[
        list[str],
        _call_option(
            metavar="[GLOB=]FIELDS",
            help=(
                "Which fields of an answer are shown, of all tools or of those that fit: dotted "
                "names (id,author.name), or JMESPath ('items[].{id: id, by: author.name}')."
            ),
        ),
    ] = field(default_factory=list)
    choose_fields: Annotated[
        bool,
        _call_option(
            "--choose-fields", help="Let the model choose the fields of answers that it reads."
        ),
    ] = False
    pages: Annotated[
        int,
        _call_option(
            min=1, metavar="N", help="How many pages a model may get with one call, joined."
        ),
    ] = 1
    unchecked: Annotated[
        list[str],
        _call_option(
            metavar="GLOB",
            help=(
                "Tools whose arguments go out though the document's schema refuses them: "
                "'create_*'."
            ),
        ),
    ] = field(default_factory=list)
    record: Annotated[
        Path | None,
        _call_option(
            metavar="FILE",
            help="Add each call and its answer to this file, without credentials.",
            show_default=False,
        ),
    ] = None
    replay: Annotated[
        Path | None,
        _call_option(
            metavar="FILE",
            help="Answer calls from such a file: nothing is sent, and no credential is needed.",
            show_default=False,
        ),
    ] = None
    confirm: Annotated[
        Confirm | None,
        _call_option(help="Which calls need a yes; writes, if it is not said.", show_default=False),
    ] = None
    yes: Annotated[bool, _call_option("--yes", "-y", help="Let writes go out without asking.")] = (
        False
    )

    snapshot: Annotated[
        bool,
        _call_option(
            "--snapshot",
            help=(
                "In a run, read what is there before a write goes out: to undo it, and to see what "
                "became of it."
            ),
        ),
    ] = False

    def __post_init__(self) -> None:
        if self.record and self.replay:
            raise typer.BadParameter(
                "--record keeps what is sent, and --replay sends nothing: give one of them.",
                param_hint="--record",
            )
        object.__setattr__(self, "fields", list(map(_with_glob, self.fields)))
        self.variables()
        _pairs(self.auth, "=", "--auth", f"SCHEME=VALUE or SCHEME={REFERENCE_METAVAR}")
        _pairs(self.header, ":", "--header", _HEADER_FORM)
        self.arguments()

    def policy(self) -> Policy:
        """Return which calls need a yes, and what the user says of the tools."""
        from openapi2tools.call.policy import Policy  # noqa: PLC0415 -- httpx is only for those who call

        confirm = Confirm.NONE if self.yes else self.confirm or Confirm.WRITES
        return Policy(
            confirm=confirm.value,
            reads=self.reads,
            unchecked=self.unchecked,
            snapshot=self.snapshot,
            pages=self.pages,
        )

    def variables(self) -> dict[str, str]:
        """Return the value of `--server-var`."""
        return _pairs(self.server_var, "=", "--server-var", "NAME=VALUE")

    def recording(self) -> Recording | Replay | None:
        """Return what keeps the exchanges, or answers from a file of them."""
        from openapi2tools.call.response.recorded import record, replay  # noqa: PLC0415 -- httpx is only for those who call

        if self.record is not None:
            return record(self.record, add=True)
        return None if self.replay is None else replay(self.replay)

    def arguments(self) -> dict[str, str]:
        """Return the value of `--set`."""
        return _pairs(self.set, "=", "--set", "NAME=VALUE or TOOL.NAME=VALUE")

    def selections(self) -> dict[str, str]:
        """Return the value of `--fields`, by globs: what was typed last counts first."""
        selections: dict[str, str] = {}
        for text in reversed(self.fields):
            glob, _, fields = text.partition("=")
            selections.setdefault(glob, fields)
        return selections

    def refuse_standard_input(self) -> None:
        """Raise for a credential that standard input would have to give."""
        values = {
            "--auth": [text.partition("=")[2] for text in self.auth],
            "--header": [text.partition(":")[2].strip() for text in self.header],
        }
        for option, texts in values.items():
            if "-" in texts:
                raise typer.BadParameter(
                    "standard input belongs to the protocol; give it as env:NAME, file:PATH or "
                    "cmd:COMMAND.",
                    param_hint=option,
                )

    def headers(self) -> dict[str, str]:
        """Return the value of `--header`."""
        return _read_headers(self.header, "--header")

    def credentials(self) -> dict[str, Credential]:
        """Return the value of `--auth`."""
        from openapi2tools.call.credentials.masking import is_secret_header  # noqa: PLC0415 -- httpx is only for those who call
        from openapi2tools.call.credentials.sources import read_options  # noqa: PLC0415 -- likewise

        headers = _pairs(self.header, ":", "--header", _HEADER_FORM)
        secret_headers = [value for name, value in headers.items() if is_secret_header(name)]
        values = [text.partition("=")[2] for text in self.auth]
        warn_of_typed_secrets({"--auth": values, "--header": secret_headers})
        return read_options(self.auth)


def _read_headers(given: Iterable[str], option: str) -> dict[str, str]:
    """Return headers by name, each with its value or what that refers to."""
    from openapi2tools.call.credentials.references import read_value  # noqa: PLC0415 -- httpx is only for those who call

    pairs = _pairs(given, ":", option, _HEADER_FORM)
    return {name: read_value(value, f"{option} {name}") for name, value in pairs.items()}


def warn_of_typed_secrets(given: Mapping[str, Iterable[str]]) -> None:
    """Warn once of secrets that were typed, by the options that they were typed for."""
    from openapi2tools.call.credentials.references import is_reference  # noqa: PLC0415 -- httpx is only for those who call

    texts = {option: chain.from_iterable(map(secret_texts, given[option])) for option in given}
    typed = [option for option in given if not all(map(is_reference, filter(None, texts[option])))]
    if typed:
        say(
            f"Note: others on this computer can see the value of {typed[0]} in the list of "
            "processes, and your shell keeps it. Give it as env:NAME, file:PATH, keyring:NAME, "
            "cmd:COMMAND or -."
        )


def secret_texts(value: str) -> list[str]:
    """Return what of a credential may be secret: of a JSON object, the values of its fields."""
    import json  # noqa: PLC0415 -- only for who gives a credential

    try:
        fields = json.loads(value)
    except ValueError:
        return [value]
    if not isinstance(fields, dict):
        return [value]
    names = ("client_secret", "password", "token", "access_token", "refresh_token", "api_key")
    return [str(fields[name]) for name in names if fields.get(name)]


_GLOB_OF_FIELDS: Final = re.compile(r"[\w*?.-]+=(?!=)")


def _with_glob(fields: str) -> str:
    """Return a value of `--fields` with the glob of the tools that it is for."""
    return fields if _GLOB_OF_FIELDS.match(fields) else f"*={fields}"


_HEADER_FORM: Final = "'NAME: VALUE' or 'NAME: env:NAME'"


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
