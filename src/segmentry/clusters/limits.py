"""Smallest and largest sizes of segments, as numbers added to the offsets of the rule.

A number added to all scores of a segment moves its border and nothing else, so that limits hold by the very rule that
places new customers. Customers are moved one at a time, each along the cheapest way from a segment that has too many
to one that may take more (successive shortest paths): the assignment stays the cheapest of its sizes, and for such an
assignment there are offsets that give it.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from segmentry.prototypes.assign import scores
from segmentry.prototypes.rule import Rule

_NEVER = float("inf")


@dataclass(frozen=True)
class SizeLimits:
    """The fewest and the most customers of a segment; None where there is no limit."""

    smallest: int | None = None
    largest: int | None = None

    def within(self, customers: int) -> tuple[int, int]:
        """Both limits as numbers."""
        return self.smallest or 0, customers if self.largest is None else self.largest

    def hold(self, sizes: Sequence[int]) -> bool:
        low, high = self.within(sum(sizes))
        return low <= min(sizes) and max(sizes) <= high


def costs_of(rule: Rule, grid: np.ndarray) -> np.ndarray:
    """(n, segments) the least score of each segment's prototypes."""
    scored = scores(rule, grid)
    owners = np.array(rule.owners)
    return np.stack([scored[:, owners == segment].min(axis=1) for segment in rule.segments], axis=1)


def with_offsets(rule: Rule, added: Sequence[int]) -> Rule:
    """The rule with a number added to the offsets of each segment; the same for all of them changes nothing, so that
    the least is 0 and no squared distance falls below it."""
    least = min(added)
    by_segment = {segment: n - least for segment, n in zip(rule.segments, added, strict=True)}
    offsets = tuple(o + by_segment[owner] for o, owner in zip(rule.offsets, rule.owners, strict=True))
    return replace(rule, offsets=offsets)


def limited(rule: Rule, grid: np.ndarray, low: int, high: int) -> Rule | None:
    """The rule with every segment of these rows between `low` and `high`; None when no offsets can do it.

    Offsets cannot part rows that are the same, so that a limit may have to be undercut by as many as there are.
    """
    # Sorted by their values: which of two equal ways is taken must not depend on the order of rows.
    grid = grid[np.lexsort(grid.T[::-1])]
    costs = costs_of(rule, grid)
    n, k = costs.shape
    spare = 0
    while k * (low + spare) <= n <= k * (high - spare) and low + spare <= high - spare:
        added = _prices(costs, _balanced(costs, low + spare, high - spare))
        if added is not None:
            found = with_offsets(rule, added)
            sizes = np.bincount(costs_of(found, grid).argmin(axis=1), minlength=k)
            if low <= sizes.min() and sizes.max() <= high:
                return found
        spare = max(1, 2 * spare)
    return None


def _balanced(costs: np.ndarray, low: int, high: int) -> np.ndarray:
    """The group of each row, of all assignments with these sizes the cheapest."""
    labels: np.ndarray = costs.argmin(axis=1)
    k = costs.shape[1]
    sizes = np.bincount(labels, minlength=k)
    moves = int(np.maximum(sizes - high, 0).sum() + np.maximum(low - sizes, 0).sum())
    if moves == 0:
        return labels
    border = _Border(costs, labels, moves + 1)
    while sizes.max() > high:
        _move(border, sizes, sizes > high, sizes < high)
    while sizes.min() < low:
        _move(border, sizes, sizes > low, sizes < low)
    return labels


class _Border:
    """For each pair of groups the row that is cheapest to move from the one to the other."""

    def __init__(self, costs: np.ndarray, labels: np.ndarray, most: int) -> None:
        self.costs, self.labels = costs, labels
        self.k = costs.shape[1]
        self.least = np.full((self.k, self.k), _NEVER)
        self._heaps: list[list[list[tuple[float, int]]]] = []
        for p in range(self.k):
            members = np.flatnonzero(labels == p)
            self._heaps.append([self._nearest(members, p, q, most) if q != p else [] for q in range(self.k)])
        for p in range(self.k):
            self._look(p)

    def _nearest(self, members: np.ndarray, p: int, q: int, most: int) -> list[tuple[float, int]]:
        margins = self.costs[members, q] - self.costs[members, p]
        if len(members) > most:
            kept = np.argpartition(margins, most - 1)[:most]
            # Of equal margins at the end any may be kept: the choice must not depend on the library.
            kept = np.flatnonzero(margins <= margins[kept].max())
            members, margins = members[kept], margins[kept]
        heap = [(float(m), int(i)) for m, i in zip(margins, members, strict=True)]
        heapq.heapify(heap)
        return heap

    def _look(self, p: int) -> None:
        for q, heap in enumerate(self._heaps[p]):
            while heap and self.labels[heap[0][1]] != p:
                heapq.heappop(heap)
            self.least[p, q] = heap[0][0] if heap else _NEVER

    def move(self, p: int, q: int) -> None:
        """The cheapest row of p goes to q."""
        row = self._heaps[p][q][0][1]
        self.labels[row] = q
        for other in range(self.k):
            if other != q:
                heapq.heappush(self._heaps[q][other], (float(self.costs[row, other] - self.costs[row, q]), row))
        self._look(p)
        self._look(q)


def _move(border: _Border, sizes: np.ndarray, sources: np.ndarray, sinks: np.ndarray) -> None:
    """One row less in a source and one more in a sink, by the cheapest chain of moves between groups."""
    cost = np.where(sources, 0.0, _NEVER)
    before = np.full(len(sizes), -1)
    for _ in range(len(sizes)):
        through = cost[:, None] + border.least
        best = through.argmin(axis=0)
        better = through[best, np.arange(len(sizes))] < cost
        if not better.any():
            break
        cost = np.where(better, through[best, np.arange(len(sizes))], cost)
        before = np.where(better, best, before)
    end = int(np.where(sinks, cost, _NEVER).argmin())
    chain = [end]
    while before[chain[-1]] >= 0:
        chain.append(int(before[chain[-1]]))
    chain.reverse()
    # From the end: a row that has just come to a group must not be the one that leaves it.
    for p, q in reversed(list(pairwise(chain))):
        border.move(p, q)
    sizes[chain[0]] -= 1
    sizes[end] += 1


def _prices(costs: np.ndarray, labels: np.ndarray) -> list[int] | None:
    """Whole numbers to add to each group's costs so that every row is cheapest where its label says; None if none do.

    They are in the middle of all that do, so that customers who were not seen are divided alike.
    """
    k = costs.shape[1]
    least: list[list[int | None]] = [[None] * k for _ in range(k)]
    for p in range(k):
        members = costs[labels == p]
        if len(members):
            margins = (members - members[:, [p]]).min(axis=0)
            for q in range(k):
                # Equal scores go to the first segment, so that a later one must be cheaper by one.
                least[p][q] = 0 if p == q else int(margins[q]) - (1 if p > q else 0)
    for via in range(k):
        for p in range(k):
            for q in range(k):
                a, b, c = least[p][via], least[via][q], least[p][q]
                if a is not None and b is not None and (c is None or a + b < c):
                    least[p][q] = a + b
    if any(least[p][p] is not None and least[p][p] < 0 for p in range(k)):  # type: ignore[operator]
        return None
    if any(value is None for row in least for value in row):
        return None
    known = [[int(value or 0) for value in row] for row in least]
    return [sum(known[p][r] - known[r][p] for r in range(k)) // (2 * k) for p in range(k)]
