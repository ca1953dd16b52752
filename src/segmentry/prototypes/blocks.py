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

from segmentry.prototypes.rule import EXACT, Rule, largest_score
from segmentry.prototypes.threads import on_one_thread

# Writes the whole numbers of some rows into a grid (axes, rows) of the axes that no lookup gives, in their order; says
# which rows are known, None where all are.
Fill = Callable[[slice, np.ndarray], np.ndarray | None]

_MOST_VALUES = 4_096  # of a lookup that several are made one
# In a block: a few arrays of that length stay in a core's cache. Of shorter ones threads would wait for each other.
_ROWS = 32_768


@dataclass(frozen=True)
class Places:
    """Where each row belongs: the place of its segment and of the runner-up in `rule.segments`, and its confidence.

    -1 and NaN stand for none. A row in no segment has `segment` -1 (`far` says that it is noise).
    """

    nearest: np.ndarray  # (2, rows)
    confidence: np.ndarray
    far: np.ndarray | None  # None where the rule has no cut-off

    @property
    def segment(self) -> np.ndarray:
        own: np.ndarray = self.nearest[0]
        return own

    @property
    def runner_up(self) -> np.ndarray:
        other: np.ndarray = self.nearest[1]
        return other


@dataclass(frozen=True)
class Lookup:
    """Axes that hang on one of a few values: their `numbers` (axes, values), and which value each row has."""

    axes: slice
    numbers: np.ndarray
    places: np.ndarray  # of one byte or two, so that they can be counted on


@dataclass(frozen=True)
class _Table:
    """What lookups add to the scores and, in the last row, to the squared length of a row: (prototypes + 1, values)."""

    added: np.ndarray
    places: np.ndarray


def fits_blocks(rule: Rule, reach: Sequence[int]) -> bool:
    """Whether scores have room for the place of a segment, for axes within +-`reach`; else `assign` is the way.

    >>> fits_blocks(Rule(("a",), (0, 100), ((0,), (-20,)), ("s1", "s2")), [16384])
    True
    """
    room = _room(len(rule.segments))
    return len(rule.segments) > 1 and not rule.pairs and (largest_score(rule, reach) + 1) * room < EXACT


def place_rows(rule: Rule, rows: int, fill: Fill, threads: int = 1, lookups: Sequence[Lookup] = ()) -> Places:
    """Places rows that `fill` and `lookups` put on the grid, a block after the other, on so many threads at once.

    >>> rule = Rule(("a",), (0, 100), ((0,), (-20,)), ("s1", "s2"))
    >>> def fill(rows, grid):
    ...     grid[0] = np.array([0, 5, 9])[rows]
    ...     return np.array([True, True, False])[rows]
    >>> places = place_rows(rule, 3, fill)
    >>> places.segment.tolist(), places.runner_up.tolist(), places.confidence.tolist()
    ([0, 0, -1], [1, 1, -1], [1.0, 0.0, nan])
    """
    far = None if rule.cutoff is None else np.zeros(rows, dtype=bool)
    places = Places(np.empty((2, rows), np.int16), np.empty(rows), far)
    tables = _tables(rule, lookups)
    workers = max(1, min(threads, -(-rows // _ROWS)))

    def work(first: int) -> None:
        block = _Block(rule, lookups, tables)
        for start in range(first * _ROWS, rows, workers * _ROWS):
            block.place(fill, places, slice(start, min(start + _ROWS, rows)))

    with on_one_thread(), ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, range(workers)))
    return places


def _tables(rule: Rule, lookups: Sequence[Lookup]) -> list[_Table]:
    """The lookups, as few as may be: two of a few values are one of their pairs."""
    weights, tables = np.array(rule.weights, dtype=np.float64), list[_Table]()
    for lookup in lookups:
        lengths = (lookup.numbers * lookup.numbers).sum(axis=0)
        table = _Table(np.vstack([weights[:, lookup.axes] @ lookup.numbers, lengths]), lookup.places)
        values = table.added.shape[1]
        if tables and tables[-1].added.shape[1] * values <= _MOST_VALUES:
            before = tables.pop()
            pairs = before.added[:, :, None] + table.added[:, None, :]
            places = before.places.astype(np.uint16) * np.uint16(values) + table.places
            table = _Table(pairs.reshape(len(pairs), -1), places)
        tables.append(table)
    return tables


def _room(segments: int) -> int:
    return 1 << (segments - 1).bit_length()


class _Block:
    """The arrays that one thread works in, used again for each of its blocks."""

    def __init__(self, rule: Rule, lookups: Sequence[Lookup], tables: Sequence[_Table]) -> None:
        self.room = float(_room(len(rule.segments)))
        self.place_of = {segment: place for place, segment in enumerate(rule.segments)}
        self.owners = [self.place_of[owner] for owner in rule.owners]
        self.cutoff = rule.cutoff
        looked_up = {axis for lookup in lookups for axis in range(len(rule.axes))[lookup.axes]}
        filled = [axis for axis in range(len(rule.axes)) if axis not in looked_up]
        # The last axis is 1 for every row: the product then adds the offsets as well.
        weights = np.column_stack([np.array(rule.weights, dtype=np.float64)[:, filled], np.array(rule.offsets)])
        self.weights = weights * self.room
        self.weights[:, -1] += self.owners
        scale = np.array([*[self.room] * len(rule.owners), 1.0])[:, None]
        self.tables = [(table.added * scale, table.places) for table in tables]
        self.added = np.empty((len(scale), _ROWS))
        self.grid = np.zeros((len(filled) + 1, _ROWS))
        self.grid[-1] = 1.0
        self.scores = np.empty((len(rule.owners), _ROWS))
        self.spare = np.empty((5, _ROWS))

    def place(self, fill: Fill, places: Places, rows: slice) -> None:
        length = rows.stop - rows.start
        grid, scores = self.grid[:, :length], self.scores[:, :length]
        lowest, spare, norm = self.spare[:2, :length], self.spare[2:4, :length], self.spare[4, :length]
        known = fill(rows, grid[:-1])
        np.matmul(self.weights, grid, out=scores)
        np.einsum("ij,ij->j", grid[:-1], grid[:-1], out=norm)
        for table, whose in self.tables:
            # Each place is one of a value; "clip" spares NumPy a second array.
            added = np.take(table, whose[rows], axis=1, out=self.added[:, :length], mode="clip")
            np.add(scores, added[:-1], out=scores)
            np.add(norm, added[-1], out=norm)
        self._two_lowest(self._by_segment(scores), lowest, spare[0])
        self._unpack(lowest, norm, spare, places.nearest[:, rows])
        nowhere = None if known is None else ~known
        if places.far is not None and self.cutoff is not None:
            far = lowest[0] > float(self.cutoff)
            places.far[rows] = far if known is None else far & known
            nowhere = far if nowhere is None else far | nowhere
        _confidence(lowest, spare[0], places.confidence[rows])
        if nowhere is not None:
            places.nearest[:, rows][:, nowhere] = -1
            places.confidence[rows][nowhere] = np.nan

    def _by_segment(self, scores: np.ndarray) -> np.ndarray:
        """The lowest score of each segment, which may own several prototypes."""
        if len(self.owners) == len(self.place_of):
            return scores
        starts = [self.owners.index(place) for place in self.place_of.values()]
        lowest: np.ndarray = np.minimum.reduceat(scores, starts, axis=0)
        return lowest

    def _two_lowest(self, scores: np.ndarray, lowest: np.ndarray, step: np.ndarray) -> None:
        best, second = lowest
        np.minimum(scores[0], scores[1], out=best)
        np.maximum(scores[0], scores[1], out=second)
        for score in scores[2:]:
            np.maximum(best, score, out=step)
            np.minimum(second, step, out=second)
            np.minimum(best, score, out=best)

    def _unpack(self, packed: np.ndarray, norm: np.ndarray, carried: np.ndarray, places: np.ndarray) -> None:
        """Parts scores from the places they carry; what is left in `packed` are the squared distances."""
        np.multiply(packed, 1.0 / self.room, out=carried)
        np.floor(carried, out=carried)
        carried *= self.room
        np.subtract(packed, carried, out=packed)
        places[:] = packed
        carried *= 1.0 / self.room
        np.add(carried, norm, out=packed)


def _confidence(distances: np.ndarray, both: np.ndarray, out: np.ndarray) -> None:
    np.sqrt(distances, out=distances)
    best, second = distances
    np.add(best, second, out=both)
    np.subtract(second, best, out=out)
    # Two segments at no distance are as near as each other.
    if both.min() == 0.0:
        both[both == 0.0] = 1.0
    out /= both
