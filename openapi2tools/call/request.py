"""Write one exact HTTP request for a tool and the values of one call, without any secret.

What is built here is what reaches the wire: every URL is made of unreserved characters, delimiters
and percent-encoded triplets only, which httpx passes on as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import httpx

from openapi2tools import transport
from openapi2tools.call.serialization import bodies, forms, paths, styles
from openapi2tools.call.serialization.streams import BodyStream
from openapi2tools.errors import CallError, InvalidArguments
from openapi2tools.model import ABSENT, FRAMING_HEADERS, IGNORED_HEADERS, MediaType, essence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from openapi2tools.model import HttpArguments, Json, Operation, Parameter, Tool

_DEFAULT_WRITER: Final = bodies.BodyWriter()
_DEFAULT_MEDIA_TYPE: Final = MediaType("application/json")
_NO_HEADER_PARAMETERS: Final = IGNORED_HEADERS | FRAMING_HEADERS | {"cookie"}
"""Headers that are not written from a header parameter, or not by themselves."""
_MAX_ACCEPTED_TYPES: Final = 4


def build_request(
    tool: Tool,
    values: HttpArguments,
    server_url: str,
    writer: bodies.BodyWriter = _DEFAULT_WRITER,
) -> httpx.Request:
    """Write the request of one call; see `RequestWriter.write`.

    Args:
        tool: The tool that is called.
        values: The values of its parameters and of its body.
        server_url: The address that the path is appended to, without a slash at its end.
        writer: Writes the body.
    """
    return RequestWriter(tool, server_url, writer).write(tool, values)


class RequestWriter:
    """Writes the requests of one operation at one server.

    Args:
        tool: A tool of the operation.
        server_url: The address that the path is appended to, without a slash at its end.
        writer: Writes the bodies.
    """

    def __init__(
        self, tool: Tool, server_url: str, writer: bodies.BodyWriter = _DEFAULT_WRITER
    ) -> None:
        operation = tool.operation
        self._operation = operation
        self._document = tool.api.document
        self._server_url = server_url
        self._writer = writer
        self._path = paths.PathTemplate(operation, tool.api.document)
        self._accept = ("Accept", _accept(operation))
        self._parameters: dict[str, list[Parameter]] = {}  # by their location
        unique = {(each.location, each.name): each for each in operation.parameters}
        for parameter in unique.values():
            self._parameters.setdefault(parameter.location, []).append(parameter)

    def write(self, tool: Tool, values: HttpArguments) -> httpx.Request:
        """Write the request of one call.

        Args:
            tool: The tool that is called, of this operation.
            values: The values of its parameters and of its body.

        Raises:
            InvalidArguments: A value cannot be written.
            CallError: The document leaves a hole.
        """
        path, query_of_template = self._path.expand(values.path)
        query = self._query(values, query_of_template)
        headers = [self._accept, *self._headers(values)]
        cookies = "; ".join(filter(None, self._cookies(values)))
        if cookies:
            headers.append(("Cookie", cookies))
        body = None
        if values.body is not ABSENT:
            media_type = tool.media_type or _DEFAULT_MEDIA_TYPE
            body = _write(self._writer.write, "body", media_type, values.body, self._document)
            content_type = _write(
                styles.require_header_value, "the body's media type", body.content_type
            )
            headers.append(("Content-Type", content_type))
        url = self._server_url + path + (f"?{query}" if query else "")
        try:
            return _request(
                self._operation.method,
                httpx.URL(url),
                [(name.encode(), text.encode("latin-1")) for name, text in headers],
                body,
            )
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            raise InvalidArguments(
                f"{tool.name}: the address cannot be written: {error}."
            ) from None

    def _in(self, location: str) -> Sequence[Parameter]:
        return self._parameters.get(location, ())

    def _query(self, values: HttpArguments, template: str) -> str:
        """Write the query: what the path's template has of it, then the parameters.

        A parameter replaces what the template has under its name. Parameters keep the document's
        order.
        """
        pairs: list[tuple[str, str]] = []
        for parameter in self._in("query"):
            name = parameter.name
            if name in values.query:
                pairs += _write(styles.write_query, name, parameter, values.query[name])
        written_names = {name for name, _ in pairs}
        parts = [part for part in template.split("&") if _encoded_name(part) not in written_names]
        parts += [f"{name}={text}" for name, text in pairs]
        if values.querystring is not ABSENT:
            for parameter in self._in("querystring"):
                parts.append(
                    _write(forms.querystring, parameter.name, parameter, values.querystring)
                )
        return "&".join(filter(None, parts))

    def _headers(self, values: HttpArguments) -> Iterator[tuple[str, str]]:
        for parameter in self._in("header"):
            name = parameter.name
            if name not in values.header or name.lower() in _NO_HEADER_PARAMETERS:
                continue
            if not transport.HEADER_NAME.fullmatch(name):
                raise CallError(
                    f"{self._operation.key} has a header parameter {name!r}, "
                    "which is no header's name."
                )
            text = _write(styles.write_header, name, parameter, values.header[name])
            if text is not None:
                yield name, text

    def _cookies(self, values: HttpArguments) -> Iterator[str]:
        """Yield what stands in the one Cookie header (RFC 6265, section 5.4).

        That is a header parameter of that name, and the cookie parameters.
        """
        for parameter in self._in("header"):
            name = parameter.name
            if name.lower() == "cookie" and name in values.header:
                yield _write(styles.write_header, name, parameter, values.header[name]) or ""
        for parameter in self._in("cookie"):
            name = parameter.name
            if name in values.cookie:
                for pair in _write(styles.write_cookie, name, parameter, values.cookie[name]):
                    yield "=".join(pair)


def _request(
    method: str, url: httpx.URL, headers: list[tuple[bytes, bytes]], body: bodies.Body | None
) -> httpx.Request:
    """Return a request; its body is streamed where it has files.

    httpx leaves the headers about a body's length, and the host, to whoever brings a stream.
    """
    if body is None:
        return httpx.Request(method, url, headers=headers)
    stream = BodyStream(body.pieces)
    content = stream.in_memory()
    if content is not None:
        return httpx.Request(method, url, headers=headers, content=content)
    length = b"%d" % stream.length
    all_headers = [(b"Host", url.netloc), *headers, (b"Content-Length", length)]
    return httpx.Request(method, url, headers=all_headers, stream=stream)


def _encoded_name(part: str) -> str:
    """Return the name of a part of a template's query, encoded as we encode a parameter's."""
    return styles.percent_encode(unquote(part.partition("=")[0]))


def _accept(operation: Operation) -> str:
    """Return the Accept header: what the document says is answered, JSON first, or anything."""
    media_types = dict.fromkeys(
        essence(media.name) for response in operation.responses for media in response.content
    )
    acceptable = [name for name in media_types if _is_one_media_type(name)]
    acceptable.sort(key=lambda name: "json" not in name)
    if not acceptable:
        return "application/json, */*;q=0.5"
    return ", ".join([*acceptable[:_MAX_ACCEPTED_TYPES], "*/*;q=0.5"])


def _is_one_media_type(name: str) -> bool:
    return name != "*/*" and transport.HEADER_NAME.fullmatch(name.replace("/", "")) is not None


def _write(write: Callable[..., Json], name: str, *arguments: Json) -> Json:
    """Write a value; one that cannot be written raises InvalidArguments with its name."""
    try:
        return write(*arguments)
    except ValueError as error:
        raise InvalidArguments(f"{name}: {error}.") from None
