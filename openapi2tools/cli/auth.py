"""`openapi2tools auth`: a document in, a person's logins for its OAuth2 and OpenID Connect schemes kept, told and forgotten."""

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
    table,
    table_console,
    write,
)
from openapi2tools.cli.options import Reading, Source, flat
from openapi2tools.errors import MissingCredential

if TYPE_CHECKING:
    from openapi2tools.call.oauth.config import Settings
    from openapi2tools.call.oauth.login import Standing
    from openapi2tools.model import Api

app = typer.Typer(help="Log in to an API, see who is logged in, and log out.", no_args_is_help=True)
_CLIENT = "Who asks"
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
class Asking:
    """With which client, for whom and for what a token is asked."""

    client_id: Annotated[
        str,
        typer.Option(help="The client that the API's owner registered.", rich_help_panel=_CLIENT),
    ] = ""
    client_secret: Annotated[
        str,
        typer.Option(
            metavar="VALUE|env:NAME",
            help="Its secret, when it has one.",
            rich_help_panel=_CLIENT,
            show_default=False,
        ),
    ] = ""
    scopes: Annotated[
        str | None,
        typer.Option(
            metavar="'A B'",
            help="The scopes, instead of those that the operations need.",
            rich_help_panel=_CLIENT,
        ),
    ] = None
    username: Annotated[
        str,
        typer.Option(
            help="Log in with a password, where the API wants that; it is asked for.",
            rich_help_panel=_CLIENT,
        ),
    ] = ""
    account: Annotated[
        str,
        typer.Option(
            help="A name for this login, to keep several of one API apart.", rich_help_panel=_CLIENT
        ),
    ] = ""
    redirect_uri: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="The registered redirect URI on this computer, when it has a fixed port.",
            rich_help_panel=_CLIENT,
        ),
    ] = ""
    token_url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Where tokens come from, when the document does not say it right.",
            rich_help_panel=_CLIENT,
        ),
    ] = ""
    authorization_url: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="Where one logs in, when the document does not say it right.",
            rich_help_panel=_CLIENT,
        ),
    ] = ""
    parameter: Annotated[
        list[str],
        typer.Option(
            metavar="NAME=VALUE",
            help="What the server wants besides: audience=…, resource=….",
            rich_help_panel=_CLIENT,
        ),
    ] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.extra()

    def extra(self) -> dict[str, str]:
        """Read `--parameter`."""
        pairs = [one.partition("=") for one in self.parameter]
        if not all(name and equals for name, equals, _ in pairs):
            raise typer.BadParameter("write NAME=VALUE.", param_hint="--parameter")
        return {name: value for name, _, value in pairs}

    def settings(self, scheme: str) -> Settings:
        """Give them as the settings of a scheme; asks for the password of `--username`."""
        from openapi2tools.call.credentials.sources import read_value  # noqa: PLC0415 -- httpx is only for those who call
        from openapi2tools.call.oauth.config import Settings  # noqa: PLC0415 -- likewise

        given: dict[str, Any] = {
            "client_id": self.client_id,
            "account": self.account,
            "redirect_uri": self.redirect_uri,
        }
        given |= {"username": self.username, "extra": self.extra(), "scopes": self.scopes}
        given |= {"token_url": self.token_url, "authorization_url": self.authorization_url}
        if self.client_secret:
            given["client_secret"] = read_value(self.client_secret, "--client-secret")
        if self.username:
            given["password"] = (
                getpass(f"Password of {self.username}: ")
                if on_terminal()
                else sys.stdin.readline().rstrip("\r\n")
            )
        return Settings.read(scheme, given)


def login(
    source: Source,
    *,
    asking: Asking,
    reading: Reading,
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

    from openapi2tools.call.oauth.login import Desk, log_in  # noqa: PLC0415 -- httpx is only for those who call
    from openapi2tools.call.oauth.secret_store import open_shelf  # noqa: PLC0415 -- likewise

    api = read_api(source, reading)
    key = scheme or only_scheme(api)
    desk = Desk(say, ask_line, None if no_browser or not has_browser() else webbrowser.open)
    settings = asking.settings(key)

    async def go() -> str:
        kept = await log_in(api, key, settings, desk, device=device, server=server)
        return ", ".join(kept.token.scopes)

    scopes = asyncio.run(go())
    say(
        f"Logged in for {key}{f' ({printable(scopes)})' if scopes else ''}. Calls use it from now on; it is kept in {open_shelf()}."
    )


def status(
    source: Source,
    *,
    reading: Reading,
    server: Server = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")] = False,
) -> None:
    """Show a document's security schemes, and for which there is a login."""
    import json  # noqa: PLC0415 -- only for --json

    from openapi2tools.call.oauth.login import standings  # noqa: PLC0415 -- httpx is only for those who call

    rows = [row(standing) for standing in standings(read_api(source, reading), server)]
    if as_json:
        write(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        show(rows)


def logout(
    source: Source, *, reading: Reading, scheme: Scheme = None, server: Server = None
) -> None:
    """Forget the logins of a document's schemes, or of one."""
    from openapi2tools.call.oauth.login import log_out  # noqa: PLC0415 -- httpx is only for those who call

    api = read_api(source, reading)
    gone = [key for key in ([scheme] if scheme else able_schemes(api)) if log_out(api, key, server)]
    say(f"Logged out of {', '.join(gone)}." if gone else "Nobody was logged in.")


for _command in (login, status, logout):
    app.command(context_settings={"allow_extra_args": True})(flat(_command))


def read_api(source: str, reading: Reading) -> Api:
    """Read the document."""
    with progress() as on_progress:
        return reading.load(source, on_progress)


def able_schemes(api: Api) -> list[str]:
    """Name the schemes that a person logs in for."""
    from openapi2tools.call.credentials.schemes import TOKEN_SCHEME_TYPES  # noqa: PLC0415 -- httpx is only for those who call

    return [key for key, scheme in api.schemes.items() if scheme.type in TOKEN_SCHEME_TYPES]


def only_scheme(api: Api) -> str:
    """Give the one scheme there is to log in for; raises MissingCredential when there is none, or a choice."""
    able = able_schemes(api)
    if len(able) == 1:
        return able[0]
    if able:
        raise MissingCredential(
            f"Log in for which scheme? --scheme {' or '.join(map(printable, able))}."
        )
    others = ", ".join(map(printable, api.schemes)) or "none"
    raise MissingCredential(
        f"The document has no scheme that one logs in for; its schemes are: {others}. Give keys and tokens with --auth."
    )


def row(standing: Standing) -> dict[str, Any]:
    """Tell how a scheme stands, without any secret."""
    scheme, login = standing.scheme, standing.login
    kind = scheme.scheme if scheme.type == "http" else scheme.type
    expires = login.token.expires_at if login else None
    return {
        "scheme": scheme.key,
        "type": f"{kind} ({', '.join(flow.type for flow in scheme.flows)})"
        if scheme.flows
        else kind,
        "variable": standing.variable,
        "variable_set": standing.variable_set,
        "logged_in": login is not None,
        "account": login.account if login else "",
        "client_id": login.client_id if login else "",
        "scopes": list(login.token.scopes) if login else [],
        "expires": datetime.fromtimestamp(expires, UTC).isoformat(timespec="seconds")
        if expires
        else None,
        "expired": login.token.expired() if login else False,
        "renews": bool(login and (login.token.refresh or login.grant == "client_credentials")),
    }


def show(rows: list[dict[str, Any]]) -> None:
    """Print the table."""
    from rich.text import Text  # noqa: PLC0415 -- only a table pays for rich

    shown = table("scheme", "type", "login", "scopes", "environment variable")
    for each in rows:
        variable = f"{each['variable']}{' (set)' if each['variable_set'] else ''}"
        cells = (each["scheme"], each["type"], state(each), " ".join(each["scopes"]), variable)
        shown.add_row(*(Text(printable(cell)) for cell in cells))
    table_console().print(shown)


def has_browser() -> bool:
    """Tell whether a browser would open in a window of its own; one in the terminal would only be in the way."""
    return sys.platform in ("darwin", "win32") or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )


def state(each: dict[str, Any]) -> str:
    """Say in a few words whether somebody is logged in, and until when."""
    if not each["logged_in"]:
        return "no"
    who = f" as {each['account']}" if each["account"] else ""
    until = f", until {each['expires']}" if each["expires"] and not each["expired"] else ""
    end = "renews itself" if each["renews"] else "expired: log in again" if each["expired"] else ""
    return f"yes{who}{until}{', ' + end if end else ''}"
