"""K-means on the grid: scikit-learn searches on the sample, whole-number Lloyd steps settle it.

Rows come as whole numbers in float64, so that sums are exact in any order. Which k is best is decided in `selection`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.cluster import KMeans

from segmentry.prototypes.lloyd import means, placed, turned

STARTS = 10
MOST_STEPS = 300
# How much more inertia a grouping may have that goes on from an earlier one. Optima as near as that come and go with a
# few customers, and would part everyone anew for nothing.
GOING_ON = 0.02


@dataclass(frozen=True)
class Clustering:
    """Centres (whole numbers, sorted by their coordinates), the label of each row, and the inertia on the grid."""

    centres: np.ndarray
    labels: np.ndarray
    inertia: int

    @property
    def sizes(self) -> tuple[int, ...]:
        return tuple(int(n) for n in np.bincount(self.labels, minlength=len(self.centres)))


def search_kmeans(grid: np.ndarray, k: int, seed: int, starts: int = STARTS) -> Clustering:
    """The best of `starts` k-means++ runs on the rows, then exact Lloyd steps until nothing moves.

    The caller limits threads, once for every k: with more than one, the order of additions depends on the machine.

    >>> search_kmeans(np.array([[0.0], [2.0], [100.0], [102.0]]), 2, seed=0).centres.ravel().tolist()
    [1.0, 101.0]
    """
    found = KMeans(k, n_init=starts, random_state=seed, algorithm="lloyd").fit(grid)
    return settle(grid, in_order(np.floor(found.cluster_centers_ + 0.5)))


def going_on(grid: np.ndarray, found: Clustering, start: np.ndarray) -> Clustering:
    """What becomes of earlier centres on these rows, where that is nearly as good as what was found; else that.

    >>> rows = np.array([[0.0], [2.0], [100.0], [102.0]])
    >>> anew = search_kmeans(rows, 2, seed=0)
    >>> going_on(rows, anew, np.array([[90.0], [110.0]])).centres.ravel().tolist()
    [1.0, 101.0]
    """
    continued = settle(grid, in_order(start))
    worse = min(continued.sizes) == 0 or continued.inertia > (1 + GOING_ON) * found.inertia
    return found if worse else continued


def in_order(centres: np.ndarray) -> np.ndarray:
    """Rows sorted by first coordinate, then second, ...: ties between prototypes go to the first in this order."""
    result: np.ndarray = centres[np.lexsort(centres.T[::-1])]
    return result


def settle(grid: np.ndarray, centres: np.ndarray) -> Clustering:
    """Lloyd steps with half-up rounding until no centre moves; with lowest-index ties they cannot cycle."""
    across, runs = turned(grid[None]), centres[None, None]
    labels, _ = placed(across, runs)
    for _ in range(MOST_STEPS):
        moved = means(across, labels, runs)
        if (moved == runs).all():
            break
        runs = moved
        labels, _ = placed(across, runs)
    ordered = in_order(runs[0, 0])
    if not (ordered == runs[0, 0]).all():
        labels, _ = placed(across, ordered[None, None])
    return Clustering(ordered, labels[0, 0], _inertia(grid, labels[0, 0], ordered))


def _inertia(grid: np.ndarray, labels: np.ndarray, centres: np.ndarray) -> int:
    differences = grid - centres[labels]
    return sum(int(column) for column in (differences * differences).sum(axis=0))
