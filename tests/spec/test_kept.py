"""What was read of a large document is kept, and the second start gives the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from openapi2tools import Limits, ParseError, build_tools, load
from openapi2tools.spec import kept
from tests.support.documents import REAL
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from openapi2tools import Api
    from tests.conftest import Done

LARGE = REAL / "docker-engine-2.0.yaml"
PADDING = "x" * kept.MIN_KEPT_BYTES


def cache_folder() -> Path:
    return Path(os.environ["OPENAPI2TOOLS_CACHE"]) / "readings"


def kept_files() -> list[Path]:
    return sorted(cache_folder().glob("*")) if cache_folder().exists() else []


def is_from_cache(api: Api) -> bool:
    """Whether the document has not been parsed yet."""
    return api._make is not None if hasattr(api, "_make") else False


def large(**more: Any) -> dict[str, Any]:
    """A document that is large enough to be kept."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "T", "version": "1", "description": PADDING},
        "paths": {"/a": {"get": {"operationId": "a", "responses": {"200": {"description": ""}}}}},
        **more,
    }


def write(path: Path, document: dict[str, Any]) -> Path:
    path.write_text(json.dumps(document))
    return path


def test_the_second_start_gives_the_same_and_parses_nothing_until_somebody_looks() -> None:
    first = load(LARGE)
    second = load(LARGE)
    assert not is_from_cache(first)
    assert is_from_cache(second)
    tools = build_tools(second)
    assert [*tools] == [*build_tools(first)]
    chosen = tools.only(tags="Container", methods="get", paths="/containers/*")
    assert [tool.operation.key for tool in chosen.values()]
    assert [str(problem) for problem in second.problems] == [str(each) for each in first.problems]
    assert is_from_cache(second)
    name = next(iter(chosen))
    assert tools[name].schema == build_tools(first)[name].schema
    assert not is_from_cache(second)
    assert second == first


@pytest.mark.parametrize("name", [each.name for each in sorted(REAL.glob("*.[jy]*"))])
def test_every_real_document_is_the_same_in_whichever_order_it_is_looked_at(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MIN_KEPT_BYTES", 0)
    first = load(REAL / name)
    second = load(REAL / name)
    assert is_from_cache(second)
    for operation in Random(3).sample(second.operations, len(second.operations)):
        assert operation.responses is not None
    for each in fields(first):
        assert getattr(second, each.name) == getattr(first, each.name), each.name
    assert repr(second) == repr(first)


def flip(content: bytes, index: int) -> bytes:
    return content[:index] + bytes([content[index] ^ 1]) + content[index + 1 :]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: b"\0" * 200,
        lambda content: content[:20],
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content + b" ",
        lambda content: flip(content, 3),
        lambda content: flip(content, 35),
        lambda content: flip(content, 400),
        lambda content: flip(content, len(content) - 40),
    ],
    ids=["empty", "zeros", "head", "half", "one-less", "one-more", *"abcd"],
)
def test_a_damaged_reading_is_made_again(damage: Callable[[bytes], bytes]) -> None:
    whole = load(LARGE)
    (file,) = kept_files()
    content = file.read_bytes()
    file.write_bytes(damage(content))
    again = load(LARGE)
    assert not is_from_cache(again)
    assert again == whole
    assert file.read_bytes() == content
    assert is_from_cache(load(LARGE))


def test_a_foreign_file_of_the_right_name_is_not_believed(tmp_path: Path) -> None:
    load(LARGE)
    (file,) = kept_files()
    load(write(tmp_path / "other.json", large()))
    (other,) = [each for each in kept_files() if each != file]
    file.write_bytes(other.read_bytes())
    assert load(LARGE).title == "Docker Engine API"


def test_a_right_hash_around_something_else_is_not_believed() -> None:
    whole = load(LARGE)
    (file,) = kept_files()
    place = kept.KeptReading.of(kept_fetched(), Limits())
    assert place is not None
    for line in (b"{}", b"[]", b"null", b'{"api":{},"servers":[],"security":[],"operations":[]}'):
        content = len(line).to_bytes(8) + line + b"{}"
        file.write_bytes(place._hash(content) + content)
        assert place.find() is None
        assert load(LARGE) == whole


def kept_fetched() -> Any:
    from openapi2tools.spec.fetch.disk import read_from_disk

    return read_from_disk(str(LARGE), 10**9)


def test_another_version_reads_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    load(LARGE)
    monkeypatch.setattr(kept, "_ROOMS", ("spec",))  # as if other files had been installed
    assert not is_from_cache(load(LARGE))
    assert len(kept_files()) == 2


def test_a_changed_document_is_read_anew_though_size_and_time_are_the_same(tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", large())
    times = (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    load(file)
    write(file, large(paths={"/b": large()["paths"]["/a"]}))
    os.utime(file, ns=times)
    assert [operation.path for operation in load(file).operations] == ["/b"]


def test_where_a_document_is_decides_what_is_read_of_it(tmp_path: Path) -> None:
    document = large(servers=[{"url": "/v1"}])
    one = write(tmp_path / "one.json", document)
    assert load(one, address="https://a.test/x.json").address == "https://a.test/x.json"
    assert load(one, address="https://b.test/x.json").address == "https://b.test/x.json"
    assert load(one).address == str(one)


def test_limits_are_kept_the_second_time(tmp_path: Path) -> None:
    load(LARGE)
    with pytest.raises(ParseError, match="max_values"):
        load(LARGE, limits=Limits(max_values=100))


def test_without_a_cache_nothing_is_kept_and_nothing_is_found() -> None:
    load(LARGE, cache=False)
    assert not cache_folder().exists()
    load(LARGE)
    assert not is_from_cache(load(LARGE, cache=False))


def test_what_is_small_or_was_handed_over_or_is_changed_by_an_overlay_is_not_kept() -> None:
    overlay = {"overlay": "1.0.0", "info": {"title": "O", "version": "1"}, "actions": []}
    load(REAL / "petstore-3.0.json")
    load(LARGE.read_bytes())
    load(large())
    load(LARGE, overlays=[overlay])
    assert kept_files() == []


def test_a_document_that_refers_to_others_is_read_each_time(tmp_path: Path) -> None:
    (tmp_path / "part.json").write_text('{"type": "string"}')
    schema = {"$ref": "part.json"}
    body = {"content": {"application/json": {"schema": schema}}}
    paths = {"/a": {"post": {"operationId": "a", "requestBody": body, "responses": {}}}}
    file = write(tmp_path / "a.json", large(paths=paths))
    load(file)
    assert kept_files() == []


@pytest.mark.parametrize("number", ["12345678901234567890123", "1.2345678901234567890123"])
def test_numbers_that_json_readers_round_are_never_rounded(tmp_path: Path, number: str) -> None:
    file = tmp_path / "a.json"
    text = json.dumps(large(**{"x-number": "HERE"})).replace('"HERE"', number)
    file.write_text(text)
    assert repr(load(file).document["x-number"]) == repr(load(file).document["x-number"])
    assert load(file).document == load(file, cache=False).document


# --- from the web --------------------------------------------------------------------------------


def test_what_comes_from_the_web_is_kept_where_its_copy_may_be() -> None:
    body = LARGE.read_bytes()

    def answer(request: Any) -> Answer:
        if request.headers.get("if-none-match") == '"1"':
            return Answer(304)
        return Answer(body=body, headers={"ETag": '"1"'})

    with LoopbackServer(answer) as server:
        first, second = (load(f"{server.url}/openapi.yaml") for _ in range(2))
    assert is_from_cache(second)
    assert second == first
    offline = [load(f"{server.url}/openapi.yaml") for _ in range(2)]
    assert [each.problems[0].kind for each in offline] == ["stored-copy", "stored-copy"]


@pytest.mark.parametrize("how", ["headers", "no-store", "query"])
def test_what_may_be_secret_is_not_kept(how: str) -> None:
    headers = {"Cache-Control": "no-store"} if how == "no-store" else {}
    with LoopbackServer(lambda _: Answer(body=LARGE.read_bytes(), headers=headers)) as server:
        address = f"{server.url}/openapi.yaml{'?key=1' if how == 'query' else ''}"
        load(address, headers={"X-Key": "s3cret"} if how == "headers" else None)
    assert kept_files() == []


# --- several at once, and little room ------------------------------------------------------------


def test_many_processes_and_threads_share_one_cache() -> None:
    program = (
        "import sys; from openapi2tools import build_tools, load;"
        "print(len([tool.schema for tool in build_tools(load(sys.argv[1])).values()]))"
    )

    def run(_: int) -> str:
        done = subprocess.run(
            [sys.executable, "-c", program, str(LARGE)], capture_output=True, text=True, check=True
        )
        return done.stdout

    with ThreadPoolExecutor(4) as pool:
        counts = {*pool.map(run, range(6))}
    assert counts == {f"{len(build_tools(load(LARGE)))}\n"}
    assert [file.stat().st_mode & 0o777 for file in kept_files()] == [0o600]
    api = load(LARGE)
    with ThreadPoolExecutor(8) as pool:
        seen = [*pool.map(lambda operation: operation.parameters, api.operations * 2)]
    assert seen == [operation.parameters for operation in load(LARGE, cache=False).operations] * 2


def test_a_cache_that_cannot_be_written_is_as_good_as_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "no-folder"
    file.write_text("")
    monkeypatch.setenv("OPENAPI2TOOLS_CACHE", str(file))
    assert load(LARGE) == load(LARGE)


def test_old_readings_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MAX_READINGS", 3)
    for number in range(5):
        load(write(tmp_path / f"{number}.json", large()))
    assert len(kept_files()) == 3
    assert is_from_cache(load(tmp_path / "4.json"))


# --- the command line ----------------------------------------------------------------------------


def test_commands_say_the_same_the_second_time(cli: Callable[..., Done]) -> None:
    commands = [
        ("call", "ContainerList", "--dry-run", "--server", "http://127.0.0.1:9"),
        ("search", "stop a container", "--json"),
        ("inspect", "--tag", "Volume"),
        ("export", "--tag", "Volume"),
    ]
    for command, *arguments in commands:
        first = cli(command, str(LARGE), *arguments, "--no-cache")
        assert first.code == 0, first.err
        assert [cli(command, str(LARGE), *arguments) for _ in range(2)] == [first, first]
    assert kept_files()
