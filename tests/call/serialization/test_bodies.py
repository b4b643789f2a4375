"""Each media type is written by its own rules, and the bytes on the socket are exactly those."""

from __future__ import annotations

import base64
import email
import email.policy
import io
import os
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools.call.connect import connect
from openapi2tools.model import Effect, Encoding, MediaType, Parameter, Result
from tests.support.calling import tool, tools
from tests.support.server import Answer, LoopbackServer, Received

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PNG = b"\x89PNG\r\n\x1a\n\x00\xff"


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(lambda _: Answer(204)) as running:
        yield running


def send(
    server: LoopbackServer, media_type: MediaType, arguments: dict[str, Any], **options: Any
) -> Result:
    subject = tool(server.url, method="POST", media_type=media_type, effect=Effect.WRITE)
    return connect(tools(subject), **options).call("t", arguments)


def sent(
    server: LoopbackServer, media_type: MediaType | str, body: Any, **options: Any
) -> Received:
    media_type = MediaType(media_type) if isinstance(media_type, str) else media_type
    result = send(server, media_type, {"body": body}, **options)
    assert result.status == 204, result.text
    return server.received[-1]


def parts(received: Received) -> list[tuple[str | None, str | None, str | None, bytes]]:
    """Read a multipart body with Python's own reader: name, file name, content type, content."""
    head = f"Content-Type: {received.headers['content-type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + received.body, policy=email.policy.HTTP)
    return [
        (
            part.get_param("name", header="content-disposition"),
            part.get_filename(),
            part["content-type"] and str(part["content-type"]),
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()  # type: ignore[attr-defined]
    ]


def form(properties: dict[str, Any], **encoding: Encoding) -> MediaType:
    return MediaType(
        "multipart/form-data", {"type": "object", "properties": properties}, encoding=encoding
    )


# --- JSON and text ---


@pytest.mark.parametrize(
    ("media_type", "value", "bytes_"),
    [
        ("application/json", {"a": "é", "b": None}, '{"a":"é","b":null}'.encode()),
        ("application/merge-patch+json", {"a": None}, b'{"a":null}'),
        (
            "application/json-patch+json",
            [{"op": "remove", "path": "/a"}],
            b'[{"op":"remove","path":"/a"}]',
        ),
        ("application/json; charset=utf-8", "text", b'"text"'),
        ("application/json", {}, b"{}"),
        ("application/json", None, b"null"),
        ("application/x-ndjson", [{"a": 1}, {"b": 2}], b'{"a":1}\n{"b":2}\n'),
        ("application/jsonl", [1], b"1\n"),
        ("application/json-seq", [1, 2], b"\x1e1\n\x1e2\n"),
        ("text/plain", "dé", "dé".encode()),
        ("text/plain; charset=iso-8859-1", "dé", "dé".encode("latin-1")),
        ("text/plain; charset=hex", "dé", "dé".encode()),
        ("text/plain; charset=undefined", "dé", "dé".encode()),
        (
            "text/xml; charset=ISO-8859-1",
            {"a": "é"},
            b'<?xml version="1.0" encoding="ISO-8859-1"?>\n<root><a>\xe9</a></root>',
        ),
        ("text/csv", "a,b\n1,2\n", b"a,b\n1,2\n"),
        ("application/xml", "<a/>", b"<a/>"),
        ("application/yaml", {"a": 1}, b'{"a":1}'),
        ("application/octet-stream", "text", b"text"),
        ("application/octet-stream", {"base64": base64.b64encode(PNG).decode()}, PNG),
        ("image/png", {"base64": base64.b64encode(PNG).decode(), "filename": "a.png"}, PNG),
        ("application/octet-stream", PNG, PNG),
        ("application/octet-stream", io.BytesIO(PNG), PNG),
    ],
)
def test_a_media_type_is_written_in_its_form(
    server: LoopbackServer, media_type: str, value: Any, bytes_: bytes
) -> None:
    received = sent(server, media_type, value)
    assert received.body == bytes_
    assert received.headers["content-type"] == media_type
    assert received.headers["content-length"] == str(len(bytes_))


def test_a_range_is_replaced_by_a_type_of_its_own(server: LoopbackServer) -> None:
    assert sent(server, "*/*", {"a": 1}).headers["content-type"] == "application/json"
    assert (
        sent(server, "image/*", {"text": "x", "filename": "a.svg"}).headers["content-type"]
        == "image/svg+xml"
    )
    assert sent(server, "*/*", "hi").headers["content-type"] == "text/plain; charset=utf-8"
    assert sent(server, "application/*", "hi").headers["content-type"] == "application/octet-stream"


def test_an_optional_body_is_left_out_and_a_post_says_that_it_is_empty(
    server: LoopbackServer,
) -> None:
    assert send(server, MediaType("application/json"), {}).status == 204
    received = server.received[-1]
    assert (received.body, received.headers["content-length"]) == (b"", "0")
    assert "content-type" not in received.headers


def test_a_users_own_codec_writes_its_media_type(server: LoopbackServer) -> None:
    received = sent(
        server,
        "application/cbor",
        [1],
        codecs={"application/cbor": lambda value: b"\x81\x01" if value == [1] else b""},
    )
    assert received.body == b"\x81\x01"
    assert sent(server, "text/turtle", {"s": 1}, codecs={"text/*": str}).body == b"{'s': 1}"


# --- forms ---


@pytest.mark.parametrize(
    ("value", "encoding", "text"),
    [  # the first is the example of OpenAPI 3.1.1, section 4.8.15.2
        (
            {
                "id": "f81d4fae",
                "address": {"streetAddress": "123 Example Dr.", "zip": "99999+1234"},
            },
            {},
            "id=f81d4fae&address=%7B%22streetAddress%22%3A%22123+Example+Dr.%22%2C%22zip%22%3A%2299999%2B1234%22%7D",
        ),
        ({"a": ["x y", "&"], "b": True, "c": None, "d": ""}, {}, "a=x+y&a=%26&b=true&d="),
        ({"a": ["x", "y,z"]}, {"a": Encoding(style="form", explode=False)}, "a=x,y%2Cz"),
        ({"a": ["x", "y"]}, {"a": Encoding(style="pipeDelimited", explode=False)}, "a=x%7Cy"),
        (
            {"a": {"b": {"c": 1}}},
            {"a": Encoding(style="deepObject", explode=True)},
            "a%5Bb%5D%5Bc%5D=1",
        ),
        ({"a": {"b": 1, "c": 2}}, {"a": Encoding(style="form")}, "b=1&c=2"),
        ({"a": "x/y&z"}, {"a": Encoding(allow_reserved=True)}, "a=x/y%26z"),
        (
            {"a": [1, {"b": 2}]},
            {"a": Encoding(content_type="application/json")},
            "a=%5B1%2C%7B%22b%22%3A2%7D%5D",
        ),
        (
            {"a": ["x y", 2], "b": "c"},
            {"a": Encoding(content_type="text/plain"), "b": Encoding(content_type="text/csv")},
            "a=x+y&a=2&b=c",
        ),
        ("a=already&b=written", {}, "a=already&b=written"),
    ],
)
def test_forms_are_written_by_content_type_or_by_style(
    server: LoopbackServer, value: Any, encoding: dict[str, Encoding], text: str
) -> None:
    media_type = MediaType(
        "application/x-www-form-urlencoded", {"type": "object"}, encoding=encoding
    )
    assert sent(server, media_type, value).body == text.encode()


# --- multipart ---


def test_a_multipart_body_holds_text_json_and_files(server: LoopbackServer) -> None:
    properties = {
        "name": {"type": "string"},
        "meta": {"type": "object"},
        "file": {"type": "string", "format": "binary"},
    }
    body = {
        "name": "dé",
        "meta": {"a": 1},
        "file": {"text": "hello", "filename": "ü.txt"},
        "left": None,
    }
    assert parts(sent(server, form(properties), body)) == [
        ("name", None, None, "dé".encode()),
        ("meta", None, "application/json", b'{"a":1}'),
        ("file", "ü.txt", "text/plain", b"hello"),
    ]


def test_a_file_that_is_described_wrongly_is_not_sent_as_json(server: LoopbackServer) -> None:
    result = send(
        server,
        form({"file": {"type": "string", "format": "binary"}}),
        {"body": {"file": {"text": "a", "name": "a.txt"}}},
    )
    assert result.is_error
    assert "filename" in result.text


@pytest.mark.parametrize("media_type", ["*/*", "application/xml", "application/yaml"])
def test_an_object_with_a_property_called_text_is_no_file(
    server: LoopbackServer, media_type: str
) -> None:
    schema = {"type": "object", "properties": {"text": {"type": "string"}}}
    assert sent(server, MediaType(media_type, schema), {"text": "hi"}).body != b"hi"


def test_several_files_are_several_parts_of_one_name(server: LoopbackServer) -> None:
    properties = {
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "tags": {"type": "array"},
    }
    body = {"files": [{"text": "a", "filename": "a.csv"}, {"base64": "/w=="}], "tags": ["x", "y"]}
    assert parts(sent(server, form(properties), body)) == [
        ("files", "a.csv", "text/csv", b"a"),
        ("files", "files", "application/octet-stream", b"\xff"),
        ("tags", None, None, b"x"),
        ("tags", None, None, b"y"),
    ]


def test_the_encoding_of_a_part_decides_type_headers_and_style(server: LoopbackServer) -> None:
    header = Parameter("X-Rate-Limit", "header", {"type": "integer", "default": 5})
    media_type = form(
        {
            "image": {},
            "doc": {"type": "object"},
            "ids": {"type": "array"},
            "list": {"type": "array"},
        },
        image=Encoding(content_type="image/png, image/jpeg", headers=(header,)),
        doc=Encoding(content_type="application/vnd.x+json"),
        ids=Encoding(style="form", explode=False),
        list=Encoding(content_type="application/json"),
    )
    body = {
        "image": {"base64": "/w==", "filename": "a.jpg"},
        "doc": {"a": 1},
        "ids": [1, 2],
        "list": [1, 2],
    }
    received = sent(server, media_type, body)
    assert parts(received) == [
        ("image", "a.jpg", "image/jpeg", b"\xff"),
        ("doc", None, "application/vnd.x+json", b'{"a":1}'),
        ("ids", None, None, b"1,2"),
        ("list", None, "application/json", b"1"),
        ("list", None, "application/json", b"2"),
    ]
    assert b"X-Rate-Limit: 5\r\n" in received.body


def test_a_part_may_be_xml(server: LoopbackServer) -> None:
    said = {"type": "object", "properties": {"id": {"xml": {"attribute": True}}}}
    received = sent(
        server,
        form({"history": said}, history=Encoding(content_type="application/xml")),
        {"history": {"id": 1}},
    )
    text = b'<?xml version="1.0" encoding="UTF-8"?>\n<history id="1"/>'
    assert parts(received) == [("history", None, "application/xml", text)]


def test_an_object_that_only_looks_like_a_file_stays_an_object(server: LoopbackServer) -> None:
    assert parts(sent(server, form({"note": {"type": "object"}}), {"note": {"text": "hi"}})) == [
        ("note", None, "application/json", b'{"text":"hi"}')
    ]


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n..", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a..", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"unknown", "application/octet-stream"),
    ],
)
def test_a_range_sends_the_type_that_the_file_is_of(
    server: LoopbackServer, start: bytes, kind: str
) -> None:
    for body in ({"base64": base64.b64encode(start).decode()}, start):
        received = sent(server, "image/*", body)
        assert (received.headers["content-type"], received.body) == (kind, start)
    received = sent(server, "image/*", {"base64": "/w==", "content_type": "image/x-own"})
    assert received.headers["content-type"] == "image/x-own"


def test_a_file_by_another_name_is_a_file_part(server: LoopbackServer) -> None:
    properties = {
        "csv": {"type": "string", "format": "text/csv"},
        "file": {"type": "string", "format": "file"},
        "images": {"type": "array", "items": {"type": "string", "format": "image/*"}},
    }
    body = {
        "csv": {"text": "a,b"},
        "file": {"base64": "/w=="},
        "images": [{"base64": "/w==", "filename": "a.jpg"}],
    }
    assert parts(sent(server, form(properties), body)) == [
        ("csv", "csv", "text/csv", b"a,b"),
        ("file", "file", "application/octet-stream", b"\xff"),
        ("images", "a.jpg", "image/jpeg", b"\xff"),
    ]


def test_names_of_parts_and_files_cannot_break_out(server: LoopbackServer) -> None:
    received = sent(
        server,
        form({'a"\r\nb': {"type": "string", "format": "binary"}}),
        {'a"\r\nb': {"text": "x", "filename": 'c"\r\nd'}},
    )
    assert b'name="a%22%0D%0Ab"; filename="c%22%0D%0Ad"\r\n' in received.body


def test_names_of_parts_and_files_are_utf_8(server: LoopbackServer) -> None:
    received = sent(
        server,
        form({"имя": {"type": "string", "format": "binary"}}),
        {"имя": {"text": "x", "filename": "日本.pdf"}},
    )
    assert 'name="имя"; filename="日本.pdf"\r\n'.encode() in received.body
    result = send(
        server,
        form({"f": {"format": "binary"}}),
        {"body": {"f": {"text": "x", "filename": "a\x1b.pdf"}}},
    )
    assert "control characters" in result.text


# --- files ---


def test_a_file_is_streamed_from_an_allowed_folder(server: LoopbackServer, tmp_path: Path) -> None:
    (tmp_path / "big.bin").write_bytes(PNG * 100_000)
    received = sent(server, "application/octet-stream", {"path": "big.bin"}, files=[tmp_path])
    assert received.body == PNG * 100_000
    assert received.headers["content-length"] == str(len(PNG) * 100_000)
    assert "transfer-encoding" not in received.headers
    received = sent(
        server,
        form({"f": {"type": "string", "format": "binary"}}),
        {"f": {"path": str(tmp_path / "big.bin")}},
        files=[tmp_path],
    )
    assert [(name, file, len(content)) for name, file, _, content in parts(received)] == [
        ("f", "big.bin", len(PNG) * 100_000)
    ]


def test_a_model_cannot_send_a_file_from_elsewhere(server: LoopbackServer, tmp_path: Path) -> None:
    secret, allowed = tmp_path / "secret.txt", tmp_path / "allowed"
    secret.write_text("s", encoding="utf-8")
    allowed.mkdir()
    (allowed / "link.txt").symlink_to(secret)
    for path in (str(secret), "../secret.txt", "link.txt", "/etc/passwd", "none.txt", "", "\0"):
        result = send(
            server, MediaType("application/octet-stream"), {"body": {"path": path}}, files=[allowed]
        )
        assert result.is_error, path
        assert "allowed folders" in result.text
    assert (
        "connect(files="
        in send(server, MediaType("application/octet-stream"), {"body": {"path": str(secret)}}).text
    )


@pytest.mark.parametrize("swapped", ["the file", "its folder"])
def test_a_link_that_takes_a_files_place_before_it_is_sent_sends_nothing(
    server: LoopbackServer, tmp_path: Path, swapped: str
) -> None:
    allowed, outside = tmp_path / "allowed", tmp_path / "outside"
    for folder, content in ((allowed / "sub", "mine"), (outside, "kept")):
        folder.mkdir(parents=True)
        (folder / "a.txt").write_text(content, encoding="utf-8")
    client = connect(
        tools(
            tool(
                server.url,
                method="POST",
                media_type=MediaType("application/octet-stream"),
                effect=Effect.WRITE,
            )
        ),
        files=[allowed],
    )
    prepared = client.prepare("t", {"body": {"path": "sub/a.txt"}})
    place = allowed / "sub" / "a.txt" if swapped == "the file" else allowed / "sub"
    place.rename(tmp_path / "aside")
    place.symlink_to(outside / "a.txt" if swapped == "the file" else outside)
    result = client.send(prepared)
    assert result.is_error
    assert "'a.txt' changed after the call was prepared" in result.text
    assert not any(b"kept" in received.raw for received in server.received)


def test_a_hard_link_and_a_link_within_are_files_of_their_folder(
    server: LoopbackServer, tmp_path: Path
) -> None:
    outside, allowed = tmp_path / "a.txt", tmp_path / "allowed"
    outside.write_text("linked", encoding="utf-8")
    (allowed / "sub").mkdir(parents=True)
    (allowed / "sub" / "hard.txt").hardlink_to(outside)
    (allowed / "soft.txt").symlink_to(allowed / "sub" / "hard.txt")
    for path in ("sub/hard.txt", "soft.txt", "./sub/../soft.txt"):
        assert sent(server, "text/plain", {"path": path}, files=[allowed]).body == b"linked"


def test_what_is_no_regular_file_is_not_sent(server: LoopbackServer, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for path in ("pipe", "folder", ".", "a" * 5000):
        result = send(
            server,
            MediaType("application/octet-stream"),
            {"body": {"path": path}},
            files=[tmp_path],
        )
        assert "allowed folders" in result.text, path


def test_a_program_may_pass_a_path_of_its_own(server: LoopbackServer, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("mine", encoding="utf-8")
    assert sent(server, "text/plain", tmp_path / "a.txt").body == b"mine"
    assert (
        sent(server, "text/plain", {"path": tmp_path / "a.txt", "filename": "b.txt"}).body
        == b"mine"
    )
    assert sent(server, "text/plain", {"base64": b"bytes"}).body == b"bytes"
    with (tmp_path / "a.txt").open("rb") as file:
        file.read(1)
        assert parts(sent(server, form({"f": {"format": "binary"}}), {"f": file})) == [
            ("f", "a.txt", "text/plain", b"ine")
        ]


def test_calls_that_send_one_open_file_do_not_disturb_each_other(
    server: LoopbackServer, tmp_path: Path
) -> None:
    path, content = tmp_path / "a.bin", bytes(range(256)) * 1000
    path.write_bytes(content)
    client = connect(
        tools(
            tool(
                server.url,
                method="POST",
                media_type=MediaType("application/octet-stream"),
                effect=Effect.WRITE,
            )
        )
    )
    with path.open("rb") as file:
        first, second = (iter(client.prepare("t", {"body": file}).request.stream) for _ in range(2))
        begun = [next(first), next(second), next(first)]
        third = iter(client.prepare("t", {"body": file}).request.stream)
        assert (
            b"".join([begun[0], begun[2], *first])
            == b"".join([begun[1], *second])
            == b"".join(third)
            == content
        )


def test_a_file_that_is_open_for_text_is_refused(server: LoopbackServer, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("é", encoding="utf-8")
    with (tmp_path / "a.txt").open(encoding="utf-8") as file:
        for value in (file, io.StringIO("é")):
            assert "binary mode" in send(server, MediaType("text/plain"), {"body": value}).text


@pytest.mark.parametrize("change", ["gone", "shorter", "closed"])
def test_a_file_that_changed_before_it_was_sent_is_told(
    server: LoopbackServer, tmp_path: Path, change: str
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(PNG)
    client = connect(
        tools(
            tool(
                server.url,
                method="POST",
                media_type=MediaType("application/octet-stream"),
                effect=Effect.WRITE,
            )
        )
    )
    with path.open("rb") as file:
        prepared = client.prepare("t", {"body": file if change == "closed" else path})
    if change == "gone":
        path.unlink()
    elif change == "shorter":
        path.write_bytes(PNG[:3])
    result = client.send(prepared)
    assert result.is_error
    assert "'a.bin' changed after the call was prepared" in result.text


@pytest.mark.parametrize(
    ("media_type", "value", "reason"),
    [
        ("application/octet-stream", {"base64": "not base64!"}, "base64"),
        ("application/octet-stream", {"text": "x", "name": "x.txt"}, "exactly one of"),
        ("image/*", {"text": "x", "content_type": "image/png\r\nX-Evil: 1"}, "line breaks"),
        ("multipart/form-data", "text", "object"),
        ("application/x-www-form-urlencoded", [1], "object"),
        ("application/json", float("nan"), "JSON"),
        ("application/json", "\ud800", "surrogate"),
        ("application/xml", {"a b": 1}, "XML"),
    ],
)
def test_what_a_media_type_cannot_hold_is_told(
    server: LoopbackServer, media_type: str, value: Any, reason: str
) -> None:
    result = send(server, MediaType(media_type), {"body": value})
    assert result.is_error
    assert reason in result.text
    assert result.status is None


@pytest.mark.parametrize(
    "encoding", [Encoding(style="form", explode=True), Encoding(explode=False)]
)
def test_no_style_writes_a_file(server: LoopbackServer, encoding: Encoding) -> None:
    binary = {"type": "string", "format": "binary"}
    media_type = form(
        {"many": {"type": "array", "items": binary}, "one": binary}, many=encoding, one=encoding
    )
    given = {"many": [{"text": "A"}, {"text": "B", "filename": "b.txt"}], "one": {"text": "C"}}
    found = [(name, content) for name, _, _, content in parts(sent(server, media_type, given))]
    assert found == [("many", b"A"), ("many", b"B"), ("one", b"C")]


@pytest.mark.parametrize(
    "kind",
    ["application/x-msgpack", "application/vnd.api+cbor", "application/x-protobuf", "text/csv"],
)
def test_a_language_of_its_own_takes_a_codec(server: LoopbackServer, kind: str) -> None:
    refused = send(server, MediaType(kind, {"type": "object"}), {"body": {"a": 1}})
    assert "codecs" in refused.text
    assert refused.status is None
    assert (
        sent(server, MediaType(kind, {"type": "object"}), {"a": 1}, codecs={kind: repr}).body
        == b"{'a': 1}"
    )
