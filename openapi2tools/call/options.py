"""The options of `connect`, and the checks that refuse values they cannot have."""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import httpx

from openapi2tools import transport
from openapi2tools._core.json.json_types import is_number, is_whole_number
from openapi2tools._core.reader import for_reader
from openapi2tools.call import servers
from openapi2tools.call.credentials.certificates import Certificate
from openapi2tools.call.credentials.schemes import TOKEN_SCHEME_TYPES, unknown_credentials
from openapi2tools.errors import CallError, InvalidOption
from openapi2tools.model import Api, Toolset

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from openapi2tools.call.apis import Apis
    from openapi2tools.call.approval.consent import Answer
    from openapi2tools.call.credentials.sources import Credentials
    from openapi2tools.call.fields.select import Selection
    from openapi2tools.call.policy import Policy
    from openapi2tools.call.prepared import Prepared
    from openapi2tools.call.response.recorded import Recording, Replay
    from openapi2tools.call.serialization import bodies
    from openapi2tools.model import Tool

Approve: TypeAlias = "Callable[[Prepared], Answer | Awaitable[Answer]]"
"""Asked whether a call may go out; synchronous or asynchronous.

True sends it, and `"later"` puts the question off. In a run of an agent, `"tool"` says yes to every
call of this tool in this run, `"session"` for as long as its session is open, and a mapping changes
the arguments: the request that they make is asked about in turn. Whatever else is returned is a no.
"""
Server: TypeAlias = str | int | Mapping[str, str | int]
"""A URL, the index or name of a server of the document, or one of these for each API."""
Cert: TypeAlias = str | Path | tuple[str | Path, str | Path] | Certificate
"""A client certificate: a PEM file, a pair of certificate and key files, or a `Certificate`."""


DEFAULT_BACKOFF_SECONDS: Final = 0.25
DEFAULT_MAX_CONNECTIONS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What `connect` was given; its docstring says what each option means."""

    credentials: Credentials | None = field(repr=False)
    policy: Policy
    server: Server | None
    servers: Mapping[int, str | int | None]
    """The server of each API, by the id of the `Api`."""
    server_variables: Mapping[str, str]
    http: httpx.AsyncClient | None
    approve: Approve | None
    timeout: float
    retries: int
    verify: bool | str | ssl.SSLContext
    cert: str | tuple[str, str] | Certificate | None = field(repr=False)
    backoff: float
    per_second: float | None
    network: transport.Network = field(repr=False)
    headers: httpx.Headers = field(repr=False)
    writer: bodies.BodyWriter
    limit_tokens: int
    validate: bool
    defaults: bool
    cookies: bool
    fields: Mapping[str, Selection] = field(default_factory=dict)
    """What is chosen of answers, by globs of tools' names."""
    choose_fields: bool = False
    account: str = ""
    recording: Recording | Replay | None = None
    is_for_one_user: bool = False

    @property
    def is_users_own(self) -> bool:
        """Whether the connections are the user's: they outlive what is done with them."""
        return self.http is not None or self.network.transport is not None

    def server_of(self, tool: Tool) -> str | int | None:
        """Return what the user chose as the server of a tool's API."""
        return self.servers.get(id(tool.api))


def check_tools(tools: object) -> None:
    """Raise InvalidOption for what is no Toolset."""
    if isinstance(tools, Toolset):
        return
    advice = "Toolset([tool, …]) makes one of tools"
    if isinstance(tools, Api):
        advice = "make them with build_tools(api)"
    raise InvalidOption(f"connect takes a Toolset, not {_kind(tools)}: {advice}.")


def check_account(tools: Toolset, account: str) -> None:
    """Raise InvalidOption for an account of APIs that nobody logs in to."""
    types = {scheme.type for tool in tools.values() for scheme in tool.api.schemes.values()}
    if account and types.isdisjoint(TOKEN_SCHEME_TYPES):
        option = for_reader("account=", "--account")
        raise InvalidOption(
            f"{option} names a stored login, and this API has no OAuth2 or OpenID Connect scheme "
            "that one logs in for."
        )


def check_http(http: object, own_transport: object, network_options: Mapping[str, object]) -> None:
    """Raise InvalidOption for a client or transport of another kind, or of httpx2.

    `network_options` are those that a client of the user's own settles itself.
    """
    if http is not None and not isinstance(http, httpx.AsyncClient):
        for_tests = "; to call an application in a test: transport=httpx.ASGITransport(app)"
        raise InvalidOption(
            f"http= is {_kind(http)}: give an httpx.AsyncClient (of the package httpx), also for "
            f"synchronous calls{for_tests}."
        )
    if own_transport is not None and not isinstance(own_transport, httpx.AsyncBaseTransport):
        raise InvalidOption(
            f"transport= is {_kind(own_transport)}: give an asynchronous transport of the package "
            "httpx, such as httpx.ASGITransport(app) or httpx.MockTransport(handler)."
        )
    if http is None:
        return
    for name, value in network_options.items():
        if value is not None:
            raise InvalidOption(
                f"{name}= does not go with http=: it is a matter of the client that you give."
            )


def checked_network(
    *,
    proxy: str | None,
    http2: bool,
    max_connections: int,
    own_transport: httpx.AsyncBaseTransport | None,
) -> transport.Network:
    """Return how requests travel; raises InvalidOption, which does not quote the proxy."""
    if proxy is not None:
        fault = transport.proxy_fault(proxy) if isinstance(proxy, str) else "give its URL."
        if fault:
            raise InvalidOption(f"proxy= cannot be used: {fault}")
    if http2 and find_spec("h2") is None:
        raise InvalidOption("http2=True needs the package h2: install `httpx[http2]`.")
    if not is_whole_number(max_connections) or max_connections < 1:
        raise InvalidOption(
            f"max_connections={max_connections!r}: give how many connections may be open at a "
            "time, a whole number from 1 on."
        )
    return transport.Network(
        proxy=proxy, http2=http2, max_connections=max_connections, transport=own_transport
    )


def checked_verify(verify: object) -> bool | str | ssl.SSLContext:
    """Return `verify`, a path as a text; raises InvalidOption for a file that is not there."""
    if isinstance(verify, bool | ssl.SSLContext):
        return verify
    return _existing_file("verify", verify, "True, False, an ssl.SSLContext, or a PEM file's path")


def checked_cert(cert: object) -> str | tuple[str, str] | Certificate | None:
    """Return `cert`, paths as texts; raises InvalidOption for a file that is not there."""
    if cert is None or isinstance(cert, Certificate):
        return cert
    wanted = "the path of a PEM file, or a pair of them: certificate and key"
    if isinstance(cert, tuple) and len(cert) == 2:
        file, key_file = (_existing_file("cert", each, wanted) for each in cert)
        return file, key_file
    return _existing_file("cert", cert, wanted)


def _existing_file(option: str, path: object, wanted: str) -> str:
    if not isinstance(path, str | Path):
        raise InvalidOption(f"{option}= is {_kind(path)}: give {wanted}.")
    file = os.path.expanduser(path)  # noqa: PTH111 -- `Path` raises for what cannot be a path
    if os.path.isfile(file):  # noqa: PTH113 -- as above
        return file
    # A text may be the key itself, by mistake, and is not shown.
    is_path = isinstance(path, Path) or not re.search(r"\n|-----BEGIN", path)
    shown = repr(str(path)) if is_path else "the text that was given"
    raise InvalidOption(f"{option}=: there is no file {shown}. Give {wanted}.")


def checked_folders(files: str | Path | Iterable[str | Path]) -> tuple[Path, ...]:
    """Return the folders of `files`; raises InvalidOption for one that is not there."""
    # A text is one folder, and not the letters of its name.
    folders = (files,) if isinstance(files, str | Path) else tuple(files)
    option = for_reader("files=", "--files")
    for folder in folders:
        if not isinstance(folder, str | Path):
            raise InvalidOption(f"{option} holds {_kind(folder)}: give the paths of folders.")
        if not Path(folder).is_dir():
            raise InvalidOption(f"{option}: there is no folder {str(folder)!r}.")
    return tuple(Path(folder).resolve() for folder in folders)


def check_globs(tools: Toolset, policy: Policy) -> None:
    """Raise InvalidOption for globs of a policy that fit no tool."""
    for name in ("reads", "unchecked") if tools else ():
        for glob in getattr(policy, name):
            if not any(tool.is_called(glob) for tool in tools.values()):
                option = for_reader(f"Policy({name}=[{glob!r}])", f"--{name} {glob}")
                raise InvalidOption(f"{option}: no tool here has a name or operationId that fits.")


def check_credential_names(
    tools: Toolset,
    credentials: object,
    server: Server | None,
    variables: Mapping[str, str],
) -> None:
    """Raise InvalidOption for what holds no credentials, and for a scheme that no tool has.

    A credential itself is never quoted.
    """
    if credentials is None or callable(credentials):
        return
    if not isinstance(credentials, Mapping):
        raise InvalidOption(
            "credentials= says by name what each credential is for: "
            "{'bearer': '…'}, or {'SCHEME': '…'} with the name of a security scheme."
        )
    if not tools:
        return
    named = server.values() if isinstance(server, Mapping) else (server,)
    unknown, known = unknown_credentials(
        tools.values(), credentials, servers=filter(servers.is_url, named), variables=variables
    )
    if unknown:
        raise InvalidOption(
            f"credentials={{{unknown[0]!r}: …}}: no tool here has that security scheme, "
            f"but: {known}."
        )


_HEADERS_OF_EVERY_CLIENT: Final = frozenset(
    {"accept", "accept-encoding", "connection", "user-agent"}
)
"""What httpx sends by itself: no word of the user's."""


def header_names(options: Options) -> tuple[str, ...]:
    """Return the names of the headers that the user sends with every call, where they matter."""
    names = [name.decode() for name, _ in options.headers.raw]
    if options.http is not None:
        names += [name.decode() for name, _ in options.http.headers.raw]
    return tuple(name for name in names if name.lower() not in _HEADERS_OF_EVERY_CLIENT)


def check_server_variables(tools: Toolset, variables: Mapping[str, str]) -> None:
    """Raise InvalidOption for a variable that no server has: a slip would call another server."""
    if not tools or not variables:
        return
    # Tools share their servers: each is looked at once.
    found = {id(server): server for tool in tools.values() for server in tool.operation.servers}
    known = {name for server in found.values() for name in servers.variable_names(server)}
    unknown = sorted(variables.keys() - known)
    if unknown:
        option = for_reader(
            f"server_variables={{{unknown[0]!r}: …}}", f"--server-var {unknown[0]}=…"
        )
        raise InvalidOption(
            f"{option}: no server has that variable, but: {', '.join(sorted(known)) or 'none'}."
        )


def servers_by_api(
    tools: Toolset, apis: Apis, server: Server | None, variables: Mapping[str, str]
) -> dict[int, str | int | None]:
    """Return the server that the user chose for each API, by the id of the `Api`.

    Raises InvalidOption for an API that is not here, and for a server that it does not have.
    """
    by_api = {id(tool.api): tool.api for tool in tools.values()}
    if not isinstance(server, Mapping):
        choices: dict[int, str | int | None] = dict.fromkeys(by_api, server)
    else:
        choices = {
            id(api): choice
            for name, choice in server.items()
            for api in apis.named(str(name), "server", by_api.values())
        }
    for number, choice in choices.items():
        own = [tool for tool in tools.values() if id(tool.api) == number]
        if choice is not None:
            _check_server(own, choice, variables)
    return choices


def _check_server(tools: list[Tool], choice: object, variables: Mapping[str, str]) -> None:
    """Raise InvalidOption for a server that none of the tools of an API has."""
    if isinstance(choice, bool) or not isinstance(choice, str | int):
        raise InvalidOption(
            f"server={choice!r}: give a URL, or the index or name of a server of the document."
        )
    if servers.is_url(choice):
        try:
            servers.server_url(tools[0], choice, variables)
        except CallError as error:
            raise InvalidOption(str(error)) from None
        return
    is_path = isinstance(choice, str) and choice.startswith("/")
    if is_path or any(servers.find_server(each.operation.servers, choice) for each in tools):
        return
    url = f"http://{choice}"
    option = for_reader(f"server={choice!r}", f"--server {choice}")
    is_host = isinstance(choice, str) and re.fullmatch(
        r"[\w.-]+:\d+(/.*)?|localhost|.+\..+", choice
    )
    advice = f" Do you mean {for_reader(repr(url), url)}?" if is_host else ""
    raise InvalidOption(
        f"{option}: the document has no such server. Its servers: "
        f"{servers.list_servers(tools[0].operation.servers)}. "
        f"Name one of them by its index or name, or {servers.how_to_give_one()}.{advice}"
    )


def check_pace(backoff: float, per_second: float | None) -> None:
    """Raise InvalidOption for a number that is out of range, or no number."""
    if not _is_finite(backoff) or backoff < 0:
        raise InvalidOption(
            f"backoff={backoff!r}: give the seconds before a request is sent again first, "
            "a number from 0 on."
        )
    if per_second is not None and (not _is_finite(per_second) or per_second <= 0):
        raise InvalidOption(
            f"per_second={per_second!r}: give how many requests to one origin may start in a "
            "second, a number above 0."
        )


def check_numbers(timeout: float, retries: int, limit_tokens: int) -> None:
    """Raise InvalidOption for a number that is out of range, or no number."""
    if not _is_finite(timeout) or timeout <= 0:
        raise InvalidOption(
            f"timeout={timeout!r}: give the seconds that a whole call may take, a number above 0."
        )
    if not is_whole_number(retries) or retries < 0:
        raise InvalidOption(
            f"retries={retries!r}: give how often a request may be sent again, "
            "a whole number from 0 on."
        )
    if not is_whole_number(limit_tokens) or limit_tokens < 1:
        raise InvalidOption(
            f"limit_tokens={limit_tokens!r}: give the tokens that a model reads of an answer, "
            "a whole number from 1 on."
        )


def _is_finite(value: Any) -> bool:
    return is_number(value) and isfinite(value)


def _kind(value: object) -> str:
    """Return the type of a value in words, with its package where that may be another's."""
    package = type(value).__module__.partition(".")[0]
    prefix = "" if package == "builtins" else f"{package}."
    return f"a {prefix}{type(value).__qualname__}"
