"""A tool and the values of one call in, one exact HTTP request out, without any secret.

What is built here is what reaches the wire: every URL is made of unreserved characters, delimiters
and percent-encoded triplets only, which httpx passes on as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import httpx

from openapi2tools.call.serialization import bodies, forms, paths, styles
from openapi2tools.call.serialization.streams import BodyStream
from openapi2tools.errors import CallError, InvalidArguments
from openapi2tools.model import ABSENT, FRAMING_HEADERS, IGNORED_HEADERS, MediaType, essence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from openapi2tools.model import HttpArguments, Json, Operation, Parameter, Tool

_WRITER: Final = bodies.BodyWriter()
_JSON: Final = MediaType("application/json")
_ELSEWHERE: Final = IGNORED_HEADERS | FRAMING_HEADERS | {"cookie"}


def build_request(
    tool: Tool, values: HttpArguments, server_url: str, writer: bodies.BodyWriter = _WRITER
) -> httpx.Request:
    """Write one request. Raises InvalidArguments for a value that cannot be written, CallError where the document leaves a hole."""
    operation = tool.operation
    path, query = paths.expand_path(operation, values.path)
    query = _query(operation, values, query)
    headers = [("Accept", _accept(operation)), *_headers(operation, values)]
    if cookie := "; ".join(filter(None, _cookies(operation, values))):
        headers.append(("Cookie", cookie))
    body = None
    if values.body is not ABSENT:
        body = _written(
            writer.write, "body", tool.media_type or _JSON, values.body, tool.api.document
        )
        headers.append(
            (
                "Content-Type",
                _written(styles.require_header_value, "the body's media type", body.content_type),
            )
        )
    url = server_url + path + (f"?{query}" if query else "")
    try:
        return _with_body(
            operation.method,
            httpx.URL(url),
            [(name.encode(), text.encode("latin-1")) for name, text in headers],
            body,
        )
    except (httpx.InvalidURL, UnicodeEncodeError) as error:
        raise InvalidArguments(f"{tool.name}: the address cannot be written: {error}.") from None


def _with_body(
    method: str, url: httpx.URL, headers: list[tuple[bytes, bytes]], body: bodies.Body | None
) -> httpx.Request:
    """Files are streamed; httpx leaves what it says of a body's length, and the host, to whoever brings a stream."""
    if body is None:
        return httpx.Request(method, url, headers=headers)
    stream = BodyStream(body.pieces)
    if (content := stream.in_memory()) is not None:
        return httpx.Request(method, url, headers=headers, content=content)
    return httpx.Request(
        method,
        url,
        headers=[(b"Host", url.netloc), *headers, (b"Content-Length", b"%d" % stream.length)],
        stream=stream,
    )


def _query(operation: Operation, values: HttpArguments, template: str) -> str:
    """Write the query: what the template has of it first, where no parameter says it anew, then the parameters in the document's order."""
    declared = _declared(operation, "query")
    pairs = [
        pair
        for name in declared
        if name in values.query
        for pair in _written(styles.write_query, name, declared[name], values.query[name])
    ]
    taken = {name for name, _ in pairs}
    parts = [
        part
        for part in template.split("&")
        if styles.percent_encode(unquote(part.partition("=")[0])) not in taken
    ]
    parts += [f"{name}={text}" for name, text in pairs]
    if values.querystring is not ABSENT:
        whole = _declared(operation, "querystring").values()
        parts += [
            _written(forms.querystring, parameter.name, parameter, values.querystring)
            for parameter in whole
        ]
    return "&".join(filter(None, parts))


def _headers(operation: Operation, values: HttpArguments) -> Iterator[tuple[str, str]]:
    for name, parameter in _declared(operation, "header").items():
        if name in values.header and name.lower() not in _ELSEWHERE:
            if not styles.HEADER_NAME.fullmatch(name):
                raise CallError(
                    f"{operation.key} has a header parameter {name!r}, which is no header's name."
                )
            text = _written(styles.write_header, name, parameter, values.header[name])
            if text is not None:
                yield name, text


def _cookies(operation: Operation, values: HttpArguments) -> Iterator[str]:
    """Write what stands in the one Cookie header (RFC 6265, section 5.4): a header parameter of that name, and the cookie parameters."""
    for name, parameter in _declared(operation, "header").items():
        if name.lower() == "cookie" and name in values.header:
            yield _written(styles.write_header, name, parameter, values.header[name]) or ""
    for name, parameter in _declared(operation, "cookie").items():
        if name in values.cookie:
            yield from map(
                "=".join, _written(styles.write_cookie, name, parameter, values.cookie[name])
            )


def _accept(operation: Operation) -> str:
    """Ask for what the document says an operation answers, JSON first, and take anything else, too."""
    names = {
        essence(media.name): None for response in operation.responses for media in response.content
    }
    first = sorted(
        (
            name
            for name in names
            if styles.HEADER_NAME.fullmatch(name.replace("/", "")) and name != "*/*"
        ),
        key=lambda name: "json" not in name,
    )
    return ", ".join([*first[:4], "*/*;q=0.5"]) if first else "application/json, */*;q=0.5"


def _declared(operation: Operation, location: str) -> dict[str, Parameter]:
    return {
        parameter.name: parameter
        for parameter in operation.parameters
        if parameter.location == location
    }


def _written(write: Callable[..., Json], name: str, *arguments: Json) -> Json:
    try:
        return write(*arguments)
    except ValueError as error:
        raise InvalidArguments(f"{name}: {error}.") from None
