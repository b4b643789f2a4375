"""A request without secrets in, text that shows it out: a curl command, or HTTP as it goes over the wire."""

from __future__ import annotations

import shlex
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias

from openapi2tools.call.serialization.streams import BodyStream, File

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import httpx

    from openapi2tools.call.serialization.streams import Piece

Fills: TypeAlias = "Iterable[tuple[str, str, str]]"
_WRITTEN_BY_THE_CLIENT: Final = frozenset({"host", "content-length"})


def curl(request: httpx.Request, fills: Fills = ()) -> str:
    """Write a curl command that sends this very request from a POSIX shell; placeholders stand for secrets."""
    headers = "".join(
        f" \\\n  -H {shlex.quote(_curl_header(name, text))}"
        for name, text in _headers(request, fills)
    )
    method = "--head" if request.method == "HEAD" else f"-X {shlex.quote(request.method)}"
    # --path-as-is and --globoff: curl would rewrite dot segments, and read brackets as a pattern
    feed, data = _body_options(request)
    return f"{feed}curl {method} --path-as-is --globoff {shlex.quote(_url(request, fills))}{headers}{data}"


def http(request: httpx.Request, fills: Fills = ()) -> str:
    """Write the request as HTTP/1.1 text; placeholders stand for secrets, and bytes that are no text are counted."""
    address = _url(request, fills).partition("://")[2]
    target = address[len(address.partition("/")[0]) :] or "/"
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {request.headers['host']}"]
    lines += [f"{name}: {text}" for name, text in _headers(request, fills)]
    if "content-length" in request.headers:
        lines.append(f"Content-Length: {request.headers['content-length']}")
    return "\n".join(lines) + "\n\n" + _body(request)


def _url(request: httpx.Request, fills: Fills) -> str:
    query = "&".join(
        f"{name}={placeholder}" for location, name, placeholder in fills if location == "query"
    )
    url = str(request.url)
    return url + ("&" if request.url.query else "?") + query if query else url


def _headers(request: httpx.Request, fills: Fills) -> Iterator[tuple[str, str]]:
    own = [(name, placeholder) for location, name, placeholder in fills if location == "header"]
    cookies = [
        f"{name}={placeholder}" for location, name, placeholder in fills if location == "cookie"
    ]
    cookies += [placeholder for name, placeholder in own if name.lower() == "cookie"]
    for name, text in (
        (name.decode(), text.decode("latin-1")) for name, text in request.headers.raw
    ):
        if name.lower() == "cookie":
            cookies.insert(0, text)
        elif name.lower() not in _WRITTEN_BY_THE_CLIENT:
            yield name, text
    yield from ((name, placeholder) for name, placeholder in own if name.lower() != "cookie")
    if cookies:
        yield "Cookie", "; ".join(cookies)


def _curl_header(name: str, text: str) -> str:
    return f"{name}: {text}" if text else f"{name};"  # curl's way to send an empty header


def _body_options(request: httpx.Request) -> tuple[str, str]:
    """Write what a shell has to do before curl, and curl's options: text stands in the command, everything else is piped into it."""
    pieces = BodyStream.of(request)
    if not pieces.length:
        return "", " \\\n  -H 'Content-Length: 0'" if "content-length" in request.headers else ""
    if (path := pieces.only_path()) is not None:
        return "", f" \\\n  --data-binary {shlex.quote('@' + path)}"
    if (text := pieces.text()) is not None:
        return "", f" \\\n  --data-raw {shlex.quote(text)}"
    return "{ " + "; ".join(map(_written, pieces.pieces)) + "; } | ", " \\\n  --data-binary @-"


def _written(piece: Piece) -> str:
    """Write the shell command that gives a piece's bytes."""
    if isinstance(piece, File):
        return f"cat {shlex.quote(str(piece.source) if isinstance(piece.source, Path) else piece.name)}"
    try:
        return (
            f"printf %s {shlex.quote(piece.decode())}"
            if b"\0" not in piece
            else _from_base64(piece)
        )
    except UnicodeDecodeError:
        return _from_base64(piece)


def _from_base64(piece: bytes) -> str:
    return f"printf %s {b64encode(piece).decode()} | base64 -d"


def _body(request: httpx.Request) -> str:
    pieces = BodyStream.of(request)
    text = pieces.text()
    return f"({pieces.length} bytes)" if text is None else text
