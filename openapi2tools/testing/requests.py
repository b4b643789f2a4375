"""Look at a request: one that is prepared, or one that came in."""

from __future__ import annotations

import json as json_module
from typing import TYPE_CHECKING, Any

from openapi2tools.call.prepared import Prepared
from openapi2tools.call.serialization.streams import BodyStream
from openapi2tools.model import ABSENT, Json
from openapi2tools.testing.recorder import RecordedRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


def assert_request(
    request: Prepared | RecordedRequest,
    *,
    method: str | None = None,
    path: str | None = None,
    query: str | Mapping[str, str | Sequence[str]] | None = None,
    headers: Mapping[str, str | None] | None = None,
    json: Json = ABSENT,
    body: bytes | str | None = None,
) -> None:
    """Assert that a request is what a test expects. What is not given may be anything.

    Args:
        request: What `client.prepare` returned, which holds no credentials yet; or what a
            `Recorder` kept.
        method: The method.
        path: The path as it is on the wire: `/pets/a%20b`.
        query: The whole query: its text, or its decoded values by their names, a list for a name
            that stands there more than once.
        headers: Headers that it has, in any case; None for one that it must not have.
        json: What its body says.
        body: Its body, byte for byte.

    Raises:
        AssertionError: The request is another one; the message says in what.

    Example:
        prepared = client.prepare("add_pet", {"name": "Rex"})
        assert_request(prepared, method="POST", path="/pets", json={"name": "Rex"})
    """
    if isinstance(request, Prepared):
        request = _recorded(request)
    checks = [
        ("method", method, request.method),
        ("path", path, request.path),
        ("query", *_queries(query, request)),
        ("body", body.encode() if isinstance(body, str) else body, request.body),
    ]
    faults = [
        f"its {what} is {actual!r}, not {expected!r}"
        for what, expected, actual in checks
        if expected is not None and expected != actual
    ]
    faults += _header_faults(headers or {}, request.headers)
    if json is not ABSENT:
        faults += _json_faults(json, request)
    if faults:
        address = f"{request.path}?{request.query}" if request.query else request.path
        raise AssertionError(f"{request.method} {address} is another request: {'; '.join(faults)}.")


def _recorded(prepared: Prepared) -> RecordedRequest:
    request = prepared.request
    path, _, query = request.url.raw_path.decode().partition("?")
    return RecordedRequest(
        request.method,
        path,
        query,
        dict(request.headers.items()),
        b"".join(BodyStream.of(request)),
    )


def _queries(
    expected: str | Mapping[str, str | Sequence[str]] | None, request: RecordedRequest
) -> tuple[Any, Any]:
    """Return the expected query and the actual one, in the same form."""
    if expected is None or isinstance(expected, str):
        return expected, request.query
    wanted = {
        name: [value] if isinstance(value, str) else list(value) for name, value in expected.items()
    }
    actual: dict[str, list[str]] = {}
    for name, value in request.query_pairs:
        actual.setdefault(name, []).append(value)
    return wanted, actual


def _header_faults(expected: Mapping[str, str | None], actual: Mapping[str, str]) -> Iterator[str]:
    """Yield which headers differ; their values, which may be secrets, are not shown."""
    for name, value in expected.items():
        given = actual.get(name.lower())
        if given == value:
            continue
        if value is None:
            yield f"it has the header {name}"
        elif given is None:
            yield f"it has no header {name}"
        else:
            yield f"its header {name} is not {value!r}"


def _json_faults(expected: Json, request: RecordedRequest) -> Iterator[str]:
    try:
        actual = request.json()
    except ValueError:
        yield "its body is no JSON"
        return
    if actual != expected:
        yield f"its body is {json_module.dumps(actual)}, not {json_module.dumps(expected)}"
