"""People log in with a real browser, at an authorization server that others wrote
(`make test-logins`)."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from openapi2tools.call.oauth.storage.secret_store import STORE_VARIABLE
from tests.conftest import Done
from tests.support.server import Answer, LoopbackServer
from tests.support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.logins, pytest.mark.filterwarnings("default")]
MODULES = Path(sys.prefix) / "logins"
SERVER = Path(__file__).parents[1] / "support" / "oidc_provider.mjs"
KEY = ec.generate_private_key(ec.SECP256R1())
PROCESSES = 8


def needed(program: str, *names: str) -> str:
    """Give the path of a program, or skip and say which one is missing."""
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"{program} is not installed")
    return found


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    path = needed("a browser (Debian: chromium)", "chromium", "chromium-browser", "google-chrome")
    playwright = pytest.importorskip("playwright.sync_api", reason="make test-logins installs it")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture
def cli() -> Any:
    """Run the command line in a process of its own: the browser's driver has this one's loop."""

    def run(*arguments: str) -> Done:
        command = [sys.executable, "-m", "openapi2tools", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return Done(done.returncode, done.stdout, done.stderr)

    return run


def running_issuer(**environment: str) -> subprocess.Popen[str]:
    node = needed("node (Debian: nodejs, npm)", "node")
    if not (MODULES / "node_modules" / "oidc-provider").exists():
        pytest.skip("npm's oidc-provider is not installed: make test-logins does it")
    key = json.dumps(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key(), as_dict=True))
    return subprocess.Popen(
        [node, str(SERVER), str(MODULES), key],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={"PATH": str(Path(node).parent), **environment},
    )


@pytest.fixture(scope="module", params=[{}, {"REQUIRE_PUSHED": "yes"}], ids=["plain", "pushed"])
def issuer(request: pytest.FixtureRequest) -> Iterator[str]:
    process = running_issuer(**request.param)
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    assert address, "the authorization server did not start"
    yield address
    process.kill()
    process.wait()
    process.stdout.close()


@dataclass
class Person:
    """Somebody at a browser of their own, which keeps their session."""

    context: Any
    name: str

    def open(self, address: str) -> Any:
        page = self.context.new_page()
        page.route("**/*", _only_loopback)  # no fonts from the web
        page.goto(address)
        return page

    def agree(self, address: str) -> str:
        """Log in and agree; what the browser shows in the end."""
        page = self.open(address)
        if page.locator("input[name=login]").count():
            page.fill("input[name=login]", self.name)
            page.fill("input[name=password]", "whatever")
            page.click("button[type=submit]")
        page.click("button[type=submit]")  # the page that asks for consent
        page.wait_for_url("**/callback?**")
        return str(page.inner_text("body"))

    def deny(self, address: str) -> str:
        page = self.open(address)
        page.click("text=Cancel")
        page.wait_for_url("**/callback?**")
        return str(page.inner_text("body"))


def _is_way_back(request: Any) -> bool:
    return "/callback?" in request.url


def _only_loopback(route: Any) -> None:
    if urlsplit(route.request.url).hostname == "127.0.0.1":
        route.continue_()
    else:
        route.abort()


@pytest.fixture
def ann(chromium: Any) -> Iterator[Person]:
    context = chromium.new_context()
    yield Person(context, "ann")
    context.close()


@pytest.fixture
def bob(chromium: Any) -> Iterator[Person]:
    context = chromium.new_context()
    yield Person(context, "bob")
    context.close()


@pytest.fixture
def source(issuer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A document of the server's own API: who am I."""
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "tokens"))
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setenv("BROWSER", "true")  # the person is at another one
    return write_document(tmp_path / "api.json", issuer, openid(issuer))


def openid(issuer: str) -> dict[str, Any]:
    url = f"{issuer}/.well-known/openid-configuration"
    return {"type": "openIdConnect", "openIdConnectUrl": url}


def write_document(path: Path, server: str, scheme: dict[str, Any]) -> str:
    operation = {
        "operationId": "me",
        "security": [{"people": ["openid"]}],
        "responses": {"200": {"description": "You."}},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Who am I", "version": "1"},
        "servers": [{"url": server}],
        "paths": {"/me": {"get": operation}},
        "components": {"securitySchemes": {"people": scheme}},
    }
    path.write_text(json.dumps(document))
    return str(path)


def log_in(source: str, person: Person, *options: str, deny: bool = False) -> tuple[int, str, str]:
    """Log in as somebody; the exit code, and what the terminal and the browser say."""
    with Terminal("auth", "login", source, "--client-id", "desktop", *options) as terminal:
        terminal.expect("paste the address that it ends at here")
        address = next(word for word in terminal.shown.split() if "/auth?" in word)
        page = person.deny(address) if deny else person.agree(address)
        code, _ = terminal.end()
        return code, terminal.shown, page


def me(cli: Any, source: str, *options: str) -> Any:
    done = cli("call", source, "me", *options)
    assert done.code == 0, done.err
    return json.loads(done.out)["sub"]


def stored_token(tmp_path: Path) -> dict[str, Any]:
    (file,) = (tmp_path / "tokens").glob("*.json")
    (login,) = json.loads(file.read_text())
    token: dict[str, Any] = login["token"]
    return token


def test_a_person_logs_in_and_calls(cli, source, ann) -> None:
    code, shown, page = log_in(source, ann)
    assert code == 0, shown
    assert "You are logged in to Who am I as ann." in page
    assert me(cli, source) == "ann"


def test_a_person_who_says_no_is_told_that_nobody_is_logged_in(cli, source, ann) -> None:
    code, shown, page = log_in(source, ann, deny=True)
    assert code == 1
    assert "let nobody in" in shown
    assert "Nobody is logged in." in page
    assert cli("auth", "list").err.startswith("No login is stored")


def test_a_document_that_mixes_two_servers_up_gets_no_code(source, issuer, ann, tmp_path) -> None:
    if not is_plain(issuer):
        pytest.skip("this server takes no login that is not announced")
    with LoopbackServer(lambda _: Answer(200, {"access_token": "x"})) as thief:
        flow = {
            "authorizationUrl": f"{issuer}/auth",
            "tokenUrl": f"{thief.url}/token",
            "scopes": {"openid": "You"},
        }
        scheme = {"type": "oauth2", "flows": {"authorizationCode": flow}}
        foreign = write_document(tmp_path / "foreign.json", thief.url, scheme)
        code, shown, page = log_in(foreign, ann)
        assert code == 1
        assert "its code went nowhere" in shown
        assert "Nobody is logged in." in page
        assert not [each for each in thief.received if each.method == "POST"]


def is_plain(issuer: str) -> bool:
    metadata = httpx.get(f"{issuer}/.well-known/openid-configuration").json()
    return not metadata.get("require_pushed_authorization_requests")


def test_eight_processes_renew_one_login_once(cli, source, issuer, ann, tmp_path) -> None:
    code, shown, _ = log_in(source, ann)
    assert code == 0, shown
    spent = stored_token(tmp_path)["refresh"]
    (file,) = (tmp_path / "tokens").glob("*.json")
    logins = json.loads(file.read_text())
    logins[0]["token"]["expires_at"] = 1.0
    file.write_text(json.dumps(logins))
    before = renewals(issuer)
    command = [sys.executable, "-m", "openapi2tools", "call", source, "me"]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    answers = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0] * PROCESSES, answers
    assert {json.loads(out)["sub"] for out, _ in answers} == {"ann"}
    assert renewals(issuer) == before + 1
    assert stored_token(tmp_path)["refresh"] != spent
    assert me(cli, source) == "ann"


def renewals(issuer: str) -> int:
    grants = httpx.get(f"{issuer}/test/grants").json()
    return int(grants.get("refresh_token", 0))


def test_two_people_have_two_logins_and_one_logs_out(cli, source, ann, bob) -> None:
    for person in (ann, bob):
        code, shown, page = log_in(source, person, "--account", f"of-{person.name}")
        assert code == 0, shown
        assert f"as {person.name}." in page
    assert me(cli, source, "--account", "of-ann") == "ann"
    assert me(cli, source, "--account", "of-bob") == me(cli, source) == "bob"
    ended = cli("auth", "logout", source, "--account", "of-bob").err
    assert "Logged out of people (of-bob)" in ended
    assert "ended the login, too" in ended
    assert me(cli, source) == "ann"
    assert [row["account"] for row in json.loads(cli("auth", "list", "--json").out)] == ["of-ann"]


def test_logging_out_makes_the_token_worthless_at_the_server(cli, source, ann, tmp_path) -> None:
    code, shown, _ = log_in(source, ann)
    assert code == 0, shown
    access = stored_token(tmp_path)["access"]
    api = json.loads(Path(source).read_text())["servers"][0]["url"]
    headers = {"Authorization": f"Bearer {access}"}
    assert httpx.get(f"{api}/me", headers=headers).status_code == 200
    assert "ended the login, too" in cli("auth", "logout", "--all").err
    assert httpx.get(f"{api}/me", headers=headers).status_code == 401
    failed = cli("call", source, "me")
    assert (failed.code, "auth login SOURCE" in failed.err) == (1, True)


def test_a_login_is_bound_to_a_key_where_the_client_has_to(cli, source, ann, tmp_path) -> None:
    code, shown, _ = log_in(source, ann, "--client-id", "bound", "--dpop")
    assert code == 0, shown
    access = stored_token(tmp_path)["access"]
    assert me(cli, source) == "ann"
    api = json.loads(Path(source).read_text())["servers"][0]["url"]
    stolen = httpx.get(f"{api}/me", headers={"Authorization": f"Bearer {access}"})
    assert stolen.status_code >= 400
    assert "ended the login, too" in cli("auth", "logout", source).err


def test_a_client_says_who_it_is_with_its_key(cli, source, ann, tmp_path) -> None:
    key = KEY.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "key.pem").write_bytes(key)
    given = ("--client-id", "signer", "--private-key", f"file:{tmp_path / 'key.pem'}")
    code, shown, _ = log_in(source, ann, *given)
    assert code == 0, shown
    assert me(cli, source) == "ann"
    assert "ended the login, too" in cli("auth", "logout", source).err


def test_what_the_browser_ends_at_is_pasted_where_it_cannot_come_back(cli, source, ann) -> None:
    with Terminal("auth", "login", source, "--client-id", "desktop", "--no-browser") as terminal:
        terminal.expect("Paste that whole address here:")
        address = next(word for word in terminal.shown.split() if "/auth?" in word)
        page = ann.open(address)
        page.fill("input[name=login]", "ann")
        page.fill("input[name=password]", "whatever")
        page.click("button[type=submit]")
        with page.expect_event("requestfailed", _is_way_back) as failed:  # nobody listens there
            page.click("button[type=submit]", no_wait_after=True)
        terminal.type(failed.value.url)
        code, _ = terminal.end()
    assert code == 0, terminal.shown
    assert me(cli, source) == "ann"
