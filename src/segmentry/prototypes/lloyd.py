"""Lloyd steps on whole numbers, for many runs of k-means at once: rows are placed, centres become rounded means.

Sums of whole numbers are the same in any order, so that neither threads nor the machine's linear algebra can change a
result. Where runs start and when they end is up to who calls. Tables have one shape; each is shared by several runs.
"""

from __future__ import annotations

import numpy as np


def turned(tables: np.ndarray) -> np.ndarray:
    """(tables, axes + 1, rows) from (tables, rows, axes): what the steps work on. The last of the axes is all ones.

    >>> turned(np.array([[[3.0], [5.0]]])).tolist()
    [[[3.0, 5.0], [1.0, 1.0]]]
    """
    ones = np.ones((len(tables), 1, tables.shape[1]))
    return np.concatenate([tables.transpose(0, 2, 1), ones], axis=1)


def placed(across: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(tables, runs, rows) places of the nearest centres, the first of equals, and the scores of these.

    `centres` are (tables, runs, k, axes). A score is the squared distance less the row's own square.

    >>> rows, centres = turned(np.array([[[3.0], [5.0]]])), np.array([[[[3.0], [6.0]]]])
    >>> [found.tolist() for found in placed(rows, centres)]
    [[[[0, 1]]], [[[-9.0, -24.0]]]]
    """
    tables, runs, k, axes = centres.shape
    # k times the score and the place: their minimum tells both, which is one pass over the scores.
    coded = np.empty((tables, runs, k, axes + 1))
    np.multiply(centres, -2.0 * k, out=coded[..., :axes])
    coded[..., axes] = k * (centres * centres).sum(axis=3) + np.arange(k)
    scores = (coded.reshape(tables, runs * k, axes + 1) @ across).reshape(tables, runs, k, -1)
    lowest = scores.min(axis=2)
    nearest = np.floor(lowest / k)
    return (lowest - k * nearest).astype(np.intp), nearest


def means(across: np.ndarray, labels: np.ndarray, centres: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    """The rounded means of the rows of each centre; one without rows stays where it is.

    `weights` are (tables, runs, rows): how often a run counts a row.

    >>> rows, centres = turned(np.array([[[3.0], [6.0]]])), np.array([[[[0.0], [9.0]]]])
    >>> means(rows, np.array([[[0, 0]]]), centres).tolist()
    [[[[5.0], [9.0]]]]
    """
    tables, runs, k, axes = centres.shape
    members = (labels[:, :, None, :] == np.arange(k)[:, None]).astype(np.float64)
    if weights is not None:
        members *= weights[:, :, None, :]
    sums = (members.reshape(tables, runs * k, -1) @ across.transpose(0, 2, 1)).reshape(tables, runs, k, axes + 1)
    counts = sums[..., axes:]
    moved = np.floor(sums[..., :axes] / np.maximum(counts, 1.0) + 0.5)
    result: np.ndarray = np.where(counts > 0, moved, centres)
    return result
