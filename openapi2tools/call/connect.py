"""Connect tools: check the options, and make the `Client` that calls the tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openapi2tools.call.apis import Apis
from openapi2tools.call.arguments import (
    with_fixed_arguments,
)
from openapi2tools.call.client import Client
from openapi2tools.call.credentials.certificates import client_certificate
from openapi2tools.call.fields.given import checked_fields
from openapi2tools.call.options import (
    DEFAULT_BACKOFF_SECONDS,
    DEFAULT_MAX_CONNECTIONS,
    Approve,
    Cert,
    Options,
    Server,
    check_account,
    check_credential_names,
    check_globs,
    check_http,
    check_numbers,
    check_pace,
    check_server_variables,
    check_tools,
    checked_cert,
    checked_folders,
    checked_network,
    checked_verify,
    servers_by_api,
)
from openapi2tools.call.policy import Policy, check_policy
from openapi2tools.call.response.fitting.fit import DEFAULT_LIMIT_TOKENS
from openapi2tools.call.serialization import bodies
from openapi2tools.errors import (
    InvalidOption,
)
from openapi2tools.tools.arguments.open_body import with_open_bodies
from openapi2tools.transport import checked_headers

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import httpx

    from openapi2tools.call.credentials.sources import Credentials
    from openapi2tools.call.fields.select import Fields
    from openapi2tools.call.response.recorded import Recording, Replay
    from openapi2tools.model import Json, Toolset


def connect(
    tools: Toolset,
    *,
    credentials: Credentials | None = None,
    account: str = "",
    policy: Policy | None = None,
    server: Server | None = None,
    server_variables: Mapping[str, str] | None = None,
    http: httpx.AsyncClient | None = None,
    approve: Approve | None = None,
    timeout: float = 60.0,
    retries: int = 2,
    backoff: float | None = None,
    per_second: float | None = None,
    max_connections: int | None = None,
    proxy: str | None = None,
    http2: bool | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    verify: bool | str | Path | ssl.SSLContext = True,
    cert: Cert | None = None,
    headers: Mapping[str, str] | None = None,
    arguments: Mapping[str, Json] | None = None,
    codecs: bodies.Codecs | None = None,
    files: str | Path | Iterable[str | Path] = (),
    limit_tokens: int = DEFAULT_LIMIT_TOKENS,
    fields: Mapping[str, Fields] | Fields | None = None,
    choose_fields: bool = False,
    validate: bool = False,
    defaults: bool = False,
    cookies: bool = False,
    open_body: Iterable[str] = (),
    beside: Toolset | None = None,
    recording: Recording | Replay | None = None,
) -> Client:
    """Return a client that calls these tools.

    The tools may be of several APIs. The name of a security scheme that two of them have is then
    given as `host/name`, or as `title/name` or `source/name` of their documents.

    What the operator gives leaves the tools: `client.tools` no longer have the arguments that
    `arguments`, `headers` or a credential fill.

    Args:
        tools: The tools to call, of one API or of several.
        credentials: Credentials by the name of their security scheme, or a function that returns
            the credential for a scheme and a call; None is its last word. What is not given is
            looked for in the environment (`OPENAPI2TOOLS_<SCHEME>`) and among the stored logins.
            Whatever the document defines, there are `bearer`, `basic`, `digest`, `header:NAME`,
            `query:NAME` and `cookie:NAME`.
        account: Which stored login to use, where several accounts are logged in
            (`openapi2tools auth login --account NAME`); by default the newest.
        policy: Which calls are allowed, asked about or refused; by default all are allowed.
        server: A URL, or the index or name of one of the document's servers; by default the first.
            A URL without a path keeps the path of the document's server (`http://localhost:8080`
            becomes `http://localhost:8080/api/v3`); one that ends with a slash does not. For tools
            of several APIs: one for each, by the API's host, title or source.
        server_variables: Values for the variables of the server's URL.
        http: Your own client to send with. `retries`, `verify`, `cert`, all other options of the
            network, and the addresses that it may talk to are its matter then. Its headers are
            used, and its `auth` where nothing was given for the schemes of an operation; its
            `base_url`, `params` and `cookies` are not, since a call is sent as it was prepared.
        approve: Asked about each call whose policy says so. True sends the request that it was
            shown; `"later"` puts the question off; in a run of an agent, `"tool"` is a yes to all
            calls of this tool in this run, `"session"` while its session is open, and a mapping
            changes the arguments and asks again; anything else declines the call.
        timeout: How many seconds a whole call may take.
        retries: How often a request that failed may be sent again. Each attempt is signed anew.
        backoff: Seconds before a request is sent again first, 0.25 by default; each further pause
            is twice as long. Where an answer asks for another one (`Retry-After`, up to 30
            seconds), it is kept. A pause is that of its call: others go on.
        per_second: How many requests to one origin may start in a second; any number by default.
        max_connections: How many connections may be open at a time, 100 by default. Calls wait for
            one within their `timeout`, and nothing of them is sent before.
        proxy: The URL of a proxy for every request; by default those of the environment.
        http2: Whether to speak HTTP/2 with servers that do; needs the package h2.
        transport: An httpx transport of your own in place of the network, such as
            `httpx.ASGITransport(app)` or `httpx.MockTransport(handler)`: everything above it is as
            in production. Closing it is your matter.
        verify: Whether to check servers' certificates; or a CA bundle's path, or an SSL context.
        cert: The client certificate to show: one PEM file, or certificate and key.
        headers: Headers to send with every request to a trusted origin. A scheme that writes one
            of them has its credential.
        arguments: Values for arguments, which no model is asked for: by the argument's name, for
            all tools that have it, or by `tool.argument`.
        codecs: Functions that write bodies, by media type: from a value to bytes.
        files: The folders from which an argument may name a file to send.
        limit_tokens: How many tokens (o200k_base) of an answer the text of a result may have. Of a
            longer one as much is shown as there is room for: JSON stays JSON, with long lists cut
            as whole items and long texts each by itself; `result.data` has all of it.
        fields: Which fields of answers a model reads, by globs of tools' names, or for all tools:
            dotted names (`"id,author.name"`, or a list), which stay where they stand, or a
            JMESPath expression (`"items[].{id: id, by: author.name}"`). `result.data` has the
            whole answer all the same, `result.selected` what was chosen. Where nothing can be
            chosen of an answer, it stays whole, and the notes say why.
        choose_fields: Whether a model may choose the fields of each answer that `fields` leaves
            open: tools that read have an optional argument for it, of some 33 tokens each. The
            tools to describe to a model are then `client.tools`.
        validate: Whether to check successful answers against the document. The notes of a result
            say where it breaks the document's word.
        defaults: Whether to send the defaults that the document declares where an argument is left
            out. A server knows them anyway.
        cookies: Whether to keep the cookies that the API sets, such as those of a login call, for
            later calls to the same origin. They live as long as the client, in memory only.
        open_body: Globs of the names of tools for which the document declares no body, though the
            server takes one: they get an optional argument `body` for any JSON, text or file. The
            tools to describe to a model are then `client.tools`.
        beside: Tools of other APIs that other clients call in the same run. An environment variable
            that may be meant for one of those is then not read for these.
        recording: What `openapi2tools.testing.record` returned, to keep the exchanges in a file; or
            what `replay` returned, to answer from one: then nothing is sent, and no credential is
            needed.

    Raises:
        InvalidOption: An option has a value that it cannot have; credentials are for a scheme that
            no tool has; a credential or a URL does not say which of several APIs it is for; or no
            tool has one of the `arguments`.

    Example:
        tools = build_tools(load("petstore.yaml"))
        with connect(tools, credentials={"api_key": "…"}) as client:
            print(client.call("getPetById", {"petId": 7}).text)
    """
    check_tools(tools)
    if isinstance(open_body, str):
        raise InvalidOption(f"open_body={open_body!r}: give a list of globs: [{open_body!r}].")
    network_options = {
        "backoff": backoff,
        "per_second": per_second,
        "max_connections": max_connections,
        "proxy": proxy,
        "http2": http2,
        "transport": transport,
    }
    check_http(http, transport, network_options)
    policy = Policy() if policy is None else policy
    check_policy(policy)
    check_globs(tools, policy)
    backoff = DEFAULT_BACKOFF_SECONDS if backoff is None else backoff
    check_numbers(timeout, retries, limit_tokens)
    check_pace(backoff, per_second)
    network = checked_network(
        proxy=proxy,
        http2=bool(http2),
        max_connections=DEFAULT_MAX_CONNECTIONS if max_connections is None else max_connections,
        own_transport=transport,
    )
    certificate = checked_cert(cert)
    check_account(tools, account)
    tools = with_open_bodies(tools, open_body)
    variables = {name: str(value) for name, value in (server_variables or {}).items()}
    check_credential_names(tools, credentials, server, variables)
    apis = Apis(tools.values(), variables, beside=beside.values() if beside else ())
    apis.check(credentials, server)
    check_server_variables(tools, variables)
    tools = with_fixed_arguments(tools, arguments or {}, policy)
    options = Options(
        credentials=credentials,
        policy=policy,
        server=server,
        servers=servers_by_api(tools, apis, server, variables),
        server_variables=variables,
        http=http,
        approve=approve,
        timeout=timeout,
        retries=retries,
        backoff=backoff,
        per_second=per_second,
        network=network,
        verify=checked_verify(verify),
        cert=certificate or client_certificate(tools.values(), credentials),
        headers=checked_headers(headers or {}),
        writer=bodies.BodyWriter(codecs or {}, checked_folders(files)),
        limit_tokens=limit_tokens,
        validate=validate,
        defaults=defaults,
        cookies=cookies,
        fields=checked_fields(tools, fields),
        choose_fields=choose_fields,
        account=account,
        recording=recording,
    )
    return Client(tools, options, apis)
