"""Options of calling an API: servers, credentials, what may go out, what of an answer is shown."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from openapi2tools.cli.options.given import (
    HEADER_FORM,
    REFERENCE_METAVAR,
    pairs,
    read_headers,
    warn_of_typed_secrets,
)

if TYPE_CHECKING:
    from openapi2tools.call.credentials.sources import Credential
    from openapi2tools.call.policy import Policy
    from openapi2tools.call.response.recorded import Recording, Replay

_call_option = partial(typer.Option, rich_help_panel="Calling the API")


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
            "--cookies/--no-cookies",
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
            "--choose-fields/--no-choose-fields",
            help="Let the model choose the fields of answers that it reads.",
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
            "--snapshot/--no-snapshot",
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
        pairs(self.auth, "=", "--auth", f"SCHEME=VALUE or SCHEME={REFERENCE_METAVAR}")
        pairs(self.header, ":", "--header", HEADER_FORM)
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
        return pairs(self.server_var, "=", "--server-var", "NAME=VALUE")

    def recording(self) -> Recording | Replay | None:
        """Return what keeps the exchanges, or answers from a file of them."""
        from openapi2tools.call.response.recorded import record, replay  # noqa: PLC0415 -- httpx is only for those who call

        if self.record is not None:
            return record(self.record, add=True)
        return None if self.replay is None else replay(self.replay)

    def arguments(self) -> dict[str, str]:
        """Return the value of `--set`."""
        return pairs(self.set, "=", "--set", "NAME=VALUE or TOOL.NAME=VALUE")

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
        return read_headers(self.header, "--header")

    def credentials(self) -> dict[str, Credential]:
        """Return the value of `--auth`."""
        from openapi2tools.call.credentials.masking import is_secret_header  # noqa: PLC0415 -- httpx is only for those who call
        from openapi2tools.call.credentials.sources import read_options  # noqa: PLC0415 -- likewise

        headers = pairs(self.header, ":", "--header", HEADER_FORM)
        secret_headers = [value for name, value in headers.items() if is_secret_header(name)]
        values = [text.partition("=")[2] for text in self.auth]
        warn_of_typed_secrets({"--auth": values, "--header": secret_headers})
        return read_options(self.auth)


_GLOB_OF_FIELDS: Final = re.compile(r"[\w*?.-]+=(?!=)")


def _with_glob(fields: str) -> str:
    """Return a value of `--fields` with the glob of the tools that it is for."""
    return fields if _GLOB_OF_FIELDS.match(fields) else f"*={fields}"
