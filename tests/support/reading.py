"""A request back into values, by the standard and by nothing of ours: how a server that knows the
document reads it.

Text is told from numbers by the value it is compared with: `agrees(text, value)`. What has no
members was not sent (RFC 6570, section 2.3).
"""

from __future__ import annotations

import email
import email.policy
import json
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, unquote, unquote_plus
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    import httpx

    from openapi2tools.model import Encoding, HttpArguments, MediaType, Operation, Parameter

ABSENT: Final = object()
DELIMITERS: Final = {"spaceDelimited": "%20", "pipeDelimited": "%7C", "tabDelimited": "%09"}
IGNORED: Final = {
    "accept",
    "content-type",
    "authorization",
    "host",
    "content-length",
    "connection",
    "transfer-encoding",
    "upgrade",
}
RAW: Final = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}


def differences(
    request: httpx.Request, operation: Operation, media_type: MediaType | None, sent: HttpArguments
) -> list[str]:
    """Read a request and say where it differs from what was meant."""
    query = request.url.query.decode()
    readings = [
        *(
            (p, _unstyled(p, text, value), value)
            for p, text, value in path_texts(operation, request, sent.path)
        ),
        *(
            (p, _query(p, query, sent.query[p.name]), sent.query[p.name])
            for p in told_apart(operation, "query", sent.query)
        ),
        *(
            (p, _header(p, request, sent.header[p.name]), sent.header[p.name])
            for p in told_apart(operation, "header", sent.header)
        ),
        *(
            (p, _cookie(p, request, sent.cookie[p.name]), sent.cookie[p.name])
            for p in told_apart(operation, "cookie", sent.cookie)
        ),
    ]
    wrong = [
        f"{p.location} {p.name} ({p.style}): {value!r} was read as {read!r}"
        for p, read, value in readings
        if not agrees(read, value)
    ]
    return wrong + _body(request, media_type, sent.body)


def agrees(read: Any, value: Any) -> bool:
    """Whether what was read, text or a structure of text, is this value."""
    if isinstance(read, str) and not isinstance(value, str):
        return bool(json.loads(read) == value)
    if _undefined(value):
        return read is ABSENT
    if isinstance(read, list):
        members = [each for each in value if each is not None]
        return (
            isinstance(value, list)
            and len(read) == len(members)
            and all(map(agrees, read, members))
        )
    if isinstance(read, dict):
        defined = {key: each for key, each in value.items() if each is not None}
        return read.keys() == defined.keys() and all(
            agrees(read[key], defined[key]) for key in read
        )
    return bool(read == value)


def _undefined(value: Any) -> bool:
    return value is None or (
        isinstance(value, list | dict)
        and all(each is None for each in (value if isinstance(value, list) else value.values()))
    )


def told_apart(operation: Operation, location: str, values: Any) -> list[Parameter]:
    ignored = IGNORED if location == "header" else set()
    there = [
        p
        for p in operation.parameters
        if p.location == location and p.name in values and p.name.lower() not in ignored
    ]
    return [
        p
        for p in there
        if not any(
            _collide(p, values[p.name], other, values[other.name])
            for other in there
            if other is not p
        )
    ]


def _collide(one: Parameter, value: Any, other: Parameter, others: Any) -> bool:
    """Whether an exploded object has a member of another parameter's name: then the document itself
    makes them one."""
    names = set(value) if one.explode and isinstance(value, dict) else {one.name}
    return one.style == "form" and not names.isdisjoint(
        others if other.explode and isinstance(others, dict) else {other.name}
    )


# --- parameters ---


def path_texts(
    operation: Operation, request: httpx.Request, values: Any
) -> list[tuple[Parameter, str, Any]]:
    """Find what stands in each place of the template; servers are expected to be at `/base`."""
    path, _, query = request.url.raw_path.decode().removeprefix("/base").partition("?")
    declared = {p.name: p for p in operation.parameters if p.location == "path"}
    template, _, fixed = operation.path.partition("#")[0].partition("?")
    if any(segment.count("{") > 1 for segment in template.split("/")):
        return []  # nobody can tell where one value ends and the next begins
    said, seen = (
        dict(pair.partition("=")[::2] for pair in text.split("&")) for text in (fixed, query)
    )
    # a query parameter says it anew
    twice = {p.name for p in operation.parameters if p.location == "query"}
    places = [
        (text[1:-1], seen.get(name, ""))
        for name, text in said.items()
        if text[:1] == "{" and name not in twice
    ]
    in_query = [(declared[name], text, values[name]) for name, text in places if name in declared]
    names = re.findall(r"\{([^{}/]+)\}", template)
    literals = [
        re.escape(quote(unquote(each), safe="/:@!$&'()*+,;=~"))
        for each in re.split(r"\{[^{}/]+\}", template)
    ]
    found = re.fullmatch("/?" + "(.*?)".join(literals).removeprefix("/"), path)
    assert found, (template, path)
    return [
        *(
            (declared[name], text, values[name])
            for name, text in zip(names, found.groups(), strict=True)
        ),
        *in_query,
    ]


def _unstyled(parameter: Parameter, text: str, value: Any) -> Any:
    if parameter.media_type is not None:
        return _content_of(unquote(text), value)
    if parameter.style == "label":
        return _split(
            text.removeprefix("."), value, parameter.explode, "." if parameter.explode else ","
        )
    if parameter.style != "matrix":
        return _split(text, value, parameter.explode, DELIMITERS.get(parameter.style, ","))
    pairs = [pair.partition("=")[::2] for pair in text.split(";")[1:]]
    if parameter.explode and isinstance(value, list):
        return [unquote(each) for _, each in pairs]
    if parameter.explode and isinstance(value, dict):
        return {unquote(key): unquote(each) for key, each in pairs}
    return _split(pairs[0][1], value, False, ",")


def _content_of(text: str, value: Any) -> Any:
    """Read a parameter with `content`: a text may stand as it is, or as JSON's."""
    return json.loads(text) if isinstance(value, str) and text != value else text


def _split(text: str, value: Any, explode: bool, separator: str, decode: Any = unquote) -> Any:
    """Split first, decode then: a delimiter inside a value is encoded."""
    if (
        isinstance(value, list)
        and separator in DELIMITERS.values()
        and decode(separator) in "".join(map(str, value))
    ):
        # nobody can tell them apart
        return (
            list(map(_text, value))
            if decode(text) == decode(separator).join(map(_text, value))
            else text
        )
    if isinstance(value, list):
        return [decode(each) for each in text.split(separator)]
    if isinstance(value, dict) and explode:
        return {
            decode(key): decode(each)
            for key, _, each in (pair.partition("=") for pair in text.split(separator))
        }
    if isinstance(value, dict):
        parts = [decode(each) for each in text.split(separator)]
        return dict(zip(parts[::2], parts[1::2], strict=True))
    return decode(text)


def _query(parameter: Parameter, query: str, value: Any) -> Any:
    return _named(parameter, [pair.partition("=")[::2] for pair in query.split("&") if pair], value)


def _named(parameter: Parameter, pairs: list[Any], value: Any) -> Any:
    texts = [text for name, text in pairs if unquote(name) == parameter.name]
    if parameter.media_type is not None:
        return _content_of(unquote(texts[0]), value)
    if _undefined(value):
        return ABSENT  # what is there then was written by the template, or by allowEmptyValue
    if parameter.style == "deepObject" and isinstance(value, dict | list):
        return _deep(parameter.name, pairs, value)
    if parameter.explode and isinstance(value, dict):
        return _members(pairs, value)
    if parameter.explode and isinstance(value, list):
        return [unquote(text) for text in texts]
    return _split(texts[0], value, False, DELIMITERS.get(parameter.style, ",")) if texts else ABSENT


def _members(pairs: list[Any], value: dict[str, Any]) -> Any:
    """Read an exploded object, where an array repeats its name."""
    read: dict[str, list[str]] = {}
    for name, text in pairs:
        read.setdefault(unquote(name), []).append(unquote(text))
    arrays = {key: read.get(key, ABSENT) for key in value if isinstance(value[key], list)}
    return arrays | {
        key: texts[-1]
        for key, texts in read.items()
        if key not in arrays and value.get(key) is not None
    }


def _deep(name: str, pairs: list[Any], value: Any) -> Any:
    """Check nested brackets against a value: give the value itself when each leaf stands where
    servers look for it."""
    leaves = sorted(
        (unquote(key), unquote(text)) for key, text in pairs if unquote(key).startswith(name + "[")
    )
    expected = sorted(_leaves(name, value), key=lambda leaf: (leaf[0], _text(leaf[1])))
    fits = len(leaves) == len(expected) and all(
        k == key and agrees(t, leaf) for (k, t), (key, leaf) in zip(leaves, expected, strict=True)
    )
    return _as_read(value) if fits else leaves


def _leaves(name: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for key, each in value.items() for leaf in _leaves(f"{name}[{key}]", each)]
    if isinstance(value, list):
        return [
            leaf
            for i, each in enumerate(value)
            for leaf in _leaves(f"{name}[{i if isinstance(each, dict | list) else ''}]", each)
        ]
    return [] if value is None else [(name, value)]


def _as_read(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_read(each) for key, each in value.items() if each is not None}
    return _text(value)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _header(parameter: Parameter, request: httpx.Request, value: Any) -> Any:
    text = {key.lower(): each for key, each in request.headers.raw}.get(
        parameter.name.lower().encode()
    )
    if text is None:
        return ABSENT
    if parameter.media_type is not None or isinstance(value, str):
        return text.decode("latin-1")
    members = (
        value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    )
    names = value if isinstance(value, dict) else ()
    if any(isinstance(each, list | dict) for each in members) or any(
        set(_text(each)) & {",", "="} for each in (*members, *names)
    ):
        # undefined: a header has no way to tell these delimiters from those between members
        return json.dumps(value)
    return _split(
        text.decode("latin-1"), value, parameter.explode, RAW.get(parameter.style, ","), str
    )


def _cookie(parameter: Parameter, request: httpx.Request, value: Any) -> Any:
    pairs = [
        pair.partition("=")[::2] for pair in request.headers.get("cookie", "").split("; ") if pair
    ]
    return _named(parameter, pairs, value)


# --- bodies ---


def _body(request: httpx.Request, media_type: MediaType | None, value: Any) -> list[str]:
    kind = request.headers.get("content-type", "").partition(";")[0].lower()
    if media_type is None or not kind:
        return []
    content = request.read()
    if kind.endswith(("/json", "+json")):
        return [] if json.loads(content) == value else [f"the body is {content[:200]!r}"]
    if isinstance(value, dict) and kind == "application/x-www-form-urlencoded":
        return _form(media_type, content.decode(), value)
    if isinstance(value, dict) and kind.startswith("multipart/"):
        return _multipart(media_type, request.headers["content-type"], content, value)
    if kind.endswith("xml") and not isinstance(value, str):
        ET.fromstring(content)
        return []
    return [] if content == _content(value) else [f"the body is {content[:200]!r} for {value!r}"]


def _content(value: Any) -> bytes:
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        return value["text"].encode()
    return (
        value.encode()
        if isinstance(value, str)
        else json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    )


def _form(media_type: MediaType, text: str, value: dict[str, Any]) -> list[str]:
    wrong = []
    for name, each in value.items():
        encoding = media_type.encoding.get(name)
        if encoding and (encoding.style or encoding.explode is not None or encoding.allow_reserved):
            continue  # the style vectors and the tests of bodies read these
        texts = [
            unquote_plus(t)
            for n, _, t in (pair.partition("=") for pair in text.split("&"))
            if unquote_plus(n) == name
        ]
        wanted = [item for item in (each if isinstance(each, list) else [each]) if item is not None]
        whole = encoding and encoding.content_type and isinstance(each, list)
        if whole and not agrees(
            texts[0], json.dumps(each, separators=(",", ":"), ensure_ascii=False)
        ):
            wrong.append(f"the form's {name} is {texts!r}")
        if not whole and not (len(texts) == len(wanted) and all(map(_leaf_agrees, texts, wanted))):
            wrong.append(f"the form's {name} is {texts!r} for {each!r}")
    return wrong


def _leaf_agrees(text: str, value: Any) -> bool:
    return text == value if isinstance(value, str) else json.loads(text) == value


def _multipart(
    media_type: MediaType, content_type: str, content: bytes, value: dict[str, Any]
) -> list[str]:
    message = email.message_from_bytes(
        f"Content-Type: {content_type}\r\n\r\n".encode() + content, policy=email.policy.HTTP
    )
    parts: dict[str, list[bytes]] = {}
    for part in message.iter_parts() if message.is_multipart() else ():  # type: ignore[attr-defined]
        parts.setdefault(str(part.get_param("name", header="content-disposition")), []).append(
            part.get_payload(decode=True)
        )
    wrong = []
    for name, each in value.items():
        encoding = media_type.encoding.get(name)
        if encoding and (encoding.style or encoding.explode is not None):
            continue
        items = [item for item in (each if isinstance(each, list) else [each]) if item is not None]
        found = parts.get(name.replace('"', "%22"), [])
        if len(found) != len(items) or not all(
            _part_agrees(part, item, encoding) for part, item in zip(found, items, strict=True)
        ):
            wrong.append(f"the part {name} is {found!r} for {each!r}")
    return wrong


def _part_agrees(content: bytes, value: Any, encoding: Encoding | None) -> bool:
    if (
        isinstance(value, dict)
        and value.keys() <= {"text", "filename", "content_type"}
        and content == str(value.get("text")).encode()
    ):
        return True
    text = content.decode()
    as_json = encoding is not None and "json" in (encoding.content_type or "")
    return text == value if isinstance(value, str) and not as_json else json.loads(text) == value


def query_pairs(request: httpx.Request) -> list[tuple[str, str]]:
    """Give the query as a framework's form parser gives it."""
    return parse_qsl(request.url.query.decode(), keep_blank_values=True)
