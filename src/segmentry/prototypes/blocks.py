"""The rule over many rows in memory, a block that fits the processor's cache at a time; nothing else is different.

Every number on the way is whole and below 2^53, so that a matrix product in any order gives the very scores of the
expressions in `assign`. Each score carries the place of its segment in its last bits: then one comparison keeps both
the lower score and whose it is, and of equals the first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from segmentry.prototypes.rule import EXACT, Rule, largest_score

# Writes the whole numbers of some rows into a grid (axes, rows); says which rows are known, None where all are.
Fill = Callable[[slice, np.ndarray], np.ndarray | None]

_ROWS = 16_384  # in a block: a few arrays of that length stay in the cache of a core


@dataclass(frozen=True)
class Places:
    """Where each row belongs: the place of its segment and of the runner-up in `rule.segments`, and its confidence.

    -1 and NaN stand for none. A row in no segment has `segment` -1 (`far` says that it is noise).
    """

    segment: np.ndarray
    runner_up: np.ndarray
    confidence: np.ndarray
    far: np.ndarray | None  # None where the rule has no cut-off


def fits_blocks(rule: Rule, reach: Sequence[int]) -> bool:
    """Whether scores have room for the place of a segment, for axes within +-`reach`; else `assign` is the way.

    >>> fits_blocks(Rule(("a",), (0, 100), ((0,), (-20,)), ("s1", "s2")), [16384])
    True
    """
    room = _room(len(rule.segments))
    return len(rule.segments) > 1 and not rule.pairs and (largest_score(rule, reach) + 1) * room < EXACT


def place_rows(rule: Rule, rows: int, fill: Fill, threads: int = 1) -> Places:
    """Places rows that `fill` puts on the grid, a block after the other, on so many threads at once.

    >>> rule = Rule(("a",), (0, 100), ((0,), (-20,)), ("s1", "s2"))
    >>> def fill(rows, grid):
    ...     grid[0] = np.array([0, 5, 9])[rows]
    ...     return np.array([True, True, False])[rows]
    >>> places = place_rows(rule, 3, fill)
    >>> places.segment.tolist(), places.runner_up.tolist(), places.confidence.tolist()
    ([0, 0, -1], [1, 1, -1], [1.0, 0.0, nan])
    """
    far = None if rule.cutoff is None else np.zeros(rows, dtype=bool)
    places = Places(np.empty(rows, np.int16), np.empty(rows, np.int16), np.empty(rows), far)
    workers = max(1, min(threads, -(-rows // _ROWS)))

    def work(first: int) -> None:
        block = _Block(rule)
        for start in range(first * _ROWS, rows, workers * _ROWS):
            block.place(fill, places, slice(start, min(start + _ROWS, rows)))

    with threadpool_limits(limits=1), ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    return places


def _room(segments: int) -> int:
    return 1 << (segments - 1).bit_length()


class _Block:
    """The arrays that one thread works in, used again for each of its blocks."""

    def __init__(self, rule: Rule) -> None:
        self.room = float(_room(len(rule.segments)))
        self.place_of = {segment: place for place, segment in enumerate(rule.segments)}
        self.owners = [self.place_of[owner] for owner in rule.owners]
        self.cutoff = rule.cutoff
        self.weights = np.array(rule.weights, dtype=np.float64) * self.room
        self.offsets = np.array(rule.offsets, dtype=np.float64)[:, None] * self.room + np.array(self.owners)[:, None]
        self.grid = np.empty((len(rule.axes), _ROWS))
        self.scores = np.empty((len(rule.owners), _ROWS))
        self.spare = np.empty((4, _ROWS))

    def place(self, fill: Fill, places: Places, rows: slice) -> None:
        length = rows.stop - rows.start
        grid, scores = self.grid[:, :length], self.scores[:, :length]
        best, second, step, norm = self.spare[:, :length]
        known = fill(rows, grid)
        nowhere = np.zeros(length, dtype=bool) if known is None else ~known
        np.matmul(self.weights, grid, out=scores)
        scores += self.offsets
        self._two_lowest(self._by_segment(scores), best, second, step)
        np.multiply(grid, grid, out=grid)
        np.sum(grid, axis=0, out=norm)
        self._unpack(best, norm, step, places.segment[rows])
        self._unpack(second, norm, step, places.runner_up[rows])
        if places.far is not None and self.cutoff is not None:
            places.far[rows] = (best > float(self.cutoff)) & ~nowhere
            nowhere |= places.far[rows]
        _confidence(best, second, step, places.confidence[rows])
        if nowhere.any():
            places.segment[rows][nowhere] = places.runner_up[rows][nowhere] = -1
            places.confidence[rows][nowhere] = np.nan

    def _by_segment(self, scores: np.ndarray) -> np.ndarray:
        """The lowest score of each segment, which may own several prototypes."""
        if len(self.owners) == len(self.place_of):
            return scores
        starts = [self.owners.index(place) for place in self.place_of.values()]
        lowest: np.ndarray = np.minimum.reduceat(scores, starts, axis=0)
        return lowest

    def _two_lowest(self, scores: np.ndarray, best: np.ndarray, second: np.ndarray, step: np.ndarray) -> None:
        np.minimum(scores[0], scores[1], out=best)
        np.maximum(scores[0], scores[1], out=second)
        for score in scores[2:]:
            np.maximum(best, score, out=step)
            np.minimum(second, step, out=second)
            np.minimum(best, score, out=best)

    def _unpack(self, packed: np.ndarray, norm: np.ndarray, step: np.ndarray, place: np.ndarray) -> None:
        """Parts a score from the place it carries; what is left in `packed` is the squared distance."""
        np.multiply(packed, 1.0 / self.room, out=step)
        np.floor(step, out=step)
        place[:] = packed - step * self.room
        np.add(step, norm, out=packed)


def _confidence(best: np.ndarray, second: np.ndarray, both: np.ndarray, out: np.ndarray) -> None:
    np.sqrt(best, out=best)
    np.sqrt(second, out=second)
    np.add(best, second, out=both)
    np.subtract(second, best, out=second)
    out[:] = 0.0
    np.divide(second, both, out=out, where=both > 0)
