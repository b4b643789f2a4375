"""Logins are kept where only their owner reads them, and nothing ever shows a token."""

from __future__ import annotations

import json
import stat
import threading
from dataclasses import replace
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import KeyringLocked, PasswordDeleteError, PasswordSetError

from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.oauth.storage.secret_store import (
    STORE_VARIABLE,
    FileSecretStore,
    KeyringSecretStore,
)
from openapi2tools.call.oauth.storage.token_store import StoreOutOfReach, TokenStore
from openapi2tools.call.oauth.tokens import Login, LoginKey, Token
from openapi2tools.errors import MissingCredential

KEY = LoginKey("https://api.example.com", "oauth", "https://login.example.com/token")
LOGIN = Login(
    Token(Secret("hush-a"), Secret("hush-r"), 1e12, ("read",)),
    "https://login.example.com/token",
    "app",
    Secret("hush-s"),
    account="ann",
)


class MemoryKeyring(KeyringBackend):
    """A keyring that works, until it is locked."""

    priority = 9  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False
        self.full = False

    def _open(self) -> None:
        if self.locked:
            raise KeyringLocked

    def get_password(self, service, username):
        self._open()
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self._open()
        if self.full:
            raise PasswordSetError
        self.kept[service, username] = password

    def delete_password(self, service, username):
        self._open()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


@pytest.fixture
def store(tmp_path) -> TokenStore:
    return TokenStore(FileSecretStore(tmp_path / "tokens"))


def test_what_is_saved_is_found_by_who_asks_for_it(store) -> None:
    store.save(KEY, LOGIN)
    assert store.find(KEY) == LOGIN
    assert store.find(KEY, client_id="app", account="ann") == LOGIN
    assert store.find(KEY, account="bob") is None
    assert store.find(LoginKey(KEY.origin, KEY.scheme, "https://evil.example/token")) is None


def test_the_newest_login_comes_first_and_replaces_its_own_predecessor(store) -> None:
    bob = Login(Token(Secret("b")), "u", "app", account="bob")
    for login in (LOGIN, bob, LOGIN):
        store.save(KEY, login)
    assert store.find(KEY) == LOGIN
    assert store.find(KEY, account="bob") == bob


def test_a_renewal_is_no_login_and_leaves_the_newest_first(store) -> None:
    bob = Login(Token(Secret("b")), "u", "app", account="bob")
    for login in (LOGIN, bob):
        store.save(KEY, login)
    renewed = replace(LOGIN, token=Token(Secret("new")))
    store.renew(KEY, renewed)
    assert store.find(KEY) == bob
    assert store.find(KEY, account="ann") == renewed


def test_a_place_that_cannot_be_used_is_told(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    store = TokenStore(FileSecretStore(tmp_path / "file" / "tokens"))
    for use in (
        lambda: store.find(KEY),
        lambda: store.save(KEY, LOGIN),
        lambda: store.renew(KEY, LOGIN),
        lambda: store.remove(KEY),
    ):
        with pytest.raises(
            MissingCredential, match=rf"file.tokens \(.*name a folder in {STORE_VARIABLE}"
        ):
            use()


def test_a_file_is_for_its_owner_alone_and_named_after_nobody(store, tmp_path) -> None:
    store.save(KEY, LOGIN)
    (file,) = (tmp_path / "tokens").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert "example" not in file.name


def test_a_write_that_fails_leaves_the_old_file_and_no_other(store, tmp_path, monkeypatch) -> None:
    store.save(KEY, LOGIN)
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(MissingCredential, match="disk full"):
        store.save(KEY, Login(Token(Secret("new")), "u", "app"))
    assert store.find(KEY) == LOGIN
    assert len(list((tmp_path / "tokens").iterdir())) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[7]",
        '[{"token": {}}]',
        '{"a": 1}',
        '[{"client_secret": null, "token": null}]',
        b"\xff",
    ],
)
def test_a_damaged_entry_is_told_and_the_next_login_replaces_it(store, tmp_path, text) -> None:
    store.save(KEY, LOGIN)
    (file,) = (tmp_path / "tokens").iterdir()
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    if text:
        with pytest.raises(MissingCredential, match=r"damaged.*log in again"):
            store.find(KEY)
    store.save(KEY, LOGIN)
    assert store.find(KEY) == LOGIN


def test_the_keyring_is_used_and_no_file_is_written(tmp_path) -> None:
    backend = MemoryKeyring()
    store = TokenStore(KeyringSecretStore(backend, FileSecretStore(tmp_path)))
    store.save(KEY, LOGIN)
    assert TokenStore(KeyringSecretStore(backend, FileSecretStore(tmp_path))).find(KEY) == LOGIN
    assert not list(tmp_path.glob("*.json"))
    assert store.remove(KEY)
    assert store.find(KEY) is None
    assert not backend.kept


def test_a_login_that_can_be_kept_nowhere_leaves_the_old_one(tmp_path) -> None:
    backend = MemoryKeyring()
    (tmp_path / "file").write_text("")
    store = TokenStore(KeyringSecretStore(backend, FileSecretStore(tmp_path / "file")))
    backend.kept["openapi2tools", KEY.name] = json.dumps([LOGIN.to_json()])
    backend.full = True
    with pytest.raises(MissingCredential, match="keyring"):
        store.save(KEY, replace(LOGIN, account="bob"))
    assert store.find(KEY) == LOGIN


def test_a_locked_keyring_gives_way_to_the_files(tmp_path) -> None:
    backend = MemoryKeyring()
    backend.locked = True
    store = TokenStore(KeyringSecretStore(backend, FileSecretStore(tmp_path)))
    store.save(KEY, LOGIN)
    assert store.find(KEY) == LOGIN
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("backend", [fail.Keyring(), null.Keyring()])
def test_a_keyring_that_keeps_nothing_is_not_used(backend, monkeypatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.delenv(STORE_VARIABLE, raising=False)
    monkeypatch.setattr(keyring, "get_keyring", lambda: backend)
    assert isinstance(TokenStore().secrets, FileSecretStore)


@pytest.fixture
def chosen(monkeypatch, tmp_path):
    """Choose the store of a user of Linux without a display, who has this keyring."""
    monkeypatch.setattr("sys.platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY", STORE_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    def choose(make_backend) -> TokenStore:
        monkeypatch.setattr(keyring, "get_keyring", make_backend)
        return TokenStore()

    return choose


def test_a_keyring_that_shows_no_dialog_is_used_whatever_the_display(chosen) -> None:
    store = chosen(MemoryKeyring)
    store.save(KEY, LOGIN)
    assert store.location(KEY).startswith("the keyring (")


def test_a_desktops_keyring_that_is_locked_is_not_asked_where_nobody_sees_its_dialog(
    chosen, monkeypatch
) -> None:
    class Locked(MemoryKeyring):
        def get_password(self, service, username):
            pytest.fail("asked")

    Locked.__module__ = "keyring.backends.SecretService"
    monkeypatch.setattr("secretstorage.dbus_init", _no_bus)
    store = chosen(Locked)
    with pytest.raises(StoreOutOfReach, match=r"is locked, and there is no display.*STORE"):
        store.find(KEY)
    store.save(KEY, LOGIN)
    assert store.find(KEY) == LOGIN
    assert "tokens, since the keyring" in store.location(KEY)
    monkeypatch.setenv("DISPLAY", ":0")
    assert not chosen(MemoryKeyring).secrets._closed


def _no_bus():
    raise OSError("no bus")


def test_a_keyring_that_cannot_even_be_loaded_gives_way_to_the_files_with_a_word(chosen) -> None:
    def missing():
        raise ModuleNotFoundError("No module named 'keyring_of_mine'")

    store = chosen(missing)
    store.save(KEY, LOGIN)
    assert store.find(KEY) == LOGIN
    assert store.location(KEY).endswith("since the keyring cannot be used (ModuleNotFoundError)")


def test_a_keyring_that_breaks_gives_way_to_the_files_and_is_told(tmp_path) -> None:
    backend = MemoryKeyring()
    backend.get_password = backend.set_password = lambda *_: _no_bus()
    store = TokenStore(KeyringSecretStore(backend, FileSecretStore(tmp_path)))
    with pytest.raises(StoreOutOfReach, match=r"out of reach: the keyring .* fails \(OSError\)"):
        store.find(KEY)
    store.save(KEY, LOGIN)
    assert store.find(KEY) == LOGIN


def test_what_a_locked_keyring_may_hold_is_not_called_nothing(tmp_path) -> None:
    backend = MemoryKeyring()
    store = TokenStore(KeyringSecretStore(backend, FileSecretStore(tmp_path)))
    store.save(KEY, LOGIN)
    backend.locked = True
    for ask in (store.find, store.remove):
        with pytest.raises(StoreOutOfReach, match="is locked"):
            ask(KEY)
    backend.locked = False
    assert store.find(KEY) == LOGIN


def test_a_login_made_while_the_keyring_was_locked_is_the_newest_and_hides_no_other(
    tmp_path,
) -> None:
    backend = MemoryKeyring()
    store = TokenStore(KeyringSecretStore(backend, FileSecretStore(tmp_path)))
    bob = replace(LOGIN, account="bob")
    for each in (LOGIN, bob):
        store.save(KEY, each)
    backend.locked = True
    renewed = replace(LOGIN, token=Token(Secret("newer")))
    store.save(KEY, renewed)
    assert "is locked" in store.location(KEY)
    backend.locked = False
    assert store.find(KEY) == renewed
    assert store.find(KEY, account="bob") == bob
    store.save(KEY, bob)
    assert not list(tmp_path.glob("*.json"))
    assert store.find(KEY, account="ann") == renewed
    assert "keyring" in store.location(KEY)


def test_the_environment_can_name_a_folder_and_then_no_keyring_is_asked(
    monkeypatch, tmp_path
) -> None:
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "here"))
    monkeypatch.setattr(keyring, "get_keyring", lambda: pytest.fail("asked"))
    TokenStore().save(KEY, LOGIN)
    assert (tmp_path / "here").is_dir()


def test_nothing_is_written_beside_one_who_holds_the_login_for_too_long(tmp_path) -> None:
    store = TokenStore(FileSecretStore(tmp_path), lock_wait=0.0)
    store.save(KEY, LOGIN)
    holder = store.lock(KEY)
    assert holder.try_acquire()
    for write in (
        lambda: store.save(KEY, replace(LOGIN, account="bob")),
        lambda: store.renew(KEY, replace(LOGIN, account="bob")),
        lambda: store.remove(KEY),
    ):
        with pytest.raises(MissingCredential, match="Another process has held the login for oauth"):
            write()
    holder.release()
    assert store.find(KEY) == LOGIN
    assert store.remove(KEY)


@pytest.mark.parametrize("use", ["save", "remove"])
def test_what_a_killed_process_left_half_written_is_removed(tmp_path, use) -> None:
    store = TokenStore(FileSecretStore(tmp_path))
    leftover = tmp_path / f".{KEY.name}.json.x1y2z3.part"
    leftover.write_text("hush")
    store.save(KEY, LOGIN) if use == "save" else store.remove(KEY)
    assert not leftover.exists()
    assert (store.find(KEY) == LOGIN) is (use == "save")


def test_those_who_write_at_the_same_moment_erase_nothing_of_each_other(tmp_path) -> None:
    names = ["ann", "bob", "cy", "di"]
    start = threading.Barrier(len(names))

    def work(name: str) -> None:
        own = TokenStore(FileSecretStore(tmp_path / "tokens"))
        start.wait()
        for number in range(8):
            own.save(KEY, Login(Token(Secret(f"{name}{number}")), "u", "app", account=name))
            own.renew(
                KEY, Login(Token(Secret(f"{name}{number} renewed")), "u", "app", account=name)
            )

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [
        TokenStore(FileSecretStore(tmp_path / "tokens")).find(KEY, account=name) for name in names
    ]
    assert [each and each.token.access.reveal() for each in found] == [
        f"{name}7 renewed" for name in names
    ]
    assert len(list((tmp_path / "tokens").iterdir())) == 1  # no lock stays


def test_no_value_shows_a_secret(store) -> None:
    store.save(KEY, LOGIN)
    assert "hush" not in repr([LOGIN, LOGIN.token, store.find(KEY), KEY])
    assert json.loads(json.dumps(LOGIN.to_json()))["token"]["access"] == "hush-a"
