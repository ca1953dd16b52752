"""Global stability: how alike two groupings are that were fitted on two bootstrap samples of the same customers.

Takes rows on the grid, returns numbers. What becomes of each single segment is measured in `segment_stability`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from segmentry.features.sample import evenly_spaced
from segmentry.profiles.stability import Interval
from segmentry.quality.resampled import resampled_kmeans

ROWS = 2500  # more rows make a grouping steadier than they make the answer better


def global_stability(grid: np.ndarray, ks: Sequence[int], seed: int, pairs: int) -> dict[int, np.ndarray]:
    """For each k the adjusted Rand index of each pair of bootstrap fits, on all rows (1 is the same grouping).

    The rows are whole numbers; of more than 2,500, that many are taken, evenly spaced. Each fit starts afresh.

    >>> made = np.repeat([[0.0], [9000.0]], 40, axis=0) + np.arange(80.0)[:, None]
    >>> global_stability(made, [2], seed=0, pairs=3)[2].tolist()
    [1.0, 1.0, 1.0]
    """
    taken = grid[evenly_spaced(len(grid), ROWS)]
    fitted = resampled_kmeans(taken, ks, seed, 2 * pairs)
    return {k: pair_agreement(one.labels) for k, one in zip(ks, fitted, strict=True)}


def pair_agreement(labels: np.ndarray) -> np.ndarray:
    """The adjusted Rand index of rows 0 and 1, 2 and 3, ... of a table of labels; noise (-1) counts as a group."""
    pairs = zip(labels[0::2].astype(np.int64) + 1, labels[1::2].astype(np.int64) + 1, strict=True)
    return np.array([adjusted_rand(a, b) for a, b in pairs])


def adjusted_rand(a: np.ndarray, b: np.ndarray) -> float:
    """How far two groupings of the same rows agree beyond chance (Hubert and Arabie 1985): 1 is the same, 0 is chance.

    >>> adjusted_rand(np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]))
    1.0
    """
    return adjusted_rand_of(contingency(a, b))


def adjusted_rand_of(table: np.ndarray) -> float:
    """The same of a table that says how many rows have label i in one grouping and j in the other.

    >>> adjusted_rand_of(np.array([[0, 2], [2, 0]]))
    1.0
    """
    together = _pairs_within(table)
    of_a, of_b = _pairs_within(table.sum(axis=1)), _pairs_within(table.sum(axis=0))
    everyone = math.comb(int(table.sum()), 2)
    expected = of_a * of_b / everyone if everyone else 0.0
    most = (of_a + of_b) / 2
    return 1.0 if most == expected else (together - expected) / (most - expected)


def contingency(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How many rows have label i in `a` and j in `b`."""
    wide = int(b.max()) + 1
    cells = a.astype(np.int64) * wide + b
    table: np.ndarray = np.bincount(cells, minlength=(int(a.max()) + 1) * wide).reshape(-1, wide)
    return table


def _pairs_within(counts: np.ndarray) -> int:
    return int((counts * (counts - 1) // 2).sum())


def interval(values: np.ndarray) -> Interval:
    """Mean, and the 5th and 95th percentile as order statistics.

    >>> interval(np.array([0.5, 1.0, 0.75]))
    Interval(mean=0.75, low=0.5, high=1.0, n=3)
    """
    ordered = np.sort(values)
    last = len(ordered) - 1
    mean = math.fsum(ordered.tolist()) / len(ordered)
    return Interval(mean, float(ordered[math.floor(0.05 * last)]), float(ordered[math.ceil(0.95 * last)]), len(ordered))
