"""`openapi2tools auth`: log in to an API, show who is logged in, and log out.

It is for the OAuth2 and OpenID Connect schemes of a document.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from getpass import getpass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from openapi2tools.cli.console import (
    ask_line,
    on_terminal,
    printable,
    progress,
    say,
    write,
)
from openapi2tools.cli.option_groups import with_flat_options
from openapi2tools.cli.options import (
    REFERENCE_METAVAR,
    ReadingOptions,
    Source,
    warn_of_typed_secrets,
)
from openapi2tools.cli.tables import Column, show_table
from openapi2tools.errors import MissingCredential

if TYPE_CHECKING:
    from openapi2tools.call.oauth.config import OAuthCredential
    from openapi2tools.call.oauth.login.logins import SchemeStatus
    from openapi2tools.call.oauth.tokens import Login, Token
    from openapi2tools.model import Api

app = typer.Typer(help="Log in to an API, see who is logged in, and log out.", no_args_is_help=True)
_CLIENT_PANEL = "Who asks"
Scheme = Annotated[
    str | None,
    typer.Option(
        "--scheme",
        metavar="NAME",
        help="The document's security scheme, when it has several.",
        show_default=False,
    ),
]
Server = Annotated[
    str | None,
    typer.Option(
        "--server",
        metavar="URL",
        help="The server that calls will go to, when it is not the first.",
    ),
]


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

    def settings(self, scheme: str) -> OAuthCredential:
        """Return the settings of a scheme; the password of `--username` is asked for."""
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
        }
        if self.client_secret:
            warn_of_typed_secrets({"--client-secret": [self.client_secret]})
            given["client_secret"] = read_value(self.client_secret, "--client-secret")
        if self.username:
            given["password"] = _ask_password(self.username)
        return OAuthCredential.read(scheme, given)


def _ask_password(username: str) -> str:
    if on_terminal():
        return getpass(f"Password of {username}: ")
    return sys.stdin.readline().rstrip("\r\n")


def login(
    source: Source,
    *,
    login_options: LoginOptions,
    reading: ReadingOptions,
    scheme: Scheme = None,
    server: Server = None,
    device: Annotated[
        bool, typer.Option("--device", help="Type a code in on another device.")
    ] = False,
    no_browser: Annotated[
        bool,
        typer.Option(
            "--no-browser", help="Show the address to copy, and ask for the one it leads to."
        ),
    ] = False,
) -> None:
    """Log in, and keep the token for the calls to come.

    Where there is no browser, as on a server, the address is shown to be copied, as with
    --no-browser.
    """
    import webbrowser  # noqa: PLC0415 -- only a login opens one

    from openapi2tools.call.oauth.login.log_in import log_in  # noqa: PLC0415 -- httpx is only for those who call
    from openapi2tools.call.oauth.login.logins import find_oauth_config  # noqa: PLC0415 -- likewise
    from openapi2tools.call.oauth.login.prompt import LoginPrompt  # noqa: PLC0415 -- likewise
    from openapi2tools.call.oauth.storage.token_store import TokenStore  # noqa: PLC0415 -- likewise

    api = _read_api(source, reading)
    key = scheme or _only_login_scheme(api)
    open_browser = webbrowser.open if _has_browser() and not no_browser else None
    prompt = LoginPrompt(say, ask_line, open_browser)
    settings = login_options.settings(key)

    async def log_in_here() -> Token:
        kept = await log_in(
            api, key, settings, prompt, device=device, server=server, **reading.connection()
        )
        return kept.token

    token = asyncio.run(log_in_here())
    what = f" ({printable(', '.join(token.scopes))})" if token.scopes else ""
    what += f" as {printable(token.person)}" if token.person else ""
    say(
        f"Logged in for {key}{what}. Calls use it from now on; it is kept in "
        f"{TokenStore().location(find_oauth_config(api, key, server).key)}."
    )


def status(
    source: Source,
    *,
    reading: ReadingOptions,
    server: Server = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
) -> None:
    """Show a document's security schemes, and for which there is a login."""
    import json  # noqa: PLC0415 -- only for --json

    from openapi2tools.call.oauth.login.logins import scheme_statuses  # noqa: PLC0415 -- httpx is only for those who call

    api = _read_api(source, reading)
    rows = [_status_row(status) for status in scheme_statuses(api, server)]
    for problem in dict.fromkeys(row["problem"] for row in rows if row["problem"]):
        say(f"Note: {problem}")
    if as_json:
        write(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        _show(rows)


def logout(
    source: Source, *, reading: ReadingOptions, scheme: Scheme = None, server: Server = None
) -> None:
    """Forget the logins of a document's schemes, or of one."""
    from openapi2tools.call.oauth.login.logins import log_out  # noqa: PLC0415 -- httpx is only for those who call

    api = _read_api(source, reading)
    keys = [scheme] if scheme else _login_schemes(api)
    logged_out = [key for key in keys if log_out(api, key, server)]
    say(f"Logged out of {', '.join(logged_out)}." if logged_out else "Nobody was logged in.")


for _command in (login, status, logout):
    app.command(context_settings={"allow_extra_args": True})(with_flat_options(_command))


def _read_api(source: str, reading: ReadingOptions) -> Api:
    with progress() as on_progress:
        return reading.load(source, on_progress)


def _login_schemes(api: Api) -> list[str]:
    """Return the keys of the schemes that a person logs in for."""
    from openapi2tools.call.credentials.schemes import TOKEN_SCHEME_TYPES  # noqa: PLC0415 -- httpx is only for those who call

    return [key for key, scheme in api.schemes.items() if scheme.type in TOKEN_SCHEME_TYPES]


def _only_login_scheme(api: Api) -> str:
    """Return the key of the one scheme there is to log in for.

    Raises:
        MissingCredential: There is none, or more than one.
    """
    keys = _login_schemes(api)
    if len(keys) == 1:
        return keys[0]
    if keys:
        raise MissingCredential(
            f"Log in for which scheme? --scheme {' or '.join(map(printable, keys))}."
        )
    others = ", ".join(map(printable, api.schemes)) or "none"
    raise MissingCredential(
        f"The document has no scheme that one logs in for; its schemes are: {others}. Give keys "
        "and tokens with --auth."
    )


def _has_browser() -> bool:
    """Return whether a browser would open in a window of its own.

    One that opens in the terminal would only be in the way.
    """
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))


# --- the table of `status` -----------------------------------------------------------------------


def _status_row(status: SchemeStatus) -> dict[str, Any]:
    """Return what `status` says of a scheme, without any secret; these keys are its JSON."""
    scheme = status.scheme
    type_name = scheme.scheme if scheme.type == "http" else scheme.type
    if scheme.flows:
        type_name = f"{type_name} ({', '.join(flow.type for flow in scheme.flows)})"
    return {
        "scheme": scheme.key,
        "type": type_name,
        "variable": status.variable,
        "variable_set": status.variable_set,
        **_login_cells(status.login),
        "problem": status.problem,
    }


def _login_cells(login: Login | None) -> dict[str, Any]:
    if login is None:
        return {
            "logged_in": False,
            "account": "",
            "client_id": "",
            "scopes": [],
            "expires": None,
            "expired": False,
            "renews": False,
            "renewal_began": None,
        }
    token = login.token
    return {
        "logged_in": True,
        "account": login.account,
        "client_id": login.client_id,
        "scopes": list(token.scopes),
        "expires": _iso_time(token.expires_at),
        "expired": token.expired(),
        "renews": bool(token.refresh or login.grant == "client_credentials"),
        "renewal_began": _iso_time(login.renewal_began),
    }


def _iso_time(seconds: float | None) -> str | None:
    """Return a moment, in seconds since 1970, as text; None where there is none."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else None


def _show(rows: list[dict[str, Any]]) -> None:
    """Print the table."""
    columns = [
        Column("scheme", is_name=True),
        Column("type"),
        Column("login"),
        Column("scopes"),
        Column("environment variable"),
    ]
    show_table(columns, map(_cells, rows))


def _cells(row: dict[str, Any]) -> list[str]:
    variable = f"{row['variable']} (set)" if row["variable_set"] else f"{row['variable']}"
    return [row["scheme"], row["type"], _login_text(row), " ".join(row["scopes"]), variable]


def _login_text(row: dict[str, Any]) -> str:
    """Return in a few words whether somebody is logged in, and until when."""
    if not row["logged_in"]:
        return "not known" if row["problem"] else "no"
    text = "yes"
    if row["account"]:
        text += f" as {row['account']}"
    if row["expires"] and not row["expired"]:
        text += f", until {row['expires']}"
    if row["renewal_began"]:
        text += f", renewal under way since {row['renewal_began']}: log in again if it has no end"
    elif row["renews"]:
        text += ", renews itself"
    elif row["expired"]:
        text += ", expired: log in again"
    return text
