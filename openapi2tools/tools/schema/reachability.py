"""Direct references between numbered nodes in; everything each of them reaches out. Sets of nodes are bits of one integer."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def bits(mask: int) -> Iterator[int]:
    """Give the numbers that a set holds, the smallest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


class Closure:
    """What each node reaches, itself included. A node's direct references are final as soon as it is asked about.

    Tarjan's algorithm without recursion: the nodes of a cycle reach the same set, and each edge is
    walked once in a lifetime.
    """

    def __init__(self, direct: Sequence[int]) -> None:
        self._direct = direct
        self._reached: dict[int, int] = {}
        self._sets: dict[int, int] = {}

    def of(self, mask: int) -> int:
        """Give all that a set of nodes reaches, the set included."""
        if mask not in self._sets:
            reached = 0
            for node in bits(mask):
                if node not in self._reached:
                    self._walk(node)
                reached |= self._reached[node]
            self._sets[mask] = reached
        return self._sets[mask]

    def _walk(self, root: int) -> None:
        order: dict[int, int] = {root: 0}
        low: dict[int, int] = {root: 0}
        stack = [root]  # visited, and not yet known to be complete
        path = [(root, bits(self._direct[root]))]
        while path:
            node, successors = path[-1]
            step = next((s for s in successors if s not in self._reached), None)
            if step is None:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[node])
                if low[node] == order[node]:
                    self._complete(node, stack)
            elif step in order:
                low[node] = min(low[node], order[step])
            else:
                order[step] = low[step] = len(order)
                stack.append(step)
                path.append((step, bits(self._direct[step])))

    def _complete(self, node: int, stack: list[int]) -> None:
        """Close one cycle (or one node alone): its members reach each other, and all that any of them reaches."""
        members = [stack.pop()]
        while members[-1] != node:
            members.append(stack.pop())
        reached = 0
        for member in members:
            reached |= 1 << member
            for successor in bits(self._direct[member]):
                reached |= self._reached.get(successor, 0)
        for member in members:
            self._reached[member] = reached
