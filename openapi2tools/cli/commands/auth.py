"""`openapi2tools auth`: log in to an API, show who is logged in, and log out.

It is for the OAuth2 and OpenID Connect schemes of a document.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import webbrowser
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from openapi2tools.call.credentials.schemes import TOKEN_SCHEME_TYPES
from openapi2tools.call.oauth.login.log_in import log_in
from openapi2tools.call.oauth.login.logins import (
    find_oauth_config,
    log_out,
    log_out_everywhere,
    scheme_statuses,
)
from openapi2tools.call.oauth.login.prompt import LOGIN_TIMEOUT_SECONDS, LoginPrompt
from openapi2tools.call.oauth.storage.token_store import TokenStore
from openapi2tools.cli.console import (
    ask_line,
    on_terminal,
    pasted_line,
    printable,
    progress,
    say,
    write,
)
from openapi2tools.cli.help import Command, Group
from openapi2tools.cli.logins.login_options import LoginOptions, saved_fields
from openapi2tools.cli.logins.login_tables import (
    show_statuses,
    show_stored,
    status_rows,
    stored_rows,
)
from openapi2tools.cli.option_groups import with_flat_options
from openapi2tools.cli.options.reading import ReadingOptions, Source
from openapi2tools.errors import MissingCredential
from openapi2tools.transport import origin

if TYPE_CHECKING:
    from openapi2tools.call.oauth.login.logins import LoggedOut
    from openapi2tools.call.oauth.tokens import Token
    from openapi2tools.model import Api

EXAMPLES: Final = (
    "openapi2tools auth login shop.yaml",
    "openapi2tools auth status shop.yaml",
    "openapi2tools auth list",
    "openapi2tools auth logout shop.yaml",
)
app = typer.Typer(
    cls=Group, help="Log in to an API, see who is logged in, and log out.", no_args_is_help=True
)
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


AsJson = Annotated[bool, typer.Option("--json", help="Write JSON instead of a table.")]


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

    What a saved API keeps of the client (client_id, scopes, …) counts where it is not typed.

    --timeout is how long the whole may take, ten minutes by default.

    Where there is no browser, as on a server, the address is shown to be copied, as with
    --no-browser.
    """
    api = _read_api(source, reading)
    key = scheme or _only_login_scheme(api)
    open_browser = webbrowser.open if _has_browser() and not no_browser else None
    prompt = LoginPrompt(
        say,
        ask_line,
        open_browser,
        read_line=pasted_line if on_terminal() else None,
        timeout=reading.timeout or LOGIN_TIMEOUT_SECONDS,
    )
    settings = login_options.settings(key, saved_fields(source, key))

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
    as_json: AsJson = False,
) -> None:
    """Show a document's security schemes, and which logins there are for them.

    Of several logins for a scheme, calls use the first unless --account names another.
    """
    api = _read_api(source, reading)
    rows = [row for status in scheme_statuses(api, server) for row in status_rows(status)]
    _write(rows, show_statuses, as_json=as_json)


def list_logins(*, as_json: AsJson = False) -> None:
    """Show every login that is stored, also those of documents that changed or are gone."""
    store = TokenStore()
    rows = [row for stored in store.all_stored() for row in stored_rows(stored)]
    if not rows:
        say(f"No login is stored in {store.secrets}.")
    _write(rows, show_stored, as_json=as_json)


def _write(
    rows: list[dict[str, Any]], show: Callable[[list[dict[str, Any]]], None], *, as_json: bool
) -> None:
    for problem in dict.fromkeys(row["problem"] for row in rows if row["problem"]):
        say(f"Note: {problem}")
    if as_json:
        write(json.dumps(rows, indent=2, ensure_ascii=False))
    elif rows:
        show(rows)


def logout(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]", help="The OpenAPI document, as for login.", show_default=False
        ),
    ] = None,
    *,
    reading: ReadingOptions,
    scheme: Scheme = None,
    server: Server = None,
    account: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Only the logins of this account.", show_default=False),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every login that is stored, of whatever document.")
    ] = False,
) -> None:
    """Forget logins, and end them at their servers, where these can do that.

    They are those of a document's schemes, or of one of them; or with --all, all that
    `openapi2tools auth list` shows.
    """
    if everything == (source is not None) or (everything and (scheme or server)):
        raise typer.BadParameter(
            "give a document, with --scheme or --server if need be; or --all for every login "
            "that is stored.",
            param_hint="SOURCE",
        )

    api = _read_api(source, reading) if source is not None else None

    async def log_out_here() -> list[LoggedOut]:
        options = {"account": account, **reading.connection()}
        if api is None:
            return await log_out_everywhere(**options)
        ended = []
        for key in [scheme] if scheme else _login_schemes(api):
            ended += await log_out(api, key, server, **options)
        return ended

    ended = asyncio.run(log_out_here())
    for each in ended:
        say(_logout_text(each))
    if not ended:
        say("Nobody was logged in.")
    if not all(each.is_forgotten for each in ended):
        raise typer.Exit(1)


def _logout_text(ended: LoggedOut) -> str:
    login = ended.login
    account = f" ({login.account})" if login and login.account else ""
    where = printable(f"{ended.name}{account}")
    if not ended.is_forgotten:
        return f"Not logged out of {where}: {ended.problem}"
    if ended.problem or login is None:
        return f"Logged out of {where} here. {ended.problem}"
    return f"Logged out of {where}; {origin(login.token_url)} ended the login, too."


_COMMANDS: Final[dict[str, Callable[..., None]]] = {
    "login": login,
    "status": status,
    "list": list_logins,
    "logout": logout,
}
for _name, _command in _COMMANDS.items():
    app.command(_name, cls=Command, context_settings={"allow_extra_args": True})(
        with_flat_options(_command)
    )


def _read_api(source: str, reading: ReadingOptions) -> Api:
    with progress() as on_progress:
        return reading.load(source, on_progress)


def _login_schemes(api: Api) -> list[str]:
    """Return the keys of the schemes that a person logs in for."""
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
