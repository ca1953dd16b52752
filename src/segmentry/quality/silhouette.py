"""Silhouettes with Euclidean distance (Rousseeuw 1987), for many groupings of the same rows at the cost of one.

The distances between rows do not depend on the grouping, so that they are computed once, block by block.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

BLOCK = 256  # rows whose distances fit a processor's cache
_ROWS_AT_ONCE = 16_384
# Distances between rows on the grid are rounded to this fraction of a step: sums of whole numbers are the same in any
# order, so that neither threads nor the machine's linear algebra can change a silhouette.
STEPS = 2.0**20


def silhouettes(grid: np.ndarray, groupings: Sequence[np.ndarray]) -> list[np.ndarray]:
    """One array a grouping: (b - a) / max(a, b) of each row, in [-1, 1]; 0 for a row alone in its cluster.

    >>> rows = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> [round(float(s), 4) for s in silhouettes(rows, [np.array([0, 0, 1, 1])])[0]]
    [0.9048, 0.8947, 0.8947, 0.9048]
    """
    n = len(grid)
    members = [_members(labels) for labels in groupings]
    together, ends = np.concatenate(members, axis=1), np.cumsum([one.shape[1] for one in members])[:-1]
    counts = np.split(together.sum(axis=0), ends)
    results = [np.zeros(n) for _ in groupings]
    norms, ones = (grid * grid).sum(axis=1), np.ones(n)
    near, far = np.column_stack([grid, norms, ones]), np.vstack([-2.0 * grid.T, ones, norms])
    for start in range(0, n, BLOCK):
        rows = slice(start, min(start + BLOCK, n))
        distances = _whole_roots(near[rows] @ far)
        distances[np.arange(len(distances)), np.arange(rows.start, rows.stop)] = 0.0
        sums = np.split(distances @ together, ends, axis=1)
        for labels, sum_of, count, result in zip(groupings, sums, counts, results, strict=True):
            result[rows] = _of_block(sum_of, labels[rows], count)
    return results


def _whole_roots(squares: np.ndarray) -> np.ndarray:
    """Distances in steps, in the place of their squares."""
    np.maximum(squares, 0.0, out=squares)
    np.sqrt(squares, out=squares)
    squares *= STEPS
    squares += 0.5
    distances: np.ndarray = np.floor(squares, out=squares)
    return distances


def _members(labels: np.ndarray) -> np.ndarray:
    member: np.ndarray = labels[:, None] == np.arange(labels.max() + 1)[None, :]
    return member.astype(np.float64)


def _of_block(sums: np.ndarray, labels: np.ndarray, counts: np.ndarray) -> np.ndarray:
    place = np.arange(len(labels))
    own = counts[labels]
    a = sums[place, labels] / np.maximum(own - 1, 1)
    means = np.where(counts > 0, sums / np.maximum(counts, 1), np.inf)
    means[place, labels] = np.inf
    b = means.min(axis=1)
    widest = np.maximum(a, b)
    defined = (own > 1) & (widest > 0) & np.isfinite(b)
    return np.where(defined, np.where(defined, b - a, 0.0) / np.where(defined, widest, 1.0), 0.0)


def squared_silhouettes(grid: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The silhouette of every row with squared Euclidean distances: exact and in linear time, so for any size.

    The mean squared distance of x to a cluster needs the cluster's sums only: |x|^2 + (sum |c|^2 - 2 x . sum c) / n.
    The figures are not comparable with those of `silhouettes`, whose distances are not squared.

    >>> rows = np.array([[0.0], [1.0], [10.0], [11.0]])
    >>> [round(float(s), 4) for s in squared_silhouettes(rows, np.array([0, 0, 1, 1]))]
    [0.991, 0.989, 0.989, 0.991]
    """
    k = int(labels.max()) + 1
    counts = np.bincount(labels, minlength=k).astype(np.float64)
    norms = np.einsum("ij,ij->i", grid, grid)
    squares = np.bincount(labels, weights=norms, minlength=k)
    sums = np.stack([np.bincount(labels, weights=column, minlength=k) for column in grid.T], axis=1)
    result = np.empty(len(grid))
    for start in range(0, len(grid), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        # Whole numbers throughout, so that no order of adding can matter; the sums of distances to each cluster.
        totals = norms[rows, None] * counts + (squares - 2.0 * (grid[rows] @ sums.T))
        result[rows] = _of_block(np.maximum(totals, 0.0), labels[rows], counts)
    return result
