"""Print the time and the memory that the worst documents, arguments and answers take.

    python benchmarks/hostile.py [WORD] [--seconds N]

Each case runs in a fresh process, which is ended after N seconds (60). Memory is what the process
holds at its peak beyond its imports. With a word, only the cases whose name holds it are run. To
compare with another version, run this file with that version's folder in PYTHONPATH.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

MB = 1024 * 1024
MAX_MEMORY = 6 * 1024 * MB


def main() -> None:
    """Print one line for each case."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("word", nargs="?", default="")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(measure(CASES[options.word])))
        return
    print(f"{'case':52} {'seconds':>8} {'MB':>6}  outcome")
    for name in CASES:
        if options.word in name:
            print(f"{name:52} {run(name, options.seconds)}", flush=True)


def run(name: str, seconds: float) -> str:
    """Run a case in a process of its own, and return its line."""
    command = [sys.executable, __file__, name, "--child"]
    try:
        child = subprocess.run(
            command, capture_output=True, text=True, timeout=seconds + 30, check=False
        )
        measured = json.loads(child.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return f"{'> ' + format(seconds, '.0f'):>8} {'':>6}  ended by us"
    except (IndexError, ValueError):
        reason = (child.stderr.strip().splitlines() or [f"exit {child.returncode}"])[-1]
        return f"{'':>8} {'':>6}  died: {reason[:100]}"
    return f"{measured['seconds']:8.2f} {measured['mb']:6.0f}  {measured['outcome'][:100]}"


def measure(case: Callable[[], Callable[[], object]]) -> dict[str, Any]:
    """Return what a case costs, what it needs to be set up left out."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    work = case()
    before = peak()
    start = time.perf_counter()
    try:
        outcome = work()
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is the outcome
        outcome = f"{type(error).__name__}: {error}"
    seconds = time.perf_counter() - start
    text = " ".join(str(outcome).split())
    return {"seconds": seconds, "mb": (peak() - before) / 1024, "outcome": text}


def peak() -> int:
    """Return the most memory that this process held, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


# --- documents ---


def document(schema: Any, components: dict[str, Any] | None = None, **info: Any) -> dict[str, Any]:
    """Return a document with one operation, whose body has a schema."""
    content = {"application/json": {"schema": schema}}
    operation = {
        "operationId": "put",
        "requestBody": {"required": True, "content": content},
        "responses": {"200": {"description": "Done"}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1", **info},
        "servers": [{"url": "http://127.0.0.1"}],
        "paths": {"/": {"put": operation}},
        "components": {"schemas": components or {}},
    }


def one(schema: Any) -> dict[str, Any]:
    """Return the schema of an object with one required property."""
    return {"type": "object", "required": ["x"], "properties": {"x": schema}}


def diamond(levels: int, keyword: str, leaf: Any, *, is_new: bool = False) -> dict[str, Any]:
    """Return components, each of which names the next one twice."""
    components = {}
    for level in range(levels):
        twice = [ref(f"L{level + 1}"), ref(f"L{level + 1}")]
        if is_new:
            own = {f"own{level}": {"type": "string", "description": f"Level {level}."}}
            twice = [{"allOf": [each, {"properties": own}]} for each in twice]
        components[f"L{level}"] = {keyword: twice}
    components[f"L{levels}"] = leaf
    return components


def ref(name: str) -> dict[str, str]:
    """Return a reference to a component."""
    return {"$ref": f"#/components/schemas/{name}"}


def branches(count: int) -> dict[str, Any]:
    """Return many classes, and what chooses among them."""
    classes = {
        f"C{i}": {
            "type": "object",
            "required": ["kind"],
            "properties": {"kind": {"const": f"c{i}"}},
        }
        for i in range(count)
    }
    mapping = {f"c{i}": f"#/components/schemas/C{i}" for i in range(count)}
    union = {
        "oneOf": [ref(name) for name in classes],
        "discriminator": {"propertyName": "kind", "mapping": mapping},
    }
    return {**classes, "Union": union}


# --- arguments ---


def checking(
    whole: dict[str, Any], arguments: dict[str, Any]
) -> Callable[[], Callable[[], object]]:
    """Return a case that checks arguments."""

    def case() -> Callable[[], object]:
        import openapi2tools  # noqa: PLC0415

        client = openapi2tools.connect(openapi2tools.build_tools(load(whole)))
        client.tools["put"].schema  # noqa: B018 -- made when it is asked for
        return lambda: client.prepare("put", arguments).notes or "accepted"

    return case


def building(whole: dict[str, Any]) -> Callable[[], Callable[[], object]]:
    """Return a case that makes tools."""

    def case() -> Callable[[], object]:
        from openapi2tools.tools.build import build_tools  # noqa: PLC0415

        api = load(whole)
        return lambda: f"{len(build_tools(api))} tools"

    return case


def linting(whole: dict[str, Any]) -> Callable[[], Callable[[], object]]:
    """Return a case that lints."""

    def case() -> Callable[[], object]:
        from openapi2tools import lint  # noqa: PLC0415

        api = load(whole)
        return lambda: dict(lint(api).kinds)

    return case


def load(whole: dict[str, Any]) -> Any:
    """Read a document."""
    import openapi2tools  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        path = Path(folder) / "document.json"
        path.write_text(json.dumps(whole))
        return openapi2tools.load(str(path))


def overlaying(whole: Any, *actions: dict[str, Any]) -> Callable[[], Callable[[], object]]:
    """Return a case that applies an Overlay."""

    def case() -> Callable[[], object]:
        from openapi2tools.spec import overlay  # noqa: PLC0415

        written = {"overlay": "1.0.0", "actions": list(actions)}
        return lambda: f"applied, {len(overlay.apply(whole, written)[1])} problems"

    return case


# --- answers ---


def answering(
    content_type: str,
    body: bytes,
    schema: Any = None,
    *,
    validate: bool = False,
) -> Callable[[], Callable[[], object]]:
    """Return a case that calls a server which answers with a body; it is packed on its way."""

    def case() -> Callable[[], object]:
        import openapi2tools  # noqa: PLC0415

        url = serve(content_type, body)
        content = {content_type: {"schema": schema or {}}}
        operation = {
            "operationId": "get",
            "responses": {"200": {"description": "Done", "content": content}},
        }
        whole = {
            "openapi": "3.1.0",
            "info": {"title": "t", "version": "1"},
            "servers": [{"url": url}],
            "paths": {"/": {"get": operation}},
        }
        tools = openapi2tools.build_tools(load(whole))
        client = openapi2tools.connect(tools, timeout=5, validate=validate, retries=0)

        def work() -> object:
            result = client.call("get")
            return f"{len(result.text)} characters: {result.text[-60:]} {result.notes}"

        return work

    return case


def serve(content_type: str, body: bytes) -> str:
    """Answer every request with a body, and return where."""
    packed = gzip.compress(body, 1)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(packed)))
            self.end_headers()
            self.wfile.write(packed)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


DEEP = json.loads('{"x":' * 60 + "1" + "}" * 60)
WIDE = {f"k{i}": {f"x{j}": {"x": {"x": j}} for j in range(60)} for i in range(60)}
NESTED = document(one({"type": "integer"}), {f"S{i}": one({"x": {"x": 1}}) for i in range(300)})
LOOKAHEAD = r"(?=.*a)b"
TWENTY_DIGITS = b"12345678901234567890.5,"
INTEGER = {"type": "integer"}

CASES: dict[str, Callable[[], Callable[[], object]]] = {
    "arguments: anyOf diamond, 18 levels": checking(
        document(one(ref("L0")), diamond(18, "anyOf", INTEGER)), {"x": "a"}
    ),
    "arguments: oneOf diamond, 18 levels": checking(
        document(one(ref("L0")), diamond(18, "oneOf", INTEGER)), {"x": "a"}
    ),
    "arguments: anyOf diamond, 40 levels": checking(
        document(one(ref("L0")), diamond(40, "anyOf", INTEGER)), {"x": "a"}
    ),
    "arguments: oneOf diamond of a list, 16 levels": checking(
        document(one(ref("L0")), diamond(16, "oneOf", {"type": "array", "items": INTEGER})),
        {"x": ["a"] * 50},
    ),
    "arguments: recursive alternatives, 30 deep": checking(
        document(
            one(ref("R")),
            {"R": {"anyOf": [one(ref("R")), one(ref("R")), {"type": "object", "required": ["y"]}]}},
        ),
        {"x": json.loads('{"x":' * 30 + "1" + "}" * 30)},
    ),
    "arguments: 30,000 unknown names": checking(
        document({**one(INTEGER), "additionalProperties": False}),
        {"x": 1, **{f"name{i}": i for i in range(30_000)}},
    ),
    "arguments: 30,000 unknown names, 300 known": checking(
        document(
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {f"field_{i}": INTEGER for i in range(300)},
            }
        ),
        {f"name{i}": i for i in range(30_000)},
    ),
    "arguments: 30,000 unknown names further in": checking(
        document(one({**one(INTEGER), "additionalProperties": False})),
        {"x": {"x": 1, **{f"name{i}": i for i in range(30_000)}}},
    ),
    "arguments: 100,000 wrong items": checking(
        document(one({"type": "array", "items": INTEGER})), {"x": ["a"] * 100_000}
    ),
    "arguments: lookahead, 100,000 characters": checking(
        document(one({"type": "string", "pattern": LOOKAHEAD})), {"x": "a" * 100_000}
    ),
    "arguments: lookaheads within, 4,000 characters": checking(
        document(one({"type": "string", "pattern": r"(?=.*(?=.*x)y)b"})), {"x": "a" * 4000}
    ),
    "arguments: discriminator, 3,000 branches": checking(
        document(one(ref("Union")), branches(3000)), {"x": {"kind": "none"}}
    ),
    "tools: discriminator, 3,000 branches": building(document(one(ref("Union")), branches(3000))),
    "tools: allOf diamond, 16 levels": building(
        document(ref("L0"), diamond(16, "allOf", one(INTEGER)))
    ),
    "tools: allOf diamond with parts of its own, 12 levels": building(
        document(ref("L0"), diamond(12, "allOf", one(INTEGER), is_new=True))
    ),
    "lint: allOf diamond, 16 levels": linting(
        document(ref("L0"), diamond(16, "allOf", one({**INTEGER, "example": "a"})))
    ),
    "lint: anyOf diamond, 16 levels": linting(
        document(
            {**one(ref("L0")), "example": {"x": "a"}},
            diamond(16, "anyOf", {**INTEGER, "example": "a"}),
        )
    ),
    "lint: pattern beside default": linting(
        document(one({"type": "string", "pattern": "^(a+)+$", "default": "a" * 40 + "!"}))
    ),
    "lint: lookahead beside default": linting(
        document(one({"type": "string", "pattern": LOOKAHEAD, "default": "a" * 100_000}))
    ),
    "lint: pattern beside example": linting(
        document(one({"type": "string", "pattern": "^(a+)+$", "example": "a" * 40 + "!"}))
    ),
    "lint: 3,000 examples of a large schema": linting(
        document(
            {
                **one({"allOf": [ref(f"S{i}") for i in range(300)]}),
                "examples": [{"x": {"x": {"x": i}}} for i in range(3000)],
            },
            NESTED["components"]["schemas"],
        )
    ),
    "overlay: search with a backtracking pattern": overlaying(
        {"x": ["a" * 40 + "!"]}, {"target": "$.x[?search(@, '^(a+)+$')]", "remove": True}
    ),
    "overlay: match with a backtracking pattern": overlaying(
        {"x": ["a" * 40 + "!"]}, {"target": "$.x[?match(@, '(a+)+')]", "remove": True}
    ),
    "overlay: 26 updates of $..x": overlaying(
        {"x": {}}, *[{"target": "$..x", "update": {"x": {}, "y": {"x": {}}}} for _ in range(26)]
    ),
    "overlay: $..*..*..*": overlaying(WIDE, {"target": "$..*..*..*", "update": {"y": 1}}),
    "overlay: $..*..*..*..*..* of 60 levels": overlaying(
        DEEP, {"target": "$..*..*..*..*..*", "remove": True}
    ),
    "overlay: filter within filters": overlaying(
        WIDE, {"target": "$..[?@..[?@..[?@..*]]]", "remove": True}
    ),
    "answer: 16 MB of < in HTML": answering("text/html", b"<" * (16 * MB)),
    "answer: 16 MB of <a a a … in HTML": answering("text/html", b"<a" + b" a" * (8 * MB)),
    "answer: 60 MB of words in HTML": answering("text/html", b"<p>word " * (7 * MB)),
    "answer: 60 MB of NDJSON lines": answering("application/x-ndjson", b"1\n" * (30 * MB)),
    "answer: 60 MB of NDJSON objects": answering("application/x-ndjson", b'{"a":1}\n' * (7 * MB)),
    "answer: 1 MB of charset=punycode": answering(
        "text/plain; charset=punycode", b"a-" + b"b" * MB
    ),
    "answer: 60 MB of JSON numbers": answering(
        "application/json", b"[" + b"1234567," * (7 * MB) + b"1]"
    ),
    "answer: 60 MB of JSON numbers of 21 digits": answering(
        "application/json", b"[" + TWENTY_DIGITS * (2 * MB) + b"1]"
    ),
    "answer: 60 MB of one JSON text": answering(
        "application/json", b'["' + b"\\u00e9" * (10 * MB) + b'"]'
    ),
    "answer: 60 MB of nested JSON": answering(
        "application/json", b"[" * 20 + b'["aaaaaaaa",[1]],' * (3 * MB) + b"1" + b"]" * 20
    ),
    "answer: integers of 4,299 digits": answering(
        "application/json", b"[" + (b"9" * 4299 + b",") * 8000 + b"1]"
    ),
    "answer: 60 MB of text": answering("text/plain", b"word " * (12 * MB)),
    "validate: ^(a+)+$": answering(
        "application/json",
        json.dumps("a" * 40 + "!").encode(),
        {"type": "string", "pattern": "^(a+)+$"},
        validate=True,
    ),
    "validate: lookahead, 100,000 characters": answering(
        "application/json",
        json.dumps("a" * 100_000).encode(),
        {"type": "string", "pattern": LOOKAHEAD},
        validate=True,
    ),
    "validate: uniqueItems, 6,000 objects": answering(
        "application/json",
        json.dumps([{"a": {"b": i}} for i in range(6000)]).encode(),
        {"type": "array", "uniqueItems": True},
        validate=True,
    ),
    "validate: 300,000 wrong items": answering(
        "application/json",
        json.dumps(["a"] * 300_000).encode(),
        {"type": "array", "items": INTEGER},
        validate=True,
    ),
}


if __name__ == "__main__":
    main()
