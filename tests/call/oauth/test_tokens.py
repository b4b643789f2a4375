"""A token knows when it ends, and a process keeps as many as it may."""

from __future__ import annotations

import sys
import threading
import time

import pytest

from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.oauth import tokens
from openapi2tools.call.oauth.tokens import Login, Token

OLD = Token(Secret("A0"), Secret("R0"), 1.0)


@pytest.mark.parametrize(
    ("left", "lifetime", "expired"),
    [
        (5, 10, False),
        (0.5, 10, True),
        (20, 3600, True),
        (40, 3600, False),
        (20, None, True),
        (0, 0, True),
        (-1, -1, True),
    ],
)
def test_a_token_expires_a_little_earlier_than_it_says(left, lifetime, expired) -> None:
    token = Token(Secret("a"), expires_at=time.time() + left, lifetime=lifetime)
    assert token.expired() is expired
    assert Token.from_json(token.to_json()) == token


def test_a_login_that_an_earlier_version_kept_is_read() -> None:
    written = OLD.to_json()
    del written["lifetime"]
    assert Token.from_json(written) == OLD
    login = Login(OLD, "https://login.example/token", "app").to_json()
    del login["extra"]
    assert Login.from_json(login).extra == {}


def test_what_a_process_holds_has_bounds_and_the_oldest_makes_room(monkeypatch) -> None:
    monkeypatch.setattr(tokens, "MAX_CACHED_TOKENS", 3)
    held = tokens.TokenCache()
    for name in ("a", "b", "c", "a", "d"):
        held.save(name, Token(Secret(name), Secret("r")))
    assert list(held.tokens) == ["c", "a", "d"]


def test_threads_that_save_at_the_same_moment_lose_nothing() -> None:
    held, start = tokens.TokenCache(), threading.Barrier(8)

    def work(number: int) -> None:
        start.wait()
        for each in range(20):
            held.save(f"{number} {each}", Token(Secret("a"), Secret("r")))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert len(held.tokens) == 160
