"""`load` from real servers on loopback: the promises of the sockets, seen from outside."""

from __future__ import annotations

import gzip
import itertools
import json
import threading
import tracemalloc
from pathlib import Path
from urllib.parse import unquote

import pytest

from openapi2tools import load
from openapi2tools.errors import FetchError, SpecError
from openapi2tools.spec.limits import Limits
from tests.support.server import Answer, LoopbackServer

REAL = Path(__file__).parents[3] / "specs" / "real"
PETSTORE = (REAL / "petstore-3.0.json").read_bytes()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAPI2TOOLS_CACHE", str(tmp_path))


def operations(address, **options):
    return len(load(address, **options).operations)


def test_redirect():
    answers = {
        "/old": Answer(302, headers={"Location": "/new/openapi.json"}),
        "/new/openapi.json": Answer(body=PETSTORE),
    }
    with LoopbackServer(lambda request: answers[request.path]) as server:
        api = load(server.url + "/old")
    assert (api.address, len(api.operations)) == (server.url + "/new/openapi.json", 19)


def test_etag():
    def handler(request):
        return (
            Answer(304)
            if request.headers.get("if-none-match") == '"1"'
            else Answer(body=PETSTORE, headers={"ETag": '"1"'})
        )

    with LoopbackServer(handler) as server:
        assert [operations(server.url + "/openapi.json") for _ in range(2)] == [19, 19]
    offline = load(server.url + "/openapi.json")
    assert len(offline.operations) == 19
    assert "stored-copy" in {problem.kind for problem in offline.problems}


def test_gzip():
    with LoopbackServer(
        lambda _: Answer(body=gzip.compress(PETSTORE), headers={"Content-Encoding": "gzip"})
    ) as server:
        assert operations(server.url + "/openapi.json") == 19


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_encodings(encoding):
    with LoopbackServer(lambda _: Answer(body=PETSTORE.decode().encode(encoding))) as server:
        assert operations(server.url + "/openapi.json") == 19


def test_a_swagger_ui_page():
    page = (
        "<!DOCTYPE html><div id=swagger-ui></div><script src=swagger-ui-bundle.js></script>"
        "<script src=swagger-initializer.js></script>"
    )
    script = 'window.onload = () => { window.ui = SwaggerUIBundle({ url: "./petstore.json" }) }'
    answers = {
        "/docs/": page,
        "/docs/swagger-initializer.js": script,
        "/docs/petstore.json": PETSTORE,
    }
    with LoopbackServer(lambda request: Answer(body=answers[request.path])) as server:
        assert operations(server.url + "/docs/") == 19


def test_a_fastapi_application(bookshop):
    assert (
        operations(bookshop.url + "/docs")
        == operations(bookshop.url)
        == operations(bookshop.url + "/openapi.json")
        > 0
    )


def test_a_slow_drip():
    stop = threading.Event()

    def drip():
        for byte in itertools.cycle(b" "):
            if stop.wait(0.02):
                return
            yield bytes([byte])

    with LoopbackServer(lambda _: Answer(chunks=drip())) as server:
        with pytest.raises(FetchError, match="not complete after"):
            load(server.url + "/openapi.json", limits=Limits(seconds=0.2))
        stop.set()


def test_oversize_costs_no_more_memory_than_the_limit():
    bomb = gzip.compress(b"[" * 100_000_000, 1)
    with LoopbackServer(
        lambda _: Answer(body=bomb, headers={"Content-Encoding": "gzip"})
    ) as server:
        tracemalloc.start()
        with pytest.raises(FetchError, match="more than 2,000,000 bytes"):
            load(server.url + "/openapi.json", limits=Limits(max_bytes=2_000_000))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert peak < 20_000_000


def test_401_with_and_without_the_header():
    def handler(request):
        return (
            Answer(body=PETSTORE)
            if request.headers.get("authorization") == "Bearer t0ken"
            else Answer(401)
        )

    with LoopbackServer(handler) as server:
        with pytest.raises(FetchError, match="answers 401"):
            load(server.url + "/openapi.json")
        assert (
            operations(server.url + "/openapi.json", headers={"Authorization": "Bearer t0ken"})
            == 19
        )


def test_references_across_two_origins():
    document = json.loads(PETSTORE)
    pet = document["components"]["schemas"].pop("Pet")
    with LoopbackServer(
        lambda _: Answer(
            body={"components": {"schemas": {**document["components"]["schemas"], "Pet": pet}}}
        )
    ) as parts:
        document["components"]["schemas"]["Pet"] = {
            "$ref": parts.url + "/parts.json#/components/schemas/Pet"
        }
        with LoopbackServer(lambda _: Answer(body=document)) as server:
            refused = load(server.url + "/openapi.json", headers={"X-Key": "s3cret"})
            assert "reference-not-allowed" in {problem.kind for problem in refused.problems}
            assert parts.received == []
            api = load(
                server.url + "/openapi.json", headers={"X-Key": "s3cret"}, allow_refs=[parts.url]
            )
    assert api.document["components"]["schemas"]["Pet"] == {
        **pet,
        "properties": api.document["components"]["schemas"]["Pet"]["properties"],
    }
    assert "reference-not-allowed" not in {problem.kind for problem in api.problems}
    assert "x-key" not in parts.received[0].headers


def test_overlays_from_urls_and_values_in_order():
    first = {
        "overlay": "1.0.0",
        "info": {},
        "actions": [{"target": "$.info", "update": {"title": "first"}}],
    }
    second = {
        "overlay": "1.1.0",
        "info": {},
        "actions": [{"target": "$.info.title", "update": "second"}],
    }
    with LoopbackServer(
        lambda request: Answer(body=first if "overlay" in request.path else json.loads(PETSTORE))
    ) as server:
        assert (
            load(
                server.url + "/openapi.json", overlays=[server.url + "/overlay.json", second]
            ).title
            == "second"
        )


def test_a_document_in_parts_from_a_server():
    folder = REAL / "museum-3.1"
    with LoopbackServer(
        lambda request: Answer(body=(folder / unquote(request.path[1:])).read_bytes())
    ) as server:
        api = load(server.url + "/openapi.yaml")
    assert len(api.operations) == 8
    assert not [problem for problem in api.problems if problem.severity == "error"]


def test_every_fault_of_a_fetch_is_a_spec_error():
    for status in (400, 404, 418, 500):
        with (
            LoopbackServer(lambda _, status=status: Answer(status)) as server,
            pytest.raises(SpecError),
        ):
            load(server.url + "/openapi.json", cache=False)
