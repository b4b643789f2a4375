"""What is wrong in `openapi2tools.toml` is told with its line, its key and the nearest word."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from openapi2tools.config.edit import remove_api
from openapi2tools.config.files import ConfigFile, user_file
from openapi2tools.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.conftest import Done

SECRET = (
    "a secret does not stand in this file: say where it is, env:NAME, file:PATH, keyring:NAME or "
    "cmd:COMMAND."
)
FAULTS = {
    "sever = 'x'": "line 4: apis.a.sever: there is no such key. Did you mean server?",
    "zzz = 1": "line 4: apis.a.zzz: there is no such key. Keys here: source, overlays, address",
    "tags = ['x']": "line 4: apis.a.tags: there is no such key. Did you mean tools.tags?",
    "tools.tgas = ['x']": "line 4: apis.a.tools.tgas: there is no such key. Did you mean tags?",
    "tools.tags = 'x'": 'line 4: apis.a.tools.tags: give a list: ["…", "…"].',
    "overlays = [\n  'x',\n  7,\n]": 'line 4: apis.a.overlays.1: give a text in quotes: "…".',
    "timeout = 0": "line 4: apis.a.timeout: give a number above 0.",
    "timeout = 'soon'": "line 4: apis.a.timeout: give a number.",
    "cookies = 'yes'": "line 4: apis.a.cookies: give true or false.",
    "tools.name_length = 10": "line 4: apis.a.tools.name_length: give a number from 24 on.",
    "tools.name_length = 99": "line 4: apis.a.tools.name_length: give a number up to 64.",
    "policy = { confirm = 'write' }": (
        "line 4: apis.a.policy.confirm: give one of none, writes, all. Did you mean writes?"
    ),
    "server = ''": "line 4: apis.a.server: it is empty.",
    "server_variables = 'eu'": "line 4: apis.a.server_variables: give a table: { name = … }.",
    "credentials.bearer = 'sk-1234'": f"line 4: apis.a.credentials.bearer: {SECRET}",
    "credentials.o = { client_id = 'x', client_secret = 'sk-1234' }": (
        f"line 4: apis.a.credentials.o.client_secret: {SECRET}"
    ),
    "credentials.o = 7": (
        "line 4: apis.a.credentials.o: give env:NAME, file:PATH, keyring:NAME or cmd:COMMAND, "
        "or a table of the fields of a login."
    ),
    "headers = { Authorization = 'Bearer sk-1234' }": (
        f"line 4: apis.a.headers.Authorization: {SECRET}"
    ),
    "source_headers = { Authorization = 'Bearer sk-1234' }": (
        f"line 4: apis.a.source_headers.Authorization: {SECRET}"
    ),
    "server = 'https://me:sk-1234@api.example.com'": (
        "line 4: apis.a.server: a password does not stand in this file: leave it out of the URL"
    ),
    "[apis.b]\nserver = 'x'": (
        "line 4: apis.b: source is missing: The OpenAPI document, or saved tools: a URL or a path."
    ),
    "[apis.'my api']\nsource = 'x'": (
        "line 4: apis.my api: this is no name for a saved API: write letters, digits, - and _, "
        "beginning with a letter or a digit."
    ),
    "[api.b]\nsource = 'x'": "line 4: api: there is no such key. Did you mean apis?",
    "server = 'x": "this is no TOML: expected",
    "source = 'y'": "this is no TOML: cannot overwrite a value (at line 4",
}


@pytest.mark.parametrize("line", FAULTS)
def test_a_fault_is_told_with_its_line_and_its_remedy(line: str, cli: Callable[..., Done]) -> None:
    path = user_file()
    path.write_text(f"# mine\n[apis.a]\nsource = 'x.json'\n{line}\n", encoding="utf-8")
    done = cli("inspect", "a")
    assert done.code == 1
    assert done.err.startswith(f"Error: {path}: {FAULTS[line]}")
    assert done.err.count("\n") == 1
    assert "sk-1234" not in done.err


def test_all_faults_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = "[apis.a]\nsever = 'x'\ntimeout = 0\ntools.tags = 1\n"
    with pytest.raises(ConfigError) as caught:
        ConfigFile.of_text(Path("x.toml"), text)
    lines = [fault.partition(":")[0] for fault in caught.value.faults]
    assert lines == ["line 1", "line 2", "line 3", "line 4"]


def test_a_secret_may_stand_in_the_users_own_file_alone() -> None:
    text = "[apis.a]\nsource = 'x'\ncredentials.key = 'plain:sk-1234'\n"
    assert ConfigFile.of_text(user_file(), text).apis
    with pytest.raises(ConfigError, match="is for the user's own file alone") as caught:
        ConfigFile.of_text(Path("/project/openapi2tools.toml"), text)
    assert "sk-1234" not in str(caught.value)
    assert "sk-1234" not in repr(ConfigFile.of_text(user_file(), text))


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
def test_a_file_of_windows_is_read_and_changed(prefix: bytes) -> None:
    text = "[apis.a]\r\nsource = 'x'\r\noverlays = [\r\n  'y',\r\n]\r\n[apis.b]\r\nsource = 'z'\r\n"
    user_file().write_bytes(prefix + text.encode())
    file = ConfigFile.read(user_file())
    assert [*file.apis] == ["a", "b"]
    assert [*remove_api(file, "a").apis] == ["b"]
    user_file().write_bytes(prefix + text.replace("overlays", "overlay").encode())
    with pytest.raises(ConfigError, match=r"line 3: apis\.a\.overlay"):
        ConfigFile.read(user_file())


def test_what_is_no_text_is_told(cli: Callable[..., Done]) -> None:
    user_file().write_bytes(b"\xff\xfe\x00")
    assert "it cannot be read (it is no text in UTF-8)" in cli("inspect", "a").err
