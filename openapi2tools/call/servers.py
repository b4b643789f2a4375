"""Where a call goes: an operation's servers and the user's choice in, one absolute address out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeGuard
from urllib.parse import SplitResult, urlsplit, urlunsplit

from openapi2tools.call.credentials.trust import Reach, reach_of, resolve_url
from openapi2tools.errors import CallError, NetworkError
from openapi2tools.transport import parse_url, redact_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openapi2tools.model import Server, Tool

_VARIABLE = re.compile(r"\{([^{}]+)\}")
_HOW = "give one: server='https://…' (--server on the command line)"


def server_url(
    tool: Tool, choice: str | int | None = None, variables: Mapping[str, str] | None = None
) -> str:
    """Give the address that a tool's path is appended to, without a slash at its end.

    `choice` is a URL, the name of a server (3.2, or its description), or its index from 0; without
    it the first server is taken. Relative addresses resolve against the document's (OpenAPI 3.1,
    section 4.8.5). Raises CallError that says which option to give.
    """
    servers = tool.operation.servers
    address = tool.api.address or ""
    if is_url(choice):
        return _absolute(choice, "", tool)
    if choice is None and not servers:
        if not _remote(address):
            raise CallError(f"The document of {tool.name} names no server: {_HOW}.")
        return _absolute("/", address, tool)
    if isinstance(choice, str) and choice.startswith("/"):
        return _absolute(choice, address, tool)
    server = _first(servers, tool) if choice is None else _chosen(servers, choice, tool)
    return _absolute(expand(server, variables or {}), address, tool)


def is_url(choice: str | int | None) -> TypeGuard[str]:
    """Tell a URL, which the user names, from an index or a name, which choose among those that a document names."""
    return isinstance(choice, str) and "://" in choice


def variable_names(server: Server) -> set[str]:
    """Return the names of a server's variables: those in its URL, and those that are declared."""
    return {*_VARIABLE.findall(server.url), *server.variables}


def expand(server: Server, variables: Mapping[str, str]) -> str:
    """Fill in a server's variables: the user's values, else the defaults; a value outside the enum is refused."""
    # a host cannot have an empty part, a path can
    path = (server.url + "/").find("/", server.url.find("://") + 3)

    def value(match: re.Match[str]) -> str:
        name = match[1]
        variable = server.variables.get(name)
        if name in variables:
            if variable and variable.enum and variables[name] not in variable.enum:
                allowed = ", ".join(variable.enum)
                raise CallError(
                    f"The server variable {name} cannot be {variables[name]!r}: the document allows {allowed}."
                )
            return variables[name]
        if variable is None or (not variable.default and match.start() < path):
            raise CallError(
                f"The server {server.url} needs a value for {name}: give server_variables={{{name!r}: …}} (--server-var {name}=…)."
            )
        return variable.default

    return _VARIABLE.sub(value, server.url)


def _first(servers: Sequence[Server], tool: Tool) -> Server:
    """Take the first server, or its https twin where the document names both, as 2.0's `schemes` do; not on this computer's own network."""
    first = servers[0]
    if (
        first.url.startswith("http://")
        and reach_of(_split(first.url, tool).hostname or "") is Reach.PUBLIC
    ):
        twin = "https://" + first.url.removeprefix("http://")
        return next((server for server in servers if server.url == twin), first)
    return first


def _chosen(servers: Sequence[Server], choice: str | int, tool: Tool) -> Server:
    index = int(choice) if isinstance(choice, int) or choice.isdecimal() else None
    if index is not None and 0 <= index < len(servers):
        return servers[index]
    for server in servers:
        if choice in (server.name, server.description, server.url):
            return server
    known = (
        "; ".join(
            f"{number} {server.name or server.description} {server.url}"
            for number, server in enumerate(servers)
        )
        or "none"
    )
    raise CallError(f"{tool.name} has no server {choice!r}. Its servers: {known}. Or {_HOW}.")


def _absolute(url: str, address: str, tool: Tool) -> str:
    # an empty address means no folder, not the document itself
    joined = resolve_url(address, url or "/") if _remote(address) else url
    if not _remote(joined) and _remote(address):
        raise CallError(
            f"The server of {tool.name} is {url!r}, which is neither http nor https: {_HOW}."
        )
    if not _remote(joined):
        raise CallError(
            f"The server of {tool.name} is {url!r}, and the document's own address ({address or 'none'}) is no URL: {_HOW}."
        )
    scheme, authority, path, _, _ = _split(joined, tool)
    try:
        host = parse_url(joined).host
    except NetworkError:
        host = ""
    if not host:
        raise CallError(
            f"The server of {tool.name} is {redact_url(joined)}, which names no host that could be asked: {_HOW}."
        )
    if "@" in authority:
        raise CallError(
            f"The server of {tool.name} has a password in its address: leave it out, and give it with credentials=."
        )
    return urlunsplit((scheme, authority, path.rstrip("/"), "", ""))


def _split(url: str, tool: Tool) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # brackets that hold no IPv6 address, above all
        raise CallError(
            f"The server of {tool.name} is {redact_url(url)}, which is no URL, since its host cannot be read: {_HOW}."
        ) from None


def _remote(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))
