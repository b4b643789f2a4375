"""The commands about saved APIs: what they keep, ask, show and refuse."""

from __future__ import annotations

import json
import os
import stat
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from openapi2tools.config.edit import add_api, remove_api, toml_of
from openapi2tools.config.files import ConfigFile, user_file
from openapi2tools.config.toml_lines import line_of, without
from openapi2tools.config.trust import is_trusted
from openapi2tools.errors import ConfigError
from tests.support.apis import document
from tests.support.server import Answer, LoopbackServer, Received
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Done

KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
PETS = document(
    {
        "/pets": {
            "get": {"operationId": "list_pets", "tags": ["pets"]},
            "post": {"operationId": "add_pet"},
        },
        "/pets/{id}": {
            "get": {
                "operationId": "get_pet",
                "parameters": [{"name": "id", "in": "path", "required": True, "schema": {}}],
            }
        },
    },
    components={"securitySchemes": {"key": KEY}},
    security=[{"key": []}],
)


def answer(received: Received) -> Answer:
    if received.headers.get("x-key") != "sk-1234":
        return Answer(401, {"error": "who are you?"})
    return Answer(body=[{"id": 1}, {"id": 2}])


@pytest.fixture
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer(answer) as server:
        yield server


@pytest.fixture
def pets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pets.json").write_text(json.dumps(PETS), encoding="utf-8")
    return "pets.json"


def kept(path: Path | None = None) -> dict[str, Any]:
    return tomllib.loads((path or user_file()).read_text(encoding="utf-8"))["apis"]


def terminal(*arguments: str, **environment: str) -> Terminal:
    folder = {"OPENAPI2TOOLS_CONFIG": os.environ["OPENAPI2TOOLS_CONFIG"]}
    return Terminal(*arguments, environment={**folder, **environment})


def test_what_is_typed_is_kept_and_one_read_is_tried(
    cli: Callable[..., Done], pets: str, server: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY", "sk-1234")
    done = cli(
        *("add", "pets", pets, "--server", server.url, "--auth", "key=env:KEY", "--tag", "pets"),
        *("--header", "X-Tenant: acme", "--set", "list_pets.x=5", "--confirm", "all", "--no-try"),
    )
    assert done.code == 2  # there is no such argument
    done = cli(
        *("add", "pets", pets, "--server", server.url, "--auth", "key=env:KEY", "--tag", "pets"),
        *(
            "--header",
            "X-Tenant: acme",
            "--confirm",
            "all",
            "--timeout",
            "5",
            "--limit",
            "seconds=9",
        ),
    )
    assert done.code == 0, done.err
    assert "list_pets (GET /pets) answered 200, a list of 2." in done.err
    assert [received.method for received in server.received] == ["GET"]
    assert server.received[0].headers["x-tenant"] == "acme"
    assert kept() == {
        "pets": {
            "source": str(Path(pets).absolute()),
            "timeout": 5.0,
            "limits": {"seconds": 9},
            "server": server.url,
            "credentials": {"key": "env:KEY"},
            "headers": {"X-Tenant": "acme"},
            "tools": {"tags": ["pets"]},
            "policy": {"confirm": "all"},
        }
    }
    assert stat.S_IMODE(user_file().stat().st_mode) == 0o600


def test_what_is_missing_is_said_and_saved_nevertheless(
    cli: Callable[..., Done], pets: str, server: LoopbackServer
) -> None:
    done = cli("add", "pets", pets)
    assert (done.code, "names no server" in done.err, "pets" in kept()) == (0, True, True)
    done = cli("add", "other", pets, "--server", server.url, "--auth", "key=env:HOME")
    assert (done.code, "failed: " in done.err, "401" in done.err) == (0, True, True)


def test_a_person_is_asked_for_what_the_document_leaves_open(
    pets: str, server: LoopbackServer
) -> None:
    with terminal("add", "pets", pets, KEY="sk-1234") as person:
        person.expect("Where does it answer?")
        person.type(server.url)
        person.expect("Where is the credential for key (header)?")
        person.type("env:KEY")
        person.expect("answered 200, a list of 2.")
        code, _ = person.end()
    assert code == 0
    assert (kept()["pets"]["server"], kept()["pets"]["credentials"]) == (
        server.url,
        {"key": "env:KEY"},
    )


def test_a_secret_is_written_only_after_a_second_yes(pets: str, server: LoopbackServer) -> None:
    without_keyring = {"PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
    for reply, expected in {"n": None, "y": {"key": "plain:sk-1234"}}.items():
        user_file().unlink(missing_ok=True)
        options = ("--server", server.url)
        with terminal("add", "pets", pets, *options, **without_keyring) as person:
            person.expect("Where is the credential")
            person.type("-")
            person.expect("The secret: ")
            person.type("sk-1234")
            person.expect("Write the secret itself into")
            person.type(reply)
            person.expect("Next: ")
            code, _ = person.end()
        assert (code, kept()["pets"].get("credentials")) == (0, expected)
        assert "sk-1234" not in person.shown


def test_without_a_person_no_secret_is_kept(cli: Callable[..., Done], pets: str) -> None:
    done = cli("add", "pets", pets, "--auth", "key=sk-1234", "--no-try")
    assert (done.code, user_file().exists()) == (2, False)
    assert "a saved API keeps no secret: say where it is, env:NAME" in done.err
    assert "sk-1234" not in done.err
    done = cli("add", "pets", pets, "--project", "--auth", "key=plain:sk-1234", "--no-try")
    assert (done.code, Path("openapi2tools.toml").exists()) == (1, False)


@pytest.mark.parametrize(
    "typed",
    [
        ("--header", "Authorization: Bearer sk-1234"),
        ("--spec-header", "Authorization: Bearer sk-1234"),
        ("--server", "https://me:sk-1234@api.example.com"),
    ],
)
def test_a_secret_that_is_typed_elsewhere_is_not_kept_either(
    typed: tuple[str, str], cli: Callable[..., Done], pets: str
) -> None:
    done = cli("add", "pets", pets, *typed, "--no-try")
    assert (done.code, "does not stand in this file" in done.err) == (1, True)
    assert not user_file().exists()
    assert "sk-1234" not in done.err


def test_a_project_has_a_file_of_its_own_and_who_writes_it_has_agreed(
    cli: Callable[..., Done], pets: str
) -> None:
    assert cli("add", "pets", pets, "--project", "--auth", "key=env:KEY", "--no-try").code == 0
    path = Path("openapi2tools.toml").absolute()
    assert is_trusted(ConfigFile.read(path))
    assert cli("inspect", "pets").code == 0
    path.write_text(path.read_text() + "# by somebody else\n", encoding="utf-8")
    refused = cli("add", "more", pets, "--project", "--no-try")
    assert (refused.code, "nobody here has agreed" in refused.err) == (1, True)
    assert "not agreed to" in cli("list").out


@pytest.mark.parametrize("name", ["my api", "a/b", "http://x", "a.json", "-x", "ä"])
def test_a_name_is_none_that_could_be_a_document(
    name: str, cli: Callable[..., Done], pets: str
) -> None:
    assert cli("add", "--no-try", "--", name, pets).code == 2
    assert not user_file().exists()


def test_a_name_is_given_once(cli: Callable[..., Done], pets: str) -> None:
    assert cli("add", "pets", pets, "--no-try").code == 0
    before = user_file().read_text("utf-8")
    done = cli("add", "pets", pets, "--no-try", "--read-only")
    assert (done.code, "is saved as pets already, and not like this" in done.err) == (1, True)
    assert "`openapi2tools remove pets` forgets it" in done.err
    assert user_file().read_text("utf-8") == before


def test_to_save_the_same_again_is_no_fault(cli: Callable[..., Done], pets: str) -> None:
    words = ("add", "pets", pets, "--no-try", "--auth", "key=env:PETS_KEY", "--tag", "pets")
    assert cli(*words).code == 0
    before = user_file().read_text("utf-8")
    done = cli(*words)
    assert (done.code, done.err.splitlines()[0]) == (
        0,
        f"pets is saved just so in {user_file()} already.",
    )
    assert user_file().read_text("utf-8") == before


def test_show_tells_where_credentials_are_and_no_secret(cli: Callable[..., Done]) -> None:
    add_api(user_file(), "a", {"source": "https://x/y", "credentials": {"k": "plain:sk-1234"}})
    done = cli("show", "a")
    assert tomllib.loads(done.out)["apis"]["a"]["credentials"] == {"k": "plain:***"}
    assert json.loads(cli("show", "a", "--json").out)["source"] == "https://x/y"
    assert "sk-1234" not in done.out + done.err
    done = cli("show", "b")
    assert (done.code, "Saved are: a." in done.err) == (2, True)


def test_what_is_written_is_read_back_and_the_rest_stays_as_it_was() -> None:
    path = user_file()
    text = "# mine\n[apis.a] # the first\nsource = 'x'\n\n# odd\n[apis]\nb.source = \"y\"\n"
    path.write_text(text.replace("[apis]\nb.", "[apis.b]\n"), encoding="utf-8")
    before = path.read_text(encoding="utf-8")
    settings = {
        "source": 'a "b" \\ \x7f é\n',
        "arguments": {"x.y": [1, 2.5, True, {"z": "w"}], "long": "l" * 80},
        "tools.tags": ["a", "b"],
    }
    file = add_api(path, "c", settings)
    assert file.text.startswith(before)
    assert file.apis["c"] == {
        "source": settings["source"],
        "arguments": settings["arguments"],
        "tools": {"tags": ["a", "b"]},
    }
    assert remove_api(file, "c").text.strip() == before.strip()
    assert "# mine" in remove_api(ConfigFile.read(path), "a").text


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
ANYTHING = st.recursive(
    TEXTS
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(TEXTS, ANYTHING, max_size=3), TEXTS.filter(bool))
def test_whatever_is_written_is_read_back_and_can_be_removed(
    arguments: dict[str, Any], source: str
) -> None:
    written = {"source": source, "arguments": arguments}
    text = f"# first\n[apis.a]\nsource = 'x'\n{toml_of('b', written)}[apis.c]\nsource = 'y'\n"
    assert tomllib.loads(text)["apis"]["b"] == written
    left = without(text, ("apis", "b"))
    assert list(tomllib.loads(left)["apis"]) == ["a", "c"]
    assert line_of(text, ("apis", "c")) == text[: text.index("[apis.c]")].count("\n") + 1


def test_what_stands_on_one_line_with_others_is_left_to_a_person() -> None:
    text = "apis = { a = { source = 'x' }, b = { source = 'y' } }\n"
    user_file().write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match="remove it in an editor"):
        remove_api(ConfigFile.read(user_file()), "a")
    assert user_file().read_text(encoding="utf-8") == text


def test_an_edit_is_checked_and_agreed_to(
    cli: Callable[..., Done], pets: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert cli("add", "pets", pets, "--project", "--no-try").code == 0
    path = Path("openapi2tools.toml").absolute()
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "sed -i 's/pets.json/pets.yaml/'")
    done = cli("edit", "pets")
    assert (done.code, "is in order: pets." in done.err) == (0, True)
    assert is_trusted(ConfigFile.read(path))
    monkeypatch.setenv("EDITOR", "sed -i 's/source/sauce/'")
    done = cli("edit")
    assert (done.code, "line 2: apis.pets.sauce" in done.err) == (1, True)
    monkeypatch.setenv("EDITOR", "sed -i 's/sauce/source/'")
    assert cli("edit", "pets").code == 0
    monkeypatch.delenv("EDITOR")
    assert "set EDITOR, or open" in cli("edit").err


def test_an_api_that_is_gone_takes_its_secret_along(
    cli: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    import keyring
    from keyring.backend import KeyringBackend

    class Memory(KeyringBackend):
        priority = 1
        name = "memory"
        entries: ClassVar[dict[tuple[str, str], str]] = {}

        def get_password(self, service: str, username: str) -> str | None:
            return self.entries.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            self.entries[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del self.entries[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        Memory.entries["openapi2tools", "pets.key"] = "sk-1234"
        with LoopbackServer(answer) as server:
            document_text = json.dumps({**PETS, "servers": [{"url": server.url}]})
            Path(user_file().parent / "pets.json").write_text(document_text, encoding="utf-8")
            credentials = {"key": "keyring:pets.key"}
            add_api(user_file(), "pets", {"source": "pets.json", "credentials": credentials})
            assert json.loads(cli("call", "pets", "list_pets").out) == [{"id": 1}, {"id": 2}]
            assert "and its secret in the keyring" in cli("remove", "pets").err
            assert Memory.entries == {}
            add_api(user_file(), "pets", {"source": "pets.json", "credentials": credentials})
            missing = cli("call", "pets", "list_pets").err
            assert "the keyring has no entry 'pets.key' of openapi2tools" in missing
            assert "`keyring set openapi2tools pets.key` makes one" in missing
    finally:
        keyring.set_keyring(before)
