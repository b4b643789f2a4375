"""Show a request as text, a curl command or HTTP; placeholders stand for secrets."""

from __future__ import annotations

import shlex
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from openapi2tools.call.serialization.multipart import BOUNDARY
from openapi2tools.call.serialization.streams import BodyStream, File

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import httpx

    from openapi2tools.call.serialization.streams import Piece

Placeholders: TypeAlias = "Iterable[tuple[str, str, str]]"
"""What stands for secrets: location, name on the wire, and the text to show."""
_HEADERS_OF_THE_CLIENT: Final = frozenset({"host", "content-length"})
_NEXT_LINE: Final = " \\\n  "
_SHOWN_DIGITS: Final = 16
_MAX_WRITTEN_BYTES: Final = 64 * 1024
"""Of more bytes that are no text, a command has a placeholder."""


def curl(request: httpx.Request, placeholders: Placeholders = ()) -> str:
    """Return a curl command that sends this very request from a POSIX shell.

    Placeholders stand for secrets.
    """
    method = "--head" if request.method == "HEAD" else f"-X {shlex.quote(request.method)}"
    url = shlex.quote(_url(request, placeholders))
    headers = "".join(
        f"{_NEXT_LINE}-H {shlex.quote(_curl_header(name, text))}"
        for name, text in _headers(request, placeholders)
    )
    body = _curl_body(request)
    options = f"{_NEXT_LINE}{body.option}" if body.option else ""
    # Without --path-as-is and --globoff, curl would rewrite dot segments, and read brackets as a
    # pattern.
    return f"{body.pipe}curl {method} --path-as-is --globoff {url}{headers}{options}"


def http(request: httpx.Request, placeholders: Placeholders = ()) -> str:
    """Return the request as HTTP/1.1 text.

    Placeholders stand for secrets; of bytes that are no text, the number and the digest are shown.
    """
    without_scheme = _url(request, placeholders).partition("://")[2]
    authority = without_scheme.partition("/")[0]
    target = without_scheme[len(authority) :] or "/"
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {request.headers['host']}"]
    lines += [f"{name}: {text}" for name, text in _headers(request, placeholders)]
    if "content-length" in request.headers:
        lines.append(f"Content-Length: {request.headers['content-length']}")
    return "\n".join(lines) + "\n\n" + _body(request)


def _url(request: httpx.Request, placeholders: Placeholders) -> str:
    url = str(request.url)
    pairs = [f"{name}={text}" for location, name, text in placeholders if location == "query"]
    if not pairs:
        return url
    return url + ("&" if request.url.query else "?") + "&".join(pairs)


def _headers(request: httpx.Request, placeholders: Placeholders) -> Iterator[tuple[str, str]]:
    """Yield the headers but for those that a client writes itself; the one Cookie goes last."""
    for_headers = [(name, text) for location, name, text in placeholders if location == "header"]
    cookies = [f"{name}={text}" for location, name, text in placeholders if location == "cookie"]
    cookies += [text for name, text in for_headers if name.lower() == "cookie"]
    replaced = _HEADERS_OF_THE_CLIENT.union(name.lower() for name, _ in for_headers)
    for raw_name, raw_text in request.headers.raw:
        name = raw_name.decode()
        text = raw_text.decode("latin-1")
        if name.lower() == "cookie":
            cookies.insert(0, text)
        elif name.lower() not in replaced:
            yield name, text
    for name, text in for_headers:
        if name.lower() != "cookie":
            yield name, text
    if cookies:
        yield "Cookie", "; ".join(cookies)


def _body(request: httpx.Request) -> str:
    stream = BodyStream.of(request)
    text = stream.text()
    if text is not None:
        return text
    form = BOUNDARY.search(request.headers.get("content-type", ""))
    pieces = stream.pieces
    if form is not None:
        pieces = tuple(part for piece in pieces for part in _form_parts(piece, form[1].encode()))
    return "".join(map(_shown_piece, pieces))


def _form_parts(piece: Piece, boundary: bytes) -> Iterator[Piece]:
    """Yield a piece of a multipart body in parts: what says what comes, and what comes."""
    if isinstance(piece, File):
        yield piece
        return
    delimiter = b"\r\n--" + boundary
    first, *others = piece.split(delimiter)
    yield from _head_and_content(first)
    for other in others:
        yield delimiter
        yield from _head_and_content(other)


def _head_and_content(data: bytes) -> Iterator[bytes]:
    head, separator, content = data.partition(b"\r\n\r\n")
    yield head + separator
    yield content


def _shown_piece(piece: Piece) -> str:
    """Return a piece of a body as a person reads it; of bytes, how many, and their digest."""
    if isinstance(piece, File):
        return f"({piece.name or 'a file'}, {piece.length} bytes)"
    text = _shell_text(piece)
    return f"({_about_bytes(piece)})" if text is None else text


def _about_bytes(data: bytes) -> str:
    return f"{len(data)} bytes, SHA-256 {sha256(data).hexdigest()[:_SHOWN_DIGITS]}..."


def _curl_header(name: str, text: str) -> str:
    return f"{name}: {text}" if text else f"{name};"  # curl's way to send an empty header


class _CurlBody(NamedTuple):
    """How a command sends a body: what is piped into curl, and curl's option."""

    pipe: str = ""
    option: str = ""


def _curl_body(request: httpx.Request) -> _CurlBody:
    """Return how to send a body: text stands in the command, everything else is piped into it."""
    stream = BodyStream.of(request)
    if not stream.length:
        has_length = "content-length" in request.headers
        return _CurlBody(option="-H 'Content-Length: 0'" if has_length else "")
    path = stream.only_path()
    if path is not None:
        return _CurlBody(option=f"--data-binary {shlex.quote('@' + path)}")
    text = stream.text()
    if text is not None:
        return _CurlBody(option=f"--data-raw {shlex.quote(text)}")
    commands = "; ".join(map(_output_command, stream.pieces))
    return _CurlBody(pipe=f"{{ {commands}; }} | ", option="--data-binary @-")


def _output_command(piece: Piece) -> str:
    """Return the shell command that writes the bytes of a piece to its output.

    Very many bytes are named instead: a person puts the file there.
    """
    if isinstance(piece, File):
        name = str(piece.source) if isinstance(piece.source, Path) else piece.name
        return f"cat {shlex.quote(name)}"
    text = _shell_text(piece)
    if text is None and len(piece) > _MAX_WRITTEN_BYTES:
        return f"cat {shlex.quote(f'<{_about_bytes(piece)}>')}"
    if text is None:
        return f"printf %s {b64encode(piece).decode()} | base64 -d"
    return f"printf %s {shlex.quote(text)}"


def _shell_text(piece: bytes) -> str | None:
    """Return bytes as a text that can stand in a shell command; None where they are no such."""
    if b"\0" in piece:
        return None
    try:
        return piece.decode()
    except UnicodeDecodeError:
        return None
