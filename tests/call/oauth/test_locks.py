"""One at a time: of processes, of threads and loops, and with forks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from openapi2tools._core import portal
from openapi2tools.call.oauth.storage import locks
from openapi2tools.call.oauth.storage.locks import FileLock


def test_a_lock_lets_one_through_and_the_next_when_it_is_free(tmp_path) -> None:
    one, other = FileLock(tmp_path / "new" / "lock"), FileLock(tmp_path / "new" / "lock")
    assert [one.try_acquire(), other.try_acquire()] == [True, False]
    other.release()  # which it does not hold
    assert not other.try_acquire()
    one.release()
    one.release()
    assert [other.try_acquire(), one.try_acquire()] == [True, False]


def test_a_lock_holds_nobody_up_where_no_file_can_be(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    for path in (None, tmp_path / "file" / "lock"):
        pair = [FileLock(path), FileLock(path)]
        assert [lock.try_acquire() for lock in pair] == [True, True]
        for lock in pair:
            lock.release()


HOLDER = """
import sys, time
from pathlib import Path
from openapi2tools.call.oauth.storage.locks import FileLock
lock = FileLock(Path(sys.argv[1]))
assert lock.try_acquire()
print("held", flush=True)
time.sleep(600)
"""


def test_a_process_that_dies_holds_no_lock(tmp_path) -> None:
    lock = FileLock(tmp_path / "lock")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            assert not lock.try_acquire()
        finally:
            holder.kill()
    assert lock.try_acquire()


FORK = """
import os, sys, threading
from pathlib import Path
import anyio
from openapi2tools.call.oauth import tokens
from openapi2tools.call.oauth.storage import locks
from openapi2tools.call.credentials.sources import Secret
from openapi2tools.call.oauth.storage.locks import FileLock

path, held = Path(sys.argv[1]), threading.Event()
lock = FileLock(path)
assert lock.try_acquire()

async def hold():
    async with locks.one_at_a_time("k"):
        with tokens.PROCESS_TOKENS.lock, locks._KEYED_LOCKS.guard:
            held.set()
            await anyio.sleep(600)

async def use():
    tokens.PROCESS_TOKENS.save("k", tokens.Token(Secret("a")))
    with anyio.fail_after(120):
        async with locks.one_at_a_time("k"):
            lock.release()  # a no-op: it is the parent's
            return FileLock(path).try_acquire()

threading.Thread(target=anyio.run, args=(hold,), daemon=True).start()
held.wait()
ready, tell = os.pipe()
child = os.fork()
if child == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.write(tell, b"taken" if anyio.run(use) else b"left")
    import time
    time.sleep(600)
print(os.read(ready, 9).decode(), child, flush=True)
os._exit(0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no forks there")
def test_a_fork_waits_for_no_thread_that_stayed_behind_and_keeps_no_lock(tmp_path) -> None:
    run = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, str(tmp_path / "lock")],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
    )
    said, child = run.stdout.split()
    try:
        assert said == "left"  # the parent's lock stood
        assert FileLock(tmp_path / "lock").try_acquire()  # the parent is gone, the child lives
    finally:
        os.kill(int(child), 9)


def test_a_turn_is_one_at_a_time_over_threads_and_loops() -> None:
    inside: list[int] = []
    most: list[int] = []

    async def work() -> None:
        for _ in range(5):
            async with locks.one_at_a_time("k"):
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    threads = [threading.Thread(target=portal.run, args=(work,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 20
