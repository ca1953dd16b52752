"""The gap statistic (Tibshirani, Walther and Hastie 2001): how much tighter than a box without groups, for each k."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def gaps(log_inertias: Sequence[float], boxes: np.ndarray) -> tuple[list[float], list[float]]:
    """Gap and its error s for k = 1, 2, ..., from log inertias of the data and (boxes, k) of the boxes.

    Squared distances throughout, as in the paper.

    >>> gap, error = gaps([5.0, 3.0], np.array([[5.0, 4.0], [5.2, 4.2]]))
    >>> [round(g, 3) for g in gap], [round(s, 3) for s in error]
    ([0.1, 1.1], [0.122, 0.122])
    """
    own = np.array(log_inertias)
    widened = math.sqrt(1.0 + 1.0 / len(boxes))
    return (boxes.mean(axis=0) - own).tolist(), (boxes.std(axis=0) * widened).tolist()


def gap_choice(ks: Sequence[int], gap: Sequence[float], error: Sequence[float]) -> int:
    """The smallest k whose gap reaches that of the next less its error; the last when none does.

    >>> gap_choice([1, 2, 3], [0.1, 1.1, 1.0], [0.1, 0.1, 0.1])
    2
    """
    for place in range(len(ks) - 1):
        if gap[place] >= gap[place + 1] - error[place + 1]:
            return ks[place]
    return ks[-1]
