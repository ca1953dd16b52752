"""Measures of a grouping. Takes a matrix and labels, returns numbers; never fits, never draws."""

from __future__ import annotations

import numpy as np


def _parts(grid: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    k = int(labels.max()) + 1
    counts = np.bincount(labels, minlength=k)
    sums = np.stack([np.bincount(labels, weights=c, minlength=k) for c in grid.T], axis=1)
    used = counts > 0
    centres = np.full(sums.shape, np.nan)
    centres[used] = sums[used] / counts[used, None]
    return counts, centres, used


def calinski_harabasz(grid: np.ndarray, labels: np.ndarray) -> float | None:
    """(between / (k - 1)) / (within / (n - k)); larger is better. None at k = 1, where it is undefined.

    >>> calinski_harabasz(np.array([[0.0], [1.0], [10.0], [11.0]]), np.array([0, 0, 1, 1]))
    200.0
    """
    counts, centres, used = _parts(grid, labels)
    k, n = int(used.sum()), len(grid)
    if k < 2 or n <= k:
        return None
    within = float(((grid - centres[labels]) ** 2).sum())
    between = float((counts[used, None] * (centres[used] - grid.mean(axis=0)) ** 2).sum())
    return between / (k - 1) / (within / (n - k)) if within else None


def davies_bouldin(grid: np.ndarray, labels: np.ndarray) -> float | None:
    """Mean over clusters of the worst (s_i + s_j) / d_ij; smaller is better (Davies and Bouldin 1979).

    >>> davies_bouldin(np.array([[0.0], [1.0], [10.0], [11.0]]), np.array([0, 0, 1, 1]))
    0.1
    """
    counts, centres, used = _parts(grid, labels)
    if int(used.sum()) < 2:
        return None
    distances = np.sqrt(((grid - centres[labels]) ** 2).sum(axis=1))
    spreads = np.bincount(labels, weights=distances, minlength=len(counts))[used] / counts[used]
    kept = centres[used]
    apart = np.sqrt(((kept[:, None, :] - kept[None, :, :]) ** 2).sum(axis=2))
    np.fill_diagonal(apart, np.inf)
    if not apart.min():
        return None
    return float(((spreads[:, None] + spreads[None, :]) / apart).max(axis=1).mean())


def knee(ks: list[int], inertias: list[float]) -> int | None:
    """The k farthest below the straight line from the first to the last point of the elbow curve.

    Drawn for those who know it; it finds an elbow in noise as well and decides nothing (Schubert 2023).

    >>> knee([2, 3, 4, 5, 6], [100.0, 60.0, 20.0, 15.0, 10.0])
    4
    """
    if len(ks) < 3 or inertias[0] <= inertias[-1]:
        return None
    x = (np.array(ks) - ks[0]) / (ks[-1] - ks[0])
    y = (np.array(inertias) - inertias[-1]) / (inertias[0] - inertias[-1])
    below = 1.0 - x - y
    best = int(below.argmax())
    return ks[best] if below[best] > 0 else None


def principal_components(grid: np.ndarray) -> tuple[np.ndarray, tuple[float, float]]:
    """(n, 2) coordinates along the two directions of most variance, and the share of variance of each.

    A direction's sign is fixed: its largest weight is positive. Missing directions are zero.
    """
    centred = grid - grid.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    order = np.argsort(values)[::-1][:2]
    directions = vectors[:, order]
    signs = np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(directions.shape[1])])
    coordinates = centred @ (directions * np.where(signs == 0, 1.0, signs))
    total = float(values.sum()) or 1.0
    shares = [max(float(values[i]), 0.0) / total for i in order]
    if len(shares) == 1:
        return np.hstack([coordinates, np.zeros((len(grid), 1))]), (shares[0], 0.0)
    return coordinates, (shares[0], shares[1])
