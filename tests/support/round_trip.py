"""Arguments for a tool, made by hypothesis, become a request; two readers read it back and have to
find the same values."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from openapi2tools.call.request import build_request
from openapi2tools.errors import InvalidArguments
from openapi2tools.model import ABSENT, HttpArguments
from tests.support import core, reading
from tests.support.drawing import instance

if TYPE_CHECKING:
    from collections import Counter
    from random import Random

    from openapi2tools.model import Tool

FILE_WORDS = {"path", "text", "base64", "filename", "content_type"}
FILE = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}


def run(tool: Tool, *, examples: int, counts: Counter[str]) -> None:
    """Make requests of one tool; raises AssertionError with every difference. `counts` says what
    was read, and by whom."""

    schema = _with_plain_files(tool.schema)

    @seed(0)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate],
    )
    @given(st.randoms(use_true_random=True))
    def once(random: Random) -> None:
        arguments = instance(random, schema)
        sent = tame(
            tool.spread(arguments),
            is_file={b.name[1:] for b in tool.bindings if b.location == "body"} == FILE_WORDS,
        )
        try:
            request = build_request(tool, sent, "http://api.test/base")
        except InvalidArguments:
            counts["refused: no form in HTTP"] += 1
            return
        counts["requests"] += 1
        counts["values read by the standard's rules"] += sum(
            len(getattr(sent, each)) for each in ("path", "query", "header", "cookie")
        )
        counts["bodies read by the standard's rules"] += sent.body is not ABSENT
        wrong = reading.differences(request, tool.operation, tool.media_type, sent)
        assert not wrong, f"{tool.operation.key}: {wrong}\n{request.url}\n{request.headers}"
        _by_openapi_core(tool, request, sent, counts)

    once()
    counts["operations"] += 1


def tame(sent: HttpArguments, *, is_file: bool) -> HttpArguments:
    """Leave out what HTTP has no form for, and we therefore refuse: other characters in headers,
    empty path segments, vague files."""
    path = {name: _in_path(value) for name, value in sent.path.items()}
    header = {name: _in_header(value) for name, value in sent.header.items()}
    body = (
        {"text": sent.body.get("text", "x")}
        if is_file and isinstance(sent.body, dict)
        else sent.body
    )
    return replace(sent, path=path, header=header, body=body)


def _in_path(value: Any) -> Any:
    if isinstance(value, str):
        return value if value.strip("./\\") else "x"
    if isinstance(value, list):
        return [_in_path(each) for each in value] or ["x"]
    if isinstance(value, dict):
        return {_in_path(key): _in_path(each) for key, each in value.items()} or {"x": "x"}
    return "x" if value is None else value


def _in_header(value: Any) -> Any:
    if isinstance(value, list):
        return [_in_header(each) for each in value]
    if isinstance(value, dict):
        return {_in_header(key): _in_header(each) for key, each in value.items()}
    return re.sub("[☃ ]", "", value) if isinstance(value, str) else value


def _with_plain_files(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_with_plain_files(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    properties = schema.get("properties")
    if isinstance(properties, dict) and properties.keys() == FILE_WORDS:
        return FILE
    return {key: _with_plain_files(each) for key, each in schema.items()}


def _by_openapi_core(tool: Tool, request: Any, sent: HttpArguments, counts: Counter[str]) -> None:
    given_ = {"path": sent.path, "query": sent.query, "header": sent.header, "cookie": sent.cookie}
    told_apart = [
        p
        for place, values in given_.items()
        for p in reading.told_apart(tool.operation, place, values)
    ]
    readable = [
        p for p in told_apart if core.readable(p, given_[p.location][p.name], tool.api.document)
    ]
    path = {
        p.name: unquote(text)
        for p, text, _ in reading.path_texts(tool.operation, request, sent.path)
    }
    readable = [p for p in readable if p.location != "path" or p.name in path]
    body = core.reads_body(tool.media_type, sent.body)
    if not readable and not body:
        return
    result = core.unmarshal(
        core.document_of(tool, readable, body=body), core.as_request(request, path)
    )
    assert not result.errors, f"{tool.operation.key}: openapi-core: {result.errors}"
    for parameter in readable:
        read = getattr(result.parameters, parameter.location)[parameter.name]
        value = given_[parameter.location][parameter.name]
        assert read == value, (
            f"{tool.operation.key}: openapi-core reads {parameter.location} {parameter.name} "
            f"as {read!r}, not {value!r}"
        )
        counts["values read by openapi-core"] += 1
    if body:
        assert result.body == sent.body, (
            f"{tool.operation.key}: openapi-core reads the body as {result.body!r}, "
            f"not {sent.body!r}"
        )
        counts["bodies read by openapi-core"] += 1
