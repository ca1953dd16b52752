"""Tables that look like a given one and have no groups: its columns' own values, its rank correlations, nothing else.

The levels of a category are one thing: each customer keeps exactly one of them, whoever gets it. That one category goes
with another, or with a number, is what groups in categories are (one latent class is independence), and is not kept.

What is found in them as often as in the data comes from the shape of the columns, not from groups of customers. (A box
or a Gaussian as reference takes skew and correlation for groups; see docs/choosing-k.md.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.special import ndtri

THIN = 0.005  # of the widest direction's variance


def look_alikes(
    grid: np.ndarray, count: int, seed: int, categories: Sequence[tuple[int, int]] = ()
) -> Iterator[np.ndarray]:
    """`count` tables of the same size. Numbers come from a Gaussian copula, each column with its own sorted values.

    The axes of a category, from the first of a pair in `categories` to before its last, are shuffled together.

    >>> rows = np.array([[1.0, 10.0], [2.0, 30.0], [3.0, 20.0], [4.0, 40.0]])
    >>> sorted(next(look_alikes(rows, 1, seed=0))[:, 1].tolist())
    [10.0, 20.0, 30.0, 40.0]
    """
    levels = {axis for first, end in categories for axis in range(first, end)}
    numbers = [axis for axis in range(grid.shape[1]) if axis not in levels]
    root = _root(_correlations(_normal_scores(grid[:, numbers]))) if numbers else np.empty((0, 0))
    ordered = np.sort(grid[:, numbers], axis=0)
    for number in range(count):
        rng = np.random.default_rng([seed, 1, number])
        places = (rng.standard_normal(ordered.shape) @ root.T).argsort(axis=0).argsort(axis=0)
        drawn = np.empty(grid.shape)
        drawn[:, numbers] = np.take_along_axis(ordered, places, axis=0)
        for first, end in categories:
            drawn[:, first:end] = grid[rng.permutation(len(grid)), first:end]
        yield drawn


def boxes(grid: np.ndarray, count: int, seed: int) -> Iterator[np.ndarray]:
    """`count` tables of the same size, spread evenly over the box around the rows along their principal directions."""
    centred = grid - grid.mean(axis=0)
    directions = np.linalg.eigh(centred.T @ centred)[1]
    turned = centred @ directions
    low, high = turned.min(axis=0), turned.max(axis=0)
    for number in range(count):
        yield np.random.default_rng([seed, 2, number]).uniform(low, high, grid.shape) @ directions.T


def on_equal_footing(grid: np.ndarray) -> np.ndarray:
    """The rows turned and stretched so that every direction has the same spread, as whole numbers again.

    Long thin groups lie side by side in it, where k-means can tell them apart. Directions with next to no spread of
    their own are left out: they hold rounding only.
    """
    centred = grid - grid.mean(axis=0)
    variances, directions = np.linalg.eigh(centred.T @ centred / len(grid))
    kept = variances > THIN * max(float(variances[-1]), 1e-12)
    result: np.ndarray = np.floor(centred @ directions[:, kept] / np.sqrt(variances[kept]) * 1024.0 + 0.5)
    return result


def _normal_scores(grid: np.ndarray) -> np.ndarray:
    """Each value's rank as a quantile of the normal distribution; equal values share the mean of their ranks."""
    n = len(grid)
    columns = []
    for column in grid.T:
        _, places, counts = np.unique(column, return_inverse=True, return_counts=True)
        ends = np.cumsum(counts)
        ranks = (ends - (counts - 1) / 2.0)[places]
        columns.append(ndtri((ranks - 0.5) / n))
    return np.column_stack(columns)


def _correlations(scores: np.ndarray) -> np.ndarray:
    centred = scores - scores.mean(axis=0)
    lengths = np.sqrt((centred * centred).sum(axis=0))
    lengths[lengths == 0] = 1.0
    result: np.ndarray = (centred / lengths).T @ (centred / lengths)
    return result


def _root(correlations: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(correlations)
    result: np.ndarray = vectors * np.sqrt(np.maximum(values, 0.0))
    return result
