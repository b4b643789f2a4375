"""Options that cannot be are refused when they are given, not at the first call."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from openapi2tools import (
    Agent,
    BuildError,
    InvalidOption,
    Policy,
    Toolset,
    build_tools,
    connect,
    export,
    load,
)
from openapi2tools.model import Server
from tests.support.calling import parameter, tool, tools
from tests.support.server import Answer, LoopbackServer

if TYPE_CHECKING:
    from collections.abc import Iterator

URL = "https://api.example"
KEY = {"document": {}, "title": "Pets", "address": f"{URL}/openapi.json"}


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(lambda _: Answer(200, {})) as running:
        yield running


def made() -> Toolset:
    return tools(tool(URL, parameter("q"), name="find", servers=(Server(URL, "main"),), api=KEY))


class _OfAnotherPackage:
    """Looks like a client of httpx2."""


_OfAnotherPackage.__module__ = "httpx2"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"http": httpx.Client()}, r"http= is a httpx\.Client: give an httpx\.AsyncClient"),
        ({"http": _OfAnotherPackage()}, r"a httpx2\._OfAnotherPackage.*of the package httpx"),
        ({"transport": httpx.HTTPTransport()}, "transport= is a .*asynchronous transport"),
        ({"http": httpx.AsyncClient(), "proxy": "http://p:1"}, "proxy= does not go with http="),
        ({"cert": Path("gone.pem")}, "cert=: there is no file 'gone.pem'"),
        ({"cert": ("gone.pem", "gone.key")}, "cert=: there is no file 'gone.pem'"),
        ({"cert": 5}, "cert= is a int: give the path"),
        ({"verify": Path("gone.pem")}, "verify=: there is no file 'gone.pem'"),
        ({"verify": 1}, "verify= is a int: give True"),
        ({"server": "localhost:8000"}, "no such server.*Do you mean 'http://localhost:8000'"),
        ({"server": "staging"}, "no such server. Its servers: 0 main https://api.example"),
        ({"server": 7}, "no such server"),
        ({"server": True}, "give a URL, or the index"),
        ({"server": "ftp://api.example"}, "neither http nor https"),
        ({"server": {"Cats": URL}}, "no API here is called so. Names: .*Pets"),
        ({"headers": {"X": "é"}}, "header X .* beyond ASCII"),
        ({"headers": {"X": "a\r\nY: b"}}, "header 'X' .* end of a line"),
        ({"headers": {"a b": "c"}}, "header 'a b' cannot be sent"),
        ({"policy": Policy(reads=["search_*"])}, r"reads=\['search_\*'\].*no tool here"),
        ({"policy": Policy(unchecked=["nix"])}, r"unchecked=\['nix'\].*no tool here"),
        ({"files": "/not/there"}, "files=: there is no folder '/not/there'"),
        ({"files": [5]}, "files= holds a int"),
        ({"credentials": {"typo.example/bearer": "x"}}, "no tool here has that security scheme"),
        ({"backoff": -1}, "backoff=-1"),
        ({"per_second": 0}, "per_second=0"),
        ({"max_connections": 0}, "max_connections=0"),
        ({"timeout": True}, "timeout=True"),
        ({"http2": True}, "install `httpx.http2.`"),
    ],
)
def test_a_value_that_cannot_be_is_refused_when_it_is_given(
    options: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openapi2tools.call.options.find_spec", lambda _: None)  # h2 is not there
    with pytest.raises(InvalidOption, match=message):
        connect(made(), **options)


@pytest.mark.parametrize(
    "options",
    [
        {"credentials": "SECRET-5x"},
        {"credentials": ["SECRET-5x"]},
        {"proxy": "http://user:SECRET-5x@:0"},
        {"cert": "-----BEGIN PRIVATE KEY-----\nSECRET-5x"},
        {"headers": {"X": "SECRET-5xé"}},
    ],
)
def test_no_secret_is_told(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidOption) as error:
        connect(made(), **options)
    assert "5x" not in str(error.value)
    assert "'S'" not in str(error.value)


@pytest.mark.parametrize(
    "name", ["api.example/bearer", "Pets/bearer", f"{URL}/openapi.json/bearer", "bearer"]
)
def test_a_credential_may_name_its_api(name: str) -> None:
    assert connect(made(), credentials={name: "x"})
    assert connect(made(), server="http://localhost:1", credentials={"localhost:1/bearer": "x"})


def test_files_are_given_as_texts_or_paths(tmp_path: Path) -> None:
    authorities = tmp_path / "ca.pem"
    authorities.touch()
    options = connect(made(), verify=authorities, files=tmp_path).options
    assert (options.verify, options.writer) == (str(authorities), options.writer)


def test_what_is_no_toolset_is_refused() -> None:
    tool_of_it = made()["find"]
    with pytest.raises(InvalidOption, match=r"make them with build_tools\(api\)"):
        connect(tool_of_it.api)  # type: ignore[arg-type]
    with pytest.raises(InvalidOption, match="takes a Toolset, not a list"):
        connect([tool_of_it])  # type: ignore[arg-type]


@pytest.mark.parametrize("arguments", [["q"], "q=1", 5])
def test_arguments_that_are_no_object_are_refused(arguments: Any) -> None:
    with pytest.raises(InvalidOption, match="arguments of find are a mapping"):
        connect(made()).call("find", arguments)


def test_a_name_for_a_model_is_refused() -> None:
    with pytest.raises(InvalidOption, match=r"OpenAIModel\('gpt-5'\)"):
        Agent(connect(made()), "gpt-5")  # type: ignore[arg-type]


def test_an_open_file_is_refused_as_a_document(tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    file.write_text("{}")
    with file.open() as opened, pytest.raises(InvalidOption, match=r"file\.read\(\)"):
        load(opened)  # type: ignore[arg-type]
    with pytest.raises(InvalidOption, match="not as a NoneType"):
        load(None)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["5", 2.5, True, 0])
def test_a_budget_is_a_whole_number(value: Any) -> None:
    with pytest.raises(BuildError, match="give a whole number"):
        export(made(), budget=value)


def test_editing_an_export_changes_no_tool() -> None:
    subject = build_tools(load("specs/real/petstore-3.0.json"))
    before = export(subject)
    for edited in export(subject):
        edited["function"]["parameters"]["properties"].clear()
        edited["function"]["parameters"].get("$defs", {}).clear()
    assert export(subject) == before


def test_a_client_says_what_it_is() -> None:
    assert repr(connect(made())) == "<Client: 1 tools of Pets>"


def test_each_api_may_have_a_server_of_its_own(server: LoopbackServer) -> None:
    cats = {"document": {}, "title": "Cats", "address": "https://cats.example/openapi.json"}
    both = made() | tools(
        tool(
            "https://cats.example", name="cat", servers=(Server("https://cats.example"),), api=cats
        )
    )
    client = connect(both, server={"Pets": server.url, "cats.example": 0})
    assert client.call("find").status == 200
    assert str(client.prepare("cat").request.url).startswith("https://cats.example")
    with pytest.raises(InvalidOption, match="say for which API it is"):
        connect(both, server=server.url)


def test_equal_documents_are_compared_once() -> None:
    class Counted(dict[str, Any]):
        compared = 0

        def __eq__(self, other: object) -> bool:
            Counted.compared += 1
            return dict.__eq__(self, other)

        __hash__ = None  # type: ignore[assignment]

    def loaded() -> Toolset:
        one = tool(URL, api={"document": Counted(paths={})}, name="a")
        return Toolset([one, replace(one, name="b"), replace(one, name="c")])

    assert loaded() == loaded()
    assert Counted.compared == 1
