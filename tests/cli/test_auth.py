"""A person logs in, looks, calls and logs out on the command line."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from openapi2tools.call.oauth.storage.secret_store import STORE_VARIABLE
from openapi2tools.config.files import user_file
from tests.support.identity import PASSWORD, SERVICE_SECRET, browse, identity_server, pets, way_back
from tests.support.server import Answer, LoopbackServer
from tests.support.terminal import Terminal


@pytest.fixture(scope="module")
def issuer(tmp_path_factory):
    with identity_server(tmp_path_factory.mktemp("identity")) as address:
        yield address


@pytest.fixture
def source(issuer, tmp_path, monkeypatch):
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "tokens"))
    monkeypatch.setenv("DISPLAY", ":0")
    with LoopbackServer(pets(issuer)) as api:
        path = tmp_path / "api.json"
        path.write_text(json.dumps(document(issuer, api.url)))
        yield str(path)


def document(issuer: str, server: str) -> dict:
    token = {"tokenUrl": f"{issuer}/token", "scopes": {"read:pets": "Read", "write:pets": "Write"}}
    flows = {
        "people": {
            "authorizationCode": {"authorizationUrl": f"{issuer}/authorize", **token},
            "password": token,
        },
        "programs": {"clientCredentials": token},
    }
    schemes = {name: {"type": "oauth2", "flows": each} for name, each in flows.items()}
    operation = {
        "operationId": "me",
        "security": [{name: ["read:pets"]} for name in flows],
        "responses": {"200": {"description": "You."}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Pets", "version": "1"},
        "servers": [{"url": server}],
        "paths": {"/me": {"get": operation}},
        "components": {
            "securitySchemes": {
                **schemes,
                "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            }
        },
    }


def standing(cli, source: str) -> dict:
    return {row["scheme"]: row for row in json.loads(cli("auth", "status", source, "--json").out)}


def test_a_person_logs_in_through_the_browser_calls_and_logs_out(cli, source, monkeypatch) -> None:
    monkeypatch.setattr("webbrowser.open", browse)
    done = cli("auth", "login", source, "--scheme", "people", "--client-id", "desktop")
    assert (done.code, done.out) == (0, "")
    assert "Logged in for people (read:pets)" in done.err
    assert json.loads(cli("call", source, "me").out)["sub"] == "ann"
    assert "Logged out of people" in cli("auth", "logout", source).err
    failed = cli("call", source, "me")
    assert failed.code == 1
    assert "auth login SOURCE --scheme people" in failed.err


def test_a_person_without_a_browser_copies_the_address(source) -> None:
    arguments = (
        "auth",
        "login",
        source,
        "--scheme",
        "people",
        "--client-id",
        "desktop",
        "--no-browser",
    )
    with Terminal(*arguments) as terminal:
        terminal.expect("Paste that whole address here:")
        terminal.type(
            way_back(next(word for word in terminal.shown.split() if "/authorize?" in word))
        )
        code, _ = terminal.end()
        assert code == 0
        assert "Logged in" in terminal.shown


def test_a_machine_without_a_display_shows_the_address_to_copy(cli, source, monkeypatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    done = cli(
        "auth",
        "login",
        source,
        "--scheme",
        "people",
        "--client-id",
        "desktop",
        stdin="http://127.0.0.1/callback?code=x&state=y\n",
    )
    assert done.code == 1
    assert "Paste that whole address here:" in done.err
    assert "its state differs" in done.err


def test_a_login_can_be_left_with_ctrl_c(source) -> None:
    with Terminal(
        "auth", "login", source, "--scheme", "people", "--client-id", "desktop", "--no-browser"
    ) as terminal:
        terminal.expect("Paste that whole address here:")
        terminal.interrupt()
        assert terminal.end(60)[0] == 130


def test_a_password_is_read_from_standard_input_and_not_kept(cli, source, tmp_path) -> None:
    done = cli(
        "auth",
        "login",
        source,
        "--scheme",
        "people",
        "--client-id",
        "desktop",
        "--username",
        "ann",
        stdin=f"{PASSWORD}\n",
    )
    assert done.code == 0
    assert json.loads(cli("call", source, "me").out)["sub"] == "ann"
    assert PASSWORD not in "".join(file.read_text() for file in (tmp_path / "tokens").iterdir())


def test_a_program_logs_in_with_a_secret_from_the_environment(cli, source, monkeypatch) -> None:
    monkeypatch.setenv("PETS_SECRET", SERVICE_SECRET)
    assert (
        cli(
            "auth",
            "login",
            source,
            "--scheme",
            "programs",
            "--client-id",
            "service",
            "--client-secret",
            "env:PETS_SECRET",
        ).code
        == 0
    )
    assert json.loads(cli("call", source, "me").out)["client"] == "service"
    row = standing(cli, source)["programs"]
    assert (row["logged_in"], row["renews"], row["client_id"], row["scopes"]) == (
        True,
        True,
        "service",
        ["read:pets"],
    )


def test_a_token_server_that_the_document_gets_wrong_is_named_by_the_user(
    cli, source, issuer, tmp_path, monkeypatch
) -> None:
    document = json.loads((tmp_path / "api.json").read_text())
    document["components"]["securitySchemes"]["programs"]["flows"]["clientCredentials"][
        "tokenUrl"
    ] = "http://10.0.0.5/token"
    (tmp_path / "api.json").write_text(json.dumps(document))
    monkeypatch.setenv("PETS_SECRET", SERVICE_SECRET)
    given = ("--scheme", "programs", "--client-id", "service", "--client-secret", "env:PETS_SECRET")
    refused = cli("auth", "login", source, *given)
    assert (refused.code, "clear text" in refused.err) == (1, True)
    assert cli("auth", "login", source, *given, "--token-url", f"{issuer}/token").code == 0
    assert json.loads(cli("call", source, "me").out)["client"] == "service"


def test_the_status_tells_every_scheme_and_no_token(cli, source, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("webbrowser.open", browse)
    monkeypatch.setenv("OPENAPI2TOOLS_KEY", "hush")
    cli(
        "auth",
        "login",
        source,
        "--scheme",
        "people",
        "--client-id",
        "desktop",
        "--account",
        "ann at home",
    )
    rows = standing(cli, source)
    assert {name: row["logged_in"] for name, row in rows.items()} == {
        "people": True,
        "programs": False,
        "key": False,
    }
    assert (rows["key"]["variable"], rows["key"]["variable_set"], rows["people"]["account"]) == (
        "OPENAPI2TOOLS_KEY",
        True,
        "ann at home",
    )
    table = cli("auth", "status", source).out
    assert "yes as ann at home" in table
    (file,) = (tmp_path / "tokens").iterdir()
    logins = json.loads(file.read_text())
    token = logins[0]["token"]
    assert not any(
        secret in table + json.dumps(rows) for secret in ("hush", token["access"], token["refresh"])
    )
    logins[0]["renewal_began"] = 1_700_000_000.0  # as a process leaves it that is killed
    file.write_text(json.dumps(logins))
    row = standing(cli, source)["people"]
    assert (row["logged_in"], row["renewal_began"]) == (True, "2023-11-14T22:13:20+00:00")
    assert "log in again" in cli("auth", "status", source).out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["login"], 1, "--scheme people or programs"),
        (
            ["login", "--scheme", "ghost"],
            1,
            "no OAuth2 or OpenID Connect scheme named 'ghost'. It has people, programs",
        ),
        (["login", "--scheme", "key"], 1, "no OAuth2"),
        (["login", "--scheme", "people"], 1, "--client-id"),
        (
            [
                "login",
                "--scheme",
                "people",
                "--client-id",
                "x",
                "--client-secret",
                "env:NOT_SET_ANYWHERE",
            ],
            1,
            "NOT_SET_ANYWHERE",
        ),
        (["login", "--scheme", "people", "--client-id", "x", "--device"], 1, "people"),
        (["login", "--parameter", "audience"], 2, "NAME=VALUE"),
        (["login", "--scheme", "people", "--client-id", "x", "--server", "1"], 1, "no URL"),
        (["logout"], 0, "Nobody was logged in"),
    ],
)
def test_what_is_missing_is_one_sentence(cli, source, arguments, code, words) -> None:
    done = cli("auth", arguments[0], source, *arguments[1:])
    assert (done.code, done.out) == (code, "")
    assert words in done.err
    assert done.err.count("\n") == 1


def test_auth_alone_shows_its_commands(cli) -> None:
    assert {"login", "status", "logout"} <= set(cli("auth", "--help").out.split())


def test_a_document_without_schemes_takes_a_credential_by_its_kind(cli, source, tmp_path) -> None:
    document = json.loads((tmp_path / "api.json").read_text())
    del document["components"], document["paths"]["/me"]["get"]["security"]
    (tmp_path / "api.json").write_text(json.dumps(document))
    assert "--auth" in cli("call", source, "me", "--auth", "token=x").err
    shown = cli(
        "call", source, "me", "--auth", "bearer=hush", "--auth", "header:X-Team=hush", "--dry-run"
    ).out
    assert "Authorization: Bearer <bearer>" in shown
    assert "X-Team: <header:X-Team>" in shown


# --- where a secret is given ---


def test_a_secret_that_is_typed_on_the_command_line_is_warned_about_once(
    cli, source, monkeypatch
) -> None:
    arguments = (
        "call",
        source,
        "me",
        "--auth",
        "people=typed-secret",
        "--auth",
        "header:X-A=typed",
    )
    done = cli(*arguments, "--header", "X-Api-Key: typed-secret")
    assert done.err.count("in the list of processes") == 1
    assert "the value of --auth in" in done.err
    assert "typed-secret" not in done.err
    monkeypatch.setenv("PETS_TOKEN", "from-the-environment")
    for value in ("env:PETS_TOKEN", '{"client_id": "x", "token": "env:PETS_TOKEN"}'):
        done = cli("call", source, "me", "--auth", f"people={value}", "--header", "X-Note: plain")
        assert "list of processes" not in done.err


def test_a_clients_secret_is_asked_for_at_the_terminal_and_not_shown(source) -> None:
    arguments = ("--scheme", "programs", "--client-id", "service", "--client-secret", "-")
    with Terminal("auth", "login", source, *arguments) as terminal:
        terminal.expect("--client-secret: ")
        terminal.type(SERVICE_SECRET)
        code, _ = terminal.end()
    assert code == 0
    assert SERVICE_SECRET not in terminal.shown


def test_a_clients_secret_may_be_in_a_file_or_on_standard_input(cli, source, tmp_path) -> None:
    (tmp_path / "secret").write_text(f"{SERVICE_SECRET}\n")
    given = ("--scheme", "programs", "--client-id", "service", "--client-secret")
    assert cli("auth", "login", source, *given, f"file:{tmp_path / 'secret'}").code == 0
    assert cli("auth", "login", source, *given, "-", stdin=f"{SERVICE_SECRET}\n").code == 0
    typed = cli("auth", "login", source, *given, SERVICE_SECRET)
    assert "the value of --client-secret in the list of processes" in typed.err


# --- of a saved API ---


def test_a_saved_api_says_which_client_logs_in(cli, source, issuer, monkeypatch) -> None:
    monkeypatch.setenv("PETS_SECRET", SERVICE_SECRET)
    client = {
        "client_id": "service",
        "client_secret": "env:PETS_SECRET",
        "token_url": f"{issuer}/token",
        "token": "env:NOWHERE_YET",
    }
    monkeypatch.setenv("NOWHERE_YET", "a token of before")
    save(source, "programs", client)
    assert cli("auth", "login", "pets", "--scheme", "programs").code == 0
    row = standing(cli, source)["programs"]
    assert (row["logged_in"], row["client_id"]) == (True, "service")
    refused = cli("auth", "login", "pets", "--scheme", "programs", "--client-id", "other")
    assert refused.code == 1  # what is typed goes before the file


def test_a_saved_client_may_be_a_reference_to_all_its_fields(
    cli, source, tmp_path, monkeypatch
) -> None:
    client = {"client_id": "service", "client_secret": SERVICE_SECRET}
    (tmp_path / "client.json").write_text(json.dumps(client))
    save(source, "programs", f"file:{tmp_path / 'client.json'}")
    assert cli("auth", "login", "pets", "--scheme", "programs").code == 0
    monkeypatch.setenv("PETS_TOKEN", "a token")
    save(source, "programs", "env:PETS_TOKEN")  # which says nothing of a client
    refused = cli("auth", "login", "pets", "--scheme", "programs")
    assert (refused.code, "--client-id" in refused.err) == (1, True)


def save(source: str, scheme: str, credential: object) -> None:
    """Save an API as `pets`, with a credential; JSON of texts is TOML."""
    fields = credential.items() if isinstance(credential, dict) else ()
    table = ", ".join(f"{name} = {json.dumps(each)}" for name, each in fields)
    shown = f"{{ {table} }}" if table else json.dumps(credential)
    path = user_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"[apis.pets]\nsource = {json.dumps(source)}\ncredentials.{scheme} = {shown}\n")


def test_the_help_of_logout_says_that_it_needs_no_document(cli) -> None:
    assert "auth logout [SOURCE] [OPTIONS]" in cli("auth", "logout", "--help").out


# --- the person at the browser ---


def shown_address(terminal: Terminal) -> str:
    return next(word for word in terminal.shown.split() if "/authorize?" in word)


def test_an_address_can_be_pasted_while_the_browser_is_awaited(source, tmp_path) -> None:
    no_programs = {"PATH": str(tmp_path), "BROWSER": ""}
    arguments = ("auth", "login", source, "--scheme", "people", "--client-id", "desktop")
    with Terminal(*arguments, environment=no_programs) as terminal:
        terminal.expect("paste the address that it ends at here")
        terminal.expect("No browser could be opened")
        terminal.type("http://127.0.0.1/callback?code=x&state=another")
        terminal.expect("paste the whole of it")
        terminal.type(way_back(shown_address(terminal)))
        code, _ = terminal.end()
    assert code == 0
    assert "Logged in for people" in terminal.shown


def test_a_login_is_waited_for_as_long_as_the_person_says(cli, source, monkeypatch) -> None:
    monkeypatch.setattr("webbrowser.open", lambda _: True)
    given = ("--scheme", "people", "--client-id", "desktop", "--timeout", "0.5")
    done = cli("auth", "login", source, *given)
    assert done.code == 1
    assert "Nobody logged in within 0.5 seconds" in done.err
    assert "--timeout SECONDS" in done.err


# --- several logins ---


def log_in_as(cli, source: str, account: str) -> None:
    given = ("--scheme", "people", "--client-id", "desktop", "--username", "ann")
    done = cli("auth", "login", source, *given, "--account", account, stdin=f"{PASSWORD}\n")
    assert done.code == 0


def test_accounts_are_shown_used_and_ended_one_by_one(cli, source) -> None:
    for account in ("home", "work"):
        log_in_as(cli, source, account)
    rows = json.loads(cli("auth", "status", source, "--json").out)
    assert [row["account"] for row in rows if row["scheme"] == "people"] == ["work", "home"]
    table = cli("auth", "status", source).out
    assert "yes as work" in table
    assert "yes as home" in table
    assert json.loads(cli("call", source, "me", "--account", "home").out)["sub"] == "ann"
    failed = cli("call", source, "me", "--account", "hmoe")
    assert (failed.code, "there is home, work" in failed.err) == (1, True)
    ended = cli("auth", "logout", source, "--account", "home").err
    assert "Logged out of people (home); http://127.0.0.1" in ended
    assert "ended the login, too" in ended
    assert json.loads(cli("call", source, "me", "--account", "work").out)["sub"] == "ann"
    assert cli("auth", "logout", source, "--account", "home").err == "Nobody was logged in.\n"


def test_every_login_is_listed_and_ended_also_of_a_document_that_changed(
    cli, source, tmp_path
) -> None:
    assert "No login is stored" in cli("auth", "list").err
    log_in_as(cli, source, "home")
    text = (tmp_path / "api.json").read_text()
    (tmp_path / "api.json").write_text(text.replace('"people"', '"persons"'))
    assert not standing(cli, source)["persons"]["logged_in"]
    (row,) = json.loads(cli("auth", "list", "--json").out)
    assert (row["scheme"], row["account"], row["renews"]) == ("people", "home", True)
    assert row["token_server"].startswith("http://127.0.0.1")
    assert "yes as home" in cli("auth", "list").out
    assert "Logged out of people of http://127.0.0.1" in cli("auth", "logout", "--all").err
    assert cli("auth", "logout", "--all").err == "Nobody was logged in.\n"
    assert json.loads(cli("auth", "list", "--json").out) == []


@pytest.mark.parametrize("arguments", [[], ["SOURCE", "--all"], ["--all", "--scheme", "people"]])
def test_logging_out_needs_a_document_or_all(cli, source, arguments) -> None:
    done = cli("auth", "logout", *[source if each == "SOURCE" else each for each in arguments])
    assert (done.code, "or --all for every login" in done.err) == (2, True)


# --- how the client says who it is ---


def test_the_way_to_name_the_client_and_the_place_of_codes_are_options(
    cli, source, issuer, monkeypatch
) -> None:
    monkeypatch.setenv("PETS_SECRET", SERVICE_SECRET)
    given = ("--scheme", "programs", "--client-id", "service", "--client-secret", "env:PETS_SECRET")
    refused = cli("auth", "login", source, *given, "--auth-method", "client_secret_bsaic")
    assert (refused.code, "which is not spoken" in refused.err) == (1, True)
    assert cli("auth", "login", source, *given, "--auth-method", "client_secret_basic").code == 0
    device = ("--scheme", "people", "--client-id", "desktop", "--device")
    failed = cli("auth", "login", source, *device, "--device-url", f"{issuer}/nowhere")
    assert f"The token server {issuer} gave no token" in failed.err


def test_a_service_accounts_key_file_logs_in(cli, source, tmp_path) -> None:
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    answer = Answer(200, {"access_token": "T", "expires_in": 1000})
    with LoopbackServer(lambda _: answer) as server:
        file = {
            "type": "service_account",
            "private_key": key.decode(),
            "client_email": "robot@pets.example",
            "token_uri": f"{server.url}/token",
        }
        (tmp_path / "key.json").write_text(json.dumps(file))
        given = ("--scheme", "people", "--private-key", f"file:{tmp_path / 'key.json'}")
        done = cli("auth", "login", source, *given)
        assert (done.code, "list of processes" in done.err) == (0, False)
        assert standing(cli, source)["people"]["client_id"] == "robot@pets.example"
        assert parse_qs(server.received[0].body.decode())["grant_type"] == [
            "urn:ietf:params:oauth:grant-type:jwt-bearer"
        ]
