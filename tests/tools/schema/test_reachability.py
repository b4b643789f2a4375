"""What a node reaches is what a plain walk finds, through cycles too."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from openapi2tools.tools.schema.reachability import Reachability, bits


def walked(direct: list[int], start: int) -> set[int]:
    found, rest = {start}, [start]
    while rest:
        new = set(bits(direct[rest.pop()])) - found
        found |= new
        rest += new
    return found


@settings(deadline=None)
@given(
    st.integers(1, 12).flatmap(
        lambda size: st.lists(st.integers(0, 2**size - 1), min_size=size, max_size=size)
    )
)
def test_a_closure_is_all_that_a_walk_finds(direct: list[int]) -> None:
    closure = Reachability(direct)
    for node in range(len(direct)):
        assert set(bits(closure.reached_from(1 << node))) == walked(direct, node)


def test_a_long_chain_needs_no_recursion() -> None:
    length = 5000
    closure = Reachability([1 << (node + 1) if node + 1 < length else 0 for node in range(length)])
    assert closure.reached_from(1) == 2**length - 1
