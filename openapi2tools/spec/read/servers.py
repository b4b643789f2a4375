"""Read where an API answers: 3.x's servers, and 2.0's host, base path and schemes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from openapi2tools.model import Json, JsonObject, Server, ServerVariable
from openapi2tools.spec.read.values import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.spec.read.source import Source

_FILE_ENDINGS: Final = "php|aspx?|ashx|asmx|jsp|cgi|html?|json|ya?ml|xml|svc|dll|exe"
# what begins like it names a host: `localhost:8080`, `10.0.0.1`, `api.example.com/v1`
_HOST: Final = re.compile(
    r"""
    (?: (?P<here> localhost | 127\.\d+\.\d+\.\d+ )
      | \d+\.\d+\.\d+\.\d+
      | (?: [a-z0-9{] [\w{}-]* \. )+ (?! (?:"""
    + _FILE_ENDINGS
    + r""") (?:/|$) ) [a-z]{2,}
      | [a-z0-9{] [\w{}-]* (?= :\d )
    )
    (?: : (?: \d+ | \{\w+\} ) )?
    (?: [/?\#] | $ )
    """,
    re.VERBOSE | re.IGNORECASE,
)


class ServerReader:
    """Reads the servers of the document, of its path items and its operations."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.of_document = self.read(source.document, "", ())

    def read(
        self, raw: JsonObject, pointer: str, inherited: tuple[Server, ...]
    ) -> tuple[Server, ...]:
        """Return the servers that a part of the document names itself, else those it inherits."""
        if self._source.is_swagger:
            return self._read_swagger(raw) or inherited
        if not raw.get("servers"):
            return inherited
        return self._read_list(raw["servers"], f"{pointer}/servers") or inherited

    def _read_swagger(self, raw: JsonObject) -> tuple[Server, ...]:
        document = self._source.document
        if raw is not document and "schemes" not in raw:
            return ()
        named = _swagger_servers(document, raw.get("schemes"))
        return tuple(self._with_address(server, document) for server in named)

    def _read_list(self, raw: Json, pointer: str) -> tuple[Server, ...]:
        """Return the servers of OpenAPI 3's list; one without a URL is reported."""
        servers = []
        for index, value in enumerate(self._source.as_list(raw, pointer, "`servers`")):
            server = _server(value) if isinstance(value, dict) else None
            if server:
                server = self._with_scheme(server, f"{pointer}/{index}")
                servers.append(self._with_address(server, value))
            else:
                message = "this server has no URL."
                self._source.report("bad-server", message, f"{pointer}/{index}")
        return tuple(servers)

    def _with_address(self, server: Server, raw: JsonObject) -> Server:
        """Return a server with the address of whom its host was named by."""
        address = self._source.author_of(_words_of_host(server, raw))
        return server if address is None else replace(server, address=address)

    def _with_scheme(self, server: Server, pointer: str) -> Server:
        """Return a server whose URL begins with a host as one with a scheme, and report it.

        To the letter of the standard, `api.example.com/v1` is a path below the document's own.
        """
        defaults = {name: variable.default for name, variable in server.variables.items()}
        url = re.sub(r"\{([^{}]+)\}", lambda name: defaults.get(name[1]) or name[0], server.url)
        host = _HOST.match(url)
        if host is None:
            return server
        scheme = "http" if host["here"] else "https"
        with_scheme = f"{scheme}://{server.url}"
        message = f"the server {server.url!r} has no scheme; it is read as {with_scheme}."
        advice = "Write the scheme."
        self._source.report("server-without-scheme", message, pointer, advice, severity="error")
        return replace(server, url=with_scheme)


def _words_of_host(server: Server, raw: JsonObject) -> Iterator[tuple[str, Json]]:
    """Yield the fields that decide a server's host: none where its URL is relative.

    `raw` is the server as written, or a 2.0 document, whose host is one of its fields.
    """
    scheme, slashes, rest = server.url.partition("//")
    if not slashes and not server.url.startswith("{"):
        return
    yield from ((name, raw[name]) for name in ("host", "url") if name in raw)
    host = rest.partition("/")[0] if slashes else ""
    variables = raw.get("variables")
    for name, variable in variables.items() if isinstance(variables, dict) else ():
        if "{" + name + "}" in scheme + host and isinstance(variable, dict):
            key = "enum" if variable.get("default") is None else "default"
            yield key, variable.get(key)


def _swagger_servers(document: JsonObject, schemes: Json) -> tuple[Server, ...]:
    """Make servers of 2.0's host, basePath and schemes.

    What is absent stays relative to the document's address.
    """
    host = document.get("host")
    base = _base_path(document.get("basePath"))
    if not isinstance(host, str) or not host:
        return (Server(base),) if base else ()
    if "://" in host:
        host = host.partition("://")[2]
    host = host.strip("/")
    usable: set[str] = set()
    if isinstance(schemes, list):
        usable = {scheme for scheme in ("https", "http") if scheme in schemes}
    if not usable:
        return (Server(f"//{host}{base}"),)
    return tuple(Server(f"{scheme}://{host}{base}") for scheme in sorted(usable, reverse=True))


def _base_path(value: Json) -> str:
    """Return 2.0's basePath with one slash before it and none after it."""
    if not isinstance(value, str) or value == "/":
        return ""
    return "/" + value.strip("/")


def _server(raw: JsonObject) -> Server | None:
    """Read one 3.x server; return None where it has no URL."""
    url = raw.get("url")
    if not isinstance(url, str):
        return None
    variables = raw.get("variables")
    if not isinstance(variables, dict):
        variables = {}
    return Server(
        url=url.strip(),
        description=text(raw.get("description")),
        variables={
            name: _variable(value) for name, value in variables.items() if isinstance(value, dict)
        },
        name=text(raw.get("name")),
    )


def _variable(raw: JsonObject) -> ServerVariable:
    """Read a variable of a server's URL; without a default, the first allowed value is taken."""
    values = raw.get("enum")
    allowed = tuple(str(value) for value in values) if isinstance(values, list) else ()
    default = raw.get("default")
    if default is None:
        default = allowed[0] if allowed else ""
    return ServerVariable(str(default), allowed, text(raw.get("description")))
