"""One address to its bytes, over real HTTP on loopback."""

from __future__ import annotations

import gzip
import itertools
import json
import os
import re
import stat
import sys
import threading
from io import BytesIO, TextIOWrapper
from pathlib import Path

import brotli
import pytest

from openapi2tools._core import portal
from openapi2tools.errors import FetchError
from openapi2tools.spec.fetch.fetch import Fetcher
from openapi2tools.spec.limits import Limits
from tests.support.server import Answer, LoopbackServer

SPEC = json.dumps(
    {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}
).encode()


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAPI2TOOLS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def find(address, **options):
    async def go():
        async with Fetcher(address, **options) as fetcher:
            return await fetcher.find_description(str(address))

    return portal.run(go)


# --- files and standard input ---


def test_a_path_gives_its_bytes_and_is_its_address(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_bytes(b"\xff\xfeo\x00")
    fetched = find(file)
    assert (fetched.data, fetched.address) == (b"\xff\xfeo\x00", str(file))


def test_a_file_url_is_a_path(tmp_path):
    (tmp_path / "a b.json").write_bytes(SPEC)
    assert find((tmp_path / "a b.json").as_uri()).data == SPEC


def test_standard_input_has_no_address(monkeypatch):
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(SPEC)))
    assert (find("-").data, find("-").address) == (SPEC, None)


def test_a_missing_file_and_an_empty_folder_are_clear_errors(tmp_path):
    with pytest.raises(FetchError, match="cannot read it: No such file"):
        find(tmp_path / "none.json")
    with pytest.raises(FetchError, match="a folder with no API description in it"):
        find(tmp_path)


def test_a_folder_is_its_only_description_or_lists_them(tmp_path):
    (tmp_path / "package.json").write_text('{"name": "openapi"}')
    (tmp_path / "notes.txt").write_bytes(SPEC)
    (tmp_path / "b.json").write_bytes(SPEC)
    assert find(tmp_path).address == str(tmp_path / "b.json")
    (tmp_path / "a.yaml").write_text("openapi: 3.1.0")
    with pytest.raises(
        FetchError, match=r"2 API descriptions in it: \S+a\.yaml, \S+b\.json\. Give"
    ):
        find(tmp_path)


@pytest.mark.parametrize(
    ("address", "advice"),
    [
        ("htp://example.com/a.json", "write https://example.com/a.json"),
        ("https:/example.com/a.json", "write https://example.com/a.json"),
        ("ftp://example.com/a.json", "ftp:// is nothing that can be fetched here"),
        ("api.example.com/openapi.json", "For a server write http://api.example.com/openapi"),
        ("example.com:8080", "For a server write http://example.com:8080"),
    ],
)
def test_a_mistyped_url_says_how_to_write_it(address, advice):
    with pytest.raises(FetchError, match=re.escape(advice)):
        find(address)


def test_a_file_above_the_limit_is_not_read(tmp_path):
    (tmp_path / "big.json").write_bytes(bytes(1001))
    with pytest.raises(FetchError, match="more than 1,000 bytes"):
        find(tmp_path / "big.json", limits=Limits(max_bytes=1000))


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device without end")
def test_a_device_without_end_stops_at_the_limit():
    with pytest.raises(FetchError, match="more than 1,000 bytes"):
        find("/dev/zero", limits=Limits(max_bytes=1000))


@pytest.mark.skipif(not Path("/dev/fd").exists(), reason="needs pipes with a name")
def test_a_pipe_is_read_to_its_end():
    text = SPEC + b" " * 1_000_000
    out, into = os.pipe()
    writer = threading.Thread(
        target=lambda: (
            [os.write(into, text[n : n + 4096]) for n in range(0, len(text), 4096)]
            and os.close(into)
        )
    )
    writer.start()
    assert find(f"/dev/fd/{out}").data == text
    writer.join()
    os.close(out)


# --- over HTTP ---


def test_the_address_is_the_one_after_redirects_without_its_query():
    def handler(request):
        return (
            Answer(body=SPEC)
            if request.path == "/v2/openapi.json"
            else Answer(301, headers={"Location": "/v2/openapi.json?key=s3cret"})
        )

    with LoopbackServer(handler) as server:
        assert find(server.url + "/openapi.json").address == server.url + "/v2/openapi.json"


@pytest.mark.parametrize(("pack", "name"), [(gzip.compress, "gzip"), (brotli.compress, "br")])
def test_a_packed_document_is_unpacked(pack, name):
    with LoopbackServer(
        lambda _: Answer(body=pack(SPEC), headers={"Content-Encoding": name})
    ) as server:
        assert find(server.url + "/openapi.json").data == SPEC
        assert name in server.received[0].headers["accept-encoding"]


def test_a_document_that_wants_a_credential_says_how_to_give_one():
    with (
        LoopbackServer(lambda _: Answer(401)) as server,
        pytest.raises(FetchError, match=r"answers 401.*headers="),
    ):
        find(server.url + "/openapi.json")


def test_own_headers_open_it():
    def handler(request):
        return (
            Answer(body=SPEC)
            if request.headers.get("authorization") == "Bearer s3cret"
            else Answer(401)
        )

    with LoopbackServer(handler) as server:
        assert (
            find(server.url + "/openapi.json", headers={"Authorization": "Bearer s3cret"}).data
            == SPEC
        )
        with pytest.raises(FetchError, match=r"answers 401.*Check the headers") as caught:
            find(server.url + "/openapi.json", headers={"Authorization": "Bearer s3cret-old"})
    assert "s3cret" not in str(caught.value)


def test_own_headers_go_to_no_other_origin():
    with LoopbackServer(lambda _: Answer(body=SPEC)) as other:
        with LoopbackServer(lambda _: Answer(302, headers={"Location": other.url})) as server:
            find(server.url + "/openapi.json", headers={"X-Key": "s3cret"}, named=[other.url])
        assert "x-key" not in other.received[0].headers


def test_a_password_in_the_address_goes_along_and_is_shown_nowhere():
    def handler(request):
        known = request.headers.get("authorization") == "Basic dTpzM2NyZXQ="  # u:s3cret
        return (
            Answer(401)
            if not known
            else Answer(body=SPEC)
            if request.path == "/openapi.json"
            else Answer(404)
        )

    with LoopbackServer(handler) as server:
        url = server.url.replace("//", "//u:s3cret@")
        assert find(url).address == server.url + "/openapi.json"
        with pytest.raises(FetchError) as caught:
            find(url + "/other.json?key=s3cret")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://[::1",
        "http://a:b:c/",
        "https://",
        "http://exa mple.com/x.json",
        "http://localhost:99999/a.json",
    ],
)
def test_an_address_that_is_no_url_is_a_clear_error(url):
    with pytest.raises(FetchError):
        find(url)


def test_a_redirect_to_a_private_address_that_nobody_named_is_refused():
    with LoopbackServer(lambda _: Answer(body=SPEC)) as other:
        with (
            LoopbackServer(lambda _: Answer(302, headers={"Location": other.url})) as server,
            pytest.raises(FetchError, match="not on the"),
        ):
            find(server.url + "/openapi.json")
        assert other.received == []


def test_a_body_without_end_stops_at_the_limit():
    endless = Answer(chunks=itertools.repeat(b"[" * 65536))
    with (
        LoopbackServer(lambda _: endless) as server,
        pytest.raises(FetchError, match="more than 1,000,000 bytes"),
    ):
        find(server.url + "/openapi.json", limits=Limits(max_bytes=1_000_000))


def test_a_server_that_drips_is_left_in_time():
    stop = threading.Event()

    def drip():
        while not stop.wait(0.02):
            yield b" "

    with LoopbackServer(lambda _: Answer(chunks=drip())) as server:
        with pytest.raises(FetchError, match=r"not complete after 0\.2 seconds"):
            find(server.url + "/openapi.json", limits=Limits(seconds=0.2))
        stop.set()


def test_all_documents_together_have_a_limit_too(tmp_path):
    for name in "abc":
        (tmp_path / name).write_bytes(bytes(400))

    async def go(limits):
        async with Fetcher(limits=limits) as fetcher:
            for name in "abc":
                await fetcher(str(tmp_path / name))

    with pytest.raises(FetchError, match="more than 200 bytes"):
        portal.run(go, Limits(max_total_bytes=1000))
    with pytest.raises(FetchError, match="more than 2 documents"):
        portal.run(go, Limits(max_documents=2))


def test_progress_is_told_in_bytes():
    heard = []
    with LoopbackServer(lambda _: Answer(body=SPEC)) as server:
        find(server.url + "/openapi.json", progress=heard.append)
    assert (heard[-1].stage, heard[-1].done, heard[-1].total) == ("fetch", len(SPEC), len(SPEC))


@pytest.mark.parametrize("status", [418, 429, 500, 503])
def test_any_other_answer_is_an_error_that_names_the_status(status):
    with (
        LoopbackServer(lambda _: Answer(status, headers={"Retry-After": "0"})) as server,
        pytest.raises(FetchError, match=f"answers {status}"),
    ):
        find(server.url + "/openapi.json")


# --- the cache ---


class Changing:
    """Answers with an ETag, and 304 to who has it."""

    def __init__(self):
        self.body = SPEC

    def __call__(self, request):
        etag = f'"{hash(self.body)}"'
        if request.headers.get("if-none-match") == etag:
            return Answer(304)
        return Answer(body=self.body, headers={"ETag": etag})


def test_a_copy_is_revalidated_and_not_fetched_again():
    handler = Changing()
    with LoopbackServer(handler) as server:
        url = server.url + "/openapi.json"
        assert [find(url).data for _ in range(2)] == [SPEC, SPEC]
        assert "if-none-match" not in server.received[0].headers
        assert "if-none-match" in server.received[1].headers
        handler.body = SPEC + b"\n"
        assert find(url).data == handler.body


def test_a_copy_is_revalidated_by_date_where_there_is_no_etag():
    when = "Wed, 21 Oct 2015 07:28:00 GMT"

    def handler(request):
        return (
            Answer(304)
            if request.headers.get("if-modified-since") == when
            else Answer(body=SPEC, headers={"Last-Modified": when})
        )

    with LoopbackServer(handler) as server:
        assert [find(server.url + "/a.json").data for _ in range(2)] == [SPEC, SPEC]


def test_offline_the_copy_is_used_and_says_so():
    with LoopbackServer(lambda _: Answer(body=SPEC)) as server:
        url = server.url + "/openapi.json"
        find(url)
    fetched = find(url)
    assert fetched.data == SPEC
    assert [(problem.kind, problem.severity) for problem in fetched.problems] == [
        ("stored-copy", "hint")
    ]
    with pytest.raises(FetchError, match="No connection"):
        find(url, cache=False)


def test_a_copy_serves_while_the_server_is_broken():
    handler = iter([Answer(body=SPEC), Answer(500)])
    with LoopbackServer(lambda _: next(handler)) as server:
        find(server.url + "/a.json")
        assert "answers 500" in find(server.url + "/a.json").problems[0].message


def test_without_the_cache_nothing_is_asked_of_it_and_nothing_stored(own_cache):
    with LoopbackServer(Changing()) as server:
        find(server.url + "/openapi.json", cache=False)
        assert not own_cache.exists()


@pytest.mark.parametrize("secret", ["header", "user", "query"])
def test_what_was_fetched_with_a_credential_is_not_stored(own_cache, secret):
    with LoopbackServer(Changing()) as server:
        url = {"user": server.url.replace("//", "//u:p@"), "query": server.url + "/?key=k"}.get(
            secret, server.url + "/openapi.json"
        )
        find(url, headers={"X-Key": "k"} if secret == "header" else None)
    assert not own_cache.exists()


def test_no_store_is_honoured(own_cache):
    with LoopbackServer(
        lambda _: Answer(body=SPEC, headers={"Cache-Control": "private, no-store"})
    ) as server:
        find(server.url + "/openapi.json")
    assert not own_cache.exists()


@pytest.mark.skipif(os.name != "posix", reason="other systems have no such modes")
def test_a_copy_is_readable_by_its_owner_alone_and_its_name_tells_nothing(own_cache):
    with LoopbackServer(Changing()) as server:
        find(server.url + "/openapi.json")
    (file,) = (own_cache / "documents").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert re.fullmatch("[0-9a-f]{64}", file.name)


def test_a_broken_copy_is_as_good_as_none(own_cache):
    with LoopbackServer(Changing()) as server:
        find(server.url + "/openapi.json")
        next((own_cache / "documents").iterdir()).write_bytes(b"{broken")
        assert find(server.url + "/openapi.json").data == SPEC
        assert "if-none-match" not in server.received[1].headers


def test_the_cache_keeps_a_bounded_number_of_documents(own_cache, monkeypatch):
    monkeypatch.setattr("openapi2tools.spec.fetch.cache.MAX_DOCUMENTS", 3)
    with LoopbackServer(Changing()) as server:
        for number in range(5):
            find(f"{server.url}/{number}.json")
    assert len(list((own_cache / "documents").iterdir())) == 3
