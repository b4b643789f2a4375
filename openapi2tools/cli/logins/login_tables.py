"""The tables of `auth status` and `auth list`, which show no secret."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from openapi2tools.cli.tables import Column, show_table

if TYPE_CHECKING:
    from openapi2tools.call.oauth.login.logins import SchemeStatus
    from openapi2tools.call.oauth.storage.token_store import StoredLogins
    from openapi2tools.call.oauth.tokens import Login


def status_rows(status: SchemeStatus) -> list[dict[str, Any]]:
    """Return what `status` says of a scheme, a row for each login; these keys are its JSON."""
    scheme = status.scheme
    type_name = scheme.scheme if scheme.type == "http" else scheme.type
    if scheme.flows:
        type_name = f"{type_name} ({', '.join(flow.type for flow in scheme.flows)})"
    return [
        {
            "scheme": scheme.key,
            "type": type_name,
            "variable": status.variable,
            "variable_set": status.variable_set,
            **_login_cells(login),
            "problem": status.problem,
        }
        for login in (*status.logins,) or (None,)
    ]


def stored_rows(stored: StoredLogins) -> list[dict[str, Any]]:
    """Return what `list` says of what is stored under a name; these keys are its JSON."""
    from openapi2tools.transport import origin  # noqa: PLC0415 -- httpx is only for those who call

    key = stored.key
    return [
        {
            "api": key.origin if key else "",
            "scheme": key.scheme if key else "",
            "token_server": origin(login.token_url) if login else "",
            **_login_cells(login),
            "problem": stored.problem,
        }
        for login in (*stored.logins,) or (None,)
    ]


def _login_cells(login: Login | None) -> dict[str, Any]:
    if login is None:
        return {
            "logged_in": False,
            "account": "",
            "person": "",
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
        "person": token.person,
        "client_id": login.client_id,
        "scopes": list(token.scopes),
        "expires": _iso_time(token.expires_at),
        "expired": token.expired(),
        "renews": bool(token.refresh or login.grant),
        "renewal_began": _iso_time(login.renewal_began),
    }


def _iso_time(seconds: float | None) -> str | None:
    """Return a moment, in seconds since 1970, as text; None where there is none."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds") if seconds else None


def show_statuses(rows: list[dict[str, Any]]) -> None:
    """Print the table of `status`."""
    columns = [
        Column("scheme", is_name=True),
        Column("type"),
        Column("login"),
        Column("scopes"),
        Column("environment variable"),
    ]
    show_table(columns, map(_cells, rows))


def show_stored(rows: list[dict[str, Any]]) -> None:
    """Print the table of `list`."""
    columns = [
        Column("API", is_name=True),
        Column("scheme"),
        Column("login"),
        Column("client"),
        Column("token server"),
    ]
    cells = (
        [
            row["api"] or "not known",
            row["scheme"],
            _login_text(row),
            row["client_id"],
            row["token_server"],
        ]
        for row in rows
    )
    show_table(columns, cells)


def _cells(row: dict[str, Any]) -> list[str]:
    variable = f"{row['variable']} (set)" if row["variable_set"] else f"{row['variable']}"
    return [row["scheme"], row["type"], _login_text(row), " ".join(row["scopes"]), variable]


def _login_text(row: dict[str, Any]) -> str:
    """Return in a few words whether somebody is logged in, and until when."""
    if not row["logged_in"]:
        return "not known" if row["problem"] else "no"
    text = "yes"
    if row["account"] or row["person"]:
        text += f" as {row['account'] or row['person']}"
    if row["expires"] and not row["expired"]:
        text += f", until {row['expires']}"
    if row["renewal_began"]:
        text += f", renewal under way since {row['renewal_began']}: log in again if it has no end"
    elif row["renews"]:
        text += ", renews itself"
    elif row["expired"]:
        text += ", expired: log in again"
    return text
