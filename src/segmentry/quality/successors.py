"""Which segments of a fit are those of the fit before, from who is in which today. Takes counts, returns numbers.

Two groups are the same where they share most of their customers: by the Jaccard index, as clusterboot does to find a
cluster again (Hennig 2007).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from segmentry.quality.segment_stability import DISSOLVED
from segmentry.quality.stability import adjusted_rand_of

# Hennig: a cluster that no other shares half of their union with is dissolved. From there on two groups share more
# customers with each other than either can with any third, so that one segment has one successor at most.
SAME = DISSOLVED


@dataclass(frozen=True)
class Matched:
    """The old place of each new one that is the same segment, with their Jaccard index; how far all customers agree."""

    old_of: Mapping[int, int]
    jaccards: Mapping[int, float]  # by new place
    customers: int
    agreement: float  # share of customers who are in the same segment by both
    adjusted_rand: float


def match(table: np.ndarray) -> Matched:
    """`table[i, j]` customers are in the old segment i and in the new one j; the last row and the last column are of
    those in no segment. Whoever is in none by both is left out of account.

    Of all ways to pair segments, the one that keeps most customers together is taken; then pairs that share less than
    SAME are no pairs.

    >>> match(np.array([[1, 90, 0], [80, 2, 0], [0, 0, 5]])).old_of
    {0: 1, 1: 0}
    """
    shared = table[:-1, :-1]
    union = table.sum(axis=1)[:-1, None] + table.sum(axis=0)[None, :-1] - shared
    jaccards = shared / np.maximum(union, 1)
    rows, columns = linear_sum_assignment(-shared)
    pairs = {int(new): int(old) for old, new in zip(rows, columns, strict=True) if jaccards[old, new] >= SAME}
    compared = table.copy()
    compared[-1, -1] = 0
    customers = int(compared.sum())
    kept = sum(int(shared[old, new]) for new, old in pairs.items())
    return Matched(
        old_of=dict(sorted(pairs.items())),
        jaccards={new: float(jaccards[old, new]) for new, old in sorted(pairs.items())},
        customers=customers,
        agreement=kept / customers if customers else 1.0,
        adjusted_rand=adjusted_rand_of(compared),
    )
