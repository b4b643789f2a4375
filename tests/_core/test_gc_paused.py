"""A step that makes many values is not looked through by the garbage collector.

Neither while it makes them, nor right after.
"""

from __future__ import annotations

import gc

import pytest

from openapi2tools._core.gc_paused import gc_paused


@pytest.mark.skipif(
    bool(gc.get_freeze_count()),
    reason="this Python (3.12) freezes values of its own, so none are thawed",
)
def test_what_grew_is_old_and_the_collector_is_back() -> None:
    with gc_paused():
        assert not gc.isenabled()
        grown = [[] for _ in range(3)]
    assert gc.isenabled()
    old = {id(value) for value in gc.get_objects(generation=2)}
    assert {id(value) for value in grown} <= old


def test_a_collector_that_was_off_stays_off() -> None:
    gc.disable()
    try:
        with gc_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_frozen_values_stay_frozen() -> None:
    gc.freeze()
    try:
        with gc_paused():
            pass
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
