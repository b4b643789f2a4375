"""Choose the server that a call goes to, and return its absolute address."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final, TypeGuard
from urllib.parse import SplitResult, urlsplit, urlunsplit

from openapi2tools._core.reader import for_reader
from openapi2tools.call.credentials.trust import (
    Reach,
    is_remote,
    origin_of,
    reach_of,
    resolve_url,
    stays_in_place,
)
from openapi2tools.errors import CallError, NetworkError
from openapi2tools.transport import parse_url, redact_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from openapi2tools.model import Server, Tool

_VARIABLE: Final = re.compile(r"\{([^{}]+)\}")
_PATH_OR_QUERY: Final = re.compile(r"://[^/?#]*[/?#]")
_ANY_FOLDER: Final = "http://document/"


def server_url(
    tool: Tool, choice: str | int | None = None, variables: Mapping[str, str] | None = None
) -> str:
    """Return the address that a tool's path is appended to, without a slash at its end.

    Relative addresses resolve against the document's (OpenAPI 3.1, section 4.8.5).

    Args:
        tool: The tool that is called.
        choice: A URL, the name of a server (3.2, or its description), or its index from 0; without
            it the first server is taken. A URL without a path keeps the path of the server that
            the document names, one that ends with a slash does not.
        variables: The user's values for the variables of the server's URL.

    Raises:
        CallError: There is no such server, or no usable address; it says which option to give.
    """
    servers = tool.operation.servers
    address = tool.api.address or ""
    if is_url(choice):
        return _absolute_url(choice + kept_path(tool, choice, variables), "", tool)
    if choice is None and not servers:
        if not is_remote(address):
            raise CallError(f"The document of {tool.name} names no server: {how_to_give_one()}.")
        return _absolute_url("/", address, tool)
    if isinstance(choice, str) and choice.startswith("/"):
        return _absolute_url(choice, address, tool)
    if choice is None:
        server = _default_server(servers, tool)
    else:
        server = _chosen_server(servers, choice, tool)
    return _absolute_url(expand(server, variables or {}), address, tool)


def kept_path(
    tool: Tool, choice: str | int | None, variables: Mapping[str, str] | None = None
) -> str:
    """Return the path of the document's server that a URL without a path keeps; often empty."""
    servers = tool.operation.servers
    if not is_url(choice) or not servers or _PATH_OR_QUERY.search(choice):
        return ""
    server = _default_server(servers, tool)
    _scheme, has_host, rest = server.url.rpartition("://")
    if has_host:
        server = replace(server, url=_ANY_FOLDER + rest.partition("/")[2])
    try:
        path = expand(server, variables or {})
    except CallError:  # the server is all variables, and not the one that is called
        return ""
    address = tool.api.address or ""
    return _split_url(resolve_url(address if is_remote(address) else _ANY_FOLDER, path), tool).path


def server_advice(tool: Tool, choice: str | int | None, url: str) -> str:
    """Return what to do where nothing answers at a server that nobody chose; else nothing.

    `url` is the server's. The document may have named a placeholder, or none.
    """
    if choice is not None:
        return ""
    source = origin_of(tool.api.address)
    if not tool.operation.servers:
        return (
            f"The document names no server, so that its own address {source} was taken. "
            f"If the API is elsewhere, or below a path, name it: {_option('URL')}."
        )
    if source is None or source == origin_of(url):
        return f"The document names this server. For another: {_option('URL')}."
    return (
        f"The document names this server, and itself came from {source}. "
        f"If the API is there, too: {_option(source)}."
    )


def how_to_give_one() -> str:
    """Return how a server is named, in the words of who reads it."""
    return f"give one: {_option('https://…')}"


def _option(url: str) -> str:
    return for_reader(f"server={url!r}", f"--server {url}")


def is_url(choice: str | int | None) -> TypeGuard[str]:
    """Whether the user named a URL, not an index or a name of one of the document's servers."""
    return isinstance(choice, str) and "://" in choice


def variable_names(server: Server) -> set[str]:
    """Return the names of a server's variables: those in its URL, and those that are declared."""
    return {*_VARIABLE.findall(server.url), *server.variables}


def expand(server: Server, variables: Mapping[str, str]) -> str:
    """Fill in the variables of a server's URL: the user's values, else the document's defaults.

    Raises CallError for a value outside the enum, and for one that is missing.
    """
    # A host cannot have an empty part, a path can.
    path_start = (server.url + "/").find("/", server.url.find("://") + 3)

    def value_of(match: re.Match[str]) -> str:
        name = match[1]
        if name in variables:
            return _checked_value(server, match, variables[name])
        variable = server.variables.get(name)
        is_in_host = match.start() < path_start
        if variable is None or (not variable.default and is_in_host):
            how = for_reader(f"server_variables={{{name!r}: …}}", f"--server-var {name}=VALUE")
            raise CallError(f"The server {server.url} needs a value for {name}: give {how}.")
        return variable.default

    return _VARIABLE.sub(value_of, server.url)


def _checked_value(server: Server, match: re.Match[str], value: str) -> str:
    name = match[1]
    variable = server.variables.get(name)
    if variable and variable.enum and value not in variable.enum:
        allowed = ", ".join(variable.enum)
        raise CallError(
            f"The server variable {name} cannot be {value!r}: the document allows {allowed}."
        )
    if not stays_in_place(match, value):
        raise CallError(
            f"The server variable {name} cannot be {value!r}: it would change more of "
            f"{server.url} than its own place. To call another address, name it: "
            f"{_option('https://…')}."
        )
    return value


def _default_server(servers: Sequence[Server], tool: Tool) -> Server:
    """Return the first server, or its https twin where the document names both.

    2.0's `schemes` name both. On this computer's own network the first one is taken as it is.
    """
    first = servers[0]
    if not first.url.startswith("http://"):
        return first
    if reach_of(_split_url(first.url, tool).hostname or "") is not Reach.PUBLIC:
        return first
    twin = "https://" + first.url.removeprefix("http://")
    return next((server for server in servers if server.url == twin), first)


def find_server(servers: Sequence[Server], choice: str | int) -> Server | None:
    """Return the server of that index or name; None where there is none."""
    is_index = isinstance(choice, int) or choice.isdecimal()
    if is_index and 0 <= int(choice) < len(servers):
        return servers[int(choice)]
    named = (each for each in servers if choice in (each.name, each.description, each.url))
    return next(named, None)


def _chosen_server(servers: Sequence[Server], choice: str | int, tool: Tool) -> Server:
    server = find_server(servers, choice)
    if server is not None:
        return server
    raise CallError(
        f"{tool.name} has no server {choice!r}. Its servers: {list_servers(servers)}. "
        f"Or {how_to_give_one()}."
    )


def list_servers(servers: Sequence[Server]) -> str:
    """Return the indexes, names and URLs of servers."""
    known = "; ".join(
        f"{index} {server.name or server.description} {server.url}"
        for index, server in enumerate(servers)
    )
    return known or "none"


def _absolute_url(url: str, address: str, tool: Tool) -> str:
    """Resolve a server's URL against the document's address, and check that it can be called."""
    # An empty URL means no folder, not the document itself.
    joined = resolve_url(address, url or "/") if is_remote(address) else url
    if not is_remote(joined) and (is_remote(address) or is_url(url)):
        raise CallError(
            f"The server of {tool.name} is {url!r}, which is neither http nor https: "
            f"{how_to_give_one()}."
        )
    if not is_remote(joined):
        raise CallError(
            f"The server of {tool.name} is {url!r}, and the document's own address "
            f"({address or 'none'}) is no URL: {how_to_give_one()}."
        )
    scheme, authority, path, _, _ = _split_url(joined, tool)
    if not _host(joined):
        raise CallError(
            f"The server of {tool.name} is {redact_url(joined)}, "
            f"which names no host that could be asked: {how_to_give_one()}."
        )
    if "@" in authority:
        raise CallError(
            f"The server of {tool.name} has a password in its address: leave it out, "
            f"and give it with {for_reader('credentials=', '--auth')}."
        )
    return urlunsplit((scheme, authority, path.rstrip("/"), "", ""))


def _host(url: str) -> str:
    try:
        return parse_url(url).host
    except NetworkError:
        return ""


def _split_url(url: str, tool: Tool) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:  # brackets that hold no IPv6 address, above all
        raise CallError(
            f"The server of {tool.name} is {redact_url(url)}, which is no URL, "
            f"since its host cannot be read: {how_to_give_one()}."
        ) from None
