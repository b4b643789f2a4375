"""Two APIs with a real server each: one answers pictures, the other takes them."""

from __future__ import annotations

import struct
import zlib
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from typing import TYPE_CHECKING, Any

from openapi2tools.agent.caller import JoinedCaller
from openapi2tools.call.connect import connect
from openapi2tools.spec.load import load
from openapi2tools.tools.build import build_tools
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi2tools.call.client import Client


def png(width: int, height: int, pixel: bytes = b"\xc0\x20\x20") -> bytes:
    """Return a picture of one colour, as PNG."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = (b"\0" + pixel * width) * height
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", head),
            chunk(b"IDAT", zlib.compress(rows)),
            chunk(b"IEND", b""),
        )
    )


PICTURE = png(16, 16)
BINARY = {"type": "string", "format": "binary"}
OK = {"200": {"description": "OK"}}
MUSEUM = {
    "openapi": "3.1.0",
    "info": {"title": "Museum", "version": "1"},
    "paths": {
        "/picture": {
            "get": {
                "operationId": "get_picture",
                "responses": {"200": {"description": "OK", "content": {"image/png": {}}}},
            }
        },
        "/{name}": {
            "get": {
                "operationId": "get_file",
                "parameters": [
                    {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
                ],
                "responses": OK,
            }
        },
    },
}
ARCHIVE = {
    "openapi": "3.1.0",
    "info": {"title": "Archive", "version": "1"},
    "paths": {
        "/upload": {
            "post": {
                "operationId": "upload",
                "requestBody": {
                    "required": True,
                    "content": {
                        "multipart/form-data": {
                            "schema": {
                                "type": "object",
                                "required": ["picture"],
                                "properties": {"picture": BINARY, "title": {"type": "string"}},
                            }
                        }
                    },
                },
                "responses": OK,
            }
        },
        "/raw": {
            "put": {
                "operationId": "store",
                "requestBody": {"content": {"*/*": {"schema": BINARY}}},
                "responses": OK,
            }
        },
        "/report": {
            "post": {
                "operationId": "report",
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {"outcome": {"type": "object"}},
                            }
                        }
                    }
                },
                "responses": OK,
            }
        },
    },
}


@dataclass
class Galleries:
    """What the museum has, by path, and what came to the archive."""

    files: dict[str, Answer] = field(default_factory=dict)
    arrived: list[Received] = field(default_factory=list)
    caller: Any = None
    clients: tuple[Client, ...] = ()

    def answer_museum(self, request: Received) -> Answer:
        headers = {
            "Content-Type": "image/png",
            "Content-Disposition": 'attachment; filename="left hand.png"',
        }
        found = Answer(200, PICTURE, headers) if request.path == "/picture" else None
        return self.files.get(request.path, found or Answer(404, {"error": "no such file"}))

    def answer_archive(self, request: Received) -> Answer:
        self.arrived.append(request)
        return Answer(200, {"stored": True}, {"Content-Type": "application/json"})

    def uploaded(self, index: int = -1) -> tuple[str, str, bytes]:
        """Return the file name, the type and the bytes of an uploaded picture."""
        request = self.arrived[index]
        head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        form = BytesParser(policy=HTTP).parsebytes(head + request.body)
        for part in form.iter_parts():  # type: ignore[attr-defined]
            if part.get_param("name", header="content-disposition") == "picture":
                content = part.get_payload(decode=True)
                return part.get_filename(), part.get_content_type(), content
        raise AssertionError(request.body)


@contextmanager
def open_galleries(**options: Any) -> Iterator[Galleries]:
    """Serve both, and give a caller for them."""
    galleries = Galleries()
    with (
        LoopbackServer(galleries.answer_museum) as museum,
        LoopbackServer(galleries.answer_archive) as archive,
    ):
        documents = [
            {**MUSEUM, "servers": [{"url": museum.url}]},
            {**ARCHIVE, "servers": [{"url": archive.url}]},
        ]
        clients = [connect(build_tools(load(each)), **options) for each in documents]
        galleries.caller, galleries.clients = JoinedCaller(*clients), tuple(clients)
        yield galleries
