"""Prediction strength (Tibshirani and Walther 2005): do two halves of the customers show the same groups?"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

# (tables, rows, axes), k and seed in; (tables, k, axes) centres out.
FindCentres = Callable[[np.ndarray, int, int], np.ndarray]


def prediction_strength(grid: np.ndarray, k: int, find_centres: FindCentres, splits: int, seed: int) -> float | None:
    """Mean over splits of the worst cluster's share of pairs that the other half puts together as well.

    1 is perfect, above 0.8 good. The worst counts, so one small doubtful cluster lowers it. None with too few rows.

    >>> rows = np.repeat([[0.0], [100.0]], 10, axis=0)
    >>> prediction_strength(rows, 2, lambda halves, k, seed: np.array([[[0.0], [100.0]]] * 3), splits=3, seed=0)
    1.0
    """
    half = len(grid) // 2
    if half <= k:
        return None
    orders = [np.random.default_rng([seed, 3, split]).permutation(len(grid)) for split in range(splits)]
    one, other = (np.stack([grid[order[part]] for order in orders]) for part in (slice(half), slice(half, None)))
    centres_one, centres_other = find_centres(one, k, seed), find_centres(other, k, seed)
    found = [_kept(*split) for split in zip(one, centres_one, centres_other, strict=True)]
    found += [_kept(*split) for split in zip(other, centres_other, centres_one, strict=True)]
    return math.fsum(found) / len(found)


def _kept(rows: np.ndarray, own: np.ndarray, other: np.ndarray) -> float:
    """Of the cluster where it is least, the share of pairs that stay together under the other half's centres."""
    k = len(own)
    together = np.bincount(nearest_centre(rows, own) * k + nearest_centre(rows, other), minlength=k * k).reshape(k, k)
    sizes = together.sum(axis=1)
    pairs = (together * (together - 1)).sum(axis=1)
    large = sizes > 1
    if not large.any():
        return 0.0
    return float((pairs[large] / (sizes * (sizes - 1))[large]).min())


def nearest_centre(rows: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The place of the nearest centre of each row."""
    result: np.ndarray = ((centres * centres).sum(axis=1) - 2.0 * (rows @ centres.T)).argmin(axis=1)
    return result
