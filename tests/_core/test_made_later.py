"""A value of which a part is made later is told by nobody from one that was made at once."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from threading import Barrier

import pytest

from openapi2tools._core.on_demand.made_later import MadeLater


@dataclass(frozen=True, slots=True)
class Point(MadeLater):
    """A value of two fields."""

    x: int
    y: int = 0


def later(made: list[int], x: int = 1, y: int = 2) -> Point:
    def make() -> Point:
        made.append(x)
        return Point(x, y)

    return Point.made_later(make, x=x)


def test_what_is_known_is_read_without_making_it() -> None:
    made: list[int] = []
    point = later(made)
    assert point.x == 1
    assert made == []
    assert (point.y, point.y, made) == (2, 2, [1])


def test_it_is_equal_copied_pickled_and_replaced_like_any_other() -> None:
    assert later([]) == Point(1, 2)
    assert Point(1, 2) == later([])
    assert later([]) != Point(1, 3)
    assert repr(later([])) == repr(Point(1, 2))
    assert hash(later([])) == hash(Point(1, 2))
    assert replace(later([]), x=5) == Point(5, 2)
    assert copy.deepcopy(later([])) == copy.copy(later([])) == Point(1, 2)
    assert pickle.loads(pickle.dumps(later([]))) == Point(1, 2)


def test_a_name_that_is_no_field_makes_nothing() -> None:
    made: list[int] = []
    with pytest.raises(AttributeError, match="'Point' object has no attribute 'z'"):
        later(made).z  # type: ignore[attr-defined]  # noqa: B018
    assert not hasattr(later(made), "_other")
    assert made == []


def test_what_cannot_be_made_can_be_made_the_next_time() -> None:
    tries = []

    def make() -> Point:
        tries.append(1)
        if len(tries) == 1:
            raise OSError("not now")
        return Point(1, 2)

    point = Point.made_later(make, x=1)
    with pytest.raises(OSError, match="not now"):
        point.y  # noqa: B018
    assert point.y == 2


def test_many_threads_may_look_at_once() -> None:
    points = [later([], x, x * 2) for x in range(200)]
    barrier = Barrier(8)

    def look(_: int) -> list[int]:
        barrier.wait()
        return [point.y for point in points]

    with ThreadPoolExecutor(8) as pool:
        assert all(seen == [x * 2 for x in range(200)] for seen in pool.map(look, range(8)))
