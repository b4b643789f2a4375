"""The options of `auth login`: which client asks for a token, for whom and for what."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from getpass import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openapi2tools.cli.by_name.source import SavedSource
from openapi2tools.cli.console import on_terminal
from openapi2tools.cli.options.given import REFERENCE_METAVAR, warn_of_typed_secrets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openapi2tools.call.oauth.config import OAuthCredential

_CLIENT_PANEL = "Who asks"
_TOKENS = ("token", "access_token", "refresh_token")


@dataclass(frozen=True)
class LoginOptions:
    """With which client, for whom and for what a token is asked."""

    client_id: Annotated[
        str,
        typer.Option(
            help="The client that the API's owner registered.", rich_help_panel=_CLIENT_PANEL
        ),
    ] = ""
    client_secret: Annotated[
        str,
        typer.Option(
            metavar=f"VALUE|{REFERENCE_METAVAR}",
            help="Its secret, when it has one; - asks for it.",
            rich_help_panel=_CLIENT_PANEL,
            show_default=False,
        ),
    ] = ""
    private_key: Annotated[
        str,
        typer.Option(
            metavar=REFERENCE_METAVAR.removesuffix("|-"),  # keys have several lines
            help="What it signs with in place of a secret, or a service account's key file.",
            rich_help_panel=_CLIENT_PANEL,
            show_default=False,
        ),
    ] = ""
    key_id: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="The name of that key at the server.",
            rich_help_panel=_CLIENT_PANEL,
        ),
    ] = ""
    subject: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="For whom a service account asks.",
            rich_help_panel=_CLIENT_PANEL,
        ),
    ] = ""
    auth_method: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="How it says who it is, when that is not found out: client_secret_post, ….",
            rich_help_panel=_CLIENT_PANEL,
        ),
    ] = ""
    dpop: Annotated[
        bool,
        typer.Option(
            "--dpop",
            help="Ask for a token that is bound to a key of this login.",
            rich_help_panel=_CLIENT_PANEL,
        ),
    ] = False
    scopes: Annotated[
        str | None,
        typer.Option(
            metavar="'A B'",
            help="The scopes, instead of those that the operations need.",
            rich_help_panel=_CLIENT_PANEL,
        ),
    ] = None
    username: Annotated[
        str,
        typer.Option(
            help="Log in with a password, where the API wants that; it is asked for.",
            rich_help_panel=_CLIENT_PANEL,
        ),
    ] = ""
    account: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="A name for this login, to keep several of one API apart.",
            rich_help_panel=_CLIENT_PANEL,
        ),
    ] = ""
    redirect_uri: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="The registered redirect URI on this computer, when it has a fixed port.",
            rich_help_panel=_CLIENT_PANEL,
        ),
    ] = ""
    token_url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Where tokens come from, when the document does not say it right.",
            rich_help_panel=_CLIENT_PANEL,
        ),
    ] = ""
    authorization_url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Where one logs in, when the document does not say it right.",
            rich_help_panel=_CLIENT_PANEL,
        ),
    ] = ""
    device_url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Where a code for another device comes from, likewise.",
            rich_help_panel=_CLIENT_PANEL,
        ),
    ] = ""
    parameter: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=VALUE",
            help="What the server wants besides: audience=…, resource=….",
            rich_help_panel=_CLIENT_PANEL,
        ),
    ] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.extra()

    def extra(self) -> dict[str, str]:
        """Return the value of `--parameter`."""
        pairs = [text.partition("=") for text in self.parameter]
        if not all(name and equals for name, equals, _ in pairs):
            raise typer.BadParameter("write NAME=VALUE.", param_hint="--parameter")
        return {name: value for name, _, value in pairs}

    def settings(self, scheme: str, saved: Mapping[str, Any] | None = None) -> OAuthCredential:
        """Return the settings of a scheme; the password of `--username` is asked for.

        Args:
            scheme: Its name in the document.
            saved: The fields that a saved API has for it, before which goes what was typed.
        """
        from openapi2tools.call.credentials.references import read_value  # noqa: PLC0415 -- httpx is only for those who call
        from openapi2tools.call.oauth.config import OAuthCredential  # noqa: PLC0415 -- likewise

        given: dict[str, Any] = {
            "client_id": self.client_id,
            "account": self.account,
            "redirect_uri": self.redirect_uri,
            "username": self.username,
            "extra": self.extra(),
            "scopes": self.scopes,
            "token_url": self.token_url,
            "authorization_url": self.authorization_url,
            "device_authorization_url": self.device_url,
            "auth_method": self.auth_method,
            "key_id": self.key_id,
            "subject": self.subject,
            "dpop": self.dpop,
        }
        secrets = {"client_secret": self.client_secret, "private_key": self.private_key}
        options = {name: f"--{name.replace('_', '-')}" for name in secrets}
        warn_of_typed_secrets({options[name]: [text] for name, text in secrets.items()})
        for name, text in secrets.items():
            if text:
                given[name] = read_value(text, options[name])
        if self.username:
            given["password"] = _ask_password(self.username)
        typed = {name: value for name, value in given.items() if value not in (None, "", False, {})}
        before = saved or {}
        if "extra" in typed and isinstance(before.get("extra"), dict):
            typed["extra"] = {**before["extra"], **typed["extra"]}
        return OAuthCredential.read(scheme, {**before, **typed})


def saved_fields(source: str, scheme: str) -> dict[str, Any]:
    """Return what a saved API has of the client that logs in for a scheme.

    Tokens are no part of it: they are what a login is to give.

    Raises:
        MissingCredential: Something is not where the file says.
    """
    from openapi2tools.call.credentials.sources import as_fields  # noqa: PLC0415 -- httpx is only for those who call
    from openapi2tools.call.oauth.signed_tokens import is_service_account  # noqa: PLC0415 -- likewise

    if not isinstance(source, SavedSource):
        return {}
    credential = source.api.credentials().get(scheme)
    if credential is None:
        return {}
    fields = as_fields(credential.resolved(f"credentials.{scheme}"), scheme) or {}
    if is_service_account(fields):
        return {"private_key": json.dumps(dict(fields))}
    return {name: value for name, value in fields.items() if name not in _TOKENS}


def _ask_password(username: str) -> str:
    if on_terminal():
        return getpass(f"Password of {username}: ")
    return sys.stdin.readline().rstrip("\r\n")
