"""A start for k-means that reaches out to small groups, which k-means++ seldom draws a row of.

The first centre is the mean; each next one is the row by which the squared distances to the nearest centre are reduced
the most (the step by which global k-means of Likas, Vlassis and Verbeek 2003 adds a centre).
"""

from __future__ import annotations

import numpy as np

TRIED = 100  # rows, evenly spaced, of which the next centre is one


def reaching_starts(rows: np.ndarray, weights: np.ndarray, k: int) -> np.ndarray:
    """(samples, k, axes) centres for each of the samples, which count the rows by `weights` (samples, rows).

    Rows are whole numbers, and the mean is rounded to such: sums are the same in any order.

    >>> rows = np.array([[0.0], [2.0], [4.0], [100.0]])
    >>> reaching_starts(rows, np.array([[5.0, 5.0, 5.0, 1.0]]), 2).tolist()
    [[[8.0], [100.0]]]
    """
    tried = rows[:: max(1, len(rows) // TRIED)]
    norms = (rows * rows).sum(axis=1)
    squared = (tried * tried).sum(axis=1)[:, None] - 2.0 * (tried @ rows.T) + norms
    centres = np.empty((len(weights), k, rows.shape[1]))
    for sample, counted in enumerate(weights):
        middle = np.floor(counted @ rows / counted.sum() + 0.5)
        centres[sample, 0] = middle
        nearest = norms - 2.0 * (rows @ middle) + middle @ middle
        for place in range(1, k):
            best = int((np.maximum(nearest - squared, 0.0) @ counted).argmax())
            centres[sample, place] = tried[best]
            nearest = np.minimum(nearest, squared[best])
    return centres
