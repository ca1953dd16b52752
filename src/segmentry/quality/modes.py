"""Does a column, or a direction, have more than one heap? Hartigan's dip (1985), and how likely it is without."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segmentry.features.outlying import has_group_apart

SPIKE = 0.1  # share of rows above which one repeated value (such as "bought nothing") is left out of the test
DIRECTIONS = 5  # principal components that are looked at
DOUBT = 0.005  # chance of finding heaps where there are none, over all columns, and again over all directions
VALLEY = 0.001  # chance of taking the halves of a single heap for two
FEWEST = 30
# Upper quantiles of sqrt(n) times the dip of n evenly spread values, from 6,500 draws with n from 100 to 1,000; between
# and beyond them the logarithm of the chance is taken as straight.
_CHANCES = (0.05, 0.01, 0.001)
_QUANTILES = (0.526, 0.61, 0.71)


@dataclass(frozen=True)
class Heaps:
    """Which columns, and how many principal components, have more than one heap of customers."""

    columns: tuple[int, ...]
    directions: int

    @property
    def found(self) -> bool:
        return bool(self.columns) or self.directions > 0


def find_heaps(grid: np.ndarray, references: Sequence[np.ndarray]) -> Heaps:
    """Tests each column and the first principal components for more than one heap.

    The chances are corrected for how many are tested. A column with few values makes its components lumpy as well, so
    that a component must also stand out from those of `references`, tables with the same columns and no groups. Two
    values (a level of a category, yes and no) are in no component: it would be lumpy whatever the customers are.
    """
    d = grid.shape[1]
    limit = _limit(DOUBT / d)
    columns = tuple(
        place
        for place, column in enumerate(grid.T)
        if _rooted(_smoothed(column)) > limit or has_group_apart(np.sort(column))
    )
    amounts = [place for place, column in enumerate(grid.T) if len(np.unique(column)) > 2]
    own = _component_dips(grid.take(amounts, axis=1)) if amounts else [0.0]
    limit = _limit(DOUBT / len(own))
    if max(own) <= limit:
        return Heaps(columns, 0)
    usual = np.array([_component_dips(r.take(amounts, axis=1)) for r in references])
    beyond = usual.mean(axis=0) + 4.0 * np.maximum(usual.std(axis=0), 0.02)
    return Heaps(columns, int((np.array(own) > np.maximum(limit, beyond)).sum()))


def all_apart(grid: np.ndarray, labels: np.ndarray) -> bool:
    """Whether each group and the one next to it are heaps of their own along the line through both means, rather than
    parts of one heap.

    >>> rows = np.concatenate([np.arange(50.0), np.arange(50.0) + 200.0])[:, None]
    >>> all_apart(rows, (rows[:, 0] > 100).astype(int)), all_apart(rows[:50], (rows[:50, 0] > 25).astype(int))
    (True, False)
    """
    groups = np.unique(labels)
    means = np.stack([grid[labels == group].mean(axis=0) for group in groups])
    distances = ((means[:, None] - means[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distances, np.inf)
    pairs = {tuple(sorted((place, int(distances[place].argmin())))) for place in range(len(groups))}
    lines = (grid[np.isin(labels, groups[[one, other]])] @ (means[one] - means[other]) for one, other in sorted(pairs))
    limit = _limit(VALLEY)
    return all(_rooted(line) > limit or has_group_apart(np.sort(line)) for line in lines)


def has_spike(column: np.ndarray) -> bool:
    """Whether so many rows share one value that it says nothing of heaps.

    >>> has_spike(np.append(np.zeros(20), np.arange(80.0))), has_spike(np.arange(80.0))
    (True, False)
    """
    return bool(np.unique(column, return_counts=True)[1].max() > SPIKE * len(column))


def chance(rooted_dip: float) -> float:
    """How likely sqrt(n) times the dip is this large or larger on evenly spread values, the worst case.

    >>> round(chance(0.61), 3)
    0.01
    """
    logs = np.log(_CHANCES)
    place = 0 if rooted_dip < _QUANTILES[1] else 1
    slope = (logs[place + 1] - logs[place]) / (_QUANTILES[place + 1] - _QUANTILES[place])
    return min(1.0, math.exp(logs[place] + slope * (rooted_dip - _QUANTILES[place])))


def _limit(wanted: float) -> float:
    """The rooted dip that is reached with the wanted chance."""
    low, high = 0.0, 5.0
    for _ in range(40):
        middle = (low + high) / 2.0
        low, high = (middle, high) if chance(middle) > wanted else (low, middle)
    return high


def _rooted(values: np.ndarray) -> float:
    return math.sqrt(len(values)) * dip(values) if len(values) >= FEWEST else 0.0


def _component_dips(grid: np.ndarray) -> list[float]:
    centred = grid - grid.mean(axis=0)
    directions = np.linalg.eigh(centred.T @ centred)[1][:, ::-1][:, :DIRECTIONS]
    return [_rooted(values) for values in (centred @ directions).T]


def _smoothed(column: np.ndarray) -> np.ndarray:
    """Repeated values spread over half the way to their nearer neighbour; a value that very many share is left out.

    Whole numbers are steps, not heaps; nor are those who bought nothing a heap beside everyone else.
    """
    values, counts = np.unique(column, return_counts=True)
    if len(values) < 3:
        return np.zeros(0)
    steps = np.diff(values)
    reach = np.minimum(np.append(steps, np.inf), np.insert(steps, 0, np.inf)) / 2.0
    starts = np.cumsum(counts) - counts
    within = np.arange(len(column)) - np.repeat(starts, counts)
    spread = np.repeat(values, counts) + np.repeat(reach, counts) * (
        2.0 * (within + 0.5) / np.repeat(counts, counts) - 1
    )
    kept = np.repeat(counts <= SPIKE * len(column), counts)
    result: np.ndarray = spread[kept] if kept.sum() >= len(column) / 2 else np.zeros(0)
    return result


def dip(values: np.ndarray) -> float:
    """The largest distance of the values' distribution from the closest one with a single mode.

    It is 1 / 2n at least and 0.25 at most: near 0 for one heap, larger the deeper the valley between two.

    >>> round(dip(np.array([0.0, 0.1, 0.2, 9.8, 9.9, 10.0])), 3)
    0.245
    """
    x = np.sort(np.asarray(values, dtype=np.float64))
    n = len(x)
    if n < 2 or x[0] == x[-1]:
        return 1.0 / (2.0 * max(n, 1))
    low, high, worst = 0, n - 1, 1.0
    while True:
        under, over = _hull(x, low, high, 1.0), _hull(x, low, high, -1.0)
        widest, left, right = _widest(x, under, over)
        if widest <= worst:
            return worst / (2.0 * n)
        worst = max(worst, _strain(x, under, left, 1.0), _strain(x, over, right, -1.0))
        if (left, right) == (low, high):
            return worst / (2.0 * n)
        low, high = left, right


def _hull(x: np.ndarray, low: int, high: int, side: float) -> np.ndarray:
    """Places that the convex minorant (side 1) or concave majorant (side -1) of the steps from low to high touches."""
    touched = [low]
    while touched[-1] < high:
        last = touched[-1]
        ahead = np.arange(1, high - last + 1)
        widths = side * (x[last + 1 : high + 1] - x[last]) / ahead
        # The flattest way on, or the steepest; of places on one line the last, which is the first from behind.
        touched.append(high - int(widths[::-1].argmax()))
    return np.array(touched)


def _at(x: np.ndarray, touched: np.ndarray, places: np.ndarray) -> np.ndarray:
    result: np.ndarray = np.interp(x[places], x[touched], touched)
    return result


def _widest(x: np.ndarray, under: np.ndarray, over: np.ndarray) -> tuple[float, int, int]:
    """The widest gap between both hulls, in rows, and the touched places on its left and right."""
    at_under = _at(x, over, under) - under + 1.0
    at_over = over - _at(x, under, over) + 1.0
    if at_over.max() > at_under.max():
        right = int(over[at_over.argmax()])
        return float(at_over.max()), int(under[under <= right][-1]), right
    left = int(under[at_under.argmax()])
    return float(at_under.max()), left, int(over[over >= left][0])


def _strain(x: np.ndarray, touched: np.ndarray, end: int, side: float) -> float:
    """How far the steps stray from a hull outside of the mode: before `end` for the minorant, after it else."""
    places = np.arange(touched[0], end + 1) if side > 0 else np.arange(end, touched[-1] + 1)
    return float((side * (places - _at(x, touched, places))).max()) + 1.0
