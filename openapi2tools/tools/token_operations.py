"""Find the operations that OAuth2 logins get their tokens from: no model should call them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

from openapi2tools._core.urls import is_url
from openapi2tools.model import Problem, Server

if TYPE_CHECKING:
    from openapi2tools.model import Api, Operation


def is_token_operation(operation: Operation, api: Api) -> bool:
    """Return whether an operation is at a token URL of the API's OAuth2 schemes.

    The client calls it to log in. What it takes are passwords and other secrets.
    """
    if operation.method != "POST":
        return False
    address = api.address if api.address and is_url(api.address) else ""
    return any(
        _is_at(operation, url, address)
        for scheme in api.schemes.values()
        for flow in scheme.flows
        for url in (flow.token_url, flow.refresh_url)
        if url
    )


def token_operation_problem(operation: Operation) -> Problem:
    """Return the problem that an operation is no tool, because logins get their tokens there."""
    return Problem(
        "token-operation",
        f"{operation.key} is where logins get their tokens: it is left out of the tools.",
        operation.pointer,
        "hint",
        advice="To offer it all the same, set exclude: false under x-openapi2tools.",
    )


def _is_at(operation: Operation, token_url: str, address: str) -> bool:
    """Return whether a token URL leads to an operation, as far as the document tells.

    It is relative to a server (OpenAPI 3.1, section 4.6); many write it relative to the API's root,
    as the paths are.
    """
    if not is_url(token_url) and "/" + token_url.lstrip("./") == operation.path:
        return True
    for server in operation.servers or (Server("/"),):
        try:
            base = urljoin(address, _filled(server)).rstrip("/")
            named = urlsplit(urljoin(f"{base}/", token_url))
            own = urlsplit(base + operation.path)
        except ValueError:  # such as an unfinished IPv6 address
            continue
        if _is_same(named, own):
            return True
    return False


def _is_same(one: SplitResult, other: SplitResult) -> bool:
    """Return whether two addresses are the same; one without a host may be at any."""
    if one.netloc and other.netloc and one.netloc.lower() != other.netloc.lower():
        return False
    return one.path.rstrip("/") == other.path.rstrip("/")


def _filled(server: Server) -> str:
    """Return a server's URL with the defaults of its variables."""
    url = server.url
    for name, variable in server.variables.items():
        url = url.replace(f"{{{name}}}", variable.default)
    return url
