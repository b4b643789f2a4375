"""Find all that numbered nodes reach through their direct references.

A set of nodes is an integer whose bits are the nodes' numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def bits(mask: int) -> Iterator[int]:
    """Yield the numbers that a set holds, the smallest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


class Reachability:
    """What each node reaches, itself included.

    A node's direct references are final as soon as it is asked about. This is Tarjan's algorithm
    without recursion: the nodes of a cycle reach the same set, and each edge is walked once in a
    lifetime.
    """

    def __init__(self, direct: Sequence[int]) -> None:
        self._direct = direct
        self._reached: dict[int, int] = {}  # by node
        self._reached_from: dict[int, int] = {}  # by set

    def reached_from(self, mask: int) -> int:
        """Return all that a set of nodes reaches, the set included."""
        known = self._reached_from.get(mask)
        if known is not None:
            return known
        reached = 0
        for node in bits(mask):
            if node not in self._reached:
                self._walk(node)
            reached |= self._reached[node]
        self._reached_from[mask] = reached
        return reached

    def _walk(self, root: int) -> None:
        order: dict[int, int] = {root: 0}
        low: dict[int, int] = {root: 0}
        stack = [root]  # visited, and not yet known to be complete
        path = [(root, bits(self._direct[root]))]
        while path:
            node, successors = path[-1]
            successor = next((s for s in successors if s not in self._reached), None)
            if successor is None:
                path.pop()
                if path:
                    parent = path[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == order[node]:
                    self._complete(node, stack)
            elif successor in order:
                low[node] = min(low[node], order[successor])
            else:
                order[successor] = low[successor] = len(order)
                stack.append(successor)
                path.append((successor, bits(self._direct[successor])))

    def _complete(self, node: int, stack: list[int]) -> None:
        """Complete one cycle, or one node alone: its members reach each other and the same set."""
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
